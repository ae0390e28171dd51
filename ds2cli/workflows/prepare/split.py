"""One set becomes several that share no speaker."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ds2cli.errors import UsageError
from ds2cli.phrases import counted
from ds2cli.records.manifest import Utterance


@dataclass
class Split:
    """One part of a split: how much of the whole it should be, and what it holds."""

    name: str
    share: float
    utterances: list[Utterance] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(utterance.duration for utterance in self.utterances)

    @property
    def speakers(self) -> set[str]:
        """Those that records name."""
        return {utterance.speaker for utterance in self.utterances if utterance.speaker}


def split_by_speaker(utterances: Iterable[Utterance], shares: dict[str, float], seed: int) -> list[Split]:
    """Parts of about the wanted shares of the seconds, no speaker in two of them.

    Speakers are dealt in an order that depends only on their names and the seed (a hash of both), so the order of the
    lines changes nothing. Each goes to the part that lacks most.

    shares  part -> share of the whole; they are taken relative to their sum
    raises  UsageError where a speaker is not known, or there are fewer speakers than parts
    """
    utterances = list(utterances)
    unknown = next((utterance for utterance in utterances if not utterance.speaker), None)
    if unknown:
        raise UsageError(f"`{unknown.id}` has no speaker", hint="split by utterance: --by utterance")
    return _deal(utterances, [utterance.speaker for utterance in utterances], shares, seed, "speaker")


def split_by_utterance(utterances: Iterable[Utterance], shares: dict[str, float], seed: int) -> list[Split]:
    """Parts of about the wanted shares of the seconds, whoever speaks: for one speaker, or unknown ones."""
    utterances = list(utterances)
    return _deal(utterances, [utterance.id for utterance in utterances], shares, seed, "utterance")


def _deal(
    utterances: list[Utterance], groups: list[str], shares: dict[str, float], seed: int, kind: str
) -> list[Split]:
    """Whole groups to parts; groups names each utterance's, kind what they are."""
    # Milliseconds as integers: sums of floats would depend on the order of the lines.
    length: Counter[str] = Counter()
    for utterance, group in zip(utterances, groups, strict=True):
        length[group] += round(utterance.duration * 1000)
    if len(length) < len(shares):
        hint = "name fewer parts with --into, or split by utterance: --by utterance"
        raise UsageError(f"{len(shares)} parts, but only {counted(len(length), kind)} to share out", hint=hint)
    parts = [Split(name, share / sum(shares.values())) for name, share in shares.items()]
    total, dealt, part_of = length.total(), Counter[str](), {}
    # Each part gets one group first, the smallest share first: a small dev set must not stay empty.
    waiting = sorted(parts, key=lambda part: part.share)
    for group in sorted(length, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest()):
        lacking = waiting.pop(0) if waiting else max(parts, key=lambda part: part.share * total - dealt[part.name])
        part_of[group] = lacking
        dealt[lacking.name] += length[group]
    for utterance, group in zip(utterances, groups, strict=True):
        part_of[group].utterances.append(utterance)
    return parts
