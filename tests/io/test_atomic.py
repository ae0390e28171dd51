"""A file is there whole, or as it was before."""

import errno
import os

import pytest

from ds2cli.errors import Ds2Error, Exit, UsageError
from ds2cli.io.atomic import atomic_text, atomic_write, forget_unfinished, make_folder, must_be_writable


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    return path


def test_the_new_file_takes_the_old_ones_place(old):
    with atomic_write(old) as place:
        place.write_text("new")
        assert old.read_text() == "old"
    assert old.read_text() == "new" and os.listdir(old.parent) == ["out.txt"]


@pytest.mark.parametrize("ending", [ValueError, KeyboardInterrupt, BrokenPipeError])
def test_what_fails_or_is_interrupted_leaves_the_old_file_and_nothing_else(old, ending):
    with pytest.raises(ending), atomic_write(old) as place:
        place.write_text("half")
        raise ending
    assert old.read_text() == "old" and os.listdir(old.parent) == ["out.txt"]


def test_a_full_disk_is_named_and_leaves_the_old_file(old):
    with pytest.raises(Ds2Error, match="cannot write `.*out.txt`: No space") as caught, atomic_write(old) as place:
        place.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.hint == f"is there room? df -h {old.parent}" and caught.value.code == Exit.FAILED
    assert old.read_text() == "old" and os.listdir(old.parent) == ["out.txt"]


def test_a_folder_that_is_not_there_is_asked_for(tmp_path):
    with pytest.raises(UsageError, match="cannot write") as caught, atomic_write(tmp_path / "a" / "b"):
        pytest.fail("nothing to write to")
    assert caught.value.hint == f"make its folder with: mkdir -p {tmp_path / 'a'}"


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UsageError, match="it is a folder"), atomic_write(tmp_path):
        pytest.fail("nothing to write to")


def test_a_link_keeps_pointing_where_it_points(old, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(old)
    with atomic_write(link) as place:
        place.write_text("new")
    assert link.is_symlink() and old.read_text() == "new"


def test_a_pipe_or_device_is_written_as_it_is(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with atomic_write(pipe) as place:
        assert place == pipe
    assert pipe.is_fifo()


def test_what_a_killed_process_left_is_forgotten_and_nothing_else(tmp_path):
    for name in (".curve.svg.4711", ".hidden", ".a.part", "curve.svg.4711", "last.safetensors"):
        (tmp_path / name).write_text("x")
    (tmp_path / ".folder.12").mkdir()
    forget_unfinished(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".hidden", ".a.part", "curve.svg.4711", "last.safetensors", ".folder.12"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_keeps_its_permissions_whoever_wrote_the_new_one(old, mode):
    old.chmod(mode)
    with atomic_write(old) as place:
        place.unlink()
        place.write_text("new")
        place.chmod(0o600)
    assert old.stat().st_mode & 0o777 == mode


def test_a_new_file_has_the_permissions_of_new_files(tmp_path):
    (tmp_path / "plain").touch()
    with atomic_write(tmp_path / "new") as place:
        place.write_text("new")
        place.chmod(0o600)
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("problem, hint", [(errno.EROFS, "is mounted read-only"), (errno.EACCES, "may you write there"),
                                           (errno.ENOENT, "mkdir -p")])
def test_what_cannot_be_begun_is_asked_wrongly(old, monkeypatch, problem, hint):
    def fail(*_, **__):
        raise OSError(problem, os.strerror(problem))

    monkeypatch.setattr("pathlib.Path.touch", fail)
    monkeypatch.setattr("pathlib.Path.unlink", fail)
    with pytest.raises(UsageError, match="cannot write `.*out.txt`") as caught, atomic_write(old):
        pytest.fail("nothing to write to")
    assert hint in caught.value.hint and caught.value.code == Exit.USAGE


def test_the_first_failure_is_told_even_where_cleaning_up_fails_too(old, monkeypatch):
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: os.stat("/nowhere"))
    with pytest.raises(Ds2Error, match="No space"), atomic_write(old):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path):
    with atomic_text(tmp_path / ("é" * 127)) as stream:
        stream.write("new")
    assert (tmp_path / ("é" * 127)).read_text() == "new"


def test_what_utf8_cannot_hold_is_written_as_an_escape(tmp_path):
    with atomic_text(tmp_path / "a") as stream:
        stream.write("\udce9\r\n")
    assert (tmp_path / "a").read_bytes() == b"\\udce9\r\n"


@pytest.mark.parametrize("name", ["a/b/c", "."])
def test_a_folder_is_made_with_those_above_it(tmp_path, name):
    assert make_folder(tmp_path / name).is_dir()


def test_a_folder_cannot_be_made_where_a_file_is(old):
    for path in (old, old / "inside"):
        with pytest.raises(UsageError, match="cannot make the folder"):
            make_folder(path)


def test_whether_a_file_could_be_written_is_known_before_the_work(old, tmp_path):
    must_be_writable(old)
    must_be_writable("/dev/null")
    for path, what in ((tmp_path / "a" / "b", "No such file"), (tmp_path, "it is a folder"), (old / "x", "Not a dir")):
        with pytest.raises(UsageError, match=what):
            must_be_writable(path)
