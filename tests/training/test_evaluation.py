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
from ds2cli.training.evaluation import evaluate, evaluation_rank
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


def test_what_the_units_do_not_spell_counts_in_the_rates_and_not_in_the_loss(songs, recogniser):
    """A letter that training never saw cannot be right: the words are wrong, and everybody is told."""
    plain = evaluate(recogniser, speech(songs, recogniser), Process())
    foreign = [dataclasses.replace(songs[0], text="zzz " + songs[0].text), *songs[1:]]
    result = evaluate(recogniser, speech(foreign, recogniser), Process())
    rest = evaluate(recogniser, speech(songs[1:], recogniser), Process())
    n_words = [sum(len(one.text.split()) for one in some) for some in (songs, foreign)]
    assert n_words[1] == n_words[0] + 1
    assert result.wer * n_words[1] == pytest.approx(plain.wer * n_words[0] + 100)  # one more word, and it is missed
    assert result.loss == pytest.approx(rest.loss, rel=1e-4)
    assert result.not_finite == [] and len(result.samples) == 3


def test_an_utterance_that_ctc_cannot_spell_counts_and_leaves_the_loss_alone(songs, recogniser):
    long = [dataclasses.replace(songs[0], text="ab" * 400), *songs[1:]]
    result = evaluate(recogniser, speech(long, recogniser), Process())
    rest = evaluate(recogniser, speech(songs[1:], recogniser), Process())
    assert result.loss == pytest.approx(rest.loss, rel=1e-4) and result.not_finite == [songs[0].id]
    assert result.wer > 0 and np.isfinite(result.loss)


def test_without_any_finite_loss_there_is_none(songs, recogniser):
    with torch.no_grad():
        recogniser.network.output.bias.fill_(float("nan"))
    result = evaluate(recogniser, speech(songs, recogniser), Process())
    assert result.loss is None and len(result.not_finite) == len(songs)


def test_the_loss_ranks_where_the_rate_says_nothing():
    """Babble that is right by chance, then blanks alone, then words: each better than the one before."""
    course = [(97.0, 184.0), (100.0, 150.0), (100.0, 120.0), (91.0, 110.0), (80.0, 115.0), (80.0, 112.0), (30.0, 90.0)]
    ranks = [evaluation_rank(*one) for one in course]
    assert ranks == sorted(ranks, reverse=True) and len(set(ranks)) == len(ranks)
    better_first = evaluation_rank(30.0, None), evaluation_rank(31.0, 1.0), evaluation_rank(None, 0.5)
    assert better_first[0] < better_first[1] < better_first[2] < evaluation_rank(None, None)
