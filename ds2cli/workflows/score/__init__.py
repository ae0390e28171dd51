"""`ds2 score`: error rates, and their page."""
