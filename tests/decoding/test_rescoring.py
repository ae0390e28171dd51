"""The second pass finds what the definition says of every text, and leaves alone what it should not change."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "language"))
from arpa_models import random_tables  # noqa: E402
from small_searches import UNITS, WORDS, Definition, as_model, random_log_probs, spelled_texts  # noqa: E402

from ds2cli.decoding.beam import BeamDecoder  # noqa: E402
from ds2cli.decoding.rescoring import Rescorer, RescoringDecoder, second_totals  # noqa: E402
from ds2cli.decoding.settings import DecodingConfig  # noqa: E402
from ds2cli.errors import LanguageModelError  # noqa: E402
from ds2cli.text.lexicon import build_lexicon  # noqa: E402
from ds2cli.text.units import Units  # noqa: E402

OTHER_WORDS = ["a", "ab", "bb", "b", "aab"]  # some that the first pass does not know
ALL = DecodingConfig(beam=20_000, score_threshold=0.0, rescore_nbest=20_000)
weights = {"alpha": st.floats(0, 2), "beta": st.floats(-2, 3)}
second_weights = {"rescore_alpha": st.floats(0, 2), "rescore_beta": st.floats(-2, 3)}
penalties = {"oov_penalty": st.floats(-8, 0), "oov_letter": st.floats(-3, 0)}


def of_second(first: BeamDecoder, tables) -> Definition:
    """What a text earns in the second pass, by its definition."""
    definition = Definition(first, tables)
    definition.config = replace(first.config, alpha=first.config.rescore_alpha, beta=first.config.rescore_beta)
    return definition


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 6), order=st.integers(1, 3), hot=st.booleans(),
       has_first=st.booleans(), lexicon=st.sampled_from(["soft", "hard", "none"]),
       **weights, **second_weights, **penalties)
@example(seed=2209, frames=1, order=2, hot=False, has_first=True, lexicon="hard",
         **dict.fromkeys([*weights, *second_weights, *penalties], 0.0))  # a model that does not fit
def test_of_all_texts_the_second_pass_finds_the_best(seed, frames, order, hot, has_first, **chosen):
    log_probs, second = random_log_probs(frames, 4, seed), random_tables(OTHER_WORDS, order, seed + 1)
    if not has_first:
        chosen = {**chosen, "lexicon": "soft", "alpha": 0.0}
    config = replace(ALL, **chosen, hot_words={"bb": 1.5} if hot else {})
    first = BeamDecoder(UNITS, config, as_model(random_tables(WORDS, 2, seed)) if has_first else None)
    try:
        rescorer = Rescorer(first, as_model(second))
    except LanguageModelError:  # of the random weights, next to nothing is on what a hard lexicon can say
        assert config.lexicon == "hard"
        reject()
    found = RescoringDecoder(rescorer, config).decode(log_probs, n_best=20_000)
    definition = of_second(first, second)
    expected = {text: acoustic + definition.ending(text)
                for text, acoustic in spelled_texts(log_probs, definition.space).items()}
    expected = {text: total for text, total in expected.items() if total > -np.inf}
    assert {tuple(one.units.tolist()) for one in found} == set(expected)
    for one in found:
        assert one.total == pytest.approx(expected[tuple(one.units.tolist())], abs=1e-5)
    assert found[0].total == pytest.approx(max(expected.values()), abs=1e-5)
    assert [one.total for one in found] == sorted((one.total for one in found), reverse=True)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(5, 20), n_best=st.integers(1, 12), **weights, **penalties)
def test_of_a_beam_s_list_the_best_is_that_of_the_n_gram_s_own_scores(seed, frames, n_best, **chosen):
    config = DecodingConfig(beam=12, rescore_nbest=8, rescore_alpha=0.9, rescore_beta=0.4, **chosen)
    model = as_model(random_tables(OTHER_WORDS, 3, seed + 1))
    first = BeamDecoder(UNITS, config, as_model(random_tables(WORDS, 2, seed)))
    log_probs = random_log_probs(frames, 4, seed)
    known = {name for name, number in zip(first.tokens.names, first.tokens.ids, strict=True) if number}

    def unknown(words, vocabulary):
        return sum(config.oov_penalty + config.oov_letter * len(word) for word in words if word not in vocabulary)

    expected = []
    for one in first.decode(log_probs, max(8, n_best)):
        words = one.text.split()
        sound = one.total - config.alpha * one.lm - config.beta * len(words) - unknown(words, known)
        lm = np.log(10) * model.score(one.text).astype(float).sum()
        total = sound + 0.9 * lm + 0.4 * len(words) + unknown(words, model.words)
        expected.append((total, lm, one))
    expected.sort(key=lambda each: -each[0])
    found = RescoringDecoder(Rescorer(first, model), config).decode(log_probs, n_best)
    for one, (total, lm, of_first) in zip(found, expected[:n_best], strict=True):
        assert (one.total, one.lm) == (pytest.approx(total, abs=1e-4), pytest.approx(lm, abs=1e-4))
        assert one.text == of_first.text and one.acoustic == of_first.acoustic
        assert [word for word in one.words(0.04)] == [word for word in of_first.words(0.04)]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 20), **weights, **penalties)
def test_the_same_model_with_the_same_weights_changes_nothing(seed, frames, **chosen):
    model = as_model(random_tables(WORDS, 3, seed))
    config = DecodingConfig(beam=30, hot_words={"ba": 2.0}, **chosen)
    config = replace(config, rescore_alpha=config.alpha, rescore_beta=config.beta)
    first, log_probs = BeamDecoder(UNITS, config, model), random_log_probs(frames, 4, seed)
    before = first.decode(log_probs, 30)
    after = RescoringDecoder(Rescorer(first, model), config).decode(log_probs, 30)
    for one, other in zip(before, after, strict=True):
        assert other.total == pytest.approx(one.total, abs=1e-9) and other.lm == one.lm
        assert other.text == one.text or other.total == pytest.approx(one.total, abs=1e-9)


def test_words_that_a_lexicon_says_are_rescored_by_how_they_are_written():
    units = Units(("<blank>", "AA", "B"), separator=" ")
    lexicon = build_lexicon([(word, 1.0, said.split()) for word, said in
                             [("ah", "AA"), ("ah", "AA AA"), ("be", "B"), ("abbe", "AA B")]], units)
    config = replace(ALL, rescore_alpha=1.3, rescore_beta=0.5)
    first_tables, tables = random_tables(["ah", "be", "abbe"], 2, 3), random_tables(["ah", "be"], 2, 4)
    first = BeamDecoder(units, config, as_model(first_tables), lexicon=lexicon)
    log_probs = random_log_probs(6, 3, 5)
    before = {one.text: one for one in first.decode(log_probs, 1000)}
    model = as_model(tables)
    for one in RescoringDecoder(Rescorer(first, model, lexicon), config).decode(log_probs, 1000):
        words, of_first = one.text.split(), before[one.text]
        lost = words.count("abbe") * (config.oov_penalty + 2 * config.oov_letter)  # two phones
        lm = np.log(10) * model.score(one.text).astype(float).sum()
        gains = 1.3 * lm + 0.5 * len(words) + lost - config.alpha * of_first.lm - config.beta * len(words)
        assert one.total == pytest.approx(of_first.total + gains, abs=1e-4)


def test_where_units_are_the_tokens_so_they_are_in_the_second_pass():
    units = Units(("<blank>", "a", "b"))
    config = replace(ALL, rescore_alpha=1.3, rescore_beta=0.5)
    first_tables, tables = random_tables(["a", "b"], 2, 3), random_tables(["a", "b"], 3, 4)
    first, model = BeamDecoder(units, config, as_model(first_tables)), as_model(tables)
    assert not first.tokens.has_words
    log_probs = random_log_probs(6, 3, 5)
    before = {one.text: one for one in first.decode(log_probs, 1000)}
    found = RescoringDecoder(Rescorer(first, model), config).decode(log_probs, 1000)
    assert len(found) == len(before)
    for one in found:
        lm, of_first = np.log(10) * model.score(" ".join(one.text)).astype(float).sum(), before[one.text]
        gains = 1.3 * lm + 0.5 * len(one.text) - config.alpha * of_first.lm - config.beta * len(one.text)
        assert one.total == pytest.approx(of_first.total + gains, abs=1e-4)


def test_what_was_saved_of_a_list_gives_its_totals_at_any_weights():
    config = replace(ALL, rescore_nbest=50)
    first = BeamDecoder(UNITS, config, as_model(random_tables(WORDS, 2, 1)))
    rescorer, log_probs = Rescorer(first, as_model(random_tables(OTHER_WORDS, 3, 2))), random_log_probs(8, 4, 3)
    found = first.decode(log_probs, 50)
    parts = rescorer.parts(found)
    for alpha, beta in [(0.0, 0.0), (0.7, 1.5), (2.0, -1.0)]:
        totals = second_totals(parts, alpha, beta)
        assert [one.total for one in rescorer.rank(found, alpha, beta)] == sorted(totals.tolist(), reverse=True)


def test_a_model_of_other_words_is_refused():
    first = BeamDecoder(UNITS, ALL, as_model(random_tables(WORDS, 2, 1)))
    with pytest.raises(LanguageModelError, match="does not fit: 0 of 2 words can be said"):
        Rescorer(first, as_model(random_tables(["yes", "no"], 2, 1)))


def test_without_frames_there_is_still_a_text():
    first = BeamDecoder(UNITS, ALL, as_model(random_tables(WORDS, 2, 1)))
    decoder = RescoringDecoder(Rescorer(first, as_model(random_tables(OTHER_WORDS, 2, 1))), ALL)
    assert [one.text for one in decoder.decode(np.zeros((0, 4), np.float32))] == [""]
