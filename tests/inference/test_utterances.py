from dataclasses import replace

import numpy as np
import pytest

from ds2cli.audio.files import read_audio, read_blocks, write_audio
from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.errors import AudioError
from ds2cli.inference import utterances as listen
from ds2cli.inference import windows
from ds2cli.model.quantised import quantised
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import Utterance
from ds2cli.text.units import units_of

CONFIG = Config(
    FeatureConfig(kind="mel", n_mels=16, normalise_power=False),
    ModelConfig(
        conv_channels=(4,), conv_kernels=((3, 5),), conv_strides=((2, 4),), rnn="gru", rnn_layers=1, rnn_size=8
    ),
)


@pytest.fixture
def recogniser():
    import torch

    torch.manual_seed(1)
    return Recogniser(CONFIG, units_of(["abc d"])).eval()


@pytest.fixture
def minute(tmp_path):
    """A minute and a half of noise that changes all the time, at an odd rate, in stereo."""
    rng = np.random.default_rng(1)
    loudness = 0.05 + 0.2 * rng.random(90).repeat(11025)
    write_audio(tmp_path / "minute.flac", (loudness * rng.standard_normal((2, 90 * 11025))).T.clip(-1, 1), 11025)
    return tmp_path / "minute.flac"


@pytest.mark.parametrize("sizes", [(7,), (1000, 1), (160, 90_000, 3)])
@pytest.mark.parametrize("seconds", [0.01, 1.0, 6.1, 20.3])
def test_windows_keep_every_frame_once_whatever_the_blocks(monkeypatch, sizes, seconds):
    monkeypatch.setattr(windows, "PIECE_SECONDS", 3.0)
    monkeypatch.setattr(windows, "CONTEXT_SECONDS", 0.5)
    samples = np.arange(int(seconds * 16000), dtype=np.float32)
    blocks, at = [], 0
    while at < len(samples):
        size = sizes[len(blocks) % len(sizes)] * 10
        blocks.append(samples[at : at + size])
        at += size
    frame = windows.frame_samples(CONFIG)
    kept = []
    for window in windows.windows(blocks, CONFIG):
        last = len(window.samples) if window.last is None else window.last * frame
        kept.append(window.samples[window.first * frame : last])
        assert window.first * frame in (0, 8000 // frame * frame)
    assert np.array_equal(np.concatenate(kept), samples)


def test_blocks_of_a_recording_are_the_recording(minute):
    whole = read_audio(minute, 16000)
    blocks = list(read_blocks(minute, 16000, seconds=7.3))
    assert len(blocks) > 10
    joined = np.concatenate(blocks)
    assert abs(len(joined) - len(whole)) <= 1
    n = min(len(joined), len(whole))
    assert np.abs(joined[:n] - whole[:n]).max() < 1e-4


def test_a_recording_cut_short_is_named(minute, tmp_path):
    samples = np.zeros(48000, np.float32) + np.random.default_rng(2).normal(0, 0.1, 48000).astype(np.float32)
    write_audio(tmp_path / "whole.mp3", samples, 16000)
    broken = tmp_path / "broken.mp3"
    broken.write_bytes((tmp_path / "whole.mp3").read_bytes()[:3000])
    with pytest.raises(AudioError, match="cut short|not audio"):
        list(read_blocks(broken, 16000))


def test_long_log_probs_are_those_of_the_recording_heard_at_once(recogniser, minute, tmp_path):
    samples = read_audio(minute, 16000)
    whole = recogniser.log_probs([samples])[0]
    long = listen.infer_long(recogniser, str(minute), tmp_path / "p", lambda block: None)
    assert abs(len(long) - len(whole)) <= 1
    n = min(len(long), len(whole))
    assert np.abs(long[:n] - whole[:n]).max() < 1e-3  # a context of 4 s is all that this network remembers


def test_an_interrupted_recording_goes_on_where_it_was(recogniser, minute, tmp_path, monkeypatch):
    monkeypatch.setattr(windows, "PIECE_SECONDS", 5.0)
    monkeypatch.setattr(listen, "BATCH_SECONDS", 5.0)
    whole = np.array(listen.infer_long(recogniser, str(minute), tmp_path / "whole", lambda block: None))
    heard = []
    real = recogniser.log_probs

    def killed_after_four(waveforms):
        if len(heard) == 4:
            raise KeyboardInterrupt
        heard.append(1)
        return real(waveforms)

    monkeypatch.setattr(recogniser, "log_probs", killed_after_four)
    with pytest.raises(KeyboardInterrupt):
        listen.infer_long(recogniser, str(minute), tmp_path / "p", lambda block: None)
    assert not (tmp_path / "p").exists()
    calls = []
    monkeypatch.setattr(recogniser, "log_probs", lambda waveforms: calls.append(1) or real(waveforms))
    again = listen.infer_long(recogniser, str(minute), tmp_path / "p", lambda block: None)
    assert np.array_equal(again, whole)
    total = -(-90 // 5)
    assert len(calls) <= total - 3
    assert np.array_equal(listen.infer_long(recogniser, "gone", tmp_path / "p", lambda block: None), whole)


def utterance(path):
    return Utterance(path.stem, str(path), 0.0)


def test_progress_moves_within_one_recording_and_ends_at_its_length(recogniser, minute, monkeypatch):
    monkeypatch.setattr(listen, "BATCH_SECONDS", 5.0)
    monkeypatch.setattr(windows, "PIECE_SECONDS", 5.0)
    moves = []
    told = listen.Observers(heard=lambda done, total: moves.append((done, total)))
    (heard,) = listen.infer(recogniser, [utterance(minute)], 1, told)
    assert heard.seconds == pytest.approx(90, abs=0.01) and len(moves) > 10
    done, total = zip(*moves, strict=True)
    assert list(done) == sorted(done) and set(total) == {heard.seconds} and done[-1] == heard.seconds


def test_progress_moves_within_hours_on_disk(recogniser, minute, tmp_path, monkeypatch):
    monkeypatch.setattr(listen, "BATCH_SECONDS", 5.0)
    monkeypatch.setattr(windows, "PIECE_SECONDS", 5.0)
    moves = []
    told = {"heard": lambda *move: moves.append(move)}
    listen.infer_long(recogniser, str(minute), tmp_path / "p", lambda block: None, **told)
    assert len(moves) > 10 and moves == sorted(moves) and moves[-1] == pytest.approx((90, 90), abs=0.1)


def test_so_many_recordings_are_read_at_once_as_memory_holds(minute, monkeypatch):
    monkeypatch.setattr(listen, "WINDOW_SECONDS", 200.0)
    short = [Utterance(str(n), str(minute), 1.0) for n in range(100)]
    sizes = [len(window) for window in listen.side_by_side([utterance(minute)] * 5 + short)]
    assert sizes == [2, 2, 64, 37]


def test_a_recording_that_lacks_its_end_is_heard_and_said_to_be_cut(recogniser, tmp_path):
    write_audio(tmp_path / "a.wav", np.random.default_rng(1).normal(0, 0.1, 32000), 16000)
    data = (tmp_path / "a.wav").read_bytes()
    for n in range(5):
        (tmp_path / f"{n}.wav").write_bytes(data[:40000])
    said = []
    found = [utterance(tmp_path / name) for name in ("a.wav", "0.wav", "1.wav", "2.wav", "3.wav", "4.wav")]
    heard = list(listen.infer(recogniser, found, 1, listen.Observers(warn=said.append)))
    assert all(one.log_probs is not None for one in heard)
    assert said == [f"`{n}` is cut short: its file lacks its end" for n in "01"] + [
        "`2` is cut short: its file lacks its end (others may be, too)"]


def one_way(is_quantised: bool):
    """A recogniser that needs nothing of the future."""
    import torch

    torch.manual_seed(1)
    features = FeatureConfig(kind="mel", n_mels=16, normalise_power=False, statistics="running")
    model = replace(CONFIG.model, rnn="lstm", bidirectional=False, lookahead=4, rnn_size=16)
    recogniser = Recogniser(Config(features, model), units_of(["abc d"])).eval()
    return quantised(recogniser) if is_quantised else recogniser


@pytest.mark.parametrize("is_quantised", [False, True])
def test_a_long_recording_streams_where_the_network_can(minute, monkeypatch, is_quantised):
    """The log-probs of the whole at once, which no windows give, though the whole is never in memory."""
    recogniser, samples = one_way(is_quantised), read_audio(minute, 16000)
    whole = recogniser.log_probs([samples])[0]
    monkeypatch.setattr(listen, "STREAMED_SECONDS", 7.0)
    monkeypatch.setattr(listen, "read_audio", None)
    moves = []
    told = listen.Observers(heard=lambda *move: moves.append(move))
    (heard,) = listen.infer(recogniser, [utterance(minute)], 1, told)
    assert heard.seconds == pytest.approx(90, abs=0.01) and len(moves) > 10 and moves[-1][0] == moves[-1][1]
    n = min(len(whole), len(heard.log_probs))
    assert abs(len(heard.log_probs) - len(whole)) <= 1
    assert np.abs(heard.log_probs[: n - 1] - whole[: n - 1]).max() < (0.05 if is_quantised else 1e-3)


def test_a_long_recording_that_ends_badly_is_heard_or_named(minute, tmp_path, monkeypatch):
    monkeypatch.setattr(listen, "STREAMED_SECONDS", 7.0)
    cut, broken = tmp_path / "cut.wav", tmp_path / "broken.flac"
    write_audio(cut, np.random.default_rng(1).normal(0, 0.1, 20 * 16000), 16000)
    cut.write_bytes(cut.read_bytes()[:400_000])
    broken.write_bytes(minute.read_bytes()[: minute.stat().st_size // 2])
    warned = []
    told = listen.Observers(warn=warned.append)
    found = list(listen.infer(one_way(False), [utterance(cut), utterance(broken), utterance(minute)], 1, told))
    assert found[0].seconds == pytest.approx(12.5, abs=0.1) and any("cut" in line for line in warned)
    assert found[1].log_probs is not None or "broken.flac" in found[1].problem
    assert found[2].log_probs is not None
