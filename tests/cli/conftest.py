"""A small corpus to train on, and a run on it; for every test of `ds2 train` that needs no other."""

import pytest
from singing import write_songs
from small_network import SETTINGS


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    write_songs(folder, "train", 12, 1)
    write_songs(folder, "dev", 4, 2)
    (folder / "settings.toml").write_text(SETTINGS)
    return folder


@pytest.fixture
def train(run, data, tmp_path):
    """`train(lines, "--strict")`: a run on these lines (or the songs) into `tmp_path/run`."""

    def run_training(lines: str | None = None, *more, dev: str | None = "dev.jsonl"):
        manifest = data / "train.jsonl"
        if lines is not None:
            manifest = data / f"{tmp_path.name}.jsonl"
            manifest.write_text(lines)
        held_out = ["--dev", data / dev] if dev else []
        return run("train", manifest, *held_out, "--config", data / "settings.toml", "--run", tmp_path / "run", *more)

    return run_training
