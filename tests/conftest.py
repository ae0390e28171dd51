"""What every test may use: the same door as people, and real recordings."""

import io
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
AN4 = ROOT / "recipes" / "an4" / "data"


@dataclass
class Ran:
    """What one command said, and how it ended."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch, capfd):
    """`run("score", "--json", stdin="...")`: a command through main(), as a person would call it."""
    from ds2cli.cli import main

    def run_command(*arguments, stdin: str | None = None) -> Ran:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return run_command


@pytest.fixture(scope="session")
def an4() -> Path:
    """The folder of the AN4 corpus that the repository carries."""
    return AN4
