"""Utterances whose text is known gain the times of their words and units: the exact best path through CTC's trellis, or
through a transducer's own lattice."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ds2cli.alignment.aligned import AlignedRecording
from ds2cli.alignment.spellings import choose_spellings
from ds2cli.alignment.transducer import choose_spoken, emitted_path
from ds2cli.alignment.viterbi import viterbi_path
from ds2cli.errors import TextError
from ds2cli.inference.group_work import GroupAnswer, Outcome, group_work, groups_of, unwrapped
from ds2cli.inference.utterances import Observers, UtteranceLogProbs, infer
from ds2cli.jobs.plan import Plan
from ds2cli.jobs.work import Worker
from ds2cli.model.devices import usable_device
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.records.jsonl import Record
from ds2cli.records.manifest import Utterance
from ds2cli.runs.decoding import read_tuned
from ds2cli.text.lexicon import Lexicon, read_lexicon
from ds2cli.text.normalise import normaliser_for
from ds2cli.text.spelled_text import NOT_IN_LEXICON, SpelledText, spell_text
from ds2cli.text.units import frames_needed
from ds2cli.workflows.inputs import read_asked
from ds2cli.workflows.segment.records import aligned_words


@dataclass(frozen=True)
class AlignRequest:
    """What is aligned, by which model; `language` is the normaliser of the texts, or "auto".

    one_recording  the output has room for one: more are refused before the work
    """

    run: str
    inputs: list[str]
    language: str
    unit_times: bool = False
    jobs: int = 1
    device: str = "auto"
    lexicon_file: Path | None = None
    channel: int | None = None
    one_recording: bool = False


def align_records(
    request: AlignRequest, skip: Callable[[str], None],
    hears: Callable[[float, float], None] = lambda done, total: None, plan: Plan | None = None,
) -> Iterator[Record]:
    """The records that flow past, each with `words` (and `unit_times`), and `score`: the path's log-probability.

    skip  is told of each utterance that cannot be aligned, and work goes on
    hears  is told of the seconds of sound that have been heard, and of those that were read
    plan  where the work is done
    """
    utterances = read_asked(request.inputs, request.channel, skip, request.one_recording)
    if plan is None or plan.is_here:
        outcomes = Aligner(request, hears)(utterances)
    else:
        work = group_work(partial(_open_aligner, request), request.device != "cpu")
        outcomes = unwrapped(plan.answers(work, enumerate(groups_of(utterances))), skip, hears)
    for outcome in outcomes:
        if outcome.problem:
            skip(outcome.problem)
        else:
            yield outcome.record


class Aligner:
    """`Aligner(request)(utterances)`: the outcome of each, in order."""

    def __init__(self, request: AlignRequest, hears: Callable[[float, float], None] = lambda done, total: None) -> None:
        self._request, self._hears = request, hears
        self._recogniser = load_recogniser(request.run, usable_device(request.device))
        lexicon_file = request.lexicon_file or read_tuned(request.run).lexicon_file
        units = self._recogniser.units
        self._lexicon = read_lexicon(lexicon_file, units) if lexicon_file else None
        self._language = normaliser_for(units, self._lexicon) if request.language == "auto" else request.language

    def __call__(self, utterances: Iterable[Utterance]) -> Iterator[Outcome]:
        for heard in infer(self._recogniser, utterances, self._request.jobs, Observers(heard=self._hears)):
            yield self._outcome(heard)

    def _outcome(self, heard: UtteranceLogProbs) -> Outcome:
        utterance = heard.utterance
        if heard.log_probs is None:
            return Outcome({}, problem=heard.problem)
        try:
            times = times_of(utterance.text, heard.log_probs, self._recogniser, self._language, self._lexicon,
                             unit_times=self._request.unit_times)
        except TextError as problem:
            return Outcome({}, problem=f"`{utterance.id}`: {problem}")
        duration = utterance.duration or round(heard.seconds, 3)
        return Outcome({"id": utterance.id, **utterance.record, "duration": duration, **times})


def _open_aligner(request: AlignRequest) -> Worker:
    aligner = Aligner(request)
    return lambda groups: (GroupAnswer(group, list(aligner(group.utterances))) for group in groups)


def times_of(text: str, log_probs: np.ndarray, recogniser: Recogniser, language: str, lexicon: Lexicon | None = None,
             *, unit_times: bool = False) -> Record:
    """When each word of a text is said, in seconds from the utterance's beginning.

    lexicon  how words are said; where it knows several ways, the one that is heard
    raises  TextError where there is no text, the units do not spell it, or the frames do not hold it
    """
    transcript = spell_text(text, recogniser.units, language, lexicon)
    missing = [piece for reason, piece in transcript.dropped if reason == NOT_IN_LEXICON]
    if missing:
        raise TextError(f"`{missing[0]}` is not in the lexicon")
    unknown = [piece for reason, piece in transcript.dropped if reason == "no unit"]
    if unknown:
        raise TextError(f"`{unknown[0]}` is not a unit of the model")
    if not transcript.words:
        raise TextError("no text to align")
    if recogniser.is_transducer:
        return _emitted_times(transcript, log_probs, recogniser, unit_times, lexicon)
    labels, frame = transcript.labels, recogniser.frame_seconds
    if frames_needed(labels.tolist()) > len(log_probs):
        raise TextError(f"{len(labels)} letters in {len(log_probs)} frames, which CTC cannot spell")
    path = viterbi_path(log_probs, labels, transcript.starts)
    if lexicon:
        transcript = choose_spellings(transcript, path, log_probs, _spellings(transcript, lexicon))
        labels, path = transcript.labels, viterbi_path(log_probs, transcript.labels, transcript.starts)
    words = aligned_words(AlignedRecording(transcript, log_probs, path, frame), 0, len(transcript.words))
    record = {"words": words, "score": round(path.score, 4)}
    if unit_times:
        record["unit_times"] = _unit_times(recogniser, labels, path.starts, path.ends)
    return record


def _emitted_times(transcript: SpelledText, frames: np.ndarray, recogniser: Recogniser, unit_times: bool,
                   lexicon: Lexicon | None) -> Record:
    """As `times_of`, of a transducer's frames; a label lasts the frame that it is said in, as in `ds2 decode`."""
    head, second = recogniser.network.transducer, recogniser.frame_seconds
    path = emitted_path(head, frames, transcript.labels)
    if lexicon:
        transcript = choose_spoken(head, frames, transcript, path, _spellings(transcript, lexicon))
        path = emitted_path(head, frames, transcript.labels)
    words = []
    for number, word in enumerate(transcript.words):
        first, after = transcript.spelled(number, number + 1)
        words.append({"word": word, "start": round(float(path.frames[first]) * second, 3),
                      "end": round(float(path.frames[after - 1] + 1) * second, 3),
                      "confidence": round(float(np.exp(path.log_probs[first:after].mean())), 3)})
    record = {"words": words, "score": round(path.score, 4)}
    if unit_times:
        record["unit_times"] = _unit_times(recogniser, transcript.labels, path.frames, path.frames + 1)
    return record


def _spellings(transcript: SpelledText, lexicon: Lexicon) -> list[list[list[int]]]:
    return [lexicon.spellings(word) for word in transcript.words]


def _unit_times(recogniser: Recogniser, labels: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> list[Record]:
    names, frame = recogniser.units.names, recogniser.frame_seconds
    return [{"unit": names[label], "start": round(start * frame, 3), "end": round(end * frame, 3)}
            for label, start, end in zip(labels.tolist(), starts.tolist(), ends.tolist(), strict=True)]
