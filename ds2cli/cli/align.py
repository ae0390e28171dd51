"""`ds2 align`: when each word of a known text is said."""

from typing import Annotated

import typer

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
    UnitTimes,
    plan_of,
    threads,
    to_channel,
)
from ds2cli.cli.output import lines_to, report_skipped


def align(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="run folder or checkpoint")],
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="INPUT", help="records with text; - is stdin", show_default="-")
    ] = None,
    lexicon_file: LexiconFile = None,
    normalise: Annotated[Language, typer.Option("--normalise", help=NORMALISE_HELP)] = Language("auto"),
    unit_times: UnitTimes = False,
    channel: Channel = None,
    kind: Format = "jsonl",
    jobs: Jobs = None,
    device: Device = "auto",
    shard: Shard = None,
    shares: Shares = None,
    ray: Ray = None,
    output: Output = None,
) -> None:
    """Find when each word of a known text is said.

    Adds `words` and `score` to the records.

    \b
    ds2 align runs/a test.jsonl > timed.jsonl
    ds2 align runs/a talk.jsonl --format textgrid > talk.TextGrid
    """
    from ds2cli.records.formats import takes_one_recording, transcript
    from ds2cli.workflows.align import AlignRequest, align_records

    only_one = takes_one_recording(kind)
    request = AlignRequest(
        run,
        inputs or ["-"],
        normalise.value,
        unit_times,
        threads(jobs, ray),
        device,
        lexicon_file,
        to_channel(channel),
        only_one,
    )
    terminal.note_stdin(request.inputs, "align")
    plan = plan_of(context, shard, shares, ray, output, request.jobs)
    skipped: list[str] = []
    with lines_to(output) as write:
        records = terminal.hearing(lambda heard: align_records(request, skipped.append, heard, plan), "aligning")
        for line in transcript(records, kind, text="text"):
            write(line)
    report_skipped(skipped)
