"""What every test may use: the same door as people, and real recordings."""

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

# Examples are the same in CI at every run: a change is judged by what it changed. Elsewhere they go on searching.
settings.register_profile("ds2", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("ds2")

ROOT = Path(__file__).resolve().parent.parent
AN4 = ROOT / "recipes" / "an4" / "data"


def pytest_addoption(parser):
    parser.addoption("--golden", action="store_true", help="rewrite the golden files; the diff is the review")


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


@pytest.fixture
def golden(request):
    """`golden("help/train.txt", text)`: what people read is what tests/golden holds; `make golden` rewrites it."""

    def compare(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        if request.config.getoption("--golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), "changed on purpose? make golden, and look at the diff"

    return compare


@pytest.fixture(scope="session")
def an4() -> Path:
    """The folder of the AN4 corpus that the repository carries."""
    return AN4


@pytest.fixture
def one_thread():
    """torch on one core: tests run beside each other, and sums come out the same bit for bit."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def an4_utterances(an4):
    """`an4_utterances(40)`: the first records of AN4's training part, with absolute paths."""
    from ds2cli.audio.files import read_info
    from ds2cli.records.manifest import Utterance, to_utterance

    def first(count: int) -> list[Utterance]:
        names = (an4 / "etc" / "an4_train.fileids").read_text().split()
        lines = (an4 / "etc" / "an4_train.transcription").read_text().splitlines()
        found = []
        for name, line in list(zip(names, lines, strict=True))[:count]:
            audio = an4 / "wav" / f"{name}.opus"
            text = line.rsplit(" (", 1)[0].removeprefix("<s> ").removesuffix(" </s>").strip().lower()
            record = {"audio_filepath": str(audio), "duration": read_info(audio).seconds, "text": text}
            found.append(to_utterance({"id": Path(name).name, **record}, an4, name, ()))
        return found

    return first


@pytest.fixture
def web(tmp_path, monkeypatch):
    """An empty folder, `web.folder`, on the web; what is fetched from it is kept apart from the user's cache."""
    pytest.importorskip("aiohttp", reason="https:// needs aiohttp: pip install 'ds2cli[cloud]'")
    from webserver import Web

    from ds2cli.io import remote

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "web"
    folder.mkdir()
    remote.forget()
    with Web(folder) as web:
        web.folder = folder
        yield web
