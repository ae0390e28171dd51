"""Many things at once, answers in the order of the questions."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


def ordered_map(work: Callable[[Question], Answer], questions: Iterable[Question], jobs: int) -> Iterator[Answer]:
    """`map(work, questions)` by `jobs` threads; questions are taken a few at a time, so that endless ones stream.

    Threads suffice: libsndfile and numpy let go of the interpreter's lock while they read and compute.
    """
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting: deque = deque()
        try:
            for question in questions:
                waiting.append(pool.submit(work, question))
                if len(waiting) > 16 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def by_threads(work: Callable[[Question], Answer], jobs: int) -> Callable[[Iterable[Question]], Iterator[Answer]]:
    """Who answers questions with `work`, so many at once, in order."""
    return partial(ordered_map, work, jobs=jobs)
