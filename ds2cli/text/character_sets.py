"""Characters that a network may spell though its training texts lack them: those of a standard, and Latin words.

The texts of an hour of Mandarin hold 1,500 characters, those of 178 hours 4,300; whoever asks for one more should not
find that it cannot be written.
"""

from collections.abc import Iterator
from enum import StrEnum
from string import ascii_lowercase

from ds2cli.text.units import BLANK_NAME, SPACE, Units


class CharacterSet(StrEnum):
    """gb2312: 6,763 simplified characters (GB/T 2312, 1980); big5: 13,061 traditional ones."""

    gb2312 = "gb2312"
    big5 = "big5"


def characters_of(name: CharacterSet) -> list[str]:
    """The Chinese characters of a standard, in order of code point, as Python's codec has them."""
    return sorted({character for character in _decoded(name) if "\u4e00" <= character <= "\u9fff"})


def units_with(units: Units, name: CharacterSet) -> Units:
    """Units of characters, with those of a standard, a to z, and the space that stands between Latin words."""
    names = {*units.names[1:], *characters_of(name), *ascii_lowercase, SPACE}
    return Units((BLANK_NAME, *sorted(names)))


def _decoded(name: CharacterSet) -> Iterator[str]:
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                yield from {bytes((lead, trail)).decode(name)}
            except UnicodeDecodeError:
                continue
