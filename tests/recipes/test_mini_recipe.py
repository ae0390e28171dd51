"""The pipe of the recipe for Mini LibriSpeech, on a few utterances of AN4 in its folders, with a tiny network."""

import shutil

import pytest
from real_runs import SMALL, write_manifest


@pytest.mark.slow
def test_the_pipe_runs_from_manifests_to_scores(recipe, run, tmp_path, an4_utterances):
    utterances, data = an4_utterances(40), tmp_path / "data"
    speech = data / "librispeech-train-clean-5"
    (data / "noise").mkdir(parents=True)
    speech.mkdir()
    shutil.copy(utterances[0].audio, data / "noise")
    train = write_manifest(speech / "train.jsonl", utterances[:30])
    write_manifest(speech / "dev.jsonl", utterances[30:])
    assert run("lm", "build", train, "-o", tmp_path / "lm.arpa").code == 0
    (tmp_path / "tiny.toml").write_text(SMALL.replace("epochs = 3", "epochs = 2"))
    ran = recipe(
        "mini", DS2_DATA=data, DS2_WORK=tmp_path / "work", CONFIG=tmp_path / "tiny.toml", LM=tmp_path / "lm.arpa",
        DEVICE="cpu",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "greedy, no language model" in ran.stdout and "beam 500" in ran.stdout
    run_folder = tmp_path / "work" / "clean5" / "run"
    assert f'noise = "{data}/noise"' in (run_folder / "config.toml").read_text()
    assert (run_folder / "decoding.toml").exists()
