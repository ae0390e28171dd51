"""What strangers do to a server does not harm it, nor those who speak to it meanwhile.

Beside every attack somebody streams, and each answer is the one of `ds2 decode --stream`. Fewer attacks by default;
`make test-slow` makes 10,000 malformed requests, 1,000 connections that are dropped, and streams two hours.
"""

import json
import random
import signal
import socket
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

pytest.importorskip("starlette", reason="pip install ds2cli[serve]")

import httpx  # noqa: E402
import websockets  # noqa: E402
from attacks import (  # noqa: E402
    END,
    HELLO,
    Talk,
    frame,
    handshake,
    is_whole,
    malformed_frames,
    malformed_recording,
    malformed_request,
    multipart,
    recordings_like,
    status_of,
    upload,
)
from servers import Server, free_port, resident_bytes  # noqa: E402
from speakers import RATE, ask, finals_of, said_in  # noqa: E402
from websockets.sync.client import connect  # noqa: E402

from ds2cli.audio.files import write_audio  # noqa: E402

IDLE = 3.0


@pytest.fixture(scope="module")
def server(songs):
    with Server(songs / "run", "--idle-timeout", IDLE, "--max-upload", 1, "--max-streams", 40) as running:
        yield running


@contextmanager
def witness(server: Server, expected):
    """Somebody who streams all the while: every answer must be right, and come soon."""
    stop, seen, wrong = threading.Event(), [], []

    def speak() -> None:
        draw = random.Random(5)
        while not stop.is_set():
            sound, finals = draw.choice(expected)
            begun = time.monotonic()
            try:
                answer = ask(server, sound, draw.choice((160, 1601, 5000)))
            except (OSError, websockets.WebSocketException, TimeoutError) as problem:
                answer = repr(problem)
            if answer != finals:
                wrong.append((answer, finals))
            seen.append(time.monotonic() - begun)
            time.sleep(0.05)

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
    assert seen and not wrong, wrong[:2]


def assert_well(server: Server, expected) -> None:
    """All places are free again, nothing has failed, and an answer is right."""
    until = time.monotonic() + 4 * IDLE + 10
    while (taken := httpx.get(server.address("/readyz")).json()["streams"]) and time.monotonic() < until:
        time.sleep(0.1)
    assert taken == 0 and server.process.poll() is None
    text = httpx.get(server.address("/metrics")).text
    failures = [line for line in text.splitlines() if "failures_total" in line and not line.startswith("#")]
    assert failures and all(float(line.split()[-1]) == 0 for line in failures), failures
    assert ask(server, expected[0][0]) == expected[0][1]


def attack(server: Server, expected, count: int, once) -> None:
    """`once(number)` so many times, with a witness; memory is what it was after the first half."""
    held = []
    for half in (range(count // 2), range(count // 2, count)):
        with witness(server, expected):
            for number in half:
                once(number)
        assert_well(server, expected)
        held.append(resident_bytes(server.pid))
    assert held[1] < 1.05 * held[0], held


def many(few: int, all_: int):
    """So many by default, and all in the slow tests."""
    return pytest.mark.parametrize("count", [few, pytest.param(all_, marks=pytest.mark.slow)])


@many(200, 4000)
def test_malformed_requests(server, expected, count):
    """Each is answered by a status below 500, or by the end of the connection."""
    sound = b"RIFF" + expected[0][0][:3000]

    def once(number: int) -> None:
        with Talk(server.port) as talk:
            talk.send(malformed_request(random.Random(number), sound))
            talk.socket.shutdown(socket.SHUT_WR)
            answer = talk.read(is_whole)
            assert status_of(answer) < 500 and b"Traceback" not in answer and b"root:" not in answer, (number, answer)

    attack(server, expected, count, once)


@many(100, 2000)
def test_malformed_recordings(server, expected, songs, tmp_path, count):
    recordings = recordings_like(songs / "dev" / "0.wav", tmp_path)

    def once(number: int) -> None:
        with Talk(server.port, 30) as talk:
            talk.send(malformed_recording(random.Random(number), recordings))
            answer = talk.read(is_whole)
            assert status_of(answer) in (200, 400, 413), (number, answer)
            assert str(tmp_path).encode() not in answer and b"/tmp" not in answer, answer

    attack(server, expected, count, once)


@many(200, 4000)
def test_malformed_frames(server, expected, count):
    """On every WebSocket; whoever breaks the protocol is told so and closed, and nobody else."""

    def once(number: int) -> None:
        draw = random.Random(number)
        with Talk(server.port) as talk:
            talk.send(handshake(draw.choice(("/v1/stream", "/v1/stream", "/vosk", "/"))))
            talk.read(lambda data: b"\r\n\r\n" in data)
            talk.send(malformed_frames(draw, expected[1][0]))
            if draw.random() < 0.5:
                talk.socket.settimeout(0.02)
                talk.read()

    attack(server, expected, count, once)


@many(100, 1000)
def test_connects_and_drops(server, expected, count):
    """Before a word, within the handshake, within a stream, within an upload: with a reset or without."""
    sound = expected[2][0]
    stream, form = handshake() + HELLO + frame(sound), upload(multipart({}, sound))
    beginnings = [b"", b"GET / HT", handshake()[:60], handshake(), stream, stream + END, form[:2000], form]

    def once(number: int) -> None:
        with Talk(server.port) as talk:
            talk.send(beginnings[number % len(beginnings)])
            if number % 3:
                talk.reset()

    attack(server, expected, count, once)


def test_who_says_nothing_is_let_go(server, expected):
    """Half-open connections, heads that never end, forms that stop, streams that fall silent: all closed in time."""
    body = multipart({}, expected[0][0])
    stream = handshake() + HELLO
    beginnings = [b"", b"GET / HTTP/1.1\r\nHost: local", handshake(), stream, stream + frame(b"\0" * 999),
                  handshake("/vosk"), upload(body)[:-900], upload(body, length=len(body) + 10**5)]
    with witness(server, expected):
        talks = [Talk(server.port, 3 * IDLE + 10) for _ in range(3) for _ in beginnings]
        for talk, beginning in zip(talks, beginnings * 3, strict=True):
            talk.send(beginning)
        begun = time.monotonic()
        for talk in talks:
            talk.read()
            assert time.monotonic() - begun < 3 * IDLE + 8
            talk.socket.close()
    assert_well(server, expected)


def test_a_head_that_comes_letter_by_letter_ends_too(server, expected):
    with witness(server, expected), Talk(server.port, 1) as talk:
        begun, open_ = time.monotonic(), True
        while open_ and time.monotonic() - begun < 5 * IDLE:
            try:
                talk.socket.sendall(b"X")
                time.sleep(0.2)
            except OSError:
                open_ = False
        assert not open_
    assert_well(server, expected)


@pytest.mark.parametrize("reads", [True, False])
def test_a_flood_harms_nobody(server, expected, reads):
    """Hours of sound as fast as the socket takes it; who does not read is not waited for. Memory stays."""
    sound = np.random.default_rng(1).integers(-9000, 9000, 16 * RATE, np.int16).tobytes()
    before, until, sent = resident_bytes(server.pid), time.monotonic() + 3 * IDLE, 0
    with witness(server, expected) as seen, Talk(server.port, 1) as talk:
        talk.send(handshake() + HELLO)
        talk.read(lambda data: b"\r\n\r\n" in data)
        talk.socket.settimeout(0.05)
        while time.monotonic() < until:
            try:
                sent += talk.socket.send(frame(sound))
                if reads:
                    talk.socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
    assert sent > 5 * len(sound) and np.median(seen) < 5
    assert_well(server, expected)
    assert resident_bytes(server.pid) < 1.05 * before + 60e6  # ten seconds of its sound wait at most


def test_many_who_flood_leave_the_others_their_turn(server, expected):
    """Twenty floods at once: the witness is slower, and right."""
    sound = expected[3][0] * 200
    with witness(server, expected) as seen:
        threads = [threading.Thread(target=flood, args=(server, sound)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert max(seen) < 30
    assert_well(server, expected)


def flood(server: Server, sound: bytes) -> None:
    """Sends all at once, and goes without listening."""
    with Talk(server.port, 5) as talk:
        talk.send(handshake() + HELLO + frame(sound[: 1 << 19]) * 4)


def test_nothing_that_is_sent_names_a_file(server):
    secret = "/etc/passwd"
    for path in (f"/page/../../../../..{secret}", "/page/%2e%2e/app.py", "/page/..%2fapp.py", f"/page/{secret}",
                 f"/v1/models{secret}"):
        with Talk(server.port) as talk:
            talk.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            assert status_of(talk.read()) in (400, 404)
    for model in (secret, "english", "../run", "run/../run"):
        answer = httpx.post(server.address("/v1/audio/transcriptions"), files={"file": b"x"}, data={"model": model})
        assert answer.status_code == 404 and answer.json()["error"]["code"] == "model_not_found"


def test_kill_and_restart_under_load(songs, expected):
    """Clients of a server that is killed learn it at once; the next server on the port answers as the first."""
    port = free_port()
    for _ in range(2):
        with Server(songs / "run", port=port) as server:
            ended: list[str] = []
            threads = [threading.Thread(target=until_it_ends, args=(server, expected[number % 8][0], ended))
                       for number in range(12)]
            for thread in threads:
                thread.start()
            time.sleep(1.5)
            assert ask(server, expected[4][0]) == expected[4][1]
            server.process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join(20)
            assert len(ended) == 12
    with Server(songs / "run", port=port) as server:
        assert_well(server, expected)


def until_it_ends(server: Server, sound: bytes, ended: list[str]) -> None:
    """Streams at the speed of speech, until the server is no more."""
    try:
        with connect(server.address("/v1/stream", "ws")) as socket:
            socket.send(json.dumps({"sample_rate": RATE}))
            while True:
                for at in range(0, len(sound), 1600):
                    socket.send(sound[at : at + 1600])
                    time.sleep(0.1)
    except (OSError, websockets.WebSocketException) as problem:
        ended.append(repr(problem))


@pytest.mark.parametrize("minutes", [3, pytest.param(120, marks=pytest.mark.slow)])
def test_a_long_stream_says_what_the_recording_says(server, songs, expected, tmp_path, minutes):
    """Songs with rests between, again and again, faster than they are sung: memory flat, not a word lost."""
    rest = (np.random.default_rng(1).standard_normal(2 * RATE) * 300).astype("<i2").tobytes()
    sound = b"".join(song + rest for song, _ in expected)
    rounds = round(minutes * 60 * RATE * 2 / len(sound))
    write_audio(tmp_path / "long.wav", np.frombuffer(sound * rounds, "<i2").astype(np.float32) / 32768, RATE)
    settled: list[int] = []
    with witness(server, expected), connect(server.address("/v1/stream", "ws")) as talk:
        talk.send(json.dumps({"sample_rate": RATE, "partials": False}))
        said: list[tuple] = []
        listening = threading.Thread(target=lambda: said.extend(said_in(json.loads(text)) for text in talk))
        listening.start()
        for number in range(rounds):
            for at in range(0, len(sound), 4000):
                talk.send(sound[at : at + 4000])
            settled += [resident_bytes(server.pid)] * (number == rounds // 4)
        talk.send('{"eof": 1}')
        listening.join()
    assert len(said) >= rounds and said == finals_of(songs / "run", tmp_path / "long.wav")
    assert resident_bytes(server.pid) < 1.05 * settled[0]
    assert_well(server, expected)
