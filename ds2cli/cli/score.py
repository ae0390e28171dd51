"""`ds2 score`: how many errors, which, where, how sure."""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.errors import Exit, UsageError
from ds2cli.records.jsonl import to_line
from ds2cli.reporting.choices import Sound
from ds2cli.scoring.choices import Align, Kind, Marked, Missing, ReadOptions, ScoreOptions, WordKind

if TYPE_CHECKING:
    from ds2cli.scoring.report import Report

DEFAULTS = ScoreOptions()
READ = DEFAULTS.read


def score(
    reference: Annotated[
        str, typer.Argument(metavar="FILE", help="records with hypotheses, or references; - is stdin")
    ] = "-",
    hypothesis: Annotated[
        str | None, typer.Argument(metavar="HYPOTHESES", help="the hypotheses, if FILE has references only")
    ] = None,
    ref_kind: Annotated[Kind | None, typer.Option(help="the format of FILE", show_default="by its name")] = None,
    hyp_kind: Annotated[Kind | None, typer.Option(help="the format of HYPOTHESES", show_default="by its name")] = None,
    ref_field: Annotated[
        str, typer.Option(metavar="NAME", help="the field or column of the reference")
    ] = READ.reference_field,
    hyp_field: Annotated[
        str, typer.Option(metavar="NAME", help="the field or column of the hypothesis")
    ] = READ.hypothesis_field,
    missing: Annotated[Missing, typer.Option(help="what to do with ids that one side lacks")] = READ.missing,
    normalise: Annotated[
        str, typer.Option(metavar="HOW", help="normalise both sides: english, mandarin, none, or a GLM file")
    ] = DEFAULTS.normalise,
    equivalents: Annotated[
        str | None, typer.Option(metavar="FILE", help="equivalent words, as lines like okay = ok = o k")
    ] = None,
    ignore_case: Annotated[
        bool, typer.Option("--ignore-case", help="ignore case, as sclite without -s")
    ] = False,
    words: Annotated[
        WordKind, typer.Option(help="what counts as a word; auto: a character, where a script has no spaces")
    ] = DEFAULTS.words,
    align: Annotated[
        Align, typer.Option(help="align with sclite's costs and ties, or with the fewest errors")
    ] = DEFAULTS.align,
    marks: Annotated[
        Marked, typer.Option(help="where { a / b } and word;tag are interpreted; auto: in trn, stm, ctm")
    ] = READ.marked,
    optional: Annotated[bool, typer.Option("--optional", help="(word) is optional, as in sclite -D")] = False,
    fragments: Annotated[
        bool, typer.Option("--fragments", help="the fragment wor- matches words, as in sclite -F")
    ] = False,
    by: Annotated[list[str] | None, typer.Option("--by", metavar="FIELD", help="print a table by this field")] = None,
    bootstrap: Annotated[
        int, typer.Option(min=0, metavar="N", help="samples for confidence intervals; 0: none")
    ] = DEFAULTS.draws,
    cluster: Annotated[
        str | None, typer.Option(metavar="FIELD", help="sample records with the same value together, such as speaker")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, rich_help_panel="Statistics", help="seed of the samples")] = DEFAULTS.seed,
    against: Annotated[
        str | None,
        typer.Option(metavar="FILE", rich_help_panel="Statistics", help="compare with a second system's hypotheses"),
    ] = None,
    confusions: Annotated[
        int, typer.Option(min=0, metavar="N", help="show the N most frequent errors of each kind")
    ] = 0,
    worst: Annotated[int, typer.Option(min=0, metavar="N", help="show the N worst utterances, aligned")] = 0,
    alignments: Annotated[bool, typer.Option("--alignments", help="show every utterance, aligned")] = False,
    html: Annotated[Path | None, typer.Option(help="write an HTML page with players")] = None,
    html_sound: Annotated[
        Sound, typer.Option(help="players link to the recordings, embed them, or are left out")
    ] = Sound.link,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object instead of tables")] = False,
    per_utterance: Annotated[bool, typer.Option("--per-utterance", help="print each record with its counts")] = False,
    max_wer: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="exit with 1 above this word error rate")
    ] = None,
    max_cer: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="exit with 1 above this character error rate")
    ] = None,
) -> None:
    """Measure word and character error rates.

    \b
    ds2 decode runs/a test.jsonl | ds2 score
    ds2 score ref.trn hyp.trn --ignore-case            ds2 score ref.stm hyp.ctm --by speaker
    ds2 score a.jsonl --against b.jsonl                ds2 score a.jsonl --html report.html

    Files may be JSON lines, trn, Kaldi text, plain lines, CSV, TSV, or stm with ctm. Counts are those of NIST sclite.
    """
    from ds2cli.workflows.score.score import score as run

    if "-" in (reference, hypothesis, against) and sys.stdin.isatty():
        terminal.say("reading from the terminal; ctrl-D ends it")
    _check_gates(max_wer, max_cer)
    read = ReadOptions(ref_kind, hyp_kind, ref_field, hyp_field, missing, marks)
    options = ScoreOptions(
        read, normalise, equivalents, ignore_case=ignore_case, words=words, align=align, optional=optional,
        fragments=fragments, by=tuple(by or ()), draws=bootstrap, cluster=cluster, seed=seed,
    )  # fmt: skip
    report = run(reference, hypothesis, against, options)
    if html:
        from ds2cli.workflows.score.page import write_score_page

        write_score_page(report, html, html_sound)
    if per_utterance:
        for record in report.utterances():
            terminal.write_record(record)
    else:
        for line in (_json_lines if as_json else _text_lines)(report, confusions, worst, alignments):
            terminal.write_line(line)
    _finish(report, max_wer, max_cer, missing)


def _check_gates(*limits: float | None) -> None:
    """raises  UsageError where a limit is no number that a rate can be above"""
    for limit in limits:
        if limit is not None and not math.isfinite(limit):
            raise UsageError(f"a limit of {limit} closes no gate", hint="give per cent: --max-wer 12")


def _text_lines(report: "Report", confusions: int, worst: int, alignments: bool) -> Iterator[str]:
    from ds2cli.reporting.aligned import utterance_lines
    from ds2cli.reporting.score_table import confusion_lines, score_table

    yield score_table(report.summary())
    if confusions:
        yield from confusion_lines(report.confusion_table(confusions))
    for row in report.worst(worst) if worst else ():
        yield from utterance_lines(row)
    for row in report.all_aligned() if alignments else ():
        yield from utterance_lines(row)


def _json_lines(report: "Report", confusions: int, worst: int, alignments: bool) -> Iterator[str]:
    answer = report.summary()
    if confusions:
        answer["confusions"] = report.confusion_table(confusions)
    if worst:
        answer["worst"] = report.worst(worst)
    if alignments:
        answer["alignments"] = list(report.all_aligned())
    yield to_line(answer)


def _finish(report: "Report", max_wer: float | None, max_cer: float | None, missing: Missing) -> None:
    pairing = report.pairing
    terminal.detail(f"kinds of file: {', '.join(pairing.kinds)}")
    if report.only_case_differs:
        terminal.warn("one side is in capitals and the other is not, which counts as errors; see --ignore-case")
    if report.invisible_characters:
        found = ", ".join(f"{name} in {count}" for name, count in report.invisible_characters.items())
        terminal.warn(
            f"texts hold characters that nobody sees, and they count: {found}; "
            "--normalise english or mandarin takes them off"
        )
    if report.differ_in_punctuation:
        terminal.warn(f"{report.differ_in_punctuation:,} utterances are wrong by their punctuation alone, which counts "
                      "(so do quotes in tables of tabs); --normalise english or mandarin takes it off")
    for ids, what in ((pairing.without_hypothesis, "hypothesis"), (pairing.without_reference, "reference")):
        if ids:
            fate = "left out" if missing == Missing.skip else "scored as empty"
            terminal.warn(f"{len(ids)} without {what}, {fate}: {', '.join(ids)}")
    from ds2cli.reporting.score_table import UNITS

    name, units = report.rate_name, UNITS[report.rate_name]
    gates = ((name, report.words.rate, max_wer, "--max-wer"), ("CER", report.characters.rate, max_cer, "--max-cer"))
    closed = [gate for gate in gates if gate[2] is not None and (gate[1] is None or gate[1] > gate[2])]
    for label, rate, limit, flag in closed:
        missing_words = f"cannot be known: there are no reference {units}"
        what = missing_words if rate is None else f"{rate:.2f} is above {limit:g}"
        terminal.error(f"{label} {what}", hint=f"the limit is {flag}")
    if closed:
        raise typer.Exit(Exit.FAILED)
    if missing == Missing.skip and (pairing.without_hypothesis or pairing.without_reference):
        raise typer.Exit(Exit.SKIPPED)
