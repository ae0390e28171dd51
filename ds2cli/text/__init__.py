"""Writing in, units out."""
