"""Home Assistant's protocol, by the package that Home Assistant speaks it with."""

import asyncio
import socket
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="pip install ds2cli[serve]")
pytest.importorskip("wyoming", reason="pip install ds2cli[serve]")

from servers import Server, free_port  # noqa: E402
from speakers import RATE  # noqa: E402
from wyoming.asr import Transcribe, Transcript  # noqa: E402
from wyoming.audio import AudioChunk, AudioStart, AudioStop  # noqa: E402
from wyoming.client import AsyncTcpClient  # noqa: E402
from wyoming.info import Describe, Info  # noqa: E402


@pytest.fixture(scope="module")
def port(songs):
    port = free_port()
    with Server(songs / "run", "--wyoming", port, "--language", "en", "--idle-timeout", 5):
        yield port


async def transcribe(port: int, sound: bytes) -> str:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        info = Info.from_event(await client.read_event())
        assert [model.name for model in info.asr[0].models] == ["run"]
        await client.write_event(Transcribe(name="run", language="en").event())
        await client.write_event(AudioStart(rate=RATE, width=2, channels=1).event())
        for at in range(0, len(sound), 2048):
            await client.write_event(AudioChunk(RATE, 2, 1, sound[at : at + 2048]).event())
        await client.write_event(AudioStop().event())
        return Transcript.from_event(await client.read_event()).text


def test_home_assistant_hears_what_decode_says(port, expected):
    for sound, finals in expected[:4]:
        assert asyncio.run(transcribe(port, sound)) == " ".join(text for text, _ in finals)


def test_no_such_model(port):
    async def ask() -> dict:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Transcribe(name="other").event())
            return (await client.read_event()).data

    told = asyncio.run(ask())
    assert "no model" in told["text"] and told["code"] == "404"


@pytest.mark.parametrize(
    "sent",
    [b"{}\n", b"[]\n", b"hello\n", b'{"type": "audio-start", "data": {"rate": 1e99, "width": 2, "channels": 1}}\n',
     b'{"type": "audio-start", "data": {"rate": 16000, "width": [2], "channels": 1}}\n', b"x" * 300_000,
     b'{"type": "x", "payload_length": 99999999999}\n', b'{"type": "x", "data_length": "1"}\n',
     b'{"type": "transcribe", "data": {"name": 3}}\n', b"[" * 50_000 + b"\n"],
)  # fmt: skip
def test_what_is_no_event_ends_the_conversation_and_no_other(port, expected, sent):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(sent)
        try:
            while client.recv(1 << 16):
                pass
        except ConnectionResetError:
            pass
    sound, finals = expected[0]
    assert asyncio.run(transcribe(port, sound)) == " ".join(text for text, _ in finals)


def test_wyoming_knows_no_token(run, songs: Path):
    for flags in (["--token", "x"], ["--host", "0.0.0.0", "--token", "x"]):
        ran = run("serve", songs / "run", "--port", "0", "--wyoming", free_port(), *flags)
        assert ran.code == 2 and "no token" in ran.stderr
