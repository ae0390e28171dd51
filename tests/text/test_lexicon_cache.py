"""A large lexicon is parsed once: what is kept is the same, follows the file, and may be damaged or forbidden."""

import os

import numpy as np
import pytest

from ds2cli.io.cache import cache_folder
from ds2cli.text import lexicon as lexicons
from ds2cli.text.lexicon import read_lexicon
from ds2cli.text.units import Units

UNITS = Units(["<blank>", "aa", "b", "k"], separator=" ")


@pytest.fixture
def large(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(lexicons, "KEPT_FROM", 1)
    path = tmp_path / "lexicon.txt"
    path.write_text("back 0.75 b aa k\nback 0.25 b k\ncab 1.0 k aa b\nzebra 1.0 z b\nÿaa 1 aa\n", encoding="utf-8")
    return path


def is_parsed(path, units=UNITS):
    """The lexicon, and whether its lines were read."""
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexicons, "_read", lambda name, read=lexicons._read: asked.append(name) or read(name))
        return read_lexicon(path, units), bool(asked)


def assert_same(one, other):
    for name in lexicons.ARRAYS:
        assert np.array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype
    assert (one.words, one.left_out, one.path) == (other.words, other.left_out, other.path)


def test_the_second_reading_is_the_first(large):
    first, was_parsed = is_parsed(large)
    assert was_parsed and first.words == ["back", "cab", "ÿaa"] and first.left_out == {"z": 1}
    again, was_parsed = is_parsed(large)
    assert not was_parsed
    assert_same(again, first)
    assert again.spellings("back") == [[2, 1, 3], [2, 3]]


def test_a_changed_file_is_parsed_and_replaces_what_was_kept(large):
    is_parsed(large)
    large.write_text("cab k aa b\n")
    os.utime(large, ns=(1, 1))
    changed, was_parsed = is_parsed(large)
    assert was_parsed and changed.words == ["cab"]
    assert len(list(cache_folder().iterdir())) == 1


def test_other_units_have_their_own(large):
    is_parsed(large)
    others = Units(["<blank>", "aa", "b", "k", "z"], separator=" ")
    with_z, was_parsed = is_parsed(large, others)
    assert was_parsed and "zebra" in with_z
    assert not is_parsed(large)[1] and not is_parsed(large, others)[1]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"not a zip file at all"])
def test_what_is_damaged_is_made_again(large, content):
    first, _ = is_parsed(large)
    (kept,) = cache_folder().iterdir()
    kept.write_bytes(content)
    again, was_parsed = is_parsed(large)
    assert was_parsed
    assert_same(again, first)
    assert not is_parsed(large)[1]


def test_without_a_place_to_keep_it(large, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder would be")
    assert is_parsed(large)[1] and is_parsed(large)[1]


def test_small_ones_are_not_kept(large, monkeypatch):
    monkeypatch.setattr(lexicons, "KEPT_FROM", 1 << 18)
    assert is_parsed(large)[1] and is_parsed(large)[1]
    assert not cache_folder().exists()
