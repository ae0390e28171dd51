"""Lines of data to stdout, or to the file that -o names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from ds2cli.cli import terminal
from ds2cli.errors import Exit
from ds2cli.io.atomic import atomic_text
from ds2cli.phrases import counted

SHOWN_SKIPS = 3


@contextmanager
def lines_to(path: Path | None) -> Iterator[Callable[[str], None]]:
    """`with lines_to(output) as write: write(line)`; a file appears whole or not at all, None and `-` are stdout.

    raises  UsageError where the file's folder does not exist or may not be written; Ds2Error where the disk fills
    """
    if path is None or str(path) == "-":
        yield terminal.write_line
        return
    with atomic_text(path) as stream:
        yield lambda line: print(line, file=stream)


def report_skipped(problems: list[str]) -> None:
    """Name the first few, count all, and end with the exit code for it; nothing where none were skipped."""
    if not problems:
        return
    for problem in problems[:SHOWN_SKIPS]:
        terminal.warn(problem)
    terminal.warn(f"skipped {counted(len(problems), 'recording')}")
    raise typer.Exit(Exit.SKIPPED)
