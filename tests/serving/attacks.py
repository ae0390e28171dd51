"""What nobody should send to a server: malformed requests, frames and recordings, each drawn from a seed."""

import base64
import json
import os
import random
import socket
import struct
from collections.abc import Callable
from pathlib import Path

HOST = "127.0.0.1"
JUNK: list[object] = [None, True, -1, 0, 2**70, 1e308, "", "x" * 5000, "\u0000", "../../etc/passwd", [], [[]] * 3, {}]
FIELDS = ("model", "language", "temperature", "stream", "prompt", "x" * 300, "file")
HEADERS = ("Content-Length: -5", "Content-Length: 9" * 3, "Transfer-Encoding: chunked", "X: " + "y" * 70000,
           ": nothing", "Content-Type: application/json", "Expect: 100-continue", "Upgrade: websocket")  # fmt: skip
PATHS = ("/%00", "/page/../../../../etc/passwd", "/page/%2e%2e/%2e%2e/app.py", "//etc/passwd", "/v1/models/../..", "*",
         "/v1/models/" + "a" * 3000, "/page/\\..\\app.py", "http://other/", "/v1/stream", "/?" + "q" * 9000)
METHODS = ("GET", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW", "HEAD")
NAMES = ("../../etc/passwd", "a" * 4000, "\0.wav", "con.wav;rm -rf", '"><script>', "a.wav\r\nX: y", "")
HEADS = (b"RIFF", b"fLaC", b"OggS", b"ID3", b"\0\0\0\x20ftypM4A ")  # of recordings
TEXTS = (b"{", b"[" * 100000, b'{"a":' * 20000, b"\xff\xfe", b"null", b'{"sample_rate": NaN}', b'{"eof": 1}', b"",
         b"1e999", b"eof", b'{"eof": 0}', b'{"reset": 1}')


class Talk:
    """A socket that sends what it is told, and reads until the server closes or says nothing for a while."""

    def __init__(self, port: int, seconds: float = 5.0) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=seconds)

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError:  # the server has had enough
            return

    def read(self, enough: Callable[[bytes], bool] = lambda data: False) -> bytes:
        """What comes until the end, or until it is enough."""
        data = b""
        try:
            while not enough(data) and (more := self.socket.recv(65536)):
                data += more
        except OSError:
            return data
        return data

    def reset(self) -> None:
        """Away without a word, as a cable that is pulled."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def status_of(answer: bytes) -> int:
    """HTTP's status; 0 where the server closed without one."""
    parts = answer.split(b" ", 2)
    return int(parts[1]) if answer.startswith(b"HTTP/1.") and parts[1].isdigit() else 0


def is_whole(answer: bytes) -> bool:
    """Whether an HTTP answer with a length has come."""
    head, found, body = answer.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found) and bool(lengths) and len(body) >= int(lengths[0])


def damaged(draw: random.Random, data: bytes) -> bytes:
    """Bytes changed, cut out, doubled or put in."""
    for _ in range(draw.randint(1, 8)):
        at = draw.randrange(len(data) + 1)
        kind = draw.randrange(4)
        if kind == 0:
            data = data[:at] + draw.randbytes(draw.choice((1, 1, 4, 200))) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[at + draw.randint(1, 40) :]
        elif kind == 2:
            data = data[:at] + data[max(0, at - 30) :]
        else:
            data = data[:at] + draw.choice((b"\r\n", b"\0", b"\xff\xff\xff\xff", b"--", b'"', b"\r\n\r\n")) + data[at:]
    return data or b"\0"


def multipart(fields: dict[str, str], file: bytes, name: str = "a.wav", boundary: str = "edge") -> bytes:
    """A form's body."""
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
             for field, value in fields.items()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return b"".join(parts) + head.encode() + file + f"\r\n--{boundary}--\r\n".encode()


def upload(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """The POST of a form."""
    size = len(body) if length is None else length
    lines = ["POST /v1/audio/transcriptions HTTP/1.1", "Host: localhost", "Connection: close",
             "Content-Type: multipart/form-data; boundary=edge", f"Content-Length: {size}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def malformed_request(draw: random.Random, sound: bytes) -> bytes:
    """An HTTP request that is wrong somewhere: its line, head, form, or all of it."""
    fields = {"model": "", "response_format": draw.choice(("json", "srt", "verbose_json", "", "exe"))}
    kind = draw.randrange(7)
    if kind == 0:
        return draw.randbytes(draw.randint(1, 300)) + b"\r\n\r\n"
    if kind == 1:
        return damaged(draw, upload(multipart(fields, sound)))
    if kind == 2:
        return upload(damaged(draw, multipart(fields, sound)))
    if kind == 3:
        fields[draw.choice(FIELDS)] = str(draw.choice(JUNK))
        return upload(multipart(fields, sound[: draw.randrange(len(sound))]))
    if kind == 4:
        return upload(multipart(fields, sound), draw.choice(HEADERS))
    if kind == 5:
        line = f"{draw.choice(METHODS)} {draw.choice(PATHS)}"
        return f"{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    return upload(multipart(fields, sound, draw.choice(NAMES)))


def malformed_recording(draw: random.Random, recordings: list[bytes]) -> bytes:
    """A request whose recording is damaged: in its header most of all, or cut off, or none."""
    sound = draw.choice(recordings)
    kind = draw.randrange(4)
    if kind == 0:
        sound = damaged(draw, sound[:64]) + sound[64:]
    elif kind == 1:
        sound = sound[: draw.randrange(len(sound))]
    elif kind == 2:
        sound = damaged(draw, sound)
    else:
        sound = draw.choice(HEADS) + draw.randbytes(draw.randint(0, 400))
    return upload(multipart({"model": ""}, sound))


def handshake(path: str = "/v1/stream") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode()  # fmt: skip


def frame(data: bytes, opcode: int = 2, first: int = 0x80, masked: bool = True, length: int | None = None) -> bytes:
    """One WebSocket frame (RFC 6455, section 5.2); `first` are its FIN and reserved bits."""
    size = len(data) if length is None else length
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes([first | opcode, bit | size])
    elif size < 65536:
        head = bytes([first | opcode, bit | 126]) + struct.pack(">H", size)
    else:
        head = bytes([first | opcode, bit | 127]) + struct.pack(">Q", size)
    return head + (b"\0\0\0\0" if masked else b"") + data


HELLO = frame(json.dumps({"sample_rate": 8000}).encode(), 1)
END = frame(b'{"eof": 1}', 1)


def malformed_frames(draw: random.Random, sound: bytes) -> bytes:
    """What follows a handshake: frames that break the protocol of WebSockets, or ours."""
    kind = draw.randrange(10)
    if kind == 0:
        data, masked = draw.randbytes(draw.randint(0, 300)), draw.random() < 0.5
        return HELLO + frame(data, draw.randrange(16), draw.randrange(16) << 4, masked)
    if kind == 1:
        return draw.randbytes(draw.randint(1, 500))
    if kind == 2:
        field = draw.choice(("sample_rate", "format", "channels", "model", "partials", "x", "eof"))
        return frame(json.dumps({field: draw.choice(JUNK)}).encode(), 1) + frame(sound[:2000]) + END
    if kind == 3:
        return frame(draw.choice(TEXTS), 1) + frame(sound[:500])
    if kind == 4:
        return frame(sound[:1000]) + HELLO
    if kind == 5:
        return HELLO + frame(b"", 2, length=draw.choice((2**31, 2**62, 2**20 + 1, 2**63 + 5)))
    if kind == 6:
        return HELLO + b"".join(frame(b"", draw.choice((8, 9, 10)), draw.choice((0, 0x80))) for _ in range(50))
    if kind == 7:
        return HELLO + frame(sound[:999]) + frame(draw.choice(TEXTS), 1) + frame(sound)
    if kind == 8:
        return HELLO + frame(struct.pack(">H", draw.choice((0, 999, 1005, 1006, 5000, 65535))) + b"\xff", 8)
    return HELLO + damaged(draw, frame(sound[:3000]) + END)


def recordings_like(path: Path, folder: Path) -> list[bytes]:
    """One recording in every format that is read everywhere."""
    from ds2cli.audio.files import read_audio, write_audio

    samples, found = read_audio(path, 8000), []
    for suffix in ("wav", "flac", "ogg", "opus", "mp3"):
        write_audio(folder / f"a.{suffix}", samples, 8000)
        found.append((folder / f"a.{suffix}").read_bytes())
    return found
