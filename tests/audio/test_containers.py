"""A file that lacks its last bytes is told from a whole one, for every container that says how long it is."""

import numpy as np
import pytest
import soundfile

from ds2cli.audio.containers import is_cut_short

RATE = 16000
NOISE = np.random.default_rng(0).normal(0, 0.1, 2 * RATE)


def sphere(samples: np.ndarray, *more: str) -> bytes:
    fields = f"sample_count -i {len(samples)}", "channel_count -i 1", "sample_n_bytes -i 2", f"sample_rate -i {RATE}"
    header = "\n".join(["NIST_1A", "   1024", *fields, *more, "end_head", ""]).encode().ljust(1024)
    return header + (samples * 32767).astype("<i2").tobytes()


@pytest.fixture(params=["wav", "rf64", "aiff", "ogg", "opus", "sph"])
def whole(request, tmp_path):
    path = tmp_path / f"whole.{request.param}"
    if request.param == "sph":
        path.write_bytes(sphere(NOISE))
    else:
        form = {"opus": ("OGG", "OPUS"), "rf64": ("WAV", None)}.get(request.param, (request.param.upper(), None))
        soundfile.write(path, NOISE, RATE, format=form[0], subtype=form[1])
    return path


def test_whole_files_are_whole(whole):
    assert not is_cut_short(whole)


@pytest.mark.parametrize("missing", [2, 1000, 0.1, 0.5, 0.9])
def test_files_without_their_end_are_cut(whole, missing):
    data = whole.read_bytes()
    whole.write_bytes(data[: -missing if isinstance(missing, int) else int(len(data) * (1 - missing))])
    assert is_cut_short(whole)


def test_every_recording_of_an4_is_whole(an4):
    assert not [path for path in (an4 / "wav").rglob("*.opus") if is_cut_short(path)]


def test_a_wav_from_a_pipe_which_never_knew_its_size_is_not_cut(tmp_path):
    path = tmp_path / "piped.wav"
    soundfile.write(path, NOISE, RATE)
    data = path.read_bytes()
    for unknown in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff\xff\xff\x7f"):
        path.write_bytes(data[:4] + unknown + data[8:])
        assert not is_cut_short(path)


def test_containers_that_do_not_say_are_not_accused(tmp_path):
    for name, data in (("a.raw", b"\1\2" * 800), ("empty.wav", b""), ("a.mp3", b"ID3" + bytes(100))):
        (tmp_path / name).write_bytes(data)
        assert not is_cut_short(tmp_path / name)
    (tmp_path / "short.sph").write_bytes(sphere(NOISE, "sample_coding -s26 pcm,embedded-shorten-v2.00")[:5000])
    assert not is_cut_short(tmp_path / "short.sph"), "compressed: the header tells no bytes"
