"""Hugging Face audiofolder: recordings beside a metadata.csv or metadata.jsonl that names them.

    train/metadata.csv     file_name,transcription
    train/a/0001.wav       a/0001.wav,the birch canoe slid on the planks

The metadata may also stand once, above the parts (`train/a/0001.wav` in it). Parquet datasets are another thing.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, name_of, read_lines
from ds2cli.errors import ManifestError
from ds2cli.records.jsonl import read_records

TOTALS: dict[str | None, Totals] = {}
NAMES = ("metadata.jsonl", "metadata.csv")
# The format leaves the columns' names free; these are the ones that datasets use.
TEXT = ("transcription", "text", "sentence", "transcript")
SPEAKER = ("speaker_id", "speaker", "client_id")
LANGUAGE = ("lang", "language", "locale")


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """Texts as they are; a part is the folder that its recordings are in."""
    root = folder if find_metadata(folder) else find_root(folder, "*/metadata.*", "data")
    parts = choose_parts(part, sorted(path.name for path in root.iterdir() if path.is_dir()), root)
    shared = find_metadata(root)
    if shared:
        for entry in read_metadata(shared, root):
            if part is None or root / part in entry.audio.parents:
                yield entry
        return
    for metadata in filter(None, (find_metadata(root / name) for name in parts)):
        yield from read_metadata(metadata, root)


def find_metadata(folder: Path) -> Path | None:
    return next((folder / name for name in NAMES if (folder / name).exists()), None)


def read_metadata(path: Path, root: Path) -> Iterator[Entry]:
    """The rows of one metadata file.

    raises  ManifestError where its columns do not name recordings and texts
    """
    rows = (row for _, row in read_records(path)) if path.suffix == ".jsonl" else csv.DictReader(read_lines(path))
    for row in rows:
        text = next((name for name in TEXT if name in row), None)
        if text is None or not row.get("file_name"):
            hint = f"it needs file_name and one of: {', '.join(TEXT)}"
            raise ManifestError(f"`{path}` has the columns {', '.join(map(str, row))}", hint=hint)
        audio = path.parent / row["file_name"]
        yield Entry(name_of(audio, root), audio, row[text] or "", first_of(row, SPEAKER), first_of(row, LANGUAGE))


def first_of(row: dict, names: tuple[str, ...]) -> str:
    """What a row has under the first of these names that is not empty."""
    return str(next((row[name] for name in names if row.get(name)), ""))
