"""`augment.mask_after`: the first part of a schedule is as without masks and dropout, the rest is as with them."""

from dataclasses import replace

import pytest
import torch
from singing import RATE, write_songs

from ds2cli.config import AugmentConfig, BatchConfig, Config, FeatureConfig, ModelConfig, OptimizerConfig, TrainConfig
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import read_manifest
from ds2cli.runs.events import StepEvent
from ds2cli.text.units import units_of
from ds2cli.training.data import SpeechSet
from ds2cli.training.distributed import Process
from ds2cli.training.loop import Trainer

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = Config(
    features=FeatureConfig(kind="mel", n_mels=8, sample_rate=RATE),
    model=ModelConfig((4,), ((5,),), ((2,),), rnn_layers=2, rnn_size=6, dropout=0.5),
    augment=AugmentConfig(speeds=(0.9, 1.1), time_masks=3, frequency_masks=2, frequency_mask_bins=4),
    batch=BatchConfig(utterances=2, sorta_grad=False),
    optimizer=OptimizerConfig(learning_rate=1e-3),
    train=TrainConfig(epochs=4),
)


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    return list(read_manifest(write_songs(tmp_path_factory.mktemp("songs"), "train", 6, 1)))


def losses(songs, **settings) -> list[float | None]:
    """Of twelve steps in four epochs."""
    torch.manual_seed(1)
    names = {"dropout": settings.pop("dropout")} if "dropout" in settings else {}
    config = replace(CONFIG, model=replace(CONFIG.model, **names), augment=replace(CONFIG.augment, **settings))
    speech = SpeechSet(songs, units_of(["abcdefgh "]), config)
    trainer = Trainer(Recogniser(config, speech.units), speech, None, config, Process())
    return [event.loss for event in trainer.events() if isinstance(event, StepEvent)]


def test_masks_and_dropout_begin_at_their_share_of_the_schedule(songs):
    plain = losses(songs, dropout=0.0, time_masks=0, frequency_masks=0)
    late = losses(songs, mask_after=0.5)
    assert late[:6] == plain[:6]
    assert all(one != other for one, other in zip(late[6:], plain[6:], strict=True))


def test_none_and_all_of_the_schedule(songs):
    assert losses(songs, mask_after=0.0) == losses(songs)
    assert losses(songs, mask_after=1.0) == losses(songs, dropout=0.0, time_masks=0, frequency_masks=0)
    assert losses(songs)[0] != losses(songs, mask_after=1.0)[0]
