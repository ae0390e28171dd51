"""A recording in a tar file is the recording, wherever in the tar file it lies and whatever reads it."""

import tarfile

import numpy as np
import pytest

from ds2cli.audio.files import read_audio, read_info, write_audio
from ds2cli.audio.layout import is_cut_short
from ds2cli.audio.tar_members import member_of, members
from ds2cli.errors import AudioError

RATE = 16000
KINDS = ("wav", "flac", "ogg", "opus", "mp3", "aiff")


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, 12_345 + seed).astype(np.float32)


@pytest.fixture(params=["ustar", "gnu", "pax"])
def tar(request, tmp_path):
    """A tar file of every kind of recording, between other files, with long and foreign names."""
    kinds = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
    path = tmp_path / "000000.tar"
    with tarfile.open(path, "w", format=kinds[request.param]) as archive:
        for number, kind in enumerate(KINDS):
            write_audio(tmp_path / f"{number}.{kind}", noise(number), RATE)
            archive.add(tmp_path / f"{number}.{kind}", f"{'deep/' * 30}{number}.{kind}")
            archive.add(tmp_path / f"{number}.{kind}", f"ü#+/{number}.{kind}")
            archive.add(tmp_path / f"{number}.{kind}", f"{number}.{kind}")
    return path


def test_every_member_reads_as_the_file_it_was(tar):
    found = list(members(tar))
    assert len(found) == 3 * len(KINDS)
    for member in found:
        file = tar.with_name(member.name.rpartition("/")[2])
        assert (member.address.name, member_of(member.address).size) == (file.name, file.stat().st_size)
        assert read_info(member.address) == read_info(file)
        assert np.array_equal(read_audio(member.address, RATE), read_audio(file, RATE))
        assert np.array_equal(read_audio(member.address, 8000, 0.2, 0.3), read_audio(file, 8000, 0.2, 0.3))
        assert is_cut_short(member.address) == is_cut_short(file)


def test_a_tar_file_that_was_written_again_is_not_taken_for_the_old_one(tar):
    addresses = [member.address for member in members(tar)]
    with tarfile.open(tar, "w") as archive:
        for kind in KINDS[::-1]:
            archive.add(next(tar.parent.glob(f"*.{kind}")), f"other.{kind}")
    for address in addresses:
        with pytest.raises(AudioError, match="000000.tar` holds no `") as problem:
            read_audio(address, RATE)
        assert problem.value.hint.endswith(f"ds2 prepare corpus shards {tar.parent}")


def test_a_tar_file_that_is_gone_or_cut_is_an_error_that_names_it(tar):
    *_, last = (member.address for member in members(tar))
    tar.write_bytes(tar.read_bytes()[: member_of(last).start + 10])
    with pytest.raises(AudioError, match="holds no"):
        read_info(last)
    tar.unlink()
    with pytest.raises(AudioError, match="cannot read `.*000000.tar`: No such file"):
        read_audio(last, RATE)


@pytest.mark.parametrize(
    "path", ["a.wav", "a.tar", "a.tar#1+2", "a.tar#512+x/b.wav", "b#512+2/a.wav", "a.tar#3+4/b.wav"]
)
def test_other_paths_are_paths(path):
    assert member_of(path) is None
