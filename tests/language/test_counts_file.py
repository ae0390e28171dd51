"""Counts of a text's parts, put together, make the model of the whole, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.errors import Exit

LINES = ["the cat sat on the mat", "", "the dog sat", "a cat and a dog and a bird", "ein Hund", "the the the",
         "über allen Gipfeln ist Ruh", "the cat sat on the dog"]
TEXT = [f"{line} {LINES[(3 * n + 1) % len(LINES)]} w{n % 7}" for n, line in enumerate(LINES * 40)]


def parts_of(folder, lines: list[str], cuts: list[int]) -> list:
    edges, parts = [0, *sorted(cuts), len(lines)], []
    for number, (first, after) in enumerate(zip(edges, edges[1:], strict=False)):
        parts.append(folder / f"part{number}.txt")
        parts[-1].write_text("".join(f"{line}\n" for line in lines[first:after]))
    return parts


@pytest.mark.parametrize("flags", [
    ["--order", "3"], ["--order", "5", "--prune", "0 0 1", "--no-interpolate"], ["--order", "1"], ["--top", "9"],
    ["--order", "3", "--units", "--spaces"], ["--order", "3", "--memory", "1M"],
], ids=" ".join)  # fmt: skip
def test_parts_are_what_the_whole_is(run, tmp_path, flags):
    parts = parts_of(tmp_path, TEXT, [50, 51, 51, 200])
    whole, merged = tmp_path / "whole.arpa", tmp_path / "merged.arpa"
    assert run("lm", "build", *parts, "-o", whole, *flags).code == Exit.DONE
    tokens = [flag for flag in flags if flag in ("--units", "--spaces")]
    counts = [part.with_suffix(".counts") for part in parts]
    for part, counted in zip(parts, counts, strict=True):
        ran = run("lm", "count", part, "-o", counted, "--order", 5, *tokens)
        assert ran.code == Exit.DONE, ran.stderr
    ran = run("lm", "build", *counts, "-o", merged, *flags)
    assert ran.code == Exit.DONE, ran.stderr
    assert merged.read_bytes() == whole.read_bytes()
    assert run("lm", "build", *counts[::-1], "-o", merged, *flags).code == Exit.DONE
    assert sorted(merged.read_text().split()) == sorted(whole.read_text().split()) or "--top" in flags


@given(cuts=st.lists(st.integers(0, 40), max_size=4), rows=st.sampled_from([3, 50, 10_000]))
def test_any_parts_counted_with_any_room(tmp_path_factory, cuts, rows):
    from collections import Counter

    from ds2cli.language.estimate.counting import Vocabulary, count_text
    from ds2cli.language.estimate.counts_file import CountsFile, Tokenisation, merged_counts, write_counts
    from ds2cli.language.estimate.spill import SpillStore

    folder, lines = tmp_path_factory.mktemp("counts"), TEXT[:40]
    edges, files = [0, *sorted(cuts), 40], []
    with SpillStore(1 << 16) as store:
        for number, (first, after) in enumerate(zip(edges, edges[1:], strict=False)):
            blocks = [[*(word.encode() for word in line.split()), b"</s>"] for line in lines[first:after]]
            vocabulary = Vocabulary()
            runs = count_text(blocks, 3, vocabulary, store, rows)
            with open(folder / str(number), "wb") as file:
                write_counts(file, runs, vocabulary, Tokenisation())
            files.append(CountsFile(folder / str(number)))
        vocabulary, found = Vocabulary(), Counter()
        for counted in merged_counts(files, 2, vocabulary, store, rows).merged(len(vocabulary)):
            names = [[list(vocabulary)[word] for word in column] for column in counted.columns]
            found.update(dict(zip(zip(*names, strict=True), counted.counts.tolist(), strict=True)))
    padded = [[b"<s>", *(word.encode() for word in line.split()), b"</s>"] for line in lines]
    assert found == Counter((after, before) for line in padded for before, after in zip(line, line[1:], strict=False))
    assert list(vocabulary)[3:] == list(dict.fromkeys(word.encode() for line in lines for word in line.split()))


def test_what_does_not_fit_together_is_refused(run, tmp_path):
    (part,) = parts_of(tmp_path, TEXT, [])
    counts = tmp_path / "a.counts"
    assert run("lm", "count", part, "-o", counts, "--order", 2).code == Exit.DONE

    def refused(*arguments) -> str:
        ran = run("lm", *arguments)
        assert ran.code == Exit.USAGE and "hint: " in ran.stderr, ran.stderr
        return ran.stderr

    assert "fewer than 3" in refused("build", counts, "-o", tmp_path / "x.arpa")
    assert "other tokens" in refused("build", counts, "-o", tmp_path / "x.arpa", "--order", 2, "--units")
    assert "is a text" in refused("build", counts, part, "-o", tmp_path / "x.arpa", "--order", 2)
    assert "counts of counts" in refused("count", counts, "-o", tmp_path / "y.counts")
    whole = counts.read_bytes()
    for damaged in (whole[:-3], whole[: len(whole) // 2], whole.replace(b"\x01\x00\x00\x00", b"\x02\x00\x00\x00", 1)):
        counts.write_bytes(damaged)
        assert "cut short or damaged" in refused("build", counts, "-o", tmp_path / "x.arpa", "--order", 2)
    assert not (tmp_path / "x.arpa").exists()
