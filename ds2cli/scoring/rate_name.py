"""What an error rate over the words of texts is called: of words, of phones, of Chinese characters."""

from collections.abc import Iterable
from typing import Literal

from ds2cli.text.scripts import is_unspaced, split_words

RateName = Literal["WER", "PER", "CER"]


def rate_name(texts: Iterable[str], are_phones: bool = False) -> RateName:
    """WER; PER where the tokens are phones; CER where most words are single characters of a script without spaces."""
    if are_phones:
        return "PER"
    words = characters = 0
    for text in texts:
        if text.isascii():
            words += text.count(" ") + bool(text)
        else:
            found = split_words(text)
            words, characters = words + len(found), characters + sum(map(is_unspaced, found))
    return "CER" if 2 * characters > words else "WER"
