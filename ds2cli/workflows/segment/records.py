"""Segments and recordings as records: what travels on to training, and what a report says was left out."""

from typing import Any

import numpy as np

from ds2cli.alignment.aligned import AlignedRecording
from ds2cli.alignment.cutting import Segment
from ds2cli.alignment.features import segment_features
from ds2cli.alignment.filter import Filter
from ds2cli.alignment.recording import RecordingAlignment
from ds2cli.records.jsonl import Record
from ds2cli.text.spelled_text import NO_UNIT, NOT_IN_LEXICON, SpelledText
from ds2cli.workflows.segment.inputs import RecordingText

EXCERPT = 80  # characters of a text that was left out


def describe_segments(
    pair: RecordingText, segments: list[Segment], aligned: AlignedRecording, judge: Filter
) -> list[Record]:
    """A record for each segment, in order: where it is, what is said, how sure that is."""
    frame, transcript = aligned.frame_seconds, aligned.transcript
    ranges = [(round(one.start / frame), max(round(one.end / frame), round(one.start / frame) + 1)) for one in segments]
    spelled = [transcript.spelled(one.first_word, one.after_word) for one in segments]
    features = segment_features(
        [aligned.log_probs[first:after] for first, after in ranges],
        [transcript.labels[first:after] for first, after in spelled],
        [one.after_word - one.first_word for one in segments],
        [aligned.deficits[first:after] for first, after in ranges],
    )
    records = []
    judged = zip(segments, features, judge.confidences(features), strict=True)
    for number, (one, values, confidence) in enumerate(judged, 1):
        words = aligned_words(aligned, one.first_word, one.after_word, one.start)
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


def aligned_words(aligned: AlignedRecording, first_word: int, after_word: int, origin: float = 0.0) -> list[Record]:
    """The words with start and end in seconds from `origin`, and the network's own confidence in each (the geometric
    mean of its letters' probabilities); words that were skipped are not among them."""
    words, transcript, path, step = [], aligned.transcript, aligned.path, aligned.step_seconds
    for word in range(first_word, after_word):
        first, after = transcript.spelled(word, word + 1)
        if path.starts[first] < 0:
            continue
        starts, ends = path.starts[first:after], path.ends[first:after]
        frames = zip(starts // path.steps, -(-ends // path.steps), transcript.labels[first:after], strict=True)
        heard = [aligned.log_probs[start:end, label].max() for start, end, label in frames]
        words.append({
            "word": transcript.words[word],
            "start": round(float(starts[0]) * step - origin, 3),
            "end": round(float(ends[-1]) * step - origin, 3),
            "confidence": round(float(np.exp(np.mean(heard))), 3),
        })
    return words


def describe_recording(
    pair: RecordingText, aligned: AlignedRecording, alignment: RecordingAlignment, segments: list[Record],
    dropped: list[Segment],
) -> dict[str, Any]:
    """What there is to say of a recording: how much became segments, what was left out and where.

    Every word of the text is in one of four places: kept, rejected (by the filter), dropped (heard, but in no segment),
    or unspoken.

    unwritten  stretches of sound that the text lacks; unspoken: stretches of text that the sound lacks
    """
    transcript, frame = aligned.transcript, aligned.frame_seconds
    kept = [segment for segment in segments if segment["keep"]]
    unspoken = unspoken_text(transcript, alignment)
    unwritten = [_seconds(first, after, aligned.step_seconds) for first, after, _ in alignment.stars]
    return {
        "id": pair.id,
        "audio_filepath": str(pair.audio),
        "text_filepath": pair.text_file,
        "seconds": round(len(aligned.log_probs) * frame, 3),
        "words": len(transcript.words),
        "aligned_words": len(transcript.words) - sum(one["words"] for one in unspoken),
        "kept_words": _words(kept),
        "rejected_words": _words(segments) - _words(kept),
        "dropped_words": sum(one.after_word - one.first_word for one in dropped),
        "segments": len(segments),
        "kept": len(kept),
        "kept_seconds": round(sum(one["duration"] for one in kept), 3),
        "rejected_seconds": round(sum(one["duration"] for one in segments if not one["keep"]), 3),
        "unwritten": unwritten,
        "unwritten_seconds": round(sum(one["end"] - one["start"] for one in unwritten), 3),
        "unspoken": unspoken,
        "dropped": [{"start": round(one.start, 3), "end": round(one.end, 3), "reason": one.reason,
                     "words": one.after_word - one.first_word,
                     "text": _excerpt(transcript.original_of(one.first_word, one.after_word))} for one in dropped],
        "no_unit": _lost(transcript, NO_UNIT),
        "not_in_lexicon": _lost(transcript, NOT_IN_LEXICON),
        "anchored": round(alignment.anchored, 4),
        "prices": {name: round(float(value), 3) for name, value in vars(alignment.prices).items()},
        "score": round(float(alignment.score), 3),
        "explained": round(alignment.explained, 4),
        "notes": [{"text": note.text, **_seconds(*note.frames, frame)} for note in alignment.notes],
    }


def _lost(transcript: SpelledText, reason: str) -> dict[str, int]:
    return {what: count for (why, what), count in transcript.dropped.items() if why == reason}


def _words(segments: list[Record]) -> int:
    return sum(len(one["words"]) for one in segments)


def unspoken_text(transcript: SpelledText, alignment: RecordingAlignment) -> list[dict[str, Any]]:
    """Stretches of the text that were not heard: how many words, where in the original, how it begins."""
    skipped = alignment.starts[transcript.starts[:-1]] < 0
    edges = np.flatnonzero(np.diff(skipped.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return [
        {"words": int(after - first), "from": transcript.spans[first].start, "to": transcript.spans[after - 1].end,
         "text": _excerpt(transcript.original_of(first, after))}
        for first, after in edges.tolist()
    ]


def _seconds(first: int, after: int, each: float) -> dict[str, float]:
    return {"start": round(first * each, 3), "end": round(after * each, 3)}


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…"
