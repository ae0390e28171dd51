"""A record as an utterance: one stretch of speech, and what is said in it, with every field of the type that it says.

The field names are those of NeMo's manifests (`audio_filepath`, `offset`, `duration`, `text`), so files go both ways;
`id`, `speaker`, `lang` are ours. Unknown fields pass through untouched.
"""

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ds2cli.errors import ManifestError
from ds2cli.io.text import called, compose
from ds2cli.io.urls import UrlFolder, folder_of, url_of
from ds2cli.records.jsonl import FIELDS_HINT, Record, Reject, read_records, to_line

TEXTS, NUMBERS, NAMES = ("audio_filepath", "text"), ("duration", "offset"), ("id", "speaker")


@dataclass(frozen=True)
class Utterance:
    """One stretch of speech and what is said in it.

    audio  path of the recording (absolute once read from a manifest), its address in a tar file, or its URL
    offset, duration  seconds into the recording, and of speech
    channel  of the recording, from 0; None is the mean of all
    text   in Unicode's composed form, whatever the file's
    record  the line as it came, for commands that pass it on
    """

    id: str
    audio: str
    duration: float
    text: str = ""
    offset: float = 0.0
    speaker: str = ""
    channel: int | None = None
    record: Record = field(default_factory=dict, repr=False, compare=False)


def read_manifest(
    source: str | Path | Iterable[str],
    required: tuple[str, ...] = ("audio_filepath", "duration", "text"),
    folder: Path | UrlFolder | None = None,
    reject: Reject | None = None,
) -> Iterator[Utterance]:
    """The utterances of a manifest; audio paths are resolved against its folder (stdin: the working directory).

    reject  is told of each line that is not an utterance, and reading goes on
    raises  ManifestError naming file, line and field, where nobody is to be told instead
    """
    name = called(source) if isinstance(source, (str, Path)) else "input"
    if folder is None:
        folder = folder_of(source) if isinstance(source, (str, Path)) else Path.cwd()
    for number, record in read_records(source, reject=reject):
        try:
            yield to_utterance(record, folder, f"{name}, line {number}", required)
        except ManifestError as problem:
            if reject is None:
                raise
            reject(problem)


def to_utterance(record: Record, folder: Path | UrlFolder, where: str, required: tuple[str, ...]) -> Utterance:
    """One record, checked; `record` on the result has its audio path made absolute.

    raises  ManifestError where a field is missing, of another type, or no number of seconds
    """
    for name in required:
        if name not in record:
            raise ManifestError(f"{where}: no field `{name}`", hint=FIELDS_HINT)
    for name in TEXTS:
        _must_be(record, name, (str,), "text", where)
    for name in NAMES:
        _must_be(record, name, (str, int, float), "text or a number", where)
    offset, duration = (_seconds(record, name, where) for name in ("offset", "duration"))
    try:
        channel = parse_channel(record.get("channel"))
    except ValueError:
        hint = "it is a number from 0, or a letter from A"
        raise ManifestError(f"{where}: `channel` is {to_line(record['channel'])[:40]}", hint=hint) from None
    audio = record.get("audio_filepath") or ""
    if audio:
        if not can_name_a_file(audio):
            raise ManifestError(f"{where}: `audio_filepath` {to_line(audio)[:60]} names no file", hint=FIELDS_HINT)
        audio = ("://" in audio and url_of(audio)) or str(folder / audio)
        record = {**record, "audio_filepath": audio}
    return Utterance(
        id=str(record["id"]) if record.get("id") not in (None, "") else Path(audio).stem,
        audio=audio,
        duration=duration,
        text=compose(record.get("text") or ""),
        offset=offset,
        speaker=str(record["speaker"]) if record.get("speaker") is not None else "",
        channel=channel,
        record=record,
    )


def parse_channel(word: object) -> int | None:
    """A channel as lists and people write it, counted from 0: `1` and "1" are the second, as is "B"; None is all.

    raises  ValueError where it is none of these
    """
    if word is None or word == "":
        return None
    if isinstance(word, str) and len(word) == 1 and word.upper() in "ABCDEFGH":
        return ord(word.upper()) - ord("A")
    if isinstance(word, bool) or not isinstance(word, (int, str)) or not str(word).isdecimal():
        raise ValueError(f"`{word}` is not a channel")
    return int(word)


def _must_be(record: Record, name: str, kinds: tuple[type, ...], what: str, where: str) -> None:
    value = record.get(name)
    if value is not None and (not isinstance(value, kinds) or isinstance(value, bool)):
        raise ManifestError(f"{where}: `{name}` is {to_line(value)[:40]}, not {what}", hint=FIELDS_HINT)


def _seconds(record: Record, name: str, where: str) -> float:
    _must_be(record, name, (int, float), "a number", where)
    value: Any = record.get(name) or 0.0
    if not -math.inf < value < math.inf or abs(value) > 1e9:  # an integer may be beyond every float
        shown = value if isinstance(value, float) else "beyond reason"
        raise ManifestError(f"{where}: `{name}` is {shown}", hint="it is a number of seconds")
    if value < 0:
        raise ManifestError(f"{where}: `{name}` is negative ({value:g})",
                            hint="seconds from the beginning of the recording, and of speech")
    return float(value)


def can_name_a_file(text: str) -> bool:
    """Whether the system takes it as a path: no zero byte, and no half of a surrogate pair."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False
