"""What is done with texts, from Python: aligned with sound, cut to utterances, scored, normalised."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ds2cli.alignment.settings import CutSettings
from ds2cli.api.sounds import Sound, read_sound, to_utterances
from ds2cli.api.transcriber import Transcriber
from ds2cli.decoding.hypothesis import Word
from ds2cli.errors import AudioError, Ds2Error, ManifestError, UsageError
from ds2cli.inference.utterances import Observers, infer
from ds2cli.model.devices import usable_device
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.records.jsonl import Record
from ds2cli.runs.decoding import read_tuned
from ds2cli.scoring.choices import Missing, ScoreOptions, WordKind
from ds2cli.scoring.inputs.pairs import Pairing
from ds2cli.scoring.report import Report
from ds2cli.text.lexicon import read_lexicon
from ds2cli.text.normalise import NORMALISERS, normaliser_for
from ds2cli.text.normalise import normalise as normalised
from ds2cli.text.written.names import cased_words
from ds2cli.text.written.written import written as as_written
from ds2cli.workflows.align import times_of
from ds2cli.workflows.score.score import score as score_files
from ds2cli.workflows.score.score import score_pairs
from ds2cli.workflows.segment.inputs import RecordingText
from ds2cli.workflows.segment.recording import SegmentSettings, segment_recording
from ds2cli.workflows.segment.work import open_work

FileName = str | os.PathLike[str]


@dataclass(frozen=True)
class Alignment:
    """When each word of a text is said: seconds from the recording's beginning.

    units  each with its start and end
    score  natural log of the path's probability
    """

    words: list[Word]
    units: list[tuple[str, float, float]]
    score: float


@dataclass(frozen=True)
class Segmentation:
    """A recording and its text as utterances.

    kept      their records, as `ds2 prepare segment` writes them
    rejected  those that its filter holds to be wrong
    report    what was left out of the recording and of its text, as `--report` writes it
    doubt     what a person should look at; empty where there is nothing
    """

    kept: list[Record]
    rejected: list[Record]
    report: dict[str, Any]
    doubt: str


def align(
    sound: Sound, text: str, *, model: FileName | Transcriber = "english", normalise: str = "auto",
    channel: int | None = None, device: str = "auto",
) -> Alignment:
    """When each word of a known text is said: `ds2 align` for one recording.

    model      a name or path, or what `load` gave
    normalise  how the text is read: one of "english", "mandarin", "none"; "auto" is as the model's units suggest
    raises     AudioError where the sound cannot be read; TextError where the units do not spell the text, or the sound
               is too short for it
    """
    recogniser, lexicon_file = _network(model, device)
    lexicon = read_lexicon(lexicon_file, recogniser.units) if lexicon_file else None
    language = normaliser_for(recogniser.units, lexicon) if normalise == "auto" else _known(normalise)
    (heard,) = infer(recogniser, to_utterances([sound], channel), 1, Observers(read=read_sound))
    if heard.log_probs is None:
        raise AudioError(heard.problem)
    times = times_of(text, heard.log_probs, recogniser, language, lexicon, unit_times=True)
    units = [(one["unit"], one["start"], one["end"]) for one in times["unit_times"]]
    return Alignment([Word(**word) for word in times["words"]], units, times["score"])


def _network(model: FileName | Transcriber, device: str) -> tuple[Recogniser, Path | None]:
    """The network, with layers in float32, and the lexicon that it comes with."""
    if isinstance(model, Transcriber):
        return model.network, model.lexicon_file
    name = os.fspath(model)
    return load_recogniser(name, usable_device(device)), read_tuned(name).lexicon_file


def segment(
    audio: FileName, text: str | None = None, *, text_file: FileName | None = None, model: FileName = "english",
    cut: CutSettings | None = None, normalise: str = "auto", min_confidence: float | None = None, device: str = "auto",
) -> Segmentation:
    """A recording of any length and its text to utterances: `ds2 prepare segment` for one recording.

    text, text_file  what was said, more or less: the text itself, or its file (plain, subtitles, EPUB, a page)
    cut              how long the utterances shall be
    min_confidence   of the filter, above which utterances are kept; None is its own
    raises           Ds2Error where the recording or the text cannot be read, or the text is not what is said
    """
    if (text is None) == (text_file is None):
        raise UsageError("one text is needed", hint='segment("talk.wav", "what was said"), or text_file="talk.txt"')
    if not Path(audio).is_file():
        raise AudioError(f"no such file: `{os.fspath(audio)}`")
    name = os.fspath(model)
    file = None if text_file is None else os.fspath(text_file)
    pair = RecordingText(Path(audio).stem, os.path.abspath(audio), text, file)
    language = normalise if normalise == "auto" else _known(normalise)
    lexicon_file = read_tuned(name).lexicon_file
    settings = SegmentSettings(language, cut or CutSettings(), None, min_confidence, None, lexicon_file)
    with open_work(None, None) as work:
        load = partial(load_recogniser, name, usable_device(device))
        answer = segment_recording(pair, name, load, settings, work)
    if answer.problem:
        raise Ds2Error(answer.problem)
    rejected = [one for one in answer.segments if not one["keep"]]
    return Segmentation(answer.kept, rejected, answer.recording, answer.doubt)


def score(
    references: FileName | Iterable[str] | Iterable[Record], hypotheses: FileName | Iterable[str] | None = None, *,
    normalise: str = "none", ignore_case: bool = False, words: str = "auto",
) -> Report:
    """How many errors, which, where, how sure: `.wer` and `.cer` in per cent, `.summary()`, `.worst(10)`.

    references  texts, with as many `hypotheses`; or records with `text` and `pred_text`, as `decode` gives them; or
                the path of a file, as `ds2 score` takes it, alone or with that of the hypotheses
    normalise   "none", "english", "mandarin", or the path of a GLM file
    words       "auto" (by character where a script has no spaces), "spaces" or "phones"
    raises      ManifestError where the two sides do not pair up, UsageError
    """
    if words not in list(WordKind):
        raise UsageError(f"words `{words}`", hint=f"one of: {', '.join(WordKind)}")
    options = ScoreOptions(normalise=normalise, ignore_case=ignore_case, words=WordKind(words))
    if isinstance(references, (str, os.PathLike)):
        if hypotheses is not None and not isinstance(hypotheses, (str, os.PathLike)):
            raise UsageError("the references are a file, the hypotheses are not", hint="give two paths, or two lists")
        return score_files(Path(references), None if hypotheses is None else Path(hypotheses), options=options)
    if isinstance(hypotheses, (str, os.PathLike)):
        raise UsageError("the hypotheses are a file, the references are not", hint="give two paths, or two lists")
    return score_pairs(_pairs(list(references), None if hypotheses is None else list(hypotheses)), options)


def _pairs(references: list[Any], hypotheses: list[str] | None) -> Pairing:
    """raises  ManifestError where numbers differ, or a side is missing"""
    if hypotheses is None:
        records = [_record(record, number) for number, record in enumerate(references, 1)]
    elif len(references) != len(hypotheses):
        message = f"{len(references)} references, but {len(hypotheses)} hypotheses"
        raise ManifestError(message, hint="they are paired by position")
    else:
        records = [{"text": said, "pred_text": heard} for said, heard in zip(references, hypotheses, strict=True)]
    pairing = Pairing(kinds=["texts"])
    for number, record in enumerate(records, 1):
        for side in ("text", "pred_text"):
            if not isinstance(record[side], str):
                raise ManifestError(f"pair {number}: `{side}` is {type(record[side]).__name__}, not text")
        name = str(record.get("id", number))
        pairing.add(name, record["text"], record["pred_text"], Missing.error, record=record)
    return pairing


def _record(record: Any, number: int) -> Record:
    missing = [side for side in ("text", "pred_text") if not isinstance(record, dict) or side not in record]
    if missing:
        raise ManifestError(f"record {number} has no `{missing[0]}`", hint="score(references, hypotheses) takes texts")
    return record


def normalise(text: str, language: str = "english") -> str:
    """A text as it is spoken, and as models spell it: "It cost $5." becomes "it cost five dollars".

    language  "english", "mandarin", or "none"
    raises    UsageError where there is no such normaliser
    """
    return normalised(text, language).text


def written(text: str, language: str = "", names: Iterable[str] = ()) -> str:
    """The way back: "it cost five dollars on may third" becomes "It cost $5 on May 3."

    language  "english", "mandarin"; "" is Mandarin where there are Chinese characters
    names     words, or sentences, with capitals where they belong
    raises    UsageError where the language is another
    """
    if language not in ("", "english", "mandarin"):
        raise UsageError(f"no way to write `{language}`", hint="choose one of: english, mandarin")
    return as_written(text, language, cased_words(names))


def _known(language: str) -> str:
    if language not in NORMALISERS:
        raise UsageError(f"no normaliser `{language}`", hint=f"choose one of: auto, {', '.join(NORMALISERS)}")
    return language
