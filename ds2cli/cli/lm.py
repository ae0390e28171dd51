"""`ds2 lm`: n-gram models, built, asked, pruned and mixed; no other program needed."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.conventions import EPILOG, SETTINGS
from ds2cli.cli.help import TOKENS
from ds2cli.cli.numbers import takes_numbers, to_bytes, to_numbers

app = typer.Typer(
    help="Build n-gram language models, and inspect, score, prune and mix them.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=SETTINGS,
)

SECONDS_BETWEEN_LINES = 2.0
LmWords = StrEnum("LmWords", ["spaces", "auto"])


Texts = Annotated[list[str], typer.Argument(metavar="TEXT", help="sentences or records; also .gz, .xz; - is stdin")]
ORDER, MEMORY = 3, "4G"
Sources = Annotated[
    list[str],
    typer.Argument(metavar="TEXT", help="sentences or records, also .gz, .xz, - is stdin; or counts: ds2 lm count"),
]
Order = Annotated[int, typer.Option("-n", "--order", help="words in the longest n-grams")]
Prune = Annotated[str, typer.Option(metavar="N N ...", help="drop n-grams seen at most N times, for each order: 0 0 1")]
Vocab = Annotated[Path | None, typer.Option(help="limit the vocabulary to these words; others are <unk>")]
Top = Annotated[int, typer.Option(min=0, metavar="N", help="limit the vocabulary to the N most frequent words; 0: all")]
Units = Annotated[bool, typer.Option("--units", rich_help_panel=TOKENS, help="count characters, not words")]
Spaces = Annotated[bool, typer.Option("--spaces", help="with --units: count a space too, as <space>")]
Words = Annotated[
    LmWords,
    typer.Option(
        "--words", rich_help_panel=TOKENS, help="what separates words; auto: spaces, and each Chinese character"
    ),
]
LexiconFile = Annotated[
    Path | None, typer.Option("--lexicon-file", help="limit the vocabulary to this lexicon; other words are named")
]
Memory = Annotated[str, typer.Option(metavar="SIZE", help="sort on disk (in TMPDIR) beyond this")]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="the model to write: .arpa, .arpa.gz or .bin")
]


@app.command("build", epilog=EPILOG, cls=takes_numbers("--prune"))
def build(
    texts: Sources,
    output: Output,
    order: Order = ORDER,
    prune: Prune = "",
    vocab: Vocab = None,
    top: Top = 0,
    units: Units = False,
    spaces: Spaces = False,
    words: Words = LmWords.spaces,
    lexicon_file: LexiconFile = None,
    memory: Memory = MEMORY,
    no_interpolate: Annotated[
        bool, typer.Option("--no-interpolate", help="do not interpolate with lower orders (SRILM's default)")
    ] = False,
) -> None:
    """Build a model from text, with interpolated modified Kneser-Ney smoothing.

    The model is the one that KenLM's lmplz would build.

    \b
    ds2 lm build corpus.txt.xz --order 4 --prune 0 0 1 --top 200000 -o lm.arpa.gz
    ds2 lm build train.jsonl --order 3 -o lm.bin
    """
    from ds2cli.workflows.lm.build import BuildSettings, build_model

    thresholds = to_numbers(prune, "--prune", int, "0 0 1")
    settings = BuildSettings(
        order, thresholds, vocab, top, units=units, spaces=spaces, memory=to_bytes(memory, "--memory"),
        interpolate=not no_interpolate, mixed=words == LmWords.auto, lexicon_file=lexicon_file,
    )  # fmt: skip
    built = build_model(texts, output, settings, terminal.warn, Narrator())
    counts = " + ".join(f"{count:,}" for count in built.counts)
    terminal.say(f"{output}: {counts} n-grams · {output.stat().st_size / 1e6:,.1f} MB")


@app.command("count", epilog=EPILOG)
def count(
    texts: Texts,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="the counts to write: part1.counts")],
    order: Order = ORDER,
    units: Units = False,
    spaces: Spaces = False,
    words: Words = LmWords.spaces,
    memory: Memory = MEMORY,
) -> None:
    """Count the n-grams of one part of a text that is spread over several machines.

    From the counts, in the order of the parts, `ds2 lm build` makes the model that the whole text would give.

    \b
    ds2 lm count part1.txt.gz --order 4 -o part1.counts      (on one machine)
    ds2 lm count part2.txt.gz --order 4 -o part2.counts      (on another)
    ds2 lm build part1.counts part2.counts --order 4 -o lm.arpa.gz
    """
    from ds2cli.language.estimate.counts_file import Tokenisation
    from ds2cli.workflows.lm.count import count_texts

    tokens = Tokenisation(units, spaces, words == LmWords.auto)
    total = count_texts(texts, output, order, tokens, to_bytes(memory, "--memory"), Narrator())
    terminal.say(f"{output}: {total:,} n-grams of {order} · {output.stat().st_size / 1e6:,.1f} MB")


@app.command("info", epilog=EPILOG)
def info(
    model: Annotated[Path, typer.Argument(metavar="FILE", help="ARPA (also .gz, .xz, .bz2) or KenLM binary")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Show a model's order, n-grams, vocabulary and size."""
    from ds2cli.workflows.lm.info import model_info

    found = model_info(model)
    for note in found.notes:
        terminal.warn(note)
    if as_json:
        terminal.write_record(found.as_record())
        return
    for line in found.as_lines():
        terminal.write_line(line)


@app.command("score", epilog=EPILOG)
def score(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="ARPA (also .gz, .xz, .bz2) or KenLM binary")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="sentences or records; - is stdin")] = "-",
    per_line: Annotated[
        bool, typer.Option("--per-line", help="print each line's log10 probability, as JSON lines")
    ] = False,
    units: Units = False,
    spaces: Spaces = False,
    words: Words = LmWords.spaces,
    lexicon_file: Annotated[
        Path | None, typer.Option("--lexicon-file", help="list the words that this lexicon lacks")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Measure the perplexity of a text.

    With and without the words that the model does not know, as KenLM's query counts.
    """
    from ds2cli.workflows.lm.score import line_record, text_record
    from ds2cli.workflows.lm.score import score as score_text

    show = (lambda line: terminal.write_record(line_record(line))) if per_line else None
    total = score_text(model, text, units, spaces, show, terminal.warn, words == LmWords.auto, lexicon_file)
    if as_json:
        terminal.write_record(text_record(total))
    elif not per_line:
        terminal.write_line(
            f"perplexity {total.perplexity:.2f} with {total.oov:,} unknown words, "
            f"{total.perplexity_without_oov:.2f} without ({total.tokens:,} tokens in {total.lines:,} lines)"
        )


Dev = Annotated[
    str | None,
    typer.Option(
        "--dev", metavar="FILE", rich_help_panel="Model", help="held-out text, for measuring perplexity"
    ),
]


@app.command("prune", epilog=EPILOG)
def prune(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="ARPA, also .gz, .xz, .bz2")],
    output: Output,
    threshold: Annotated[
        float | None, typer.Option(min=0, help="keep an n-gram that lowers perplexity by at least this share")
    ] = None,
    ngrams: Annotated[int | None, typer.Option(min=1, help="keep at most this many n-grams")] = None,
    decimals: Annotated[
        int | None,
        typer.Option(min=1, max=9, help="round log10 probabilities, for smaller files: 2 costs next to nothing",
                     show_default="all"),
    ] = None,
    dev: Dev = None,
) -> None:
    """Make a model smaller by dropping the n-grams that change it least (Stolcke 1998).

    \b
    ds2 lm prune big.arpa --threshold 1e-8 --dev dev.txt -o small.bin
    ds2 lm prune big.arpa --ngrams 1000000 --decimals 2 -o small.arpa.xz

    Pruning by count is cheaper, and happens when a model is built: `ds2 lm build --prune`.
    """
    from ds2cli.workflows.lm.combine import prune as prune_model

    pruned = prune_model(model, output, threshold, ngrams, dev, Narrator(), terminal.warn, decimals)
    terminal.say(
        f"{output}: {sum(pruned.after):,} of {sum(pruned.before):,} n-grams, "
        f"{output.stat().st_size / 1e6:,.1f} MB (threshold {pruned.threshold:.3g})"
    )
    if pruned.perplexity_before is not None and pruned.perplexity_after is not None:
        growth = 100 * (pruned.perplexity_after / pruned.perplexity_before - 1)
        terminal.say(f"perplexity {pruned.perplexity_before:.2f} -> {pruned.perplexity_after:.2f} ({growth:+.1f} %)")


@app.command("mix", epilog=EPILOG, cls=takes_numbers("--weights"))
def mix(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL", help="two or more; ARPA, also .gz, .xz, .bz2")],
    output: Output,
    dev: Dev = None,
    weights: Annotated[
        str, typer.Option(metavar="W W ...", help="weight of each model", show_default="fitted on --dev")
    ] = "",
    by_context: Annotated[
        bool, typer.Option("--by-context", help="weigh a model more in contexts that it expected (Bayesian)")
    ] = False,
) -> None:
    """Mix several models into one.

    Their weights are given, or fitted on text by expectation maximisation.

    \b
    ds2 lm mix general.arpa.gz domain.arpa --dev dev.txt -o mixed.arpa.gz

    With --by-context, a model of names, for example, counts within names and hardly elsewhere.
    """
    from ds2cli.workflows.lm.combine import mix_models

    shares = to_numbers(weights, "--weights", float, "0.7 0.3")
    mixed = mix_models(models, output, shares, dev, Narrator(), terminal.warn, by_context)
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
