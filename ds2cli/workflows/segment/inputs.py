"""What a person may hand to `ds2 prepare segment`: a recording and its text, folders of both, or records of pairs."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from glob import escape
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.io.urls import absolute, folder_of, url_of
from ds2cli.media import is_sound, recordings_in
from ds2cli.records.cues import CAPTION_SUFFIXES
from ds2cli.records.jsonl import Record
from ds2cli.records.manifest import read_manifest
from ds2cli.text.documents import DOCUMENT_SUFFIXES, read_document, spoken_text
from ds2cli.text.line_ends import Knows
from ds2cli.text.unspoken import Spoken

_LANGUAGE = re.compile(r"\.[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*")
HINT = "a recording and its text: ds2 prepare segment --model RUN talk.flac talk.txt"


@dataclass(frozen=True)
class RecordingText:
    """A recording and what was said in it, more or less; `problem` says why there is nothing to align.

    text, text_file  the text itself, or the file that holds it
    record           fields that its segments inherit
    """

    id: str
    audio: str
    text: str | None = None
    text_file: str | None = None
    record: Record = field(default_factory=dict)
    problem: str = ""
    channel: int | None = None

    def read_text(self, knows: Knows | None = None) -> Spoken:
        """What is said of the text, and what was left out because nobody says it.

        knows   asks a lexicon about words that a line's end divides
        raises  UsageError where the file cannot be read or is not UTF-8
        """
        if self.text_file is None:
            return spoken_text(self.text or "", knows=knows)
        return read_document(self.text_file, knows)


def read_recording_texts(inputs: list[str], channel: int | None = None) -> Iterator[RecordingText]:
    """The pairs of all inputs, in order; ids that come twice are numbered.

    channel  of every recording, from 0; None is what its record names, else all
    inputs  AUDIO TEXT; or any number of folders and manifests (`audio_filepath`, and `text_filepath` or `text`); `-`
    raises  UsageError where an input does not exist, ManifestError for a wrong line
    """
    seen: dict[str, int] = {}
    for pair in _pairs(inputs):
        seen[pair.id] = seen.get(pair.id, 0) + 1
        if channel is not None:
            pair = replace(pair, channel=channel, record={**pair.record, "channel": channel})
        yield pair if seen[pair.id] == 1 else replace(pair, id=f"{pair.id}-{seen[pair.id]}")


def _pairs(inputs: list[str]) -> Iterator[RecordingText]:
    if len(inputs) == 2 and is_sound(inputs[0]) and not is_sound(inputs[1]) and not Path(inputs[1]).is_dir():
        for name in inputs:
            if not url_of(name) and not Path(name).exists():
                raise UsageError(f"no such file: `{name}`", hint=HINT)
        yield RecordingText(Path(inputs[0]).stem, absolute(inputs[0]), text_file=inputs[1])
        return
    is_text_first = len(inputs) == 2 and is_sound(inputs[1]) and not is_sound(inputs[0])
    if is_text_first and Path(inputs[0]).suffix.lower() in DOCUMENT_SUFFIXES:
        raise UsageError(f"no text for `{inputs[1]}`", hint=f"the recording comes first: {inputs[1]} {inputs[0]}")
    for name in inputs:
        if name != "-" and Path(name).is_dir():
            yield from _of_folder(Path(name))
        elif is_sound(name):
            raise UsageError(f"no text for `{name}`", hint=HINT)
        else:
            yield from _of_manifest(name)


def _of_folder(folder: Path) -> Iterator[RecordingText]:
    """Recordings with a text of the same name beside each."""
    found = list(recordings_in(folder))
    if not found:
        raise UsageError(f"no audio in `{folder}`", hint="see the formats with: ds2 doctor")
    for audio in found:
        text = _text_beside(audio)
        problem = "" if text else f"`{audio}` has no text beside it (`{audio.stem}.txt`)"
        yield RecordingText(audio.stem, os.path.abspath(audio), text_file=text, problem=problem)


def _text_beside(audio: Path) -> str | None:
    """The text of the same name; of subtitles also one that names its language (talk.en.vtt)."""
    texts = [audio.with_name(audio.stem + suffix) for suffix in DOCUMENT_SUFFIXES]
    in_languages = [path for path in sorted(audio.parent.glob(f"{escape(audio.stem)}.*"))
                    if path.suffix.lower() in CAPTION_SUFFIXES and _LANGUAGE.fullmatch(path.stem[len(audio.stem) :])]
    return next((str(one) for one in (*texts, *in_languages) if one.is_file()), None)


def _of_manifest(name: str) -> Iterator[RecordingText]:
    folder = folder_of(name)
    for utterance in read_manifest(name, required=("audio_filepath",)):
        record = dict(utterance.record)
        text_file = record.pop("text_filepath", None)
        for gone in ("text", "duration", "offset", "audio_filepath", "id"):
            record.pop(gone, None)
        problem = ""
        if utterance.offset:
            problem = f"`{utterance.id}` begins {utterance.offset:g} s into its file: segments come of whole recordings"
        elif text_file is None and not utterance.text:
            problem = f"`{utterance.id}` has neither `text_filepath` nor `text`"
        text_path = str(folder / str(text_file)) if text_file is not None else None
        audio, text = utterance.audio, utterance.text
        yield RecordingText(utterance.id, audio, text, text_path, record, problem, utterance.channel)
