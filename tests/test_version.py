"""One version, written once: in ds2cli/__init__.py."""

import tomllib
from pathlib import Path

from ds2cli import __version__

ROOT = Path(__file__).resolve().parent.parent


def test_the_command_says_it(run):
    assert run("--version").stdout == f"ds2 {__version__}\n"


def test_the_newest_changes_are_of_it():
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    assert headings[0].split()[1].rstrip(",") == __version__


def test_the_package_takes_it_from_there():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in settings["project"]["dynamic"] and "version" not in settings["project"]
    assert settings["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "ds2cli.__version__"}
