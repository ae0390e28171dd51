"""Memory does not grow with every new shape of batch."""

import os
import subprocess
import sys

import pytest

MANY_SHAPES = """
import torch
torch.set_num_threads(1)
from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import units_of

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6

model = ModelConfig((4,), ((3, 5),), ((2, 4),), rnn="lstm", rnn_layers=1, rnn_size=8)
recogniser = Recogniser(Config(FeatureConfig(kind="mel", n_mels=16), model), units_of(["abc"])).eval()
for number in range(500):
    sound = torch.zeros(1, 4000 + 160 * number)
    with torch.inference_mode():
        recogniser(sound, torch.tensor([sound.shape[1]]))
    if number == 200:
        before = resident()
print(resident() - before)
"""


def test_compiled_shapes_are_kept_in_a_small_number():
    import ds2cli.model  # noqa: F401 (which says so)

    assert 0 < int(os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"]) <= 64


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_decoding_many_shapes_takes_no_more_memory():
    """Without a bound: 25 MB for these 300 shapes of a tiny network."""
    ran = subprocess.run([sys.executable, "-c", MANY_SHAPES], capture_output=True, text=True, check=True)
    assert float(ran.stdout) < 12
