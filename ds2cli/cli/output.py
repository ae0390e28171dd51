"""Lines of data to stdout, or to the file that -o names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ds2cli.cli import terminal
from ds2cli.io.atomic import atomic_text


@contextmanager
def lines_to(path: Path | None) -> Iterator[Callable[[str], None]]:
    """`with lines_to(output) as write: write(line)`; a file appears whole or not at all, None and `-` are stdout.

    raises  UsageError where the file's folder does not exist or may not be written; Ds2Error where the disk fills
    """
    if path is None or str(path) == "-":
        yield terminal.write
        return
    with atomic_text(path) as stream:
        yield lambda line: print(line, file=stream)
