"""LJ Speech (Ito and Johnson 2017, keithito.com/LJ-Speech-Dataset): one woman reads seven books, 22.05 kHz.

    LJSpeech-1.1/metadata.csv           LJ001-0001|Printing, in 1455 ...|Printing, in fourteen fifty-five ...
    LJSpeech-1.1/wavs/LJ001-0001.wav
"""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Totals, choose_parts, find_audio, find_root, read_lines

TOTALS = {None: Totals(13100, 23.92, 1)}


def read(folder: Path, part: str | None) -> Iterator[Entry]:
    """The third field: numbers and abbreviations read out; case and punctuation stay."""
    root = find_root(folder, "metadata.csv", "LJSpeech-1.1")
    choose_parts(part, [], root)
    for line in read_lines(root / "metadata.csv"):
        # Not csv: its quotation marks are the text's own.
        id, *texts = line.split("|")
        yield Entry(id, find_audio(root / "wavs" / id, ".wav"), texts[-1].strip() if texts else "", "LJ", "en")
