"""Arrays that stay in memory while they fit and spill to disk beyond: what bounds the estimator's memory."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ds2cli import hints
from ds2cli.errors import Ds2Error

INTERPRETER_BYTES = 64 << 20


def share_of(memory: int) -> int:
    """Bytes that n-grams may take where they stand, and as many where they are at work: 35 % each. Measured, the rest
    is what sorting takes at its peak."""
    return int(0.35 * max(memory - INTERPRETER_BYTES, memory // 4))


class SpillStore:
    """Columns that together hold at most `memory` bytes; what comes beyond goes to files in a temporary folder.

    Used as a context: the folder is gone at its end, however it ends.
    """

    def __init__(self, memory: int, folder: Path | None = None) -> None:
        self.memory = memory
        self.used = 0
        self.spilled = 0
        self._parent = folder
        self._folder: Path | None = None
        self._files = 0

    def __enter__(self) -> "SpillStore":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def column(self, dtype: DTypeLike) -> "Column":
        return Column(self, np.dtype(dtype))

    def keep(self, values: np.ndarray) -> "Column":
        """A column of its own for an array."""
        column = self.column(values.dtype)
        column.append(values)
        return column

    def new_file(self) -> Path:
        try:
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix=".ds2-lm-", dir=self._parent))
        except OSError as problem:
            raise spill_error(problem) from None
        self._files += 1
        return self._folder / f"{self._files}.column"


class Column:
    """A growing array of one type: append, then read any stretch of it. Once it has spilled, it stays on disk."""

    def __init__(self, store: SpillStore, dtype: np.dtype) -> None:
        self.dtype = dtype
        self._store = store
        self._parts: list[np.ndarray] = []
        self._file: Path | None = None
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, values: np.ndarray) -> None:
        """Adds values at the end; the column keeps the array itself where it has the column's type."""
        values = np.ascontiguousarray(values, self.dtype)
        self._length += len(values)
        if self._file is None and self._store.used + values.nbytes <= self._store.memory:
            self._store.used += values.nbytes
            self._parts.append(values)
            return
        if self._file is None:
            self._file = self._store.new_file()
            for part in self._parts:
                self._write(part)
            self._drop_parts()
        self._write(values)

    def read(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Values start to stop; from memory a view, which must not be changed."""
        stop = self._length if stop is None else stop
        if self._file is not None:
            return np.fromfile(self._file, self.dtype, stop - start, offset=start * self.dtype.itemsize)
        if len(self._parts) != 1:
            self._parts = [np.concatenate(self._parts) if self._parts else np.empty(0, self.dtype)]
        return self._parts[0][start:stop]

    def clear(self) -> None:
        """Gives the memory or the file back."""
        self._drop_parts()
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None
        self._length = 0

    def _drop_parts(self) -> None:
        self._store.used -= sum(part.nbytes for part in self._parts)
        self._parts = []

    def _write(self, values: np.ndarray) -> None:
        assert self._file is not None
        try:
            with open(self._file, "ab") as file:
                file.write(values.data)
        except OSError as problem:
            raise spill_error(problem) from None
        self._store.spilled += values.nbytes


def spill_error(problem: OSError) -> Ds2Error:
    return Ds2Error(f"cannot keep n-grams on disk: {problem.strerror}",
                    hint=hints.MORE_ROOM)
