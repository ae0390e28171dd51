"""Kaldi's tables, `key rest of the line`, in and out; a data directory is made of them, and no sound is copied."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from ds2cli.errors import ManifestError
from ds2cli.io.atomic import atomic_text, make_folder
from ds2cli.io.text import Line, called, numbered_lines
from ds2cli.records.jsonl import Record
from ds2cli.records.manifest import parse_channel
from ds2cli.records.names import SafeNames
from ds2cli.records.timed import recording_key, recording_name, said, stretch


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


def write_kaldi(
    records: Iterable[Record], folder: Path, text: str = "text",
    unknown_speaker: Literal["utterance", "recording"] = "utterance",
) -> None:
    """Write the directory; every file appears whole.

    text    the records' field that holds what was said; those without it are in no `text`
    unknown_speaker  who speaks where no record says so: each utterance is a speaker of its own, which is Kaldi's way
            to say that nothing is known; or each recording is one, to adapt to

    Lines are sorted as Kaldi sorts (LC_ALL=C), and an utterance's id begins with its speaker's, so that all files sort
    alike. Recordings of one name get numbers. wav.scp holds paths as the records do; Kaldi itself reads WAV alone, so
    other formats need a command there before its own tools run. A record's `channel` is the fifth field of its line in
    `segments`, from 0, and its `lang` is in utt2lang.

    Names are made safe (no white space), and ids that come twice are told apart.

    raises  UsageError where the folder cannot be written
    """
    recordings, speakers, ids = SafeNames(), SafeNames(), SafeNames()
    paths: dict[str, str] = {}
    files: dict[str, dict[str, str]] = {name: {} for name in ("segments", "text", "utt2spk", "spk2utt", "utt2lang")}
    spoken: dict[str, list[str]] = {}
    for record in records:
        recording = recordings.of(recording_name(record), recording_key(record))
        paths[recording] = str(record["audio_filepath"])
        id = ids.spelled(str(record["id"]))
        speaker = speakers.of(str(record["speaker"]), record["speaker"]) if record.get("speaker") else (
            recording if unknown_speaker == "recording" else "")
        id = ids.of(id if not speaker or id.startswith(f"{speaker}-") else f"{speaker}-{id}")
        start, end = stretch(record)
        channel = parse_channel(record.get("channel"))
        files["segments"][id] = f"{recording} {start:.3f} {end:.3f}" + ("" if channel is None else f" {channel}")
        if record.get(text) is not None:
            files["text"][id] = said(record, text)
        files["utt2spk"][id] = speaker or id
        spoken.setdefault(speaker or id, []).append(id)
        if record.get("lang"):
            files["utt2lang"][id] = str(record["lang"])
    files["wav.scp"] = paths
    files["spk2utt"] = {speaker: " ".join(sorted(own)) for speaker, own in spoken.items()}
    make_folder(folder)
    for name, lines in files.items():
        if lines or name not in ("text", "utt2lang"):
            with atomic_text(folder / name) as stream:
                stream.writelines(f"{key} {lines[key]}".rstrip() + "\n" for key in sorted(lines))
