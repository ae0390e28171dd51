"""ds2's own protocol: a WebSocket that takes PCM and sends the lines of `ds2 decode --stream`.

The client's first message is text, a JSON object: sample_rate, format, channels, model, partials; all may be left out.
Then binary messages of PCM, cut anywhere; at last the text {"eof": 1}. The server sends `partial` and `final` objects,
and closes with 1000 after the last. A mistake is told as {"event": "error"}, and closes with another code.
"""

import asyncio
from dataclasses import dataclass
from typing import cast

from starlette.websockets import WebSocket, WebSocketDisconnect

from ds2cli.audio.live import ENCODINGS, Encoding, PcmFormat
from ds2cli.errors import ManifestError
from ds2cli.records.jsonl import Record, parse_record, to_line
from ds2cli.serving.models import Model
from ds2cli.serving.service import CLOSES, STREAM_PROBLEMS, Refused, Service, admitted, refusal_of
from ds2cli.serving.stream import LiveStream

NAME = "lines"
RATES, CHANNELS = (1000, 1_000_000), (1, 64)
KNOWN = ("sample_rate", "format", "channels", "model", "partials")


@dataclass(frozen=True)
class StreamOptions:
    """What a client's first message asks for."""

    model: Model
    pcm: PcmFormat
    partials: bool


async def serve(socket: WebSocket, service: Service) -> None:
    """One client, from its first message to its last."""
    async with admitted(socket, service, NAME):
        idle = service.limits.idle_timeout
        try:
            async with asyncio.timeout(idle):
                asked = _asked(await receive_text(socket, "the first message"), service)
            async with service.stream(asked.model, asked.pcm, NAME) as stream:
                await _converse(socket, service, stream, asked.partials)
            await close(socket, 1012 if service.draining.is_set() else 1000, idle)
        except STREAM_PROBLEMS as problem:
            refusal = refusal_of(problem, service.limits)
            service.metrics.requests.labels("/v1/stream", refusal.status).inc()
            told = {"event": "error", "status": refusal.status, "message": refusal.message}
            await last_words(socket, to_line(told), CLOSES[refusal.status], idle)
        except WebSocketDisconnect:
            return


async def _converse(socket: WebSocket, service: Service, stream: LiveStream, partials: bool) -> None:
    idle = service.limits.idle_timeout
    listening = asyncio.create_task(_listen(socket, stream, idle))
    telling = asyncio.create_task(_tell(socket, stream, partials, idle))
    draining = asyncio.create_task(service.draining.wait())
    tasks = [listening, telling, draining]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if telling in done:
            return telling.result()
        if listening in done:
            # What goes wrong in the sound does not take back what was said before it.
            problem = listening.exception()
            if isinstance(problem, WebSocketDisconnect):
                raise problem
            stream.end()
            await telling
            if problem:
                raise problem
        else:
            stream.end()
            await telling
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(socket: WebSocket, stream: LiveStream, idle: float) -> None:
    """Sound, until the client ends it."""
    while True:
        async with asyncio.timeout(idle):
            message = await receive(socket)
        if isinstance(message, bytes):
            await stream.hear(message)
        elif _parsed(message, "a text message").get("eof"):
            return
        else:
            raise Refused(400, 'a text message after the first is {"eof": 1}')


async def _tell(socket: WebSocket, stream: LiveStream, partials: bool, idle: float) -> None:
    while (record := await stream.next()) is not None:
        if partials or record["event"] == "final":
            async with asyncio.timeout(idle):
                await socket.send_text(to_line(record))


def _asked(text: str, service: Service) -> StreamOptions:
    fields = _parsed(text, "the first message")
    for name in fields:
        if name not in KNOWN:
            raise Refused(400, f"unknown field `{name[:100]}`; there are: {', '.join(KNOWN)}")
    rate, channels = fields.get("sample_rate", 16000), fields.get("channels", 1)
    encoding, partials, model = fields.get("format", "s16le"), fields.get("partials", True), fields.get("model")
    whole_number("sample_rate", rate, *RATES)
    whole_number("channels", channels, *CHANNELS)
    if not (isinstance(encoding, str) and encoding in ENCODINGS):
        raise Refused(400, f"`format` is one of: {', '.join(ENCODINGS)}")
    if not isinstance(partials, bool):
        raise Refused(400, "`partials` is true or false")
    if not (model is None or isinstance(model, str)):
        raise Refused(400, "`model` is a name")
    return StreamOptions(service.model(model), PcmFormat(rate, channels, cast(Encoding, encoding)), partials)


def whole_number(name: str, value: object, least: int, most: int) -> None:
    """raises  Refused"""
    if not (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most):
        raise Refused(400, f"`{name}` is a whole number from {least} to {most}")


def _parsed(text: str, what: str) -> Record:
    try:
        return parse_record(text, what)
    except ManifestError as problem:
        raise Refused(400, str(problem)) from None


async def receive(socket: WebSocket) -> bytes | str:
    """The next message. raises  WebSocketDisconnect"""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    found = message.get("bytes")
    return found if found is not None else message["text"]


async def receive_text(socket: WebSocket, what: str) -> str:
    """raises  WebSocketDisconnect; Refused where it is not text"""
    found = await receive(socket)
    if isinstance(found, bytes):
        raise Refused(400, f"{what} is text: a JSON object")
    return found


async def close(socket: WebSocket, code: int, idle: float, reason: str = "") -> None:
    """Ends the conversation; a client that has gone, or does not read, is not waited for."""
    try:
        async with asyncio.timeout(idle):
            await socket.close(code, reason)
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        return


async def last_words(socket: WebSocket, text: str, code: int, idle: float) -> None:
    """A message, then the end."""
    try:
        async with asyncio.timeout(min(idle, 5)):
            await socket.send_text(text)
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        return
    await close(socket, code, idle)
