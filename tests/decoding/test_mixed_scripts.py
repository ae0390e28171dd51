"""Chinese and English in one text: each Chinese character is a word, Latin words stay words, in every search."""

import math
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "language"))
from arpa_models import random_tables  # noqa: E402
from small_searches import Definition, as_model, random_log_probs, ways  # noqa: E402
from test_transducer_beam import head_of, probabilities, random_frames  # noqa: E402

from ds2cli.decoding.beam import BeamDecoder  # noqa: E402
from ds2cli.decoding.greedy import greedy_decode  # noqa: E402
from ds2cli.decoding.settings import DecodingConfig  # noqa: E402
from ds2cli.decoding.transducer import TransducerDecoder, kernel_network  # noqa: E402
from ds2cli.text.scripts import split_words  # noqa: E402
from ds2cli.text.units import Units  # noqa: E402

EVERYTHING = DecodingConfig(beam=50_000, score_threshold=0.0)
MIXED = Units(("<blank>", " ", "a", "b", "我", "开"))
WORDS = ["我", "a", "ba", "bab", "开"]

weights = {"alpha": st.floats(0, 2), "beta": st.floats(-2, 3), "lm_lookahead": st.floats(0, 1.5),
           "lexicon": st.sampled_from(["soft", "hard", "none"])}


def test_spaces_beside_chinese_are_none_and_those_of_latin_words_stay():
    units = Units(("<blank>", " ", *"adeginot", "我", "打", "开", "吧"))
    assert units.text(units.encode("打开 note  dog 吧")) == "打开note dog吧"
    assert units.encode("打 开note dog吧") == units.encode("打开 note dog 吧")
    indices = units.encode("打开note dog吧")
    words = [units.text(indices[span]) for span in units.word_spans(indices)]
    assert words == ["打", "开", "note", "dog", "吧"] == split_words("打开note dog吧")
    assert units.unknown("打 x y 开") == ["x", "y"] and units.rate_name == "WER"
    assert Units(("<blank>", " ", "a", *"我打开吧")).rate_name == "CER"


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 5), with_model=st.booleans(), known=st.integers(2, 5),
       letter=st.floats(-2, 0), **weights)
def test_the_beam_finds_every_text_with_all_its_paths(seed, frames, with_model, known, letter, **chosen):
    tables = random_tables(WORDS[:known], 2, seed) if with_model or chosen["lexicon"] == "hard" else None
    log_probs = random_log_probs(frames, len(MIXED), seed)
    decoder = BeamDecoder(MIXED, replace(EVERYTHING, oov_letter=letter, **chosen), as_model(tables) if tables else None)
    definition, expected = Definition(decoder, tables), defaultdict(float)
    for way, score in ways(log_probs).items():
        expected[MIXED.text(way)] += score
    expected = {text: (math.log(p), math.log(p) + definition.ending_of(split_words(text)))
                for text, p in expected.items()}
    expected = {text: scores for text, scores in expected.items() if scores[1] > -math.inf}
    found = decoder.decode(log_probs, n_best=100_000)
    assert len(found) == len(expected)
    for one in found:
        assert (one.acoustic, one.total) == pytest.approx(expected[one.text], abs=1e-4)
        assert [word for word, _ in one.spoken] == split_words(one.text)
        assert [MIXED.text(one.units[span]) for _, span in one.spoken] == split_words(one.text)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), search=st.sampled_from(["time", "best"]), **weights)
def test_a_transducer_finds_them_too(seed, search, **chosen):
    head, frames_of, cap = head_of("lstm", len(MIXED), seed % 7), 1, 3
    frames, tables = random_frames(head, frames_of, seed), random_tables(WORDS, 2, seed)
    config = replace(EVERYTHING, search=search, max_labels=cap, oov_letter=-0.5, **chosen)
    decoder = TransducerDecoder(kernel_network(head), MIXED, config, as_model(tables))
    definition = Definition(decoder, tables)
    sums: dict[str, float] = defaultdict(lambda: -math.inf)
    for labels, score in probabilities(head, frames, frames_of * cap, cap).items():
        text = MIXED.text(labels)
        sums[text] = np.logaddexp(sums[text], score)
    expected = {text: score + definition.ending_of(split_words(text)) for text, score in sums.items()}
    expected = {text: total for text, total in expected.items() if total > -math.inf}
    found = decoder.decode(frames, 1_000_000)
    assert {one.text for one in found} == set(expected)
    for one in found:
        assert one.total == pytest.approx(expected[one.text], abs=2e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 60), max_size=8), st.sampled_from([10, 200, 1 << 20]))
def test_in_pieces_the_same_is_said(seed, cuts, collect):
    decoder = BeamDecoder(MIXED, replace(EVERYTHING, beam=20), as_model(random_tables(WORDS, 3, seed)))
    log_probs = random_log_probs(60, len(MIXED), seed)
    whole = decoder.decode(log_probs, n_best=20)
    search = decoder.start(collect_after=collect)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 60], strict=True):
        search.feed(log_probs[start:end])
        search.finish(1)
    for mine, theirs in zip(search.finish(20), whole, strict=True):
        assert (mine.text, mine.total) == (theirs.text, theirs.total)


def test_hot_words_of_several_characters_are_phrases():
    model, log_probs = as_model(random_tables(WORDS, 2, 1)), random_log_probs(5, len(MIXED), 2)
    plain = {one.text: one.total for one in BeamDecoder(MIXED, EVERYTHING, model).decode(log_probs, 100_000)}
    hot = BeamDecoder(MIXED, replace(EVERYTHING, hot_words={"我开": 3.0, "a": 0.0}), model)
    assert [len(tokens) for tokens in hot.tokens.phrases.values()] == [2, 1]
    for one in hot.decode(log_probs, 100_000):
        said = "".join(word for word, _ in one.spoken)
        assert one.total - plain[one.text] == pytest.approx(3.0 * said.count("我开"), abs=1e-4)


def test_greedy_words_have_their_times():
    for seed in range(30):
        best = greedy_decode(random_log_probs(12, len(MIXED), seed), MIXED)
        assert [word for word, _ in best.spoken] == split_words(best.text)
        times = [(word.start, word.end) for word in best.words(0.04)]
        assert times == sorted(times)
