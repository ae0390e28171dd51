"""Kaldi's tables, `key rest of the line`, in and out; a data directory is made of them, and no sound is copied."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ds2cli.errors import ManifestError, UsageError
from ds2cli.io.atomic import atomic_text, make_folder
from ds2cli.io.text import Line, called, numbered_lines
from ds2cli.records.jsonl import Record
from ds2cli.records.timed import recording_name, said, stretch


def read_kaldi(lines: Iterable[Line], name: str) -> Iterator[tuple[int, str, str]]:
    """Line number, key and rest of each line of a table; white space of any kind parts them.

    raises  ManifestError naming an empty line
    """
    for number, line in lines:
        key, *rest = line.split(maxsplit=1) or [""]
        if not key:
            raise ManifestError(f"{name}, line {number}: empty", hint="each line is an utterance id, then its words")
        yield number, key, rest[0].rstrip() if rest else ""


def read_map(path: Path) -> dict[str, str]:
    """A table as key -> rest of the line; empty where there is no such file; blank lines are passed over.

    raises  ManifestError where a key comes twice
    """
    if not path.exists():
        return {}
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    written = ((number, line) for number, line in numbered_lines(path) if line.strip())
    for number, key, rest in read_kaldi(written, called(path)):
        if key in found:
            raise ManifestError(f"`{path}`, line {number}: `{key}` was already on line {lines[key]}",
                                hint="an id comes once in a file: remove one of the lines")
        found[key], lines[key] = rest, number
    return found


def write_kaldi(records: Iterable[Record], folder: Path, text: str = "text") -> None:
    """Write the directory; every file appears whole.

    text    the records' field that holds what was said

    Lines are sorted as Kaldi sorts (LC_ALL=C), and an utterance's id begins with its speaker's, or with its recording's
    where no speaker is known, so that all files sort alike. Recordings of one name get numbers. wav.scp holds paths as
    the records do; Kaldi itself reads WAV alone, so other formats need a command there before its own tools run.

    raises  UsageError where an id or a speaker has white space in it, or comes twice, or the folder cannot be written
    """
    names: dict[str, str] = {}
    files: dict[str, dict[str, str]] = {"segments": {}, "text": {}, "utt2spk": {}}
    for record in records:
        recording = _name(str(record["audio_filepath"]), record, names)
        speaker = str(record.get("speaker") or recording)
        id = str(record["id"])
        id = id if id.startswith(f"{speaker}-") else f"{speaker}-{id}"
        _check(id, speaker, recording, is_known=id in files["text"])
        start, end = stretch(record)
        files["segments"][id] = f"{recording} {start:.3f} {end:.3f}"
        files["text"][id] = said(record, text)
        files["utt2spk"][id] = speaker
    files["wav.scp"] = {name: path for path, name in names.items()}
    make_folder(folder)
    for name, lines in files.items():
        with atomic_text(folder / name) as stream:
            stream.writelines(f"{key} {lines[key]}".rstrip() + "\n" for key in sorted(lines))


def _name(path: str, record: Record, names: dict[str, str]) -> str:
    """The name of a recording, another one for every path."""
    if path not in names:
        name = recording_name(record)
        others = sum(Path(other).stem == name for other in names)
        names[path] = f"{name}-{others + 1}" if others else name
    return names[path]


def _check(id: str, speaker: str, recording: str, is_known: bool) -> None:
    for name in (id, speaker, recording):
        if len(name.split()) != 1:
            raise UsageError(f"`{name}` has white space in it, and Kaldi's names may not", hint="rename it")
    if is_known:
        raise UsageError(f"the id `{id}` comes twice", hint="ids tell the lines of a Kaldi directory apart")
