"""Real speech, the model that ds2 brings, and the server that a person starts without a word."""

import json
import signal
import socket
import subprocess
import time

import pytest

pytest.importorskip("starlette", reason="pip install ds2cli[serve]")

import httpx  # noqa: E402
from real_runs import command  # noqa: E402
from servers import Server, pcm  # noqa: E402
from websockets.sync.client import connect  # noqa: E402

RATE = 16000


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def talks(an4_utterances):
    return [utterance.audio for utterance in an4_utterances(4)]


def said(*arguments: object) -> list[dict]:
    """By `ds2 decode`."""
    ran = subprocess.run(command("decode", *arguments), check=True, capture_output=True, text=True)
    return [one for one in map(json.loads, ran.stdout.splitlines()) if one.get("event") != "partial"]


def times_of(words: list[dict]) -> list[tuple]:
    return [(word["word"], word["start"], word["end"]) for word in words]


def confidences_of(words: list[dict]) -> list[float]:
    return [word["confidence"] for word in words]


def test_uploads_say_what_decode_says(server, talks):
    for talk, record in zip(talks, said("english-phones", *talks), strict=True):
        asked = {"response_format": "verbose_json", "timestamp_granularities[]": "word"}
        with open(talk, "rb") as file:
            told = httpx.post(server.address("/v1/audio/transcriptions"), files={"file": file}, data=asked).json()
        assert told["text"] == record["pred_text"] and told["language"] == "english"
        assert times_of(told["words"]) == times_of(record["words"])
        # In int8 a batch shares its scale: `ds2 decode` heard these four together, the server each alone.
        assert confidences_of(told["words"]) == pytest.approx(confidences_of(record["words"]), abs=0.05)


def test_streams_say_what_decode_says_by_every_protocol(server, talks):
    for talk in talks[:2]:
        expected = " ".join(one["pred_text"] for one in said("--stream", talk))
        sound = pcm(talk, RATE)
        with connect(server.address("/v1/stream", "ws")) as lines:
            lines.send('{"partials": false}')
            lines.send(sound)
            lines.send('{"eof": 1}')
            assert " ".join(json.loads(text)["pred_text"] for text in lines) == expected
        with connect(server.address("/vosk", "ws")) as vosk:
            vosk.send('{"config": {"sample_rate": 16000.0, "max_alternatives": 0}}')
            for end in ('{"reset" : 1}', '{"eof" : 1}'):  # after a reset, the same again
                vosk.send(sound)
                answers = [json.loads(vosk.recv())]
                vosk.send(end)
                answers.append(json.loads(vosk.recv()))
                assert " ".join(one["text"] for one in answers if one.get("text")) == expected


@pytest.mark.parametrize(
    ("asked", "status", "param"),
    [
        ({"response_format": "docx"}, 400, "response_format"),
        ({"prompt": "penguins"}, 400, "prompt"),
        ({"temperature": "nan"}, 400, "temperature"),
        ({"stream": "perhaps"}, 400, "stream"),
        ({"stream": "true", "response_format": "srt"}, 400, "response_format"),
        ({"timestamp_granularities[]": "letter"}, 400, "timestamp_granularities"),
        ({"colour": "1"}, 400, "colour"),
    ],
)
def test_what_is_not_to_be_had_is_refused_by_name(server, talks, asked, status, param):
    with open(talks[0], "rb") as file:
        answer = httpx.post(server.address("/v1/audio/transcriptions"), data=asked, files={"file": file})
    told = answer.json()["error"]
    assert (answer.status_code, told["param"], told["type"]) == (status, param, "invalid_request_error")


def test_a_body_that_does_not_come_is_not_waited_for(talks):
    with Server("--idle-timeout", 1) as server, socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n"
                     b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b")  # fmt: skip
        assert b" 408 " in slow.recv(1000).split(b"\r\n")[0]


def test_who_reads_that_it_listens_is_let_in(tmp_path):
    """The log's `listening` is true when it is written; Ctrl-C ends with 130, and lines that say so."""
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(command("serve", "--greedy", "--port", "0"), stderr=log)
    try:
        until = time.monotonic() + 90
        while "listening" not in (text := (tmp_path / "log").read_text()) and time.monotonic() < until:
            time.sleep(0.01)
        url = json.loads(text.splitlines()[-1])["url"]
        assert httpx.get(f"{url}readyz").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
    events = [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()]
    assert events[-2:] == ["draining", "stopped"]


@pytest.mark.parametrize(
    ("flags", "named"),
    [(["--model", "x"], "--model"), (["--origin", "x"], "--origin"), (["--token", ""], "token"),
     (["--max-streams", "0"], "max_streams"), (["--model", "english-phones=english"], "two models"),
     (["no-such-run"], "no-such-run")],
)  # fmt: skip
def test_flags_that_are_wrong(run, flags, named):
    ran = run("serve", "--port", "0", *flags)
    assert ran.code == 2 and named in ran.stderr
