"""What the training benchmark measures is what it says: the peer is our network's twin, the parts make the step."""

import pytest
import torch
from contenders import Ours, Peer, same_architecture
from invented_speech import uneven_durations
from peer_network import PeerNetwork
from recurrences import both_ways
from step_parts import StepInParts
from two_processes import Team

from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.model.network import Network
from ds2cli.training.distributed import Process

SIZE, BINS, UNITS = 12, 161, 5
DURATIONS = uneven_durations(3) / 10


def twins() -> tuple[Network, PeerNetwork]:
    """Our network and the peer's with the same weights, and normalisations that change nothing."""
    ours, peer = Network(same_architecture(SIZE).model, BINS, UNITS).eval(), PeerNetwork(BINS, UNITS, SIZE).eval()
    given = ours.state_dict()
    wanted = {name: torch.zeros_like(tensor) for name, tensor in peer.state_dict().items()}
    for i in range(2):
        wanted[f"convolutions.layers.{3 * i}.weight"] = given[f"convolutions.{i}.convolution.weight"]
    for i in range(5):
        for direction, suffix in enumerate(("", "_reverse")):
            for part in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
                name = f"recurrent.{i}.directions.{direction}.recurrence.{part}"
                wanted[f"recurrent.{i}.recurrence.{part}{suffix}"] = given[name]
    wanted["output.weight"] = given["output.weight"]
    peer.load_state_dict(wanted)
    nn = torch.nn
    nn.init.zeros_(ours.output.bias)
    for module in peer.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.ones_(module.weight)
            nn.init.constant_(module.running_var, 1 - module.eps)
    for name, buffer in ours.named_buffers():
        if name.endswith("running_variance"):
            nn.init.constant_(buffer, 1 - 1e-5)
    return ours, peer


def test_the_peers_network_computes_what_ours_of_its_architecture_computes():
    torch.manual_seed(1)
    ours, peer = twins()
    lengths = torch.tensor([90, 61, 30])
    features = torch.randn(3, 90, BINS) * (torch.arange(90) < lengths[:, None])[..., None]
    with torch.no_grad():
        mine, my_frames = ours(features, lengths)
        theirs, their_frames = peer(features, lengths)
    assert my_frames.tolist() == their_frames.tolist()
    for row, frames in enumerate(my_frames.tolist()):
        assert torch.allclose(mine[row, :frames], theirs[:frames, row], atol=1e-5)


@pytest.mark.slow
def test_both_learn_the_batch_that_they_are_given(one_thread):
    ours = Ours(same_architecture(8), DURATIONS, "float32", Process())
    peer = Peer(ours, bf16=False)
    mine, theirs = [ours.step().loss for _ in range(6)], [peer.step() for _ in range(3)]
    assert ours.trainer.position.loss_count == 6 * len(DURATIONS)
    assert mine[-1] < mine[0] and theirs[-1] < theirs[0]


FRONTS = [
    ModelConfig((4,), ((5, 5),), ((2, 3),), "gru", 2, 12, False, lookahead=3, fully_connected=(8,)),
    ModelConfig((4,), ((5,),), ((3,),), "gru", 1, 12),
]


@pytest.mark.parametrize("model", FRONTS, ids=["2-D", "1-D"])
def test_the_parts_of_a_step_make_the_whole_step(one_thread, model):
    """The losses of steps in parts are those of the trainer's steps."""
    config = Config(FeatureConfig("mel"), model)
    ours, again = (Ours(config, DURATIONS, "float32", Process()) for _ in range(2))
    parts = StepInParts(again.trainer.recogniser, again.batch(), again.trainer.optimizer, bf16=False)
    for _ in range(3):
        before = ours.trainer.position.loss_sum
        ours.step()
        assert parts.take() == pytest.approx((ours.trainer.position.loss_sum - before) / len(DURATIONS), rel=1e-4)
    assert sum(parts.shares().values()) == pytest.approx(100)


@pytest.mark.slow
def test_two_processes_take_a_step_when_told():
    team = Team(2, Config(FeatureConfig("mel"), ModelConfig((4,), ((5,),), ((3,),), "gru", 1, 8)), DURATIONS)
    took = [team.step(), team.step()]
    team.close()
    assert all(one.cpu > 0 and one.wall > 0 for one in took)


def test_both_recurrences_compute_the_same():
    ways = both_ways(SIZE, 2, 7, "cpu", torch.float64)
    assert ways["ours"].step() == pytest.approx(ways["peer"].step(), rel=1e-5)
