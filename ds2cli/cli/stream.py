"""`ds2 decode --stream`: words while they are spoken, to a pipe or to a person."""

import sys
from math import inf
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from ds2cli.cli import terminal
from ds2cli.cli.help import LIVE
from ds2cli.cli.output import lines_to, report_skipped
from ds2cli.declarations import declared
from ds2cli.decoding.settings import EndpointConfig
from ds2cli.errors import UsageError
from ds2cli.records.jsonl import to_line

Stream = Annotated[
    bool, typer.Option("--stream", rich_help_panel=LIVE, help="print words as they are spoken; - is audio from stdin")
]
RealTime = Annotated[bool, typer.Option("--real-time", rich_help_panel=LIVE, help="read files in real time")]
Microphone = Annotated[
    bool,
    typer.Option("--microphone", rich_help_panel=LIVE, help="read the default microphone (pip install sounddevice)"),
]
Chunk = Annotated[
    float, typer.Option("--chunk", min=0.01, max=10, rich_help_panel=LIVE, help="seconds of audio processed at once")
]
Pcm = Annotated[
    str,
    typer.Option("--pcm", metavar="RATE[:CHANNELS[:ENCODING]]", rich_help_panel=LIVE,
                 help="the format of audio without a header; encodings: s16le, s32le, f32le, u8"),
]  # fmt: skip


def _rule(flag: str, name: str) -> Any:
    """A flag of the same meaning and bounds as a setting of what ends an utterance."""
    setting = declared(EndpointConfig)[name]
    least, greatest = setting.bounds or (None, None)
    return typer.Option(flag, min=least, max=None if greatest == inf else greatest, rich_help_panel=LIVE,
                        help=setting.meaning)  # fmt: skip


RULES = EndpointConfig()
Silence = Annotated[float, _rule("--silence", "silence")]
Longest = Annotated[float, _rule("--max-seconds", "max_seconds")]
Settle = Annotated[float, _rule("--settle", "settle")]
Sure = Annotated[float, _rule("--sure", "sure")]


def print_streams(
    request: Any, sound: tuple[str, float, bool, bool], rules: tuple[float, float, float, float], kind: str,
    output: Path | None,
) -> None:
    """Every update as it comes: JSON lines, or text, which on a terminal is one line rewritten.

    request  a DecodeRequest
    sound    the values of --pcm, --chunk, --real-time, --microphone
    rules    those of --silence, --max-seconds, --settle, --sure
    raises   UsageError for another format
    """
    from ds2cli.workflows.decode.stream import StreamRequest
    from ds2cli.workflows.decode.stream import decode_streams as hear

    if kind not in ("jsonl", "text"):
        raise UsageError(f"--format {kind} of a stream", hint="--format jsonl or text")
    endpoints = EndpointConfig(silence=rules[0], max_seconds=rules[1], settle=rules[2], sure=rules[3])
    asked = StreamRequest(request, pcm_format(sound[0]), *sound[1:], endpoints)
    skipped: list[str] = []
    with lines_to(output) as write:
        rewrites = kind == "text" and output is None and sys.stdout.isatty()
        for record in hear(asked, sys.stdin.buffer, terminal.say, skipped.append):
            if kind == "jsonl":
                write(to_line(record))
            elif record["event"] == "final":
                shown = terminal.doubt_dimmed(record) if rewrites and terminal.has_style() else record["pred_text"]
                write(("\r\x1b[K" if rewrites else "") + shown)
            elif rewrites:
                terminal.rewrite(record["stable"], record["text"][len(record["stable"]) :])
    report_skipped(skipped)


def pcm_format(text: str) -> Any:
    """`16000:1:s16le` as a PcmFormat.

    raises  UsageError
    """
    from ds2cli.audio.live import ENCODINGS, Encoding, PcmFormat

    rate, channels, encoding = [*text.split(":"), *("1", "s16le")[len(text.split(":")) - 1 :]][:3]
    if not (rate.isdecimal() and channels.isdecimal() and encoding in ENCODINGS and text.count(":") <= 2):
        raise UsageError(f"--pcm `{text}`", hint="--pcm 16000, or --pcm 44100:2:s16le")
    if not (1000 <= int(rate) <= 1_000_000 and 1 <= int(channels) <= 64):
        raise UsageError(f"--pcm `{text}`: no such rate or number of channels", hint="--pcm 44100:2:s16le")
    return PcmFormat(int(rate), int(channels), cast(Encoding, encoding))
