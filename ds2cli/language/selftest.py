"""Whether n-gram models work on this machine: a model of two words, asked through the kernel."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TINY_ARPA = """\\data\\
ngram 1=5
ngram 2=4

\\1-grams:
-1\t<unk>\t0
0\t<s>\t-0.5
-0.7\t</s>\t0
-0.4\tgood\t-0.25
-0.6\tday\t-0.3

\\2-grams:
-0.2\t<s> good
-0.3\tgood day
-0.1\tday </s>
-0.9\tgood good

\\end\\
"""
SENTENCE = "good day"
LOG10_PROB = -0.2 - 0.3 - 0.1


def kernel_scores() -> float:
    """log10 p of `good day` by our own reader and kernel; LOG10_PROB where they work."""
    from ds2cli.language.model import load_ngram_model

    with _tiny_model() as path:
        return float(load_ngram_model(path, use_cache=False).score(SENTENCE).sum())


@contextmanager
def _tiny_model() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.arpa"
        path.write_text(TINY_ARPA, encoding="utf-8")
        yield path
