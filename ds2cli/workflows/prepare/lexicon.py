"""A lexicon of a language model's words: those that a larger one has, and the others as it teaches to read them."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ds2cli.decoding.coverage import Coverage, coverage_of
from ds2cli.errors import UsageError
from ds2cli.language.model import NgramModel, load_ngram_model
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.language.pronouncing import Pronouncer, learn_to_pronounce
from ds2cli.scoring.rates import score_texts
from ds2cli.text.lexicon import SHOWN, Lexicon, read_lexicon
from ds2cli.text.mandarin.pinyin import readings
from ds2cli.text.units import Units
from ds2cli.workflows.prepare.spoken import Spelling, Spoken, probabilities

HELD_OUT = 500  # words of the lexicon, to say how well others are read
FEWEST = 50


def prepare_lexicon(
    path: Path, lm: Path, units: Units, top: int, tell: Callable[[str], None], spoken: Spoken | None = None
) -> Iterator[str]:
    """The lines of a lexicon whose words are the language model's; those that are read come last, the likeliest first.

    path    a lexicon to take words from and to learn from; units  that it is spelled in
    top     no more words than so many are read; 0 reads none
    tell    is told how many there are, and how well others were read that the lexicon knows
    spoken  how often each pronunciation was said: then every line has its probability
    """
    lexicon = read_lexicon(path, units)
    model = load_ngram_model(lm)
    coverage = _coverage(lexicon, model)
    tell(f"`{path}`: {coverage}")
    for word in model.words:
        ways = dict.fromkeys(map(tuple, lexicon.spellings(word) if word in lexicon else []))
        yield from _lines(word, [tuple(units.names[unit] for unit in way) for way in ways], spoken)
    if not top or not coverage.missing:
        return
    if len(lexicon.words) < FEWEST:
        raise UsageError(f"`{path}` has {len(lexicon.words)} words, too few to learn from", hint="use --top 0")
    pronouncer = learn(lexicon, units, tell)
    read = 0
    for word in coverage.missing[:top]:
        phones = pronouncer.say(word)
        if phones:
            read += 1
            yield from _lines(word, [tuple(phones)], spoken)
    tell(f"{read:,} more words read")


def _lines(word: str, ways: list[Spelling], spoken: Spoken | None) -> Iterator[str]:
    if spoken is None or not ways:
        yield from (f"{word} {' '.join(way)}" for way in ways)
    else:
        chances = probabilities(word, ways, spoken)
        yield from (f"{word} {chance:.4g} {' '.join(way)}" for way, chance in zip(ways, chances, strict=True))


def pinyin_lexicon(
    lm: Path, units: Units | None, tell: Callable[[str], None], spoken: Spoken | None = None
) -> Iterator[str]:
    """The lines of a lexicon of a language model's words or characters, said in pinyin; every way of a character.

    units   that may say them; None for all
    tell    is told how many there are, and which cannot be said
    spoken  as for `prepare_lexicon`
    raises  UsageError without the pypinyin package
    """
    said, unsaid = 0, Counter[str]()
    names = frozenset(units.names) if units else None
    for word in load_ngram_model(lm).words:
        if word in (UNKNOWN, BEGIN, END):
            continue
        try:
            ways = [way for way in readings(word) if names is None or names.issuperset(way)]
        except KeyError:
            ways = []
        yield from _lines(word, list(dict.fromkeys(map(tuple, ways))), spoken)
        said += bool(ways)
        unsaid.update([] if ways else [word])
    shown = "`, `".join(list(unsaid)[:SHOWN])
    tell(f"`{lm}`: {said:,} of {said + len(unsaid):,} words can be said" + (f" (not `{shown}`)" if unsaid else ""))


def learn(lexicon: Lexicon, units: Units, tell: Callable[[str], None]) -> Pronouncer:
    """A pronouncer from a lexicon, without some of its words, on which it is measured."""
    entries = [(word, [units.names[unit] for unit in lexicon.spellings(word)[0]]) for word in lexicon.words]
    every = max(2, len(entries) // HELD_OUT)
    pronouncer = learn_to_pronounce([entry for number, entry in enumerate(entries) if number % every])
    held_out = entries[::every]
    said = [" ".join(pronouncer.say(word)) for word, _ in held_out]
    meant = [" ".join(phones) for _, phones in held_out]
    right = sum(a == b for a, b in zip(said, meant, strict=True))
    tell(f"of {len(held_out)} of its words, held out, {100 * right / len(held_out):.1f} % are read right "
         f"(PER {score_texts(meant, said).words.rate:.1f} %)")
    return pronouncer


def _coverage(lexicon: Lexicon, model: NgramModel) -> Coverage:
    index = {word: number for number, word in enumerate(model.words)}
    ids = [index.get(word, 0) for word in lexicon.words]
    found = coverage_of(model, "words", ids, np.ones(len(ids), bool), lexicon, named=len(model.words))
    assert found is not None
    return found
