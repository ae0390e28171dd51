"""Log-probs in, hypotheses out."""
