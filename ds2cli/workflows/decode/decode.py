"""Speech to text: the network listens, the decoder reads its log-probs, a record gains what was said."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.declarations import laid_over
from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.greedy import GreedyDecoder
from ds2cli.decoding.hypothesis import Hypothesis, Word
from ds2cli.decoding.log_probs import LogProbFile, LogProbWriter, is_log_prob_file
from ds2cli.decoding.logits import LAYOUT_HINT, LogitsFile, LogitsLayout, are_foreign
from ds2cli.decoding.settings import TRANSDUCERS, DecodingConfig, default_config
from ds2cli.decoding.tokens import Tokens, are_letters
from ds2cli.decoding.transducer import TransducerGreedyDecoder, beam_decoder, greedy_decoder, joint_of
from ds2cli.errors import Ds2Error, UsageError
from ds2cli.inference.window_work import Outcome
from ds2cli.jobs.plan import Plan
from ds2cli.language.model import NgramModel, load_ngram_model
from ds2cli.records.formats import all_of_one_recording
from ds2cli.records.jsonl import Record, read_records
from ds2cli.records.manifest import Utterance
from ds2cli.runs.decoding import Tuned, read_tuned
from ds2cli.text.lexicon import Lexicon, read_lexicon
from ds2cli.text.units import Units
from ds2cli.workflows.inputs import read_asked

Decoder = BeamDecoder | GreedyDecoder | TransducerGreedyDecoder
NO_LOG_PROBS = "a transducer has no log-probs to save: they depend on what was said before"
NO_LOG_PROBS_HINT = "leave out --log-probs; a CTC run has some"


@dataclass(frozen=True)
class DecodeRequest:
    """What is decoded and how; `overrides` are the weights that were named, above the run's tuned ones.

    lm            language model; where none is named, the run's own, if it comes with one
    greedy        without any language model
    lexicon_file  how words are said in the units; where none is named, the run's own
    """

    run: str
    inputs: list[str]
    lm: Path | None = None
    greedy: bool = False
    overrides: dict[str, Any] | None = None
    beam_search: bool = False
    n_best: int = 1
    unit_times: bool = False
    log_probs: Path | None = None
    jobs: int = 1
    device: str = "auto"
    channel: int | None = None
    layout: LogitsLayout | None = None
    letters_are_words: bool = False
    lexicon_file: Path | None = None
    one_recording: bool = False


@dataclass(frozen=True)
class Source:
    """Log-probs one after another, with their records; None and a problem where a recording could not be read.

    joint  of a transducer, whose frames stand in place of log-probs: its prediction network and joint layer
    """

    units: Units
    frame_seconds: float
    items: Iterator[tuple[Record, np.ndarray | None, str]]
    joint: Any = None


def decode(
    request: DecodeRequest, skip: Callable[[str], None], warn: Callable[[str], None],
    heard: Callable[[float, float], None] = lambda done, total: None,
    say: Callable[[str], None] = lambda line: None, plan: Plan | None = None,
) -> Iterator[Record]:
    """The records that flow past, each with pred_text, score and words (and nbest, unit_times); in order.

    skip  is told of each recording that cannot be decoded, and work goes on
    warn  of a language model or a lexicon that fits the units badly, of sound that the model was not made for
    heard  of the seconds of sound that have been heard, and of those that were read
    say   what logits of another toolkit were taken for
    plan  where the work is done
    """
    plan = plan or Plan()
    if plan.is_here:
        source = open_source(request.run, request.inputs, request.jobs, request.device, request.channel, warn, heard,
                             request.layout, say, skip=skip, one_recording=request.one_recording)
        if request.layout and not request.layout.frame_seconds:
            warn("how long a frame is was not said (--frame-seconds): times count frames")
        if source.joint and request.log_probs:
            raise UsageError(NO_LOG_PROBS, hint=NO_LOG_PROBS_HINT)
        outcomes = outcomes_of(source, open_decoder(request, source.units, warn, source.joint), request)
        form = source.units, source.frame_seconds
    else:
        from ds2cli.workflows.decode.elsewhere import decode_elsewhere, form_of

        outcomes, form = decode_elsewhere(request, skip, warn, heard, plan), form_of(request)
    with ExitStack() as stack:
        writer = None
        if request.log_probs and not plan.share:
            writer = stack.enter_context(LogProbWriter(request.log_probs, *form))
        yield from _records(outcomes, skip, writer)


def decode_source(
    source: Source, decoder: Decoder, request: DecodeRequest, skip: Callable[[str], None]
) -> Iterator[Record]:
    """The records of a source, each with what was said."""
    return _records(outcomes_of(source, decoder, request), skip)


def _records(
    outcomes: Iterable[Outcome], skip: Callable[[str], None], writer: LogProbWriter | None = None
) -> Iterator[Record]:
    for outcome in outcomes:
        if outcome.problem:
            skip(outcome.problem)
            continue
        if writer and outcome.log_probs is not None:
            writer.add(outcome.asked, outcome.log_probs)
        yield outcome.record


def outcomes_of(source: Source, decoder: Decoder, request: DecodeRequest) -> Iterator[Outcome]:
    """What became of each utterance of a source, in order; those that cannot be decoded come as soon as that is known.

    raises  Ds2Error where files of log-probs hold something else
    """
    with ThreadPoolExecutor(request.jobs) as pool:
        waiting: deque[tuple[Record, np.ndarray, Future]] = deque()

        def finished() -> Outcome:
            record, log_probs, future = waiting.popleft()
            said = describe(record, future.result(), source, request)
            return Outcome(said, record, log_probs) if request.log_probs else Outcome(said)

        for record, log_probs, problem in source.items:
            try:
                if log_probs is None:
                    raise Ds2Error(problem)
                log_probs = decoder.check(log_probs, f"`{record.get('id', '?')}`")
            except Ds2Error as wrong:
                if log_probs is not None and (request.layout or are_log_probs(request.inputs)):
                    raise
                yield Outcome({}, problem=str(wrong))
                continue
            # The beams run in their threads while the network, in this one, goes on listening.
            waiting.append((record, log_probs, pool.submit(decoder.decode, log_probs, request.n_best)))
            while len(waiting) > 128 or (waiting and waiting[0][2].done()):
                yield finished()
        while waiting:
            yield finished()


def open_decoder(
    request: DecodeRequest, units: Units, warn: Callable[[str], None], joint: Any = None
) -> Decoder:
    """Greedy, unless there is a language model or a lexicon, or anything else that takes a beam was asked for.

    joint   of a transducer (`joint_of`)
    raises  UsageError where a language model's weight was named and there is none
    """
    tuned = Tuned() if request.greedy or request.layout else read_tuned(request.run)
    lm, overrides = request.lm or tuned.lm, request.overrides or {}
    lexicon_file = request.lexicon_file or tuned.lexicon_file
    if lm is None and "alpha" in overrides:
        raise UsageError("a language model's weight, but no language model", hint="name one with: --lm lm.arpa")
    _refuse_what_only_a_transducer_has(overrides, joint)
    if not (lm or lexicon_file or request.beam_search):
        return greedy_decoder(joint, units, laid_over(DecodingConfig(), overrides, "flag"))
    # The rewards and tuned weights balance a language model; without one, sound alone decides.
    weights = tuned.weights if lm else {"alpha": 0.0, "beta": 0.0}
    if request.n_best > 1:  # readings that all begin alike are no list
        weights = {**weights, "settle_frames": 0}
    config = laid_over(replace(default_config(len(units), joint is not None), **weights), overrides, "flag")
    lexicon = open_lexicon(lexicon_file, units, warn) if lexicon_file else None
    model = open_model(lm, warn) if lm else None
    decoder = beam_decoder(joint, units, config, model, lexicon=lexicon)
    if model and not request.letters_are_words and are_letters(units, decoder.tokens, model):
        warn(letters_note(model))
    warn_of_coverage(decoder.tokens, lm, warn)
    return decoder


def _refuse_what_only_a_transducer_has(overrides: dict[str, Any], joint: Any) -> None:
    named = [name for name in TRANSDUCERS if name in overrides]
    if named and joint is None:
        raise UsageError(f"`{named[0]}` is a setting of transducers, and this model is none",
                         hint=f"leave out --{named[0].replace('_', '-')}")


def warn_of_coverage(tokens: Tokens, lm: Path | None, warn: Callable[[str], None]) -> None:
    """A word about a model of which little can be said."""
    if tokens.coverage and not tokens.coverage.is_enough:
        warn(f"`{lm}` fits badly: {tokens.coverage}; {tokens.coverage.cure}")


def open_model(path: Path, warn: Callable[[str], None]) -> NgramModel:
    """A language model, and a word about what is odd in its file."""
    model = load_ngram_model(path)
    for note in model.notes:
        warn(note)
    return model


def letters_note(model: NgramModel) -> str:
    return (f"`{model.path}` knows single letters only, which are taken for words; --letters-are-words where they are, "
            "else build one of words: ds2 lm build corpus.txt -o lm.arpa")


def open_lexicon(path: Path, units: Units, warn: Callable[[str], None]) -> Lexicon:
    """A lexicon, and a word about the lines of it that the units cannot spell."""
    lexicon = read_lexicon(path, units)
    if lexicon.left_out:
        symbols = "`, `".join(symbol for symbol, _ in lexicon.left_out.most_common(3))
        warn(f"`{path}`: {lexicon.left_out.total():,} lines left out: no units for `{symbols}`")
    return lexicon


def are_log_probs(inputs: list[str]) -> bool:
    """Whether saved log-probs stand in place of audio."""
    return all(Path(name).is_file() and is_log_prob_file(name) for name in inputs)


def open_source(
    run: str, inputs: list[str], jobs: int, device: str, channel: int | None = None,
    warn: Callable[[str], None] = lambda message: None,
    hears: Callable[[float, float], None] = lambda done, total: None,
    layout: LogitsLayout | None = None, say: Callable[[str], None] = lambda line: None,
    skip: Callable[[str], None] = lambda message: None, one_recording: bool = False,
) -> Source:
    """Log-probs from files of them, or from the run's network and the audio.

    layout  inputs are logits of another toolkit, and no run is asked
    raises  UsageError where a file's units are not the run's, or not known; where there is one recording
            more than there may be
    """
    if layout:
        found = read_records(layout.records) if layout.records else ()
        records = {str(record.get("id")): record for _, record in found}
        logits = [LogitsFile(name, layout, records) for name in inputs]
        return Source(logits[0].units, logits[0].frame_seconds, _told(logits, say))
    for name in filter(are_foreign, inputs):
        raise UsageError(f"`{name}` was not written by ds2 (it has no head.json): whose units are its columns?",
                         hint=LAYOUT_HINT)
    if are_log_probs(inputs):
        files = [LogProbFile(name) for name in inputs]
        for file in files:
            _must_have_same_units(run, file)
        if one_recording:
            all_of_one_recording(record for file in files for record in file.records)
        items = ((record, array, "") for file in files for record, array in file)
        return Source(files[0].units, files[0].frame_seconds, items)
    from ds2cli.inference.utterances import Listeners
    from ds2cli.model.devices import usable_device
    from ds2cli.model.quantised import load_listener

    utterances = read_asked(inputs, channel, skip, one_recording)
    return listening(load_listener(run, usable_device(device)), utterances, jobs, Listeners(warn=warn, heard=hears))


def listening(recogniser: Any, utterances: Iterable[Utterance], jobs: int, listeners: Any) -> Source:
    """What a recogniser makes of utterances, one after another."""
    from ds2cli.inference.utterances import listen

    items = (({"id": one.utterance.id, **one.utterance.record, **_duration(one)}, one.log_probs, one.problem)
             for one in listen(recogniser, utterances, jobs, listeners))
    return Source(recogniser.units, recogniser.frame_seconds, items, joint_of(recogniser))


def _told(files: list[LogitsFile], say: Callable[[str], None]) -> Iterator[tuple[Record, np.ndarray | None, str]]:
    """The utterances of all files; what each file's arrays are is said once."""
    for file in files:
        for record, log_probs in file:
            yield record, log_probs, ""
        say(f"{file.path}: {' and '.join(sorted(file.kinds))}")


def _duration(heard: Any) -> Record:
    return {} if heard.utterance.duration or heard.log_probs is None else {"duration": round(heard.seconds, 3)}


def _must_have_same_units(run: str, file: LogProbFile) -> None:
    from ds2cli.model.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(run)
    units = checkpoint.units
    if checkpoint.config.model.head == "transducer":
        raise UsageError(f"`{file.path}` holds CTC's log-probs, and `{run}` is a transducer, which decodes sound",
                         hint="name the recordings, or the CTC run")
    if units != file.units:
        raise UsageError(f"`{file.path}` has {len(file.units)} units, `{run}` has {len(units)} others",
                         hint=f"make it again with: ds2 decode {run} test.jsonl --log-probs {file.path}")


def describe(record: Record, hypotheses: list[Hypothesis], source: Source, request: DecodeRequest) -> Record:
    """The record with what was said."""
    best = hypotheses[0]
    said = describe_words(best, best.words(source.frame_seconds))
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
