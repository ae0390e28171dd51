"""The beam search finds what going through every path finds, and the kernel equals the readable search."""

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
from small_searches import UNITS, WORDS, Definition, as_model, random_log_probs, spelled_texts, ways  # noqa: E402

from ds2cli.decoding.beam import BeamDecoder  # noqa: E402
from ds2cli.decoding.log_probs import lower_blank  # noqa: E402
from ds2cli.decoding.reference import beam_search  # noqa: E402
from ds2cli.decoding.settings import DecodingConfig, Settling  # noqa: E402
from ds2cli.errors import LanguageModelError, UsageError  # noqa: E402
from ds2cli.text.units import Units  # noqa: E402

EVERYTHING = DecodingConfig(beam=20_000, score_threshold=0.0, cutoff_prob=1.0, cutoff_top=0, recombine=False)


def agree_with_enumeration(decoder: BeamDecoder, definition: Definition, log_probs: np.ndarray) -> None:
    """Every hypothesis, its acoustic score and its total equal those of the definition over all paths."""
    texts = spelled_texts(log_probs, definition.space)
    expected = {text: (score, score + definition.ending(text)) for text, score in texts.items()}
    expected = {text: scores for text, scores in expected.items() if scores[1] > -math.inf}
    found = decoder.decode(log_probs, n_best=len(expected) + 10)
    assert len(found) == len(expected)
    for hypothesis in found:
        acoustic, total = expected[tuple(hypothesis.units.tolist())]
        assert hypothesis.acoustic == pytest.approx(acoustic, abs=1e-5)
        assert hypothesis.total == pytest.approx(total, abs=1e-5)
    assert tuple(found[0].units.tolist()) == max(expected, key=lambda text: expected[text][1])


weights = {
    "alpha": st.floats(0, 2), "beta": st.floats(-2, 3), "oov_penalty": st.floats(-8, 0), "oov_letter": st.floats(-3, 0),
    "lm_lookahead": st.floats(0, 1.5), "lexicon": st.sampled_from(["soft", "hard", "none"]),
}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 6), order=st.integers(1, 4), **weights)
def test_with_an_unlimited_beam_the_result_is_that_of_exhaustive_enumeration(seed, frames, order, **chosen):
    tables = random_tables(WORDS, order, seed)
    decoder = BeamDecoder(UNITS, replace(EVERYTHING, **chosen), as_model(tables))
    agree_with_enumeration(decoder, Definition(decoder, tables), random_log_probs(frames, 4, seed))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 6), penalty=st.floats(-3, 3))
def test_a_penalty_of_the_blank_is_a_search_in_other_log_probs(seed, frames, penalty):
    tables, log_probs = random_tables(WORDS, 2, seed), random_log_probs(frames, 4, seed)
    weights = np.exp(log_probs.astype(np.float64)) * [np.exp(-penalty), 1, 1, 1]
    lowered = np.log(weights / weights.sum(1, keepdims=True)).astype(np.float32)
    decoder = BeamDecoder(UNITS, replace(EVERYTHING, blank_penalty=penalty), as_model(tables))
    assert np.allclose(lower_blank(log_probs, penalty), lowered, atol=1e-5)
    plain = BeamDecoder(UNITS, EVERYTHING, as_model(tables))
    expected = {one.text: one.total for one in plain.decode(lowered, 10_000)}
    assert {one.text: one.total for one in decoder.decode(log_probs, 10_000)} == pytest.approx(expected, abs=1e-4)


def test_a_certain_blank_stays_certain_under_any_penalty():
    certain = np.array([[1e-3, -80, -90, -np.inf]], np.float32)
    lowered = lower_blank(certain, 10)
    assert lowered[0, 0] == pytest.approx(0, abs=2e-3) and not np.isnan(lowered).any()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 7), beta=st.floats(-2, 2))
def test_without_a_model_too(seed, frames, beta):
    decoder = BeamDecoder(UNITS, replace(EVERYTHING, beta=beta))
    agree_with_enumeration(decoder, Definition(decoder, None), random_log_probs(frames, 4, seed))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 6), alpha=st.floats(0, 2), beta=st.floats(-2, 2))
def test_a_model_of_characters_scores_every_unit(seed, frames, alpha, beta):
    tables = random_tables(["<space>", "a", "b"], 3, seed)
    decoder = BeamDecoder(UNITS, replace(EVERYTHING, alpha=alpha, beta=beta), as_model(tables))
    assert not decoder.tokens.has_words
    definition = Definition(decoder, random_tables([" ", "a", "b"], 3, seed))
    log_probs = random_log_probs(frames, 4, seed)
    expected = defaultdict(float)  # a text counts once, however many spaces it is spelled with
    for units, score in ways(log_probs).items():
        expected[UNITS.text(units)] += score * math.exp(definition.ending(units))
    found = {one.text: one.total for one in decoder.decode(log_probs, n_best=10_000)}
    assert found == pytest.approx({text: math.log(total) for text, total in expected.items()}, abs=1e-5)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), boost=st.floats(0.5, 6))
def test_hot_words_earn_their_boost_once_each_and_need_no_model(seed, boost):
    tables = random_tables(WORDS, 2, seed) if seed % 2 else None
    config = replace(EVERYTHING, hot_words={"ba": boost, "aab": boost}, oov_penalty=-3.0)
    decoder = BeamDecoder(UNITS, config, as_model(tables) if tables else None)
    agree_with_enumeration(decoder, Definition(decoder, tables), random_log_probs(6, 4, seed))


PHRASES = st.dictionaries(st.sampled_from(["ba", "b a", "a a", "a a b", "aab b", "ab"]), st.floats(0.5, 6), max_size=3)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), phrases=PHRASES, with_model=st.booleans())
def test_a_phrase_earns_its_boost_whole_wherever_it_occurs_and_nothing_else_does(seed, phrases, with_model):
    tables = random_tables(WORDS, 2, seed) if with_model else None
    decoder = BeamDecoder(UNITS, replace(EVERYTHING, hot_words=phrases), as_model(tables) if tables else None)
    agree_with_enumeration(decoder, Definition(decoder, tables), random_log_probs(6, 4, seed))


def test_hot_words_are_said_in_the_case_of_the_units_and_without_spaces_they_are_phrases_of_units():
    config = replace(EVERYTHING, hot_words={"BA": 9.0})
    log_probs = random_log_probs(6, 4, 1)
    assert "ba" in BeamDecoder(UNITS, config).decode(log_probs)[0].text.split()
    digits = Units(("<blank>", "o", "n", "e"))
    assert "one" in BeamDecoder(digits, replace(EVERYTHING, hot_words={"ONE": 30.0})).decode(log_probs)[0].text


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000), beam=st.integers(1, 30), with_model=st.booleans(), settle=st.integers(0, 3),
    share=st.sampled_from([1.0, 0.95, 0.8, 0.6]), recombine=st.booleans(), **weights
)  # fmt: skip
def test_the_kernel_equals_the_readable_search_at_any_beam(seed, beam, with_model, settle, share, recombine, **chosen):
    tables = random_tables(WORDS, 3, seed) if with_model or chosen["lexicon"] == "hard" else None
    config = replace(EVERYTHING, beam=beam, **chosen)
    decoder = BeamDecoder(UNITS, config, as_model(tables) if tables else None)
    definition = Definition(decoder, tables)
    log_probs = random_log_probs(12, 4, seed)
    alike = definition.context if recombine else None
    expected = beam_search(log_probs, beam, 1, definition.rank, definition.ending, Settling(settle, share), alike)
    expected = [one for one in expected if one[2] > -math.inf]
    if not expected:
        return  # no word was finished: the kernel then gives what it can without the last one
    search = decoder.start(Settling(settle, share), recombine=recombine)
    search.feed(log_probs)
    found = search.finish(beam)
    assert [tuple(h.units.tolist()) for h in found] == [units for units, _, _ in expected]
    np.testing.assert_allclose([h.acoustic for h in found], [acoustic for _, acoustic, _ in expected], atol=1e-5)
    np.testing.assert_allclose([h.total for h in found], [total for _, _, total in expected], atol=1e-5)


def test_recombination_finds_with_a_small_beam_what_takes_a_large_one_without():
    """Of 80 utterances as sure of their units as speech is: for how many a beam of 8 finds what one of 500 finds."""
    found = {True: 0, False: 0}
    for seed in range(80):
        model, log_probs = as_model(random_tables(WORDS, 2, seed)), random_log_probs(30, 4, seed, sharpness=5.0)
        large = BeamDecoder(UNITS, replace(EVERYTHING, beam=500), model).decode(log_probs)[0].text
        for recombine in found:
            small = BeamDecoder(UNITS, replace(EVERYTHING, beam=8, recombine=recombine), model).decode(log_probs)[0]
            found[recombine] += small.text == large
    assert found[True] > found[False] and found[True] > 0.7 * 80, found


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000), st.lists(st.integers(0, 60), max_size=8), st.sampled_from([10, 200, 1 << 20]),
    st.integers(0, 5),
)  # fmt: skip
def test_frames_fed_in_any_pieces_give_the_same_n_best(seed, cuts, collect, settle):
    tables = random_tables(WORDS, 3, seed)
    decoder = BeamDecoder(UNITS, replace(EVERYTHING, beam=20, settle_frames=settle), as_model(tables))
    log_probs = random_log_probs(60, 4, seed)
    whole = decoder.decode(log_probs, n_best=20)
    search = decoder.start(collect_after=collect)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 60], strict=True):
        search.feed(log_probs[start:end])
        search.finish(1)
    for mine, theirs in zip(search.finish(20), whole, strict=True):
        assert mine.text == theirs.text and mine.total == theirs.total
        assert (mine.acoustic, mine.lm) == (theirs.acoustic, theirs.lm)
        np.testing.assert_array_equal(mine.starts, theirs.starts)
        np.testing.assert_array_equal(mine.ends, theirs.ends)


def likeliest_path(log_probs: np.ndarray, units: list[int]) -> tuple[float, list[tuple[int, int]]]:
    """The score and unit runs of the best path that collapses to exactly these units, of all paths."""
    frames, n_units = log_probs.shape
    best = (-math.inf, [])
    for path in np.indices((n_units,) * frames).reshape(frames, -1).T.tolist():
        runs, before = [], 0
        for t, unit in enumerate(path):
            if unit not in (0, before):
                runs.append([unit, t, t + 1])
            elif unit and unit == before:
                runs[-1][2] = t + 1
            before = unit
        if [run[0] for run in runs] == units:
            score = float(log_probs[range(frames), path].sum())
            best = max(best, (score, [(start, end) for _, start, end in runs]))
    return best


@pytest.mark.parametrize("seed", range(15))
def test_unit_times_are_those_of_the_likeliest_path(seed):
    log_probs = random_log_probs(6, 4, seed)
    log_probs[:, 1] = -30.0  # without spaces, whose repeats are folded
    decoder = BeamDecoder(UNITS, EVERYTHING)
    for hypothesis in decoder.decode(log_probs, n_best=5):
        score, runs = likeliest_path(log_probs, hypothesis.units.tolist())
        assert list(zip(hypothesis.starts.tolist(), hypothesis.ends.tolist(), strict=True)) == runs
        peaks = [log_probs[start:end, unit].max() for unit, (start, end) in zip(hypothesis.units, runs, strict=True)]
        np.testing.assert_allclose(hypothesis.log_peaks, peaks)


def test_words_have_their_times_and_confidences():
    clear = np.full((9, 4), 0.01, np.float32)
    for t, unit in enumerate([0, 2, 3, 0, 1, 3, 3, 2, 0]):  # _ab_ bba_
        clear[t, unit] = 0.97
    first, second = BeamDecoder(UNITS, EVERYTHING).decode(np.log(clear))[0].words(0.04)
    assert (first.word, second.word) == ("ab", "ba")
    assert (first.start, first.end, second.start, second.end) == pytest.approx((0.04, 0.12, 0.2, 0.32))
    assert first.confidence == pytest.approx(0.97)


def test_a_space_at_the_end_does_not_split_a_hypothesis():
    halves = np.log(np.array([[0.01, 0.01, 0.97, 0.01], [0.49, 0.49, 0.01, 0.01]], np.float32))
    found = BeamDecoder(UNITS, EVERYTHING).decode(halves, n_best=50)
    assert len({h.text for h in found}) == len(found)
    others = 2 * 0.01 * 0.01  # the `a` after a blank, and after a space, in the second frame
    assert math.exp(found[0].acoustic) == pytest.approx(0.97 * 0.99 + others, abs=1e-5)


def test_hard_vocabulary_without_a_finished_word_leaves_the_last_one_out():
    tables = random_tables(["abb"], 2, 0)
    config = replace(EVERYTHING, lexicon="hard", beam=1)
    log_probs = np.log(np.array([[0.01, 0.01, 0.97, 0.01]], np.float32))
    assert BeamDecoder(UNITS, config, as_model(tables)).decode(log_probs)[0].text == ""


def test_an_empty_utterance_is_an_empty_text():
    hypothesis, = BeamDecoder(UNITS).decode(np.zeros((0, 4), np.float32), n_best=3)
    assert hypothesis.text == "" and hypothesis.acoustic == 0.0 and hypothesis.words(0.04) == []


def test_scores_hold_over_very_long_speech():
    log_probs = np.tile(random_log_probs(50, 4, seed=1, sharpness=4.0), (400, 1))
    decoder = BeamDecoder(UNITS, replace(EVERYTHING, beam=20))
    hypothesis, = decoder.decode(log_probs)
    search = decoder.start(collect_after=2_000)
    search.feed(log_probs)
    assert np.isfinite(hypothesis.total) and search.finish()[0].total == hypothesis.total
    assert hypothesis.total >= log_probs.max(1).sum()  # at least the best path alone


def test_threads_share_one_decoder():
    from concurrent.futures import ThreadPoolExecutor

    decoder = BeamDecoder(UNITS, replace(EVERYTHING, beam=20), as_model(random_tables(WORDS, 3, 5)))
    utterances = [random_log_probs(100, 4, seed) for seed in range(16)]
    with ThreadPoolExecutor(4) as pool:
        together = [found[0].total for found in pool.map(decoder.decode, utterances)]
    assert together == [decoder.decode(utterance)[0].total for utterance in utterances]


def test_pruning_only_ever_loses_probability():
    tables = random_tables(WORDS, 3, 8)
    model = as_model(tables)
    for change in ({"score_threshold": 4.0}, {"cutoff_prob": 0.9}, {"cutoff_top": 2}, {"beam": 5}):
        for seed in range(10):
            log_probs = random_log_probs(20, 4, seed)
            full = BeamDecoder(UNITS, replace(EVERYTHING, beam=2000), model).decode(log_probs)[0]
            pruned = BeamDecoder(UNITS, replace(EVERYTHING, **{"beam": 2000, **change}), model).decode(log_probs)[0]
            assert pruned.total <= full.total + 1e-9


def test_models_and_weights_that_cannot_serve_are_errors():
    with pytest.raises(LanguageModelError, match="no word that the units spell"):
        BeamDecoder(UNITS, EVERYTHING, as_model(random_tables(["日本", "語"], 2, 0)))
    with pytest.raises(LanguageModelError, match="knows 0 of 2 units"):
        BeamDecoder(Units(("<blank>", "日", "本")), EVERYTHING, as_model(random_tables(WORDS, 2, 0)))
    for wrong in ({"alpha": -1.0}, {"beam": 0}, {"cutoff_prob": 0.0}, {"lm_lookahead": -1.0}, {"blank_penalty": 99.0}):
        with pytest.raises(UsageError):
            BeamDecoder(UNITS, replace(EVERYTHING, **wrong))
    with pytest.raises(UsageError, match="hard"):
        BeamDecoder(UNITS, DecodingConfig(lexicon="hard"))
    with pytest.raises(UsageError, match="hot word `本`: `本` is not a unit"):
        BeamDecoder(Units(("<blank>", "日")), DecodingConfig(hot_words={"本": 1.0}))
    with pytest.raises(UsageError, match="hot word `a b日`: no unit spells `日`"):
        BeamDecoder(UNITS, DecodingConfig(hot_words={"a b日": 1.0}))
