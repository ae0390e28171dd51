"""The pages hold together: links lead somewhere, commands that prose names exist, the README is short."""

import re
import unicodedata
from pathlib import Path

import pytest
import typer.main

from ds2cli.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("recipes/*/README.md")),
         ROOT / "lm" / "README.md", *sorted(ROOT.glob("ds2cli/model/shipped/*/README.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
INLINE = re.compile(r"`ds2 ([^`]+)`")


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as Markdown's table of contents makes them."""
    found = set()
    for heading in HEADING.findall(prose(page)):
        plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
        found.add(re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower()))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    lost = []
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        if not other.exists() or anchor and anchor not in anchors(other):
            lost.append(target)
    assert not lost


def commands(group=None, words=()) -> dict[tuple[str, ...], object]:
    """Every command by its words."""
    group = group or typer.main.get_command(app)
    found = {words: group}
    for name, command in getattr(group, "commands", {}).items():
        found.update(commands(command, (*words, name)))
    return found


def test_commands_and_flags_in_prose_exist():
    known, wrong = commands(), []
    for page in PAGES:
        for line in INLINE.findall(prose(page)):
            words = line.split()
            command = max((path for path in known if path == tuple(words[: len(path)])), key=len)
            flags = {"--help"}.union(*(parameter.opts for parameter in known[command].params))
            named = {word.partition("=")[0] for word in words if word.startswith("--") and word != "--"}
            if not command and not words[0].startswith("-") or named - flags:
                wrong.append(f"{page.name}: ds2 {line}")
    assert not wrong


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
