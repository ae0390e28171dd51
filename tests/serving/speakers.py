"""Clients of a server who speak ds2's own protocol, and what `ds2 decode --stream` says of the same sound."""

import json
import subprocess
from pathlib import Path

from real_runs import command
from servers import Server
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

RATE = 8000  # of songs


def finals_of(run: Path, recording: Path) -> list[tuple]:
    """By `ds2 decode --stream`."""
    ran = subprocess.run(command("decode", "--stream", run, recording), check=True, capture_output=True, text=True)
    return [said_in(one) for one in map(json.loads, ran.stdout.splitlines()) if one["event"] == "final"]


def said_in(final: dict) -> tuple:
    """An utterance's text, and its words with their times."""
    return final["pred_text"], [(word["word"], word["start"], word["end"]) for word in final["words"]]


def ask(server: Server, sound: bytes, size: int = 1600, seconds: float = 60) -> list[tuple]:
    """The finals of one stream, s16le sent in messages of so many bytes."""
    return [said_in(one) for one in records_of(server, sound, size, seconds) if one["event"] == "final"]


def records_of(server: Server, sound: bytes, size: int = 1600, seconds: float = 60, **asked: object) -> list[dict]:
    """All that is said of one stream."""
    with connect(server.address("/v1/stream", "ws"), open_timeout=seconds, close_timeout=seconds) as socket:
        socket.send(json.dumps({"sample_rate": RATE, **asked}))
        for at in range(0, len(sound), size):
            socket.send(sound[at : at + size])
        socket.send('{"eof": 1}')
        return [json.loads(text) for text in texts_of(socket)]


def texts_of(socket: ClientConnection) -> list[str]:
    """What comes until the end, whichever that is."""
    texts = []
    try:
        while True:
            texts.append(socket.recv())
    except ConnectionClosed:
        return texts
