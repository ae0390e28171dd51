"""A reference and a hypothesis of one utterance, and what becomes of those that lack the other side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ds2cli import hints
from ds2cli.errors import ManifestError
from ds2cli.phrases import first_few
from ds2cli.scoring.choices import Missing
from ds2cli.scoring.inputs.transcripts import TranscriptLine


@dataclass(slots=True)
class Pair:
    """What was said and what was understood.

    marked  whether NIST's marks count in the reference, in the hypothesis (trn, stm, ctm)
    choices  whether braces offer alternatives in both, because a mapping file wrote them
    record  fields that came with either side: speaker, audio_filepath, nbest, ...
    """

    id: str
    reference: str
    hypothesis: str
    record: dict[str, Any] = field(default_factory=dict, repr=False)
    marked: tuple[bool, bool] = (False, False)
    choices: bool = False


@dataclass
class Pairing:
    """The pairs, and the ids of what had no other side; nothing is ever dropped without being listed here.

    ignored  time-marked segments that their reference takes out of scoring
    kinds  of the files
    """

    pairs: list[Pair] = field(default_factory=list)
    without_hypothesis: list[str] = field(default_factory=list)
    without_reference: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def add(self, pair_id: str, reference: str | None, hypothesis: str | None, policy: Missing, **further: Any) -> None:
        """Keep a pair, or note what it lacks: an empty text stands in for it where the policy says so."""
        if hypothesis is None:
            self.without_hypothesis.append(pair_id)
        elif reference is None:
            self.without_reference.append(pair_id)
        if (reference is not None and hypothesis is not None) or policy == Missing.empty:
            self.pairs.append(Pair(pair_id, reference or "", hypothesis or "", **further))

    def check(self, policy: Missing, reference_name: str, hypothesis_name: str) -> None:
        """Complain of what is missing, where the policy says so."""
        if policy != Missing.error:
            return
        for ids, lacks, where in (
            (self.without_hypothesis, "no hypothesis", hypothesis_name),
            (self.without_reference, "no reference", reference_name),
        ):
            if ids:
                hint = hints.MISSING_UTTERANCES
                raise ManifestError(f"{where}: {lacks} for {first_few(ids)}", hint=hint)


Fold = Callable[[str], str]


def pair_entries(
    references: Iterable[TranscriptLine], hypotheses: Iterable[TranscriptLine], names: tuple[str, str], policy: Missing,
    marked: tuple[bool, bool] = (False, False), fold: Fold = str,
) -> Pairing:
    """Both sides, paired by id, or by position where neither has ids; in the references' order.

    fold    ids are the same where this makes them the same
    raises  ManifestError where an id comes twice, numbers differ, only one side has ids, or something is missing
    """
    said, understood = list(references), list(hypotheses)
    pairing = Pairing()
    with_ids = [any(entry.key is not None for entry in side) for side in (said, understood)]
    if not any(with_ids):
        _pair_by_position(said, understood, names, pairing, policy, marked)
    elif said and understood and not all(with_ids):
        bare = names[with_ids.index(False)]
        raise ManifestError(f"{bare} has no ids, but the other side has", hint="give both sides ids, or neither")
    else:
        _pair_by_id(unique(said, names[0], fold), unique(understood, names[1], fold), pairing, policy, marked)
    pairing.check(policy, *names)
    return pairing


def _pair_by_position(
    said: list[TranscriptLine], understood: list[TranscriptLine], names: tuple[str, str], pairing: Pairing,
    policy: Missing, marked: tuple[bool, bool],
) -> None:
    if len(said) != len(understood):
        message = f"{names[0]} has {len(said)} lines, but {names[1]} has {len(understood)}"
        raise ManifestError(message, hint="lines are paired by their position; files with ids (trn, Kaldi, JSON) by id")
    for entry, other in zip(said, understood, strict=True):
        record = other.record | entry.record
        pairing.add(f"line {entry.number}", entry.text, other.text, policy, record=record, marked=marked)


def _pair_by_id(
    said: dict[str, TranscriptLine], understood: dict[str, TranscriptLine], pairing: Pairing, policy: Missing,
    marked: tuple[bool, bool],
) -> None:
    for key, entry in said.items():
        other = understood.pop(key, None)
        record = other.record | entry.record if other and other.record else entry.record
        pairing.add(_called(entry), entry.text, other.text if other else None, policy, record=record, marked=marked)
    for entry in understood.values():
        pairing.add(_called(entry), None, entry.text or "", policy, record=entry.record, marked=marked)


def _called(entry: TranscriptLine) -> str:
    return entry.key if entry.key is not None else f"line {entry.number}"


def unique(entries: Iterable[TranscriptLine], name: str, fold: Fold = str) -> dict[str, TranscriptLine]:
    """Entries by their ids, folded.

    raises  ManifestError where an id comes twice
    """
    by_id: dict[str, TranscriptLine] = {}
    for entry in entries:
        key = fold(_called(entry))
        if key in by_id:
            message = f"{name}, line {entry.number}: id `{_called(entry)}` was already on line {by_id[key].number}"
            raise ManifestError(message, hint="an utterance counts once: remove one of the lines")
        by_id[key] = entry
    return by_id
