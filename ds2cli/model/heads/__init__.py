"""What turns an encoder's frames into probabilities of units."""
