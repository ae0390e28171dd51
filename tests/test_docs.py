"""The pages hold together: links lead somewhere, commands that prose names exist, the README is short."""

import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import typer.main

from ds2cli.audio.files import read_audio, write_audio
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
        for line in (part for found in INLINE.findall(prose(page)) for part in found.split(" | ds2 ")):
            words = line.split()
            command = max((path for path in known if path == tuple(words[: len(path)])), key=len)
            flags = {"--help"}.union(*(parameter.opts for parameter in known[command].params))
            named = {word.partition("=")[0] for word in words if word.startswith("--") and word != "--"}
            if not command and not words[0].startswith("-") or named - flags:
                wrong.append(f"{page.name}: ds2 {line}")
    assert not wrong


def test_files_that_prose_names_exist():
    """Folders and files of the repository, in code type; `yesno.py` is what design.md shows how to add."""
    lost = []
    for page in PAGES:
        for named in re.findall(r"`((?:ds2cli|tests|recipes|kernels|lm)/[\w./-]+)`", prose(page)):
            made = "work" in named.split("/") or named.endswith("yesno.py")  # by a recipe, or by the reader
            if not made and not (ROOT / named).exists():
                lost.append(f"{page.name}: {named}")
    assert not lost


def test_the_map_of_the_code_names_every_folder():
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    named = re.findall(r"^ {6}(\w+)/ ", text, re.MULTILINE)
    folders = {path.parent.name for path in ROOT.glob("ds2cli/*/__init__.py")}
    assert set(named) == folders and len(named) == len(folders)


def test_figures_of_the_readme_are_those_of_the_pages_that_it_names():
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    rows = [line for line in rows if re.search(r"\d+\.\d+ |\d+ of \d+", line)]
    assert len(rows) >= 5
    for row in rows:
        _, _, result, named, _ = row.split("|")
        page = (ROOT / LINK.search(named)[1].partition("#")[0]).read_text(encoding="utf-8")
        for figure in re.findall(r"\d+\.\d+|\d+ of \d+", result):
            assert figure in page, row


@pytest.mark.slow
def test_the_lines_for_recordings_of_your_own_run_as_printed(tmp_path, an4_utterances):
    """On 40 recordings with a text beside each, and one epoch in place of twenty."""
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for utterance in an4_utterances(40):
        write_audio(recordings / f"{utterance.id}.wav", read_audio(utterance.audio, 16000), 16000)
        (recordings / f"{utterance.id}.txt").write_text(utterance.text.capitalize() + ".\n")
    shutil.copy(ROOT / "recipes" / "segment" / "data" / "mobydick_1.mp3", tmp_path / "interview.mp3")
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Your own recordings")[2]
    lines = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1].replace("ds2 train", "ds2 train --epochs 1")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ran = subprocess.run(["bash", "-euo", "pipefail", "-c", lines], cwd=tmp_path, env={**os.environ, "PATH": path},
                         capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "rate %" in ran.stdout and "-->" in (tmp_path / "interview.srt").read_text()


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
