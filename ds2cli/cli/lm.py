"""`ds2 lm`: n-gram models, built, asked, pruned and mixed; no other program needed."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.conventions import EPILOG, SETTINGS
from ds2cli.cli.numbers import takes_numbers, to_bytes, to_numbers

app = typer.Typer(
    help="n-gram language models: build, look into, score, prune, mix.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=SETTINGS,
)

SECONDS_BETWEEN_LINES = 2.0
LmWords = StrEnum("LmWords", ["spaces", "auto"])


Texts = Annotated[list[str], typer.Argument(metavar="TEXT...", help="sentences or records; also .gz, .xz; - is stdin")]
Order = Annotated[int, typer.Option("--order", "-n", help="longest n-gram, in words")]
Prune = Annotated[str, typer.Option(metavar="N N ...", help="leave out n-grams seen at most N times, per order: 0 0 1")]
Vocab = Annotated[Path | None, typer.Option(metavar="FILE", help="know these words only; others are <unk>")]
Top = Annotated[int, typer.Option(min=0, metavar="N", help="know the N commonest words only; 0 is all")]
Units = Annotated[bool, typer.Option("--units", help="tokens are characters, not words")]
Spaces = Annotated[bool, typer.Option("--spaces", help="with --units: a space is a token too, <space>")]
Words = Annotated[
    LmWords, typer.Option("--words", help="auto: Chinese by character, Latin words whole; spaces: as lmplz has it")
]
LexiconFile = Annotated[
    Path | None, typer.Option("--lexicon-file", metavar="FILE", help="know the words that it says; others are named")
]
Memory = Annotated[str, typer.Option(metavar="SIZE", help="beyond this, sort on disk (in TMPDIR)")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="out.arpa, out.arpa.gz or out.bin")]


@app.command("build", epilog=EPILOG, cls=takes_numbers("--prune"))
def build(
    texts: Texts,
    output: Output,
    order: Order = 3,
    prune: Prune = "",
    vocab: Vocab = None,
    top: Top = 0,
    units: Units = False,
    spaces: Spaces = False,
    words: Words = LmWords.spaces,
    lexicon_file: LexiconFile = None,
    memory: Memory = "4G",
    no_interpolate: Annotated[
        bool, typer.Option("--no-interpolate", help="no share of the lower orders: SRILM's default, not lmplz's")
    ] = False,
) -> None:
    """Interpolated modified Kneser-Ney from text: the model that KenLM's lmplz would build.

    \b
    ds2 lm build corpus.txt.xz --order 4 --prune 0 0 1 --top 200000 -o lm.arpa.gz
    ds2 lm build train.jsonl --order 3 -o lm.bin
    """
    from ds2cli.workflows.lm.build import BuildSettings, build_model

    thresholds = to_numbers(prune, "--prune", int, "0 0 1")
    settings = BuildSettings(order, thresholds, vocab, top, units, spaces, to_bytes(memory, "--memory"),
                             not no_interpolate, words == LmWords.auto, lexicon_file)
    built = build_model(texts, output, settings, terminal.warn, Narrator())
    counts = " + ".join(f"{count:,}" for count in built.counts)
    terminal.say(f"{output}: {counts} n-grams · {output.stat().st_size / 1e6:,.1f} MB")


@app.command("info", epilog=EPILOG)
def info(
    model: Annotated[Path, typer.Argument(metavar="FILE", help="ARPA (also .gz, .xz, .bz2) or KenLM binary")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Order, n-grams, vocabulary and size of a model."""
    from ds2cli.workflows.lm.info import model_info

    found = model_info(model)
    for note in found.notes:
        terminal.warn(note)
    if as_json:
        terminal.write_record(found.as_record())
        return
    for line in found.as_lines():
        terminal.write(line)


@app.command("score", epilog=EPILOG)
def score(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="ARPA (also .gz, .xz, .bz2) or KenLM binary")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="sentences or records; - is stdin")] = "-",
    per_line: Annotated[bool, typer.Option("--per-line", help="each line's log10 p, as JSON lines")] = False,
    units: Units = False,
    spaces: Spaces = False,
    words: Words = LmWords.spaces,
    lexicon_file: Annotated[
        Path | None, typer.Option("--lexicon-file", metavar="FILE", help="name the words that it does not say")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Perplexity of a text, with and without the words that the model does not know; KenLM's query counts the same."""
    from ds2cli.workflows.lm.score import line_record, text_record
    from ds2cli.workflows.lm.score import score as score_text

    show = (lambda line: terminal.write_record(line_record(line))) if per_line else None
    total = score_text(model, text, units, spaces, show, terminal.warn, words == LmWords.auto, lexicon_file)
    if as_json:
        terminal.write_record(text_record(total))
    elif not per_line:
        terminal.write(f"perplexity {total.perplexity:.2f} with {total.oov:,} unknown words, "
                       f"{total.perplexity_without_oov:.2f} without ({total.tokens:,} tokens in {total.lines:,} lines)")


Dev = Annotated[str | None, typer.Option("--dev", metavar="TEXT", help="text that no model was built from")]


@app.command("prune", epilog=EPILOG)
def prune(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="ARPA, also .gz, .xz, .bz2")],
    output: Output,
    threshold: Annotated[float | None, typer.Option(min=0, help="least growth of perplexity worth an n-gram")] = None,
    ngrams: Annotated[int | None, typer.Option(min=1, help="at most so many n-grams")] = None,
    dev: Dev = None,
) -> None:
    """A smaller model: without the n-grams that change it least (Stolcke 1998).

    \b
    ds2 lm prune big.arpa --threshold 1e-8 --dev dev.txt -o small.bin
    Pruning by count is cheaper, and happens when a model is built: ds2 lm build --prune 0 1 2
    """
    from ds2cli.workflows.lm.combine import prune as prune_model

    pruned = prune_model(model, output, threshold, ngrams, dev, Narrator(), terminal.warn)
    terminal.say(f"{output}: {sum(pruned.after):,} of {sum(pruned.before):,} n-grams, "
                 f"{output.stat().st_size / 1e6:,.1f} MB (threshold {pruned.threshold:.3g})")
    if pruned.perplexity_before is not None and pruned.perplexity_after is not None:
        growth = 100 * (pruned.perplexity_after / pruned.perplexity_before - 1)
        terminal.say(f"perplexity {pruned.perplexity_before:.2f} -> {pruned.perplexity_after:.2f} ({growth:+.1f} %)")


@app.command("mix", epilog=EPILOG, cls=takes_numbers("--weights"))
def mix(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL MODEL...", help="ARPA, also .gz, .xz, .bz2")],
    output: Output,
    dev: Dev = None,
    weights: Annotated[str, typer.Option(metavar="W W ...", help="share of each model; else fitted on --dev")] = "",
) -> None:
    """Several models as one, each with its share; shares are fitted on text by EM.

    \b
    ds2 lm mix general.arpa.gz domain.arpa --dev dev.txt -o mixed.arpa.gz
    """
    from ds2cli.workflows.lm.combine import mix_models

    shares = to_numbers(weights, "--weights", float, "0.7 0.3")
    mixed = mix_models(models, output, shares, dev, Narrator(), terminal.warn)
    for place, model in enumerate(models):
        alone = f"   perplexity {mixed.perplexities[place]:.2f}" if mixed.perplexities else ""
        terminal.say(f"{mixed.weights[place]:.4f}  {model}{alone}")
    together = f"   perplexity {mixed.perplexity:.2f}" if mixed.perplexity is not None else ""
    terminal.say(f"{output}: {sum(mixed.counts):,} n-grams{together}")


class Narrator:
    """Says what long work is doing, at most every two seconds; short work says nothing."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, step: str) -> None:
        if time.monotonic() - self._last >= SECONDS_BETWEEN_LINES:
            terminal.say(step)
            self._last = time.monotonic()
