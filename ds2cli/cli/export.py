"""`ds2 export`: a recogniser for other runtimes, or in fewer bytes; what ds2 has, for other toolkits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.flags import Jobs, all_cores
from ds2cli.cli.help import TOOLKIT
from ds2cli.cli.output import report_skipped
from ds2cli.errors import UsageError
from ds2cli.toolkits.catalogue import TOOLKITS

if TYPE_CHECKING:
    from ds2cli.workflows.export.export import Side


HELP = """Export a recogniser for other runtimes, or with smaller weights.

The output is compared with the original before the file is written.

onnx and torch (torch.export): waveforms in, log-probs out. int8 and half: checkpoints for `ds2 decode`.
A transducer becomes three ONNX files: its encoder, .predictor.onnx and .joint.onnx.

With --to: records, log-probs and a run's units, lexicon and n-grams, as another toolkit reads them.

\b
""" + "\n".join(f"{name:<12} {what}" for name, what in TOOLKITS.items()) + """

\b
ds2 export runs/a -o model.onnx
ds2 export runs/a -o small.safetensors --dev dev.jsonl
ds2 export train.jsonl dev.jsonl --to k2 -o k2 --units units.txt --lm lm.arpa
ds2 export runs/a dev.npz --to huggingface -o hf
"""


def export(
    sources: Annotated[
        list[str], typer.Argument(metavar="RUN", help="run folder or checkpoint; with --to: records, log-probs too")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="what to write; with --to: a folder")],
    kind: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--format",
            metavar="FORMAT",
            help="onnx, torch, int8, half",
            show_default="by FILE: .onnx, .pt2 (torch), .safetensors (int8)",
        ),
    ] = None,
    half: Annotated[
        bool, typer.Option("--half", help="same as --format half: float16 weights, float32 arithmetic")
    ] = False,
    dev: Annotated[
        str | None,
        typer.Option(
            "--dev",
            metavar="FILE",
            rich_help_panel="Comparison",
            help="records on which to compare with the original; int8 and half: also the WER",
        ),
    ] = None,
    toolkit: Annotated[
        str | None, typer.Option("--to", metavar="TOOLKIT", rich_help_panel=TOOLKIT, help="its name; see above")
    ] = None,
    units: Annotated[
        Path | None, typer.Option("--units", metavar="FILE", rich_help_panel=TOOLKIT, help="units")
    ] = None,
    lexicon_file: Annotated[
        Path | None,
        typer.Option("--lexicon-file", metavar="FILE", rich_help_panel=TOOLKIT, help="pronunciations of words"),
    ] = None,
    lm: Annotated[
        Path | None, typer.Option("--lm", metavar="FILE", rich_help_panel=TOOLKIT, help="n-gram model")
    ] = None,
    jobs: Jobs = None,
) -> None:
    if toolkit is not None:
        if toolkit not in TOOLKITS:
            raise UsageError(f"no toolkit `{toolkit}`", hint=f"one of: {', '.join(TOOLKITS)}")
        _write_for(toolkit, sources, output, units, lexicon_file, lm)
        return
    if units or lexicon_file or lm:
        raise UsageError("--units, --lexicon-file and --lm are for another toolkit", hint="which? --to nemo, k2, ...")
    if len(sources) > 1:
        raise UsageError(f"one run at a time, not {len(sources)}", hint="records and log-probs: --to nemo")
    run = sources[0]
    from ds2cli.workflows.export.export import ExportRequest
    from ds2cli.workflows.export.export import export as write

    skipped: list[str] = []
    request = ExportRequest(run, output, _kind(output, kind, half), dev, jobs or all_cores())
    done = write(request, skipped.append)
    terminal.say(f"{request.kind}: {done.megabytes:.1f} MB, from {done.checkpoint_megabytes:.1f} MB")
    terminal.say(f"largest difference of log-probs: {done.largest_difference:.2g}, over {done.compared_on}")
    for line in _table(done.sides, done.rate):
        terminal.say(line)
    for path in done.files:
        terminal.write_line(str(path))
    report_skipped(skipped)


def _write_for(toolkit: str, sources: list[str], folder: Path, units: Path | None, lexicon_file: Path | None,
               lm: Path | None) -> None:
    from ds2cli.workflows.export.toolkits import ToolkitRequest, write_for

    skipped: list[str] = []
    for line in write_for(ToolkitRequest(toolkit, sources, folder, units, lexicon_file, lm), skipped.append):
        terminal.say(line)
    terminal.write_line(str(folder))
    report_skipped(skipped)


def _kind(output: Path, kind: str | None, half: bool) -> str:
    from ds2cli.workflows.export.export import CHECKPOINTS, SUFFIXES

    if half and kind not in (None, "half"):
        raise UsageError(f"--half and --format {kind}", hint="one of them: --half is a checkpoint of float16")
    kind = "half" if half else kind or SUFFIXES.get(output.suffix)
    if kind is None or (kind not in SUFFIXES.values() and kind not in CHECKPOINTS):
        what = f"no format `{kind}`" if kind else f"`{output}` does not say which format is meant"
        raise UsageError(what, hint="name it with: --format onnx, torch, int8 or half")
    return kind


def _table(sides: "list[Side]", rate: str) -> list[str]:
    second = rate == "WER"  # of phones and Chinese characters there is one rate
    head = f"{'':<10}{rate:>8}{'     CER' * second}{'CPU s per hour':>17}"
    rows = [f"{side.name:<10}{side.wer:>8.2f}{f'{side.cer:>8.2f}' * second}{side.cpu_seconds:>17.1f}" for side in sides]
    return [head, *rows] if rows else []
