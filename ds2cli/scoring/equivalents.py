"""A file of equivalents: what a person counts as the same words, beside what a normaliser knows.

    # one class a line; what stands first is what the others become
    theatre royal = theater royal
    ds2 = d s two = ds two
    = uh = um = er

Nothing before the first `=` means that the others are left out of the comparison. Spellings are matched as whole words,
the longest first, after the texts were normalised; the file goes through the same normalising as the texts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ds2cli.errors import UsageError

HINT = "each line names spellings that are the same: okay = ok = o k"


@dataclass
class Equivalents:
    """What each spelling becomes, word by word.

    becomes  spelling -> what stands for it
    longest  the most words that a spelling has, by its first word
    """

    becomes: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)

    def apply(self, text: str) -> str:
        """The text with each spelling replaced, one space between words."""
        words = text.split()
        if self.longest.keys().isdisjoint(words):
            return text
        kept: list[str] = []
        at = 0
        while at < len(words):
            most = min(self.longest.get(words[at], 0), len(words) - at)
            size = next((n for n in range(most, 0, -1) if tuple(words[at : at + n]) in self.becomes), 0)
            kept += self.becomes[tuple(words[at : at + size])] if size else [words[at]]
            at += size or 1
        return " ".join(kept)


def read_equivalents(lines: Iterable[tuple[int, str]], name: str, prepare: Callable[[str], str]) -> Equivalents:
    """The classes of a file.

    prepare  what is done to the texts before; it is done to the spellings too
    raises   UsageError naming the line that is no class, or a spelling that belongs to two
    """
    found = Equivalents()
    classes: dict[tuple[str, ...], int] = {}
    for number, line in lines:
        line = line.partition("#")[0]
        if not line.strip():
            continue
        first, *others = (tuple(prepare(spelling).split()) for spelling in line.split("="))
        if not others or not all(others):
            raise UsageError(f"{name}, line {number}: no equivalents in `{line.strip()[:60]}`", hint=HINT)
        for spelling in filter(None, (first, *others)):
            if classes.setdefault(spelling, number) != number:
                message = f"{name}, line {number}: `{' '.join(spelling)}` is already in line {classes[spelling]}"
                raise UsageError(message, hint="write equivalent words on one line")
            found.becomes[spelling] = list(first)
            found.longest[spelling[0]] = max(found.longest.get(spelling[0], 0), len(spelling))
    return found
