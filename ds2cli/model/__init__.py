"""Features in, log-probs out."""
