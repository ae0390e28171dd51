"""Wyoming, by which Home Assistant asks for what was said: events over TCP, as the package wyoming writes them.

https://github.com/OHF-Voice/wyoming: a line of JSON, then its data, then its payload. It knows no token.
"""

import asyncio
import socket
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable, async_read_event, async_write_event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info
from wyoming.ping import Ping, Pong

from ds2cli import __version__
from ds2cli.audio.live import Encoding, PcmFormat
from ds2cli.serving.models import Model
from ds2cli.serving.protocols.lines import CHANNELS, RATES, whole_number
from ds2cli.serving.service import STREAM_PROBLEMS, Refused, Service, place, refusal_of
from ds2cli.serving.stream import LiveStream

NAME = "wyoming"
MOST_BYTES = 1 << 20  # of an event's data, and of its payload
LINE_BYTES = 1 << 16
ENCODINGS: dict[Any, Encoding] = {1: "u8", 2: "s16le", 4: "s32le"}
WRONG = (KeyError, TypeError, AttributeError, ValueError, RecursionError, OverflowError)
GONE = (ConnectionError, asyncio.IncompleteReadError)


async def start(service: Service, listener: socket.socket) -> asyncio.Server:
    """Serves clients on a socket, beside what else the server does."""
    return await asyncio.start_server(partial(_serve, service), sock=listener, limit=LINE_BYTES)


class _Reader:
    """What the package reads from, which believes every length."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.readline, self._reader = reader.readline, reader

    async def readexactly(self, count: int) -> bytes:
        if count > MOST_BYTES:
            raise Refused(413, f"an event has at most {MOST_BYTES:,} bytes")
        return await self._reader.readexactly(count)


async def _serve(service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    idle = service.limits.idle_timeout
    try:
        try:
            await _converse(service, _Reader(reader), writer, idle)
        except STREAM_PROBLEMS as problem:
            refusal = refusal_of(problem, service.limits)
            service.log("refused", "warning", protocol=NAME, status=refusal.status, message=refusal.message)
            await _send(writer, Error(refusal.message, str(refusal.status)), idle)
    except (*GONE, TimeoutError):
        return
    finally:
        writer.close()


async def _converse(service: Service, reader: _Reader, writer: asyncio.StreamWriter, idle: float) -> None:
    model = service.default
    while (event := await _next(service, reader, idle)) is not None:
        if Describe.is_type(event.type):
            await _send(writer, _info(service), idle)
        elif Ping.is_type(event.type):
            await _send(writer, Pong(), idle)
        elif Transcribe.is_type(event.type):
            model = service.model(_asked(event).name)
        elif AudioStart.is_type(event.type):
            await _send(writer, await _transcript(service, model, _pcm(event), reader, idle), idle)


async def _transcript(service: Service, model: Model, pcm: PcmFormat, reader: _Reader, idle: float) -> Transcript:
    """What is said from here to audio-stop."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(place(service.stream_places, "streams"))
        stack.enter_context(service.metrics.streams.labels(NAME).track_inprogress())
        stream = await stack.enter_async_context(service.stream(model, pcm, NAME))
        while (event := await _next(service, reader, idle)) is not None and not AudioStop.is_type(event.type):
            if AudioChunk.is_type(event.type) and event.payload:
                await stream.hear(event.payload)
        stream.end()
        return Transcript(" ".join(await _finals(stream)), language=model.language or None)


async def _finals(stream: LiveStream) -> list[str]:
    texts = []
    while (record := await stream.next()) is not None:
        texts += [record["pred_text"]] if record["event"] == "final" else []
    return texts


async def _next(service: Service, reader: _Reader, idle: float) -> Event | None:
    """The next event; None where the client, or the server, ends. raises  Refused, TimeoutError"""
    reading = asyncio.create_task(async_read_event(reader))  # type: ignore[arg-type]
    draining = asyncio.create_task(service.draining.wait())
    try:
        done, _ = await asyncio.wait({reading, draining}, timeout=idle, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise TimeoutError
        return reading.result() if reading in done else None
    except WRONG:
        raise Refused(400, "not an event of Wyoming") from None
    finally:
        reading.cancel()
        draining.cancel()


def _asked(event: Event) -> Transcribe:
    try:
        asked = Transcribe.from_event(event)
    except WRONG:
        raise Refused(400, "`transcribe` that cannot be read") from None
    if not (asked.name is None or isinstance(asked.name, str)):
        raise Refused(400, "`name` is the name of a model")
    return asked


def _pcm(event: Event) -> PcmFormat:
    data = event.data or {}
    whole_number("rate", data.get("rate"), *RATES)
    whole_number("channels", data.get("channels"), *CHANNELS)
    width = data.get("width")
    if not isinstance(width, int) or width not in ENCODINGS:
        raise Refused(400, "`width` is 1, 2 or 4 bytes")
    return PcmFormat(data["rate"], data["channels"], ENCODINGS[width])


def _info(service: Service) -> Info:
    by = Attribution("ds2", "")
    models = [AsrModel(model.name, by, True, None, None, [model.language or "en"])
              for model in service.models.values()]
    return Info(asr=[AsrProgram("ds2", by, True, "Deep Speech 2", __version__, models)])


async def _send(writer: asyncio.StreamWriter, told: Eventable, idle: float) -> None:
    async with asyncio.timeout(idle):
        await async_write_event(told.event(), writer)
