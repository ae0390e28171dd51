"""The report of a score as one HTML page: summary, filters, utterances in colour, fifty at a time."""

from typing import Any

from ds2cli.reporting.pages import build_page
from ds2cli.reporting.score_table import comparison_in_words


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
    return build_page("score", title, {
        "settings": " · ".join(said),
        "summary": summary,
        "confusions": confusions,
        "comparison": comparison_in_words(summary) if "comparison" in summary else [],
        "utterances": utterances,
    })  # fmt: skip
