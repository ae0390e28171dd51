"""The protocol of vosk-server's WebSocket, for the clients that speak it.

Text {"config": {"sample_rate": 16000}} is not answered. Each binary message (s16le, mono) is answered by one JSON text:
{"partial": ...}, or {"text": ..., "result": [{"word", "start", "end", "conf"}]} where an utterance has ended. Text
{"eof": 1} is answered by the last {"text": ...}, and the end; {"reset": 1} ends an utterance, and the stream goes on.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ds2cli.audio.live import PcmFormat
from ds2cli.errors import ManifestError
from ds2cli.records.jsonl import Record, parse_record
from ds2cli.serving.models import Model
from ds2cli.serving.protocols.lines import RATES, close, last_words, receive
from ds2cli.serving.service import CLOSES, STREAM_PROBLEMS, Refused, Service, admitted, refusal_of
from ds2cli.serving.stream import LiveStream

NAME = "vosk"


@dataclass(frozen=True)
class VoskConfig:
    """What a client's configuration asks for."""

    model: Model
    rate: int = 16000
    words: bool = True
    alternatives: bool = False


async def serve(socket: WebSocket, service: Service) -> None:
    """One client, from its first message to its last."""
    async with admitted(socket, service, NAME):
        idle = service.limits.idle_timeout
        try:
            await _recognise(socket, service, idle)
            await close(socket, 1012 if service.draining.is_set() else 1000, idle)
        except STREAM_PROBLEMS as problem:
            refusal = refusal_of(problem, service.limits)
            service.metrics.requests.labels("/vosk", refusal.status).inc()
            await last_words(socket, json.dumps({"error": refusal.message}), CLOSES[refusal.status], idle)
        except WebSocketDisconnect:
            return


async def _recognise(socket: WebSocket, service: Service, idle: float) -> None:
    asked, goes_on = VoskConfig(service.default), True
    while goes_on:
        message = await _next(socket, service, idle)
        if isinstance(message, bytes):
            async with service.stream(asked.model, PcmFormat(asked.rate), NAME) as stream:
                goes_on = await _one_stream(socket, service, stream, asked, message, idle)
        elif "config" in message:
            asked = _asked(message["config"], asked, service)
        else:
            await _send(socket, _result([], asked), idle)
            goes_on = not message.get("eof")


async def _one_stream(socket: WebSocket, service: Service, stream: LiveStream, asked: VoskConfig,
                      message: bytes | Record, idle: float) -> bool:  # fmt: skip
    """One stream's sound, each message answered; whether another stream may follow."""
    partial = ""
    while isinstance(message, bytes) or "config" in message:
        if isinstance(message, bytes):
            await stream.hear(message)
            await stream.heard()
            finals, partial = _news(stream, partial)
            await _send(socket, _result(finals, asked) if finals else {"partial": partial}, idle)
        message = await _next(socket, service, idle)
    stream.end()
    finals = []
    while (record := await stream.next()) is not None:
        finals += [record] if record["event"] == "final" else []
    await _send(socket, _result(finals, asked), idle)
    return not message.get("eof")


def _news(stream: LiveStream, partial: str) -> tuple[list[Record], str]:
    """The utterances that have ended, and the text of the one under way."""
    finals = []
    while (record := stream.take()) is not None:
        if record["event"] == "final":
            finals.append(record)
            partial = ""
        else:
            partial = record["text"]
    return finals, partial


async def _next(socket: WebSocket, service: Service, idle: float) -> bytes | Record:
    """Sound, or what a client wants beside; when the server is to end, that the client ends."""
    receiving = asyncio.create_task(receive(socket))
    draining = asyncio.create_task(service.draining.wait())
    try:
        done, _ = await asyncio.wait({receiving, draining}, timeout=idle, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise TimeoutError
        found = receiving.result() if receiving in done else '{"eof": 1}'
    finally:
        receiving.cancel()
        draining.cancel()
    if isinstance(found, bytes):
        return found
    try:
        fields = parse_record(found, "a text message")
    except ManifestError as problem:
        raise Refused(400, str(problem)) from None
    if not ("config" in fields or fields.get("eof") or fields.get("reset")):
        raise Refused(400, 'a text message is {"config": {...}}, {"eof": 1} or {"reset": 1}')
    return fields


def _asked(config: Any, asked: VoskConfig, service: Service) -> VoskConfig:
    if not isinstance(config, dict):
        raise Refused(400, "`config` is an object")
    rate = config.get("sample_rate", asked.rate)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not RATES[0] <= rate <= RATES[1]:
        raise Refused(400, f"`sample_rate` is a number from {RATES[0]} to {RATES[1]}")
    if config.get("phrase_list") or config.get("grammar"):
        raise Refused(400, "this server has no `phrase_list`: its models hear any words")
    name = config.get("model")
    if not (name is None or isinstance(name, str)):
        raise Refused(400, "`model` is a name")
    return replace(
        asked, model=service.model(name) if name else asked.model, rate=round(rate),
        words=bool(config.get("words", asked.words)),
        alternatives=bool(config.get("max_alternatives", asked.alternatives)),
    )


def _result(finals: list[Record], asked: VoskConfig) -> dict[str, Any]:
    """What was said, as Vosk tells it; utterances that ended within one message become one."""
    text = " ".join(record["pred_text"] for record in finals)
    words = [{"conf": word["confidence"], "end": word["end"], "start": word["start"], "word": word["word"]}
             for record in finals for word in record["words"]]
    result = {"result": words} if asked.words and words else {}
    if asked.alternatives:
        best = {"text": text, "confidence": sum(record["score"]["total"] for record in finals)}
        return {"alternatives": [{**best, **result}]}
    return {**result, "text": text}


async def _send(socket: WebSocket, told: dict[str, Any], idle: float) -> None:
    async with asyncio.timeout(idle):
        await socket.send_text(json.dumps(told, ensure_ascii=False))
