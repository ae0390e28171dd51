"""The transducer's head: its shapes, its steps, and how it moves from run to run."""

import dataclasses

import pytest
import torch

from ds2cli.config import Config, FeatureConfig, LossConfig, ModelConfig
from ds2cli.errors import CheckpointError, ConfigError
from ds2cli.model.averaging import averaged
from ds2cli.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from ds2cli.model.recogniser import Recogniser, build_recogniser
from ds2cli.model.transfer import transfer
from ds2cli.settings import Layer, resolve
from ds2cli.text.units import BLANK, units_of

pytestmark = pytest.mark.usefixtures("one_thread")

UNITS = units_of(["abcd"])
CTC = Config(
    features=FeatureConfig(kind="mel", n_mels=10, sample_rate=8000),
    model=ModelConfig(conv_channels=(4,), conv_kernels=((5,),), conv_strides=((2,),), rnn_layers=1, rnn_size=8),
)


def transducer(kind: str = "lstm", ctc_weight: float = 0.1, **more) -> Config:
    model = dataclasses.replace(CTC.model, head="transducer", predictor=kind, predictor_size=6, joint_size=7, **more)
    return dataclasses.replace(CTC, model=model, loss=LossConfig(kind="transducer", ctc_weight=ctc_weight))


def recogniser_of(config: Config, units=UNITS, seed: int = 1) -> Recogniser:
    torch.manual_seed(seed)
    return Recogniser(config, units).eval()


@pytest.mark.parametrize("kind", ["lstm", "stateless"])
def test_label_by_label_it_says_what_it_says_of_all_at_once(kind):
    head = recogniser_of(transducer(kind)).network.head
    labels = torch.tensor([[1, 2, 3, 3], [4, 1, 2, 1]])
    state, steps = head.predictor.initial_state(2), []
    for column in [torch.full((2,), BLANK), *labels.t()]:
        out, state = head.predictor.step(column, state)
        steps.append(out)
    assert torch.allclose(torch.stack(steps, 1), head.predictor(labels), atol=1e-6)


def test_a_stateless_one_knows_two_labels_and_an_lstm_all():
    labels = torch.tensor([[1, 2, 3, 4], [2, 2, 3, 4]])
    stateless, lstm = (recogniser_of(transducer(kind)).network.head.predictor(labels) for kind in ("stateless", "lstm"))
    assert torch.equal(stateless[0, 3:], stateless[1, 3:]) and not torch.equal(stateless[0, 2], stateless[1, 2])
    assert not torch.equal(lstm[0, 4], lstm[1, 4])


def test_the_joint_layer_gives_probabilities_of_every_unit_at_every_place():
    network = recogniser_of(transducer()).network
    encoded, frames = network(torch.randn(2, 20, 10), torch.tensor([20, 13]))
    assert encoded.shape == (2, 10, 8) and frames.tolist() == [10, 7]
    labels = torch.tensor([[1, 2, 3], [4, 1, 2]])
    joint = network.head.joint(
        network.head.encoder_projection(encoded)[:, :, None], network.head.projected_labels(labels)[:, None]
    )
    assert joint.shape == (2, 10, 4, 5)
    assert torch.allclose(joint.exp().sum(-1), torch.ones(2, 10, 4))
    assert network.ctc_log_probs(encoded).shape == (2, 10, 5)


def test_a_checkpoint_holds_it_and_an_average_of_two_is_one(tmp_path):
    config = transducer("stateless", ctc_weight=0.0)
    models = [recogniser_of(config, seed=seed) for seed in (1, 2)]
    paths = [tmp_path / f"{number}.safetensors" for number in (1, 2)]
    for model, path in zip(models, paths, strict=True):
        save_checkpoint(path, Checkpoint(config, UNITS, model.state_dict(), {}))
    again = build_recogniser(load_checkpoint(paths[0]), paths[0])
    assert again.network.output is None
    assert all(torch.equal(weights, models[0].state_dict()[name]) for name, weights in again.state_dict().items())
    mean = build_recogniser(averaged(paths), "mean").network.head.output.weight
    assert torch.allclose(mean, sum(model.network.head.output.weight for model in models) / 2)


def test_it_begins_with_the_encoder_of_a_ctc_run():
    ctc, fresh = recogniser_of(CTC), recogniser_of(transducer(), seed=2)
    before = fresh.network.head.output.weight.clone()
    transfer(Checkpoint(CTC, UNITS, ctc.state_dict(), {}), fresh)
    moved = fresh.state_dict()
    assert all(torch.equal(weights, moved[name]) for name, weights in ctc.state_dict().items())
    assert torch.equal(fresh.network.head.output.weight, before)


def test_fine_tuning_moves_rows_along_with_their_units():
    there, here = recogniser_of(transducer()), recogniser_of(transducer(), units_of(["bdx"]), seed=2)
    fresh = here.network.head.output.bias.clone()
    transfer(Checkpoint(there.config, UNITS, there.state_dict(), {}), here)
    for name in ("b", "d"):
        old, new = UNITS.names.index(name), here.units.names.index(name)
        for layer in ("output", "predictor.embedding"):
            one, other = (model.network.head.get_submodule(layer).weight for model in (there, here))
            assert torch.equal(one[old], other[new])
    assert here.network.head.output.bias[here.units.names.index("x")] == fresh[here.units.names.index("x")]
    assert torch.equal(
        there.network.head.predictor.recurrence.weight_hh_l0, here.network.head.predictor.recurrence.weight_hh_l0
    )


def test_another_prediction_network_is_named():
    there, here = recogniser_of(transducer(rnn="lstm")), recogniser_of(transducer())
    with pytest.raises(CheckpointError, match="model.rnn is lstm there and gru here"):
        transfer(Checkpoint(there.config, UNITS, there.state_dict(), {}), here)
    wider = dataclasses.replace(transducer().model, joint_size=9)
    here = recogniser_of(dataclasses.replace(transducer(), model=wider))
    there = recogniser_of(transducer())
    with pytest.raises(CheckpointError, match="model.joint_size is 7 there and 9 here"):
        transfer(Checkpoint(there.config, UNITS, there.state_dict(), {}), here)


@pytest.mark.parametrize("values", [
    {"model.head": "transducer"}, {"loss.kind": "transducer"},
    {"model.head": "transducer", "loss.kind": "transducer", "augment.consistency": 0.2},
])  # fmt: skip
def test_settings_that_cannot_be_together_are_named(values):
    with pytest.raises(ConfigError, match="transducer"):
        resolve(Layer(values, "flag"))
