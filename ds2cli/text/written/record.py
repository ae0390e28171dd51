"""Records of what was said, with text and words as people write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ds2cli.records.jsonl import Record
from ds2cli.text.written.names import cased_words
from ds2cli.text.written.parts import text_of
from ds2cli.text.written.written import covered, write

# A pause of so many seconds ends a sentence, as it ends an utterance of a stream.
PAUSE_SECONDS = 0.8


@dataclass(frozen=True)
class Writer:
    """What makes spoken records written.

    names  words with capitals, by their lower-case forms; those of a record's own `original` are added to them
    """

    names: Mapping[str, str] = field(default_factory=dict)

    def write(self, record: Record) -> Record:
        """The record with its `pred_text`, `words` and `nbest` as they are written; a name in `lang` chooses how.

        A token that stands for several words has the start of the first, the end of the last, and the least of their
        confidences: it is as doubtful as what is most doubtful in it, however long a number is.
        """
        language = _LANGUAGES.get(str(record.get("lang") or "").lower()[:2], "other" if record.get("lang") else "")
        if language == "other":
            return record
        names = {**cased_words([record["original"]]), **self.names} if isinstance(
            record.get("original"), str) else self.names
        shown = dict(record)
        spans = _places(record["pred_text"], record.get("words", ()))
        tokens = write(record["pred_text"], language, names, _pauses(record.get("words", ()), spans))
        grouped = covered(tokens, spans)
        shown["pred_text"] = text_of([token for token, _ in grouped] if spans else tokens)
        if spans:
            shown["words"] = [_joined(token.text, record["words"][span]) for token, span in grouped]
        if "nbest" in record:
            shown["nbest"] = [{**one, "text": text_of(write(one["text"], language, names))} for one in record["nbest"]]
        return shown


_LANGUAGES = {"en": "english", "zh": "mandarin", "ma": "mandarin", "cm": "mandarin"}  # en-GB, english, zh-CN, cmn


def _places(text: str, words: Sequence[Record]) -> list[tuple[int, int]]:
    """Where each word stands in the text; none where one is not found, as no decoder's are."""
    places: list[tuple[int, int]] = []
    at = 0
    for word in words:
        start = text.find(word["word"], at)
        if start < 0:
            return []
        at = start + len(word["word"])
        places.append((start, at))
    return places


def _pauses(words: Sequence[Record], places: Sequence[tuple[int, int]]) -> set[int]:
    """Where in the text a pause follows."""
    pairs = zip(words, words[1:], places, strict=False)
    return {place[1] for word, after, place in pairs if after["start"] - word["end"] >= PAUSE_SECONDS}


def _joined(text: str, words: Sequence[Record]) -> dict[str, Any]:
    joined = {**words[0], "word": text, "end": words[-1]["end"]}
    if "confidence" in joined:
        joined["confidence"] = min(word["confidence"] for word in words)
    if "latency" in joined:
        joined["latency"] = max(word["latency"] for word in words)
    return joined
