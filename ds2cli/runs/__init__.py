"""A run on disk is one thing: its files by name, its events, its lock, how it is decoded."""
