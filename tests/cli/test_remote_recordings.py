"""Recordings that lie elsewhere are heard, learnt from and packed as those on this disk; lost ones are skipped."""

import json

import pytest

pytest.importorskip("aiohttp", reason="https:// needs aiohttp: pip install 'ds2cli[cloud]'")

from real_runs import metrics_of  # noqa: E402
from webserver import Web  # noqa: E402

from ds2cli.io import remote  # noqa: E402


@pytest.fixture
def web(data, tmp_path, monkeypatch):
    """The songs, on the web."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    remote.forget()
    with Web(data) as web:
        yield web


def name_of(record, data):
    """Of the recording, in the folder of all."""
    return record["audio_filepath"].removeprefix(f"{data}/")


@pytest.fixture(scope="module")
def model(data, tmp_path_factory):
    from ds2cli.cli import main

    folder = tmp_path_factory.mktemp("run") / "run"
    train, dev, settings = (str(data / name) for name in ("train.jsonl", "dev.jsonl", "settings.toml"))
    assert main(["train", train, "--dev", dev, "--config", settings, "--run", str(folder), "--device", "cpu"]) == 0
    return folder


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_heard_elsewhere_is_what_is_heard_here(run, data, web, model, jobs):
    here = run("decode", model, data / "dev.jsonl", "--jobs", jobs)
    there = run("decode", model, web.url("dev.jsonl"), "--jobs", jobs)
    assert (here.code, there.code) == (0, 0), there.stderr
    assert there.stdout.replace(web.url(), f"{data}/") == here.stdout and here.stdout.count("\n") == 4
    assert all(count == 1 for count in web.asked.values())  # the layout and the samples of one fetch


def test_a_recording_elsewhere_may_be_named_itself(run, data, web, model):
    name = name_of(json.loads((data / "dev.jsonl").read_text().splitlines()[0]), data)
    here, there = run("decode", model, data / name), run("decode", model, web.url(f"{name}?key=value"))
    assert there.code == 0, there.stderr
    assert json.loads(there.stdout)["pred_text"] == json.loads(here.stdout)["pred_text"]


@pytest.mark.parametrize("workers", [0, 2])
def test_learning_from_recordings_elsewhere_has_the_same_losses(run, data, web, model, tmp_path, workers):
    workers = ["--set", f"batch.workers={workers}"]
    done = run("train", web.url("train.jsonl"), "--dev", web.url("dev.jsonl"), "--config", data / "settings.toml",
               "--run", tmp_path / "run", *workers)  # fmt: skip
    assert done.code == 0, done.stderr
    assert metrics_of(tmp_path / "run") == metrics_of(model)


def test_shards_of_recordings_elsewhere_are_those_of_recordings_here(run, data, web, tmp_path):
    for name, source in (("here", data / "train.jsonl"), ("there", web.url("train.jsonl"))):
        done = run("prepare", "shard", source, "-o", tmp_path / name)
        assert done.code == 0, done.stderr
    assert (tmp_path / "here" / "000000.tar").read_bytes() == (tmp_path / "there" / "000000.tar").read_bytes()


def test_recordings_that_cannot_be_fetched_are_skipped_and_named(run, data, web, model, tmp_path):
    good = [json.loads(line) for line in (data / "dev.jsonl").read_text().splitlines()]
    names = [name_of(one, data) for one in good]
    (data / "cut.wav").write_bytes((data / names[0]).read_bytes())
    lines = [{"audio_filepath": web.url(name), "duration": 1.0} for name in ("none.wav", "refused.wav", "cut.wav")]
    lines += [{**one, "audio_filepath": web.url(name)} for one, name in zip(good, names, strict=True)]
    (tmp_path / "mixed.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run("decode", model, tmp_path / "mixed.jsonl", "--jobs", 2)
    assert done.code == 3 and done.stdout.count("\n") == 4, done.stderr
    assert f"no such file: `{web.url('none.wav')}`" in done.stderr and "skipped 3 recordings" in done.stderr
    assert f"cannot read `{web.url('refused.wav')}`: access is refused" in done.stderr
    assert f"cannot read `{web.url('cut.wav')}`: " in done.stderr


def test_check_knows_what_is_not_there(run, data, web, tmp_path):
    record = {"audio_filepath": web.url("none.wav"), "duration": 1.0, "text": "a"}
    (tmp_path / "m.jsonl").write_text(json.dumps(record) + "\n")
    done = run("prepare", "check", tmp_path / "m.jsonl")
    assert "no audio" in done.stdout + done.stderr and done.code != 0
    done = run("prepare", "check", web.url("train.jsonl"))
    here = run("prepare", "check", data / "train.jsonl")
    assert (done.code, done.stdout) == (here.code, here.stdout)
