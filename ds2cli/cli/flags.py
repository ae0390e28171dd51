"""Flags that several commands have, and which of them were given."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ds2cli.errors import UsageError

if TYPE_CHECKING:
    from ds2cli.decoding.logits import LogitsLayout

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


def given(**flags: Any) -> dict[str, Any]:
    """Those that have a value, by name: what a person did not say stays open."""
    return {name: value for name, value in flags.items() if value is not None}


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
