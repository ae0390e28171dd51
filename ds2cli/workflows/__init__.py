"""What each command does, top to bottom; callable from Python."""
