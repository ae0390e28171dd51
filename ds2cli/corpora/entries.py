"""What a corpus reader yields, and the few things that every reader needs to find its way about a disk."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ds2cli.errors import ManifestError, UsageError
from ds2cli.io.text import numbered_lines
from ds2cli.media import AUDIO_SUFFIXES, FOREIGN_SUFFIXES, is_sound_name
from ds2cli.records.jsonl import Record, Reject

Thing = TypeVar("Thing")
UNPACKED_HINT = "is the corpus unpacked completely?"


@dataclass(frozen=True)
class Entry:
    """One utterance as the corpus lists it; nobody has opened its recording yet.

    text      as the corpus's transcript says it; None where the corpus has no transcripts
    offset    seconds into the recording
    duration  seconds; None is the rest of the recording, which the header tells
    lang      BCP 47 tag where the corpus says it (`en`, `zh`)
    channel   of the recording, from 0; None is all
    extra     further fields of the record
    """

    id: str
    audio: Path
    text: str | None = None
    speaker: str = ""
    lang: str = ""
    offset: float = 0.0
    duration: float | None = None
    channel: int | None = None
    extra: Record = field(default_factory=dict)


@dataclass(frozen=True)
class Rejected:
    """Something in a corpus that does not become a record, and why.

    reason  the kind, to count by: `no transcript`
    detail  which one and what is wrong with it, for a person
    """

    id: str
    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"`{self.id}`: {self.reason}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Totals:
    """What a corpus's publishers say that a part holds; None where they do not say."""

    utterances: int | None = None
    hours: float | None = None
    speakers: int | None = None


def find_audio(stem: Path, suffix: str) -> Path:
    """The recording of this name: with its original suffix, else with any other (a corpus kept as Opus still reads).

    returns  the original name where there is none, for the error that will name it
    """
    original = stem.with_name(stem.name + suffix)
    if original.exists():
        return original
    suffixes = [*sorted(AUDIO_SUFFIXES - {suffix}), *sorted(FOREIGN_SUFFIXES)]
    others = (stem.with_name(stem.name + other) for other in suffixes)
    return next((path for path in others if path.exists()), original)


def is_audio(path: Path) -> bool:
    return is_sound_name(path)


def locate(path: str, folder: Path) -> Path:
    """A path that another tool wrote: relative to the working directory if it exists there, else to its list."""
    return Path(path) if Path(path).exists() else folder / path


def id_from_path(audio: Path, folder: Path) -> str:
    """An id for a recording that has none: its path below the folder without the suffix, `a/b.wav` -> `a-b`."""
    inside = audio.relative_to(folder) if audio.is_relative_to(folder) else Path(audio.parent.name, audio.name)
    return "-".join(inside.with_suffix("").parts)


def find_root(folder: Path, marker: str, *inside: str) -> Path:
    """The folder that holds `marker`: the one that was named, or one that the archive unpacks into it (globs, both).

    raises  UsageError where none does
    """
    if not folder.exists():
        raise UsageError(f"no such folder: `{folder}`", hint="name the folder that the corpus was unpacked into")
    for candidate in (folder, *(path for pattern in inside for path in sorted(folder.glob(pattern)))):
        if next(candidate.glob(marker), None):
            return candidate
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
    hint = f"name the folder that holds it; this one holds: {shown or 'nothing'}"
    raise UsageError(f"`{folder}` has no `{marker}`", hint=hint)


def choose_parts(wanted: str | None, found: Iterable[str], folder: Path) -> list[str]:
    """The parts to read: all that are there, or the one asked for.

    raises  UsageError listing the parts where the one asked for is not among them
    """
    parts = list(found)
    if wanted is None:
        return parts
    if wanted not in parts:
        raise UsageError(f"`{folder}` has no part `{wanted}`", hint=f"it has: {', '.join(parts) or 'none'}")
    return [wanted]


def with_rejections(read: Callable[[Reject], Iterable[Thing]], path: Path) -> "Iterator[Thing | Rejected]":
    """What a reader of lines or rows yields, and in its place, rejected, each line that it told of.

    read  takes the function that it tells
    """
    problems: list[ManifestError] = []
    for thing in read(problems.append):
        yield from _rejected(problems, path)
        yield thing
    yield from _rejected(problems, path)


def _rejected(problems: list[ManifestError], path: Path) -> Iterator[Rejected]:
    while problems:
        yield Rejected(path.name, "not a line of its kind", str(problems.pop(0)))


def transcript_lines(path: Path) -> Iterator[str]:
    """The lines of a transcript file without their ends, blank ones left out.

    raises  UsageError where the file is missing or not UTF-8
    """
    yield from (line for _, line in numbered_lines(path, UNPACKED_HINT) if line.strip())
