"""Names that a format can hold: without white space or marks that mean something to it, and no two alike."""

import re
from collections.abc import Hashable


class SafeNames:
    """`names.of("My talk", key)` is `My_talk`, always for that key, and `My_talk-2` for another of that name.

    unsafe  characters that the format keeps for itself, besides white space
    """

    def __init__(self, unsafe: str = "") -> None:
        self._unsafe = re.compile(rf"[\s{re.escape(unsafe)}]+" if unsafe else r"\s+")
        self._by_key: dict[Hashable, str] = {}
        self._taken: set[str] = set()

    def of(self, name: str, key: Hashable = None) -> str:
        """The name of what `key` tells apart; without one, of the next thing."""
        key = len(self._taken) if key is None else ("key", key)
        if key not in self._by_key:
            name = self.spelled(name)
            number, unique = 1, name
            while unique in self._taken:
                number += 1
                unique = f"{name}-{number}"
            self._taken.add(unique)
            self._by_key[key] = unique
        return self._by_key[key]

    def spelled(self, name: str) -> str:
        """The name with `_` for what it may not have; a `;` at its beginning would make its line a comment."""
        return re.sub(r"^;+", "_", self._unsafe.sub("_", name.strip())) or "-"
