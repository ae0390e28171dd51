"""Models into other models: mixed by weight, pruned by entropy."""
