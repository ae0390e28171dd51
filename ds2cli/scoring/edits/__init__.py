"""From two texts to what happened between them: words, distances, paths, and transcripts that offer choices."""
