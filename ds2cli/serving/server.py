"""`ds2 serve` from its first line to its last: models are loaded, clients served, and what was begun is ended."""

import asyncio
import importlib.util
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType

import uvicorn

from ds2cli import __version__
from ds2cli.errors import Ds2Error, UsageError
from ds2cli.serving.access import Access, is_loopback
from ds2cli.serving.app import make_app
from ds2cli.serving.logs import Log
from ds2cli.serving.metrics import Metrics
from ds2cli.serving.models import Model, ModelSource, by_name, open_model
from ds2cli.serving.service import Service
from ds2cli.serving.settings import Limits
from ds2cli.serving.sockets import patient
from ds2cli.serving.uploads import Uploads

MESSAGE_BYTES = 1 << 20  # of one WebSocket message
PING_SECONDS = 20.0      # a peer that does not answer within so long has gone
TICK_SECONDS = 0.05


@dataclass(frozen=True)
class ServeRequest:
    """What is served, where, and to whom.

    sources   the models; the first is the default
    token     that clients need; None: none
    is_open   another host than this computer's own may be served without a token
    wyoming   the port for Home Assistant, which knows no token; None: none
    """

    sources: list[ModelSource]
    host: str
    port: int
    limits: Limits
    token: str | None
    origins: tuple[str, ...]
    is_open: bool
    device: str
    language: str
    level: str
    wyoming: int | None = None


def serve(request: ServeRequest) -> bool:
    """Serves until SIGTERM or Ctrl-C; then what was begun is ended. Whether it was Ctrl-C.

    raises  UsageError where the address cannot be had, or is open to others and has no token
    """
    is_private = is_loopback(request.host)
    if not (is_private or request.token or request.is_open):
        raise UsageError(f"--host {request.host} is open to others, and there is no token",
                         hint="set DS2_TOKEN, or use --insecure on a trusted network")
    if request.wyoming is not None and (request.token or not is_private) and not request.is_open:
        raise UsageError("--wyoming has no token: anyone could connect",
                         hint="leave it out, or use --insecure on a trusted network")
    if request.wyoming is not None and importlib.util.find_spec("wyoming") is None:
        raise UsageError("--wyoming needs the package wyoming", hint="pip install 'ds2cli[serve]'")
    log, metrics, limits = Log(request.level), Metrics(), request.limits
    log.take_over()
    listener = _listen(request.host, request.port)
    # Before the models are loaded: a port that is taken is told at once.
    wyoming = _listen(request.host, request.wyoming) if request.wyoming is not None else None
    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="beam") as beams:
        models = {name: open_model(source, request.device, limits.batch, beams, metrics, log, request.language)
                  for name, source in by_name(request.sources).items()}
        uploads = Uploads(limits.max_seconds)
        access = Access(request.token, request.origins, is_private)
        service = Service(models, limits, access, metrics, log, uploads)
        try:
            server = Server(service, wyoming)
            server.run(sockets=[listener])
        finally:
            uploads.stop()
            for model in models.values():
                model.engine.stop()
        log("stopped")
        return server.was_interrupted


def _told(model: Model) -> dict:
    return {"name": model.name, "windowed": model.is_windowed, "device": str(model.listener.device)}


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(found[0], socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(found[4])
        return listener
    except (OSError, OverflowError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise Ds2Error(f"cannot listen on {host}:{port}: {reason}", hint="another port: --port 8766") from None


class Server(uvicorn.Server):
    """uvicorn, which on the first signal lets streams and uploads end, and on the second does not."""

    def __init__(self, service: Service, wyoming: socket.socket | None = None) -> None:
        limits = service.limits
        super().__init__(uvicorn.Config(
            make_app(service), http=patient(limits.idle_timeout), loop="asyncio", lifespan="off", log_config=None,
            access_log=False, server_header=False, ws="websockets-sansio", ws_max_size=MESSAGE_BYTES,
            ws_ping_interval=PING_SECONDS, ws_ping_timeout=PING_SECONDS, ws_per_message_deflate=False,
            proxy_headers=False, timeout_graceful_shutdown=5, h11_max_incomplete_event_size=1 << 16,
        ))  # fmt: skip
        self._service, self.was_interrupted, self._is_asked = service, False, False
        self._wyoming_listener = wyoming
        self._wyoming: asyncio.Server | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal drains; the second ends all at once."""
        self.was_interrupted |= sig == signal.SIGINT
        if self._is_asked:
            self.should_exit = self.force_exit = True
        self._is_asked = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets is not None
        if self._wyoming_listener is not None:
            from ds2cli.serving.protocols.wyoming import start

            self._wyoming = await start(self._service, self._wyoming_listener)
        host, port = sockets[0].getsockname()[:2]
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        told = [_told(model) for model in self._service.models.values()]
        self._service.log("listening", url=f"http://{place}/", version=__version__, models=told)

    async def main_loop(self) -> None:
        counter = 0
        while not self._is_asked and not await self.on_tick(counter):
            counter += 1
            await asyncio.sleep(0.1)
        await self._drain()

    async def _drain(self) -> None:
        service = self._service
        service.log("draining", streams=service.stream_places.taken, uploads=service.upload_places.taken)
        service.drain()
        left = service.limits.drain_seconds
        while not service.is_idle and left > 0 and not self.should_exit:
            left -= TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
        if self._wyoming is not None:
            self._wyoming.close()
        self.should_exit = True
