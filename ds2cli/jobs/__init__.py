"""Long commands on many machines: shares that are joined again, and workers of a Ray cluster."""
