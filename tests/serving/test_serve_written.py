"""ds2 serve --written: uploads and the finals of streams as people write them, by every protocol."""

import json
import subprocess

import pytest

pytest.importorskip("starlette", reason="pip install ds2cli[serve]")

import httpx  # noqa: E402
from real_runs import command  # noqa: E402
from servers import Server, pcm  # noqa: E402
from websockets.sync.client import connect  # noqa: E402


@pytest.fixture(scope="module")
def server():
    with Server("--written") as running:
        yield running


@pytest.fixture(scope="module")
def talk(an4_utterances):
    return an4_utterances(1)[0].audio


def written(*arguments: object) -> list[dict]:
    ran = subprocess.run(command("decode", "--written", *arguments), check=True, capture_output=True, text=True)
    return [one for one in map(json.loads, ran.stdout.splitlines()) if one.get("event") != "partial"]


def test_uploads_are_written(server, talk):
    (record,) = written(talk)
    assert record["pred_text"].endswith(".")
    for form, show in (("json", lambda told: told.json()["text"]), ("text", lambda told: told.text.strip())):
        with open(talk, "rb") as file:
            told = httpx.post(server.address("/v1/audio/transcriptions"), files={"file": file},
                              data={"response_format": form})
        assert show(told) == record["pred_text"]
    with open(talk, "rb") as file:
        told = httpx.post(server.address("/v1/audio/transcriptions"), files={"file": file}, data={"stream": "true"})
    events = [json.loads(line[6:]) for line in told.text.splitlines() if line.startswith("data: {")]
    assert "".join(one.get("delta", "") for one in events) == events[-1]["text"] == record["pred_text"]


def test_finals_are_written(server, talk):
    expected = " ".join(one["pred_text"] for one in written("--stream", talk))
    with connect(server.address("/v1/stream", "ws")) as lines:
        lines.send('{"partials": false}')
        lines.send(pcm(talk, 16000))
        lines.send('{"eof": 1}')
        assert " ".join(json.loads(text)["pred_text"] for text in lines) == expected
    with connect(server.address("/vosk", "ws")) as vosk:
        vosk.send('{"config": {"sample_rate": 16000.0, "max_alternatives": 0}}')
        vosk.send(pcm(talk, 16000))
        answers = [json.loads(vosk.recv())]
        vosk.send('{"eof" : 1}')
        answers.append(json.loads(vosk.recv()))
        assert " ".join(one["text"] for one in answers if one.get("text")) == expected
