"""Texts and records that lie elsewhere: the same lines, and errors that say what is wrong with them."""

import errno
import gzip
import lzma
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ds2cli.errors import UsageError
from ds2cli.io import remote
from ds2cli.io.atomic import atomic_write, make_folder, must_be_writable
from ds2cli.io.text import called, numbered_lines, read_text
from ds2cli.io.urls import folder_of, url_of
from ds2cli.records.manifest import read_manifest

LINES = "".join(f"line {number} of many, and an é\n" for number in range(30_000))  # more than a block


@pytest.mark.parametrize("url", ["s3://bucket/a/b.jsonl", "https://host:80/x.wav?key=a/b", "memory://m.txt",
                                 "file:///data/x.wav", "zip://in/m.jsonl::https://host/x.zip",
                                 "simplecache::s3://b/x.gz"])  # fmt: skip
def test_a_url_is_known_and_survives_being_a_path(url):
    assert url_of(url) == url_of(Path(url)) == url
    assert called(Path(url)) == f"`{url}`"


@pytest.mark.parametrize("path", ["a/b.jsonl", "/data/a:/b", "-", "C:/x", "12:30/x.wav", "a b://c", "talk.wav", "s3:x"])
def test_a_path_is_no_url(path):
    assert url_of(path) is None


def test_a_folder_may_look_like_a_url(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s3:").mkdir()
    Path("s3:/x.txt").write_text("here\n")
    assert url_of("s3:/x.txt") is None and read_text("s3:/x.txt") == "here\n"


@pytest.mark.parametrize(("source", "name", "expected"), [
    ("s3://b/d/m.jsonl", "a.wav", "s3://b/d/a.wav"),
    ("s3://b/d/e/m.jsonl", "../wav/a.wav", "s3://b/d/wav/a.wav"),
    ("s3://b/m.jsonl", "../../a.wav", "s3://b/a.wav"),
    ("s3://b/m.jsonl", "gs://c/a.wav", "gs://c/a.wav"),
    ("s3://b/m.jsonl", "/data/a.wav", "/data/a.wav"),
    ("https://h/d/m.jsonl?key=x/y", "./w/a.wav", "https://h/d/w/a.wav"),
    ("zip://m.jsonl::https://h/x.zip", "w/a.wav", "zip://w/a.wav::https://h/x.zip"),
    ("simplecache::s3://b/d/m.jsonl", "a.wav", "simplecache::s3://b/d/a.wav"),
])  # fmt: skip
def test_names_in_a_file_lead_from_where_it_lies(source, name, expected):
    assert folder_of(source) / name == folder_of(Path(source)) / name == expected


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_a_text_elsewhere_has_the_lines_of_one_here(web, pack):
    (web.folder / "text").write_bytes(pack(LINES.encode()))
    assert read_text(web.url("text")) == read_text(Path(web.url("text"))) == LINES


def test_a_text_in_memory_is_read_through_fsspec():
    import fsspec

    with fsspec.open("memory://ds2/text.txt", "w") as file:
        file.write("ab\ncd\n")
    assert [*numbered_lines("memory://ds2/text.txt")] == [(1, "ab"), (2, "cd")]


def test_records_elsewhere_name_recordings_elsewhere(web):
    (web.folder / "d").mkdir()
    (web.folder / "d" / "m.jsonl").write_text(
        '{"audio_filepath": "w/a.wav", "duration": 1, "text": "x"}\n'
        '{"audio_filepath": "s3://b/c.wav", "duration": 1, "text": "x"}\n'
    )
    first, second = read_manifest(web.url("d/m.jsonl"))
    assert first.audio == first.record["audio_filepath"] == web.url("d/w/a.wav") and first.id == "a"
    assert second.audio == "s3://b/c.wav"


def test_records_here_name_recordings_elsewhere(tmp_path):
    (tmp_path / "m.jsonl").write_text('{"audio_filepath": "s3://b/c.wav", "duration": 1, "text": "x"}\n')
    assert [one.audio for one in read_manifest(tmp_path / "m.jsonl")] == ["s3://b/c.wav"]


@pytest.mark.parametrize(("name", "words"), [
    ("none.txt", "no such file: `{url}`"),
    ("refused.txt", "cannot read `{url}`: access is refused"),
    ("cut.txt", "cannot read `{url}`: "),
])  # fmt: skip
def test_what_is_wrong_with_a_text_elsewhere_is_said(web, name, words):
    (web.folder / "cut.txt").write_text(LINES)
    with pytest.raises(UsageError) as wrong:
        read_text(web.url(name))
    assert words.format(url=web.url(name)) in str(wrong.value) and wrong.value.hint


def test_a_server_that_does_not_answer_is_no_missing_file():
    pytest.importorskip("aiohttp", reason="https:// needs aiohttp")
    with pytest.raises(UsageError, match=r"cannot read `http://127.0.0.1:9/x.txt`: .*[Cc]onnect"):
        read_text("http://127.0.0.1:9/x.txt")


def test_a_url_that_nobody_knows_is_said():
    with pytest.raises(UsageError, match="cannot read `nosuch://a/b`: Protocol not known: nosuch"):
        read_text("nosuch://a/b")


@pytest.mark.parametrize(("hidden", "url", "error", "hint"), [
    ("fsspec", "s3://b/m.jsonl", "`s3://b/m.jsonl` needs fsspec", "pip install 'ds2cli[cloud]'"),
    ("s3fs", "s3://b/m.jsonl", "cannot read `s3://b/m.jsonl`: Install s3fs to access S3", "pip install s3fs"),
    ("gcsfs", "gs://b/m.jsonl", "cannot read `gs://b/m.jsonl`: Please install gcsfs to access Google Storage",
     "pip install gcsfs"),
    ("aiohttp", "https://h/m.jsonl", "cannot read `https://h/m.jsonl`: HTTPFileSystem requires",
     "pip install 'ds2cli[cloud]'"),
])  # fmt: skip
def test_a_missing_package_is_named(hidden, url, error, hint):
    command = f"from ds2cli.cli import main; sys.exit(main(['score', {url!r}]))"
    code = f"import sys; sys.modules[{hidden!r}] = None; {command}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert ran.returncode == 2 and f"error: {error}" in ran.stderr and f"hint: {hint}\n" in ran.stderr


@pytest.mark.parametrize("write", [lambda place: atomic_write(place).__enter__(), must_be_writable, make_folder])
@pytest.mark.parametrize("kind", [str, Path])
def test_nothing_is_written_elsewhere(write, kind):
    with pytest.raises(UsageError, match="cannot write `s3://b/out.jsonl`") as wrong:
        write(kind("s3://b/out.jsonl"))
    assert wrong.value.hint == "write it here, then: aws s3 cp out.jsonl s3://b/out.jsonl"


def test_a_copy_is_fetched_once_and_again_when_it_has_changed(web):
    place = web.folder / "lm.bin"
    place.write_bytes(b"first")
    copy = remote.local_copy(web.url("lm.bin"))
    assert copy.read_bytes() == b"first" and copy.name == "lm.bin"
    assert remote.local_copy(Path(web.url("lm.bin"))) == copy
    remote.forget()  # as another process begins
    assert remote.local_copy(web.url("lm.bin")) == copy and web.asked["lm.bin"] == 1
    place.write_bytes(b"second")
    os.utime(place, (1, 1))
    remote.forget()
    assert remote.local_copy(web.url("lm.bin")).read_bytes() == b"second" and not copy.exists()


def test_a_copy_that_is_cut_short_is_none(web, tmp_path):
    (web.folder / "cut.bin").write_bytes(bytes(100_000))
    with pytest.raises(OSError) as wrong:
        remote.fetched(web.url("cut.bin"))
    assert wrong.value.errno == errno.EIO
    with pytest.raises(UsageError, match="cannot read `http://.*/cut.bin`: "):
        remote.local_copy(web.url("cut.bin"))
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.name != "lock"]


def test_a_path_here_is_its_own_copy(tmp_path):
    assert remote.local_copy(tmp_path / "x") == tmp_path / "x"


def test_recordings_are_held_while_there_is_room(web, monkeypatch):
    monkeypatch.setattr(remote, "HELD_BYTES", 250)
    for name in "abc":
        (web.folder / name).write_bytes(name.encode() * 100)
    for name in "aabbac":
        assert remote.read_whole(web.url(name)) == name.encode() * 100
    assert remote.read_whole(web.url("b")) and dict(web.asked) == {"a": 1, "b": 2, "c": 1}


def test_ds2_starts_without_fsspec():
    code = "import sys, ds2cli.cli; assert not {'fsspec', 'aiohttp'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=100).returncode == 0
