"""A transducer's searches find what going through every alignment finds; the kernels' network is torch's."""

import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "language"))
from arpa_models import random_tables  # noqa: E402
from small_searches import UNITS, WORDS, Definition, as_model  # noqa: E402

from ds2cli.config import ModelConfig  # noqa: E402
from ds2cli.decoding.settings import DecodingConfig  # noqa: E402
from ds2cli.decoding.transducer import TransducerDecoder, TransducerGreedyDecoder, kernel_network  # noqa: E402
from ds2cli.model.heads.transducer import TransducerHead  # noqa: E402
from ds2cli.text.lexicon import build_lexicon  # noqa: E402
from ds2cli.text.units import SPACE, Units  # noqa: E402

LONGEST = 3  # labels of the texts that are compared
EVERYTHING = DecodingConfig(beam=100_000, score_threshold=0.0, max_labels=LONGEST, alpha=0.0, beta=0.0)
LETTERS = Units(("<blank>", "a", "b"))  # of texts without a space: every unit is a token
KINDS = ("lstm", "stateless")


@cache
def head_of(kind: str, n_units: int, seed: int) -> TransducerHead:
    """A head with large random weights: what was said matters."""
    torch.manual_seed(seed)
    settings = ModelConfig(head="transducer", predictor=kind, predictor_size=5, joint_size=6)
    head = TransducerHead(settings, 4, n_units).eval()
    with torch.no_grad():
        for weights in head.parameters():
            weights.copy_(torch.randn_like(weights))
    return head


def random_frames(head: TransducerHead, n_frames: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (1.5 * rng.normal(size=(n_frames, head.encoder_projection.out_features))).astype(np.float32)


@torch.inference_mode()
def joint_after(head: TransducerHead, frames: np.ndarray, labels: tuple[int, ...]) -> np.ndarray:
    """(T, V) log-probs of every frame after the labels."""
    projected = head.projected_labels(torch.tensor([labels], dtype=torch.int64))[0, -1]
    return head.joint(torch.from_numpy(frames), projected).double().numpy()


def sequences(n_units: int, longest: int) -> list[tuple[int, ...]]:
    """All sequences of labels of up to so many."""
    found = [()]
    for sequence in found:
        if len(sequence) < longest:
            found += [(*sequence, unit) for unit in range(1, n_units)]
    return found


def alignments(n_labels: int, n_frames: int, cap: int) -> list[tuple[int, ...]]:
    """The frame of every label, in all ways that put no more than `cap` in one."""
    if not n_labels:
        return [()]
    return [(*before, frame) for before in alignments(n_labels - 1, n_frames, cap)
            for frame in range(before[-1] if before else 0, n_frames) if before.count(frame) < cap]


def probabilities(head: TransducerHead, frames: np.ndarray, longest: int, cap: int) -> dict[tuple[int, ...], float]:
    """log p of every sequence that has an alignment: the sum over all of them, one after another."""
    rows = {labels: joint_after(head, frames, labels) for labels in sequences(head.output.out_features, longest)}
    found = {}
    for labels in rows:
        ways = []
        for at in alignments(len(labels), len(frames), cap):
            score = sum(rows[labels[:u]][frame, labels[u]] for u, frame in enumerate(at))
            for frame in range(len(frames)):
                score += rows[labels[: sum(said <= frame for said in at)]][frame, 0]
            ways.append(score)
        if ways:
            found[labels] = float(np.logaddexp.reduce(ways))
    return found


def internal_scores(head: TransducerHead, labels: tuple[int, ...]) -> float:
    """Log p of the labels where the encoder is silent, the blank left out."""
    silence = head.encoder_projection.bias.detach().numpy()[None]
    total = 0.0
    for u, label in enumerate(labels):
        row = joint_after(head, silence, labels[:u])[0]
        total += row[label] - math.log1p(-math.exp(row[0]))
    return total


def text_of(labels: tuple[int, ...], space: int) -> tuple[int, ...]:
    """Labels without spaces first, last or side by side."""
    text: list[int] = []
    for label in labels:
        if label != space or text[-1:] not in ([], [space]):
            text.append(label)
    return tuple(text[:-1] if text[-1:] == [space] else text)


def readings(units: Units, weights: dict, labels: tuple[int, ...]) -> list[tuple[tuple[str, ...], float]]:
    """All ways to read labels as words, one after another, with the probability of these spellings."""
    said = [units.names[label] for label in labels]
    if not said:
        return [((), 1.0)]
    return [((word, *words), p * weight) for (word, spelling), p in weights.items()
            if said[: len(spelling)] == list(spelling)
            for words, weight in readings(units, weights, labels[len(spelling) :])]


@contextmanager
def lower_blank(head: TransducerHead, penalty: float) -> Iterator[None]:
    """Taken from the blank's log-odds."""
    with torch.no_grad():
        head.output.bias[0] -= penalty
        yield
        head.output.bias[0] += penalty


cases = {"seed": st.integers(0, 1000), "kind": st.sampled_from(KINDS)}
# Frames and the labels that each may have. Where prefixes are added (best first), more may follow each other in one.
SHAPES = {"time": [(1, 4), (2, 2), (3, 1)], "best": [(1, 4)]}
shapes = st.sampled_from([(search, *shape) for search, of in SHAPES.items() for shape in of])


@pytest.mark.parametrize("kind", KINDS)
def test_the_kernels_network_is_the_heads(kind):
    head = head_of(kind, 37, 3)
    kernel = kernel_network(head)
    labels = [(), (3,), (3, 36), (1, 1, 1, 2, 30), tuple(range(1, 30))]
    frames = random_frames(head, len(labels), 1)
    expected = np.stack([joint_after(head, frames[i : i + 1], one)[0] for i, one in enumerate(labels)])
    assert np.abs(kernel.joint(frames, labels) - expected).max() < 2e-5


@settings(max_examples=15, deadline=None)
@given(**cases, n_frames=st.integers(1, 3), search=st.sampled_from(["time", "best"]))
def test_with_an_unlimited_beam_labels_score_as_all_their_alignments(seed, kind, n_frames, search):
    head = head_of(kind, 3, seed % 7)
    frames = random_frames(head, n_frames, seed)
    expected = probabilities(head, frames, LONGEST, LONGEST)
    decoder = TransducerDecoder(kernel_network(head), LETTERS, replace(EVERYTHING, search=search, max_labels=LONGEST),
                                as_model(random_tables(["a", "b"], 2, seed)))
    found = {tuple(one.units.tolist()): one for one in decoder.decode(frames, 100_000)}
    assert not decoder.tokens.has_words and set(expected) <= set(found)
    for labels, score in expected.items():
        assert found[labels].acoustic == pytest.approx(score, abs=1e-4)
        assert found[labels].total == pytest.approx(score, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(**cases, shape=shapes, alpha=st.floats(0, 2), beta=st.floats(-2, 2), internal=st.floats(0, 1),
       lexicon=st.sampled_from(["soft", "hard", "none"]), blank_penalty=st.floats(-1, 1))
def test_fused_with_words_the_n_best_list_is_that_of_exhaustive_enumeration(seed, kind, shape, blank_penalty, **chosen):
    head, (search, n_frames, cap) = head_of(kind, len(UNITS), seed % 7), shape
    frames, tables = random_frames(head, n_frames, seed), random_tables(WORDS, 3, seed)
    config = replace(EVERYTHING, search=search, max_labels=cap, blank_penalty=blank_penalty, oov_penalty=-2.0,
                     oov_letter=-0.5, hot_words={"ba": 1.5}, **chosen)
    decoder = TransducerDecoder(kernel_network(head), UNITS, config, as_model(tables))
    definition, space = Definition(decoder, tables), UNITS.names.index(SPACE)
    with lower_blank(head, blank_penalty):
        scores = probabilities(head, frames, n_frames * cap, cap)
    found = decoder.decode(frames, 1_000_000)
    expected: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for labels, score in scores.items():
        text = text_of(labels, space)
        gain = definition.ending(text)
        if gain > -math.inf:
            total = score - config.internal * internal_scores(head, labels) + gain
            expected[UNITS.decode(text)].append((score, total))
    sums = {text: tuple(np.logaddexp.reduce(parts)) for text, parts in expected.items()}
    assert len(found) == len(sums)
    for one in found:
        assert (one.acoustic, one.total) == pytest.approx(sums[one.text], abs=2e-4)
    assert found[0].text == max(sums, key=lambda text: sums[text][1])


@settings(max_examples=15, deadline=None)
@given(**cases, shape=shapes, alpha=st.floats(0, 1))
def test_labels_that_several_words_are_said_by_count_for_each(seed, kind, shape, alpha):
    phones = Units(("<blank>", "AA", "B"), separator=" ")
    spoken = [("ah", 1.0, "AA"), ("are", 0.5, "AA"), ("are", 0.5, "AA B"), ("bar", 1.0, "B AA"), ("b", 1.0, "B")]
    lexicon = build_lexicon(((word, p, said.split()) for word, p, said in spoken), phones)
    head, (search, n_frames, cap) = head_of(kind, len(phones), seed % 7), shape
    frames = random_frames(head, n_frames, seed)
    tables = random_tables(["ah", "are", "bar", "b"], 2, seed)
    config = replace(EVERYTHING, search=search, max_labels=cap, alpha=alpha, beta=0.5)
    decoder = TransducerDecoder(kernel_network(head), phones, config, as_model(tables), lexicon=lexicon)
    definition = Definition(decoder, tables)
    weights = {(word, tuple(said.split())): p for word, p, said in spoken}
    sums: dict[str, float] = defaultdict(lambda: -math.inf)
    for labels, score in probabilities(head, frames, n_frames * cap, cap).items():
        for words, weight in readings(phones, weights, labels):
            sums[" ".join(words)] = np.logaddexp(sums[" ".join(words)], score + math.log(weight))
    found = decoder.decode(frames, 1_000_000)
    assert {one.text for one in found} == set(sums)
    for one in found:
        total = sums[one.text] + definition.ending_of(one.text.split())
        assert (one.acoustic, one.total) == pytest.approx((sums[one.text], total), abs=2e-4)


@pytest.mark.parametrize("search", ["time", "best"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("units", [UNITS, LETTERS])
def test_pieces_of_a_stream_say_what_the_whole_says_with_memory_given_back(kind, search, units):
    head = head_of(kind, len(units), 3)
    frames = random_frames(head, 60, 8)
    config = DecodingConfig(beam=6, search=search, alpha=0.5, beta=0.2, settle_frames=7)
    model = as_model(random_tables(WORDS if units is UNITS else ["a", "b"], 3, 2))
    decoder = TransducerDecoder(kernel_network(head), units, config, model)
    whole = decoder.decode(frames, 4)
    search_of = decoder.start(collect_after=40 if search == "time" else 1 << 20)
    agreed = 0
    for at in range(0, 60, 7):
        search_of.feed(frames[at : at + 7])
        assert search_of.n_agreed() >= agreed
        agreed = search_of.n_agreed()
    again = search_of.finish(4)
    assert [one.text for one in again] == [one.text for one in whole]
    for one, other in zip(again, whole, strict=True):
        assert one.total == pytest.approx(other.total, abs=1e-6)
        assert (one.units == other.units).all() and (one.starts == other.starts).all()
        assert (np.diff(one.starts) >= 0).all() and (one.ends == one.starts + 1).all() and (one.log_peaks <= 0).all()
    assert agreed or units is UNITS


def test_a_wider_beam_never_scores_less_than_half_of_it_does_on_the_whole():
    head = head_of("lstm", len(UNITS), 4)
    totals = []
    for beam in (1, 4, 16, 64):
        decoder = TransducerDecoder(kernel_network(head), UNITS, DecodingConfig(beam=beam, alpha=0.3, beta=0.0))
        totals.append(sum(decoder.decode(random_frames(head, 30, seed))[0].total for seed in range(10)))
    assert totals == sorted(totals)


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_is_the_likeliest_label_until_the_blank_whatever_passes_beside_it(kind):
    head = head_of(kind, len(UNITS), 6)
    utterances = [random_frames(head, n, n) for n in (9, 1, 30, 0, 4)]
    decoder = TransducerGreedyDecoder(kernel_network(head), UNITS, DecodingConfig(max_labels=3))
    for frames, found in zip(utterances, decoder.decode_many(utterances), strict=True):
        said, at, score = [], [], 0.0
        for t in range(len(frames)):
            for n in range(4):
                row = joint_after(head, frames[t : t + 1], tuple(said))[0]
                best = int(row.argmax()) if n < 3 else 0
                score += row[best]
                if not best:
                    break
                said.append(best)
                at.append(t)
        assert (found.units.tolist(), found.starts.tolist()) == (said, at)
        assert found.total == pytest.approx(score, abs=1e-3)
        search = decoder.start()
        for begin in range(0, len(frames), 4):
            heard = [unit for units in search.said(frames[begin : begin + 4]) for unit in units]
            search.feed(frames[begin : begin + 4])
            assert heard == [unit for unit, t in zip(said, at, strict=True) if begin <= t < begin + 4]
        assert search.finish()[0].text == found.text
