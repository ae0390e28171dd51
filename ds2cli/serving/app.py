"""The routes of a server."""

import time
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from ds2cli import reporting
from ds2cli.serving.metrics import CONTENT_TYPE
from ds2cli.serving.protocols import lines, openai, vosk
from ds2cli.serving.service import Refused, Service, check_access

COUNTED = ("/", "/v1/audio/transcriptions", "/v1/models", "/healthz", "/readyz", "/metrics")
QUIET = ("/healthz", "/readyz", "/metrics")
PAGE = Path(__file__).parent / "page"
COMMON = Path(reporting.__file__).parent / "page" / "common.css"  # how all pages of ds2 look
# The page brings all that it needs: nothing is fetched from elsewhere, and nobody frames it.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}


def make_app(service: Service) -> Starlette:
    """The ASGI application of one server."""
    routes = [
        Route("/", page),
        WebSocketRoute("/", vosk_socket),
        WebSocketRoute("/vosk", vosk_socket),
        WebSocketRoute("/v1/stream", lines_socket),
        Route("/v1/audio/transcriptions", openai.transcriptions, methods=["POST"]),
        Route("/v1/models", openai.models),
        Route("/v1/models/{name:path}", openai.models),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/page/common.css", common_style),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    middleware = [Middleware(Watched, service=service)]
    if service.access.origins:
        middleware.append(Middleware(CORSMiddleware, allow_origins=service.access.origins,
                                     allow_methods=["GET", "POST"], allow_headers=["Authorization", "Content-Type"]))
    handlers = {Refused: refused, HTTPException: http_error, ClientDisconnect: client_gone}
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    app.state.service = service
    return app


async def page(request: Request) -> Response:
    """For people with a browser."""
    return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})


async def common_style(request: Request) -> Response:
    return FileResponse(COMMON, headers={"Cache-Control": "no-cache"})


async def lines_socket(socket: WebSocket) -> None:
    await lines.serve(socket, socket.app.state.service)


async def vosk_socket(socket: WebSocket) -> None:
    await vosk.serve(socket, socket.app.state.service)


async def healthz(request: Request) -> Response:
    """Whether the server works at all."""
    service: Service = request.app.state.service
    dead = [model.name for model in service.models.values() if not model.engine.is_alive]
    return JSONResponse({"status": "failed" if dead else "ok", "dead": dead}, 500 if dead else 200)


async def readyz(request: Request) -> Response:
    """Whether it begins new work."""
    service: Service = request.app.state.service
    if service.draining.is_set():
        return JSONResponse({"status": "draining"}, 503)
    return JSONResponse({"status": "ready", "streams": service.stream_places.taken, "most": service.limits.max_streams})


async def metrics(request: Request) -> Response:
    """For Prometheus."""
    service: Service = request.app.state.service
    check_access(request, service)
    return PlainTextResponse(service.metrics.text(), media_type=CONTENT_TYPE)


async def refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refused)
    return JSONResponse({"error": openai.error_object(problem)}, problem.status, problem.headers)


async def http_error(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    told = Refused(problem.status_code, str(problem.detail))
    return JSONResponse({"error": openai.error_object(told)}, told.status, problem.headers)


async def client_gone(request: Request, problem: Exception) -> Response:
    return Response(status_code=499)


def _bug() -> Response:
    told = Refused(500, "the server failed; its log has more", code="server_error")
    return JSONResponse({"error": openai.error_object(told)}, 500)


class Watched:
    """Every answer's headers, log line and count."""

    def __init__(self, app: Any, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def sent(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as problem:  # a bug: it is logged, and the client told, once
            self._service.metrics.failures.inc()
            self._service.log.bug(problem, path=scope["path"][:200])
            if not status:
                await _bug()(scope, receive, sent)
        finally:
            self._note(scope, status, time.monotonic() - began)

    def _note(self, scope: Any, status: int, seconds: float) -> None:
        path = scope["path"]
        # Paths that nobody serves would be a label each.
        begins = (one for one in ("/page/", "/v1/models/") if path.startswith(one))
        route = path if path in COUNTED else next(begins, "-")
        self._service.metrics.requests.labels(route, status).inc()
        self._service.log("request", "debug" if route in QUIET else "info", method=scope["method"], path=path[:200],
                          status=status, seconds=round(seconds, 3))
