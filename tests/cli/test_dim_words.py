"""`ds2 decode --format text` on a terminal: unsure words are dim; pipes, files and NO_COLOR get text alone."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from ds2cli.cli import terminal

DIM = re.compile("\x1b\\[2m(.*?)\x1b\\[0m")


@pytest.fixture(scope="module")
def talks(an4):
    return sorted((an4 / "wav" / "an4test_clstk").rglob("*.opus"))[::20]


@pytest.fixture(scope="module")
def records(talks):
    """What is heard, from a pipe."""
    ran = subprocess.run(command(talks, "jsonl"), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def command(talks, kind: str) -> list[str]:
    named = [str(talk) for talk in talks]
    return [sys.executable, "-c", "from ds2cli.cli import run; run()", "decode", "--greedy", *named, "-f", kind]


def on_a_terminal(words: list[str], **environment: str) -> list[str]:
    """The lines that a terminal gets on stdout."""
    ours, theirs = pty.openpty()
    base = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(words, stdout=theirs, stderr=subprocess.DEVNULL,
                               env={**base, "TERM": "xterm", **environment})  # fmt: skip
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # how a pty says that nobody writes any more
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert process.wait() == 0
    return seen.decode().splitlines()


def test_words_below_even_odds_are_dim_on_a_terminal(talks, records):
    lines = on_a_terminal(command(talks, "text"))
    assert [DIM.sub(r"\1", line) for line in lines] == [record["pred_text"] for record in records]
    unsure = [word["word"] for record in records for word in record["words"] if word["confidence"] < terminal.UNSURE]
    assert unsure and [word for line in lines for word in DIM.findall(line)] == unsure


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_none_gets_none(talks, records, environment):
    assert on_a_terminal(command(talks, "text"), **environment) == [record["pred_text"] for record in records]


def test_a_pipe_gets_text(talks, records):
    ran = subprocess.run(command(talks, "text"), capture_output=True, text=True, check=True, env={
        **os.environ, "TERM": "xterm"})  # fmt: skip
    assert ran.stdout.splitlines() == [record["pred_text"] for record in records]


@pytest.mark.parametrize("said, words, shown", [
    ("a b a", [("a", 0.9), ("b", 0.1), ("a", 0.2)], "a <b> <a>"),
    ("我们走", [("我", 0.9), ("们", 0.1), ("走", 0.9)], "我<们>走"),
    ("It is 5 p.m.", [("It", 0.9), ("is", 0.9), ("5 p.m.", 0.3)], "It is <5 p.m.>"),
    ("no words", [], "no words"),
    ("", [], ""),
    ("others", [("another", 0.1)], "others"),
])  # fmt: skip
def test_words_are_found_in_any_script(said, words, shown):
    record = {"pred_text": said, "words": [{"word": word, "confidence": sure} for word, sure in words]}
    assert DIM.sub(r"<\1>", terminal.doubt_dimmed(record)) == shown
