"""Which pages the site has, and in what order: mkdocs.yml's, then those that nobody has listed."""

from pathlib import Path
from typing import Any

from links import site_path

ROOT = Path(__file__).resolve().parents[2]

# Pages that lie outside docs/, by the entry of the navigation that lists them.
ELSEWHERE = {
    "Home": ["README.md"],
    "Recipes": ["recipes/*/README.md"],
    "Models": ["ds2cli/model/shipped/*/README.md", "lm/README.md"],
    "Project": ["CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"],
}
UNLISTED = "Guide"  # where a page of docs/ is that mkdocs.yml does not name
MADE = ["settings.md"]  # pages that mkdocs.yml names and docs/generator makes


def repository_pages(entry: str) -> list[str]:
    """The paths of an entry's pages, from the repository's root."""
    return [path.relative_to(ROOT).as_posix() for pattern in ELSEWHERE[entry] for path in sorted(ROOT.glob(pattern))]


def docs_pages() -> list[str]:
    """The paths of docs/'s own pages."""
    return [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))]


def whole_navigation(nav: list[dict[str, Any]], commands: list[str]) -> list[dict[str, Any]]:
    """The navigation as mkdocs.yml has it, with the pages that are found or made."""
    listed = {page for entry in nav for pages in entry.values() for page in pages}
    whole = []
    for entry in nav:
        ((title, pages),) = entry.items()
        if title in ELSEWHERE and not isinstance(pages, str):
            pages = pages + [site_path(path) for path in repository_pages(title)]
        elif title == "Commands":
            pages = commands
        elif title == UNLISTED:
            pages = pages + [page for page in map(site_path, docs_pages()) if page not in listed]
        whole.append({title: pages})
    return whole
