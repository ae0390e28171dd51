"""The only door to the terminal: data to stdout, words for people to stderr.

Data never passes through rich, which wraps at 80 columns and eats `[brackets]`. rich draws progress alone, on stderr,
with `redirect_stdout=False`: otherwise it swallows stdout when stderr is a terminal (rich issue 3490).
"""

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ds2cli.errors import Ds2Error
from ds2cli.io.atomic import UNSPELLABLE
from ds2cli.phrases import clock
from ds2cli.records.jsonl import to_line

QUIET, NORMAL, VERBOSE = 0, 1, 2
# Of 241 words of LibriSpeech that `english-phones` heard, 38 are below it: 45 % of those are wrong, 12 % of the others.
UNSURE = 0.5


@dataclass
class Session:
    """How much one command says: errors only, the usual, or what was chosen and why; tracebacks with errors."""

    verbosity: int = NORMAL
    tracebacks: bool = False


_session: ContextVar[Session] = ContextVar("session")


def session() -> Session:
    """That of the command which is running; outside of any, as usual."""
    return _session.get(None) or Session()


@contextlib.contextmanager
def own_session() -> Iterator[Session]:
    """A session for one command, which leaves nothing to the next."""
    token = _session.set(Session())
    try:
        yield session()
    finally:
        _session.reset(token)


def open_standard_streams() -> None:
    """stdin, stdout and stderr as every command expects them: UTF-8 in any locale; closed ones hold nothing."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))
    if isinstance(sys.stdout, io.TextIOWrapper):  # in a notebook it is something else
        sys.stdout.reconfigure(encoding="utf-8", errors=UNSPELLABLE)


def write_line(line: str) -> None:
    """One line of data, at once: a reader down the pipe sees it now.

    raises  Ds2Error where stdout takes no more (a full disk); BrokenPipeError where its reader has gone
    """
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as problem:
        discard_stdout()
        raise Ds2Error(f"cannot write to stdout: {problem.strerror}", hint="is there room? df -h .") from None


def discard_stdout() -> None:
    """What is still in stdout's buffer goes nowhere: Python would complain of it at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_record(record: dict[str, Any]) -> None:
    """One record as one line of UTF-8 JSON."""
    write_line(to_line(record))


def has_style() -> bool:
    """Whether stdout is a terminal that shows dim letters, and nobody asked for none (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def dim(text: str) -> str:
    """For a terminal with style: text that recedes."""
    return f"\x1b[2m{text}\x1b[0m" if text else ""


def doubt_dimmed(record: dict[str, Any]) -> str:
    """What was said, for a terminal with style: words of which the network is not sure are dim."""
    text, shown, at = " ".join(record["pred_text"].split()), "", 0
    for word in record.get("words") or []:
        begin = text.find(word["word"], at)
        if begin >= 0:
            name = word["word"]
            shown += text[at:begin] + (dim(name) if word.get("confidence", 1.0) < UNSURE else name)
            at = begin + len(name)
    return shown + text[at:]


def rewrite(sure: str, unsure: str) -> None:
    """A terminal's last line again: what stays, and, dim, what may still change; cut to the terminal's width."""
    room = shutil.get_terminal_size().columns - 1
    begin = max(len(sure) + len(unsure) - room, 0)
    sure, unsure = sure[begin:], unsure[max(begin - len(sure), 0) :]
    sys.stdout.write(f"\r\x1b[K{sure}{dim(unsure) if has_style() else unsure}")
    sys.stdout.flush()


def say(line: str = "") -> None:
    """A line for people: a header, a table row, a result. Not for warnings."""
    if session().verbosity >= NORMAL:
        with gone_terminal():
            print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def gone_terminal() -> Iterator[None]:
    """A terminal that has been closed hears nothing, and the work goes on to its end."""
    with contextlib.suppress(OSError):
        yield


def say_at_once(line: str) -> None:
    """A line for people from within a signal's handler, where Python's own streams may be in the middle of a line."""
    if session().verbosity >= NORMAL:
        with gone_terminal():
            os.write(sys.stderr.fileno(), f"\r{line}\n".encode())


def detail(line: str) -> None:
    """A line for people who asked for more with -v."""
    if session().verbosity >= VERBOSE:
        print(line, file=sys.stderr, flush=True)


def warn(message: str) -> None:
    """Something was skipped or looks wrong, and work goes on."""
    if session().verbosity >= NORMAL:
        print(f"warning: {message}", file=sys.stderr, flush=True)


def error(message: str, hint: str | None = None) -> None:
    """What happened and where; then the cure."""
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    sys.stderr.flush()


def note_stdin(inputs: list[str], command: str) -> None:
    """Reading from a terminal waits in silence: say that it does."""
    if "-" in inputs and sys.stdin.isatty():
        say(f"reading records from the terminal; end with Ctrl-D, or see: ds2 {command} --help")


def is_interactive() -> bool:
    """Whether a person watches stderr, so that a bar makes sense."""
    return session().verbosity >= NORMAL and sys.stderr.isatty()


def is_verbose() -> bool:
    """Whether the person asked for more."""
    return session().verbosity >= VERBOSE


class Bar:
    """A bar that a long run moves by hand, with lines that stay above it; without a watcher, the lines alone."""

    def __init__(self) -> None:
        self._progress = None
        if not is_interactive():
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[line]}")
        console = Console(stderr=True, markup=False, highlight=False)
        self._progress = Progress(
            *columns, console=console, redirect_stdout=False, redirect_stderr=False, transient=True
        )
        self._task = self._progress.add_task("", total=1.0, line="")

    def __enter__(self) -> "Bar":
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            with gone_terminal():
                self._progress.stop()

    def update(self, what: str, share: float, line: str) -> None:
        """Move to a share of the whole, in [0, 1]."""
        if self._progress is not None:
            self._progress.update(self._task, description=what, completed=share, line=line)

    def say(self, line: str) -> None:
        """A line that stays."""
        if self._progress is not None:
            with gone_terminal():
                self._progress.console.print(line, soft_wrap=True, markup=False, highlight=False)
        else:
            say(line)


def progress(things: Iterable[Any], what: str, total: float | None = None) -> Iterator[Any]:
    """The same things, with a bar on stderr while they pass, if a person is watching."""
    if not is_interactive():
        yield from things
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = Console(stderr=True, markup=False, highlight=False)
    with Progress(*columns, console=console, redirect_stdout=False, redirect_stderr=False, transient=True) as bar:
        task = bar.add_task(what, total=total if total is not None else _length(things))
        for thing in things:
            yield thing
            bar.advance(task)


def hearing(make: Callable[[Callable[[float, float], None]], Iterable[Any]], what: str) -> Iterator[Any]:
    """The things that are made of sound, with a bar of how much of it has been heard, if a person is watching.

    make  takes what is to be told of the seconds that have been heard, and of those that are there
    """
    if not is_interactive():
        yield from make(lambda done, total: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[line]}"), TimeRemainingColumn()
    console = Console(stderr=True, markup=False, highlight=False)
    with Progress(*columns, console=console, redirect_stdout=False, redirect_stderr=False, transient=True) as bar:
        task = bar.add_task(what, total=None, line="")

        def heard(done: float, total: float) -> None:
            bar.update(task, completed=done, total=total or None, line=f"{clock(done)} of {clock(total)}")

        yield from make(heard)


def _length(things: Iterable[Any]) -> float | None:
    try:
        return len(things)  # type: ignore[arg-type]
    except TypeError:
        return None
