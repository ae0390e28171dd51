"""What was recognised in recordings, as texts to train on: pseudo-labels (Lee 2013; for speech, Kahn et al. 2020,
arXiv:1909.09116)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ds2cli.errors import ManifestError
from ds2cli.records.jsonl import Record, Reject
from ds2cli.records.manifest import Utterance, read_manifest
from ds2cli.text.units import SPACE
from ds2cli.workflows.prepare.pronounce import WORDS_FIELD

HINT = "decode the recordings first: ds2 decode RUN RECORDS --lm lm.arpa --unit-times -o decoded.jsonl"
OF_DECODING = "pred_text", "score", "words", "unit_times", "nbest"
LEAST_PAUSE = 0.1  # seconds between two words that may be parted
SILENCE = 0.3  # seconds kept at either side of a piece, at most half of the pause
Word = dict  # of a decoded record: word, start, end, confidence


@dataclass(frozen=True)
class Labelling:
    """Which utterances become training records, and in what their texts are written.

    in_units        the text is the units that were heard, for a network of phones; `words_text` keeps the words
    max_seconds     longer recordings are cut in the widest pauses
    min_confidence  the least mean confidence of the words of an utterance
    """

    in_units: bool = False
    max_seconds: float = 20.0
    min_confidence: float = 0.0


@dataclass(frozen=True)
class Piece:
    """Words of a recording and the units within them, heard from start to end (seconds in it)."""

    words: list[Word]
    units: list[str]
    start: float
    end: float

    @property
    def confidence(self) -> float:
        return sum(word["confidence"] for word in self.words) / len(self.words)


def pseudo_label(
    manifests: Iterable[str | Path], labelling: Labelling, left_out: Counter[str], reject: Reject
) -> Iterator[Record]:
    """The training records of decoded ones, or of aligned ones, whose texts are known; in order.

    left_out  counts, by reason, the utterances that are not among them
    reject    is told of each line that is no decoded record, and reading goes on
    """
    for path in manifests:
        for utterance in read_manifest(path, required=("audio_filepath", "duration"), reject=reject):
            try:
                yield from _labelled(utterance, labelling, left_out)
            except (LookupError, TypeError):
                needed = "ds2 decode --unit-times" if labelling.in_units else "ds2 decode"
                reject(ManifestError(f"{path}: `{utterance.id}` lacks what `{needed}` adds", hint=HINT))


def _labelled(utterance: Utterance, labelling: Labelling, left_out: Counter[str]) -> Iterator[Record]:
    record = utterance.record
    words, said = record["words"], record["pred_text" if "pred_text" in record else "text"]
    if not words or not said:
        left_out["nothing was recognised"] += 1
        return
    units = record["unit_times"] if labelling.in_units else []
    kept = {name: value for name, value in record.items() if name not in OF_DECODING}
    places = _places(said, words)
    is_whole = utterance.duration <= labelling.max_seconds
    pieces = _pieces(words, utterance.duration, labelling.max_seconds)
    for number, (first, after, start, end) in enumerate(pieces, 1):
        piece = Piece(words[first:after], _units_until(units, words, first, after), start, end)
        reason = _doubt(piece, labelling)
        if reason:
            left_out[reason] += 1
            continue
        text = SPACE.join(word["word"] for word in piece.words)
        if is_whole or places:
            text = said if is_whole else said[places[first][0] : places[after - 1][1]]
        place = {} if is_whole else {
            "id": f"{utterance.id}-{number:04d}", "offset": round(utterance.offset + start, 3),
            "duration": round(end - start, 3),
        }  # fmt: skip
        heard = {WORDS_FIELD: text, "text": SPACE.join(piece.units)} if labelling.in_units else {"text": text}
        yield {**kept, **place, **heard}


def _doubt(piece: Piece, labelling: Labelling) -> str:
    """Why nothing should be learned from it, or nothing."""
    if piece.end - piece.start > labelling.max_seconds:
        return f"longer than {labelling.max_seconds:g} s without a pause"
    if labelling.min_confidence and piece.confidence < labelling.min_confidence:
        return f"a confidence below {labelling.min_confidence:g}"
    return ""


def _pieces(words: list[Word], seconds: float, longest: float) -> list[tuple[int, int, float, float]]:
    """Runs of words, [first, after), with the times where each begins and ends: a recording that is short enough as it
    is, another parted in its widest pause until every part is, or has no pause."""
    if seconds <= longest:
        return [(0, len(words), 0.0, seconds)]
    waiting, found = [(0, len(words))], []
    while waiting:
        first, after = waiting.pop()
        start = words[first]["start"] - _share(words[first]["start"] - (words[first - 1]["end"] if first else 0.0))
        behind = words[after]["start"] if after < len(words) else seconds
        end = words[after - 1]["end"] + _share(behind - words[after - 1]["end"])
        gaps = [words[at]["start"] - words[at - 1]["end"] for at in range(first + 1, after)]
        if end - start > longest and max(gaps, default=0.0) >= LEAST_PAUSE:
            middle = first + 1 + gaps.index(max(gaps))
            waiting += [(middle, after), (first, middle)]
        else:
            found.append((first, after, max(start, 0.0), min(end, seconds)))
    return found


def _places(text: str, words: list[Word]) -> list[tuple[int, int]]:
    """Where each word stands in the text, which need not have spaces; nothing where an aligned text lacks one."""
    found, after = [], 0
    for word in words:
        first = text.find(word["word"], after)
        if first < 0:
            return []
        after = first + len(word["word"])
        found.append((first, after))
    return found


def _share(gap: float) -> float:
    return min(max(gap, 0.0) / 2, SILENCE)


def _units_until(units: list[dict], words: list[Word], first: int, after: int) -> list[str]:
    """The units that begin within these words, or before the first and after the last of a recording."""
    begin = words[first]["start"] - 1e-6 if first else float("-inf")
    end = words[after]["start"] - 1e-6 if after < len(words) else float("inf")
    return [unit["unit"] for unit in units if begin <= unit["start"] < end and unit["unit"] != SPACE]
