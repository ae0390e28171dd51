"""Records of words to records of the units in which they are said: what a network of phones learns from."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.records.jsonl import Record
from ds2cli.records.manifest import read_manifest
from ds2cli.text.lexicon import Lexicon, read_lexicon
from ds2cli.text.mandarin.pinyin import pronounce as pronounce_mandarin
from ds2cli.text.units import SPACE, Units
from ds2cli.workflows.prepare.lexicon import learn

WORDS_FIELD = "words_text"
Say = Callable[[str], list[str]]  # a text's units; KeyError names what cannot be said


def prepare_pronounce(manifests: Iterable[str | Path], say: Say, unsaid: Counter[str]) -> Iterator[Record]:
    """Every record whose text can be said, its `text` in units; `words_text` keeps the words.

    unsaid  counts the words (characters) that cannot; their records are left out
    """
    for path in manifests:
        for utterance in read_manifest(path):
            try:
                said = say(utterance.text)
            except KeyError as problem:
                unsaid[problem.args[0]] += 1
                continue
            yield {**utterance.record, WORDS_FIELD: utterance.text, "text": SPACE.join(said)}


def by_pinyin() -> Say:
    """Mandarin's initials and finals. raises  UsageError without the pypinyin package, before any work"""
    pronounce_mandarin("\u6d4b\u8bd5")
    return pronounce_mandarin


def by_lexicon(path: Path, units: Units, guess: bool, tell: Callable[[str], None]) -> Say:
    """Each word's likeliest way in a lexicon.

    guess  words that it lacks are said as its words teach to read them
    raises  UsageError where it cannot be read
    """
    lexicon = read_lexicon(path, units)
    return _sayer(lexicon, units, learn(lexicon, units, tell).say if guess else None)


def _sayer(lexicon: Lexicon, units: Units, read: Say | None) -> Say:
    @cache
    def word_in_units(word: str) -> tuple[str, ...]:
        spellings = lexicon.spellings(word)
        said = [units.names[unit] for unit in spellings[0]] if spellings else read(word) if read else []
        if not said:
            raise KeyError(word)
        return tuple(said)

    return lambda text: [unit for word in text.split() for unit in word_in_units(word)]


def check_ways(lexicon_file: Path | None, units: Path | None, pinyin: bool) -> None:
    """raises  UsageError where it is not said, or said twice, how words are said"""
    if pinyin == bool(lexicon_file):
        hint = "one of --pinyin and --lexicon-file FILE --units FILE"
        raise UsageError("no pronunciations were given" if not pinyin else "words said in two ways at once", hint=hint)
    if lexicon_file and not units:
        raise UsageError(f"in which units is `{lexicon_file}` written?",
                         hint="name them: --units FILE, a unit a line below #separator=<space>")
