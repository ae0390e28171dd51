"""A small network truly learns to spell, through the door that people use, in seconds."""

import json

import pytest
from singing import write_songs

pytestmark = pytest.mark.usefixtures("one_thread")

SETTINGS = """
[features]
kind = "mel"
n_mels = 20
sample_rate = 8000
[model]
conv_channels = [24]
conv_kernels = [[5]]
conv_strides = [[2]]
rnn = "gru"
rnn_layers = 1
rnn_size = 32
[batch]
seconds = 12.0
[optimizer]
learning_rate = 1e-2
schedule = "cosine"
warmup = 0.1
[train]
epochs = 12
"""


def test_a_network_learns_the_alphabet_of_a_singer(run, tmp_path):
    """Greedy, no language model: at most 5 % of held-out letters wrong, after ten CPU-seconds."""
    train, dev = write_songs(tmp_path, "train", 140, 1), write_songs(tmp_path, "dev", 30, 2)
    (tmp_path / "settings.toml").write_text(SETTINGS)
    folder = tmp_path / "run"
    ran = run("train", train, "--dev", dev, "--config", tmp_path / "settings.toml", "--run", folder)
    assert (ran.code, ran.stdout) == (0, f"{folder / 'best.safetensors'}\n"), ran.stderr
    events = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    evaluations = [event for event in events if event["event"] == "evaluation"]
    assert len(evaluations) == 12 and evaluations[0]["cer"] > 20
    best = min(evaluations, key=lambda one: (one["wer"], one["dev_loss"]))
    assert best["cer"] < 5 and best["wer"] < 20, [(one["cer"], one["wer"]) for one in evaluations]

    from ds2cli.audio.files import read_audio
    from ds2cli.decoding.greedy import greedy_decode
    from ds2cli.model.recogniser import load_recogniser
    from ds2cli.scoring.rates import score_texts

    recogniser = load_recogniser(folder)
    records = [json.loads(line) for line in dev.read_text().splitlines()]
    heard = recogniser.log_probs([read_audio(tmp_path / one["audio_filepath"], 8000) for one in records])
    texts = [greedy_decode(log_probs, recogniser.units).text for log_probs in heard]
    assert score_texts([one["text"] for one in records], texts).cer <= best["cer"] + 1e-9  # the best was kept
