"""Utterances into batches: targets, padding, statistics, and what happens to sound that cannot be read."""

import dataclasses

import numpy as np
import pytest
import torch
from singing import RATE, write_songs

from ds2cli.audio.features import Frontend
from ds2cli.audio.files import read_audio
from ds2cli.config import AugmentConfig, BatchConfig, Config, FeatureConfig, ModelConfig
from ds2cli.errors import AudioError
from ds2cli.records.manifest import read_manifest
from ds2cli.text.units import Units, units_of
from ds2cli.training.data import SpeechSet, feature_statistics

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = Config(
    features=FeatureConfig(kind="mel", n_mels=8, sample_rate=RATE),
    model=ModelConfig((), (), ()),
    augment=AugmentConfig(time_masks=2, consistency=0.2),
)
UNITS = units_of(["abcdefgh "])


@pytest.fixture
def songs(tmp_path):
    return list(read_manifest(write_songs(tmp_path, "songs", 6, 3)))


def test_a_batch_holds_sound_and_targets_and_zeros_behind_them(songs):
    speech = SpeechSet(songs, UNITS, CONFIG)
    batch = speech.plain_batch([4, 0, 2])
    assert batch.ids == [songs[index].id for index in (4, 0, 2)] and batch.indices == [4, 0, 2]
    for row, index in enumerate((4, 0, 2)):
        wave = read_audio(songs[index].audio, RATE)
        length, labels = int(batch.lengths[row]), int(batch.target_lengths[row])
        assert length == len(wave) and not batch.waveforms[row, length:].any()
        assert np.abs(batch.waveforms[row, :length].numpy() - wave).max() < 1 / 32767
        assert UNITS.decode(batch.targets[row, :labels].tolist()) == songs[index].text
        assert not batch.targets[row, labels:].any()


def test_memory_changes_no_sample(songs):
    """Decoded audio is kept as 16-bit numbers; what is not kept is rounded alike."""
    kept = SpeechSet(songs, UNITS, CONFIG)
    forgotten = SpeechSet(songs, UNITS, dataclasses.replace(CONFIG, batch=BatchConfig(cache_gb=0.0)))
    for _ in range(2):
        assert torch.equal(kept.plain_batch([0, 1]).waveforms, forgotten.plain_batch([0, 1]).waveforms)


def test_readers_pin_every_tensor_of_a_batch(songs, monkeypatch):
    from torch.utils.data._utils.pin_memory import pin_memory  # what DataLoader does with a batch

    monkeypatch.setattr(torch.Tensor, "pin_memory", torch.Tensor.clone)  # pinning itself needs a GPU
    batch = SpeechSet(songs, UNITS, CONFIG).augmented_batch([4, 0], 1)
    pinned = pin_memory(batch)
    for name, value in vars(batch).items():
        if isinstance(value, torch.Tensor):
            assert getattr(pinned, name) is not value and torch.equal(getattr(pinned, name), value)
        else:
            assert getattr(pinned, name) is value


def test_shards_change_no_sample_of_a_batch(songs, run, tmp_path):
    assert run("prepare", "shard", tmp_path / "songs.jsonl", "--output", tmp_path / "s", "--shard-seconds", 2).code == 0
    shards = list(read_manifest(tmp_path / "s" / "shards.jsonl"))
    assert len(list((tmp_path / "s").glob("*.tar"))) > 1
    for epoch in range(2):
        one, other = (SpeechSet(each, UNITS, CONFIG).augmented_batch([4, 0, 2], epoch) for each in (songs, shards))
        assert torch.equal(one.waveforms, other.waveforms) and torch.equal(one.targets, other.targets)
        assert (one.ids, one.views) == (other.ids, other.views)


def test_two_views_of_one_sound_are_masked_apart(songs):
    batch = SpeechSet(songs, UNITS, CONFIG).augmented_batch([0, 1], 1)
    first, second = batch.views
    assert len(first) == len(second) == 2 and first != second
    plain = dataclasses.replace(CONFIG, augment=AugmentConfig(time_masks=2))
    assert len(SpeechSet(songs, UNITS, plain).augmented_batch([0, 1], 1).views) == 1


def test_a_batch_of_which_nothing_can_be_read_is_silence_that_says_nothing(songs, tmp_path):
    gone = [dataclasses.replace(song, audio=str(tmp_path / "none.wav")) for song in songs]
    batch = SpeechSet(gone, UNITS, CONFIG).augmented_batch([0, 1], 0)
    assert len(batch.waveforms) == 1 and not batch.waveforms.any()
    assert (batch.ids, batch.target_lengths.tolist(), len(batch.skipped)) == ([], [0], 2)


def test_statistics_are_those_of_every_frame(songs):
    speech, frontend = SpeechSet(songs, UNITS, CONFIG), Frontend(CONFIG.features)
    mean, deviation = feature_statistics(speech, frontend, seed=1)
    frames = []
    for index in range(len(songs)):
        batch = speech.plain_batch([index])
        frames.append(frontend.log_features(batch.waveforms, batch.lengths)[0][0])
    frames = torch.cat(frames).double()
    assert torch.allclose(mean.double(), frames.mean(0), atol=1e-4)
    assert torch.allclose(deviation.double(), frames.std(0, unbiased=False), atol=1e-4)


def test_statistics_of_a_sample_depend_on_the_seed_alone(songs):
    speech, frontend = SpeechSet(songs, UNITS, CONFIG), Frontend(CONFIG.features)
    first, again, other = (feature_statistics(speech, frontend, seed, at_most=2)[0] for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_no_sound_has_no_statistics(songs, tmp_path):
    gone = [dataclasses.replace(song, audio=str(tmp_path / "none.wav")) for song in songs]
    with pytest.raises(AudioError, match="no audio of the training set"):
        feature_statistics(SpeechSet(gone, UNITS, CONFIG), Frontend(CONFIG.features), seed=1)


def test_pieces_are_cut_anew_in_every_epoch(songs):
    """Each cut spells the same text, the epochs differ, and the same epoch cuts alike whoever asks."""
    letters = {name: -2.0 for name in ("▁", *"abcdefgh")}
    pairs = {a + b: -3.0 for a in "▁abcdefgh" for b in "abcdefgh"}
    scores = {**letters, **pairs}
    units = Units(("<blank>", *scores), "", "likeliest", (0.0, *scores.values()))
    config = dataclasses.replace(CONFIG, augment=AugmentConfig(segmentation=0.2))
    speech, again = SpeechSet(songs, units, config), SpeechSet(songs, units, config)

    def cut(one, epoch):
        batch = one.augmented_batch([0, 1], epoch)
        return [row[:n].tolist() for row, n in zip(batch.targets, batch.target_lengths.tolist(), strict=True)]

    drawn = [cut(speech, epoch) for epoch in range(8)]
    assert [cut(again, epoch) for epoch in range(8)] == drawn
    assert len({str(one) for one in drawn}) > 1
    for epoch in drawn:
        assert [units.text(labels) for labels in epoch] == [songs[0].text, songs[1].text]
    assert speech.plain_batch([0]).targets[0].tolist() == units.encode(songs[0].text)
