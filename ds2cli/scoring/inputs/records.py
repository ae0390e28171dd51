"""JSON lines that carry a reference, a hypothesis, or both: what `ds2 decode` writes and NeMo's manifests hold."""

import json
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

from ds2cli.errors import ManifestError
from ds2cli.scoring.inputs.lines import Line

Record = dict[str, Any]
HINT = "each line is one JSON object with `text` and `pred_text`, as `ds2 decode` writes them"


def parse_records(lines: Iterable[Line], name: str) -> Iterator[tuple[int, Record]]:
    """The JSON object of each line that is not blank, with its number.

    raises  ManifestError naming the line that is not a JSON object
    """
    for number, line in lines:
        if not line or line.isspace():
            continue
        try:
            record = json.loads(line)
        except (json.JSONDecodeError, RecursionError, ValueError) as problem:
            what = getattr(problem, "msg", "nested too deeply or a number too long")
            raise ManifestError(f"{name}, line {number}: not JSON ({what})", hint=HINT) from None
        if not isinstance(record, dict):
            raise ManifestError(f"{name}, line {number}: not a JSON object", hint=HINT)
        yield number, record


def text_of(record: Record, field: str, where: str) -> str | None:
    """A text field, or None where it is missing or null.

    raises  ManifestError where it holds something else than text
    """
    text = record.get(field)
    if text is not None and not isinstance(text, str):
        raise ManifestError(f"{where}: `{field}` is {json.dumps(text)[:40]}, not text", hint=HINT)
    return text


def id_of(record: Record) -> str | None:
    """What a record calls itself: `id` or, if it has none, `utt_id` or `key`, as other tools write them."""
    for field in ("id", "utt_id", "key"):
        if isinstance(record.get(field), (str, int)):
            return str(record[field])
    return None


def name_of(record: Record, number: int) -> str:
    """How reports call an utterance: its id, else its audio file (and where in it), else its line."""
    audio = record.get("audio_filepath")
    if not isinstance(audio, str):
        return f"line {number}"
    start = record.get("offset")
    return PurePath(audio).stem + (f" at {start:g} s" if isinstance(start, (int, float)) and start else "")
