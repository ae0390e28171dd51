"""`ds2 lm text`: raw text into what the acoustic model spells."""

from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.flags import Output
from ds2cli.cli.output import lines_to
from ds2cli.text.normalise import NORMALISERS

Language = StrEnum("Language", {name: name for name in NORMALISERS})  # type: ignore[misc]  # named elsewhere, once


Files = Annotated[
    list[str] | None, typer.Argument(metavar="FILE", help="plain text, .gz or .xz; - is stdin", show_default="-")
]
KeepLines = Annotated[bool, typer.Option("--keep-lines", help="write one line per input line, not per sentence")]
Spans = Annotated[Path | None, typer.Option("--spans", help="write where each word came from, as JSON lines")]


def text(
    files: Files = None,
    language: Annotated[
        Language,
        typer.Option("--language", rich_help_panel="Text", help="expand numbers and the like in this language"),
    ] = Language("english"),
    keep_lines: KeepLines = False,
    output: Output = None,
    spans: Spans = None,
) -> None:
    """Convert text to its spoken form, one sentence per line.

    Numbers, dates, money and abbreviations are expanded; other symbols are dropped and counted.

    Paragraphs end at blank lines, as in Project Gutenberg's books.
    """
    from ds2cli.records.jsonl import to_line
    from ds2cli.workflows.lm.text import Summary, lm_text

    summary = Summary()
    with ExitStack() as stack:
        write = stack.enter_context(lines_to(output))
        write_spans = stack.enter_context(lines_to(spans)) if spans else None
        for number, line in enumerate(lm_text(files or ["-"], language.value, keep_lines, summary), 1):
            write(line.spoken.text)
            if write_spans:
                write_spans(to_line(line.as_record(number)))
    for report in summary.as_lines("character" if language.value == "mandarin" else "word"):
        terminal.say(report)
