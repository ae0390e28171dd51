"""`ds2 train`: from a request to a run on disk."""
