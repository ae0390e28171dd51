"""A request's body that ends in time, and is no larger than it may be."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request

LINGER_SECONDS = 5.0  # a client that is told 413 before it has sent all may never read it: so long it may go on


class BodyTooLarge(Exception):
    """More bytes than there may be."""


def bounded(request: Request, most: int, idle: float) -> Callable[[], Awaitable[Any]]:
    """The request's `receive`, which counts.

    most    bytes
    idle    seconds in which some must come
    raises  BodyTooLarge, TimeoutError, from within
    """
    heard = 0

    async def receive() -> Any:
        nonlocal heard
        async with asyncio.timeout(idle):
            message = await request.receive()
        heard += len(message.get("body", b""))
        if heard > most:
            await _linger(request, most)
            raise BodyTooLarge
        return message

    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said[:20]) > most:
        heard = most + 1
    return receive


async def _linger(request: Request, most: int) -> None:
    """Reads on for a while, and keeps nothing."""
    heard = 0
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            more = True
            while more and heard < most:
                message = await request.receive()
                heard += len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        return
