"""The words that a model's language model knows: they tell which words a line's end divides."""

from pathlib import Path

from ds2cli.errors import Ds2Error
from ds2cli.language.model import NgramModel, load_ngram_model
from ds2cli.runs.decoding import read_tuned


class KnownWords:
    """`knows("daughter")`: whether a word is one; the language model is opened when it is first asked.

    model  the acoustic model, beside which the weights and the language model of its decoding lie; where there
           is none the answer is None
    """

    def __init__(self, model: str | Path) -> None:
        self._model = model
        self._lm: NgramModel | None = None
        self._is_open = False

    def __call__(self, word: str) -> bool | None:
        if not self._is_open:
            self._is_open = True
            try:
                tuned = read_tuned(self._model)
                self._lm = load_ngram_model(tuned.lm) if tuned.lm else None
            except Ds2Error:
                self._lm = None
        return None if self._lm is None else int(self._lm.ids([word.encode()])[0]) > 0
