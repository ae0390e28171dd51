"""MkDocs's hooks: pages from the whole repository, pages made from the code, and man pages beside them."""

import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).resolve().parent))

from command_pages import command_pages  # noqa: E402
from help_text import all_help  # noqa: E402
from links import moved_links, pictures, site_path  # noqa: E402
from man_pages import man_pages  # noqa: E402
from navigation import ELSEWHERE, ROOT, docs_pages, repository_pages, whole_navigation  # noqa: E402
from settings_page import settings_page  # noqa: E402


def on_config(config: Any) -> Any:
    """The navigation, with the pages that are found or made."""
    commands = sorted(command_pages(all_help()), key=lambda path: path != "commands/index.md")
    config.nav = whole_navigation(config.nav, commands)
    return config


def on_files(files: Files, config: Any) -> Files:
    """The pages that docs/ does not hold."""
    made = {"settings.md": settings_page(), **command_pages(all_help())}
    for entry in ELSEWHERE:
        for path in repository_pages(entry):
            text = made[site_path(path)] = (ROOT / path).read_text(encoding="utf-8")
            for picture in pictures(text, path):
                files.append(File.generated(config, site_path(picture), abs_src_path=str(ROOT / picture)))
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Links lead from page to page of the site."""
    outside = [path for entry in ELSEWHERE for path in repository_pages(entry)]
    pages = {site_path(path): path for path in (*outside, *docs_pages())}
    here = page.file.src_uri
    if here == "README.md":
        page.meta["hide"] = ["navigation"]  # the tabs are enough
    return moved_links(markdown, pages[here], set(pages.values())) if here in pages else markdown


def on_post_build(config: Any) -> None:
    """Man pages: MANPATH=site/man man ds2-decode."""
    folder = Path(config.site_dir) / "man" / "man1"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in man_pages(all_help()).items():
        (folder / name).write_text(text, encoding="utf-8")
