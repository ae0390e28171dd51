"""OpenAI's `POST /v1/audio/transcriptions` and `GET /v1/models`, for the clients that speak them.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import asyncio
import contextlib
import json
import math
import shutil
import tempfile
import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from ds2cli.errors import AudioError
from ds2cli.records.captions import cues
from ds2cli.records.formats import transcript
from ds2cli.records.jsonl import Record
from ds2cli.serving.body import BodyTooLarge, bounded
from ds2cli.serving.models import Model
from ds2cli.serving.service import Refused, Service, check_access, place, too_long
from ds2cli.serving.uploads import UploadTooLong

ALIAS = "whisper-1"  # clients that let nobody choose a model ask for it: they get the default
FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
GRANULARITIES = ("word", "segment")
WORD = ("word", "start", "end", "confidence")  # the last is ours: clients pass over what they do not know
# What changes nothing here: the answer is the most probable one at any temperature, a piece is cut as it must be.
TAKEN = {"file", "model", "response_format", "language", "prompt", "temperature", "stream", "timestamp_granularities",
         "timestamp_granularities[]", "chunking_strategy"}  # fmt: skip
LANGUAGES = {"en": "english", "de": "german", "zh": "chinese", "es": "spanish", "fr": "french", "it": "italian"}


@dataclass(frozen=True)
class TranscriptionOptions:
    """What a request asks for."""

    model: Model
    form: str
    language: str
    granularities: tuple[str, ...]
    stream: bool


async def transcriptions(request: Request) -> Response:
    """One recording in, its text out."""
    service: Service = request.app.state.service
    stack = contextlib.AsyncExitStack()
    async with stack:
        path, asked = await _received(request, service, stack)
        came = time.monotonic()
        if asked.stream:
            # The place and the file are held until the last event is sent.
            held = stack.pop_all()
            return Events(_events(service, asked, path, came), held)
        working = asyncio.create_task(service.uploads.transcribe(asked.model, path, came))
        record = await _unless_gone(request, working, service)
        return _answer(record, asked)


async def models(request: Request) -> Response:
    """All models, or the one that the path names."""
    service: Service = request.app.state.service
    check_access(request, service)
    name = request.path_params.get("name")
    if name is not None:
        return JSONResponse(_model(service.model(name)))
    return JSONResponse({"object": "list", "data": [_model(one) for one in service.models.values()]})


def _model(model: Model) -> dict[str, Any]:
    return {"id": model.name, "object": "model", "created": model.created, "owned_by": "ds2"}


async def _received(
    request: Request, service: Service, stack: contextlib.AsyncExitStack
) -> tuple[Path, TranscriptionOptions]:
    """The recording as a file that lives as long as the stack, and what is asked of it."""
    check_access(request, service)
    await stack.enter_async_context(place(service.upload_places, "uploads"))
    stack.enter_context(service.metrics.uploads.track_inprogress())
    limits = service.limits
    body = Request(request.scope, bounded(request, limits.upload_bytes, limits.idle_timeout))
    try:
        form = await body.form(max_files=1, max_fields=32, max_part_size=1 << 16)
    except BodyTooLarge:
        raise Refused(413, f"an upload has at most {limits.max_upload:g} MB", "file", "too_large") from None
    except TimeoutError:
        raise Refused(408, f"nothing came for {limits.idle_timeout:g} s", code="idle") from None
    except MultiPartException as problem:
        raise Refused(400, f"the body is no multipart form: {problem.message}") from None
    try:
        asked, file = _asked(form, service), form.get("file")
        if not isinstance(file, UploadFile):
            raise Refused(400, "a recording is needed: `file`", "file", "missing_required_parameter")
        kept = stack.enter_context(tempfile.NamedTemporaryFile(prefix="ds2-upload-"))
        await asyncio.to_thread(_copy, file.file, kept)
        return Path(kept.name), asked
    finally:
        await form.close()


def _copy(source: BinaryIO, target: Any) -> None:
    source.seek(0)
    shutil.copyfileobj(source, target, 1 << 20)
    target.flush()


def _asked(form: FormData, service: Service) -> TranscriptionOptions:
    for name in form:
        if name not in TAKEN:
            raise Refused(400, f"`{name[:100]}` is not known here", name[:100], "unknown_parameter")
    one = {name: value for name, value in form.items() if isinstance(value, str)}
    name = one.get("model", "")
    model = service.default if name == ALIAS and ALIAS not in service.models else service.model(name)
    form_ = one.get("response_format", "json")
    if form_ not in FORMATS:
        raise Refused(400, f"`response_format` is one of: {', '.join(FORMATS)}", "response_format", "invalid_value")
    asked = [*form.getlist("timestamp_granularities[]"), *form.getlist("timestamp_granularities")]
    given = [value for value in asked if isinstance(value, str)]
    if any(value not in GRANULARITIES for value in asked):
        raise Refused(400, "`timestamp_granularities[]` is word or segment", "timestamp_granularities", "invalid_value")
    if given and form_ != "verbose_json":
        raise Refused(400, "`timestamp_granularities[]` needs response_format=verbose_json", "timestamp_granularities")
    if one.get("prompt", "").strip():
        raise Refused(400, "these models take no `prompt`", "prompt", "unsupported_parameter")
    language = one.get("language", "").lower()
    if language and model.language and language not in (model.language, LANGUAGES.get(model.language)):
        raise Refused(400, f"`{model.name}` speaks `{model.language}`", "language", "unsupported_language")
    if one.get("stream", "false").lower() not in ("true", "false", "1", "0"):
        raise Refused(400, "`stream` is true or false", "stream", "invalid_value")
    streams = one.get("stream", "false").lower() in ("true", "1")
    if streams and form_ not in ("json", "text"):
        raise Refused(400, "`stream` goes with response_format=json", "response_format", "invalid_value")
    _check_temperature(one.get("temperature", "0"))
    return TranscriptionOptions(model, form_, model.language or language, tuple(given) or ("segment",), streams)


def _check_temperature(text: str) -> None:
    try:
        if 0 <= float(text) <= 1:
            return
    except ValueError:
        pass
    raise Refused(400, "`temperature` is a number from 0 to 1", "temperature", "invalid_value")


async def _unless_gone(request: Request, working: asyncio.Task[Record], service: Service) -> Record:
    """The work's result; a client who goes ends the work. raises  Refused"""
    gone = asyncio.create_task(_disconnect(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Refused(499, "the client has gone")
        return await _heard(working, service)
    finally:
        for task in (working, gone):
            task.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _heard(working: asyncio.Task[Record], service: Service) -> Record:
    """raises  Refused where the recording cannot be heard"""
    try:
        return await working
    except AudioError as problem:
        raise Refused(400, str(problem), "file", "invalid_audio") from None
    except UploadTooLong:
        raise too_long(service.limits, "an upload") from None


def _answer(record: Record, asked: TranscriptionOptions) -> Response:
    if asked.form == "json":
        return JSONResponse({"text": record["pred_text"], "usage": _usage(record)})
    if asked.form == "verbose_json":
        return JSONResponse(_verbose(record, asked))
    lines = "".join(f"{line}\n" for line in transcript([{"id": "upload", **record}], asked.form))
    return PlainTextResponse(lines, media_type={"vtt": "text/vtt"}.get(asked.form, "text/plain"))


def _usage(record: Record) -> dict[str, Any]:
    return {"type": "duration", "seconds": math.ceil(record["duration"])}


def _verbose(record: Record, asked: TranscriptionOptions) -> dict[str, Any]:
    told = {"task": "transcribe", "language": LANGUAGES.get(asked.language, asked.language),
            "duration": record["duration"], "text": record["pred_text"], "usage": _usage(record)}
    if "word" in asked.granularities:
        told["words"] = [{name: word[name] for name in WORD} for word in record["words"]]
    if "segment" in asked.granularities:
        told["segments"] = [_segment(i, record, *cue)
                            for i, cue in enumerate(cues([{"id": "upload", **record}], "pred_text"))]
    return told


def _segment(number: int, record: Record, start: float, end: float, text: str) -> dict[str, Any]:
    """A subtitle as OpenAI's segment; what only Whisper has (tokens, the odds of silence) is empty or zero."""
    inside = [word["confidence"] for word in record["words"] if start <= word["start"] < end]
    packed = len(text.encode()) / len(zlib.compress(text.encode()))
    log_prob = sum(math.log(max(one, 1e-6)) for one in inside) / max(len(inside), 1)
    return {"id": number, "seek": 0, "start": start, "end": end, "text": text, "tokens": [], "temperature": 0.0,
            "avg_logprob": round(log_prob, 4), "compression_ratio": round(packed, 4), "no_speech_prob": 0.0}


class Events(StreamingResponse):
    """Server-sent events; what they hold is let go at their end, however early that is."""

    def __init__(self, events: AsyncIterator[str], held: contextlib.AsyncExitStack) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._held = held

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with self._held:
            await super().__call__(scope, receive, send)


async def _events(service: Service, asked: TranscriptionOptions, path: Path, came: float) -> AsyncIterator[str]:
    """The text as it grows, then whole."""
    grown: asyncio.Queue[str | None] = asyncio.Queue()
    # What is written in the end is not what is said so far: figures, capitals. So it comes at once.
    tell = None if asked.model.writer else grown.put_nowait
    working = asyncio.create_task(service.uploads.transcribe(asked.model, path, came, tell))
    working.add_done_callback(lambda _: grown.put_nowait(None))
    sent = ""
    try:
        while (text := await grown.get()) is not None:
            if len(text) > len(sent):
                yield _event({"type": "transcript.text.delta", "delta": text[len(sent) :]})
                sent = text
        record = await _heard(working, service)
        if rest := record["pred_text"][len(sent) :]:
            yield _event({"type": "transcript.text.delta", "delta": rest})
        yield _event({"type": "transcript.text.done", "text": record["pred_text"], "usage": _usage(record)})
        yield "data: [DONE]\n\n"
    except Refused as refusal:
        yield _event({"error": error_object(refusal)})
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def _event(told: dict[str, Any]) -> str:
    return f"data: {json.dumps(told, ensure_ascii=False)}\n\n"


def error_object(refusal: Refused) -> dict[str, Any]:
    """OpenAI's error object."""
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(refusal.status)
    kind = kind or ("server_error" if refusal.status >= 500 else "invalid_request_error")
    return {"message": refusal.message, "type": kind, "param": refusal.param, "code": refusal.code}
