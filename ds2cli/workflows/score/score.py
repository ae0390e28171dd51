"""What `ds2 score` does: read both sides, pair them, make them comparable, count, and say what the counts mean."""

import difflib
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from ds2cli.errors import ManifestError, UsageError
from ds2cli.io.text import called, numbered_lines
from ds2cli.io.urls import url_of
from ds2cli.phrases import first_few
from ds2cli.scoring.choices import Align, ScoreOptions, WordKind
from ds2cli.scoring.corpus import Counting, count_corpus
from ds2cli.scoring.edits.distance import LEVENSHTEIN, SCLITE
from ds2cli.scoring.edits.tokens import split_spaces, split_words
from ds2cli.scoring.equivalents import read_equivalents
from ds2cli.scoring.glm import read_glm
from ds2cli.scoring.inputs.pairs import Pair, Pairing
from ds2cli.scoring.inputs.reading import read_pairs
from ds2cli.scoring.normalising import Normaliser, compose_pairs, fold_case
from ds2cli.scoring.oracle import count_lists, entries_of
from ds2cli.scoring.report import Report, compare_systems
from ds2cli.text.comparing.english import comparable
from ds2cli.text.normalise import NORMALISERS, normalise

COSTS = {Align.sclite: SCLITE, Align.levenshtein: LEVENSHTEIN}
SPLITTERS = {WordKind.auto: split_words, WordKind.spaces: split_spaces, WordKind.phones: split_spaces}


def score(
    reference: str | Path, hypothesis: str | Path | None = None, against: str | Path | None = None,
    options: ScoreOptions | None = None,
) -> Report:
    """The report on one file with both sides, or on a reference and a hypothesis.

    against  hypotheses of a second system, to be compared with the first: a file of the first one's kind
    """
    options = options or ScoreOptions()
    normalisers(options)  # a wrong name is known before stdin has been waited for
    read = replace(options.read, ignore_case=options.ignore_case)
    pairing = read_pairs(reference, hypothesis, read)
    other = None
    if against is not None:
        other = read_pairs(reference, against, read) if hypothesis else read_pairs(against, None, read)
    names = {"reference": str(reference), "hypothesis": str(hypothesis or reference)}
    return score_pairs(pairing, options, names, other, str(against))


def score_pairs(
    pairing: Pairing, options: ScoreOptions, names: dict[str, str] | None = None, other: Pairing | None = None,
    against: str = "",
) -> Report:
    """The report on pairs, wherever they come from; `names` are those of their two sides.

    other, against  the same utterances of a second system, and what it is called
    """
    if options.words == WordKind.auto and any(pair.record.get("tokens") == WordKind.phones for pair in pairing.pairs):
        options = replace(options, words=WordKind.phones)
    steps = normalisers(options)
    _check_fields(pairing, options)
    entries = entries_of(pairing.pairs)
    _prepare([*pairing.pairs, *(pair for _, pair in entries)], steps)
    if other is not None:
        _prepare(other.pairs, steps)
        _line_up(pairing, other, against)
    counting = Counting(SPLITTERS[options.words], options.optional, options.fragments, COSTS[options.align])
    lists = count_lists(entries, counting)
    corpus = count_corpus(pairing.pairs, counting)
    corpus.lists = lists
    settings = {
        **(names or {}),
        "kinds": pairing.kinds, "normalise": [step.name for step in steps],
        "words": options.words, "align": options.align,
        "optional": options.optional, "fragments": options.fragments, "missing": str(options.read.missing),
        "bootstrap": options.draws, "cluster": options.cluster, "seed": options.seed,
    }
    report = Report(corpus, pairing, settings, options.by)
    if other is not None:
        report.comparison = compare_systems(report, count_corpus(other.pairs, counting), against)
    return report


def _prepare(pairs: list[Pair], steps: list[Normaliser]) -> None:
    """Every text that is compared goes this one way."""
    compose_pairs(pairs)
    for step in steps:
        step(pairs)


def _check_fields(pairing: Pairing, options: ScoreOptions) -> None:
    """raises  UsageError where no record has a field that was asked for, with the nearest that there is"""
    for field_name in filter(None, (*options.by, options.cluster)):
        if not pairing.pairs or any(field_name in pair.record for pair in pairing.pairs):
            continue
        known = sorted({name for pair in pairing.pairs[:1000] for name in pair.record})
        near = difflib.get_close_matches(field_name, known, 1)
        there_are = f"there are: {', '.join(known)}" if known else "these files carry no fields beside the texts"
        hint = f"did you mean `{near[0]}`?" if near else there_are
        raise UsageError(f"no record has a field `{field_name}`", hint=hint)


def normalisers(options: ScoreOptions) -> list[Normaliser]:
    """What is done to both sides before they are compared, in order.

    raises  UsageError where there is neither such a normaliser nor such a file
    """
    steps = []
    name = options.normalise
    if name == "english":
        steps.append(Normaliser(name, comparable, is_language=True))
    elif name in NORMALISERS and name != "none":
        steps.append(Normaliser(name, lambda text: normalise(text, name).text, is_language=True))
    elif name not in NORMALISERS:
        if not url_of(name) and not Path(name).is_file():
            hint = f"choose one of {', '.join(NORMALISERS)}, or name a GLM file"
            raise UsageError(f"no normaliser and no file `{name}`", hint=hint)
        glm = read_glm(numbered_lines(name), called(name))
        steps.append(Normaliser(name, glm.apply, glm.makes_choices))
    if options.ignore_case:
        steps.append(Normaliser("ignore case", fold_case, is_by_character=True))
    if options.equivalents:
        file = options.equivalents
        classes = read_equivalents(numbered_lines(file), called(file), partial(_each, [step.apply for step in steps]))
        steps.append(Normaliser(f"equivalents {file}", classes.apply))
    return steps


def _each(steps: list[Callable[[str], str]], text: str) -> str:
    """A text after all steps."""
    text = unicodedata.normalize("NFC", text)
    for step in steps:
        text = step(text)
    return text


def _line_up(first: Pairing, second: Pairing, against: str) -> None:
    """Bring the second system's pairs, normalised as the first's are, into the order of the first.

    raises  ManifestError where they are not the same utterances with the same references
    """
    pairs = {pair.id: pair for pair in second.pairs}
    ids = [pair.id for pair in first.pairs]
    lacking = [pair_id for pair_id in ids if pair_id not in pairs] + sorted(set(pairs) - set(ids))
    if lacking:
        raise ManifestError(f"`{against}` does not hold the same utterances: {first_few(lacking)}",
                            hint="two systems can only be compared on the same utterances")
    second.pairs[:] = [pairs[pair_id] for pair_id in ids]
    differ = [a.id for a, b in zip(first.pairs, second.pairs, strict=True) if a.reference != b.reference]
    if differ:
        raise ManifestError(f"`{against}` has another reference for {first_few(differ)}",
                            hint="two systems can only be compared on the same references")
