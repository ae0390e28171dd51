"""`ds2 prepare`: corpora on disk to records, and what a person does with records before training."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.conventions import EPILOG, SETTINGS
from ds2cli.cli.flags import Channel, Jobs, Output, Ray, Shard, Shares, plan_of, threads, to_channel
from ds2cli.cli.help import PARTS
from ds2cli.cli.numbers import to_bytes
from ds2cli.cli.output import lines_to
from ds2cli.corpora.catalogue import CORPORA
from ds2cli.corpora.choices import Encoding
from ds2cli.errors import Ds2Error, Exit, UsageError
from ds2cli.phrases import counted
from ds2cli.text.normalise import NORMALISERS

app = typer.Typer(
    help="Convert corpora and recordings to records; check, split and pack them.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=SETTINGS,
)

NAMED_REJECTIONS = 3
CorpusName = StrEnum("CorpusName", {name: name for name in CORPORA})  # type: ignore[misc]  # named elsewhere, once
Normaliser = StrEnum("Normaliser", {name: name for name in NORMALISERS})  # type: ignore[misc]  # named elsewhere, once
SplitBy = StrEnum("SplitBy", ["speaker", "utterance"])
CORPUS_HELP = "Write the records of a corpus: one JSON line per utterance.\n\n\b\n" + "\n".join(
    f"{name:<14} {layout}" for name, layout in CORPORA.items()
)

Manifests = Annotated[list[str], typer.Argument(metavar="RECORDS", help="records; - is stdin")]
Against = Annotated[
    list[str] | None, typer.Option("--against", metavar="FILE", help="records with which these should not overlap")
]


@app.command("corpus", help=CORPUS_HELP, epilog=EPILOG)
def corpus(
    context: typer.Context,
    name: Annotated[CorpusName, typer.Argument(metavar="NAME", help="the kind of corpus; see above")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="its folder, or its list file")],
    part: Annotated[
        str | None, typer.Option("--part", metavar="PART", help="only this part, such as train or dev-clean")
    ] = None,
    channel: Channel = None,
    normalise: Annotated[
        Normaliser, typer.Option("--normalise", help="write numbers and the like as they are spoken")
    ] = Normaliser("none"),
    output: Output = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count, and print what is rejected and why")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="stop at the first rejection")] = False,
    jobs: Jobs = None,
    shard: Shard = None,
    shares: Shares = None,
    ray: Ray = None,
) -> None:
    from ds2cli.corpora.entries import Rejected
    from ds2cli.records.jsonl import to_line
    from ds2cli.workflows.prepare.corpus import CorpusSummary, prepare_corpus

    summary = CorpusSummary(name.value, part)
    outcomes = prepare_corpus(
        name.value,
        folder,
        part,
        summary,
        normalise.value,
        threads(jobs, ray),
        to_channel(channel),
        plan_of(context, shard, shares, ray, output),
    )
    with lines_to(None if dry_run else output) as write:
        for outcome in terminal.progress(outcomes, f"reading {name.value}"):
            if not isinstance(outcome, Rejected):
                if not dry_run:
                    write(to_line(outcome))
            elif strict:
                raise Ds2Error(str(outcome), hint="without --strict it is skipped and counted")
            elif summary.rejected.total() <= NAMED_REJECTIONS:
                terminal.warn(f"skipped {outcome}")
    for line in summary.lines():
        terminal.say(line)
    if summary.rejected:
        raise typer.Exit(Exit.SKIPPED)


@app.command("check", epilog=EPILOG)
def check(
    context: typer.Context,
    manifests: Manifests,
    against: Against = None,
    units: Annotated[
        Path | None, typer.Option("--units", rich_help_panel="Compared with", help="units that must spell the texts")
    ] = None,
    frame_seconds: Annotated[
        float, typer.Option(min=0.001, rich_help_panel="Compared with", help="seconds of audio per frame, for CTC")
    ] = 0.04,
    run: Annotated[
        Path | None,
        typer.Option(
            "--run", metavar="RUN", rich_help_panel="Compared with", help="or a run, for its units and frame length"
        ),
    ] = None,
    good: Annotated[
        str | None, typer.Option("--good", metavar="FILE", help="write the records that passed here; - is stdout")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
    jobs: Jobs = None,
    shard: Shard = None,
    shares: Shares = None,
    ray: Ray = None,
) -> None:
    """Check records before training: audio, texts, and overlap between sets.

    \b
    ds2 prepare check train.jsonl --against test.jsonl --units units.txt --good train.good.jsonl
    """
    from contextlib import nullcontext

    from ds2cli.records.jsonl import to_line
    from ds2cli.text.units import read_units
    from ds2cli.workflows.prepare.check import CheckReport, check_sets, spelling_by, spelling_of

    if as_json and good == "-":
        raise UsageError("`--json` and `--good -` both write to stdout", hint="name a file: --good good.jsonl")
    if run and units:
        raise UsageError("`--run` and `--units` both set the units", hint="leave out one of them")
    spelling = (
        partial(spelling_of, run) if run else partial(spelling_by, read_units(units) if units else None, frame_seconds)
    )
    report = CheckReport()
    plan = plan_of(context, shard, shares, ray, Path(good) if good else None)
    outcomes = check_sets(manifests, against or [], spelling, report, threads(jobs, ray), plan)
    with lines_to(None if good == "-" else Path(good)) if good else nullcontext(lambda line: None) as write:
        for checked in terminal.progress(outcomes, "checking"):
            if not checked.findings:
                write(to_line(checked.utterance.record))
    if as_json:
        terminal.write_record(report.as_json())
    for line in report.lines():
        terminal.say(line)
    if report.found_something:
        raise typer.Exit(Exit.SKIPPED)


@app.command("split", epilog=EPILOG)
def split(
    manifest: Annotated[str, typer.Argument(metavar="RECORDS", help="records; - is stdin")],
    into: Annotated[
        list[str], typer.Option("--into", metavar="FILE=SHARE", rich_help_panel=PARTS, help="a part and its share")
    ],
    by: Annotated[
        SplitBy, typer.Option("--by", rich_help_panel=PARTS, help="keep records with the same value in one part")
    ] = SplitBy.speaker,
    seed: Annotated[int, typer.Option("--seed", rich_help_panel=PARTS, help="seed of the random choice")] = 1,
) -> None:
    """Split records into parts that share no speaker.

    \b
    ds2 prepare split all.jsonl --into train.jsonl=0.9 --into dev.jsonl=0.1
    """
    from ds2cli.records.jsonl import to_line
    from ds2cli.records.manifest import read_manifest
    from ds2cli.workflows.prepare.split import split_by_speaker, split_by_utterance

    shares = dict(map(to_share, into))
    if len(shares) < len(into):
        raise UsageError("two parts of the same name", hint="use a different file for each --into")
    divide = split_by_speaker if by == SplitBy.speaker else split_by_utterance
    utterances = read_manifest(manifest, required=("audio_filepath", "duration"))
    for part in divide(utterances, shares, seed):
        with lines_to(Path(part.name)) as write:
            for utterance in part.utterances:
                write(to_line(utterance.record))
        told = [counted(len(part.utterances), "utterance"), f"{part.seconds / 3600:,.2f} h"]
        if part.speakers:
            told.append(counted(len(part.speakers), "speaker"))
        terminal.say(f"{part.name}: {' · '.join(told)}")
    terminal.say(f"seed {seed}")


@app.command("shard", epilog=EPILOG)
def shard(
    context: typer.Context,
    manifests: Manifests,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="the folder for 000000.tar, ... and shards.jsonl")
    ],
    shard_seconds: Annotated[float, typer.Option(min=1, help="seconds of speech in a shard")] = 3600.0,
    size: Annotated[str | None, typer.Option("--size", metavar="SIZE", help="or bytes in a shard: 1G")] = None,
    encode: Annotated[
        Encoding, typer.Option("--encode", help="keep recordings as they are, or re-encode them in mono")
    ] = Encoding.keep,
    seed: Annotated[
        int, typer.Option("--seed", min=0, rich_help_panel="Shards", help="seed of the order in the shards")
    ] = 1,
    strict: Annotated[bool, typer.Option("--strict", help="stop at the first recording that cannot be read")] = False,
    jobs: Jobs = None,
    share: Shard = None,
    shares: Shares = None,
    ray: Ray = None,
) -> None:
    """Pack many small recordings into a few large tar files (WebDataset).

    Every command reads DIR/shards.jsonl like any other manifest. Shards that are finished are not written again.

    \b
    ds2 prepare shard train.jsonl -o shards/train --encode opus
    """
    from ds2cli.records.jsonl import to_line
    from ds2cli.records.manifest import read_manifest
    from ds2cli.workflows.prepare.shard import Limit, in_manifest_order, prepare_shards

    rejected = []

    def skip(one) -> None:
        if strict:
            raise Ds2Error(str(one), hint="without --strict it is skipped and counted")
        rejected.append(one)
        if len(rejected) <= NAMED_REJECTIONS:
            terminal.warn(f"skipped {one}")

    limit = Limit(shard_seconds) if size is None else Limit(float("inf"), to_bytes(size, "--size"))
    utterances = (one for name in manifests for one in read_manifest(name, required=("audio_filepath", "duration")))
    listed, written = output / "shards.jsonl", []
    plan = plan_of(context, share, shares, ray, output)
    for one in prepare_shards(utterances, output, limit, encode, seed, threads(jobs, ray), skip, plan):
        written.append(one)
        there = "" if one.is_new else " · was there already"
        terminal.say(f"{one.tar}: {len(one.records):,} utterances · {one.seconds / 3600:,.2f} h{there}")
    if not written:
        raise Ds2Error("no recording could be read", hint="find the cause with: ds2 prepare check")
    records = in_manifest_order(written)
    with lines_to(listed) as write:
        for record in records:
            write(to_line(record))
    hours = sum(one.seconds for one in written) / 3600
    terminal.say(f"{len(records):,} utterances · {hours:,.2f} h · {len(written):,} shards · seed {seed}")
    if rejected:
        terminal.say(f"skipped: {len(rejected):,}")
    terminal.write_line(str(listed))
    if rejected:
        raise typer.Exit(Exit.SKIPPED)


def to_share(words: str) -> tuple[str, float]:
    """`dev.jsonl=0.1` -> ("dev.jsonl", 0.1)."""
    name, _, share = words.rpartition("=")
    try:
        if name and 0 < float(share) < float("inf"):
            return name, float(share)
    except ValueError:
        pass
    raise UsageError(f"`--into {words}` is not FILE=SHARE", hint="for example: --into dev.jsonl=0.1")
