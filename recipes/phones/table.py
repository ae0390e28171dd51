"""The table, ours beside Graves' (arXiv:1303.5778, table 1): python table.py WORK"""

import json
import sys
from pathlib import Path

# TIMIT's core test, per cent; 250 cells in each direction, 421 where there is one.
GRAVES = {"ctc-1": "23.9", "ctc-2": "21.0", "ctc-3": "18.6", "ctc-5": "18.4", "ctc-3-forward": "19.6",
          "transducer-3": "18.3", "transducer-3-pretrained": "17.7"}  # fmt: skip
COLUMNS = ("greedy", "beam")


def rates(folder: Path) -> list[str]:
    """Error rate and interval of 95 % by each way of decoding, of what has been trained and scored."""
    return [described(folder / f"{how}.json") for how in COLUMNS]


def described(path: Path) -> str:
    if not path.is_file():
        return "-"
    found = json.loads(path.read_text(encoding="utf-8"))
    interval = found["wer_interval"]  # none where a single speaker was heard
    return f"{found['wer']:.2f}" + (" ({:.1f} to {:.1f})".format(*interval) if interval else "")


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    work = Path(sys.argv[1])
    names = sorted({path.parent.name for path in work.glob("*/greedy.json")} | set(GRAVES))
    print(row(["network", *(f"PER, {how}" for how in COLUMNS), "Graves, on TIMIT"]))
    print("|---|---|---|---|")
    for name in names:
        print(row([name, *rates(work / name), GRAVES.get(name, "-")]))


if __name__ == "__main__":
    main()
