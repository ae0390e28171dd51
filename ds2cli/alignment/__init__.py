"""Which sound belongs to which text: paths through log-probs, cuts, and what to trust."""
