"""CSV lists of recordings and transcripts, in the two forms that Deep Speech programs use.

    /data/a.wav,/data/a.txt                                  deepspeech.pytorch: no header, the transcript in a file
    wav_filename,wav_filesize,transcript                     DeepSpeech and Coqui STT: a header, the transcript inline
    clips/a.wav,35244,the birch canoe slid on the planks

Relative paths are relative to the CSV file. A column `speaker` (or `client_id`) and one of languages are read too.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ds2cli.corpora.audiofolder import LANGUAGE, SPEAKER, first_of
from ds2cli.corpora.entries import (
    UNPACKED_HINT,
    Entry,
    Rejected,
    Totals,
    choose_parts,
    find_root,
    id_from_path,
    transcript_lines,
    with_rejections,
)
from ds2cli.errors import ManifestError
from ds2cli.io.text import called, numbered_lines
from ds2cli.records.manifest import can_name_a_file
from ds2cli.records.tables import read_rows

TOTALS: dict[str | None, Totals] = {}
AUDIO = ("wav_filename", "audio_filepath", "file_name", "path", "audio")
TEXT = ("transcript", "text", "sentence", "transcription")


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

    raises  ManifestError naming file and line where the first row is of neither
    """
    header: list[str] | None = None
    rows = partial(read_rows, numbered_lines(path, UNPACKED_HINT), called(path), ",")
    for found in with_rejections(rows, path):
        if isinstance(found, Rejected):
            yield found
            continue
        number, row = found
        if header is None:
            header = [cell.strip() for cell in row]
            if any(name in header for name in AUDIO) and any(name in header for name in TEXT):
                continue
            if len(row) != 2:
                hint = "rows are `audio,transcript file`, or below a header `wav_filename,wav_filesize,transcript`"
                raise ManifestError(f"`{path}`, line {number}: {len(row)} fields", hint=hint)
            header = []
        if header:
            yield _of_columns(dict(zip(header, row, strict=True)), number, path)
        else:
            recording, text = row
            yield _of_files(recording, text, path)


def _of_columns(row: dict[str, str], number: int, path: Path) -> Entry | Rejected:
    name, text = first_of(row, AUDIO), first_of(row, TEXT)
    if not name:
        return Rejected(path.name, "no audio file", f"`{path}`, line {number}")
    audio = path.parent / name
    return Entry(id_from_path(audio, path.parent), audio, " ".join(text.split()), first_of(row, SPEAKER),
                 first_of(row, LANGUAGE))


def _of_files(recording: str, text: str, path: Path) -> Entry | Rejected:
    audio, transcript = path.parent / recording.strip(), path.parent / text.strip()
    name = id_from_path(audio, path.parent)
    if not can_name_a_file(text) or not transcript.is_file():
        return Rejected(name, "no transcript", f"no `{transcript}`")
    return Entry(name, audio, " ".join(" ".join(transcript_lines(transcript)).split()))
