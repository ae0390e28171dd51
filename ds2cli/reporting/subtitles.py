"""Records as subtitles of their recording: SubRip (srt) and WebVTT."""

from collections.abc import Iterable, Iterator

from ds2cli.reporting.timed_words import Record, of_one_recording, timed_words

CUE_SECONDS, CUE_CHARACTERS, PAUSE_SECONDS = 6.0, 80, 0.8  # a cue ends before it grows beyond these, or in a pause


def srt(records: Iterable[Record], text: str) -> Iterator[str]:
    """Numbered cues.

    text    the records' field that holds what was said; words with an `original` are shown as it is written
    raises  UsageError where the records are of more than one recording
    """
    for number, (start, end, said) in enumerate(_cues(records, text), 1):
        yield f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{said}\n"


def vtt(records: Iterable[Record], text: str) -> Iterator[str]:
    """Cues behind the line that says WEBVTT; as `srt`."""
    yield "WEBVTT\n"
    for start, end, said in _cues(records, text):
        yield f"{_clock(start, '.')} --> {_clock(end, '.')}\n{_escaped(said)}\n"


def _cues(records: Iterable[Record], text: str) -> Iterator[tuple[float, float, str]]:
    """Words gathered into subtitles: start, end (seconds), text."""
    for record in of_one_recording(records, "subtitles"):
        separator = " " if " " in record[text] else ""
        cue: list[Record] = []
        for word in timed_words(record):
            if cue and _is_full(cue, word):
                yield from _cue(cue, separator)
                cue = []
            cue.append(word)
        yield from _cue(cue, separator)


def _cue(words: list[Record], separator: str) -> Iterator[tuple[float, float, str]]:
    """One cue, or none: the later words of a number have nothing of their own to show."""
    said = "".join(word.get("original", word["word"] + separator) for word in words).strip()
    if said:
        yield words[0]["start"], words[-1]["end"], said


def _is_full(cue: list[Record], word: Record) -> bool:
    characters = sum(len(one["word"]) + 1 for one in cue) + len(word["word"])
    too_long = word["end"] - cue[0]["start"] > CUE_SECONDS or characters > CUE_CHARACTERS
    return too_long or word["start"] - cue[-1]["end"] > PAUSE_SECONDS


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def _escaped(text: str) -> str:
    """Text of a WebVTT cue, where <b> is markup and & begins a character's name."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
