"""Sound as it comes, from Python: samples go in, and what is said comes out as soon as it is known."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ds2cli.api.sounds import to_frames, to_rate
from ds2cli.audio.live import LiveResampler
from ds2cli.decoding.hypothesis import Word
from ds2cli.decoding.live import LiveDecoder, Search, Update
from ds2cli.decoding.settings import EndpointConfig, Settling
from ds2cli.errors import UsageError
from ds2cli.text.units import Units
from ds2cli.text.written.record import Writer


@dataclass(frozen=True)
class Said:
    """An utterance of a stream.

    stable      the beginning of the text that will not change any more: all of it, once the utterance has ended
    words       times in seconds on the stream's clock
    start, end  seconds: where the utterance began; up to where the stream was heard
    """

    text: str
    stable: str
    words: list[Word]
    start: float
    end: float


class LiveTranscriber:
    """One stream of sound; `Transcriber.stream` makes it.

    partial  the utterance under way, None while nobody speaks
    """

    def __init__(
        self, network: Any, start: Callable[[Settling], Search], units: Units, frame_seconds: float,
        endpoints: EndpointConfig, wanted: int, rate: int, writer: Writer | None = None,
    ) -> None:
        self.partial: Said | None = None
        self._network, self._place = network, network.start()
        self._decoder = LiveDecoder(start, units, frame_seconds, endpoints)
        self._wanted, self._rate = wanted, to_rate(rate)
        self._resampler = LiveResampler(self._rate, wanted)
        self._has_ended, self._writer = False, writer

    def accept(self, samples: Any, rate: int | None = None) -> list[Said]:
        """More sound: the utterances that it ends, none most of the time; `partial` is what is under way.

        samples  (n,) or (n, channels), of any length: float in [-1, 1] (what is not a number is silence), or
                 integer PCM
        rate     where it changes from here on
        raises   UsageError where the samples are none, or the stream has ended
        """
        self._must_go_on()
        sound = np.nan_to_num(to_frames(samples), nan=0.0, posinf=0.0, neginf=0.0).mean(1)
        before = np.zeros(0, np.float32)
        if rate is not None and to_rate(rate) != self._rate:
            before = self._resampler(before, last=True)
            self._rate = to_rate(rate)
            self._resampler = LiveResampler(self._rate, self._wanted)
        heard = np.concatenate([before, self._resampler(sound)])
        return self._told(self._decoder.feed(self._network.accept([self._place], [heard])[0]))

    def finish(self) -> list[Said]:
        """The end of the sound: the utterances that were still open."""
        self._must_go_on()
        self._has_ended = True
        rest = self._network.accept([self._place], [self._resampler(np.zeros(0, np.float32), last=True)])[0]
        log_probs = np.concatenate([rest, self._network.finish([self._place])[0]])
        said = self._told([*self._decoder.feed(log_probs), *self._decoder.finish()])
        self.partial = None
        return said

    def _must_go_on(self) -> None:
        if self._has_ended:
            raise UsageError("the stream has ended", hint="begin another: recogniser.stream()")

    def _told(self, updates: list[Update]) -> list[Said]:
        for update in updates:
            self.partial = None if update.final else _said(update)
        return [_said(update, self._writer) for update in updates if update.final]


def _said(update: Update, writer: Writer | None = None) -> Said:
    text = update.hypothesis.text
    words = [replace(word, start=round(word.start, 3), end=round(word.end, 3)) for word in update.words]
    times = round(update.start, 3), round(update.end, 3)
    if writer and update.final:
        shown = writer.write({"pred_text": text, "words": [asdict(word) for word in words]})
        text, words = shown["pred_text"], [Word(**word) for word in shown["words"]]
    return Said(text, text if update.final else update.stable_text, words, *times)
