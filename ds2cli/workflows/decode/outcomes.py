"""Log-probs through a decoder to records that say what was said."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict

import numpy as np

from ds2cli.decoding.hypothesis import Hypothesis, Word
from ds2cli.errors import Ds2Error
from ds2cli.inference.group_work import Outcome
from ds2cli.records.jsonl import Record
from ds2cli.workflows.decode.decoder import Decoder
from ds2cli.workflows.decode.request import DecodeRequest
from ds2cli.workflows.decode.source import LogProbSource, are_log_probs

PHONES = "phones"


def outcomes_of(source: LogProbSource, decoder: Decoder, request: DecodeRequest) -> Iterator[Outcome]:
    """What became of each utterance of a source, in order; those that cannot be decoded come as soon as that is known.

    raises  Ds2Error where files of log-probs hold something else
    """
    with ThreadPoolExecutor(request.jobs) as pool:
        waiting: deque[tuple[int, Record, np.ndarray, Future]] = deque()

        def finished() -> Outcome:
            place, record, log_probs, future = waiting.popleft()
            said = decoded_record(record, future.result(), source, request)
            return Outcome(said, record, log_probs, place=place) if request.log_probs else Outcome(said, place=place)

        for place, (record, log_probs, problem) in enumerate(source.items):
            try:
                if log_probs is None:
                    raise Ds2Error(problem)
                log_probs = decoder.check(log_probs, f"`{record.get('id', '?')}`")
            except Ds2Error as wrong:
                if log_probs is not None and (request.layout or are_log_probs(request.inputs)):
                    raise
                yield Outcome({}, problem=str(wrong), place=place)
                continue
            # The beams run in their threads while the network, in this one, goes on listening.
            waiting.append((place, record, log_probs, pool.submit(decoder.decode, log_probs, request.n_best)))
            while len(waiting) > 128 or (waiting and waiting[0][3].done()):
                yield finished()
        while waiting:
            yield finished()


def decoded_record(
    record: Record, hypotheses: list[Hypothesis], source: LogProbSource, request: DecodeRequest
) -> Record:
    """The record with what was said."""
    best = hypotheses[0]
    said = describe_words(best, best.words(source.frame_seconds))
    if source.units.separator and best.text and best.text == source.units.text(best.units):
        said["tokens"] = PHONES  # no lexicon made words of them: ds2 score tells by this what it counts
    if request.unit_times:
        times = best.unit_times(source.units, source.frame_seconds)
        said["unit_times"] = [{"unit": unit, "start": round(start, 3), "end": round(end, 3)}
                              for unit, start, end in times]
    if request.n_best > 1:
        said["nbest"] = [{"text": one.text, "score": _score(one)} for one in hypotheses]
    return {**record, **said}


def describe_words(best: Hypothesis, words: list[Word]) -> Record:
    """A record's fields of what was said."""
    rounded = [{name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(word).items()}
               for word in words]
    return {"pred_text": best.text, "score": _score(best), "words": rounded}


def _score(hypothesis: Hypothesis) -> dict[str, float]:
    scores = {"acoustic": hypothesis.acoustic, "lm": hypothesis.lm, "total": hypothesis.total}
    return {name: round(score, 4) for name, score in scores.items()}
