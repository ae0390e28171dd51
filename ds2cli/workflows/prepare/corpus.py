"""A corpus on someone's disk becomes records: read its lists, ask every recording's header, count what comes out."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from ds2cli.audio.files import read_info
from ds2cli.audio.tar_members import recording_exists
from ds2cli.corpora.catalogue import known_totals, read_corpus
from ds2cli.corpora.entries import Entry, Rejected, Totals
from ds2cli.errors import AudioError, UsageError
from ds2cli.io.parallel import by_threads
from ds2cli.io.text import compose
from ds2cli.io.urls import absolute
from ds2cli.jobs.plan import Plan
from ds2cli.jobs.work import Work
from ds2cli.records.jsonl import Record
from ds2cli.records.manifest import can_name_a_file
from ds2cli.text.normalise import normalise
from ds2cli.text.scripts import split_words

# A segment may end this much after its recording: transcribers and other tools round.
END_TOLERANCE_SECONDS = 0.05
DROPPED_SHOWN = 8
REJECTED = " rejected"  # no corpus has such a field


def prepare_corpus(
    name: str, folder: Path, part: str | None, summary: "CorpusSummary", language: str = "none", jobs: int = 4,
    channel: int | None = None, plan: Plan | None = None,
) -> Iterator[Record | Rejected]:
    """One record per utterance in the corpus's own order; what cannot become one comes as `Rejected` in its place.

    summary   counts what goes past
    language  whose normaliser the texts go through
    channel   of every recording, from 0; None is what the corpus says
    plan      where headers are read
    raises    UsageError where the folder does not look like that corpus, or has no such part
    """
    seen: set[str] = set()
    entries = enumerate(read_corpus(name, folder, part))
    for outcome in (plan or Plan()).answers(reading(jobs, channel), entries):
        if isinstance(outcome, dict):
            outcome = to_unique(with_normalised_text(outcome, language, summary), seen)
        summary.add(outcome)
        yield outcome
    if not summary.utterances + summary.rejected.total():
        raise UsageError(f"`{folder}` lists no utterances", hint="is the corpus unpacked completely?")


def reading(jobs: int, channel: int | None) -> Work[Entry | Rejected, Record | Rejected]:
    """The work of a corpus: the headers of its recordings."""
    return Work(
        open=partial(by_threads, partial(to_record, channel=channel), jobs),
        name=repr, pack=lambda one: (one if isinstance(one, dict) else {REJECTED: asdict(one)}, []),
        unpack=lambda entry, found, _: Rejected(**found[REJECTED]) if REJECTED in found else found,
        lost=lambda entry, why: Rejected(entry.id, "unreadable audio", why),
    )


def to_record(entry: Entry | Rejected, channel: int | None = None) -> Record | Rejected:
    """The entry with its duration, from the header of its recording."""
    if isinstance(entry, Rejected):
        return entry
    if not can_name_a_file(str(entry.audio)):
        return Rejected(entry.id, "no audio file", "a name that no file can have")
    if not math.isfinite(entry.offset) or not math.isfinite(entry.duration or 0.0):
        return Rejected(entry.id, "times that are no numbers", f"{entry.duration} s from {entry.offset} s")
    if entry.offset < 0:
        return Rejected(entry.id, "begins before its recording", f"at {entry.offset:.3f} s")
    try:
        info = read_info(entry.audio)
        seconds = info.seconds
    except AudioError as problem:
        reason = "unreadable audio" if recording_exists(entry.audio) else "no audio file"
        return Rejected(entry.id, reason, str(problem))
    duration = seconds - entry.offset if entry.duration is None else entry.duration
    end = entry.offset + duration
    if end > seconds + END_TOLERANCE_SECONDS:
        return Rejected(entry.id, "ends after its recording", f"at {end:.3f} s of {seconds:.3f} s")
    duration = min(duration, seconds - entry.offset)
    if duration <= 0:
        return Rejected(entry.id, "no audio in it", f"{duration:.3f} s from {entry.offset:.3f} s")
    record: Record = {"id": entry.id, "audio_filepath": absolute(entry.audio)}
    if entry.offset:
        record["offset"] = round(entry.offset, 3)
    record["duration"] = round(duration, 3)
    channel = entry.channel if channel is None else channel
    if channel is not None:
        if channel >= info.channels:
            return Rejected(entry.id, "no such channel", f"{channel} of {info.channels}, counted from 0")
        record["channel"] = channel
    optional = {"text": entry.text, "speaker": entry.speaker or None, "lang": entry.lang or None}
    return {**record, **{key: value for key, value in optional.items() if value is not None}, **entry.extra}


def with_normalised_text(record: Record, language: str, summary: "CorpusSummary") -> Record | Rejected:
    """The record with its text normalised; an empty one is rejected, a missing one (no transcripts at all) is not."""
    if "text" not in record:
        return record
    spoken = normalise(compose(record["text"]), language)
    summary.dropped.update(spoken.dropped)
    if not spoken.text.strip():
        return Rejected(record["id"], "empty transcript", f"`{record['text']}`" if record["text"] else "")
    return {**record, "text": spoken.text}


def to_unique(outcome: Record | Rejected, seen: set[str]) -> Record | Rejected:
    """The record, unless its id has been seen."""
    if isinstance(outcome, Rejected):
        return outcome
    if outcome["id"] in seen:
        return Rejected(outcome["id"], "id seen before", f"again with `{outcome['audio_filepath']}`")
    seen.add(outcome["id"])
    return outcome


@dataclass
class CorpusSummary:
    """What went past: enough to see whether the corpus is whole."""

    name: str
    part: str | None = None
    utterances: int = 0
    seconds: float = 0.0
    speakers: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    characters: set[str] = field(default_factory=set)
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, outcome: Record | Rejected) -> None:
        if isinstance(outcome, Rejected):
            self.rejected[outcome.reason] += 1
            return
        self.utterances += 1
        self.seconds += outcome["duration"]
        text = outcome.get("text", "")
        self.words.update(split_words(text))
        self.characters.update(text)
        if outcome.get("speaker"):
            self.speakers.add(outcome["speaker"])

    def lines(self) -> list[str]:
        """The summary for a person, beside what the publishers say."""
        known = known_totals(self.name, self.part) or Totals()
        hours = f"{self.seconds / 3600:,.2f}" + (f" of {known.hours:,.2f}" if known.hours else "")
        what = f"{self.name} {self.part}" if self.part else self.name
        lines = [
            f"{what}: {_of(self.utterances, known.utterances)} utterances · {hours} h · "
            f"{_of(len(self.speakers), known.speakers)} speakers",
            f"vocabulary: {len(self.words):,} words of {len(self.characters):,} characters",
        ]
        if self.rejected:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.rejected.most_common())
            lines.append(f"rejected: {self.rejected.total():,} ({reasons})")
        if self.dropped:
            pieces = ", ".join(f"{count:,} `{piece}`" for (_, piece), count in self.dropped.most_common(DROPPED_SHOWN))
            lines.append(f"without a spoken form, left out of the text: {self.dropped.total():,} ({pieces})")
        return lines


def _of(count: int, known: int | None) -> str:
    return f"{count:,}" if known is None else f"{count:,} of {known:,}"
