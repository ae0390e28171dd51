"""Evaluation: every utterance once, whatever the batches; what cannot be read is named."""

import dataclasses

import numpy as np
import pytest
import torch
from singing import RATE, write_songs

from ds2cli.config import BatchConfig, Config, FeatureConfig, ModelConfig
from ds2cli.decoding.greedy import best_path
from ds2cli.errors import AudioError
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import read_manifest
from ds2cli.scoring.rates import score_texts
from ds2cli.text.units import units_of
from ds2cli.training.data import SpeechSet
from ds2cli.training.distributed import Process
from ds2cli.training.evaluation import evaluate
from ds2cli.training.losses.ctc import ctc_losses

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = Config(
    features=FeatureConfig(kind="mel", n_mels=8, sample_rate=RATE),
    model=ModelConfig((6,), ((5,),), ((2,),), rnn_layers=1, rnn_size=8),
    batch=BatchConfig(seconds=3.0),
)


@pytest.fixture
def songs(tmp_path):
    return list(read_manifest(write_songs(tmp_path, "dev", 11, 5)))


@pytest.fixture
def recogniser() -> Recogniser:
    torch.manual_seed(1)
    return Recogniser(CONFIG, units_of(["abcdefgh "]))


def speech(songs, recogniser, seconds: float = 3.0) -> SpeechSet:
    config = dataclasses.replace(CONFIG, batch=BatchConfig(seconds=seconds))
    return SpeechSet(songs, recogniser.units, config)


def test_the_rates_are_those_of_each_utterance_alone(songs, recogniser):
    result = evaluate(recogniser, speech(songs, recogniser), Process())
    recogniser.eval()
    texts, losses = [], []
    for index, song in enumerate(songs):
        batch = speech(songs, recogniser).plain_batch([index])
        with torch.no_grad():
            log_probs, frames = recogniser(batch.waveforms, batch.lengths)
            losses.append(float(ctc_losses(log_probs, frames, batch.targets, batch.target_lengths)))
        texts.append(recogniser.units.decode(best_path(log_probs[0].numpy())))
        assert batch.ids == [song.id]
    rates = score_texts([song.text for song in songs], texts)
    assert (result.wer, result.cer) == (rates.wer, rates.cer)
    assert result.loss == pytest.approx(np.mean(losses), rel=1e-4)


@pytest.mark.parametrize("seconds", [0.1, 2.0, 1000.0])
def test_the_size_of_batches_changes_nothing(songs, recogniser, seconds):
    first, second = (evaluate(recogniser, speech(songs, recogniser, size), Process()) for size in (seconds, 5.0))
    assert (first.wer, first.cer, first.samples) == (second.wer, second.cer, second.samples)
    assert first.loss == pytest.approx(second.loss, rel=1e-4)


def test_three_samples_are_shown_and_always_the_same(songs, recogniser):
    first, second = (evaluate(recogniser, speech(songs, recogniser), Process()).samples for _ in range(2))
    assert first == second and len(first) == 3
    assert [one["text"] for one in first] == [songs[at].text for at in (0, 3, 6)]
    assert len(evaluate(recogniser, speech(songs[:2], recogniser), Process()).samples) == 2


def test_what_cannot_be_read_is_named_and_the_rest_is_heard(songs, recogniser, tmp_path):
    """Even where many share an id, as segments of one recording do."""
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    whole = evaluate(recogniser, speech([*songs[:4], *songs[5:]], recogniser), Process())
    songs = [dataclasses.replace(song, id="same") for song in songs]
    songs[4] = dataclasses.replace(songs[4], audio=str(tmp_path / "broken.wav"))
    result = evaluate(recogniser, speech(songs, recogniser), Process())
    assert [identity for identity, _ in result.skipped] == ["same"]
    assert "broken.wav" in result.skipped[0][1]
    assert (result.wer, result.cer) == (whole.wer, whole.cer)


def test_a_set_of_which_nothing_can_be_read_is_an_error(songs, recogniser, tmp_path):
    gone = [dataclasses.replace(song, audio=str(tmp_path / "none.wav")) for song in songs]
    with pytest.raises(AudioError, match="no audio of the held-out set"):
        evaluate(recogniser, speech(gone, recogniser), Process())
