"""Places that are counted: who finds none is told so at once."""

from collections.abc import Iterator
from contextlib import contextmanager


class NoPlace(Exception):
    """All are taken."""


class Draining(Exception):
    """The server is about to end, and begins nothing new."""


class Places:
    """So many at once; `close` gives no more."""

    def __init__(self, most: int) -> None:
        self.most, self.taken, self._closed = most, 0, False

    @contextmanager
    def one(self) -> Iterator[None]:
        """raises  NoPlace, Draining"""
        if self._closed:
            raise Draining
        if self.taken >= self.most:
            raise NoPlace
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    def close(self) -> None:
        self._closed = True
