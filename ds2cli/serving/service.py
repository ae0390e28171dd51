"""What all protocols share: the models, the rules, the places, and the way a client is told no."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from ds2cli.audio.live import PcmFormat
from ds2cli.serving.access import PROTOCOL, Access
from ds2cli.serving.logs import Log
from ds2cli.serving.metrics import Metrics
from ds2cli.serving.models import Model
from ds2cli.serving.places import Draining, NoPlace, Places
from ds2cli.serving.settings import Limits
from ds2cli.serving.stream import LiveStream, StreamFailed, StreamTooLong, log_fields
from ds2cli.serving.uploads import Uploads

RETRY_SECONDS = 5
# WebSocket's close codes (RFC 6455, section 7.4.1, and IANA's registry).
CLOSES = {400: 1007, 401: 1008, 403: 1008, 404: 1008, 408: 1008, 413: 1009, 429: 1013, 500: 1011, 503: 1012}


class Refused(Exception):
    """A client asked for what it does not get.

    status  as HTTP counts them
    param   the field that is wrong
    code    OpenAI's name for it
    """

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code

    @property
    def headers(self) -> dict[str, str]:
        if self.status == 401:
            return {"WWW-Authenticate": "Bearer"}
        return {"Retry-After": str(RETRY_SECONDS)} if self.status in (429, 503) else {}


@dataclass
class Service:
    """One server.

    models    by name; the first is the default
    draining  set when the server is to end
    """

    models: dict[str, Model]
    limits: Limits
    access: Access
    metrics: Metrics
    log: Log
    uploads: Uploads
    stream_places: Places = field(init=False)
    upload_places: Places = field(init=False)
    draining: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.stream_places = Places(self.limits.max_streams)
        self.upload_places = Places(self.limits.max_uploads)

    @property
    def default(self) -> Model:
        return next(iter(self.models.values()))

    def model(self, name: str | None) -> Model:
        """raises  Refused where there is none of that name"""
        if not name:
            return self.default
        if name not in self.models:
            there = ", ".join(f"`{one}`" for one in self.models)
            raise Refused(404, f"no model `{name[:100]}`; there are: {there}", "model", "model_not_found")
        return self.models[name]

    def drain(self) -> None:
        """Nothing new begins; streams end with their finals, uploads with their answers."""
        self.stream_places.close()
        self.upload_places.close()
        self.draining.set()

    @property
    def is_idle(self) -> bool:
        return not (self.stream_places.taken or self.upload_places.taken)

    @asynccontextmanager
    async def stream(self, model: Model, pcm: PcmFormat, protocol: str) -> AsyncIterator[LiveStream]:
        """A live stream with a log line and metrics of its own; closed at the end, whatever that is."""
        stream, how = LiveStream(model, pcm, self.limits.max_seconds), "failed"
        try:
            yield stream
            how = "drained" if self.draining.is_set() else "done"
        except (WebSocketDisconnect, ConnectionError):
            how = "gone"
            raise
        except Refused as refusal:
            how = str(refusal.status)
            raise
        except asyncio.CancelledError:
            how = "cancelled"
            raise
        finally:
            stream.close()
            self.metrics.streams_ended.labels(protocol, how).inc()
            self.log("stream", protocol=protocol, model=model.name, how=how, **log_fields(stream))


@asynccontextmanager
async def place(places: Places, what: str) -> AsyncIterator[None]:
    """raises  Refused, 429 or 503"""
    try:
        with places.one():
            yield
    except NoPlace:
        raise Refused(429, f"all {places.most} places for {what} are taken", code="rate_limit_exceeded") from None
    except Draining:
        raise Refused(503, "the server is about to end", code="server_shutting_down") from None


@asynccontextmanager
async def admitted(socket: WebSocket, service: Service, protocol: str) -> AsyncIterator[None]:
    """A WebSocket that may speak: accepted, counted; what is refused before, by HTTP's own answer."""
    try:
        check_access(socket, service, socket.scope["subprotocols"])
        async with place(service.stream_places, "streams"):
            offered = socket.scope["subprotocols"]
            await socket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
            with service.metrics.streams.labels(protocol).track_inprogress():
                yield
    except Refused as refusal:
        # What is refused once the socket is open, its protocol tells in its own words.
        service.metrics.requests.labels(socket.url.path, refusal.status).inc()
        service.log("refused", "warning", protocol=protocol, status=refusal.status, message=refusal.message)
        body = {"error": {"message": refusal.message, "code": refusal.code}}
        await socket.send_denial_response(JSONResponse(body, refusal.status, refusal.headers))


def check_access(request, service: Service, subprotocols=()) -> None:
    """raises  Refused where the client may not speak here"""
    access = service.access
    if not access.is_known_host(request.headers):
        raise Refused(403, "this server does not go by that name; name it with --origin", code="unknown_host")
    if not access.is_known_origin(request.headers):
        raise Refused(403, "pages of that origin may not speak here; name it with --origin", code="unknown_origin")
    if not access.has_token(request.headers, subprotocols):
        raise Refused(401, "a token is needed: Authorization: Bearer TOKEN", code="invalid_api_key")


def too_long(limits: Limits, what: str) -> Refused:
    return Refused(413, f"{what} longer than {limits.max_seconds:g} s of sound", code="too_long")


def refusal_of(problem: Exception, limits: Limits) -> Refused:
    """What a client is told of a problem in its stream."""
    if isinstance(problem, Refused):
        return problem
    if isinstance(problem, StreamTooLong):
        return too_long(limits, "a stream")
    if isinstance(problem, TimeoutError):
        return Refused(408, f"nothing came, or was read, for {limits.idle_timeout:g} s", code="idle")
    assert isinstance(problem, StreamFailed)
    return Refused(500, "the server failed; its log has more", code="server_error")


STREAM_PROBLEMS = (Refused, StreamTooLong, TimeoutError, StreamFailed)
