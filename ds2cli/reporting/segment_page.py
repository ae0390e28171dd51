"""What a segmenting job made of its recordings, as one HTML page: outlines, cuts, words, and what was left out.

The doubtful segments come first and can be heard with a key, because a person looks at the page to decide whether to
trust the rest.
"""

from typing import Any

from ds2cli.records.jsonl import Record
from ds2cli.records.timed import stretch, timed_words
from ds2cli.reporting.pages import build_page

DOUBTFUL_BELOW = 0.8


def segment_page(title: str, recordings: list[dict[str, Any]], summary: dict[str, Any]) -> str:
    """The page.

    recordings  one after another, each with
        id, seconds          name and length
        segments             records: id, offset, duration, text, confidence, keep; and, where they are there, original,
                             words (word, start, end, confidence; seconds from the segment's beginning), features
        audio                address of the whole recording (see workflows/page_sound.py), or None: nothing to hear
        peaks                [lowest, highest] of equal stretches of the recording, -100 to 100; [] draws no outline
        unwritten            sound without text: start, end (seconds)
        unspoken             text without sound: text, words (how many); at (seconds), where that is known
        dropped              words in no segment: start, end, reason, text
        notes                what a person should know, in words
      all but the first three may be missing
    summary
        settings             a line that says how the job was done
        figures              what stands out: name, value, note (texts)
        doubtful_below       kept segments of less confidence are doubtful; default DOUBTFUL_BELOW
    """
    doubtful_below = float(summary.get("doubtful_below", DOUBTFUL_BELOW))
    rows = [
        {
            "audio": None, "peaks": [], "unwritten": [], "unspoken": [], "dropped": [], "notes": [],
            **recording,
            "segments": [_segment(record, doubtful_below) for record in recording["segments"]],
        }
        for recording in recordings
    ]  # fmt: skip
    shown = {"settings": summary.get("settings", ""), "figures": summary.get("figures", [])}
    return build_page("segments", title, {**shown, "doubtful_below": doubtful_below, "recordings": rows})


def _segment(record: Record, doubtful_below: float) -> dict[str, Any]:
    """A segment as the page needs it: times in the recording, words as short lists, a verdict."""
    start, end = stretch(record)
    verdict = "rejected" if not record["keep"] else "doubtful" if record["confidence"] < doubtful_below else "kept"
    words = timed_words(record) if "words" in record else []
    return {
        "id": str(record["id"]),
        "start": round(start, 3),
        "end": round(end, 3),
        "text": record["text"],
        "original": record.get("original", record["text"]),
        "words": [[word["word"], round(word["start"], 3), round(word["end"], 3), word["confidence"]] for word in words],
        "confidence": record["confidence"],
        "features": record.get("features", {}),
        "verdict": verdict,
    }
