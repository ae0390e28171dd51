"""A transducer is served as any other model: streams end as `ds2 decode --stream` does, uploads as `ds2 decode`."""

import json
import subprocess

import pytest

pytest.importorskip("starlette", reason="pip install ds2cli[serve]")

import httpx  # noqa: E402
from real_runs import command  # noqa: E402
from servers import Server, pcm  # noqa: E402
from speakers import RATE, ask, finals_of  # noqa: E402

HEAD = ("model.head=transducer", "model.predictor=stateless", "model.predictor_size=16", "model.joint_size=48",
        "loss.kind=transducer", "loss.ctc_weight=0.5", "optimizer.schedule=cosine")  # fmt: skip


@pytest.fixture(scope="module")
def transducer(songs):
    """The singer's network with another head, which has begun to spell."""
    settings = [word for setting in HEAD for word in ("--set", setting)]
    subprocess.run(command("train", songs / "train.jsonl", "--dev", songs / "dev.jsonl", "--init", songs / "run",
                           *settings, "--epochs", 7, "--batch-seconds", 10, "--lr", 1e-2,
                           "--run", songs / "transducer"),
                   check=True, capture_output=True)  # fmt: skip
    return songs / "transducer"


@pytest.mark.slow
def test_a_transducer_is_served(songs, transducer):
    with Server(transducer) as server:
        some = False
        for number in range(3):
            path = songs / "dev" / f"{number}.wav"
            finals = finals_of(transducer, path)
            some = some or any(text for text, _ in finals)
            assert ask(server, pcm(path, RATE)) == finals
        assert some
        ran = subprocess.run(command("decode", transducer, path), check=True, capture_output=True, text=True)
        with open(path, "rb") as file:
            told = httpx.post(server.address("/v1/audio/transcriptions"), files={"file": file}).json()
        assert told["text"] == json.loads(ran.stdout)["pred_text"]
