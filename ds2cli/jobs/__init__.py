"""Long commands on many machines: shares that are joined again."""
