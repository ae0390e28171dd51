"""`ds2 tune`: the weights of the language model, found on development speech."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.flags import (
    Blank,
    Device,
    Jobs,
    Lexicon,
    LexiconFile,
    RecordsFile,
    UnitsFile,
    all_cores,
    decoding_flag,
    given,
    logits_layout,
)
from ds2cli.cli.numbers import takes_numbers, to_numbers
from ds2cli.cli.output import report_skipped
from ds2cli.errors import UsageError
from ds2cli.io.urls import url_of

if TYPE_CHECKING:
    from ds2cli.workflows.tune import Trial, TuneRequest

ALPHAS = "0.1 0.3 0.5 0.7 0.9 1.1 1.3 1.6 2.0 2.5"
BETAS = "-1 0 0.5 1 1.5 2 2.5 3 4 5"
LM_LOOKAHEADS = "0.5 0.75 1.25"
BLANK_PENALTIES = "0.5 1 1.5 2"
INTERNALS = "0.1 0.2 0.3 0.5"
Command = takes_numbers("--alphas", "--betas", "--lm-lookaheads", "--blank-penalties", "--internals")


def tune(
    run: Annotated[str, typer.Argument(metavar="RUN", help="run folder or checkpoint")],
    lm: Annotated[Path, typer.Option("--lm", help="n-gram model: ARPA (also .gz, .xz, .bz2) or KenLM binary")],
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="INPUT", help="records with text, or saved log-probs; - is stdin")
    ] = None,
    lexicon_file: LexiconFile = None,
    alphas: Annotated[str, typer.Option("--alphas", metavar="X ...", help="weights of the language model")] = ALPHAS,
    betas: Annotated[str, typer.Option("--betas", metavar="X ...", help="rewards of each word")] = BETAS,
    lm_lookaheads: Annotated[
        str,
        typer.Option("--lm-lookaheads", metavar="X ...", help="then, at the best of these, language model look-aheads"),
    ] = LM_LOOKAHEADS,
    blank_penalties: Annotated[
        str, typer.Option("--blank-penalties", metavar="X ...", help="then blank penalties")
    ] = BLANK_PENALTIES,
    internals: Annotated[
        str,
        typer.Option(
            "--internals", metavar="X ...", help="then, of a transducer, weights of its internal language model"
        ),
    ] = INTERNALS,
    rescore: Annotated[
        Path | None,
        typer.Option("--rescore", metavar="FILE",
                     help="tune a second pass with this model: --alphas and --betas are its own, over one list"),
    ] = None,
    rescore_nbest: Annotated[int | None, decoding_flag("--rescore-nbest")] = None,
    folds: Annotated[
        str,
        typer.Option("--folds", metavar="FIELD",
                     help="also tell the rate where the weights of each speaker (FIELD: speaker) come from the others"),
    ] = "",
    beam: Annotated[int | None, decoding_flag("--beam")] = None,
    lexicon: Lexicon = None,
    units: UnitsFile = None,
    blank: Blank = "",
    records: RecordsFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object for each trial")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="heat map to write", show_default="RUN/tuning.svg")
    ] = None,
    jobs: Jobs = None,
    device: Device = "auto",
) -> None:
    """Find the best language model weights on development speech.

    Alpha and beta are tried on a grid. The best become the defaults of `ds2 decode RUN --lm`.

    \b
    ds2 decode runs/a dev.jsonl --log-probs dev.npz > /dev/null
    ds2 tune runs/a dev.npz --lm lm.arpa
    ds2 tune runs/a dev.npz --lm small.arpa --rescore big.arpa --folds speaker
    ds2 tune logits.npz --units labels.txt --blank last --records dev.jsonl --lm lm.arpa     (another toolkit's)
    """
    from ds2cli.runs.decoding import run_folder
    from ds2cli.workflows.tune import TuneRequest, at_the_edge, best_of, keeps, most_trials
    from ds2cli.workflows.tune import tune as try_all

    layout = logits_layout(units, blank, None, records)
    if not layout and not inputs:
        raise UsageError("no development speech", hint="ds2 tune RUN dev.jsonl --lm lm.arpa")
    if rescore_nbest and not rescore:
        raise UsageError("--rescore-nbest without --rescore", hint="name its model: --rescore big.arpa")
    named = [run, *(inputs or [])] if layout else inputs or []
    request = TuneRequest(
        run,
        named,
        lm,
        _grid_of("--alphas", alphas),
        _grid_of("--betas", betas),
        _grid_of("--lm-lookaheads", lm_lookaheads),
        _grid_of("--blank-penalties", blank_penalties),
        given(beam=beam, lexicon=lexicon, rescore_nbest=rescore_nbest),
        jobs or all_cores(),
        device,
        lexicon_file,
        layout,
        _grid_of("--internals", internals),
        rescore,
        folds,
    )
    skipped: list[str] = []
    trials = []
    tried = try_all(request, skipped.append, terminal.warn, terminal.say)
    for trial in terminal.progress(tried, "tuning", most_trials(request)):
        trials.append(trial)
        if as_json:
            terminal.write_record(trial.as_record())
    best = best_of(trials)
    grid = _grid(trials, request.alphas, request.betas)
    if not as_json:
        for line in _table(grid, request.alphas, request.betas):
            terminal.write_line(line)
    kept_in_run = keeps(request)
    if plot or kept_in_run:
        _draw(plot or run_folder(run).tuning, grid, request, best)
    for name in at_the_edge(best, request):
        terminal.warn(f"the best {name} is at the edge of those tried: try some beyond it")
    whose = "logits have no run" if layout else "URLs are only read" if url_of(run) else "this model is ds2's"
    kept = f"kept in `{run_folder(run).decoding}`" if kept_in_run else f"not kept: {whose}; name them in your commands"
    weights = ", ".join(f"{name.replace('_', '-')} {value:g}" for name, value in best.weights.items())
    terminal.say(f"best: {weights}: {best.rate} {best.wer:.2f} %; {kept}")
    report_skipped(skipped)


def _grid_of(flag: str, text: str) -> tuple[float, ...]:
    return tuple(sorted(set(to_numbers(text, flag, float, "0.5 1 1.5"))))


def _grid(trials: "list[Trial]", alphas: tuple[float, ...], betas: tuple[float, ...]) -> list[list[float]]:
    """WER by alpha and beta: the trials come row by row, those of other look-aheads and penalties last."""
    rates = [trial.wer for trial in trials]
    return [rates[row * len(betas) : (row + 1) * len(betas)] for row in range(len(alphas))]


def _table(grid: list[list[float]], alphas: tuple[float, ...], betas: tuple[float, ...]) -> list[str]:
    head = "alpha\\beta" + "".join(f"{beta:>8g}" for beta in betas)
    rows = ("".join(f"{rate:>8.2f}" for rate in row) for row in grid)
    return [head, *(f"{alpha:<10g}{row}" for alpha, row in zip(alphas, rows, strict=True))]


def _draw(path: Path, grid: list[list[float]], request: "TuneRequest", best: "Trial") -> None:
    import numpy as np

    from ds2cli.reporting.heatmap import draw_heatmap

    at = request.alphas.index(best.alpha), request.betas.index(best.beta)
    names = ", ".join(f"{name.replace('_', '-')} {value:g}" for name, value in best.weights.items())
    title = f"{best.rate}: {best.wer:.2f} % at {names}"
    draw_heatmap(path, np.array(grid), request.alphas, request.betas, ("alpha", "beta"), at, title)
