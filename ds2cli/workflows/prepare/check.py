"""What would hurt later: every utterance decoded and spelled, every set held against the others."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ds2cli.config import FeatureConfig
from ds2cli.corpora.checks import Checked, Finding, Spelling, check_utterance
from ds2cli.io.parallel import by_threads
from ds2cli.jobs.plan import Plan
from ds2cli.jobs.work import Work, Worker
from ds2cli.records.manifest import Utterance, read_manifest
from ds2cli.text.units import Units

IDS_SHOWN = 3


@dataclass
class Seen:
    """Where things were met first: `train.jsonl` or `train.jsonl: an251-fash-b`."""

    audio: dict[bytes, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    speakers: dict[str, str] = field(default_factory=dict)
    texts: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class CheckReport:
    """What was found in all sets together.

    counts, first    finding -> how often, and the first ids
    shared_speakers  speaker -> the two sets that have it
    rejected         lines that are no utterances, with file, line and reason
    repeated_texts   utterances whose speaker has said the same text before; natural in small vocabularies
    """

    utterances: int = 0
    good: int = 0
    seconds: float = 0.0
    repeated_texts: int = 0
    counts: Counter[Finding] = field(default_factory=Counter)
    first: dict[Finding, list[str]] = field(default_factory=dict)
    shared_speakers: dict[str, str] = field(default_factory=dict)
    flagged: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    @property
    def found_something(self) -> bool:
        return bool(self.counts or self.shared_speakers or self.rejected)

    def add(self, checked: Checked, name: str) -> None:
        utterance = checked.utterance
        self.utterances += 1
        self.seconds += utterance.duration
        self.good += not checked.findings
        for finding, detail in checked.findings.items():
            self.counts[finding] += 1
            self.flagged.append({"set": name, "id": utterance.id, "finding": str(finding), "detail": detail})
            if self.counts[finding] <= IDS_SHOWN:
                self.first.setdefault(finding, []).append(f"{utterance.id} ({detail})" if detail else utterance.id)

    def as_json(self) -> dict[str, Any]:
        return {
            "utterances": self.utterances,
            "good": self.good,
            "hours": round(self.seconds / 3600, 3),
            "counts": {str(finding): self.counts[finding] for finding in Finding},
            "shared_speakers": self.shared_speakers,
            "same_text_and_speaker": self.repeated_texts,
            "findings": self.flagged,
            "rejected_lines": self.rejected,
        }

    def lines(self) -> list[str]:
        """A table for a person: a row per kind of finding, with the first few."""
        table = [f"{self.utterances:,} utterances · {self.seconds / 3600:,.2f} h · {self.good:,} good"]
        width = max(map(len, [*self.counts, "speakers in two sets"]))
        for finding in Finding:
            if self.counts[finding]:
                table.append(f"{self.counts[finding]:>9,}  {finding:<{width}}  {'; '.join(self.first[finding])}")
        if self.rejected:
            shown = "; ".join(self.rejected[:IDS_SHOWN])
            table.append(f"{len(self.rejected):>9,}  {'rejected lines':<{width}}  {shown}")
        if self.shared_speakers:
            names = "; ".join(f"{who} ({where})" for who, where in list(self.shared_speakers.items())[:IDS_SHOWN])
            table.append(f"{len(self.shared_speakers):>9,}  {'speakers in two sets':<{width}}  {names}")
        if self.repeated_texts:
            table.append(f"texts that their speaker has said before: {self.repeated_texts:,} (may be natural)")
        return table


def spelling_by(units: Units | None, frame_seconds: float) -> Spelling:
    """Frames that follow each other every frame_seconds, as many as a network of the default features has.

    Its convolutions are padded so that what is left over behind the last whole frame is another frame.
    """
    features = FeatureConfig()
    window, hop = (round(seconds * features.sample_rate) for seconds in (features.window_seconds, features.hop_seconds))
    stride = max(round(frame_seconds / features.hop_seconds), 1)

    def frames_within(seconds: float) -> int:
        n_frames = max((round(seconds * features.sample_rate) - window) // hop + 1, 1)
        return -(-n_frames // stride)

    return Spelling(units, frames_within)


def spelling_of(run: Path) -> Spelling:
    """The units and frames of a trained model: what `ds2 train` would leave out with the same settings.

    raises  CheckpointError where the run or file is not one of ours
    """
    # The one place where ds2 prepare needs torch, and only when a model is named.
    from ds2cli.audio.features import n_frames
    from ds2cli.model.checkpoint import load_checkpoint
    from ds2cli.model.network import n_output_frames

    checkpoint = load_checkpoint(run)
    features, model = checkpoint.config.features, checkpoint.config.model

    def frames_within(seconds: float) -> int:
        return int(n_output_frames(n_frames(round(seconds * features.sample_rate), features), model))

    return Spelling(checkpoint.units, frames_within)


def check_sets(
    manifests: Iterable[str], against: Iterable[str], open_spelling: Callable[[], Spelling], report: CheckReport,
    jobs: int = 4, plan: Plan | None = None,
) -> Iterator[Checked]:
    """Every utterance of the manifests in order, with what was found in it.

    against  further sets that must share nothing with them; their own faults are not reported
    report   counts what goes past
    plan     where recordings are decoded
    """
    seen = Seen()
    whose: deque[tuple[str, bool]] = deque()

    def lines() -> Iterator[Utterance]:
        for name in against:
            for one in read_manifest(name):
                whose.append((name, False))
                yield one
        for name in manifests:
            for one in read_manifest(name, reject=lambda problem: report.rejected.append(str(problem))):
                whose.append((name, True))
                yield one

    for checked in (plan or Plan()).answers(checking(open_spelling, jobs), enumerate(lines())):
        name, is_checked = whose.popleft()
        note_repeats(checked, name, seen, report if is_checked else CheckReport())
        if is_checked:
            report.add(checked, name)
            yield checked


def checking(open_spelling: Callable[[], Spelling], jobs: int) -> Work[Utterance, Checked]:
    """The work of a check: what can be seen without looking at other utterances."""
    return Work(
        open=partial(_open_checker, open_spelling, jobs), name=lambda one: repr((one.id, one.audio, one.offset)),
        pack=lambda one: ({"findings": {kind.name: what for kind, what in one.findings.items()},
                           "audio": one.audio_hash.hex()}, []),
        unpack=lambda utterance, found, _: Checked(
            utterance, {Finding[kind]: what for kind, what in found["findings"].items()},
            bytes.fromhex(found["audio"])),
        lost=lambda utterance, why: Checked(utterance, {Finding.UNREADABLE: why}, b""),
    )


def _open_checker(open_spelling: Callable[[], Spelling], jobs: int) -> Worker:
    return by_threads(partial(check_utterance, spelling=open_spelling()), jobs)


def note_repeats(checked: Checked, name: str, seen: Seen, report: CheckReport) -> None:
    """Note what has been met before, in this set or another."""
    utterance, findings = checked.utterance, checked.findings
    here = f"{name}: {utterance.id}"
    if checked.audio_hash and seen.audio.setdefault(checked.audio_hash, here) != here:
        findings[Finding.SAME_AUDIO] = f"as {seen.audio[checked.audio_hash]}"
    if utterance.id in seen.ids:
        findings[Finding.SAME_ID] = f"also in {seen.ids[utterance.id]}"
    seen.ids.setdefault(utterance.id, name)
    if not utterance.speaker:
        return
    first = seen.speakers.setdefault(utterance.speaker, name)
    if first != name:
        report.shared_speakers[utterance.speaker] = f"{first}, {name}"
    report.repeated_texts += bool(utterance.text) and (utterance.speaker, utterance.text) in seen.texts
    seen.texts.add((utterance.speaker, utterance.text))
