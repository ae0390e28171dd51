"""Every `ds2` line that the README, docs/, the recipes' pages and the help print is one that ds2 takes."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from ds2cli.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md")), *sorted(ROOT.glob("docs/*.md")),
         *sorted(ROOT.glob("recipes/*/README.md")), *sorted(ROOT.glob("tests/golden/help/*.txt"))]
FENCED = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ENDS = re.compile(r"\s(?:\||>|<|2>|&&|\|\||;|&)\s?.*| >.*| <\(.*")


def code_lines(page: Path) -> list[str]:
    """Lines that are indented or fenced as shell, continued ones as one."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    if page.suffix == ".md":
        text = FENCED.sub(lambda block: re.sub("^", "    ", block[1], flags=re.MULTILINE), text)
    return [line for line in text.splitlines() if re.match("    " if page.suffix == ".md" else r"  \S", line)]


def command_lines() -> list[tuple[str, str]]:
    """(page, what follows `ds2`) of each line of code; without remarks and redirections."""
    found = []
    for page in PAGES:
        for line in code_lines(page):
            for part in re.split(r"\s\|\s|\$\(", re.sub(r"\s#.*|\s{2,}[a-z(].*$", "", line.strip())):
                if (part := part.strip().removeprefix("$ ")).startswith("ds2 "):
                    found.append((page.name, ENDS.sub("", part[4:]).rstrip(")")))
    return found


LINES = sorted({line for _, line in command_lines()})


def test_there_are_such_lines():
    assert len(LINES) > 60


@pytest.mark.parametrize("line", LINES)
def test_it_is_taken(line):
    words = [word for word in shlex.split(line.replace("...", "")) if word]
    command, context = typer.main.get_command(app), None
    try:
        while True:
            context = command.make_context(command.name or "ds2", list(words), parent=context, resilient_parsing=False)
            if not hasattr(command, "resolve_command"):
                return
            _, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
    except SystemExit as ending:
        assert not ending.code
    except typer.Exit:
        pass
