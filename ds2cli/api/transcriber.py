"""A model ready to transcribe, from Python: recordings, arrays, records, and sound as it comes."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, overload

from ds2cli.api.live import LiveTranscriber
from ds2cli.api.sounds import Sound, is_one_sound, read_sound, to_utterances
from ds2cli.decoding.hypothesis import Word
from ds2cli.decoding.settings import DEFAULT_RUN, GREEDY, LETTERS, EndpointConfig
from ds2cli.decoding.transducer import joint_of
from ds2cli.errors import AudioError, UsageError
from ds2cli.inference.utterances import Observers
from ds2cli.model.devices import usable_device
from ds2cli.model.quantised import load_for_decoding
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.records.jsonl import Record
from ds2cli.runs.decoding import read_tuned
from ds2cli.workflows.decode.decode import decode_source
from ds2cli.workflows.decode.decoder import open_decoder
from ds2cli.workflows.decode.request import DecodeRequest
from ds2cli.workflows.decode.source import listening
from ds2cli.workflows.decode.stream import open_streams
from ds2cli.workflows.decode.writing import open_writer
from ds2cli.workflows.inputs import read_inputs


@dataclass(frozen=True)
class Score:
    """Natural logs: log p_ctc of the text, log p_lm of it, and what was maximised."""

    acoustic: float
    lm: float
    total: float


@dataclass(frozen=True)
class Reading:
    """One entry of an n-best list."""

    text: str
    score: Score


@dataclass(frozen=True)
class Transcript:
    """What was said in one recording.

    id        its file's name without the suffix; `sound-1` and so on for arrays
    words     each with `word`, `start` and `end` in seconds, and `confidence` in [0, 1]
    n_best    readings from the best on, where more than one was asked for
    duration  seconds
    record    the line that `ds2 decode` writes of it
    """

    id: str
    text: str
    words: list[Word]
    score: Score
    n_best: list[Reading]
    duration: float
    record: Record = field(repr=False)


def load(
    run: str | os.PathLike[str] | None = None, *, lm: str | os.PathLike[str] | None = None, greedy: bool = False,
    lexicon_file: str | os.PathLike[str] | None = None, decoding: Mapping[str, Any] | None = None,
    device: str = "auto", jobs: int | None = None, written: bool = False,
    names: str | os.PathLike[str] | None = None, rescore: str | os.PathLike[str] | None = None,
) -> "Transcriber":
    """A model, with all that it decodes with: as `ds2 decode` would, unless something else is named.

    run       a model that comes with ds2 ("english", "english-phones"), a run folder or a checkpoint; None is the
              command's default
    lm        n-gram model (ARPA, compressed or not, or KenLM binary); None is the run's own, if it has one
    greedy    without any language model
    lexicon_file  how words are said in the units; None is the run's own
    decoding  settings above the run's tuned ones: {"alpha": 1.2, "beam": 64, "hot_words": {"penguin": 6.0}}
    jobs      threads that read and decode; None is one for each core
    written   text and words as people write them: `ds2 decode --written`
    names     of written text: a list of words, or any text, with capitals where they belong
    rescore   n-gram model of a second pass (weights in `decoding`: rescore_alpha, rescore_beta, rescore_nbest); None is
              the run's own, where it has one and no `lm` is named; streams have the first pass alone
    raises    CheckpointError, LanguageModelError, ConfigError, UsageError: all of them Ds2Error
    """
    beam_search = bool((decoding or {}).keys() - GREEDY)
    if greedy and (lm or rescore or lexicon_file or beam_search):
        raise UsageError("greedy together with settings of the beam search", hint="leave out one of them")
    name = os.fspath(run) if run is not None else LETTERS if greedy else DEFAULT_RUN
    request = DecodeRequest(
        name, [], Path(lm) if lm else None, greedy, dict(decoding or {}), beam_search=beam_search,
        jobs=jobs or os.cpu_count() or 1, device=device, lexicon_file=Path(lexicon_file) if lexicon_file else None,
        written=written, names=Path(names) if names else None, rescore=Path(rescore) if rescore else None,
    )
    return Transcriber(request)


class Transcriber:
    """A loaded model; `load` makes one. Any number of threads may transcribe and stream with it at once."""

    def __init__(self, request: DecodeRequest) -> None:
        self._request = request
        self._listener = load_for_decoding(request.run, usable_device(request.device))
        self._decoder = open_decoder(request, self._listener.units, _warn, joint_of(self._listener))
        self._writer = open_writer(request)

    @property
    def sample_rate(self) -> int:
        """Samples per second that the network hears; sound at any other is resampled."""
        return self._listener.config.features.sample_rate

    @property
    def frame_seconds(self) -> float:
        """From one frame of log-probs to the next."""
        return self._listener.frame_seconds

    @property
    def lexicon_file(self) -> Path | None:
        """How words are said in the units, where they do not write them."""
        return self._request.lexicon_file or read_tuned(self._request.run).lexicon_file

    @overload  # a text is one path, though it is an iterable of texts too
    def transcribe(  # type: ignore[overload-overlap]
        self, sounds: Sound, *, n_best: int = 1, channel: int | None = None,
        skip: Callable[[str], None] | None = None,
    ) -> Transcript: ...

    @overload
    def transcribe(
        self, sounds: Iterable[Sound], *, n_best: int = 1, channel: int | None = None,
        skip: Callable[[str], None] | None = None,
    ) -> list[Transcript]: ...

    def transcribe(
        self, sounds: Sound | Iterable[Sound], *, n_best: int = 1, channel: int | None = None,
        skip: Callable[[str], None] | None = None,
    ) -> Transcript | list[Transcript]:
        """What is said in a recording, or in each of several, in their order.

        sounds   a path, or (samples, rate) with samples (n,) or (n, channels), float in [-1, 1] or integer PCM; or an
                 iterable of these
        n_best   readings in each transcript's `n_best`
        channel  of every recording, from 0; None is the mean of all
        skip     is told of each of several recordings that cannot be transcribed, and leaves it out; None raises
        raises   AudioError of the first recording that cannot be; UsageError where something is no sound
        """
        if is_one_sound(sounds):
            return next(self._transcripts([sounds], n_best, channel, _refuse))  # type: ignore[list-item]
        return list(self._transcripts(sounds, n_best, channel, skip or _refuse))  # type: ignore[arg-type]

    def _transcripts(
        self, sounds: Iterable[Sound], n_best: int, channel: int | None, skip: Callable[[str], None]
    ) -> Iterator[Transcript]:
        request = self._searching(n_best)
        listeners = Observers(warn=_warn, read=read_sound)
        source = listening(self._listener, to_utterances(sounds, channel), request.jobs, listeners)
        return map(_to_transcript, decode_source(source, self._decoder_for(n_best), request, skip))

    def decode(
        self, inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, n_best: int = 1,
        channel: int | None = None, skip: Callable[[str], None] | None = None,
    ) -> Iterator[Record]:
        """The records that `ds2 decode` writes, one after another: for manifests, folders and recordings.

        skip    is told of each line and recording that cannot be decoded; None raises
        raises  as `transcribe`, and ManifestError of a wrong line, while the records are read
        """
        names = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
        reject = None if skip is None else lambda problem: skip(str(problem))
        utterances = read_inputs([os.fspath(name) for name in names], channel, reject)
        request = self._searching(n_best)
        source = listening(self._listener, utterances, request.jobs, Observers(warn=_warn))
        return decode_source(source, self._decoder_for(n_best), request, skip or _refuse)

    def stream(
        self, rate: int | None = None, *, silence: float | None = None, max_seconds: float | None = None,
        settle: float | None = None, sure: float | None = None,
    ) -> LiveTranscriber:
        """A stream before its first sample; any number may be open at once.

        rate         samples per second of what will come; None is the model's own
        silence      seconds of silence that end an utterance; 0: nothing does
        max_seconds  an utterance of this length ends at the next short pause
        settle       seconds that a word stands in the best hypothesis until it is stable; 0: until all agree
        sure         probability with which a word is stable at once; 1: never
        """
        named = {"silence": silence, "max_seconds": max_seconds, "settle": settle, "sure": sure}
        endpoints = EndpointConfig(**{name: value for name, value in named.items() if value is not None})
        return LiveTranscriber(
            self._streams, self._decoder.start, self.network.units, self.network.frame_seconds, endpoints,
            self.sample_rate, rate or self.sample_rate, self._writer,
        )

    @cached_property
    def network(self) -> Recogniser:
        """The network in float32, whose layers can have a state; those that multiply in int8 have none."""
        return load_recogniser(self._request.run, usable_device(self._request.device))

    @cached_property
    def _streams(self) -> Any:
        return open_streams(self.network, lambda line: None)

    def _searching(self, n_best: int) -> DecodeRequest:
        if n_best < 1:
            raise UsageError(f"n_best={n_best}", hint="1 gives only the best hypothesis")
        return replace(self._request, n_best=n_best, beam_search=self._request.beam_search or n_best > 1)

    def _decoder_for(self, n_best: int) -> Any:
        """The decoder; more than one reading takes a beam, though the command would be greedy otherwise."""
        if n_best == 1:
            return self._decoder
        if self._request.greedy:
            raise UsageError("n-best hypotheses of a greedy decoder", hint="load without greedy=True")
        return self._beam

    @cached_property
    def _beam(self) -> Any:
        request = replace(self._request, beam_search=True, n_best=2)
        return open_decoder(request, self._listener.units, lambda line: None, joint_of(self._listener))


def _to_transcript(record: Record) -> Transcript:
    n_best = [Reading(one["text"], Score(**one["score"])) for one in record.get("nbest", ())]
    words = [Word(**word) for word in record["words"]]
    return Transcript(record["id"], record["pred_text"], words, Score(**record["score"]), n_best,
                      record.get("duration", 0.0), record)


def _refuse(problem: str) -> NoReturn:
    raise AudioError(problem)


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=2)
