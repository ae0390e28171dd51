"""Records in, records out: one JSON line per utterance, which travels through every command and gains fields.

The field names are those of NeMo's manifests (`audio_filepath`, `offset`, `duration`, `text`), so files go both ways;
`id`, `speaker`, `lang` are ours. Unknown fields pass through untouched.
"""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ds2cli.audio.channels import parse_channel
from ds2cli.errors import ManifestError
from ds2cli.text.files import read_lines

Record = dict[str, Any]

FIELDS_HINT = "each line needs audio_filepath, duration and text; `ds2 prepare corpus` writes them"


@dataclass(frozen=True)
class Utterance:
    """One stretch of speech and what is said in it.

    audio  path of the recording (absolute once read from a manifest), or its address in a tar file
    offset, duration  seconds into the recording, and of speech
    channel  of the recording, from 0; None is the mean of all
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


def read_records(source: str | Path | Iterable[str], name: str | None = None) -> Iterator[Record]:
    """The JSON objects of a file (`-` is stdin; .gz and .xz too) or of any lines; blank lines are passed over.

    raises  ManifestError naming file and line where a line is not a JSON object
    """
    for _, record in _numbered_records(source, name):
        yield record


def _numbered_records(source: str | Path | Iterable[str], name: str | None) -> Iterator[tuple[int, Record]]:
    """Records with the numbers of their lines."""
    name = name or (str(source) if isinstance(source, (str, Path)) else "input")
    name = "stdin" if name == "-" else name
    for number, line in enumerate(_lines(source), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as problem:
            raise ManifestError(f"`{name}`, line {number}: not JSON ({problem.msg})", hint=FIELDS_HINT) from None
        if not isinstance(record, dict):
            raise ManifestError(f"`{name}`, line {number}: not a JSON object", hint=FIELDS_HINT)
        yield number, record


def read_manifest(
    source: str | Path | Iterable[str],
    required: tuple[str, ...] = ("audio_filepath", "duration", "text"),
    folder: Path | None = None,
) -> Iterator[Utterance]:
    """The utterances of a manifest; audio paths are resolved against its folder (stdin: the working directory).

    raises  ManifestError naming file, line and field where a field is missing or of another type
    """
    is_file = isinstance(source, (str, Path)) and str(source) != "-"
    folder = folder or (Path(source).resolve().parent if is_file else Path.cwd())
    name = "stdin" if str(source) == "-" else str(source) if is_file else "input"
    for number, record in _numbered_records(source, name):
        yield to_utterance(record, folder, f"`{name}`, line {number}", required)


def to_utterance(record: Record, folder: Path, where: str, required: tuple[str, ...]) -> Utterance:
    """One record, checked; `record` on the result has its audio path made absolute."""
    for name in required:
        if name not in record:
            raise ManifestError(f"{where}: no field `{name}`", hint=FIELDS_HINT)
    for name, kind in (("audio_filepath", str), ("text", str), ("duration", (int, float)), ("offset", (int, float))):
        if record.get(name) is not None and (not isinstance(record[name], kind) or isinstance(record[name], bool)):
            raise ManifestError(f"{where}: `{name}` is {json.dumps(record[name])[:40]}", hint=FIELDS_HINT)
    for name in ("duration", "offset"):
        if not math.isfinite(record.get(name) or 0.0):
            raise ManifestError(f"{where}: `{name}` is {record[name]}", hint="it is a number of seconds")
    try:
        channel = parse_channel(record.get("channel"))
    except ValueError:
        hint = "it is a number from 0, or a letter from A"
        raise ManifestError(f"{where}: `channel` is {json.dumps(record['channel'])[:40]}", hint=hint) from None
    audio = record.get("audio_filepath") or ""
    if audio:
        audio = str(folder / audio)
        record = {**record, "audio_filepath": audio}
    return Utterance(
        id=str(record.get("id") or Path(audio).stem),
        audio=audio,
        duration=float(record.get("duration") or 0.0),
        text=record.get("text") or "",
        offset=float(record.get("offset") or 0.0),
        speaker=str(record.get("speaker") or ""),
        channel=channel,
        record=record,
    )


def to_line(record: Record) -> str:
    """A record as one line of JSON, without the newline."""
    return json.dumps(record, ensure_ascii=False)


def _lines(source: str | Path | Iterable[str]) -> Iterator[str]:
    if not isinstance(source, (str, Path)):
        yield from source
        return
    yield from read_lines(source, "write one with: ds2 prepare corpus librispeech DIR --part dev-clean > dev.jsonl")
