"""Prefix beam search with an n-gram model: the door to the kernel. `reference.py` is the same search in a screenful."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ds2cli import _kernels, hints
from ds2cli.decoding.greedy import units_by_frame
from ds2cli.decoding.hypothesis import Hypothesis, spoken_units
from ds2cli.decoding.log_probs import check_log_probs, lower_blank
from ds2cli.decoding.settings import DecodingConfig, Settling
from ds2cli.decoding.tokens import Tokens, tokens_of
from ds2cli.errors import UsageError
from ds2cli.language.model import NgramModel
from ds2cli.text.lexicon import Lexicon
from ds2cli.text.scripts import without_loose_spaces
from ds2cli.text.units import SPACE, Units


class BeamDecoder:
    """A search with its weights set; one serves any number of utterances, and of threads at once."""

    def __init__(self, units: Units, config: DecodingConfig | None = None, model: NgramModel | None = None,
                 tokens: Tokens | None = None, lexicon: Lexicon | None = None) -> None:
        """raises  LanguageModelError where the model's tokens are not what the units spell

        tokens   those of another decoder with the same units, model, lexicon and hot words: spares building them again
        lexicon  how words are said in units that do not write them
        """
        self.units, self.config, self.model = units, config or DecodingConfig(), model
        self.tokens = tokens or tokens_of(units, model, list(self.config.hot_words), lexicon)
        if self.config.lexicon == "hard" and not self.tokens.lexicon:
            raise UsageError("a hard lexicon needs a model of words", hint=hints.MODEL_OF_WORDS)
        phrases = [(tokens, self.config.hot_words.get(asked, 0.0)) for asked, tokens in self.tokens.phrases.items()]
        self._scorer = _kernels.Scorer(
            alpha=self.config.alpha, beta=self.config.beta, lm_lookahead=self.config.lm_lookahead,
            oov_penalty=self.config.oov_penalty, oov_letter=self.config.oov_letter,
            lexicon_mode=getattr(_kernels.LexiconMode, self.config.lexicon), alphabet=self.tokens.alphabet,
            has_words=self.tokens.has_words, spells=self.tokens.spells,
            model=model.kernel if model else None, lexicon=self.tokens.lexicon,
            ids=self.tokens.ids, phrases=[tokens for tokens, _ in phrases], boosts=[boost for _, boost in phrases],
        )

    def decode(self, log_probs: np.ndarray, n_best: int = 1) -> list[Hypothesis]:
        """The best hypotheses of a whole utterance, at least one.

        log_probs  (T, V) float32 natural logs, as `check_log_probs` returns them
        """
        search = self.start(recombine=False) if self.config.recombine and n_best > 1 else self.start()
        search.feed(log_probs)
        return search.finish(n_best)

    def check(self, log_probs: np.ndarray, where: str) -> np.ndarray:
        """As `check_log_probs`."""
        return check_log_probs(log_probs, len(self.units), where)

    def start(self, settling: Settling | None = None, collect_after: int = 1 << 20, recombine: bool | None = None
              ) -> "BeamSearch":  # fmt: skip
        """A search to be fed piece by piece.

        settling       in place of the settings' own `settle_frames`
        recombine      in place of the settings' own: without it `finish` knows more texts than the best
        collect_after  prefixes in memory before those that no hypothesis needs are dropped
        """
        frames, share = settling or Settling(self.config.settle_frames)
        kernel = _kernels.Beam(
            self._scorer, beam=self.config.beam, score_threshold=self.config.score_threshold,
            cutoff_prob=self.config.cutoff_prob, cutoff_top=self.config.cutoff_top,
            settle_after=frames, settle_share=share, collect_after=collect_after,
            recombine=self.config.recombine if recombine is None else recombine,
        )
        return BeamSearch(kernel, self.config.blank_penalty, self._hypothesis)

    def _hypothesis(self, found: tuple) -> Hypothesis:
        units, word_starts, word_ends, words, acoustic, lm, total, starts, ends, peaks = found
        if not self.tokens.has_words:
            spoken = spoken_units(units, self.units)
            return Hypothesis(self.units.text(units), acoustic, lm, total, units, starts, ends, peaks, spoken, words)
        spans = map(slice, word_starts, word_ends)
        spoken = [(self.tokens.names[word] if word >= 0 else self.units.text(units[span]), span)
                  for word, span in zip(words, spans, strict=True)]
        text = without_loose_spaces(SPACE.join(word for word, _ in spoken))
        return Hypothesis(text, acoustic, lm, total, units, starts, ends, peaks, spoken, words)


class BeamSearch:
    """One utterance under way: the same hypotheses, however its frames are cut into pieces."""

    def __init__(self, kernel: Any, blank_penalty: float, describe: Callable[[tuple], Hypothesis]) -> None:
        self._kernel, self._blank_penalty, self._describe = kernel, blank_penalty, describe

    def feed(self, log_probs: np.ndarray) -> None:
        """More frames: (any, V) float32 natural logs."""
        self._kernel.feed(lower_blank(log_probs, self._blank_penalty))

    def finish(self, n_best: int = 1) -> list[Hypothesis]:
        """The best hypotheses if the speech ended here; it may go on after."""
        return [self._describe(found) for found in self._kernel.finish(n_best)]

    def n_agreed(self) -> int:
        """How many finished words (units, where these are the tokens) all hypotheses share: nothing can change them."""
        return len(self._kernel.agreed())

    def said(self, log_probs: np.ndarray) -> list[tuple[int, ...]]:
        """What the best path says in each frame (any, V): it tells speech from silence."""
        return units_by_frame(log_probs)


