"""The one reader of the whole toolkit: text as people write it -> what the acoustic model spells.

Training transcripts, language model text and segmentation all pass through here, so a word is spelled one way
everywhere. (English is compared in another form, `text/comparing`: there capitals and full stops are no clues.) Every
normaliser is idempotent, and says for each piece of its output where in the original it came from.
"""

import re
from typing import TYPE_CHECKING

from ds2cli.errors import UsageError
from ds2cli.text.spans import Normalised, Span
from ds2cli.text.units import Units

if TYPE_CHECKING:
    from ds2cli.text.lexicon import Lexicon  # which needs numpy; the names below are for the command line

NORMALISERS = ("none", "english", "mandarin")


def normalise(text: str, language: str) -> Normalised:
    """The spoken form of a text.

    language  one of NORMALISERS; "none" leaves the text as it is
    raises    UsageError where there is no such normaliser
    """
    if language == "none":
        return Normalised(text, [Span(*word.span()) for word in re.finditer(r"\S+", text)])
    if language == "english":
        return normalise_english(text)
    if language == "mandarin":
        return normalise_mandarin(text)
    raise UsageError(f"no normaliser `{language}`", hint=f"choose one of: {', '.join(NORMALISERS)}")


def normalise_english(text: str) -> Normalised:
    """Lower case words of a-z and apostrophe, one space between; numbers, money, dates and abbreviations read out."""
    # Imported here: a command that offers the choice should not load every language's tables.
    from ds2cli.text.english.reader import read

    return read(text)


def normalise_mandarin(text: str) -> Normalised:
    """Chinese characters without spaces; numbers read out, full-width forms folded, Latin letters in lower case."""
    from ds2cli.text.mandarin.reader import read

    return read(text)


def normaliser_for(units: Units, lexicon: "Lexicon | None" = None) -> str:
    """The normaliser whose output these units spell: small English letters, Chinese characters, else none.

    lexicon  whose words are looked at in place of the units, where it says them
    """
    if lexicon is not None:
        return "english" if lexicon.find("the") and lexicon.find("and") else "none"
    letters = {units.body(index) for index in range(1, len(units)) if len(units.body(index)) == 1}
    if sum("\u4e00" <= letter <= "\u9fff" for letter in letters) > len(letters) / 2:
        return "mandarin"
    is_english = set("abcdefghijklmnopqrstuvwxyz") <= letters and not any(letter.isupper() for letter in letters)
    return "english" if is_english and units.has_spaces else "none"
