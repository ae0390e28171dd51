"""Segments and recordings as records: what travels on to training, and what a report says was left out."""

from typing import Any

import numpy as np

from ds2cli.alignment.cutting import Segment
from ds2cli.alignment.features import segment_features
from ds2cli.alignment.filter import Filter
from ds2cli.alignment.path import AlignedPath, listen, path_log_probs
from ds2cli.alignment.recording import Alignment
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.jsonl import Record
from ds2cli.text.transcript import Transcript
from ds2cli.workflows.segment.inputs import Pair

EXCERPT = 80  # characters of a text that was left out


def describe_segments(
    pair: Pair, segments: list[Segment], transcript: Transcript, alignment: Alignment, log_probs: np.ndarray,
    recogniser: Recogniser, judge: Filter,
) -> list[Record]:
    """A record for each segment, in order: where it is, what is said, how sure that is."""
    frame = recogniser.frame_seconds
    ranges = [(round(one.start / frame), max(round(one.end / frame), round(one.start / frame) + 1)) for one in segments]
    spelled = [transcript.spelled(one.first_word, one.after_word) for one in segments]
    heard = listen(log_probs)
    said = path_log_probs(log_probs, heard, transcript.labels, alignment.starts, alignment.ends, alignment.stars)
    deficits = heard.best - said
    features = segment_features(
        [log_probs[first:after] for first, after in ranges],
        [transcript.labels[first:after] for first, after in spelled],
        [one.after_word - one.first_word for one in segments],
        [deficits[first:after] for first, after in ranges],
    )
    records = []
    judged = zip(segments, features, judge.confidences(features), strict=True)
    for number, (one, values, confidence) in enumerate(judged, 1):
        words = timed_words(one.first_word, one.after_word, transcript, alignment, log_probs, frame, one.start)
        written = transcript.pieces(one.first_word, one.after_word)
        records.append({
            **pair.record,
            "id": f"{pair.id}-{number:05d}",
            "audio_filepath": str(pair.audio),
            "offset": round(one.start, 3),
            "duration": round(one.end - one.start, 3),
            "text": transcript.text(one.first_word, one.after_word),
            "original": transcript.original_of(one.first_word, one.after_word),
            "words": [{**word, "original": piece} for word, piece in zip(words, written, strict=True)],
            "confidence": round(float(confidence), 4),
            "keep": bool(confidence >= judge.threshold),
            "features": values,
        })
    return records


def timed_words(
    first_word: int, after_word: int, transcript: Transcript, alignment: AlignedPath, log_probs: np.ndarray,
    frame_seconds: float, origin: float = 0.0,
) -> list[Record]:
    """The words with start and end in seconds from `origin`, and the network's own confidence in each (the geometric
    mean of its letters' probabilities); words that were skipped are not among them."""
    words = []
    for word in range(first_word, after_word):
        first, after = transcript.spelled(word, word + 1)
        if alignment.starts[first] < 0:
            continue
        starts, ends = alignment.starts[first:after], alignment.ends[first:after]
        labels = transcript.labels[first:after]
        heard = [log_probs[start:end, label].max() for start, end, label in zip(starts, ends, labels, strict=True)]
        words.append({
            "word": transcript.words[word],
            "start": round(float(starts[0]) * frame_seconds - origin, 3),
            "end": round(float(ends[-1]) * frame_seconds - origin, 3),
            "confidence": round(float(np.exp(np.mean(heard))), 3),
        })
    return words


def describe_recording(
    pair: Pair, segments: list[Record], dropped: list[Any], transcript: Transcript, alignment: Alignment,
    n_frames: int, recogniser: Recogniser,
) -> dict[str, Any]:
    """What there is to say of a recording: how much became segments, what was left out and where.

    unwritten  stretches of sound that the text lacks; unspoken: stretches of text that the sound lacks
    """
    frame = recogniser.frame_seconds
    kept = [segment for segment in segments if segment["keep"]]
    unspoken = unspoken_text(transcript, alignment)
    unwritten = [_seconds(first, after, frame) for first, after, _ in alignment.stars]
    return {
        "id": pair.id,
        "audio_filepath": str(pair.audio),
        "text_filepath": pair.text_file,
        "seconds": round(n_frames * frame, 3),
        "words": len(transcript.words),
        "aligned_words": len(transcript.words) - sum(one["words"] for one in unspoken),
        "segments": len(segments),
        "kept": len(kept),
        "kept_seconds": round(sum(one["duration"] for one in kept), 3),
        "rejected_seconds": round(sum(one["duration"] for one in segments if not one["keep"]), 3),
        "unwritten": unwritten,
        "unwritten_seconds": round(sum(one["end"] - one["start"] for one in unwritten), 3),
        "unspoken": unspoken,
        "dropped": [{"start": round(one.start, 3), "end": round(one.end, 3), "reason": one.reason,
                     "text": _excerpt(transcript.original_of(one.first_word, one.after_word))} for one in dropped],
        "no_unit": {what: count for (why, what), count in transcript.dropped.items() if why == "no unit"},
        "anchored": round(alignment.anchored, 4),
        "prices": {name: round(float(value), 3) for name, value in vars(alignment.prices).items()},
        "score": round(float(alignment.score), 3),
        "explained": round(alignment.explained, 4),
        "notes": [{"text": note.text, **_seconds(*note.frames, frame)} for note in alignment.notes],
    }


def unspoken_text(transcript: Transcript, alignment: Alignment) -> list[dict[str, Any]]:
    """Stretches of the text that were not heard: how many words, where in the original, how it begins."""
    skipped = alignment.starts[transcript.starts[:-1]] < 0
    edges = np.flatnonzero(np.diff(skipped.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return [
        {"words": int(after - first), "from": transcript.spans[first].start, "to": transcript.spans[after - 1].end,
         "text": _excerpt(transcript.original_of(first, after))}
        for first, after in edges.tolist()
    ]


def _seconds(first: int, after: int, frame_seconds: float) -> dict[str, float]:
    return {"start": round(first * frame_seconds, 3), "end": round(after * frame_seconds, 3)}


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…"
