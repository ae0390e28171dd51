"""Mozilla Common Voice: sentences read by volunteers, MP3 at 32 or 48 kHz, one archive per language and release.

    cv-corpus-17.0-2024-03-15/en/train.tsv    client_id  path  ...  sentence  ...  locale    (tabs, never quoted)
    cv-corpus-17.0-2024-03-15/en/clips/common_voice_en_27710027.mp3

Every release counts differently, so no totals are known here.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ds2cli.corpora.entries import (
    UNPACKED_HINT,
    Entry,
    Rejected,
    Totals,
    choose_parts,
    find_audio,
    find_root,
    with_rejections,
)
from ds2cli.errors import ManifestError, UsageError
from ds2cli.io.text import called, numbered_lines
from ds2cli.records.tables import read_table

TOTALS: dict[str | None, Totals] = {}
SPLIT = ("train", "dev", "test")
PARTS = (*SPLIT, "validated", "other", "invalidated")


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """Sentences keep case and punctuation; without a part: train, dev and test (`validated` holds them again).

    Where none of these three is there, as in a language that is too small for them, `validated`.
    """
    root = find_language(folder)
    found = [name for name in PARTS if (root / f"{name}.tsv").exists()]
    if part is None:
        found = [name for name in found if name in SPLIT] or found[:1]
    for name in choose_parts(part, found, root):
        yield from read_list(root / f"{name}.tsv", root)


def read_list(path: Path, root: Path) -> Iterator[Entry | Rejected]:
    """The rows of one list.

    raises  ManifestError where its columns are not Common Voice's
    """
    lines = numbered_lines(path, UNPACKED_HINT)
    for found in with_rejections(partial(read_table, lines, called(path), "\t"), path):
        if isinstance(found, Rejected):
            yield found
            continue
        number, row = found
        if missing := [column for column in ("client_id", "path", "sentence") if column not in row]:
            raise ManifestError(f"`{path}` has no column `{missing[0]}`", hint=f"it has: {', '.join(row)}")
        id = row["path"].removesuffix(".mp3")
        votes = [row[column] for column in ("up_votes", "down_votes") if row.get(column)]
        if not id or not row["sentence"].strip():
            yield Rejected(id or f"line {number}", "no transcript", f"{path.name}, line {number}")
        elif not all(map(str.isdecimal, votes)):
            yield Rejected(id, "shifted columns", f"{path.name}, line {number}: `{votes[0]}` is no number of votes")
        else:
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
