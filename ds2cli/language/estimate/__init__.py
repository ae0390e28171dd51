"""Text to an interpolated modified Kneser-Ney model, in bounded memory, equal to lmplz's."""
