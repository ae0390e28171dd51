"""Where in a recording each word of its text is said: the best path through the network's log-probs."""
