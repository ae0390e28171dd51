"""A stream's log-probs to words while they are spoken: what is still open, what is stable, where an utterance ends."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil
from typing import Protocol

import numpy as np

from ds2cli.decoding.hypothesis import Hypothesis, Word
from ds2cli.decoding.settings import EndpointConfig, Settling
from ds2cli.text.units import BLANK, Units


class Search(Protocol):
    """What decodes one utterance piece by piece: `BeamSearch`, `GreedySearch`, and a transducer's two.

    said  the units of the best path in each frame, as far as it is asked: these frames are fed next
    """

    def feed(self, frames: np.ndarray) -> None: ...

    def finish(self, n_best: int = 1) -> list[Hypothesis]: ...

    def n_agreed(self) -> int: ...

    def said(self, frames: np.ndarray) -> Iterable[tuple[int, ...]]: ...


@dataclass(frozen=True)
class Update:
    """What is known of an utterance now.

    hypothesis  the best reading
    words       its words; times in seconds on the stream's clock
    n_stable    so many of them will not change any more; all, where final
    start, end  seconds: where the utterance began; up to where the stream was heard
    stable_text  the stable words, as they are written
    """

    hypothesis: Hypothesis
    words: list[Word]
    n_stable: int
    final: bool
    start: float
    end: float
    stable_text: str


class LiveDecoder:
    """One stream's frames to updates, utterance after utterance; no frame is lost between them.

    start  begins the search of an utterance, whose words are to be settled so:
           `BeamDecoder(...).start`, `GreedyDecoder(...).start`
    """

    def __init__(
        self, start: Callable[[Settling], Search], units: Units, frame_seconds: float,
        endpoints: EndpointConfig | None = None,
    ) -> None:
        self._start, self._frame_seconds = start, frame_seconds
        self._endpoints = endpoints or EndpointConfig()
        self._silent = {BLANK, *(index for index, name in enumerate(units.names) if not name.strip())}
        self._n_frames = 0  # of the stream, when the utterance began
        self._begin()

    def _begin(self) -> None:
        self._search = self._start(Settling(ceil(self._endpoints.settle / self._frame_seconds), self._endpoints.sure))
        self._length = self._trailing = 0  # frames of the utterance; those of silence at its end
        self._speech = False
        self._last: tuple[str, int] = ("", 0)

    def feed(self, frames: np.ndarray) -> list[Update]:
        """More frames, (any, V) log-probs or (any, J) of a transducer: the utterances that they end, and what they
        change of the one under way.
        """
        updates, begin = [], 0
        while begin < len(frames):
            end, ends = begin, False
            for said in self._search.said(frames[begin:]):
                speaks = not self._silent.issuperset(said)
                self._speech |= speaks
                self._trailing = 0 if speaks else self._trailing + 1
                self._length += 1
                end += 1
                if ends := self._ends():
                    break
            self._search.feed(frames[begin:end])
            if ends:
                updates += self.finish()
            elif self._speech:
                updates += self._changed()
            begin = end
        return updates

    def finish(self) -> list[Update]:
        """The utterance under way ends here; the next frame begins another."""
        best = self._search.finish()[0]
        updates = [self._update(best, 0, final=True)] if best.text else []
        self._n_frames += self._length
        self._begin()
        return updates

    def _ends(self) -> bool:
        rules, silence = self._endpoints, self._trailing * self._frame_seconds
        if not rules.silence:
            return False
        if not self._speech:
            return silence >= rules.nothing
        over = self._length * self._frame_seconds - rules.max_seconds
        return silence >= rules.silence * max(0.0, min(1.0, 1 - 2 * over / rules.max_seconds))

    def _changed(self) -> list[Update]:
        best, stable = self._search.finish()[0], self._search.n_agreed()
        if (best.text, stable) == self._last or not best.text:
            return []
        self._last = best.text, stable
        return [self._update(best, stable, final=False)]

    def _update(self, best: Hypothesis, stable: int, final: bool) -> Update:
        start, end = (frame * self._frame_seconds for frame in (self._n_frames, self._n_frames + self._length))
        words = [
            Word(word.word, start + word.start, start + word.end, word.confidence)
            for word in best.words(self._frame_seconds)
        ]
        stable = len(words) if final else min(stable, len(words))
        between = " " if best.text == " ".join(word.word for word in words) else ""
        return Update(best, words, stable, final, start, end, between.join(word.word for word in words[:stable]))
