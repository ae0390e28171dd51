"""Recordings that lie elsewhere are heard, learnt from and packed as those on this disk; lost ones are skipped."""

import json
import shutil

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


def test_shards_elsewhere_are_copied_once(run, data, web, model, tmp_path):
    done = run("prepare", "shard", data / "dev.jsonl", "-o", data / "shards")
    assert done.code == 0, done.stderr
    web.asked.clear()
    here = run("decode", model, data / "shards" / "shards.jsonl", "--jobs", 2)
    there = run("decode", model, web.url("shards/shards.jsonl"), "--jobs", 2)
    assert there.code == 0 and there.stdout.replace(web.url(), f"{data}/") == here.stdout, there.stderr
    assert web.asked["shards/000000.tar"] == 1


def test_a_run_elsewhere_and_what_it_wrote_decode_as_they_do_here(run, data, web, model, tmp_path):
    shutil.copytree(model, data / "run")
    (data / "text.txt").write_text("abc def\nbad cafe\n" * 20)
    (data / "run" / "decoding.toml").write_text('alpha = 0.7\nlm = "lm.arpa"\n')
    assert run("lm", "build", data / "text.txt", "--order", 2, "-o", data / "run" / "lm.arpa").code == 0
    here = run("decode", data / "run", data / "dev.jsonl", "--log-probs", data / "dev.npz")
    there = run("decode", web.url("run"), data / "dev.jsonl")
    assert there.code == 0 and there.stdout == here.stdout, there.stderr
    file = run("decode", web.url("run/best.safetensors"), web.url("dev.npz"))
    assert file.code == 0 and file.stdout == run("decode", data / "run", data / "dev.npz").stdout, file.stderr
    assert web.asked["run/best.safetensors"] == web.asked["run/lm.arpa"] == web.asked["dev.npz"] == 1
    grid = ("--lm", web.url("run/lm.arpa"), "--alphas", "0.5 1", "--betas", "0 1")
    tuned = [run("tune", name, data / "dev.jsonl", *grid) for name in (web.url("run"), data / "run")]
    assert [one.code for one in tuned] == [0, 0], tuned[0].stderr + tuned[1].stderr
    assert tuned[0].stdout == tuned[1].stdout


def test_settings_units_and_the_run_to_begin_from_may_be_elsewhere(run, data, web, model, tmp_path):
    shutil.copytree(model, data / "begun")
    done = run("train", web.url("train.jsonl"), "--dev", web.url("dev.jsonl"), "--config", web.url("settings.toml"),
               "--units", web.url("begun/units.txt"), "--init", web.url("begun"), "--run", tmp_path / "run",
               "--set", f'augment.noise="{web.url("dev.jsonl")}"')  # fmt: skip
    assert done.code == 0, done.stderr
    assert f'noise = "{web.url("dev.jsonl")}"' in (tmp_path / "run" / "config.toml").read_text()


def test_runs_stay_on_disks(run, data, web):
    done = run("train", web.url("train.jsonl"), "--config", data / "settings.toml", "--run", "s3://bucket/run")
    assert done.code == 2 and "cannot write `s3://bucket/run`: ds2 reads URLs, and writes to disks alone" in done.stderr
