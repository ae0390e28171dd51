"""HTML pages that need nothing but themselves: data, and a small program that draws it.

Every text enters a page as text, never as markup: what a recogniser or a corpus wrote cannot become part of the
program.
"""

import html
import re
from importlib.resources import files
from typing import Any

from ds2cli.records.jsonl import spellable, to_line

# What could end the data's own element early, or is a line end to some readers of JavaScript.
UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def build_page(name: str, title: str, data: dict[str, Any]) -> str:
    """A page of the folder `page`: NAME.html in the common frame, with the common style and program and its own.

    data  what the program finds under `data`; it holds the title too
    """
    folder = files("ds2cli.reporting") / "page"

    def part(*names: str) -> str:
        return "\n".join((folder / one).read_text(encoding="utf-8").strip() for one in names)

    text = to_line({"title": title, **data}, separators=(",", ":"))
    for unsafe, escaped in UNSAFE.items():
        text = text.replace(unsafe, escaped)
    parts = {
        "TITLE": html.escape(spellable(title)),
        "STYLE": part("common.css", f"{name}.css"),
        "BODY": part(f"{name}.html"),
        "SCRIPT": part("common.js", f"{name}.js"),
        "DATA": text,
    }
    return re.sub("@(TITLE|STYLE|BODY|SCRIPT|DATA)@", lambda mark: parts[mark[1]], part("frame.html") + "\n")
