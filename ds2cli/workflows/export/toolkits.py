"""What ds2 has, written for another toolkit: records, units, lexicon, n-grams, log-probs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ds2cli.decoding.log_probs import LogProbFile, is_log_prob_file
from ds2cli.errors import UsageError
from ds2cli.records.jsonl import Record
from ds2cli.records.manifest import read_manifest
from ds2cli.runs.decoding import read_tuned
from ds2cli.text.lexicon import read_lexicon
from ds2cli.text.units import Units, read_units
from ds2cli.toolkits.catalogue import TOOLKITS, write
from ds2cli.toolkits.contents import Contents
from ds2cli.workflows.inputs import is_input


@dataclass(frozen=True)
class ToolkitRequest:
    """What is written, and for whom.

    sources  records, files of log-probs, and a run, whose units, lexicon and language model go out too
    units, lexicon_file, lm  files, above the run's
    """

    toolkit: str
    sources: list[str]
    folder: Path
    units: Path | None = None
    lexicon_file: Path | None = None
    lm: Path | None = None


def write_for(request: ToolkitRequest, skip: Callable[[str], None]) -> Iterator[str]:
    """Write the folder; a line for people about each file.

    skip    is told of each line that is no record, and of each record that the toolkit cannot hold
    raises  UsageError where nothing was named that the toolkit has a place for
    """
    if request.toolkit not in TOOLKITS:
        raise UsageError(f"no toolkit `{request.toolkit}`", hint=f"there are: {', '.join(TOOLKITS)}")
    yield from write(request.toolkit, gather_goods(request, skip), request.folder, skip)


def gather_goods(request: ToolkitRequest, skip: Callable[[str], None]) -> Contents:
    """raises  UsageError where two runs were named, two lists of one name, or units that contradict each other"""
    parts: dict[str, list[Record]] = {}
    log_probs: dict[str, LogProbFile] = {}
    runs: list[str] = []
    for source in request.sources:
        name = Path(source).name.split(".")[0] if source != "-" else "stdin"
        if name in parts or name in log_probs:
            raise UsageError(f"two sources called `{name}`", hint="rename one: parts are named after their files")
        if Path(source).is_file() and is_log_prob_file(source):
            log_probs[name] = LogProbFile(source)
        elif is_input(source) or Path(source).suffix == ".json":
            utterances = read_manifest(source, ("audio_filepath",), reject=lambda problem: skip(str(problem)))
            parts[name] = [{**one.record, "id": one.id} for one in utterances]
        else:
            runs.append(source)
    if len(runs) > 1:
        raise UsageError(f"two runs: `{runs[0]}` and `{runs[1]}`", hint="records end in .jsonl, log-probs in .npz")
    return _with_spelling(request, parts, log_probs, runs[0] if runs else None)


def _with_spelling(
    request: ToolkitRequest, parts: dict[str, list[Record]], log_probs: dict[str, LogProbFile], run: str | None
) -> Contents:
    lm, lexicon_file, weights, sample_rate = request.lm, request.lexicon_file, {}, 16000
    found: list[tuple[str, Units]] = [(f"`{file.path}`", file.units) for file in log_probs.values()]
    if request.units:
        found.append((f"`{request.units}`", read_units(request.units)))
    if run:
        from ds2cli.model.checkpoint import load_checkpoint

        checkpoint, tuned = load_checkpoint(run), read_tuned(run)
        found.append((f"`{run}`", checkpoint.units))
        sample_rate = checkpoint.config.features.sample_rate
        lm, lexicon_file, weights = lm or tuned.lm, lexicon_file or tuned.lexicon_file, tuned.weights
    for (first, units), (other, others) in zip(found, found[1:], strict=False):
        if units.names != others.names:
            raise UsageError(f"{first} and {other} have different units", hint="export them one after another")
    chosen = found[0][1] if found else None
    if lexicon_file and chosen is None:
        raise UsageError("a lexicon without the units that spell it", hint="name them: --units units.txt, or a run")
    lexicon = read_lexicon(lexicon_file, chosen) if lexicon_file and chosen else None
    given = {"units": request.units, "lexicon": request.lexicon_file, "lm": request.lm, "parts": parts,
             "log_probs": log_probs}
    named = frozenset(name for name, value in given.items() if value)
    return Contents(parts, log_probs, chosen, lexicon, lm, dict(weights), sample_rate, named)
