"""Asked to stop, a run saves first: Ctrl-C, SIGTERM, and the SIGHUP of a terminal that has gone."""

import signal
import time
from collections.abc import Callable

NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

# A terminal sends Ctrl-C to the launcher and to its processes, and the launcher passes it on: one key, two signals.
ECHO_SECONDS = 1.0


class Interrupt:
    """The first Ctrl-C, SIGTERM or SIGHUP (not under nohup) asks to stop after the step; a second Ctrl-C insists."""

    def __init__(self, notify: Callable[[], None]) -> None:
        self.requested = False
        self._notify, self._first = notify, 0.0

    def __enter__(self) -> "Interrupt":
        deaf = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else set()
        self._before = {number: signal.signal(number, self._note) for number in NUMBERS if number not in deaf}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: object) -> None:
        if not self.requested:
            self.requested, self._first = True, time.monotonic()
            self._notify()
        elif number == signal.SIGINT and time.monotonic() - self._first > ECHO_SECONDS:
            raise KeyboardInterrupt
