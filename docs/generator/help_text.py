"""What `--help` says of every command, taken apart: the one source of the command pages and of the man pages."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import typer.main

from ds2cli.cli import app

WIDE = 10_000  # columns: no line of the help is wrapped


class Section(NamedTuple):
    """A list in the help: "Options", "Commands", or a group of options; rows are (term, meaning)."""

    title: str
    rows: list[tuple[str, str]]


class Help(NamedTuple):
    """The help of one command.

    name    "ds2 prepare segment"
    blocks  of the description: a paragraph is one line; examples and lists are several lines, or begin with a command
    """

    name: str
    usage: str
    blocks: list[list[str]]
    sections: list[Section]
    epilog: str

    @property
    def summary(self) -> str:
        """The first sentence."""
        return self.blocks[0][0] if self.blocks else ""


def is_code(block: list[str]) -> bool:
    """Whether a block is printed as it stands."""
    return len(block) > 1 or bool(re.match(r"ds2 |\w+ .*\| ds2 ", block[0]))


def all_help() -> list[Help]:
    """The help of every command and group, as the command line lists them."""
    root = typer.main.get_command(app)
    return [parsed(name, text) for name, text in _texts(root, "ds2", None)]


def _texts(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    """(name, help) of a command and of all below it; `Any`, because typer brings its own click."""
    context = command.make_context(name.split()[-1], [], parent=parent, resilient_parsing=True, terminal_width=WIDE)
    yield name, command.get_help(context)
    for word in command.list_commands(context) if hasattr(command, "list_commands") else []:
        yield from _texts(command.get_command(context, word), f"{name} {word}", context)


def parsed(name: str, text: str) -> Help:
    """One command's help, from its lines."""
    usage, *rest = text.splitlines()
    blocks: list[list[str]] = []
    sections: list[Section] = []
    epilog = ""
    for paragraph in re.split(r"\n\s*\n", "\n".join(rest).strip("\n")):
        lines = paragraph.splitlines()
        if re.match(r"\S.*:$", lines[0]):
            sections.append(Section(lines[0].rstrip(":"), list(_rows(lines[1:]))))
        elif sections:
            epilog = " ".join(line.strip() for line in lines)
        else:
            blocks.append([line.removeprefix("  ") for line in lines])
    return Help(name, usage.removeprefix("Usage: "), blocks, sections, epilog)


def _rows(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Terms begin after two spaces; a meaning follows after two more, or stands deeper on lines of its own."""
    rows: list[list[str]] = []
    for line in lines:
        if re.match(r"  \S", line):
            term, _, meaning = line.strip().partition("  ")
            rows.append([term, meaning.strip()])
        else:
            rows[-1][1] = f"{rows[-1][1]} {line.strip()}".strip()
    yield from ((term, meaning) for term, meaning in rows)
