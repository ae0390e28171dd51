"""Ogg files that the same sound makes are the same bytes."""

import numpy as np
import pytest
import soundfile

from ds2cli.audio import ogg
from ds2cli.audio.files import encode_audio, read_samples

SOUND = np.random.default_rng(1).normal(0, 0.1, (50_000, 1)).astype(np.float32)


def pages(data: bytes):
    at = 0
    while at < len(data):
        yield data[at : at + ogg.page_size(data, at)]
        at += ogg.page_size(data, at)


@pytest.mark.parametrize("suffix", [".opus", ".ogg"])
def test_the_same_sound_gives_the_same_bytes_and_other_sound_another_serial(suffix, tmp_path):
    encoded = [encode_audio(sound, 16000, suffix) for sound in (SOUND, SOUND, SOUND[:-1])]
    assert encoded[0] == encoded[1] and encoded[0][14:18] != encoded[2][14:18]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(encoded[0])
    soundfile.write(tmp_path / f"b{suffix}", SOUND, 16000, format="OGG", subtype=("OPUS", "VORBIS")[suffix == ".ogg"])
    ours, theirs = (read_samples(str(one)) for one in (path, tmp_path / f"b{suffix}"))
    assert np.array_equal(ours[0], theirs[0])


def test_the_checksum_is_the_one_that_libogg_writes(tmp_path):
    soundfile.write(tmp_path / "a.ogg", SOUND, 16000, format="OGG", subtype="VORBIS")
    found = list(pages((tmp_path / "a.ogg").read_bytes()))
    assert len(found) > 3
    for page in found:
        written = int.from_bytes(page[22:26], "little")
        assert ogg.page_checksum(page[:22] + bytes(4) + page[26:]) == written
