"""Where in a recording its text is said: the best path, the cuts, the filter (Amodei et al. 2016, section 5.1)."""
