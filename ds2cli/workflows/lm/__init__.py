"""`ds2 lm`: n-gram models and their texts, one module for each subcommand."""
