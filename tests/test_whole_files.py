"""A file is there whole, or as it was before."""

import errno
import os

import pytest

from ds2cli.errors import Ds2Error, Exit, UsageError
from ds2cli.whole_files import forget_unfinished, written_whole


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    return path


def test_the_new_file_takes_the_old_ones_place(old):
    with written_whole(old) as place:
        place.write_text("new")
        assert old.read_text() == "old"
    assert old.read_text() == "new" and os.listdir(old.parent) == ["out.txt"]


@pytest.mark.parametrize("ending", [ValueError, KeyboardInterrupt, BrokenPipeError])
def test_what_fails_or_is_interrupted_leaves_the_old_file_and_nothing_else(old, ending):
    with pytest.raises(ending), written_whole(old) as place:
        place.write_text("half")
        raise ending
    assert old.read_text() == "old" and os.listdir(old.parent) == ["out.txt"]


def test_a_full_disk_is_named_and_leaves_the_old_file(old):
    with pytest.raises(Ds2Error, match="cannot write `.*out.txt`: No space") as caught, written_whole(old) as place:
        place.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.hint == f"is there room? df -h {old.parent}" and caught.value.code == Exit.FAILED
    assert old.read_text() == "old" and os.listdir(old.parent) == ["out.txt"]


def test_a_folder_that_is_not_there_is_asked_for(tmp_path):
    with pytest.raises(UsageError, match="cannot write") as caught, written_whole(tmp_path / "a" / "b"):
        pytest.fail("nothing to write to")
    assert caught.value.hint == f"make its folder with: mkdir -p {tmp_path / 'a'}"


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UsageError, match="it is a folder"), written_whole(tmp_path):
        pytest.fail("nothing to write to")


def test_a_link_keeps_pointing_where_it_points(old, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(old)
    with written_whole(link) as place:
        place.write_text("new")
    assert link.is_symlink() and old.read_text() == "new"


def test_a_pipe_or_device_is_written_as_it_is(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with written_whole(pipe) as place:
        assert place == pipe
    assert pipe.is_fifo()


def test_what_a_killed_process_left_is_forgotten_and_nothing_else(tmp_path):
    for name in (".curve.svg.4711", ".hidden", ".a.part", "curve.svg.4711", "last.safetensors"):
        (tmp_path / name).write_text("x")
    (tmp_path / ".folder.12").mkdir()
    forget_unfinished(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".hidden", ".a.part", "curve.svg.4711", "last.safetensors", ".folder.12"}
