"""From files to pairs: one file that carries both sides, or a reference and a hypothesis of any kinds."""

from pathlib import Path

from ds2cli.errors import ManifestError, UsageError
from ds2cli.io.text import called, numbered_lines
from ds2cli.records.ctm import read_ctm
from ds2cli.scoring.choices import Kind, Missing, ReadOptions
from ds2cli.scoring.inputs.kinds import read_entries, recognise
from ds2cli.scoring.inputs.pairs import Pairing, pair_entries
from ds2cli.scoring.inputs.timed import folded, is_ignored, read_segments, words_by_segment
from ds2cli.scoring.inputs.transcripts import HINT, id_of, utterance_name

WITH_FIELDS = {Kind.json, Kind.csv, Kind.tsv}


def read_pairs(reference: str | Path, hypothesis: str | Path | None, options: ReadOptions) -> Pairing:
    """The pairs of one file or of two.

    raises  ManifestError naming file and line; UsageError where kinds do not go together or there is nothing to score
    """
    kinds = [recognise(reference, options.reference_kind)]
    if hypothesis is None:
        pairing = _read_one(reference, kinds[0], options)
    else:
        kinds.append(recognise(hypothesis, options.hypothesis_kind))
        pairing = _read_two(reference, hypothesis, tuple(kinds), options)
    pairing.kinds = [str(kind) for kind in kinds]
    if not (pairing.pairs or pairing.without_hypothesis or pairing.without_reference or pairing.ignored):
        raise ManifestError(f"{called(reference)} holds no utterances", hint=HINT)
    return pairing


def _read_one(source: str | Path, kind: Kind, options: ReadOptions) -> Pairing:
    if kind not in WITH_FIELDS:
        hint = f"give the hypotheses too: ds2 score {source} HYPOTHESES"
        raise UsageError(f"{called(source)} holds one side only ({kind})", hint=hint)
    pairing, name = Pairing(), called(source)
    seen: dict[str, int] = {}
    marked = (options.is_marked(kind),) * 2
    for entry in read_entries(source, kind, options.reference_field, marked[0]):
        own_id = id_of(entry.record) if kind == Kind.json else entry.key
        pair_id = (own_id or utterance_name(entry.record, entry.number)) if kind == Kind.json else entry.key
        if own_id is not None and pair_id is not None:
            if pair_id in seen:
                raise ManifestError(f"{name}, line {entry.number}: id `{pair_id}` was already on line {seen[pair_id]}",
                                    hint="an utterance counts once: remove one of the lines")
            seen[pair_id] = entry.number
        understood = entry.record.get(options.hypothesis_field)
        if understood is not None and not isinstance(understood, str):
            raise ManifestError(f"{name}, line {entry.number}: `{options.hypothesis_field}` is not text", hint=HINT)
        if options.missing == Missing.error and (entry.text is None or understood is None):
            field = options.reference_field if entry.text is None else options.hypothesis_field
            raise ManifestError(f"{name}, line {entry.number}: no field `{field}`", hint=HINT)
        pairing.add(pair_id or f"line {entry.number}", entry.text, understood, options.missing, record=entry.record,
                    marked=marked)
    return pairing


def _read_two(reference: str | Path, hypothesis: str | Path, kinds: tuple[Kind, ...], options: ReadOptions) -> Pairing:
    if str(reference) == str(hypothesis) == "-":
        raise UsageError("both sides cannot come from stdin", hint="give one of them as a file")
    if kinds == (Kind.stm, Kind.ctm):
        return _read_timed(reference, hypothesis, options)
    if Kind.stm in kinds or Kind.ctm in kinds:
        raise UsageError(f"{called(reference)} is {kinds[0]} and {called(hypothesis)} is {kinds[1]}",
                         hint="ctm hypotheses need an stm reference, and the other way round")
    marked = options.is_marked(kinds[0]), options.is_marked(kinds[1])
    said = read_entries(reference, kinds[0], options.reference_field, marked[0])
    understood = read_entries(hypothesis, kinds[1], options.hypothesis_field, marked[1])
    names = called(reference), called(hypothesis)
    return pair_entries(said, understood, names, options.missing, marked, options.folds(*kinds))


def _read_timed(reference: str | Path, hypothesis: str | Path, options: ReadOptions) -> Pairing:
    fold, missing = options.folds(Kind.stm, Kind.ctm), options.missing
    marked = options.is_marked(Kind.stm), options.is_marked(Kind.ctm)
    segments = list(read_segments(numbered_lines(reference), called(reference), marked[0]))
    marks = list(read_ctm(numbered_lines(hypothesis), called(hypothesis)))
    pairing = Pairing()
    for segment, text in zip(segments, words_by_segment(segments, marks, fold), strict=True):
        record = {"speaker": segment.speaker, "recording": segment.channel[0], "channel": segment.channel[1],
                  "start": segment.start, "end": segment.end, "labels": segment.labels}
        if is_ignored(segment.text):
            pairing.ignored.append(segment.key)
        else:
            pairing.add(segment.key, segment.text, text, missing, record=record, marked=marked)
    known = {folded(segment.channel, fold) for segment in segments}
    for channel in sorted({mark.channel for mark in marks if folded(mark.channel, fold) not in known}):
        text = " ".join(mark.text for mark in marks if mark.channel == channel)
        pairing.add("-".join(channel), None, text, missing, record={"recording": channel[0], "channel": channel[1]},
                    marked=marked)
    pairing.check(missing, called(reference), called(hypothesis))
    return pairing
