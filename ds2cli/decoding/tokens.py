"""What a language model counts, and how units spell it: words through a lexicon, or single units."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ds2cli import _kernels, hints
from ds2cli.decoding.coverage import Coverage, coverage_of
from ds2cli.errors import LanguageModelError, TextError, UsageError
from ds2cli.language.model import NgramModel
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.text.lexicon import Lexicon, cases
from ds2cli.text.scripts import is_unspaced, split_words
from ds2cli.text.units import SPACE, SPACE_NAME, Units

SPACE_TOKENS = (SPACE_NAME, "▁", "|", "_")  # how models of characters write a space


@dataclass(frozen=True)
class Tokens:
    """What is scored as one piece.

    alphabet   the kernel's: what the units are made of
    lexicon    the kernel's trie of words, or None
    names      the token of each number: words of the lexicon, or units
    ids        the model's id of each token, 0 where it has none
    phrases    the tokens of each hot word or phrase, by how it was asked for
    coverage   of the model; None without one
    has_words  words; else every unit is a token
    spells     whether units write words outside the lexicon too
    """

    alphabet: Any
    lexicon: Any
    names: list[str]
    ids: list[int]
    phrases: dict[str, list[int]] = field(default_factory=dict)
    coverage: Coverage | None = None
    has_words: bool = field(kw_only=True)
    spells: bool = field(default=True, kw_only=True)


def tokens_of(units: Units, model: NgramModel | None, hot_words: list[str], lexicon: Lexicon | None = None) -> Tokens:
    """What is scored as one piece: words where a lexicon gives them or units spell them, else units.

    raises  LanguageModelError where the model's tokens are not what units say; UsageError for hot words that they don't
    """
    if lexicon is not None:
        tokens = _spoken_words(units, model, hot_words, lexicon)
    else:
        known = _known_words(model) if model else []
        if _counts_words(units, model, known):
            tokens = _spelled_words(units, model, known, hot_words)
        else:
            tokens = _single_units(units, model, hot_words)
    if model and tokens.coverage and tokens.coverage.is_nothing:
        raise LanguageModelError(f"`{model.path}` does not fit: {tokens.coverage}", hint=tokens.coverage.cure)
    return tokens


def are_letters(units: Units, tokens: Tokens, model: NgramModel) -> bool:
    """Whether what is taken for a model's words are single units: of a spelling task, or of a model of characters?"""
    if not tokens.has_words:
        return False
    known = _known_words(model)
    return len(known) > len(units) // 2 and all(word in units.names for word in known) \
        and not is_unspaced("".join(known))


def _known_words(model: NgramModel) -> list[str]:
    return [word for word in model.words if word not in (UNKNOWN, BEGIN, END)]


def alphabet_of(units: Units) -> Any:
    """What the units are made of, for the kernel: code points, or the units themselves where they are written apart.

    raises  UsageError for a unit with a space inside or behind it: where its word ends, no beam could tell
    """
    bodies = [units.body(index) for index in range(len(units))]
    if units.separator:
        symbols = [[index] if index else [] for index in range(len(units))]
    else:
        symbols = [[ord(letter) for letter in body] for body in bodies]
        broken = [name for name, body in zip(units.names[1:], bodies[1:], strict=True)
                  if units.mark and (units.mark in body or SPACE in body)]
        if broken:
            raise UsageError(f"the unit `{broken[0]}` has a space inside or at its end",
                             hint=hints.DECODE_GREEDILY)
    return _kernels.Alphabet(
        bodies=symbols, begins=[units.begins_word(index) for index in range(len(units))],
        space=units.names.index(units.mark) if units.mark in units.names else -1, joined=not units.has_spaces,
        alone=sorted(units.alone),
    )


def _counts_words(units: Units, model: NgramModel | None, known: list[str]) -> bool:
    """Whether tokens are words: also over units that tell words apart, a model may be one of units.

    Units without a space may be phones, Chinese characters, or the letters of texts of one word each.
    """
    if units.has_spaces:
        return not (known and _are_units(known, units))
    if units.separator or model is None or is_unspaced("".join(units.names)):
        return False
    return sum(len(word) > 1 and word not in units.names for word in known) > len(known) // 2


def _are_units(words: list[str], units: Units) -> bool:
    """Whether a model's words are units, and the space among them: it counts characters, or pieces."""
    names = {*units.names, *SPACE_TOKENS}
    marked = any(word in SPACE_TOKENS or (len(word) > 1 and word.startswith(units.mark)) for word in words)
    return marked and all(word in names for word in words)


def _spelled_words(units: Units, model: NgramModel | None, known: list[str], hot_words: list[str]) -> Tokens:
    """Words that the units spell as they are written."""
    index = {word: number for number, word in enumerate(known)}
    words_of = split_words if units.alone else str.split
    names = list(known)

    def number_of(word: str, asked: str) -> int:
        forms = list(cases(word))
        form = next((form for form in forms if form in index), None)
        form = form or next((form for form in forms if not units.unknown(form)), None)
        if form is None:
            what = f"hot word `{asked}`: no unit spells `{'`, `'.join(units.unknown(word))}`"
            raise UsageError(what, hint=f"the units are {' '.join(units.names[1:12])} ...")
        if form not in index:
            index[form] = len(names)
            names.append(form)
        return index[form]

    phrases = {asked: [number_of(word, asked) for word in words_of(asked)] for asked in hot_words}
    alphabet = alphabet_of(units)
    if not names:
        return Tokens(alphabet, None, [], [], has_words=True)
    trie = _kernels.Lexicon(alphabet, len(names))
    spelled = trie.add_texts(names)
    trie.seal()
    if model and not trie.n_spelled:
        raise LanguageModelError(f"`{model.path}` has no word that the units spell",
                                 hint=f"one is `{names[0]}`; the units are {' '.join(units.names[1:12])} ...")
    ids = [0] * len(names)
    if model:
        ids[: len(known)] = [number for number, word in enumerate(model.words) if word not in (UNKNOWN, BEGIN, END)]
    return Tokens(alphabet, trie, names, ids, phrases, coverage_of(model, "words", ids, spelled, units), has_words=True)


def _spoken_words(units: Units, model: NgramModel | None, hot_words: list[str], lexicon: Lexicon) -> Tokens:
    """Words that a lexicon spells; those of the model's that it lacks cannot be said."""
    index = {word: number for number, word in enumerate(lexicon.words)} if hot_words else {}

    def number_of(word: str, asked: str) -> int:
        form = lexicon.find(word)
        if form is None:
            raise UsageError(f"hot word `{asked}`: `{word}` is not in `{lexicon.path}`",
                             hint=f"add a line to it: {word} UNIT UNIT ...")
        return index[form]

    def words_of(asked: str) -> list[str]:
        return [one for word in asked.split() for one in ([word] if lexicon.find(word) else split_words(word))]

    phrases = {asked: [number_of(word, asked) for word in words_of(asked)] for asked in hot_words}
    alphabet = alphabet_of(units)
    trie = _kernels.Lexicon(alphabet, len(lexicon.words))
    symbols, starts = _symbols(units, lexicon)
    trie.add_spellings(lexicon.of, symbols, starts, lexicon.log_weights)
    trie.seal()
    ids = model.ids([word.encode() for word in lexicon.words]).tolist() if model else [0] * len(lexicon.words)
    coverage = coverage_of(model, "words", ids, np.ones(len(ids), bool), lexicon)
    return Tokens(alphabet, trie, lexicon.words, ids, phrases, coverage, has_words=True, spells=not units.separator)


def _symbols(units: Units, lexicon: Lexicon) -> tuple[np.ndarray, np.ndarray]:
    """A lexicon's spellings in the alphabet's symbols."""
    if units.separator:
        return lexicon.symbols, lexicon.starts
    bodies = [units.body(index) for index in range(len(units))]
    lengths = np.array([len(body) for body in bodies])[lexicon.symbols]
    letters = "".join(bodies[index] for index in lexicon.symbols.tolist())
    before = np.concatenate([[0], np.cumsum(lengths)])
    return np.frombuffer(letters.encode("utf-32-le"), np.int32), before[lexicon.starts]


def _single_units(units: Units, model: NgramModel | None, hot_words: list[str]) -> Tokens:
    """Every unit a token; a hot word is a phrase of them, where no space stands between words."""
    if hot_words and units.has_spaces:
        raise UsageError("hot words need a model of words", hint="this model scores single units")
    phrases = {}
    for asked in hot_words:
        forms = [form for form in cases(asked) if not units.unknown(form)]
        try:
            phrases[asked] = units.encode(forms[0] if forms else asked)
        except TextError as problem:
            raise UsageError(f"hot word `{asked}`: {problem}",
                             hint=f"the units are {' '.join(units.names[1:12])} ...") from None
    ids = unit_ids(units, model) if model else [0] * len(units)
    coverage = coverage_of(model, "units", ids, np.ones(len(ids), bool), units)
    return Tokens(alphabet_of(units), None, list(units.names), ids, phrases, coverage, has_words=False)


def unit_ids(units: Units, model: NgramModel) -> list[int]:
    """The model's number of each unit; 0 is <unk>."""
    ids = [0]
    for name in units.names[1:]:
        spellings = SPACE_TOKENS if name == SPACE else (name,)
        ids.append(next((number for token in spellings if (number := model.kernel.index(token))), 0))
    return ids
