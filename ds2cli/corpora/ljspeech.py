"""LJ Speech (Ito and Johnson 2017, keithito.com/LJ-Speech-Dataset): one woman reads seven books, 22.05 kHz.

    LJSpeech-1.1/metadata.csv           LJ001-0001|Printing, in 1455 ...|Printing, in fourteen fifty-five ...
    LJSpeech-1.1/wavs/LJ001-0001.wav
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
from ds2cli.io.text import called, numbered_lines
from ds2cli.records.tables import read_rows

TOTALS = {None: Totals(13100, 23.92, 1)}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """The third field: numbers and abbreviations read out; case and punctuation stay."""
    root = find_root(folder, "metadata.csv", "LJSpeech-1.1")
    choose_parts(part, [], root)
    path = root / "metadata.csv"
    # Bars, so its quotation marks are the text's own.
    for found in with_rejections(partial(read_rows, numbered_lines(path, UNPACKED_HINT), called(path), "|"), path):
        if isinstance(found, Rejected):
            yield found
            continue
        id, *texts = found[1]
        yield Entry(id, find_audio(root / "wavs" / id, ".wav"), texts[-1].strip() if texts else "", "LJ", "en")
