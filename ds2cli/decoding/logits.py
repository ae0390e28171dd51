"""Logits of other toolkits, read as the log-probs that the decoders take.

A file holds arrays (frames, units): `.npy` one; `.npz` and `.safetensors` one for each utterance, named by its id. An
array (utterances, frames, units) is taken apart; in an `.npz` an array `lengths` (utterances,) beside it says how many
frames of each count. Log-probs, probabilities and logits are told apart by their sums. Which unit each column is stands
in a file of its own, in order of column: one a line (Coqui's alphabet.txt has remarks behind `# `), `unit number` a
line (icefall's tokens.txt), or JSON, a list or an object of numbers (Hugging Face's vocab.json). The blank may be
listed (`<pad>`, `<blank>`, `<blk>`) or not (NeMo).
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli import hints
from ds2cli.decoding.log_probs import SLACK
from ds2cli.errors import Ds2Error, UsageError
from ds2cli.io.remote import local_copy
from ds2cli.io.text import read_text
from ds2cli.io.urls import url_of, without_query
from ds2cli.text.units import BLANK_NAME, SPACE, SPACE_NAME, Units

SUFFIXES = (".npy", ".npz", ".safetensors")
BLANKS = (BLANK_NAME, "<pad>", "<blk>", "[PAD]", "<eps>", "<ctc_blank>", "")
DELIMITER = "|"  # wav2vec2's space
LENGTHS = "lengths"
SMALLEST = 1e-30  # of a probability that is 0
MANY_FRAMES = 0.4  # of all: only the blank is so often the likeliest
LAYOUT_HINT = hints.NAME_LAYOUT


@dataclass(frozen=True)
class LogitsLayout:
    """What a file of logits does not say itself.

    units          the file that names the columns
    blank          which column is the blank: first, last, a number from 0, or its name; "" where the units name it
    frame_seconds  audio per frame; 0 where it is not known
    records        JSON lines whose fields are joined to the utterances by `id`
    """

    units: Path
    blank: str = ""
    frame_seconds: float = 0.0
    records: Path | None = None


class LogitsFile:
    """Utterances of one file, each with its (T, V) log-probs: the blank first, then the units as they are listed; None
    and a problem where a value is not a number.

    units  as the decoders want them
    kinds  what the arrays turned out to be, filled while they are read
    """

    def __init__(self, path: str | Path, layout: LogitsLayout, records: dict[str, dict[str, Any]]) -> None:
        """raises  UsageError where file or units cannot be read, or do not fit each other

        records  those of the layout's, by id
        """
        self.path, self.frame_seconds = local_copy(path), layout.frame_seconds or 1.0
        self.kinds: set[str] = set()
        labels, separator = read_labels(layout.units)
        self._columns, names = _arrange(labels, layout.blank, next(iter(_arrays(self.path)))[1].shape[-1], layout.units)
        try:
            self.units = Units((BLANK_NAME, *names), separator)
        except ValueError as problem:
            raise UsageError(f"`{layout.units}`: {problem}", hint="each column needs its own unit") from None
        self._records = records
        self._likeliest = np.zeros(len(self._columns), int)  # frames, by column

    def __iter__(self) -> Iterator[tuple[dict[str, Any], np.ndarray | None, str]]:
        for name, array in _arrays(self.path):
            where = f"`{self.path}`, `{name}`"
            if array.shape[-1] != len(self._columns):
                raise UsageError(f"{where}: shape {array.shape}, where others have {len(self._columns)} columns",
                                 hint="arrays are (frames, units)")
            record = {"id": name, **self._records.get(name, {})}
            try:
                log_probs, kind = to_log_probs(array, where)
            except Ds2Error as problem:
                yield record, None, f"{problem}; {problem.hint}"
                continue
            self.kinds.add(kind)
            self._likeliest += np.bincount(log_probs.argmax(1), minlength=len(self._columns))
            yield record, log_probs[:, self._columns], ""

    @property
    def doubt(self) -> str:
        """What speaks against this blank in the frames that were read: another column is the likeliest in most."""
        frames, blank, other = self._likeliest.sum(), self._columns[0], int(self._likeliest.argmax())
        if other == blank or self._likeliest[other] < MANY_FRAMES * frames:
            return ""
        shares = self._likeliest / frames * 100
        return (f"{self.path}: the blank (column {blank}) is the likeliest in {shares[blank]:.0f} % of frames, column "
                f"{other} in {shares[other]:.0f} %: is that the blank? {hints.SAY_BLANK}")


def are_foreign(name: str) -> bool:
    """Whether a file can only be logits of another toolkit: an .npy, or an .npz that ds2 did not write."""
    if url_of(name) and Path(without_query(name)).suffix not in SUFFIXES:
        return False
    path = local_copy(name)
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        if file.read(6) == b"\x93NUMPY":
            return True
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return any(inside.endswith(".npy") for inside in names) and "head.json" not in names


def read_labels(path: Path) -> tuple[list[str], str]:
    """The names of the columns, in order, and what stands between units when they are spelled.

    raises  UsageError where the file cannot be read, or its numbers leave gaps
    """
    text = read_text(path)
    if text.lstrip()[:1] in ("{", "["):
        return _json_labels(text, path), ""
    lines = text.replace("\r\n", "\n").split("\n")
    separator = ""
    if lines and lines[0].startswith("#separator="):
        separator = lines.pop(0).split("=", 1)[1].replace(SPACE_NAME, SPACE)
    lines = [line for line in lines if line]
    pairs = [line.rsplit(None, 1) for line in lines]
    if pairs and all(len(pair) == 2 and pair[1].isdecimal() for pair in pairs):
        return _in_order({label: int(number) for label, number in pairs}, path), separator
    return [line for line in lines if not line.startswith("# ")], separator


def to_log_probs(array: np.ndarray, where: str) -> tuple[np.ndarray, str]:
    """(T, V) float32 natural log-probs, and what they were: "log-probs", "probabilities", "log10-probs" or "logits".

    raises  Ds2Error where a value is not a number
    """
    values = array.astype(np.float64)
    if np.isnan(values).any() or np.isposinf(values).any():
        raise Ds2Error(f"{where}: not a number, in frame {int((~(values < np.inf)).any(1).argmax())}",
                       hint="did the network diverge? were half-precision logits exported?")
    if not values.size:
        return values.astype(np.float32), "log-probs"
    sums = np.logaddexp.reduce(values, axis=1)
    if np.abs(sums).max() <= SLACK:
        return values.astype(np.float32), "log-probs"
    if values.min() >= 0 and np.abs(values.sum(1) - 1).max() <= SLACK:
        return np.log(np.maximum(values, SMALLEST)).astype(np.float32), "probabilities"
    if values.max() <= 0 and np.abs(np.logaddexp.reduce(values * np.log(10), axis=1)).max() <= SLACK:
        return (values * np.log(10)).astype(np.float32), "log10-probs"
    return (values - sums[:, None]).astype(np.float32), "logits"


def _json_labels(text: str, path: Path) -> list[str]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as problem:
        raise UsageError(f"`{path}` is not JSON: {problem}", hint="a list of units, or an object of numbers") from None
    if isinstance(found, list) and all(isinstance(label, str) for label in found):
        return found
    if isinstance(found, dict) and all(type(number) is int for number in found.values()):
        return _in_order(found, path)
    raise UsageError(f"`{path}` does not list units", hint="a list of units, or an object of numbers")


def _in_order(numbers: dict[str, int], path: Path) -> list[str]:
    labels = sorted(numbers, key=numbers.__getitem__)
    first = next((place for place, label in enumerate(labels) if numbers[label] != place), None)
    if first is not None:
        raise UsageError(f"`{path}`: no unit, or two, for column {first}", hint="columns are numbered from 0")
    return labels


def _arrange(labels: list[str], blank: str, n_columns: int, path: Path) -> tuple[list[int], list[str]]:
    """The order of columns in which the blank is first, and the names of the others.

    raises  UsageError where the blank is not known, or units and columns differ in number
    """
    at = _blank_column(labels, blank, n_columns, path)
    if len(labels) == n_columns:
        if labels[at] not in BLANKS and labels[at] != blank:
            raise UsageError(f"`{path}` has a unit for every column, and column {at} is `{labels[at]}`, no blank",
                             hint=hints.SAY_BLANK)
        labels = [label for column, label in enumerate(labels) if column != at]
    elif len(labels) != n_columns - 1:
        raise UsageError(f"`{path}` lists {len(labels)} units, but there are {n_columns} columns",
                         hint="one unit for each column, with the blank or without; are the arrays (frames, units)?")
    has_space = any(label in (SPACE, SPACE_NAME) or label.startswith("▁") for label in labels)
    names = [SPACE if label == SPACE_NAME or (label == DELIMITER and not has_space) else label for label in labels]
    return [at, *(column for column in range(n_columns) if column != at)], names


def _blank_column(labels: list[str], blank: str, n_columns: int, path: Path) -> int:
    if blank in labels and blank:
        return labels.index(blank)
    if blank.lower() in ("first", "last"):
        return 0 if blank.lower() == "first" else n_columns - 1
    if blank.isdecimal() and int(blank) < n_columns:
        return int(blank)
    if blank:
        raise UsageError(hints.wrong_blank(blank), hint=f"first, last, 0 to {n_columns - 1}, or a unit's name")
    listed = [column for column, label in enumerate(labels) if label in BLANKS]
    if len(listed) != 1:
        what = "several units that could be the blank" if listed else "no blank"
        raise UsageError(f"`{path}` lists {what}", hint=hints.WHICH_BLANK)
    return listed[0]


def _arrays(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Each utterance's id and (T, V) array.

    raises  UsageError where the file cannot be read, or holds something else
    """
    found = False
    for name, array, lengths in _stored(path):
        where = f"`{path}`, `{name}`"
        if array.dtype.kind not in "fiu" or array.ndim not in (2, 3):
            raise UsageError(f"{where}: {array.dtype}, shape {array.shape}", hint="arrays are numbers, (frames, units)")
        if array.ndim == 2:
            yield name, array
        else:
            for number, one in enumerate(array):
                yield (name if len(array) == 1 else f"{name}-{number:04d}"), one[: lengths[number]] if lengths else one
        found = True
    if not found:
        raise UsageError(f"`{path}` holds no arrays", hint="an array (frames, units) for each utterance")


def _stored(path: Path) -> Iterator[tuple[str, np.ndarray, list[int]]]:
    try:
        if path.suffix == ".safetensors":
            yield from _tensors(path)
            return
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            yield path.stem, content, []
            return
        with content:
            lengths = content[LENGTHS].astype(int).tolist() if LENGTHS in content.files else []
            for name in content.files:
                if name != LENGTHS:
                    array = content[name]
                    yield name, array, lengths if array.ndim == 3 and len(array) == len(lengths) else []
    except FileNotFoundError:
        raise UsageError(f"no such file: `{path}`") from None
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError) as problem:
        why = "it holds Python objects" if "allow_pickle" in str(problem) else "it is damaged, or none"
        raise UsageError(f"cannot read `{path}` as a file of arrays: {why}",
                         hint="write arrays, not lists of them: np.savez(file, **{id: array})") from None


def _tensors(path: Path) -> Iterator[tuple[str, np.ndarray, list[int]]]:
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as content:  # numpy has no bfloat16
            for name in content.keys():  # noqa: SIM118 (it is no mapping)
                tensor = content.get_tensor(name)
                yield name, (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy(), []
    except SafetensorError as problem:
        raise ValueError(str(problem)) from None
