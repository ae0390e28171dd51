"""Records, units, lexicons, n-grams and log-probs as other toolkits read them: one module for each toolkit."""
