"""`ds2 lm`: n-gram models, built, asked, pruned and mixed; no other program needed."""

import re
import time
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from ds2cli.cli import EPILOG, SETTINGS, terminal
from ds2cli.errors import UsageError

app = typer.Typer(
    help="n-gram language models: build, look into, score, prune, mix.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=SETTINGS,
)

SECONDS_BETWEEN_LINES = 2.0
SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class BuildCommand(TyperCommand):
    """`--prune 0 0 1` takes the numbers that follow it, as lmplz does."""

    def parse_args(self, ctx, args):  # type: ignore[no-untyped-def]
        return super().parse_args(ctx, gather_numbers(args, "--prune"))


def gather_numbers(arguments: list[str], flag: str) -> list[str]:
    """`[flag, "0", "1", "x"]` -> `[flag, "0 1", "x"]`."""
    gathered: list[str] = []
    for argument in arguments:
        after_flag = len(gathered) > 1 and gathered[-2] == flag and re.fullmatch(r"[\d ]+", gathered[-1])
        if after_flag and argument.isdigit():
            gathered[-1] += f" {argument}"
        else:
            gathered.append(argument)
    return gathered


Texts = Annotated[list[str], typer.Argument(metavar="TEXT...", help="sentences or records; also .gz, .xz; - is stdin")]
Order = Annotated[int, typer.Option("--order", "-n", help="longest n-gram, in words")]
Prune = Annotated[str, typer.Option(metavar="N N ...", help="leave out n-grams seen at most N times, per order: 0 0 1")]
Vocab = Annotated[Path | None, typer.Option(metavar="FILE", help="know these words only; others are <unk>")]
Top = Annotated[int, typer.Option(min=0, metavar="N", help="know the N commonest words only; 0 is all")]
Units = Annotated[bool, typer.Option("--units", help="tokens are characters, not words; spaces are no token")]
Memory = Annotated[str, typer.Option(metavar="SIZE", help="beyond this, sort on disk (in TMPDIR)")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="out.arpa, out.arpa.gz or out.bin")]


@app.command("build", epilog=EPILOG, cls=BuildCommand)
def build(
    texts: Texts,
    output: Output,
    order: Order = 3,
    prune: Prune = "",
    vocab: Vocab = None,
    top: Top = 0,
    units: Units = False,
    memory: Memory = "4G",
) -> None:
    """Interpolated modified Kneser-Ney from text: the model that KenLM's lmplz would build.

    \b
    ds2 lm build corpus.txt.xz --order 4 --prune 0 0 1 --top 200000 -o lm.arpa.gz
    ds2 lm build train.jsonl --order 3 -o lm.bin
    """
    from ds2cli.workflows.lm_build import BuildSettings, build_model

    thresholds = tuple(int(number) for number in re.findall(r"\d+", prune))
    settings = BuildSettings(order, thresholds, vocab, top, units, to_bytes(memory))
    built = build_model(texts, output, settings, terminal.warn, Narrator())
    counts = " + ".join(f"{count:,}" for count in built.counts)
    terminal.say(f"{output}: {counts} n-grams · {output.stat().st_size / 1e6:,.1f} MB")


class Narrator:
    """Says what long work is doing, at most every two seconds; short work says nothing."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, step: str) -> None:
        if time.monotonic() - self._last >= SECONDS_BETWEEN_LINES:
            terminal.say(step)
            self._last = time.monotonic()


def to_bytes(size: str) -> int:
    """`4G` -> 4 * 2^30."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", size.strip().lower())
    if not found:
        raise UsageError(f"`--memory {size}` is not a size", hint="for example: --memory 4G")
    return int(float(found[1]) * SIZES[found[2]])
