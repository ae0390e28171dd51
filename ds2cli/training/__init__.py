"""Log-probs and text in, better weights out."""
