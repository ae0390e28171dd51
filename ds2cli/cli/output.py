"""Lines of data to stdout, or to the file that -o names: written beside it and renamed when complete."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ds2cli.cli import terminal
from ds2cli.errors import UsageError


@contextmanager
def lines_to(path: Path | None) -> Iterator[Callable[[str], None]]:
    """`with lines_to(output) as write: write(line)`; a file appears whole or not at all.

    raises  UsageError where the file's folder does not exist or may not be written
    """
    if path is None:
        yield terminal.write
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        stream = open(beside, "w", encoding="utf-8")
    except OSError as problem:
        hint = f"make its folder with: mkdir -p {path.parent}"
        raise UsageError(f"cannot write `{path}`: {problem.strerror}", hint=hint) from None
    try:
        with stream:
            yield lambda line: print(line, file=stream)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
