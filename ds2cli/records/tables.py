"""Tables of rows: CSV with quotes, as RFC 4180 has them, and tables of tabs or bars, which are never quoted.

One policy for every reader: in CSV, a cell that begins with a quotation mark ends with one, and may hold commas, line
ends and doubled marks. What writes tabs (Common Voice, spreadsheets of transcripts) or bars (LJ Speech) does not
quote, so there a quotation mark is a letter like others. Every row has as many cells as the first.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from ds2cli.errors import ManifestError
from ds2cli.io.text import Line
from ds2cli.records.jsonl import Reject

LONGEST_ROW = 200  # lines: who opens a quote and does not close it for longer has forgotten to
QUOTE_HINT = "quote cells that hold a comma, a quote or a line end, and double the quotes in them"
OPEN = "unexpected end of data"  # csv's words for a quote that is still open
NEVER_CLOSED = "a quote that is never closed"

Row = tuple[int, list[str]]


def read_table(
    lines: Iterable[Line], name: str, delimiter: str = ",", reject: Reject | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below a header, by its names; with the number of the line on which each begins.

    raises  ManifestError where there is no header, or two columns have one name; else as `read_rows`
    """
    rows = read_rows(lines, name, delimiter, reject)
    number, header = next(rows, (1, []))
    header = [column.strip() for column in header]
    twice = next((column for column in header if column and header.count(column) > 1), None)
    if not header or twice:
        what = f"two columns `{twice}`" if twice else "no header"
        raise ManifestError(f"{name}, line {number}: {what}", hint="the first line names the columns")
    for number, cells in rows:
        yield number, dict(zip(header, cells, strict=True))


def read_rows(
    lines: Iterable[Line], name: str, delimiter: str = ",", reject: Reject | None = None
) -> Iterator[Row]:
    """The cells of each row, with the number of the line on which it begins; blank lines are passed over.

    reject  is told of each row that cannot be taken apart; reading goes on with the line after its first
    raises  ManifestError naming file and line, where nobody is to be told instead
    """
    source = iter(lines)
    waiting: deque[Line] = deque()
    width: int | None = None

    def following() -> Line | None:
        return waiting.popleft() if waiting else next(source, None)

    while (first := following()) is not None:
        if not first[1].strip():
            continue
        taken = [first]
        while (found := _cells(taken, delimiter)) == OPEN and len(taken) < LONGEST_ROW and (more := following()):
            taken.append(more)
        if isinstance(found, list) and width is not None and len(found) != width:
            found = f"{len(found)} cells, but the header has {width}"
        if isinstance(found, list):
            width = len(found)
            yield first[0], found
            continue
        waiting.extendleft(reversed(taken[1:]))
        what = NEVER_CLOSED if found == OPEN else found
        problem = ManifestError(f"{name}, line {first[0]}: {what}", hint=QUOTE_HINT if delimiter == "," else None)
        if reject is None:
            raise problem
        reject(problem)


def _cells(taken: list[Line], delimiter: str) -> list[str] | str:
    """The cells of a row, or what is wrong with it."""
    text = "\n".join(line for _, line in taken)
    if delimiter != ",":
        return text.split(delimiter)
    if '"' not in text:
        return text.split(",")
    try:
        rows = list(csv.reader((f"{line}\n" for _, line in taken), strict=True))
    except csv.Error as problem:
        # Closed far below, by a quote that opens another cell: it is the first line's that is wrong.
        return OPEN if OPEN in str(problem) else NEVER_CLOSED if len(taken) > 1 else f"a quote out of place ({problem})"
    return rows[0] if len(rows) == 1 else "a quote out of place"
