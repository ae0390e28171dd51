"""What `ds2 score` does: read both sides, pair them, make them comparable, count, and say what the counts mean."""

from dataclasses import dataclass, field
from pathlib import Path

from ds2cli.errors import ManifestError, UsageError
from ds2cli.io.text import called, numbered_lines
from ds2cli.scoring.choices import Align, WordKind
from ds2cli.scoring.corpus import Corpus, Counting, count
from ds2cli.scoring.edits.distance import LEVENSHTEIN, SCLITE
from ds2cli.scoring.edits.tokens import split_spaces, split_words
from ds2cli.scoring.glm import read_glm
from ds2cli.scoring.inputs.pairs import Pairing, named
from ds2cli.scoring.inputs.reading import ReadOptions, read_pairs
from ds2cli.scoring.normalising import Normaliser, compose, fold_case
from ds2cli.scoring.report import Report, compare
from ds2cli.text.normalise import NORMALISERS, normalise

COSTS = {Align.sclite: SCLITE, Align.levenshtein: LEVENSHTEIN}
SPLITTERS = {WordKind.auto: split_words, WordKind.spaces: split_spaces, WordKind.phones: split_spaces}


@dataclass(frozen=True)
class ScoreOptions:
    """Everything that a person may ask of a score; the defaults are the command's.

    normalise  none, english, mandarin, or the path of a GLM file
    words  auto (unspaced scripts by character), spaces, phones
    align  sclite or levenshtein
    optional, fragments  honour `(word)` and `frag-` in trn, stm and ctm, as sclite's -D and -F do
    by  fields whose values make groups
    draws  of the bootstrap; 0 turns it off
    cluster  the field whose values are drawn together: speaker
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    normalise: str = "none"
    ignore_case: bool = False
    words: WordKind = WordKind.auto
    align: Align = Align.sclite
    optional: bool = False
    fragments: bool = False
    by: tuple[str, ...] = ()
    draws: int = 1000
    cluster: str | None = None
    seed: int = 1


def score(
    reference: str | Path, hypothesis: str | Path | None = None, against: str | Path | None = None,
    options: ScoreOptions | None = None,
) -> Report:
    """The report on one file with both sides, or on a reference and a hypothesis.

    against  hypotheses of a second system, to be compared with the first: a file of the first one's kind
    """
    options = options or ScoreOptions()
    steps = normalisers(options)
    pairing = read_pairs(reference, hypothesis, options.read)
    other = None
    if against is not None:
        other = read_pairs(reference, against, options.read) if hypothesis else read_pairs(against, None, options.read)
        _line_up(pairing, other, str(against))
    corpus = _count(pairing, steps, options)
    settings = {
        "reference": str(reference), "hypothesis": str(hypothesis or reference),
        "kinds": pairing.kinds, "normalise": [step.name for step in steps],
        "words": options.words, "align": options.align,
        "optional": options.optional, "fragments": options.fragments, "missing": str(options.read.missing),
        "bootstrap": options.draws, "cluster": options.cluster, "seed": options.seed,
    }
    report = Report(corpus, pairing, settings, options.by)
    if other is not None:
        report.comparison = compare(report, _count(other, steps, options), str(against))
    return report


def _count(pairing: Pairing, steps: list[Normaliser], options: ScoreOptions) -> Corpus:
    compose(pairing.pairs)
    for step in steps:
        step(pairing.pairs)
    counting = Counting(SPLITTERS[options.words], options.optional, options.fragments, COSTS[options.align])
    return count(pairing.pairs, counting)


def normalisers(options: ScoreOptions) -> list[Normaliser]:
    """What is done to both sides before they are compared, in order.

    raises  UsageError where there is neither such a normaliser nor such a file
    """
    steps = []
    name = options.normalise
    if name in NORMALISERS and name != "none":
        steps.append(Normaliser(name, lambda text: normalise(text, name).text))
    elif name not in NORMALISERS:
        if not Path(name).is_file():
            hint = f"choose one of {', '.join(NORMALISERS)}, or name a GLM file"
            raise UsageError(f"no normaliser and no file `{name}`", hint=hint)
        glm = read_glm(numbered_lines(name), called(name))
        steps.append(Normaliser(name, glm.apply, glm.makes_choices))
    if options.ignore_case:
        steps.append(Normaliser("ignore case", fold_case))
    return steps


def _line_up(first: Pairing, second: Pairing, against: str) -> None:
    """Bring the second system's pairs into the order of the first.

    raises  ManifestError where they are not the same utterances with the same references
    """
    pairs = {pair.id: pair for pair in second.pairs}
    ids = [pair.id for pair in first.pairs]
    lacking = [pair_id for pair_id in ids if pair_id not in pairs] + sorted(set(pairs) - set(ids))
    if lacking:
        raise ManifestError(f"`{against}` does not hold the same utterances: {named(lacking)}",
                            hint="two systems can only be compared on the same utterances")
    second.pairs[:] = [pairs[pair_id] for pair_id in ids]
    differ = [a.id for a, b in zip(first.pairs, second.pairs, strict=True) if a.reference != b.reference]
    if differ:
        raise ManifestError(f"`{against}` has another reference for {named(differ)}",
                            hint="two systems can only be compared on the same references")
