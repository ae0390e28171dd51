"""Words out of any units: the search equals going through every spelling and every path."""

import math
import sys
from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "language"))
from arpa_models import random_tables  # noqa: E402
from small_searches import Definition, as_model, random_log_probs, ways  # noqa: E402

from ds2cli.decoding.beam import BeamDecoder  # noqa: E402
from ds2cli.decoding.greedy import greedy_decode  # noqa: E402
from ds2cli.decoding.settings import DecodingConfig  # noqa: E402
from ds2cli.errors import LanguageModelError, UsageError  # noqa: E402
from ds2cli.text.lexicon import build_lexicon  # noqa: E402
from ds2cli.text.units import Units  # noqa: E402

EVERYTHING = DecodingConfig(beam=50_000, score_threshold=0.0)
PHONES = Units(("<blank>", "p", "q", "r"), separator=" ")
# Two ways to say one, as many words for "p" and "p q"; words within words, the same phone at ends and beginnings.
SAID = [("one", 0.75, "p q"), ("one", 0.25, "q q"), ("two", 1, "p"), ("too", 1, "p"), ("won", 1, "p q"),
        ("four", 1, "r p"), ("five", 0.5, "r"), ("five", 0.5, "r p q")]
LEXICON = build_lexicon([(word, probability, phones.split()) for word, probability, phones in SAID], PHONES)
WORDS = ["one", "two", "too", "won", "four", "five"]


def spoken_texts(log_probs: np.ndarray) -> dict[str, float]:
    """p of every sequence of words: all its spellings with their weights, all their paths."""
    heard, texts = ways(log_probs), defaultdict(float)
    spellings = [(word, probability, tuple(PHONES.encode(phones))) for word, probability, phones in SAID]
    for length in range(len(log_probs) + 1):
        for chosen in product(spellings, repeat=length):
            units = tuple(unit for _, _, spelling in chosen for unit in spelling)
            if units in heard:
                texts[" ".join(word for word, _, _ in chosen)] += heard[units] * math.prod(p for _, p, _ in chosen)
    return texts


weights = {"alpha": st.floats(0, 2), "beta": st.floats(-2, 3), "lm_lookahead": st.floats(0, 1.5),
           "lexicon": st.sampled_from(["soft", "hard", "none"])}


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 5), order=st.integers(1, 3), known=st.integers(1, 6),
       **weights)
def test_phones_speak_the_words_of_a_lexicon(seed, frames, order, known, **chosen):
    tables, log_probs = random_tables(WORDS[:known], order, seed), random_log_probs(frames, 4, seed)
    config = replace(EVERYTHING, oov_penalty=-2.0, oov_letter=0.0, **chosen)
    decoder = BeamDecoder(PHONES, config, as_model(tables), lexicon=LEXICON)
    definition = Definition(decoder, tables)
    expected = {text: (math.log(p), math.log(p) + definition.ending_of(text.split()))
                for text, p in spoken_texts(log_probs).items()}
    found = {one.text: (one.acoustic, one.total) for one in decoder.decode(log_probs, n_best=100_000)}
    assert found.keys() == expected.keys()
    for text, scores in expected.items():
        assert found[text] == pytest.approx(scores, abs=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_homophones_are_told_apart_by_the_language_model(seed):
    clear = np.full((4, 4), 0.01, np.float32)
    for t, unit in enumerate([1, 0, 3, 1]):  # p _ r p
        clear[t, unit] = 0.97
    model = as_model(random_tables(WORDS, 2, seed))
    decoder = BeamDecoder(PHONES, replace(EVERYTHING, alpha=1.0), model, lexicon=LEXICON)
    found = [one for one in decoder.decode(np.log(clear), n_best=100) if one.text in ("two four", "too four")]
    assert [one.text for one in found] == sorted(("two four", "too four"), key=lambda text: -model.score(text).sum())
    first, second = found[0].words(0.04)
    assert (first.start, first.end, second.start, second.end) == pytest.approx((0, 0.04, 0.08, 0.16))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 60), max_size=8), st.sampled_from([10, 200, 1 << 20]))
def test_spoken_words_too_are_the_same_in_any_pieces(seed, cuts, collect):
    model = as_model(random_tables(WORDS, 3, seed))
    decoder = BeamDecoder(PHONES, replace(EVERYTHING, beam=20), model, lexicon=LEXICON)
    log_probs = random_log_probs(60, 4, seed)
    whole = decoder.decode(log_probs, n_best=20)
    search = decoder.start(collect_after=collect)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 60], strict=True):
        search.feed(log_probs[start:end])
        search.finish(1)
    for mine, theirs in zip(search.finish(20), whole, strict=True):
        assert (mine.text, mine.total) == (theirs.text, theirs.total)
        assert (mine.acoustic, mine.lm) == (theirs.acoustic, theirs.lm)
        np.testing.assert_array_equal(mine.starts, theirs.starts)


BIGRAMS = Units(("<blank>", " ", "t", "h", "e", "th", "he"))
PIECES = Units(("<blank>", "▁", "t", "h", "e", "▁t", "▁th", "he"))
SPACED = Units(("<blank>", " the", "t", "h", "e", " t", " he"))
SPELLED = ["the", "he", "t", "eth", "hethe"]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 5), units=st.sampled_from([BIGRAMS, PIECES, SPACED]),
       with_model=st.booleans(), letter=st.floats(-2, 0), **weights)
def test_a_text_is_one_hypothesis_however_its_units_cut_it(seed, frames, units, with_model, letter, **chosen):
    tables = random_tables(SPELLED, 2, seed) if with_model or chosen["lexicon"] == "hard" else None
    log_probs = random_log_probs(frames, len(units), seed)
    config = replace(EVERYTHING, oov_letter=letter, **chosen)
    decoder = BeamDecoder(units, config, as_model(tables) if tables else None)
    definition, expected = Definition(decoder, tables), defaultdict(float)
    for way, score in ways(log_probs).items():
        expected[units.text(way)] += score
    expected = {text: (math.log(p), math.log(p) + definition.ending_of(text.split())) for text, p in expected.items()}
    expected = {text: scores for text, scores in expected.items() if scores[1] > -math.inf}
    found = decoder.decode(log_probs, n_best=100_000)
    assert len(found) == len(expected)
    for one in found:
        assert (one.acoustic, one.total) == pytest.approx(expected[one.text], abs=1e-4)
        assert [word for word, _ in one.spoken] == one.text.split()


@pytest.mark.parametrize("units", [BIGRAMS, PIECES, SPACED])
def test_greedy_words_are_those_of_the_text_in_any_units(units):
    for seed in range(30):
        best = greedy_decode(random_log_probs(12, len(units), seed), units)
        assert [word for word, _ in best.spoken] == best.text.split()


def test_letters_of_single_words_are_a_lexicon_of_their_own():
    units = Units(("<blank>", *"efhinorstuvwxz"))
    clear = np.full((4, len(units)), 0.02, np.float32)
    for t, letter in enumerate("fivx"):
        clear[t, units.encode(letter)[0]] = 0.7
    digits = as_model(random_tables(["zero", "one", "two", "three", "four", "five", "six", "seven"], 2, 1))
    decoder = BeamDecoder(units, replace(EVERYTHING, lexicon="hard", alpha=0.1, beta=-3.0), digits)
    assert decoder.decode(np.log(clear / clear.sum(1, keepdims=True)))[0].text == "five"


@pytest.mark.parametrize(("units", "words", "says"), [
    (PHONES, list("pxyzuv"), "it knows 1 of 3 units"),
    (Units(("<blank>", "日", "本", "語")), ["日本", "日本語", "本語"], "it knows 0 of 3 units"),
    (BIGRAMS, ["THE", "HE", "e"], "1 of 3 words can be said"),
])
def test_how_much_of_a_model_can_be_said_is_a_share_and_too_little_is_refused(units, words, says):
    model = as_model(random_tables(words, 2, 0))
    try:
        coverage = BeamDecoder(units, EVERYTHING, model).tokens.coverage
        assert units == BIGRAMS and not coverage.is_enough and "lower case" in coverage.cure
        assert says in str(coverage)
    except LanguageModelError as problem:
        assert units != BIGRAMS and says in str(problem) and "--units" in problem.hint


def test_a_unit_with_a_space_at_its_end_is_refused_by_name():
    with pytest.raises(UsageError, match="the unit `cat ` has a space"):
        BeamDecoder(Units(("<blank>", " ", "cat ")), EVERYTHING)
