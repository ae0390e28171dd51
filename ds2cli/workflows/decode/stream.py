"""Speech to text while it is spoken: sound arrives in chunks, words go out as soon as they are known."""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from ds2cli.audio.files import read_blocks
from ds2cli.audio.live import LiveResampler, PcmFormat, microphone, read_pcm
from ds2cli.decoding.live import LiveDecoder, Update
from ds2cli.decoding.settings import EndpointConfig
from ds2cli.decoding.transducer import joint_of
from ds2cli.errors import AudioError
from ds2cli.inference.stream import Streams, algorithmic_latency, needs_of_the_future
from ds2cli.inference.windowed import WindowedStreams, windowed_latency
from ds2cli.model.devices import usable_device
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.records.jsonl import Record
from ds2cli.text.written.record import Writer
from ds2cli.workflows.decode.decoder import open_decoder
from ds2cli.workflows.decode.outcomes import describe_words
from ds2cli.workflows.decode.request import DecodeRequest
from ds2cli.workflows.decode.writing import open_writer
from ds2cli.workflows.inputs import read_inputs


@dataclass(frozen=True)
class StreamRequest:
    """What is heard and how.

    decode      the model, inputs and decoding; the input `-` is sound down a pipe
    pcm         what a pipe without a header holds
    chunk       seconds of sound that the network hears at once
    real_time   files are played at their own speed
    microphone  instead of inputs
    """

    decode: DecodeRequest
    pcm: PcmFormat = field(default_factory=PcmFormat)
    chunk: float = 0.1
    real_time: bool = False
    microphone: bool = False
    endpoints: EndpointConfig = field(default_factory=EndpointConfig)


@dataclass(frozen=True)
class SoundStream:
    """A recording or pipe: its record, its sound in blocks at the model's rate, whether it comes at its own speed."""

    record: Record
    blocks: Iterable[np.ndarray]
    is_live: bool


def decode_streams(
    request: StreamRequest, pipe: BinaryIO, say: Callable[[str], None], skip: Callable[[str], None]
) -> Iterator[Record]:
    """Records of what is said, as it becomes known: `event` is `partial` or `final`; times in seconds of each stream.

    A final record of a stream that comes at its own speed has `latency`: seconds from the end of its last word to now;
    and each word has one, to the record in which it was stable first.

    pipe  what the input `-` reads
    say   is told the latency that no computer can shorten
    skip  of recordings that cannot be read, or end badly; what was heard of them is kept

    An interruption ends the stream with its last final record, and is raised again.
    """
    recogniser = load_recogniser(request.decode.run, usable_device(request.decode.device))
    decoder = open_decoder(request.decode, recogniser.units, say, joint_of(recogniser))
    network, writer = open_streams(recogniser, say), open_writer(request.decode)
    with Interruption() as interruption:
        for source in _sources(request, recogniser.config.features.sample_rate, pipe):
            live = LiveDecoder(decoder.start, recogniser.units, recogniser.frame_seconds, request.endpoints)
            yield from _hear(network, live, source, interruption, skip, writer)
            if interruption.asked:
                raise KeyboardInterrupt


class Interruption:
    """Ctrl-C ends the wait for more sound, and never the work on what was heard; a second one ends all at once."""

    def __init__(self) -> None:
        self.asked = self._waiting = False

    def __enter__(self) -> "Interruption":
        self._before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, *_: object) -> None:
        asked_before, self.asked = self.asked, True
        if self._waiting or asked_before:
            raise KeyboardInterrupt

    def ends(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The blocks up to the interruption."""
        remaining = iter(blocks)
        while not self.asked:
            self._waiting = True
            try:
                block = next(remaining)
            except (StopIteration, KeyboardInterrupt):
                return
            finally:
                self._waiting = False
            yield block


def open_streams(recogniser: Recogniser, say: Callable[[str], None]) -> Streams | WindowedStreams:
    """The network as streams hear it; one that needs the future hears windows, and is later."""
    needs = needs_of_the_future(recogniser.config)
    if not needs:
        say(f"algorithmic latency {algorithmic_latency(recogniser.config):.2f} s")
        return Streams(recogniser)
    latency = windowed_latency(recogniser.config)
    say(f"algorithmic latency {latency:.2f} s: the model needs {needs[0].what}, and hears windows instead")
    return WindowedStreams(recogniser)


def _hear(network: Any, live: LiveDecoder, source: SoundStream, interruption: Interruption,
          skip: Callable[[str], None], writer: Writer | None) -> Iterator[Record]:
    place, told = network.start(), Told(source.record, writer)
    clock = time.monotonic() if source.is_live else None
    try:
        for block in interruption.ends(source.blocks):
            for update in live.feed(network.accept([place], [block])[0]):
                yield told.record_of(update, clock)
    except AudioError as problem:
        skip(str(problem))
    for update in [*live.feed(network.finish([place])[0]), *live.finish()]:
        yield told.record_of(update, clock)


class Told:
    """What a listener has been told of a stream, and when; its finals are written where there is a writer."""

    def __init__(self, record: Record, writer: Writer | None = None) -> None:
        self._record, self._writer = record, writer
        self._stable_at: list[float] = []  # of the utterance's words, on the stream's clock

    def record_of(self, update: Update, clock: float | None) -> Record:
        """The line that tells an update; `clock` is when the stream's sound began, None where it has no such time."""
        now = time.monotonic() - clock if clock is not None else 0.0
        self._stable_at += [now] * (update.n_stable - len(self._stable_at))
        times = {"start": round(update.start, 3), "end": round(update.end, 3)}
        if not update.final:
            return {
                **_named(self._record),
                "event": "partial",
                "text": update.hypothesis.text,
                "stable": update.stable_text,
                **times,
            }
        said = describe_words(update.hypothesis, update.words)
        if clock is not None:
            said["latency"] = round(now - update.words[-1].end, 3)
            for word, stable_at in zip(said["words"], self._stable_at, strict=True):
                word["latency"] = round(stable_at - word["end"], 3)
        self._stable_at = []
        final = {**self._record, "event": "final", **said, **times}
        return self._writer.write(final) if self._writer else final


def _named(record: Record) -> Record:
    return {"id": record["id"]} if "id" in record else {}


def _sources(request: StreamRequest, rate: int, pipe: BinaryIO) -> Iterator[SoundStream]:
    if request.microphone:
        yield SoundStream({"id": "microphone"}, microphone(rate, request.chunk), is_live=True)
        return
    for name in request.decode.inputs:
        if name == "-":
            yield SoundStream({"id": "stdin"}, _from_pipe(pipe, request, rate), is_live=True)
            continue
        for utterance in read_inputs([name]):
            blocks = _chunks(read_blocks(utterance.audio, rate), round(request.chunk * rate))
            record = {"id": utterance.id, **utterance.record}
            yield SoundStream(record, _paced(blocks, rate) if request.real_time else blocks, request.real_time)


def _from_pipe(pipe: BinaryIO, request: StreamRequest, rate: int) -> Iterator[np.ndarray]:
    found, blocks = read_pcm(pipe, request.pcm, request.chunk)
    resampler = LiveResampler(found.rate, rate)
    for block in blocks:
        yield resampler(block)
    yield resampler(np.zeros(0, np.float32), last=True)


def _chunks(blocks: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    held = np.zeros(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        for at in range(0, len(held) - size + 1, size):
            yield held[at : at + size]
        held = held[len(held) // size * size :]
    if len(held):
        yield held


def _paced(chunks: Iterable[np.ndarray], rate: int) -> Iterator[np.ndarray]:
    """Each chunk when its last sample would have been heard."""
    begin, heard = time.monotonic(), 0
    for chunk in chunks:
        heard += len(chunk)
        time.sleep(max(begin + heard / rate - time.monotonic(), 0))
        yield chunk
