"""The report as one HTML page that needs nothing but itself and the recordings: summary, filters, utterances in colour.

The page is data and a small program that draws it, fifty utterances at a time. Every text enters the page as text,
never as markup: what a recogniser or a corpus wrote cannot become part of the program.
"""

import html
import json
import re
from importlib.resources import files
from typing import Any

from ds2cli.reporting.score_table import comparison_in_words

# What could end the data's own element early, or is a line end to some readers of JavaScript.
UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def score_page(
    title: str, summary: dict[str, Any], confusions: dict[str, list[dict[str, Any]]], utterances: list[dict[str, Any]]
) -> str:
    """The page.

    summary, confusions  as `--json` prints them
    utterances  id, errors, reference, wer, alignment, notes (texts), groups (field -> labels), audio (address or None)
    """
    settings = summary["settings"]
    sources = dict.fromkeys((settings["reference"], settings["hypothesis"]))
    said = [" against ".join(sources), f"aligned by {settings['align']}",
            f"words: {settings['words']}", "normalised: " + (", ".join(settings["normalise"]) or "no")]
    for key, what in (("without_hypothesis", "without hypothesis"), ("without_reference", "without reference")):
        if summary[key]:
            said.append(f"{len(summary[key])} {what} ({settings['missing']})")
    data = {
        "title": title,
        "settings": " · ".join(said),
        "summary": summary,
        "confusions": confusions,
        "comparison": comparison_in_words(summary) if "comparison" in summary else [],
        "utterances": utterances,
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for unsafe, escaped in UNSAFE.items():
        text = text.replace(unsafe, escaped)
    folder = files("ds2cli.reporting") / "page"
    page = (folder / "score.html").read_text(encoding="utf-8")
    parts = {
        "TITLE": html.escape(title),
        "STYLE": (folder / "score.css").read_text(encoding="utf-8").strip(),
        "SCRIPT": (folder / "score.js").read_text(encoding="utf-8").strip(),
        "DATA": text,
    }
    return re.sub("@(TITLE|STYLE|SCRIPT|DATA)@", lambda mark: parts[mark[1]], page)
