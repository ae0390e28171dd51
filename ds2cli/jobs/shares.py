"""The shares of a long command: each of N jobs answers every N-th question into a file of its own.

Together they are what one machine would have made: `ds2 join` runs the command again with these answers.
"""

import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from ds2cli import __version__, hints
from ds2cli.errors import UsageError
from ds2cli.io.atomic import cannot_write, make_folder
from ds2cli.jobs.frames import Frame, Packed, read_frame, read_frames, write_frame
from ds2cli.phrases import first_few

FORMAT = "ds2 share 2"
SHOWN = 5
NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}


@dataclass(frozen=True)
class Share:
    """The index-th of count shares, from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, number: int) -> bool:
        """Whether a question, counted from 0, is answered in it: neighbours lie in different shares."""
        return number % self.count == self.index - 1

    def path(self, folder: Path) -> Path:
        return folder / f"{self.index:0{len(str(self.count))}}-of-{self.count}.share"


def parse_share(words: str) -> Share:
    """`2/8`: the second of eight.

    raises  UsageError where it is not I/N
    """
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", words)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(hints.wrong_shard(words), hint=hints.SECOND_OF_EIGHT)
    return Share(int(found[1]), int(found[2]))


def fingerprint(question: str) -> str:
    """Tells whether a share answers the question that is asked now."""
    return hashlib.blake2b(question.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


class ShareWriter:
    """`with ShareWriter(folder, share, command) as file:` one process's answers; what is there already stays.

    n_done   answers that an earlier process left
    is_done  all were there, and nothing is left to do
    raises   UsageError where the file is another command's, or another process is writing it
    """

    def __init__(self, folder: Path, share: Share, command: list[str]) -> None:
        self.path, self._share = share.path(make_folder(folder)), share
        self._head = {"format": FORMAT, "share": [share.index, share.count], "command": command,
                      "folder": os.getcwd(), "version": __version__}
        self._file = self._opened()
        self._done: dict[int, str] = {}
        self.is_done = self._take_up()

    @property
    def n_done(self) -> int:
        return len(self._done)

    def _opened(self) -> BinaryIO:
        try:
            file = open(self.path, "r+b" if self.path.exists() else "w+b")
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno in (errno.EAGAIN, errno.EACCES) and os.access(self.path, os.W_OK):
                raise UsageError(f"`{self.path}`: another process works at share {self._share}",
                                 hint=hints.OWN_SHARE) from None
            if problem.errno not in NO_LOCKS:
                raise cannot_write(self.path, problem) from None
        return file

    def _take_up(self) -> bool:
        frames = read_frames(self.path)
        head = next(frames, None)
        if head is None:
            self._file.truncate(0)
            write_frame(self._file, self._head)
            return False
        must_be_same(self.path, head.content, self._head)
        end = head.end
        for frame in frames:
            if "total" in frame.content:
                return True
            self._done[frame.content["number"]] = frame.content["question"]
            end = frame.end
        self._file.seek(end)
        self._file.truncate()  # what a killed process was about to write
        return False

    def has(self, number: int, question: str) -> bool:
        """Whether it was answered before.

        raises  UsageError where another question was
        """
        if number in self._done and self._done[number] != fingerprint(question):
            raise changed(self.path, number)
        return number in self._done

    def add(self, number: int, question: str, packed: Packed) -> None:
        content = {"number": number, "question": fingerprint(question), "answer": packed[0]}
        self._write(content, packed[1])
        self._done[number] = content["question"]

    def finish(self, total: int) -> None:
        """All questions of the share are answered; there are `total`, those of the others included."""
        self._write({"total": total, "answers": self.n_done}, [])
        os.fsync(self._file.fileno())

    def _write(self, content: dict[str, Any], blobs: list[bytes]) -> None:
        try:
            write_frame(self._file, content, blobs)
        except OSError as problem:
            raise cannot_write(self.path, problem) from None

    def __enter__(self) -> "ShareWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class Shares:
    """All shares of a command, ready to be joined.

    command, folder  as it was asked for, and where
    raises           UsageError naming what is missing, unfinished, damaged, of another command or there twice
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        paths = sorted(folder.glob("*-of-*.share"))
        if not paths:
            raise UsageError(f"no shares in `{folder}`", hint=hints.MAKE_SHARES)
        self._places: dict[int, tuple[Path, int, str]] = {}
        heads, totals = {}, {}
        first = paths[0]
        for path in paths:
            heads[path] = _head(path)
            must_be_same(path, heads[path], heads[first], first)
        for path in paths:
            totals[path] = self._read(path)
        count = heads[first]["share"][1]
        there = {head["share"][0] for head in heads.values()}
        unfinished = [f"{heads[path]['share'][0]}/{count}" for path in paths if totals[path] is None]
        self.command, self.folder = heads[first]["command"], Path(heads[first]["folder"])
        missing = [f"{index}/{count}" for index in range(1, count + 1) if index not in there]
        for what, names in (("missing", missing), ("not finished", unfinished)):
            if names:
                raise self._not_there(what, names)
        self.total = totals[first]
        for path in paths:
            if totals[path] != self.total:
                raise UsageError(f"`{path}` counts {totals[path]:,} things to do, `{first}` {self.total:,}",
                                 hint="did an input change between them? remove them, and begin again")

    def _not_there(self, what: str, names: list[str]) -> UsageError:
        shown = first_few(names, SHOWN, mark="")
        hint = hints.answer_share(self.command, names[0])
        return UsageError(f"shares in `{self.path}` that are {what}: {shown}", hint=hint)

    def _read(self, path: Path) -> int | None:
        """Where each answer lies; returns what the end of the file counts, None where it has no end."""
        for frame in islice(read_frames(path), 1, None):
            if "total" in frame.content:
                return frame.content["total"]
            number = frame.content["number"]
            if number in self._places:
                raise UsageError(f"`{path}` and `{self._places[number][0]}` both answer number {number + 1}",
                                 hint="is one a copy? remove it")
            self._places[number] = path, frame.start, frame.content["question"]
        return None

    def answer(self, number: int, question: str) -> Frame:
        """What was answered to a question.

        raises  UsageError where it is another than was asked, or the file was damaged since
        """
        if number not in self._places:
            raise UsageError(f"`{self.path}` has no answer to number {number + 1}: `{question[:60]}`",
                             hint="did an input change since? remove the shares, and begin again")
        path, start, asked = self._places[number]
        if asked != fingerprint(question):
            raise changed(path, number)
        try:
            return read_frame(path, start)
        except (OSError, ValueError):
            raise UsageError(f"`{path}` is damaged at byte {start}", hint="remove it, and run its job again") from None

    def check_end(self, n_questions: int) -> None:
        """raises  UsageError where there are answers that nobody asked for now"""
        if n_questions not in (0, self.total):  # a command that goes on may have had no more to ask
            raise UsageError(f"`{self.path}` answers {self.total:,} things, and {n_questions:,} are asked for now",
                             hint="did an input change since? remove the shares, and begin again")


def _head(path: Path) -> dict[str, Any]:
    head = next(read_frames(path), None)
    if head is None or head.content.get("format") != FORMAT:
        raise UsageError(f"`{path}` is not a share, or is cut short", hint="remove it, and run its job again")
    return head.content


def must_be_same(path: Path, head: dict[str, Any], other: dict[str, Any], name: Path | None = None) -> None:
    """raises  UsageError where two shares are of different commands"""
    if head.get("format") != FORMAT:
        raise UsageError(f"`{path}` is not a share", hint=hints.ANOTHER_FOLDER)
    (one, n), (two, m) = ((each["command"], each["share"][1]) for each in (head, other))
    if without_free_flags(one) != without_free_flags(two) or n != m:
        what = f"as `{name}` is" if name else "as is asked for now"
        raise UsageError(f"`{path}` is not of the same command and number of shares {what}: "
                         f"{' '.join(['ds2', *one])}, {n} shares",
                         hint=hints.ANOTHER_FOLDER)


def changed(path: Path, number: int) -> UsageError:
    return UsageError(f"`{path}`: number {number + 1} is another one now: an input has changed since",
                      hint="remove the shares, and begin again")


def without_free_flags(command: list[str]) -> list[str]:
    """A command without what decides nothing but its speed."""
    return without(command, hints.FREE_FLAGS)


def without(command: Iterable[str], flags: set[str]) -> list[str]:
    """A command line without flags that take a value, `--flag value` or `--flag=value`."""
    return list(_without(iter(command), flags))


def _without(words: Iterator[str], flags: set[str]) -> Iterator[str]:
    for word in words:
        if word == "--":
            yield word
            yield from words
        elif word in flags:
            next(words, None)
        elif word.partition("=")[0] not in flags:
            yield word

