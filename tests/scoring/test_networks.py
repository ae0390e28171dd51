"""Transcripts with choices against every way through them, one by one."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.scoring.corpus import counts_of_path, side_of
from ds2cli.scoring.edits.alignment import align_tokens
from ds2cli.scoring.edits.networks import Alternation, Marks, align_networks, network, parse

words = st.sampled_from("abc")
plain = st.lists(words, max_size=3).map(" ".join)
ways = st.lists(st.one_of(st.just("@"), st.lists(words, min_size=1, max_size=2).map(" ".join)), min_size=1, max_size=3)
choice = ways.map(lambda some: "{ " + " / ".join(some) + " }")
transcripts = st.lists(st.one_of(plain, choice), max_size=3).map(" ".join)


def every_way(items) -> list[list[str]]:
    """All word sequences that a parsed transcript allows."""
    parts = []
    for item in items:
        if isinstance(item, Alternation):
            parts.append([way for option in item.ways for way in every_way(option)])
        else:
            parts.append([[] if item.text == "@" else [item.text]])
    return [sum(chosen, []) for chosen in product(*parts)]


def weight(counts) -> int:
    return 4 * counts[1] + 3 * (counts[2] + counts[3])


@settings(max_examples=150)
@given(transcripts, transcripts)
def test_no_way_through_is_cheaper_than_the_one_that_is_chosen(reference, hypothesis):
    said, understood = parse(reference, Marks()), parse(hypothesis, Marks())
    path = align_networks(network(said), network(understood))
    sides = list(product(every_way(said), every_way(understood)))
    best = min(weight(counts_of_path(path)) for path in align_tokens([a for a, _ in sides], [b for _, b in sides]))
    assert weight(counts_of_path(path)) == best
    assert side_of(path, 1).split() in every_way(said)
    assert side_of(path, 2).split() in every_way(understood)


@given(plain, plain)
def test_without_choices_a_network_aligns_as_plain_words_do(reference, hypothesis):
    path = align_networks(network(parse(reference, Marks())), network(parse(hypothesis, Marks())))
    assert path == align_tokens([reference.split()], [hypothesis.split()])[0]


@pytest.mark.parametrize(("reference", "hypothesis", "counts"), [
    ("b (c) d", "b d", [3, 0, 0, 0]),
    ("b (c) d", "b c d", [3, 0, 0, 0]),
    ("b (c) d", "b x d", [2, 1, 0, 0]),
    ("b d", "b (c) d", [3, 0, 0, 0]),
    ("fi- x", "fish x", [2, 0, 0, 0]),
    ("-sh x", "fish x", [2, 0, 0, 0]),
    ("fi- x", "dish x", [1, 1, 0, 0]),
    ("- x", "fish x", [1, 1, 0, 0]),
])
def test_optional_words_and_fragments_on_request(reference, hypothesis, counts):
    marks = Marks(optional=True, fragments=True)
    path = align_networks(network(parse(reference, marks)), network(parse(hypothesis, marks)))
    assert counts_of_path(path) == counts


@pytest.mark.parametrize(("text", "found"), [
    ("and/or", ["and/or"]), ("word* a*", ["word", "a"]), ("* x", ["*", "x"]), ("b;tag c\\;d", ["b", "c;d"]),
    ("; a", ["", "a"]), ("* ** a**", ["*", "*", "a*"]), ("x } a", ["x", "}", "a"]), ("a\\b \\(c\\)", ["ab", "(c)"]),
    ("a\tb\x0bc\x0cd\re", ["a", "b", "c", "d", "e"]),
])
def test_words_lose_their_tags_and_stars(text, found):
    assert [word.text for word in parse(text, Marks())] == found


@pytest.mark.parametrize("text", ["{ a", "{ a / }", "{ }", "{ { a } / b"])
def test_braces_that_do_not_match_or_hold_nothing_are_refused(text):
    with pytest.raises(ValueError, match="[`@]"):
        parse(text, Marks())
