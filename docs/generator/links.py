"""Where the pages of the repository lie on the site, and where their links lead there."""

import posixpath
import re

LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def site_path(path: str) -> str:
    """A repository's path as the site has it: docs/lm.md is lm.md, recipes/an4/README.md is notes/recipes/an4.md."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return path if path == "README.md" else f"notes/{path.replace('/README.md', '.md')}"


def moved_links(markdown: str, path: str, pages: set[str]) -> str:
    """The text of a page with links as the site needs them; what is no page of the site is text alone.

    path   of the page, and `pages`, all of them, as the repository has them
    """
    here = posixpath.dirname(path)

    def moved(link: re.Match[str]) -> str:
        target, mark, anchor = link["target"].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return link[0]
        other = posixpath.normpath(posixpath.join(here, target))
        if other not in pages and not link["picture"]:
            return link["text"]
        relative = posixpath.relpath(site_path(other), posixpath.dirname(site_path(path)) or ".")
        return f"{link['picture']}[{link['text']}]({relative}{mark}{anchor})"

    return LINK.sub(moved, markdown)


def pictures(markdown: str, path: str) -> list[str]:
    """The files of the repository that a page shows."""
    targets = [link["target"] for link in LINK.finditer(markdown) if link["picture"]]
    here = posixpath.dirname(path)
    return [posixpath.normpath(posixpath.join(here, target)) for target in targets if ":" not in target]
