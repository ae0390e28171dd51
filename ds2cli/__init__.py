"""ds2: speech recognition from the shell, after Deep Speech 2 (Amodei et al. 2016, arXiv:1512.02595)."""

__version__ = "0.1.0"
