"""One markdown table for each finding, ours beside the paper's: python table.py WORK [FINDING ...]"""

import json
import sys
from pathlib import Path

from variants import FINDINGS, Finding


def word_error_rate(work: Path, variant: str) -> str:
    """Per cent, where the variant has been trained and scored."""
    path = work / variant / "score.json"
    return f"{json.loads(path.read_text(encoding='utf-8'))['wer']:.2f}" if path.is_file() else "-"


def as_markdown(finding: Finding, work: Path) -> str:
    """Rows of the paper's table, each column followed by what the paper found."""
    header = ["", *(name for column in finding.columns for name in (column, f"{column}, paper"))]
    lines = [f"**{finding.title}**", "", row(header), "|" + "---|" * len(header)]
    for label, variants, paper in finding.rows:
        ours = [word_error_rate(work, variant) for variant in variants]
        lines.append(row([label, *(cell for pair in zip(ours, paper, strict=True) for cell in pair)]))
    return "\n".join(lines)


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    work, findings = Path(sys.argv[1]), sys.argv[2:] or list(FINDINGS)
    print("\n\n".join(as_markdown(FINDINGS[name], work) for name in findings))


if __name__ == "__main__":
    main()
