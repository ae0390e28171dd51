"""What a long command does with each of its questions, wherever that is done."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ds2cli.jobs.frames import Packed

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Worker = Callable[[Iterable[Question]], Iterator[Answer]]  # answers a stream of questions, in order


@dataclass(frozen=True)
class Work(Generic[Question, Answer]):
    """What a long command does with each of its questions; the rest of it sees the answers alone, in order.

    open       makes a worker: loads models
    name       of a question, which no other has that could be meant by mistake
    pack       an answer as JSON and bytes
    unpack     the answer to a question from these
    lost       the answer to a question that nobody lives to answer: what a person is told of it
    divided    a question of several things as questions of one each
    joined     the answer to it, from theirs
    takes_gpu  a worker runs a network, on a GPU where there is one
    """

    open: Callable[[], Worker]
    name: Callable[[Any], str]
    pack: Callable[[Any], Packed]
    unpack: Callable[[Any, Any, list[bytes]], Any]
    lost: Callable[[Any, str], Any]
    divided: Callable[[Any], list[Any]] = lambda question: [question]
    joined: Callable[[Any, list[Any]], Any] = lambda question, answers: answers[0]
    takes_gpu: bool = False
