"""`ds2 serve`: the recogniser as a service."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.flags import Device, Greedy, LanguageModel, LexiconFile, Names, Run, Written, decoding_flag, given
from ds2cli.declarations import declared
from ds2cli.decoding.settings import DEFAULT_RUN, LETTERS
from ds2cli.errors import Exit, UsageError
from ds2cli.serving.settings import Limits

if TYPE_CHECKING:
    from ds2cli.serving.models import ModelSource

ACCESS, LIMITS = "Access", "Limits"
LIMIT = declared(Limits)
Models = Annotated[
    list[str] | None, typer.Option("--model", metavar="NAME=RUN", help="serve this model too, by this name")
]
Token = Annotated[
    str | None,
    typer.Option("--token", envvar="DS2_TOKEN", show_envvar=True, rich_help_panel=ACCESS,
                 help="secret that clients must send; safer in the environment"),
]  # fmt: skip
Insecure = Annotated[
    bool,
    typer.Option("--insecure", rich_help_panel=ACCESS, help="allow other computers to connect without a token"),
]
Origins = Annotated[
    list[str] | None,
    typer.Option("--origin", metavar="URL", rich_help_panel=ACCESS,
                 help="a site whose pages may connect, or this server's own behind a proxy"),
]  # fmt: skip
MaxStreams = Annotated[int, typer.Option("--max-streams", rich_help_panel=LIMITS, help=LIMIT["max_streams"].meaning)]
MaxUploads = Annotated[int, typer.Option("--max-uploads", rich_help_panel=LIMITS, help=LIMIT["max_uploads"].meaning)]
MaxSeconds = Annotated[float, typer.Option("--max-seconds", rich_help_panel=LIMITS, help=LIMIT["max_seconds"].meaning)]
MaxUpload = Annotated[float, typer.Option("--max-upload", rich_help_panel=LIMITS, help=LIMIT["max_upload"].meaning)]
Idle = Annotated[float, typer.Option("--idle-timeout", rich_help_panel=LIMITS, help=LIMIT["idle_timeout"].meaning)]
Batch = Annotated[int, typer.Option("--batch", rich_help_panel=LIMITS, help=LIMIT["batch"].meaning)]
Drain = Annotated[float, typer.Option("--drain-seconds", rich_help_panel=LIMITS, help=LIMIT["drain_seconds"].meaning)]


def serve(
    run: Run = None,
    lm: LanguageModel = None,
    lexicon_file: LexiconFile = None,
    greedy: Greedy = False,
    beam: Annotated[int | None, decoding_flag("--beam")] = None,
    written: Written = False,
    names: Names = None,
    models: Models = None,
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="the language of the models: en, de")
    ] = "",
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="address to listen on")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="port to listen on; 0: any free port")
    ] = 8765,
    wyoming: Annotated[
        int | None,
        typer.Option(
            "--wyoming", metavar="PORT", min=0, max=65535, help="serve Home Assistant's protocol on this port too"
        ),
    ] = None,
    device: Device = "auto",
    token: Token = None,
    insecure: Insecure = False,
    origins: Origins = None,
    max_streams: MaxStreams = Limits.max_streams,
    max_uploads: MaxUploads = Limits.max_uploads,
    max_seconds: MaxSeconds = Limits.max_seconds,
    max_upload: MaxUpload = Limits.max_upload,
    idle_timeout: Idle = Limits.idle_timeout,
    batch: Batch = Limits.batch,
    drain_seconds: Drain = Limits.drain_seconds,
) -> None:
    """Serve speech recognition over HTTP and WebSockets.

    There is a web page, live streams and uploads, for many clients at once.

    \b
    ds2 serve                                              then open http://127.0.0.1:8765/
    curl -F file=@talk.wav http://127.0.0.1:8765/v1/audio/transcriptions
    DS2_TOKEN=secret ds2 serve runs/a --lm lm.arpa --host 0.0.0.0

    \b
    POST /v1/audio/transcriptions   OpenAI's; GET /v1/models
    WS   /v1/stream                 PCM in, the lines of `ds2 decode --stream` out
    WS   /vosk                      Vosk's
    GET  /healthz /readyz /metrics  for operators
    """
    limits = Limits(max_streams, max_uploads, max_seconds, max_upload, idle_timeout, batch, drain_seconds)
    if greedy and (lm or lexicon_file or beam):
        raise UsageError("--greedy together with settings of the beam search", hint="leave out one of them")
    try:
        from ds2cli.serving.models import ModelSource
        from ds2cli.serving.server import ServeRequest
        from ds2cli.serving.server import serve as serve_all
    except ModuleNotFoundError as problem:
        if not problem.name or problem.name.startswith("ds2cli"):
            raise
        raise UsageError(f"ds2 serve needs the package {problem.name}", hint="pip install 'ds2cli[serve]'") from None
    run = run or (LETTERS if greedy else DEFAULT_RUN)
    first = ModelSource(_name(run), run, lm, lexicon_file, greedy, given(beam=beam))
    sources = [replace(source, written=written, names=names) for source in [first, *map(_source, models or [])]]
    request = ServeRequest(
        sources, host, port, limits, _checked(token),
        tuple(map(_site, origins or ())), insecure, device, language.lower(), _level(), wyoming,
    )  # fmt: skip
    if serve_all(request):
        raise typer.Exit(Exit.INTERRUPTED)


def _source(text: str) -> "ModelSource":
    """NAME=RUN as a model."""
    from ds2cli.serving.models import ModelSource

    name, equals, run = text.partition("=")
    if not (name and equals and run):
        raise UsageError(f"--model `{text}`", hint="--model NAME=RUN: --model german=runs/german")
    return ModelSource(name, run)


def _name(run: str) -> str:
    """What clients call it: the run's folder."""
    path = Path(run)
    return (path.resolve().parent if path.is_file() else path if not path.exists() else path.resolve()).name


def _checked(token: str | None) -> str | None:
    """raises  UsageError where it is empty: an unset variable of a script must not open the door"""
    if token is not None and not token.strip():
        raise UsageError("the token is empty", hint="DS2_TOKEN=$(openssl rand -hex 32)")
    return token


def _site(text: str) -> str:
    """An origin as browsers spell it."""
    scheme, separator, place = text.rstrip("/").partition("://")
    if scheme not in ("http", "https") or not place or set(place) & set("/*?# "):
        raise UsageError(f"--origin `{text}`", hint="--origin https://example.org")
    return f"{scheme}://{place.lower()}"


def _level() -> str:
    """The least of the log's levels."""
    return {terminal.QUIET: "error", terminal.VERBOSE: "debug"}.get(terminal.session().verbosity, "info")
