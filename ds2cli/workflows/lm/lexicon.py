"""The words of a text that a lexicon does not say."""

from collections import Counter
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.language.texts import END_TOKEN
from ds2cli.text.lexicon import read_said_words

NAMED = 5
TOO_MUCH = 0.9  # of the text


def unsaid_note(counts: Counter[bytes], lexicon_file: Path) -> str:
    """How many there are, how much of the text, and the commonest by name; "" where there are none.

    counts  of the text's tokens
    raises  UsageError where the lexicon says next to nothing of the text
    """
    said = {word.encode() for word in read_said_words(lexicon_file)}
    words = Counter({word: times for word, times in counts.items() if word != END_TOKEN})
    unsaid = Counter({word: times for word, times in words.items() if word not in said})
    if not unsaid:
        return ""
    share = unsaid.total() / words.total()
    names = "`, `".join(word.decode() for word, _ in unsaid.most_common(NAMED))
    more = ", ..." if len(unsaid) > NAMED else ""
    note = (f"`{lexicon_file}` does not say {len(unsaid):,} of {len(words):,} words, {100 * share:.1f} % of the text "
            f"(`{names}`{more})")
    if share > TOO_MUCH:
        raise UsageError(note, hint="do they differ in case, or in language?")
    return note
