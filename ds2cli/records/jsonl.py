"""JSON lines in and out: one record a line, which travels through every command and gains fields.

The one reader and the one writer of the program: what other tools' files hold is told apart here, and what this program
writes any JSON reader takes (no NaN, no half of a surrogate pair).
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ds2cli import hints
from ds2cli.errors import ManifestError
from ds2cli.io.text import Line, called, numbered_lines

Record = dict[str, Any]
Reject = Callable[[ManifestError], None]

FIELDS_HINT = "each line needs audio_filepath, duration and text; `ds2 prepare corpus` writes them"
MISSING_HINT = hints.WRITE_MANIFEST
DEEPEST = 100  # levels of a record: Python's own stack ends near 1,000, in the midst of other work


def read_records(
    source: str | Path | Iterable[str], name: str | None = None, hint: str = FIELDS_HINT, reject: Reject | None = None
) -> Iterator[tuple[int, Record]]:
    """The JSON objects of a file (`-` is stdin, compressed or not) or of any lines, with the numbers of their lines.

    name    how complaints call lines that come from no file
    reject  is told of each line that is no JSON object, and reading goes on
    raises  ManifestError naming file and line, where nobody is to be told instead
    """
    name = called(source) if isinstance(source, (str, Path)) else name or "input"
    for number, line in _numbered(source):
        if not line or line.isspace():
            continue
        try:
            yield number, parse_record(line, f"{name}, line {number}", hint)
        except ManifestError as problem:
            if reject is None:
                raise
            reject(problem)


def parse_record(line: str | bytes, where: str, hint: str = FIELDS_HINT) -> Record:
    """One JSON object.

    raises  ManifestError where it is none, is nested beyond reason, or holds a number too long to be one
    """
    try:
        record = json.loads(line)
    except json.JSONDecodeError as problem:
        raise ManifestError(f"{where}: not JSON ({problem.msg})", hint=hint) from None
    except UnicodeDecodeError as problem:
        raise ManifestError(f"{where}: not UTF-8 (byte {problem.start + 1})", hint=hint) from None
    except (RecursionError, ValueError) as problem:
        what = "nested too deeply" if isinstance(problem, RecursionError) else "a number too long"
        raise ManifestError(f"{where}: not JSON that can be read ({what})", hint=hint) from None
    if not isinstance(record, dict):
        raise ManifestError(f"{where}: not a JSON object", hint=hint)
    brackets = line.count(b"[") + line.count(b"{") if isinstance(line, bytes) else line.count("[") + line.count("{")
    if brackets > DEEPEST and _depth(record) > DEEPEST:
        raise ManifestError(f"{where}: not JSON that can be read (nested too deeply)", hint=hint)
    return record


def to_line(value: Any, **style: Any) -> str:
    """A record (or any value) as one line of JSON, without the newline.

    What is not a finite number becomes null: JSON has no word for it. What UTF-8 cannot hold goes out as an escape.

    style   further arguments of json.dumps
    """
    try:
        line = json.dumps(value, ensure_ascii=False, allow_nan=False, **style)
    except ValueError:
        line = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, **style)
    return spellable(line)


def spellable(text: str) -> str:
    """The text with an escape (`\\udce9`) for what UTF-8 cannot hold: half of a surrogate pair, a byte of a name."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _numbered(source: str | Path | Iterable[str]) -> Iterable[Line]:
    if isinstance(source, (str, Path)):
        return numbered_lines(source, MISSING_HINT)
    return enumerate(source, 1)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value


def _depth(value: Any) -> int:
    """Levels of lists and objects, level by level."""
    level, depth = [value], 0
    while level:
        depth += 1
        inside = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for ones in inside for one in ones if isinstance(one, (dict, list))]
    return depth
