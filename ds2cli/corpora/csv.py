"""CSV lists of recordings and transcripts, in the two forms that Deep Speech programs use.

    /data/a.wav,/data/a.txt                                  deepspeech.pytorch: no header, the transcript in a file
    wav_filename,wav_filesize,transcript                     DeepSpeech and Coqui STT: a header, the transcript inline
    clips/a.wav,35244,the birch canoe slid on the planks

Relative paths are relative to the CSV file.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, name_of, read_lines
from ds2cli.errors import ManifestError

TOTALS: dict[str | None, Totals] = {}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """A CSV file, or a folder of them whose names are the parts; texts as they are."""
    if folder.is_file():
        choose_parts(part, [], folder)
        yield from read_file(folder)
        return
    find_root(folder, "*.csv")
    found = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    for name in choose_parts(part, found, folder):
        yield from read_file(found[name])


def read_file(path: Path) -> Iterator[Entry | Rejected]:
    """The rows of one file, in either form.

    raises  ManifestError naming file and line where a row is of neither
    """
    rows = csv.reader(read_lines(path))
    header: list[str] = []
    for number, row in enumerate(rows, 1):
        if number == 1 and "wav_filename" in row and "transcript" in row:
            header = row
        elif header and len(row) == len(header):
            fields = dict(zip(header, row, strict=True))
            audio = path.parent / fields["wav_filename"]
            yield Entry(name_of(audio, path.parent), audio, fields["transcript"].strip())
        elif not header and len(row) == 2:
            audio, transcript = path.parent / row[0], path.parent / row[1]
            name = name_of(audio, path.parent)
            if transcript.exists():
                yield Entry(name, audio, " ".join(read_lines(transcript)).strip())
            else:
                yield Rejected(name, "no transcript", f"no `{transcript}`")
        else:
            hint = "rows are `audio,transcript file`, or below a header `wav_filename,wav_filesize,transcript`"
            raise ManifestError(f"`{path}`, row {number}: {len(row)} fields", hint=hint)
