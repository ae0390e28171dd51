"""Decoded records in the forms that other tools read: text, trn, ctm, subtitles."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ds2cli.errors import UsageError

Record = dict[str, Any]
FORMATS = ("jsonl", "text", "trn", "ctm", "srt", "vtt")
CUE_SECONDS, CUE_CHARACTERS, PAUSE_SECONDS = 6.0, 80, 0.8  # a subtitle ends before it grows beyond these, or in a pause


def transcript(records: Iterable[Record], kind: str) -> Iterator[str]:
    """Lines for each record, as it comes.

    kind  jsonl; text: what was said; trn: text (id), for sclite; ctm: recording, channel, start, length, word,
          confidence; srt, vtt: subtitles of one recording
    raises  UsageError where subtitles are asked for more than one recording
    """
    writers = {"jsonl": _jsonl, "text": _text, "trn": _trn, "ctm": _ctm, "srt": _srt, "vtt": _vtt}
    yield from writers[kind](records)


def _jsonl(records: Iterable[Record]) -> Iterator[str]:
    yield from (json.dumps(record, ensure_ascii=False) for record in records)


def _text(records: Iterable[Record]) -> Iterator[str]:
    yield from (record["pred_text"] for record in records)


def _trn(records: Iterable[Record]) -> Iterator[str]:
    yield from (f"{record['pred_text']} ({_name(record)})" for record in records)


def _ctm(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        for word in _words(record):
            length = word["end"] - word["start"]
            yield f"{_recording(record)} 1 {word['start']:.3f} {length:.3f} {word['word']} {word['confidence']:.3f}"


def _srt(records: Iterable[Record]) -> Iterator[str]:
    for number, (start, end, text) in enumerate(_cues(records), 1):
        yield f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text}\n"


def _vtt(records: Iterable[Record]) -> Iterator[str]:
    yield "WEBVTT\n"
    for start, end, text in _cues(records):
        yield f"{_clock(start, '.')} --> {_clock(end, '.')}\n{text}\n"


def _cues(records: Iterable[Record]) -> Iterator[tuple[float, float, str]]:
    """Words gathered into subtitles: start, end (seconds), text."""
    recording = None
    for record in records:
        if recording not in (None, _recording(record)):
            raise UsageError(f"subtitles of `{recording}` and `{_recording(record)}` cannot share a file",
                             hint="decode one recording at a time, or use --format ctm")
        recording = _recording(record)
        cue: list[Record] = []
        joined = " " if " " in record["pred_text"] else ""
        for word in _words(record):
            if cue and _is_full(cue, word):
                yield cue[0]["start"], cue[-1]["end"], joined.join(one["word"] for one in cue)
                cue = []
            cue.append(word)
        if cue:
            yield cue[0]["start"], cue[-1]["end"], joined.join(one["word"] for one in cue)


def _is_full(cue: list[Record], word: Record) -> bool:
    characters = sum(len(one["word"]) + 1 for one in cue) + len(word["word"])
    too_long = word["end"] - cue[0]["start"] > CUE_SECONDS or characters > CUE_CHARACTERS
    return too_long or word["start"] - cue[-1]["end"] > PAUSE_SECONDS


def _words(record: Record) -> Iterator[Record]:
    """The words with times in the recording, not in the utterance."""
    offset = float(record.get("offset") or 0.0)
    for word in record["words"]:
        yield {**word, "start": word["start"] + offset, "end": word["end"] + offset}


def _name(record: Record) -> str:
    return str(record.get("id") or _recording(record))


def _recording(record: Record) -> str:
    return Path(record["audio_filepath"]).stem if record.get("audio_filepath") else str(record.get("id", "-"))


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"
