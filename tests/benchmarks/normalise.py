"""How many pairs of texts `--normalise english` holds equal that mean the same, how many apart, and what it costs.

    python tests/benchmarks/normalise.py [--peer-path FOLDER]

One JSON line for each figure. The pairs are our own, of the kinds of the normaliser that Whisper's authors published
(Radford et al. 2022, appendix C). `--peer-path` names the FOLDER of
`pip install --no-deps --target FOLDER whisper-normalizer more-itertools regex`, which is then counted beside ours.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "text"))

from comparable_pairs import DIFFERENT, SAME  # noqa: E402

from ds2cli.text.comparing.english import comparable  # noqa: E402

Figures = dict[str, tuple[float, str, int]]  # what -> (value, unit, n)


def figures(form: Callable[[str], str], rounds: int = 40) -> Figures:
    """Agreement, idempotence and independence of case of one normaliser, and its CPU seconds for 10,000 texts."""
    texts = sorted({text for pair in (*SAME, *DIFFERENT) for text in pair})
    start = time.process_time()
    for at in range(rounds):
        for text in texts:
            form(f"{text} so it was {at}")
    seconds = time.process_time() - start
    return {
        "pairs held equal": (sum(form(a) == form(b) for a, b in SAME), "pairs", len(SAME)),
        "pairs held apart": (sum(form(a) != form(b) for a, b in DIFFERENT), "pairs", len(DIFFERENT)),
        "idempotent": (sum(form(form(text)) == form(text) for text in texts), "texts", len(texts)),
        "same in capitals": (sum(form(text.upper()) == form(text) for text in texts), "texts", len(texts)),
        "10,000 texts": (round(seconds / (rounds * len(texts)) * 10_000, 2), "CPU seconds", len(texts)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-path", help="where whisper-normalizer lies")
    arguments = parser.parse_args()
    theirs: Figures = {}
    if arguments.peer_path:
        sys.path.insert(0, arguments.peer_path)
        from whisper_normalizer.english import EnglishTextNormalizer

        theirs = figures(EnglishTextNormalizer())
    for what, (ours, unit, n) in figures(comparable).items():
        peer = theirs[what][0] if theirs else None
        print(json.dumps({"bench": f"normalise: {what}", "ours": ours, "peer": peer,
                          "ratio": round(ours / peer, 3) if peer else None, "unit": unit, "n": n}))


if __name__ == "__main__":
    main()
