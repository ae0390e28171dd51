"""The site of the documentation: every page is in it, what is made from the code is whole, and it builds strictly."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ds2cli.config import Config
from ds2cli.declarations import declared

ROOT = Path(__file__).resolve().parent.parent
GENERATOR = ROOT / "docs" / "generator"


@pytest.fixture(autouse=True)
def generator(monkeypatch):
    """The generator's modules can be imported, as MkDocs's hooks import them."""
    monkeypatch.syspath_prepend(str(GENERATOR))


@pytest.fixture
def helps():
    from help_text import all_help

    return all_help()


def test_every_page_is_in_the_navigation_once():
    from links import site_path
    from navigation import ELSEWHERE, MADE, docs_pages, repository_pages, whole_navigation

    yaml = pytest.importorskip("yaml")
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    entries = [pages for entry in whole_navigation(nav, ["commands/index.md"]) for pages in entry.values()]
    listed = [page for pages in entries for page in ([pages] if isinstance(pages, str) else pages)]
    outside = [page for entry in ELSEWHERE for page in repository_pages(entry)]
    assert len(outside) > 10
    assert sorted(listed) == sorted([*map(site_path, [*docs_pages(), *outside]), *MADE, "commands/index.md"])


def test_every_command_and_every_option_has_its_line(helps):
    """The golden files of the help are the oracle: the same words in narrower lines, and cut lists of commands."""
    golden = {path.stem: path for path in (ROOT / "tests" / "golden" / "help").glob("*.txt")}
    by_name = {one.name.replace(" ", "-").removeprefix("ds2-"): one for one in helps}
    assert by_name.keys() == golden.keys()
    for name, one in by_name.items():
        found = ["Usage:", one.usage, *(line for block in one.blocks for line in block)]
        for section in one.sections:
            found += [f"{section.title}:", *(cell for row in section.rows for cell in row)]
        whole, _, _ = golden[name].read_text(encoding="utf-8").partition("\nCommands:")
        assert squeezed(" ".join([*found, one.epilog])).startswith(squeezed(whole)), name


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_pages_of_commands_show_each_option(helps):
    from command_pages import command_pages

    pages = command_pages(helps)
    assert set(pages) == {"commands/index.md"} | {f"commands/{one.name.split()[1]}.md" for one in helps[1:]}
    whole = "\n".join(pages.values()).replace("\\|", "|")
    for one in helps:
        for term, _ in (row for section in one.sections for row in section.rows):
            assert f"`{term}`" in whole or term == "-h, --help"


def test_every_setting_is_on_its_page():
    from settings_page import settings_page

    page = settings_page()
    for name, one in declared(Config).items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}`<br>")]
        assert re.sub(r"\\(.)", r"\1", row).count(one.meaning) == 1


def test_man_pages_are_roff_that_groff_takes(helps, tmp_path):
    from man_pages import man_pages

    pages = man_pages(helps)
    assert len(pages) == len(helps) and ".SH EXIT STATUS\n0 done" in pages["ds2-decode.1"]
    if not shutil.which("groff"):
        pytest.skip("no groff on this machine")
    for name, text in pages.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        ran = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-rLL=100n", str(tmp_path / name)],
                             capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0 and not ran.stderr, ran.stderr
    shown = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", ran.stdout)
    assert "ds2 manual" in shown


@pytest.mark.parametrize(("page", "link", "moved"), [
    ("docs/lm.md", "[d](decode.md#lexicons)", "[d](decode.md#lexicons)"),
    ("docs/lm.md", "[l](../lm/README.md)", "[l](notes/lm.md)"),
    ("lm/README.md", "[d](../docs/decode.md)", "[d](../decode.md)"),
    ("README.md", "[d](docs/decode.md)", "[d](decode.md)"),
    ("README.md", "[c](ds2cli/config.py)", "c"),
    ("recipes/live/README.md", "![p](p.svg)", "![p](live/p.svg)"),
    ("README.md", "[a](https://arxiv.org/) [h](#here)", "[a](https://arxiv.org/) [h](#here)"),
])  # fmt: skip
def test_links_of_the_repository_lead_on_the_site(page, link, moved):
    from links import moved_links

    pages = {"README.md", "lm/README.md", "docs/lm.md", "docs/decode.md"}
    assert moved_links(link, page, pages) == moved


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="no MkDocs: pip install 'ds2cli[docs]'")
def test_the_site_builds_strictly(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "site" / "commands" / "decode" / "index.html").is_file()
    assert (tmp_path / "site" / "man" / "man1" / "ds2-lm-build.1").is_file()
    home = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="https?://[^"]*\.(?:js|css|woff2?)', home)  # nothing from elsewhere


def test_the_wheel_carries_no_pages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["packages"]["find"] == {"include": ["ds2cli*"]}
