"""Hugging Face audiofolder: recordings beside a metadata.csv or metadata.jsonl that names them.

    train/metadata.csv     file_name,transcription
    train/a/0001.wav       a/0001.wav,the birch canoe slid on the planks

The metadata may also stand once, above the parts (`train/a/0001.wav` in it). Parquet datasets are another thing.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, id_from_path, with_rejections
from ds2cli.errors import ManifestError
from ds2cli.io.text import called, numbered_lines
from ds2cli.records.jsonl import Record, read_records
from ds2cli.records.tables import read_table

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
            if part is None or isinstance(entry, Rejected) or root / part in entry.audio.parents:
                yield entry
        return
    for metadata in filter(None, (find_metadata(root / name) for name in parts)):
        yield from read_metadata(metadata, root)


def find_metadata(folder: Path) -> Path | None:
    return next((folder / name for name in NAMES if (folder / name).exists()), None)


def read_metadata(path: Path, root: Path) -> Iterator[Entry | Rejected]:
    """The rows of one metadata file.

    raises  ManifestError where its columns do not name recordings and texts
    """
    if path.suffix == ".jsonl":
        rows = with_rejections(lambda reject: read_records(path, reject=reject), path)
    else:
        rows = with_rejections(partial(read_table, numbered_lines(path), called(path), ","), path)
    for found in rows:
        yield found if isinstance(found, Rejected) else to_entry(*found, path, root)


def to_entry(number: int, row: Record, path: Path, root: Path) -> Entry | Rejected:
    """raises  ManifestError where there is no column of recordings, or none of texts"""
    column = next((name for name in TEXT if name in row), None)
    if column is None or "file_name" not in row:
        hint = f"it needs file_name and one of: {', '.join(TEXT)}"
        raise ManifestError(f"`{path}`, line {number} has the columns {', '.join(map(str, row))}", hint=hint)
    name, text = row["file_name"], row[column]
    if not isinstance(name, str) or not name or not isinstance(text or "", str):
        return Rejected(path.name, "not a recording and its text", f"`{path}`, line {number}")
    audio = path.parent / name
    return Entry(first_of(row, ("id",)) or id_from_path(audio, root), audio, " ".join((text or "").split()),
                 first_of(row, SPEAKER), first_of(row, LANGUAGE))


def first_of(row: dict, names: tuple[str, ...]) -> str:
    """What a row has under the first of these names that is not empty."""
    return str(next((row[name] for name in names if row.get(name)), ""))
