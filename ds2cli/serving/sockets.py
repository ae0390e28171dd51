"""uvicorn's HTTP with patience that ends: a connection that is opened, and asks nothing, is closed."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


def patient(seconds: float) -> type[H11Protocol]:
    """uvicorn times out between requests, not within the head of one.

    seconds  in which a request's head must have come
    """

    class Patient(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._cycle_before: Any = None
            self._idle_before = False
            self._look_later()

        def _look_later(self) -> None:
            self._look = asyncio.get_running_loop().call_later(seconds / 2, self._look_again)

        def _look_again(self) -> None:
            if self.transport.is_closing() or self.transport.get_protocol() is not self:
                return  # closed, or a WebSocket by now
            is_idle = self.cycle is None or self.cycle.response_complete
            if is_idle and self._idle_before and self.cycle is self._cycle_before:
                self.transport.abort()
                return
            self._idle_before, self._cycle_before = is_idle, self.cycle
            self._look_later()

        def connection_lost(self, exc: Exception | None) -> None:
            self._look.cancel()
            super().connection_lost(exc)

    return Patient
