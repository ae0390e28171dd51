"""Mozilla Common Voice: sentences read by volunteers, MP3 at 32 or 48 kHz, one archive per language and release.

    cv-corpus-17.0-2024-03-15/en/train.tsv    client_id  path  ...  sentence  ...  locale    (tabs, never quoted)
    cv-corpus-17.0-2024-03-15/en/clips/common_voice_en_27710027.mp3

Every release counts differently, so no totals are known here.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_audio, find_root, read_lines
from ds2cli.errors import UsageError

TOTALS: dict[str | None, Totals] = {}
SPLIT = ("train", "dev", "test")
PARTS = (*SPLIT, "validated", "other", "invalidated")


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """Sentences keep case and punctuation; without a part: train, dev and test (`validated` holds them again)."""
    root = find_language(folder)
    found = [name for name in PARTS if (root / f"{name}.tsv").exists() and (part or name in SPLIT)]
    for name in choose_parts(part, found, root):
        rows = csv.DictReader(read_lines(root / f"{name}.tsv"), delimiter="\t", quoting=csv.QUOTE_NONE)
        for row in rows:
            id = (row.get("path") or "").removesuffix(".mp3")
            if not id or not row.get("sentence"):
                yield Rejected(id or f"line {rows.line_num}", "no transcript", f"{name}.tsv, line {rows.line_num}")
                continue
            audio = find_audio(root / "clips" / id, ".mp3")
            yield Entry(id, audio, row["sentence"].strip(), row["client_id"], row.get("locale") or root.name)


def find_language(folder: Path) -> Path:
    """The folder of one language: the one that was named, or the only one inside it."""
    find_root(folder, "clips", "*", "*/*")
    languages = sorted(path.parent for pattern in ("clips", "*/clips", "*/*/clips") for path in folder.glob(pattern))
    if len(languages) > 1:
        names = ", ".join(str(path) for path in languages)
        raise UsageError(f"`{folder}` holds several languages or releases", hint=f"name one of: {names}")
    return languages[0]
