"""References and hypotheses in, errors out."""
