"""A shard is only a place where recordings lie: training from shards is training from files, bit for bit."""

import json
import random
import signal

import pytest
from real_runs import SMALL, finish, metrics_of, start, steps_of, wait_until, write_manifest


@pytest.fixture(scope="module")
def data(tmp_path_factory, an4_utterances):
    """A folder with records, the same in shards, settings, and a run on the files that nothing disturbed."""
    folder = tmp_path_factory.mktemp("shards")
    utterances = an4_utterances(30)
    write_manifest(folder / "train.jsonl", utterances[:26])
    write_manifest(folder / "dev.jsonl", utterances[26:])
    (folder / "small.toml").write_text(SMALL)
    for name in ("train", "dev"):
        listing = folder / name / "shards.jsonl"
        arguments = ("prepare", "shard", folder / f"{name}.jsonl", "--output", folder / name, "--shard-seconds", 20)
        code, out, err = finish(start(*arguments))
        assert (code, out) == (0, f"{listing}\n"), err
    code, _, err = finish(begin(folder, "files", folder / "train.jsonl", folder / "dev.jsonl"))
    assert code == 0, err
    return folder


def begin(folder, name, train, dev, *more):
    return start("train", train, "--dev", dev, "--config", folder / "small.toml", "--run", folder / name, *more)


def begin_on_shards(folder, name, *more):
    return begin(folder, name, folder / "train" / "shards.jsonl", folder / "dev" / "shards.jsonl", *more)


def assert_equal_to_the_run_on_files(folder, name):
    for file in ("best.safetensors", "last.safetensors", "samples.jsonl", "units.txt"):
        assert (folder / "files" / file).read_bytes() == (folder / name / file).read_bytes(), file
    assert metrics_of(folder / "files") == metrics_of(folder / name)


@pytest.mark.slow
def test_training_from_shards_killed_and_resumed_ends_with_the_bits_of_training_from_files(data):
    run, draw = data / "shards", random.Random(1)
    process = begin_on_shards(data, "shards")
    at_step = draw.randrange(2, steps_of(data / "files") // 2)
    assert wait_until(lambda: steps_of(run) >= at_step, process)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 130
    process = start("train", "--resume", run)
    wait_until(lambda: steps_of(run) >= at_step + 2, process)
    process.kill()
    finish(process)
    code, _, err = finish(start("train", "--resume", run))
    assert code == 0, err
    records = [json.loads(line) for line in (run / "train.jsonl").read_text().splitlines()]
    assert all(".tar#" in record["audio_filepath"] for record in records)
    assert_equal_to_the_run_on_files(data, "shards")


@pytest.mark.slow
def test_worker_processes_read_shards_too(data):
    code, _, err = finish(begin_on_shards(data, "workers", "--set", "batch.workers=2"))
    assert code == 0, err
    assert metrics_of(data / "files") == metrics_of(data / "workers")
