"""Words while they are spoken: stable ones stay, utterances end by three rules, and no frame is lost between them."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_searches import UNITS, random_log_probs

from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.greedy import GreedyDecoder
from ds2cli.decoding.live import LiveDecoder, Update
from ds2cli.decoding.settings import DecodingConfig, EndpointConfig
from ds2cli.errors import ConfigError

NEVER = EndpointConfig(silence=0.0, settle=0.0)
FRAME = 0.04


def sharp(path: list[int]) -> np.ndarray:
    """Log-probs of a network that is nearly sure of a path."""
    log_probs = np.full((len(path), len(UNITS)), np.log(0.01 / (len(UNITS) - 1)), np.float32)
    log_probs[np.arange(len(path)), path] = np.log(0.99)
    return log_probs


def said(path: str) -> np.ndarray:
    """`sharp` of a path written with _ for the blank."""
    return sharp(["_ ab".index(unit) for unit in path])


def beam() -> BeamDecoder:
    return BeamDecoder(UNITS, DecodingConfig(alpha=0.0, beta=0.0, beam=8, score_threshold=4.0))


def fed(live: LiveDecoder, log_probs: np.ndarray, cuts=()) -> list[Update]:
    edges = [0, *sorted(cuts), len(log_probs)]
    updates = [update for a, b in zip(edges, edges[1:], strict=False) for update in live.feed(log_probs[a:b])]
    return updates + live.finish()


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    cuts=st.lists(st.integers(0, 40), max_size=10),
    decoder=st.sampled_from(["beam", "greedy"]),
)
def test_stable_words_never_change_and_the_end_is_what_the_whole_gives(seed, cuts, decoder):
    log_probs = random_log_probs(40, len(UNITS), seed, sharpness=3.0)
    decoder = beam() if decoder == "beam" else GreedyDecoder(UNITS)
    updates = fed(LiveDecoder(decoder.start, UNITS, FRAME, NEVER), log_probs, cuts)
    whole = decoder.decode(log_probs)[0]
    assert [update.final for update in updates] == [False] * (len(updates) - 1) + [True] * bool(whole.text)
    stable: list[str] = []
    for update in updates:
        words = [word.word for word in update.words[: update.n_stable]]
        assert words[: len(stable)] == stable
        stable = words
    if updates:
        assert updates[-1].hypothesis.text == whole.text == " ".join(stable)
        assert updates[-1].words == whole.words(FRAME)


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 60), max_size=10), frames=st.integers(1, 8))
def test_a_word_that_has_stood_long_enough_is_stable_whatever_the_chunks(seed, cuts, frames):
    """Oracle: the best hypothesis after each frame, asked of a search that is fed frame by frame."""
    log_probs = random_log_probs(60, len(UNITS), seed, sharpness=3.0)
    rules = EndpointConfig(silence=0.0, settle=(frames - 0.5) * FRAME)
    one_by_one = fed(LiveDecoder(beam().start, UNITS, FRAME, rules), log_probs, range(60))
    updates = fed(LiveDecoder(beam().start, UNITS, FRAME, rules), log_probs, cuts)
    stable: list[str] = []
    for update in updates:
        words = [word.word for word in update.words[: update.n_stable]]
        assert words[: len(stable)] == stable
        stable = words
    assert [one.hypothesis.text for one in updates[-1:]] == [one.hypothesis.text for one in one_by_one[-1:]]


def test_a_word_is_stable_when_it_has_stood_for_a_while():
    """The network is in two minds about the first word; nobody waits for the other reading to die."""
    doubtful = said("_a_b__ _aa_")
    doubtful[3] = np.log([0.02, 0.01, 0.37, 0.6])
    for settle, n_stable in ((0.0, 0), (5 * FRAME, 0), (4 * FRAME, 1), (2 * FRAME, 1)):
        live = LiveDecoder(beam().start, UNITS, FRAME, EndpointConfig(silence=0.0, settle=settle))
        (update,) = live.feed(doubtful)
        assert (update.hypothesis.text, update.n_stable) == ("ab a", n_stable)


def test_a_word_is_stable_at_once_when_nearly_all_of_the_probability_says_it():
    doubtful = said("_a_b__ _aa_")
    doubtful[3] = np.log([0.01, 0.01, 0.03, 0.95])
    for sure, n_stable in ((1.0, 0), (0.99, 0), (0.9, 1)):
        live = LiveDecoder(beam().start, UNITS, FRAME, EndpointConfig(silence=0.0, settle=9.0, sure=sure))
        (update,) = live.feed(doubtful)
        assert (update.hypothesis.text, update.n_stable) == ("ab a", n_stable)


def test_a_word_is_stable_when_it_has_ended_in_every_hypothesis():
    live = LiveDecoder(beam().start, UNITS, FRAME, NEVER)
    assert live.feed(said("_a_b"))[-1].n_stable == 0
    after = live.feed(said("_  _a_a"))[-1]
    assert (after.stable_text, after.hypothesis.text) == ("ab", "ab aa")


@pytest.mark.parametrize("cuts", [[], [3, 9, 10, 31], list(range(70))])
def test_silence_after_speech_ends_an_utterance_and_the_next_begins_at_the_next_frame(cuts):
    path = "__ab_b__" + "_" * 20 + "_a__ba" + "_" * 6
    live = LiveDecoder(beam().start, UNITS, FRAME, EndpointConfig(silence=0.4))
    finals = [update for update in fed(live, said(path), cuts) if update.final]
    assert [update.hypothesis.text for update in finals] == ["abb", "aba"]
    assert finals[0].end == pytest.approx((6 + 10) * FRAME)
    assert finals[1].start == finals[0].end
    first = finals[1].words[0]
    assert (first.start, first.end) == pytest.approx((29 * FRAME, 34 * FRAME))


def test_the_segments_say_what_the_whole_says():
    path = "_a_b" + "_" * 12 + "b_a" + " " * 15 + "ab" + "_" * 30
    live = LiveDecoder(GreedyDecoder(UNITS).start, UNITS, FRAME, EndpointConfig(silence=0.4))
    finals = [update.hypothesis.text for update in fed(live, said(path)) if update.final]
    assert finals == ["ab", "ba", "ab"]
    assert "".join(finals) == GreedyDecoder(UNITS).decode(said(path))[0].text.replace(" ", "")


def test_silence_alone_says_nothing_and_begins_anew():
    live = LiveDecoder(beam().start, UNITS, FRAME, EndpointConfig(nothing=1.0))
    assert fed(live, said("_ " * 2000)) == []
    live.feed(said("_" * 60))
    assert live.feed(said("ab"))[-1].start == pytest.approx(4050 * FRAME)


@pytest.mark.parametrize("rules", [EndpointConfig(), EndpointConfig(silence=0.0)], ids=["endpoints", "no endpoints"])
def test_an_hour_of_silence_takes_no_memory_and_hides_nothing(rules):
    """Even where nothing ends an utterance."""
    live, quiet = LiveDecoder(beam().start, UNITS, FRAME, rules), said("_" * 900 + " " * 100)
    live.feed(said("_ab_ "))
    tracemalloc.start()
    sizes = []
    for _ in range(90):
        live.feed(quiet)
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[-1] < sizes[9] + 50_000
    live.feed(said("_b_a"))
    assert live.finish()[-1].hypothesis.text.split()[-1] == "ba"


def test_an_utterance_that_is_too_long_ends_at_a_short_pause_and_at_last_without_one():
    rules = EndpointConfig(silence=1.0, max_seconds=2.0)
    paused = said("ab" * 35 + "_" * 10 + "ab" * 5)
    ends = [
        update.end
        for update in fed(LiveDecoder(GreedyDecoder(UNITS).start, UNITS, FRAME, rules), paused)
        if update.final
    ]
    assert 2.0 <= ends[0] <= 3.2 and 70 * FRAME < ends[0] <= 80 * FRAME
    breathless = said("ab" * 200)
    finals = [
        update
        for update in fed(LiveDecoder(GreedyDecoder(UNITS).start, UNITS, FRAME, rules), breathless)
        if update.final
    ]
    assert finals[0].end == pytest.approx(3.0)
    assert sum(len(update.hypothesis.text) for update in finals) == 400


def test_rules_that_are_no_rules_are_refused():
    with pytest.raises(ConfigError):
        EndpointConfig(silence=-1.0)
