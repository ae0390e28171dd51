"""`ds2 serve`: one process that hears many at once, by protocols that clients already speak."""
