"""Hours of audio and their text to training utterances (Amodei et al. 2016, section 5.1)."""
