"""The network over speech: whole utterances, windows of long ones, and streams."""
