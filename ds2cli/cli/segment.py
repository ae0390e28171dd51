"""`ds2 prepare segment` and `ds2 prepare filter`: hours of audio and their text to training utterances."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.alignment.settings import CutSettings, meaning
from ds2cli.cli import terminal
from ds2cli.cli.decode import LexiconFile, all_cores
from ds2cli.cli.flags import Channel, Shard, Shares, plan_of, to_channel
from ds2cli.cli.output import lines_to, report_skipped
from ds2cli.errors import Exit
from ds2cli.reporting.choices import Sound
from ds2cli.text.normalise import NORMALISERS

Language = StrEnum("Language", {"auto": "auto", **{name: name for name in NORMALISERS}})
DEFAULTS = CutSettings()
NORMALISE_HELP = "spell texts as spoken; auto: as the model's units suggest"
FORMAT_HELP = "jsonl, ctm, textgrid, srt, vtt, audacity"

Model = Annotated[str, typer.Option("--model", metavar="RUN", help="run folder, checkpoint, or model in ds2: english")]
Inputs = Annotated[
    list[str], typer.Argument(metavar="INPUT", help="AUDIO TEXT; or folders, or records with text_filepath; - is stdin")
]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="default: stdout")]


def segment(
    context: typer.Context,
    inputs: Inputs,
    model: Model = "english",
    shortest: Annotated[float, typer.Option("--min", help=meaning("min_seconds"))] = DEFAULTS.min_seconds,
    target: Annotated[float, typer.Option("--target", help=meaning("target_seconds"))] = DEFAULTS.target_seconds,
    longest: Annotated[float, typer.Option("--max", help=meaning("max_seconds"))] = DEFAULTS.max_seconds,
    normalise: Annotated[Language, typer.Option("--normalise", help=NORMALISE_HELP)] = Language.auto,
    judge: Annotated[
        Path | None, typer.Option("--filter", metavar="FILE", help="judges segments; default: ds2's own")
    ] = None,
    min_confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="keep segments from here up; default: the filter's own")
    ] = None,
    lexicon_file: LexiconFile = None,
    everything: Annotated[bool, typer.Option("--all", help="rejected segments too, with `keep`: false")] = False,
    channel: Channel = None,
    kind: Annotated[str, typer.Option("--format", help=FORMAT_HELP)] = "jsonl",
    kaldi: Annotated[Path | None, typer.Option(metavar="DIR", help="also a Kaldi data directory")] = None,
    extract: Annotated[Path | None, typer.Option(metavar="DIR", help="also a FLAC file of each segment")] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="also what was left out of each recording, as JSON lines")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="also a page: waveforms, words, doubtful segments to play")
    ] = None,
    html_sound: Annotated[Sound, typer.Option(help="players that link to the recordings, carry them, or none")] = (
        Sound.link
    ),
    work: Annotated[
        Path | None, typer.Option(metavar="DIR", help="keep what is done here; default: beside -o, until it is written")
    ] = None,
    shard: Shard = None,
    shares: Shares = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="recordings at once; default: all GPUs, or all cores")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1")] = "auto",
    output: Output = None,
) -> None:
    """Recordings of any length and their texts to utterances: aligned, cut at pauses, the doubtful ones left out.

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
    plan = plan_of(context, shard, shares, output)
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
    train: Annotated[list[str], typer.Option("--train", metavar="FILE", help="segments with `good`: true or false")],
    test: Annotated[list[str] | None, typer.Option("--test", metavar="FILE", help="others, to be judged on")] = None,
    recall: Annotated[
        float | None, typer.Option(min=0.01, max=1, help="share of the good to keep; default: threshold 0.5")
    ] = None,
    output: Output = None,
) -> None:
    """A filter of segments, from segments that somebody has judged; for ds2 prepare segment --filter.

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
