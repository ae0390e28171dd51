"""A network that hears songs as they come, and what it says of songs that it has not heard."""

import subprocess

import pytest
from real_runs import command
from singing import write_songs

SETTINGS = """
[features]
kind = "mel"
n_mels = 16
sample_rate = 8000
statistics = "running"
normalise_power = false
[model]
conv_channels = [16]
conv_kernels = [[5]]
conv_strides = [[2]]
rnn = "gru"
rnn_layers = 1
rnn_size = 48
bidirectional = false
lookahead = 5
[batch]
seconds = 20.0
[optimizer]
learning_rate = 1e-2
[train]
epochs = 12
"""


@pytest.fixture(scope="session")
def songs(tmp_path_factory):
    """The folder of the network (`run`), and of eight new songs (`dev/0.wav`)."""
    folder = tmp_path_factory.mktemp("songs")
    train, dev = write_songs(folder, "train", 120, 1), write_songs(folder, "dev", 8, 2, (2, 5))
    (folder / "settings.toml").write_text(SETTINGS)
    subprocess.run(command("train", train, "--dev", dev, "--config", folder / "settings.toml", "--run", folder / "run"),
                   check=True, capture_output=True)  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def expected(songs):
    """What `ds2 decode --stream` says of each song: [(its sound, its finals)]."""
    pytest.importorskip("websockets", reason="pip install ds2cli[serve]")
    from servers import pcm
    from speakers import RATE, finals_of

    paths = [songs / "dev" / f"{number}.wav" for number in range(8)]
    answers = [(pcm(path, RATE), finals_of(songs / "run", path)) for path in paths]
    assert sum(len(finals) for _, finals in answers) >= 8
    return answers
