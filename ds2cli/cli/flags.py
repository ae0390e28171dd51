"""Flags that several commands have, and which of them were given."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ds2cli.errors import UsageError

if TYPE_CHECKING:
    from ds2cli.decoding.logits import LogitsLayout
    from ds2cli.jobs.plan import Plan

UnitsFile = Annotated[
    Path | None,
    typer.Option("--units", metavar="FILE", help="inputs are logits of another toolkit (.npy, .npz, .safetensors), "
                 "whose columns this names: a unit a line, or vocab.json"),
]
Blank = Annotated[
    str, typer.Option("--blank", metavar="WHICH", help="with --units: the blank's column: first, last, number or name")
]
FrameSeconds = Annotated[float | None, typer.Option("--frame-seconds", help="with --units: audio per frame, for times")]
RecordsFile = Annotated[
    Path | None, typer.Option("--records", metavar="FILE", help="with --units: records to join to the utterances by id")
]
Channel = Annotated[
    str | None,
    typer.Option("--channel", metavar="N", help="which of several, from 0; default: the record's, else all"),
]
Shard = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="as the I-th of N jobs do a share of it; then: ds2 join FILE.shares"),
]
Shares = Annotated[
    Path | None, typer.Option("--shares", metavar="DIR", help="where shares are kept; default: FILE.shares")
]
JOIN = "join"  # in place of I/N: what `ds2 join` runs the command with
SHARE_FLAGS = {"--shard", "--shares"}


def given(**flags: Any) -> dict[str, Any]:
    """Those that have a value, by name: what a person did not say stays open."""
    return {name: value for name, value in flags.items() if value is not None}


def plan_of(context: typer.Context, shard: str | None, shares: Path | None, output: Path | None) -> "Plan":
    """Where a long command's work is done.

    output  the file or folder beside which shares are kept, where no folder is named for them
    raises  UsageError where a share has no place, or those that are to be joined are not whole
    """
    from ds2cli.jobs.plan import Plan
    from ds2cli.jobs.shares import Shares, parse_share, without

    if shard is None and shares is None:
        return Plan()
    folder = shares or (output and output.with_name(f"{output.name}.shares"))
    if shard is None:
        raise UsageError("--shares is for a share of the work", hint="the second of eight jobs: --shard 2/8")
    if folder is None or str(output) == "-" and shares is None:
        raise UsageError("a share of the work needs a place", hint="name the output with -o FILE, or --shares DIR")
    command = context.command_path.split()[1:]
    words: list[str] = context.obj or []
    at = next((n for n in range(len(words)) if words[n : n + len(command)] == command), 0)
    if shard == JOIN:
        return Plan(shares=Shares(folder))
    return Plan(parse_share(shard), folder, command=without(words[at:], SHARE_FLAGS))


def to_channel(word: str | None) -> int | None:
    """`1` -> 1; B is 1 as well, as in stm and Kaldi.

    raises  UsageError where it is neither a number from 0 nor a letter
    """
    from ds2cli.records.manifest import parse_channel

    try:
        return parse_channel(word)
    except ValueError:
        raise UsageError(f"`--channel {word}` is no channel", hint="the first is 0 (or A): --channel 0") from None


def layout_of(units: Path | None, blank: str, frame_seconds: float | None,
              records: Path | None) -> "LogitsLayout | None":
    """The layout of another toolkit's logits; None where no units were named."""
    if units is None:
        if blank or frame_seconds or records:
            raise UsageError("--blank, --frame-seconds and --records are for logits of another toolkit",
                             hint="name their units too: --units vocab.json")
        return None
    if frame_seconds is not None and not 0 < frame_seconds <= 10:
        raise UsageError(f"--frame-seconds {frame_seconds:g} is no length of a frame", hint="wav2vec2 has 0.02")
    from ds2cli.decoding.logits import LogitsLayout

    return LogitsLayout(units, blank, frame_seconds or 0.0, records)
