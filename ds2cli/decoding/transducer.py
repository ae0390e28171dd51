"""Decoding with an RNN transducer: the door to the kernels (Graves 2012, arXiv:1211.3711).

What a decoder reads here are the encoder's frames as the joint layer adds them, (T, J) float32, behind its
`encoder_projection`. The search is time-synchronous, or Graves' own best first; `kernels/transducer_beam.h` says how.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ds2cli import _kernels
from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.greedy import GreedyDecoder
from ds2cli.decoding.hypothesis import Hypothesis, spoken_units
from ds2cli.decoding.settings import DecodingConfig, Settling
from ds2cli.decoding.tokens import Tokens
from ds2cli.errors import Ds2Error
from ds2cli.language.model import NgramModel
from ds2cli.text.lexicon import Lexicon
from ds2cli.text.units import Units


def kernel_network(head: Any) -> Any:
    """A `TransducerHead`'s prediction network and joint layer, for the kernels; what they keep are copies.

    The embedding is multiplied with the matrix behind it once for all labels.
    """
    predictor = head.predictor
    embedding = _array(predictor.embedding.weight)
    if hasattr(predictor, "recurrence"):
        lstm = predictor.recurrence
        biases = _array(lstm.bias_ih_l0) + _array(lstm.bias_hh_l0)
        first, second, recurrent = embedding @ _array(lstm.weight_ih_l0).T + biases, None, _array(lstm.weight_hh_l0)
    else:
        before, last = np.split(_array(predictor.last_two.weight), 2, axis=1)
        first, second = embedding @ before.T + _array(predictor.last_two.bias), embedding @ last.T
        recurrent = None
    return _kernels.TransducerNetwork(
        first=first, second=second, recurrent=recurrent,
        projection=_array(head.predictor_projection.weight), projection_bias=_array(head.predictor_projection.bias),
        output=_array(head.output.weight), output_bias=_array(head.output.bias),
        silence=_array(head.encoder_projection.bias),
    )


def greedy_decoder(
    joint: Any, units: Units, config: DecodingConfig | None = None
) -> "GreedyDecoder | TransducerGreedyDecoder":
    """The best path of CTC's log-probs; of a transducer's frames, where there is a joint layer."""
    if joint is None:
        return GreedyDecoder(units, config.blank_penalty if config else 0.0)
    return TransducerGreedyDecoder(joint, units, config)


def beam_decoder(joint: Any, units: Units, config: DecodingConfig, model: NgramModel | None,
                 tokens: Tokens | None = None, lexicon: Lexicon | None = None) -> BeamDecoder:
    """A beam search of CTC's log-probs; of a transducer's frames, where there is a joint layer."""
    if joint is None:
        return BeamDecoder(units, config, model, tokens, lexicon)
    return TransducerDecoder(joint, units, config, model, tokens, lexicon)


def joint_of(recogniser: Any) -> Any:
    """A recogniser's prediction network and joint layer for the kernels; None where it is no transducer."""
    return kernel_network(recogniser.network.head) if recogniser.is_transducer else None


def check_frames(frames: np.ndarray, joint: Any, where: str) -> np.ndarray:
    """(T, J) float32, side by side in memory.

    raises  Ds2Error where they are of another size, or not numbers
    """
    if frames.ndim != 2 or frames.shape[1] != joint.joint_size:
        raise Ds2Error(f"{where}: shape {frames.shape}, but the joint layer takes {joint.joint_size} numbers a frame",
                       hint="a transducer reads its own encoder's frames")
    if not np.isfinite(frames).all():
        raise Ds2Error(f"{where}: frames that are not numbers", hint="did training diverge? try an earlier checkpoint")
    return np.ascontiguousarray(frames, np.float32)


class TransducerGreedyDecoder:
    """The likeliest label of each frame, until it is the blank: behind the interface of `GreedyDecoder`."""

    def __init__(self, joint: Any, units: Units, config: DecodingConfig | None = None) -> None:
        """joint  as `kernel_network` makes it"""
        config = config or DecodingConfig()
        self.units, self._joint = units, joint
        self._kernel = _kernels.TransducerGreedy(joint, max_labels=config.max_labels, lowered=config.blank_penalty)

    def decode(self, frames: np.ndarray, n_best: int = 1) -> list[Hypothesis]:
        """The one hypothesis of a whole utterance, (T, J) frames."""
        return [self.decode_many([frames])[0]]

    def decode_many(self, utterances: Sequence[np.ndarray]) -> list[Hypothesis]:
        """The hypothesis of each utterance; all pass through prediction network and joint layer side by side."""
        paths = [self._kernel.start() for _ in utterances]
        self._kernel.feed(paths, list(utterances))
        return [_hypothesis(path, self.units) for path in paths]

    def check(self, frames: np.ndarray, where: str) -> np.ndarray:
        """As `check_frames`."""
        return check_frames(frames, self._joint, where)

    def start(self, settling: Settling | None = None) -> "TransducerGreedySearch":
        """A search to be fed piece by piece; nothing in it ever changes, so nothing waits to be settled."""
        return TransducerGreedySearch(self._kernel, self.units)


class TransducerGreedySearch:
    """The best path, piece by piece."""

    def __init__(self, kernel: Any, units: Units) -> None:
        self._kernel, self._units, self._path = kernel, units, kernel.start()
        self._ear = Ear(kernel)

    def feed(self, frames: np.ndarray) -> None:
        """More frames (any, J)."""
        self._kernel.feed([self._path], [frames])

    def finish(self, n_best: int = 1) -> list[Hypothesis]:
        """The one hypothesis, if the speech ended here; it may go on after."""
        return [_hypothesis(self._path, self._units)]

    def n_agreed(self) -> int:
        """Words that are written to their end: all but the last. A best path never changes."""
        return max(len(self.finish()[0].spoken) - 1, 0)

    def said(self, frames: np.ndarray) -> Iterator[tuple[int, ...]]:
        """As BeamSearch's; the frames that are asked for are to be fed then."""
        return self._ear.said(frames)


class TransducerDecoder(BeamDecoder):
    """A beam search with its weights set: `BeamDecoder`, for a transducer's frames."""

    def __init__(self, joint: Any, units: Units, config: DecodingConfig | None = None,
                 model: NgramModel | None = None, tokens: Tokens | None = None, lexicon: Lexicon | None = None) -> None:
        """As BeamDecoder's; joint  as `kernel_network` makes it"""
        super().__init__(units, config, model, tokens, lexicon)
        self._joint = joint
        self._greedy = _kernels.TransducerGreedy(joint, max_labels=self.config.max_labels,
                                                 lowered=self.config.blank_penalty)

    def check(self, log_probs: np.ndarray, where: str) -> np.ndarray:
        """As `check_frames`."""
        return check_frames(log_probs, self._joint, where)

    def start(  # type: ignore[override]  # a search of the same manners
        self, settling: Settling | None = None, collect_after: int = 1 << 18
    ) -> "TransducerSearch":
        """As BeamDecoder's."""
        config = self.config
        frames, share = settling or Settling(config.settle_frames)
        kernel = _kernels.TransducerBeam(
            self._joint, self._scorer, beam=config.beam, score_threshold=config.score_threshold,
            cutoff_prob=config.cutoff_prob, cutoff_top=config.cutoff_top, max_labels=config.max_labels,
            internal=config.internal if self.model else 0.0, lowered=config.blank_penalty,
            best_first=config.search == "best", settle_after=frames, settle_share=share,
            collect_after=collect_after,
        )
        return TransducerSearch(kernel, self._hypothesis, Ear(self._greedy))


class TransducerSearch:
    """One utterance under way: the same hypotheses, however its frames are cut into pieces."""

    def __init__(self, kernel: Any, describe: Any, ear: "Ear") -> None:
        self._kernel, self._describe, self._ear = kernel, describe, ear

    def feed(self, frames: np.ndarray) -> None:
        """More frames (any, J)."""
        self._kernel.feed(np.ascontiguousarray(frames, np.float32))

    def finish(self, n_best: int = 1) -> list[Hypothesis]:
        """As BeamSearch's."""
        return [self._describe(found) for found in self._kernel.finish(n_best)]

    def n_agreed(self) -> int:
        """As BeamSearch's."""
        return len(self._kernel.agreed())

    def said(self, frames: np.ndarray) -> Iterator[tuple[int, ...]]:
        """As TransducerGreedySearch's."""
        return self._ear.said(frames)


class Ear:
    """The best path a little ahead of a search: it tells speech from silence, whatever the search makes of it."""

    def __init__(self, kernel: Any) -> None:
        self._kernel, self._path = kernel, kernel.start()

    def said(self, frames: np.ndarray) -> Iterator[tuple[int, ...]]:
        """What is said in each frame; only those that are asked for have been heard."""
        for frame in np.ascontiguousarray(frames, np.float32):
            before = self._path.n_units
            self._kernel.feed([self._path], [frame[None]])
            yield tuple(self._path.units[before:].tolist()) if self._path.n_units > before else ()


def _hypothesis(path: Any, units: Units) -> Hypothesis:
    said, frames = path.units, path.frames
    return Hypothesis(units.text(said), path.score, 0.0, path.score, said, frames, frames + 1, path.log_probs,
                      spoken_units(said, units))


def _array(tensor: Any) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy())
