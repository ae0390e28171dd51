"""`ds2 prepare segment` and `ds2 prepare filter`: hours of audio and their text to training utterances."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.alignment.settings import CutSettings
from ds2cli.cli import terminal
from ds2cli.cli.flags import (
    NORMALISE_HELP,
    Channel,
    Device,
    Format,
    Jobs,
    Language,
    LexiconFile,
    Output,
    Ray,
    Shard,
    Shares,
    all_cores,
    plan_of,
    to_channel,
)
from ds2cli.cli.output import lines_to, report_skipped
from ds2cli.declarations import declared
from ds2cli.errors import Exit
from ds2cli.reporting.choices import Sound

DEFAULTS, CUT = CutSettings(), declared(CutSettings)

Model = Annotated[
    str, typer.Option("--model", metavar="RUN", help="run folder, checkpoint, or model that comes with ds2")
]
Inputs = Annotated[
    list[str], typer.Argument(metavar="INPUT", help="AUDIO TEXT, folders, or records with text_filepath; - is stdin")
]


def segment(
    context: typer.Context,
    inputs: Inputs,
    model: Model = "english",
    shortest: Annotated[float, typer.Option("--min", help=CUT["min_seconds"].meaning)] = DEFAULTS.min_seconds,
    target: Annotated[float, typer.Option("--target", help=CUT["target_seconds"].meaning)] = DEFAULTS.target_seconds,
    longest: Annotated[float, typer.Option("--max", help=CUT["max_seconds"].meaning)] = DEFAULTS.max_seconds,
    normalise: Annotated[Language, typer.Option("--normalise", help=NORMALISE_HELP)] = Language("auto"),
    judge: Annotated[
        Path | None, typer.Option("--filter", help="use this filter", show_default="ds2's own")
    ] = None,
    min_confidence: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="keep segments of at least this confidence", show_default="the filter's own"),
    ] = None,
    lexicon_file: LexiconFile = None,
    everything: Annotated[bool, typer.Option("--all", help="output rejected segments too, with `keep`: false")] = False,
    channel: Channel = None,
    kind: Format = "jsonl",
    kaldi: Annotated[Path | None, typer.Option(metavar="DIR", help="also write a Kaldi data directory")] = None,
    extract: Annotated[Path | None, typer.Option(metavar="DIR", help="also write a FLAC file of each segment")] = None,
    report: Annotated[
        Path | None, typer.Option(help="also write what was left out of each recording, as JSON lines")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="also write a page with waveforms, words and players for doubtful segments")
    ] = None,
    html_sound: Annotated[
        Sound, typer.Option(help="players link to the recordings, embed them, or are left out")
    ] = (Sound.link),
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="keep intermediate results here", show_default="beside --output, until that is written"
        ),
    ] = None,
    shard: Shard = None,
    shares: Shares = None,
    ray: Ray = None,
    jobs: Jobs = None,
    device: Device = "auto",
    output: Output = None,
) -> None:
    """Cut long recordings and their texts into utterances.

    Text is aligned with sound, cut at pauses, and segments that are in doubt are left out.

    The text needs no sentence list, and need not match: what was not read is left out, as is speech without text.
    The same command again goes on where a killed one was.

    \b
    ds2 prepare segment --model runs/a talk.flac talk.txt -o talk.jsonl
    ds2 prepare segment --model runs/a audiobooks/ -o train.jsonl --report left-out.jsonl --html look.html
    """
    from ds2cli.records.formats import takes_one_recording, transcript
    from ds2cli.runs.decoding import read_tuned
    from ds2cli.workflows.segment.job import SegmentRequest
    from ds2cli.workflows.segment.job import segment as segment_all
    from ds2cli.workflows.segment.outputs import Outputs
    from ds2cli.workflows.segment.recording import SegmentSettings
    from ds2cli.workflows.segment.work import open_work

    only_one = takes_one_recording(kind)
    lengths = CutSettings(min_seconds=shortest, target_seconds=target, max_seconds=longest)
    lexicon_file = lexicon_file or read_tuned(model).lexicon_file
    settings = SegmentSettings(normalise.value, lengths, judge, min_confidence, extract, lexicon_file)
    request = SegmentRequest(model, inputs, settings, jobs, all_cores(), device, to_channel(channel), only_one)
    plan = plan_of(context, shard, shares, ray, output)
    outputs = Outputs(everything, report, kaldi, html, html_sound)
    with open_work(work, output) as kept, _resumable(kept.is_temporary):
        answers = terminal.hearing(lambda heard: segment_all(request, kept, heard, plan), "segmenting")
        with lines_to(output) as write:
            for line in transcript(outputs.records(answers, terminal.say), kind, text="text"):
                write(line)
        outputs.finish()
    terminal.say(outputs.summary())
    for doubt in outputs.doubts:
        terminal.warn(doubt)
    report_skipped(outputs.problems)
    if outputs.doubts:
        raise typer.Exit(Exit.SKIPPED)


@contextmanager
def _resumable(is_temporary: bool) -> Iterator[None]:
    """Who stops a job is told that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        if not is_temporary:
            terminal.say("hint: the same command goes on where this one was stopped")
        raise


def fit(
    train: Annotated[
        list[str], typer.Option("--train", metavar="FILE", help="segments with `good`: true or false, for training")
    ],
    test: Annotated[
        list[str] | None, typer.Option("--test", metavar="FILE", help="other labelled segments, for testing")
    ] = None,
    recall: Annotated[
        float | None,
        typer.Option(min=0.01, max=1, help="keep this share of the good ones", show_default="a threshold of 0.5"),
    ] = None,
    output: Output = None,
) -> None:
    """Train a filter for `ds2 prepare segment --filter` on labelled segments.

    \b
    ds2 prepare segment --model runs/a talks/ --all -o all.jsonl   # then add "good": true or false to some
    ds2 prepare filter --train labelled.jsonl --test others.jsonl -o filter.json
    """
    from ds2cli.workflows.prepare.filter import prepare_filter

    found, judged = prepare_filter(train, test or [], recall)
    with lines_to(output) as write:
        write(found.to_json().rstrip("\n"))
    for one in judged:
        terminal.say(one.line())
