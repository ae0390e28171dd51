"""What clients speak to a server, and what they get: by their own packages and published messages."""

import json
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("starlette", reason="pip install ds2cli[serve]")
openai = pytest.importorskip("openai", reason="pip install openai: a client of the server")

import httpx  # noqa: E402
from real_runs import command  # noqa: E402
from servers import Server, pcm  # noqa: E402
from speakers import RATE, ask, records_of, said_in, texts_of  # noqa: E402
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402
from websockets.sync.client import connect  # noqa: E402

from ds2cli.audio.files import read_audio, write_audio  # noqa: E402

TOKEN = "open sesame"


@pytest.fixture(scope="module")
def server(songs):
    with Server(songs / "run", "--model", f"other={songs / 'run'}", "--language", "en") as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=server.address("/v1"), api_key="none", max_retries=0)


def decoded(songs, recording, *flags: str) -> str:
    """By `ds2 decode`."""
    return subprocess.run(command("decode", songs / "run", recording, *flags), check=True, capture_output=True,
                          text=True).stdout  # fmt: skip


@pytest.fixture(scope="module")
def long_song(songs):
    """A recording of more than a minute."""
    one = np.concatenate([read_audio(songs / "dev" / f"{number}.wav", RATE) for number in range(8)])
    write_audio(songs / "long.wav", np.tile(one, int(80 * RATE / len(one)) + 1), RATE)
    return songs / "long.wav"


# OpenAI's


@pytest.mark.parametrize("name", ["dev/0.wav", "dev/3.wav", "long.wav"])
def test_openais_client_gets_what_decode_says(client, songs, long_song, name):
    """In every format; words with times, confidence, segments."""
    path = songs / name
    record = json.loads(decoded(songs, path))
    assert client.audio.transcriptions.create(file=path, model="run").text == record["pred_text"]
    told = client.audio.transcriptions.create(file=path, model="other", response_format="verbose_json",
                                              timestamp_granularities=["word", "segment"])  # fmt: skip
    assert [(one.word, one.start, one.end) for one in told.words] == said_in(record)[1]
    assert all(0 <= one.confidence <= 1 for one in told.words) and told.language == "english"
    assert " ".join(one.text for one in told.segments).split() == record["pred_text"].split()
    for kind in ("text", "srt", "vtt"):
        answer = client.audio.transcriptions.create(file=path, model="whisper-1", response_format=kind)
        assert answer.split() == decoded(songs, path, "--format", kind).split()


def test_uploads_at_once_are_heard_side_by_side(client, songs, long_song):
    """Each gets its own answer: short ones, a long one, what is no sound, and another model's."""
    names = [*(f"dev/{number}.wav" for number in range(8)), "long.wav", "settings.toml"]
    said = {name: json.loads(decoded(songs, songs / name))["pred_text"] for name in names[:-1]}

    def post(number: int) -> str:
        try:
            model = "other" if number % 7 == 0 else "run"
            return client.audio.transcriptions.create(file=songs / names[number % 10], model=model).text
        except openai.BadRequestError as wrong:
            return wrong.body["code"]

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(post, range(60)))
    assert answers == [said.get(names[number % 10], "invalid_audio") for number in range(60)]


def test_openais_client_reads_events(client, songs, long_song):
    """Deltas that only grow, put together the text; one `done`, which is the last."""
    events = list(client.audio.transcriptions.create(file=long_song, model="run", stream=True))
    *deltas, done = events
    assert [one.type for one in deltas] == ["transcript.text.delta"] * len(deltas) and deltas
    assert done.type == "transcript.text.done" and "".join(one.delta for one in deltas) == done.text
    assert done.text == json.loads(decoded(songs, long_song))["pred_text"]


def test_openais_client_lists_models_and_knows_errors(client, songs):
    assert [model.id for model in client.models.list()] == ["run", "other"]
    assert client.models.retrieve("other").owned_by == "ds2"
    path = songs / "dev" / "0.wav"
    with pytest.raises(openai.NotFoundError, match="no model `gpt`"):
        client.audio.transcriptions.create(file=path, model="gpt")
    with pytest.raises(openai.BadRequestError, match="the upload"):
        client.audio.transcriptions.create(file=("a.wav", b"nothing"), model="run")
    with pytest.raises(openai.BadRequestError) as wrong:
        client.audio.transcriptions.create(file=path, model="run", language="fr")
    assert wrong.value.body["param"] == "language"


# Vosk's


def test_vosks_client_gets_its_words(server, songs, expected):
    """The messages of vosk-server's test.py: a configuration, a reply to each piece, `{"eof" : 1}`."""
    for sound, finals in expected[:3]:
        with connect(server.address("/", "ws")) as socket:
            socket.send(f'{{ "config" : {{ "sample_rate" : {RATE} }} }}')
            replies = []
            for at in range(0, len(sound), 3200):
                socket.send(sound[at : at + 3200])
                replies.append(json.loads(socket.recv()))
            socket.send('{"eof" : 1}')
            replies.append(json.loads(socket.recv()))
        assert all(set(one) in ({"partial"}, {"text"}, {"text", "result"}) for one in replies)
        said = [(word["word"], word["start"], word["end"]) for one in replies for word in one.get("result", [])]
        assert said == [word for _, words in finals for word in words]
        assert " ".join(one["text"] for one in replies if one.get("text")) == " ".join(text for text, _ in finals)


# Our own


@pytest.mark.parametrize("size", [2, 333, 1600, 50000])
def test_a_stream_says_what_decode_says_however_it_is_cut(server, expected, size):
    sound, finals = expected[5]
    records = records_of(server, sound, size)
    assert [said_in(one) for one in records if one["event"] == "final"] == finals
    assert all(one["text"].startswith(one["stable"]) for one in records if one["event"] == "partial")


def test_other_encodings_and_rates_are_heard(server, songs, expected):
    """Stereo floats say the same; another rate about the same."""
    sound, finals = expected[1]
    floats = np.repeat(np.frombuffer(sound, "<i2").astype("<f4") / 32768, 2).tobytes()
    records = records_of(server, floats, 999, format="f32le", channels=2)
    assert [said_in(one) for one in records if one["event"] == "final"] == finals
    high = records_of(server, pcm(songs / "dev" / "1.wav", 44100), sample_rate=44100)
    assert [one["event"] for one in high][-1] == "final"


def test_at_the_speed_of_speech_there_are_latencies(server, expected):
    sound, finals = expected[0]
    with connect(server.address("/v1/stream", "ws")) as socket:
        socket.send(json.dumps({"sample_rate": RATE}))
        for at in range(0, len(sound), 1600):
            time.sleep(0.1)
            socket.send(sound[at : at + 1600])
        socket.send('{"eof": 1}')
        records = [json.loads(text) for text in socket]
    assert [one["event"] for one in records].count("partial") > 2
    final = records[-1]
    assert said_in(final) == finals[-1] and 0 < final["latency"] < 5
    assert all("latency" in word for word in final["words"])


def test_many_at_once_share_passes_and_nothing_else(server, expected):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: ask(server, expected[number % 8][0], 320), range(48)))
    assert answers == [expected[number % 8][1] for number in range(48)]
    passes = {float(most): float(count) for most, count in
              re.findall(r'ds2_batch_streams_bucket{le="([\d.]+)"} (\S+)', httpx.get(server.address("/metrics")).text)}
    assert passes[1.0] < passes[64.0]  # some passes heard more than one


@pytest.mark.parametrize(
    ("hello", "named"),
    [('{"sample_rate": "fast"}', "sample_rate"), ('{"colour": 1}', "colour"), ('{"model": "x"}', "no model `x`"),
     ('{"format": "mp3"}', "format"), ("{", ""), ("[]", "")],
)  # fmt: skip
def test_what_is_asked_wrongly_is_named(server, hello, named):
    with connect(server.address("/v1/stream", "ws")) as socket:
        socket.send(hello)
        told = json.loads(socket.recv())
        assert told["event"] == "error" and named in told["message"]
        with pytest.raises(ConnectionClosed):
            socket.recv()


# Who may, how much, how long


def test_a_token_opens_every_door_and_nothing_else_does(songs, expected):
    with Server(songs / "run", "--token", TOKEN) as server:
        good, bad = {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": "Bearer x"}
        for path in ("/v1/models", "/metrics"):
            assert httpx.get(server.address(path), headers=good).status_code == 200
            assert httpx.get(server.address(path), headers=bad).status_code == 401
        assert httpx.get(server.address("/healthz")).status_code == 200
        assert httpx.post(server.address("/v1/audio/transcriptions"), files={"file": b"x"}).status_code == 401
        for path in ("/v1/stream", "/vosk", "/"):
            with pytest.raises(InvalidStatus) as refused:
                connect(server.address(path, "ws"), additional_headers=bad)
            assert refused.value.response.status_code == 401
            with connect(server.address(path, "ws"), additional_headers=good):
                pass
        protocols = ["ds2", "ds2.token.b3BlbiBzZXNhbWU"]
        with connect(server.address("/v1/stream", "ws"), subprotocols=protocols) as socket:
            assert socket.subprotocol == "ds2"


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.org"}, {"Host": "elsewhere.org"}])
def test_pages_of_other_sites_may_not_speak(server, headers):
    answer = httpx.get(server.address("/v1/models"), headers=headers)
    assert answer.status_code == 403
    if "Origin" in headers:
        with pytest.raises(InvalidStatus):
            connect(server.address("/v1/stream", "ws"), additional_headers=headers)


def test_another_host_needs_a_token(run, songs):
    ran = run("serve", songs / "run", "--host", "0.0.0.0", "--port", "0")
    assert ran.code == 2 and "--insecure" in ran.stderr


def test_limits_are_told(songs, expected):
    """429 and when to come again; 413 of bytes and of seconds, in a stream with what was said before."""
    flags = ["--max-streams", 1, "--max-upload", 0.1, "--max-seconds", 3]
    with Server(songs / "run", *flags) as server:
        with connect(server.address("/v1/stream", "ws")):
            with pytest.raises(InvalidStatus) as refused:
                connect(server.address("/vosk", "ws"))
            answer = refused.value.response
            assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
        post = server.address("/v1/audio/transcriptions")
        assert httpx.post(post, files={"file": bytes(200_000)}).status_code == 413
        write_audio(songs / "quiet.flac", np.zeros(4 * RATE, np.float32), RATE)
        assert httpx.post(post, files={"file": (songs / "quiet.flac").read_bytes()}).status_code == 413
        records = records_of(server, expected[0][0] + bytes(2 * 10 * RATE))
        assert records[0]["event"] == "partial" and records[-1]["event"] == "error" and records[-1]["status"] == 413


def test_sigterm_lets_streams_end(songs, expected):
    """What was heard is said; the server's end is no failure, and nobody new is let in."""
    sound, finals = expected[0]
    with Server(songs / "run") as server, connect(server.address("/v1/stream", "ws")) as socket:
        socket.send(json.dumps({"sample_rate": RATE, "partials": False}))
        socket.send(sound)
        time.sleep(1)
        ending = threading.Thread(target=server.stop)
        ending.start()
        assert [said_in(json.loads(text)) for text in texts_of(socket)] == finals
        assert socket.close_code == 1012
        ending.join()
        assert server.process.returncode == 0

