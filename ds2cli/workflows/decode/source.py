"""Where a decoder's log-probs come from: a network and recordings, files of log-probs, logits of other toolkits."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.decoding.log_probs import LogProbFile, is_log_prob_file
from ds2cli.decoding.logits import LAYOUT_HINT, SUFFIXES, LogitsFile, LogitsLayout, are_foreign
from ds2cli.decoding.transducer import joint_of
from ds2cli.errors import UsageError
from ds2cli.io.urls import url_of, without_query
from ds2cli.records.formats import all_of_one_recording
from ds2cli.records.jsonl import Record, read_records
from ds2cli.records.manifest import Utterance
from ds2cli.text.units import Units
from ds2cli.workflows.inputs import read_asked


@dataclass(frozen=True)
class LogProbSource:
    """Log-probs one after another, with their records; None and a problem where a recording could not be read.

    joint  of a transducer, whose frames stand in place of log-probs: its prediction network and joint layer
    """

    units: Units
    frame_seconds: float
    items: Iterator[tuple[Record, np.ndarray | None, str]]
    joint: Any = None


def are_log_probs(inputs: list[str]) -> bool:
    """Whether saved log-probs stand in place of audio."""
    return all(map(_are_log_probs, inputs))


def _are_log_probs(name: str) -> bool:
    if url := url_of(name):
        return Path(without_query(url)).suffix in SUFFIXES and is_log_prob_file(url)
    return Path(name).is_file() and is_log_prob_file(name)


def open_source(
    run: str, inputs: list[str], jobs: int, device: str, channel: int | None = None,
    warn: Callable[[str], None] = lambda message: None,
    hears: Callable[[float, float], None] = lambda done, total: None,
    layout: LogitsLayout | None = None, say: Callable[[str], None] = lambda line: None,
    skip: Callable[[str], None] = lambda message: None, one_recording: bool = False, others: Sequence[str] = (),
) -> LogProbSource:
    """Log-probs from files of them, or from the run's network and the audio.

    layout  inputs are logits of another toolkit, and no run is asked
    others  networks whose log-probs are averaged with the run's
    raises  UsageError where a file's units are not the run's, or not known; where there is one recording
            more than there may be; where networks cannot be averaged
    """
    if others and (layout or are_log_probs(inputs)):
        raise UsageError("log-probs are there, and --with names networks that would have to hear the recordings",
                         hint=f"ds2 decode {run} test.jsonl --with {others[0]}")
    if layout:
        found = read_records(layout.records) if layout.records else ()
        records = {str(record.get("id")): record for _, record in found}
        logits = [LogitsFile(name, layout, records) for name in inputs]
        return LogProbSource(logits[0].units, logits[0].frame_seconds, _told(logits, say, warn))
    for name in filter(are_foreign, inputs):
        raise UsageError(f"`{name}` was not written by ds2 (it has no head.json): whose units are its columns?",
                         hint=LAYOUT_HINT)
    if are_log_probs(inputs):
        files = [LogProbFile(name) for name in inputs]
        for file in files:
            _must_have_same_units(run, file)
        if one_recording:
            all_of_one_recording(record for file in files for record in file.records)
        items = ((record, array, "") for file in files for record, array in file)
        return LogProbSource(files[0].units, files[0].frame_seconds, items)
    from ds2cli.inference.utterances import Observers
    from ds2cli.model.devices import usable_device
    from ds2cli.model.ensemble import load_together

    utterances = read_asked(inputs, channel, skip, one_recording)
    recogniser = load_together(run, others, usable_device(device))
    return listening(recogniser, utterances, jobs, Observers(warn=warn, heard=hears))


def listening(recogniser: Any, utterances: Iterable[Utterance], jobs: int, listeners: Any) -> LogProbSource:
    """What a recogniser makes of utterances, one after another."""
    from ds2cli.inference.utterances import infer

    items = (({"id": one.utterance.id, **one.utterance.record, **_duration(one)}, one.log_probs, one.problem)
             for one in infer(recogniser, utterances, jobs, listeners))
    return LogProbSource(recogniser.units, recogniser.frame_seconds, items, joint_of(recogniser))


def _told(
    files: list[LogitsFile], say: Callable[[str], None], warn: Callable[[str], None]
) -> Iterator[tuple[Record, np.ndarray | None, str]]:
    """The utterances of all files; what each file's arrays are is said once, and whether its blank may be another."""
    for file in files:
        yield from file
        if file.kinds:
            say(f"{file.path}: {' and '.join(sorted(file.kinds))}")
        if file.doubt:
            warn(file.doubt)


def _duration(heard: Any) -> Record:
    return {} if heard.utterance.duration or heard.log_probs is None else {"duration": round(heard.seconds, 3)}


def _must_have_same_units(run: str, file: LogProbFile) -> None:
    from ds2cli.model.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(run)
    units = checkpoint.units
    if checkpoint.config.model.head == "transducer":
        raise UsageError(f"`{file.path}` holds CTC's log-probs, and `{run}` is a transducer, which decodes sound",
                         hint="name the recordings, or the CTC run")
    if units != file.units:
        raise UsageError(f"`{file.path}` has {len(file.units)} units, `{run}` has {len(units)} others",
                         hint=f"make it again with: ds2 decode {run} test.jsonl --log-probs {file.path}")
