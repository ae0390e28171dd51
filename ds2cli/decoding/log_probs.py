"""Log-probs checked before they are decoded, and kept in files so that a network runs once and decoding many times."""

import io
import json
import math
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ds2cli import hints
from ds2cli.decoding.pruned import Pruned, prune_units, whole
from ds2cli.decoding.settings import MANY_UNITS
from ds2cli.errors import Ds2Error, UsageError
from ds2cli.io.archives import DAMAGE
from ds2cli.io.atomic import atomic_write
from ds2cli.io.remote import local_copy
from ds2cli.records.jsonl import to_line
from ds2cli.text.units import Units, parse_units, write_units

FORMAT, PRUNED = "ds2 log-probs 1", "ds2 log-probs 2"  # whole; the likeliest of each frame alone
SLACK = 0.05  # what rounding (bfloat16, say) may add to or take from a frame's log-sum


def lower_blank(log_probs: np.ndarray, penalty: float) -> np.ndarray:
    """(T, V) log-probs with the blank's lowered by `penalty`, normalised again.

    A network that is unsure of a letter answers with the blank, and a language model agrees with every letter that is
    left out: alpha cannot be raised without words being lost. A greedy search loses letters by itself.
    """
    if not penalty:
        return log_probs
    blank = np.exp(np.minimum(log_probs[:, :1], 0))
    lowered = log_probs - np.log1p(blank * math.expm1(-penalty))  # all that a frame has left, shared anew
    lowered[:, 0] -= penalty
    return lowered


def check_log_probs(log_probs: np.ndarray, n_units: int, where: str) -> np.ndarray:
    """(T, V) float32, contiguous, after a look at whether these are log-probs at all.

    raises  Ds2Error saying what they look like instead: probabilities, logits, NaN, another number of units
    """
    if log_probs.ndim != 2 or log_probs.shape[1] != n_units:
        raise Ds2Error(f"{where}: shape {log_probs.shape}, but there are {n_units} units",
                       hint="log-probs are (frames, units), with the blank first")
    log_probs = np.ascontiguousarray(log_probs, np.float32)
    if np.isnan(log_probs).any():
        raise Ds2Error(f"{where}: NaN in frame {int(np.isnan(log_probs).any(1).argmax())}",
                       hint="did training diverge? try an earlier checkpoint")
    if not len(log_probs):
        return log_probs
    sums = np.logaddexp.reduce(log_probs, axis=1, dtype=np.float64)
    if np.abs(sums).max() <= SLACK:
        return log_probs
    if log_probs.min() >= 0 and np.abs(log_probs.sum(1) - 1).max() <= SLACK:
        raise Ds2Error(f"{where}: probabilities, not log-probs", hint="take the natural logarithm: np.log(p)")
    if log_probs.max() <= 0 and np.abs(np.logaddexp.reduce(log_probs * np.log(10), axis=1)).max() <= SLACK * 3:
        raise Ds2Error(f"{where}: logarithms to base 10", hint="multiply them by ln 10")
    frame = int(np.abs(sums).argmax())
    raise Ds2Error(f"{where}: not log-probs: frame {frame} sums to {np.exp(min(sums[frame], 700.0)):.3g}, not 1",
                   hint="logits need a log-softmax over the units first")


class LogProbWriter:
    """`with LogProbWriter(path, units, frame_seconds) as file: file.add(record, log_probs)`; appears when complete.

    A zip of .npy arrays in float32 (np.load opens it), with the records that they belong to. Where units are thousands,
    the likeliest of each frame are kept (ds2cli.decoding.pruned), three arrays one behind another.
    """

    def __init__(self, path: str | Path, units: Units, frame_seconds: float) -> None:
        self.path = Path(path)
        self._records: list[str] = []
        self._open = ExitStack()
        self._zip = self._open.enter_context(
            zipfile.ZipFile(self._open.enter_context(atomic_write(self.path)), "w")
        )
        self._is_pruned = len(units) > MANY_UNITS
        form = PRUNED if self._is_pruned else FORMAT
        head = {"format": form, "units": write_units(units), "frame_seconds": frame_seconds}
        self._put("head.json", to_line(head))

    def __enter__(self) -> "LogProbWriter":
        return self

    def add(self, record: dict[str, Any], log_probs: np.ndarray) -> None:
        """One utterance: its record and its (T, V) log-probs."""
        array = io.BytesIO()
        for part in prune_units(log_probs) if self._is_pruned else [np.ascontiguousarray(log_probs, np.float32)]:
            np.save(array, part)
        self._put(f"{len(self._records):07d}.npy", array.getvalue())
        self._records.append(to_line(record))

    def _put(self, name: str, content: str | bytes) -> None:
        """The same bytes whenever it is written: a zip would note the hour."""
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o600 << 16
        self._zip.writestr(info, content)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._open.__exit__(kind, problem, trace)
            return
        with self._open:
            self._put("records.jsonl", "".join(line + "\n" for line in self._records))


class LogProbFile:
    """Saved log-probs: `units`, `frame_seconds`, and the utterances one by one, read as they are asked for."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._zip = zipfile.ZipFile(local_copy(path, hints.WRITE_LOG_PROBS))
            head = json.loads(self._zip.read("head.json"))
            if head["format"] not in (FORMAT, PRUNED):
                raise KeyError
            self._is_pruned = head["format"] == PRUNED
            self.units: Units = parse_units(head["units"])
            self.frame_seconds = float(head["frame_seconds"])
            self.records = [json.loads(line) for line in self._zip.read("records.jsonl").decode().splitlines()]
        except FileNotFoundError:
            raise UsageError(f"no such file: `{path}`", hint=hints.WRITE_LOG_PROBS) from None
        except (*DAMAGE, Ds2Error):
            raise UsageError(f"`{path}` is not a file of log-probs, or is cut short",
                             hint=hints.WRITE_LOG_PROBS) from None

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
        """Each record with its (T, V) log-probs."""
        for number, record in enumerate(self.records):
            try:
                array = self._array(io.BytesIO(self._zip.read(f"{number:07d}.npy")))
            except DAMAGE:
                raise UsageError(f"`{self.path}`: utterance {number + 1} is damaged",
                                 hint=hints.WRITE_LOG_PROBS) from None
            yield record, array

    def _array(self, file: io.BytesIO) -> np.ndarray:
        if not self._is_pruned:
            return np.load(file, allow_pickle=False)
        return whole(Pruned(*(np.load(file, allow_pickle=False) for _ in Pruned._fields)), len(self.units))


def is_log_prob_file(path: str | Path) -> bool:
    """Whether a path is a file that LogProbWriter wrote."""
    path = local_copy(path, hints.WRITE_LOG_PROBS)
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "head.json" in archive.namelist()
