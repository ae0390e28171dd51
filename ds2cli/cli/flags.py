"""Flags that several commands have, and which of them were given."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from ds2cli.cli import terminal
from ds2cli.cli.help import LOGITS, as_typed
from ds2cli.declarations import declared
from ds2cli.decoding.settings import DEFAULT_RUN, DecodingConfig, LexiconMode
from ds2cli.errors import UsageError
from ds2cli.records.formats import FORMATS
from ds2cli.text.normalise import NORMALISERS

if TYPE_CHECKING:
    from ds2cli.decoding.logits import LogitsLayout
    from ds2cli.jobs.plan import Plan

Language = StrEnum("Language", {name: name for name in ("auto", *NORMALISERS)})  # type: ignore[misc]  # named elsewhere, once
NORMALISE_HELP = "write numbers and the like as they are spoken; auto: as the model's units suggest"
UnitsFile = Annotated[
    Path | None,
    typer.Option(
        "--units",
        rich_help_panel=LOGITS,
        help="names of the columns of the logits (.npy, .npz, "
        ".safetensors): one per line, or vocab.json",
    ),
]
Blank = Annotated[
    str,
    typer.Option("--blank", metavar="WHICH", rich_help_panel=LOGITS,
                 help="the blank's column: first, last, its number or its name"),
]  # fmt: skip
FrameSeconds = Annotated[
    float | None, typer.Option("--frame-seconds", rich_help_panel=LOGITS, help="seconds of audio per frame, for times")
]
RecordsFile = Annotated[
    Path | None, typer.Option("--records", rich_help_panel=LOGITS, help="records to join to the utterances by id")
]
Channel = Annotated[
    str | None,
    typer.Option(
        "--channel", metavar="N", help="use this channel, from 0", show_default="the record's, or all of them"
    ),
]
LexiconFile = Annotated[
    Path | None,
    typer.Option("--lexicon-file", help="pronunciations or spellings, as lines of `word unit unit ...`",
                 show_default="the run's own, if it has one"),
]  # fmt: skip
Run = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN", help="run folder, checkpoint, or model that comes with ds2", show_default=DEFAULT_RUN
    ),
]
LanguageModel = Annotated[
    Path | None,
    typer.Option("--lm", help="n-gram model: ARPA (also .gz, .xz, .bz2) or KenLM binary", show_default="the run's own"),
]
Greedy = Annotated[
    bool, typer.Option("--greedy", help="greedy search, without a language model, even if the run has one")
]
Written = Annotated[
    bool, typer.Option("--written", help="write digits, dates, capitals and full stops instead of spoken words")
]
Names = Annotated[
    Path | None,
    typer.Option("--names", help="with --written: words, or any text, with capitals where they belong"),
]
UnitTimes = Annotated[bool, typer.Option("--unit-times", help="add the start and end time of every unit")]
Format = Annotated[str, typer.Option("-f", "--format", metavar="FORMAT", help=", ".join(FORMATS))]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="process this many at once", show_default="all cores")]
Device = Annotated[str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="write to this file", show_default="stdout")]
Shard = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="do only the I-th of N shares; afterwards: ds2 join FILE.shares"),
]
Shares = Annotated[
    Path | None,
    typer.Option("--shares", metavar="DIR", help="keep shares here", show_default="the output's name with .shares"),
]
Ray = Annotated[
    str | None,
    typer.Option("--ray", metavar="ADDRESS", help="use the workers of a Ray cluster: its address, auto, or local"),
]
JOIN = "join"  # in place of I/N: what `ds2 join` runs the command with
SHARE_FLAGS = {"--shard", "--shares"}


def all_cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads(jobs: int | None, ray: str | None) -> int:
    """Of this process; or of each worker on a cluster, which is one of many there."""
    return jobs or (1 if ray else all_cores())


def decoding_flag(flag: str, default: str = "") -> Any:
    """A flag of the same name, meaning and default as a setting of decoding.

    default  what it is, where another setting says
    """
    setting = declared(DecodingConfig)[flag.removeprefix("--").replace("-", "_")]
    shown = default or as_typed(setting.default)
    return typer.Option(flag, help=setting.meaning, show_default=f"the run's, or {shown}")


def to_lexicon_mode(word: str) -> str:
    """raises  UsageError for another word, above all for a file"""
    if word not in get_args(LexiconMode):
        hint = f"{', '.join(get_args(LexiconMode))}; how words are spelled is said with --lexicon-file FILE"
        raise UsageError(f"`--lexicon {word}` is not a lexicon mode", hint=hint)
    return word


Lexicon = Annotated[
    str | None,
    typer.Option("--lexicon", parser=to_lexicon_mode, metavar="|".join(get_args(LexiconMode)),
                 help=declared(DecodingConfig)["lexicon"].meaning, show_default="the run's, or soft"),
]


def given(**flags: Any) -> dict[str, Any]:
    """Those that have a value, by name: what a person did not say stays open."""
    return {name: value for name, value in flags.items() if value is not None}


def plan_of(context: typer.Context, shard: str | None, shares: Path | None, ray: str | None, output: Path | None,
            threads: int = 1) -> "Plan":  # fmt: skip
    """Where a long command's work is done.

    output   the file or folder beside which shares are kept, where no folder is named for them
    threads  cores of a cluster's worker
    raises   UsageError where a share has no place, or those that are to be joined are not whole
    """
    from ds2cli.jobs.cluster import Cluster
    from ds2cli.jobs.plan import Plan
    from ds2cli.jobs.shares import Shares, parse_share, without

    if ray is not None:
        if shard or shares:
            raise UsageError("--ray together with --shard", hint="leave out one of them")
        return Plan(cluster=Cluster(ray, threads, terminal.warn))
    if shard is None and shares is None:
        return Plan()
    folder = shares or (output and output.with_name(f"{output.name}.shares"))
    if shard is None:
        raise UsageError("--shares needs --shard", hint="the second of eight jobs: --shard 2/8")
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
        raise UsageError(f"`--channel {word}` is not a channel", hint="the first is 0 (or A): --channel 0") from None


def logits_layout(
    units: Path | None, blank: str, frame_seconds: float | None, records: Path | None
) -> "LogitsLayout | None":
    """The layout of another toolkit's logits; None where no units were named."""
    if units is None:
        if blank or frame_seconds or records:
            raise UsageError(
                "--blank, --frame-seconds and --records are for logits of another toolkit",
                hint="name their units too: --units vocab.json",
            )
        return None
    if frame_seconds is not None and not 0 < frame_seconds <= 10:
        raise UsageError(f"--frame-seconds {frame_seconds:g} is not a frame length", hint="wav2vec2 has 0.02")
    from ds2cli.decoding.logits import LogitsLayout

    return LogitsLayout(units, blank, frame_seconds or 0.0, records)
