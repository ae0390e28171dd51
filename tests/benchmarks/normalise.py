"""How many pairs of texts `--normalise english` holds equal that mean the same, how many apart, and what it costs.

    python tests/benchmarks/normalise.py [--peer-path FOLDER]

One JSON line each. The pairs are our own, of the kinds of the normaliser that Whisper's authors published (Radford et
al. 2022, appendix C). `--peer-path` names the FOLDER of `pip install --no-deps --target FOLDER whisper-normalizer
more-itertools regex`, which is then counted beside ours.
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


def figures(name: str, form: Callable[[str], str], rounds: int = 40) -> dict[str, object]:
    """Agreement, idempotence and independence of case of one normaliser, and its CPU seconds for 10,000 texts."""
    texts = sorted({text for pair in (*SAME, *DIFFERENT) for text in pair})
    missed = [pair for pair in SAME if form(pair[0]) != form(pair[1])]
    confused = [pair for pair in DIFFERENT if form(pair[0]) == form(pair[1])]
    start = time.process_time()
    for at in range(rounds):
        for text in texts:
            form(f"{text} so it was {at}")
    seconds = time.process_time() - start
    return {
        "normaliser": name, "same": f"{len(SAME) - len(missed)} of {len(SAME)}",
        "different": f"{len(DIFFERENT) - len(confused)} of {len(DIFFERENT)}",
        "idempotent": f"{sum(form(form(text)) == form(text) for text in texts)} of {len(texts)}",
        "same in capitals": f"{sum(form(text.upper()) == form(text) for text in texts)} of {len(texts)}",
        "cpu seconds for 10,000": round(seconds / (rounds * len(texts)) * 10_000, 2), "missed": missed[:5],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-path", help="where whisper-normalizer lies")
    arguments = parser.parse_args()
    print(json.dumps(figures("ds2", comparable), ensure_ascii=False))
    if arguments.peer_path:
        sys.path.insert(0, arguments.peer_path)
        from whisper_normalizer.english import EnglishTextNormalizer

        print(json.dumps(figures("whisper-normalizer", EnglishTextNormalizer()), ensure_ascii=False))


if __name__ == "__main__":
    main()
