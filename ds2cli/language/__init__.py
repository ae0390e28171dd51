"""What is likely to be said: n-gram models, estimated and read."""
