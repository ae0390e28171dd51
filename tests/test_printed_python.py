"""Every Python line that the README and docs/ print runs, one page after another, as a reader would type it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from ds2cli.audio.files import read_audio, write_audio

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(r"^([ ]*)```(?:python|py)\b[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[int, str]]:
    """The first line and the code of each block."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(text):
        lines = [line.removeprefix(match[1]) for line in match[2].splitlines()]
        found.append((text.count("\n", 0, match.start(2)) + 1, "\n".join(lines)))
    return found


PYTHON_PAGES = [page for page in PAGES if blocks(page)]


@pytest.fixture
def desk(tmp_path, monkeypatch, an4_utterances, run):
    """A folder with what the pages speak of: talk.wav and its text, test.jsonl, corpus.txt, lm.arpa."""
    talks = an4_utterances(3)
    rest = np.zeros(8000, np.float32)
    sound = [part for talk in talks for part in (read_audio(talk.audio, 16000), rest)]
    write_audio(tmp_path / "talk.wav", np.concatenate(sound), 16000)
    (tmp_path / "talk.txt").write_text(" ".join(talk.text for talk in talks))
    (tmp_path / "test.jsonl").write_text("".join(json.dumps({"id": t.id, **t.record}) + "\n" for t in talks))
    (tmp_path / "corpus.txt").write_text("so it is\nso it was\nit is so\n" * 5)
    assert run("lm", "build", tmp_path / "corpus.txt", "--order", "2", "-o", tmp_path / "lm.arpa").code == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_such_pages():
    assert ROOT / "docs" / "python.md" in PYTHON_PAGES


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("page", PYTHON_PAGES, ids=lambda page: page.stem)
def test_what_a_page_prints_runs(page, desk, one_thread):
    names = {"__name__": "__main__"}
    for line, code in blocks(page):
        # Errors name the page and its line.
        exec(compile("\n" * (line - 1) + code, str(page), "exec"), names)
