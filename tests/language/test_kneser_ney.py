"""Our estimates are lmplz's, and those of the formulas written down plainly; every context sums to one."""

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from model_checks import LMPLZ, as_dicts, assert_same_model, build, masses, novels, random_contexts, random_lines

from ds2cli.errors import TextError
from ds2cli.language.arpa import read_arpa
from ds2cli.language.estimate.adjusted_counts import adjust_counts
from ds2cli.language.estimate.counting import BEGIN_ID, END_ID, Vocabulary, count_text
from ds2cli.language.estimate.kneser_ney import FALLBACK, discounts_of
from ds2cli.language.estimate.spill import SpillStore

NOVELS_VOCABULARY = set((LMPLZ / "vocab800.txt").read_bytes().split())


@pytest.fixture(scope="module")
def an4_texts(an4: Path) -> list[str]:
    from ds2cli.workflows.prepare.corpus import CorpusSummary, prepare_corpus

    records = prepare_corpus("an4", an4, "train", CorpusSummary("an4", "train"))
    return [record["text"] for record in records]


@pytest.mark.parametrize("order", [3, 5])
def test_an4_gets_the_model_that_lmplz_builds(an4_texts, order):
    assert_same_model(build(an4_texts, order), read_arpa(LMPLZ / f"an4-train.o{order}.arpa.gz"), 1e-6)


@pytest.mark.parametrize("name, order, prune, keep", [
    ("novels4k.o4.prune0122", 4, (0, 1, 2, 2), None),
    ("novels4k.o3.prune001.vocab800", 3, (0, 0, 1), NOVELS_VOCABULARY),
])
def test_pruned_and_limited_models_are_lmplzs(name, order, prune, keep):
    assert_same_model(build(novels(), order, prune, keep), read_arpa(LMPLZ / f"{name}.arpa.gz"), 1e-6)


def test_too_little_text_takes_the_fallback_of_lmplz_and_says_so():
    said = []
    ours = build((LMPLZ / "novels60.txt").read_text().splitlines(), 4, warn=said.append)
    assert_same_model(ours, read_arpa(LMPLZ / "novels60.o4.fallback.arpa.gz"), 1e-6)
    assert len(said) == 1 and "4-grams" in said[0] and "0.5, 1.0, 1.5" in said[0]


def plain_model(lines: list[str], order: int, prune: tuple[int, ...]):
    """Modified Kneser-Ney as the papers write it, with dictionaries: per order n-gram -> (p, gamma)."""
    full, number = Counter(), {"<unk>": 0, "<s>": 1, "</s>": 2}
    for line in lines:
        words = ["<s>"] * (order - 1) + line.split() + ["</s>"]
        for word in words:
            number.setdefault(word, len(number))
        full.update(tuple(words[i - order + 1 : i + 1]) for i in range(order - 1, len(words)))
    last = max(full, key=lambda gram: [number[word] for word in reversed(gram)])
    actual, adjusted = [Counter() for _ in range(order)], [Counter() for _ in range(order)]
    for gram, count in full.items():
        for n in range(1, order + 1):
            if gram[order - n :][1:2] != ("<s>",):
                actual[n - 1][gram[order - n :]] += count
    for n in range(order):
        for gram in actual[n]:
            follows = n + 1 < order and gram[0] != "<s>"
            adjusted[n][gram] = sum(longer[1:] == gram for longer in actual[n + 1]) if follows else actual[n][gram]
    found, lower = [], {(): 1 / (len(number) - 1)}
    for n in range(order):
        histogram = Counter(adjusted[n].values())
        suffix = last[order - n - 1 :]
        if n + 1 < order and suffix in adjusted[n]:  # lmplz books the last one under its true count
            histogram[adjusted[n][suffix]] -= 1
            histogram[actual[n][suffix]] += 1
        discounts = [0, *FALLBACK]
        if min(histogram[1], histogram[2], histogram[3]) > 0:
            y = histogram[1] / (histogram[1] + 2 * histogram[2])
            own = [0, *(j - (j + 1) * y * histogram[j + 1] / histogram[j] for j in (1, 2, 3))]
            discounts = own if all(0 <= d <= j for j, d in enumerate(own)) else discounts
        threshold = [*prune, *[prune[-1] if prune else 0] * order][n]
        discount = {gram: discounts[min(3, a)] if actual[n][gram] > threshold else a for gram, a in adjusted[n].items()}
        total, freed = Counter(), Counter()
        for gram, a in adjusted[n].items():
            total[gram[:-1]] += a
            freed[gram[:-1]] += discount[gram]
        gamma = {context: freed[context] / total[context] for context in total}
        probs = {gram: (a - discount[gram]) / total[gram[:-1]] + gamma[gram[:-1]] * lower[gram[1:]]
                 for gram, a in adjusted[n].items() if actual[n][gram] > threshold}
        if n == 0:
            probs |= {("<unk>",): gamma[()] * lower[()], ("<s>",): 1.0}
        found.append((probs, gamma))
        lower = probs
    return found


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("order, prune", [(1, ()), (2, ()), (3, ()), (3, (0, 1, 1)), (4, (0, 0, 1))])
def test_estimates_are_those_of_the_formulas(seed, order, prune):
    lines = ["w0 w1 w2 w3", *random_lines(seed)]
    plain, ours = plain_model(lines, order, prune), as_dicts(build(lines, order, prune))
    for n in range(order):
        probs, _ = plain[n]
        assert ours[n].keys() == probs.keys()
        gammas = plain[n + 1][1] if n + 1 < order else {}
        for gram, p in probs.items():
            log10_p, log10_backoff = ours[n][gram]
            assert log10_p == pytest.approx(np.log10(p), abs=2e-6)
            assert log10_backoff == pytest.approx(np.log10(gammas.get(gram, 1.0)), abs=2e-6)


@pytest.mark.parametrize("prune", [(), (0, 0, 1), (0, 1, 2)])
@pytest.mark.parametrize("keep", [None, {b"the", b"of", b"and", b"he", b"was"}])
def test_every_context_sums_to_one(prune, keep):
    tables = build(novels()[:80], 3, prune, keep)
    contexts = random_contexts(tables, 6, seed=1)
    assert masses(tables, contexts) == pytest.approx([1] * len(contexts), abs=1e-5)


@pytest.mark.parametrize("prune", [(), (0, 1, 2)])
def test_little_memory_builds_the_same_model_bit_for_bit(prune):
    roomy = build(novels(), 4, prune)
    tight = build(novels(), 4, prune, memory=400_000)
    assert roomy.words == tight.words
    for one, other in zip([*roomy.ngrams, *roomy.log10_probs, *roomy.log10_backoffs],
                          [*tight.ngrams, *tight.log10_probs, *tight.log10_backoffs], strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_does_not_fit_goes_to_disk_and_is_gone_at_the_end(tmp_path):
    values = np.arange(1000, dtype=np.int64)
    with SpillStore(1000, tmp_path) as store:
        small, large = store.keep(values[:10]), store.column(np.int64)
        large.append(values[:100])
        large.append(values[100:])
        assert store.spilled == values.nbytes and len(list(tmp_path.iterdir())) == 1
        np.testing.assert_array_equal(large.read(90, 950), values[90:950])
        np.testing.assert_array_equal(small.read(), values[:10])
    assert not list(tmp_path.iterdir())


def test_discounts_are_chen_and_goodmans():
    y = 100 / (100 + 2 * 40)
    expected = [0, 1 - 2 * y * 40 / 100, 2 - 3 * y * 20 / 40, 3 - 4 * y * 12 / 20]
    np.testing.assert_allclose(discounts_of(np.array([2, 100, 40, 20, 12, 500])), expected, rtol=1e-6)
    assert discounts_of(np.array([2, 100, 0, 20, 12, 500])) is None
    assert discounts_of(np.array([2, 100, 1, 90, 12, 500])) is None  # a discount below zero


def test_adjusted_counts_are_numbers_of_different_words_before():
    vocabulary = Vocabulary()
    text = [b"a", b"b", b"</s>", b"c", b"b", b"</s>", b"a", b"b", b"</s>"]
    with SpillStore(1 << 20) as store:
        runs = count_text([text], 2, vocabulary, store, 100)
        tables = adjust_counts(runs.merged(len(vocabulary)), 2, [0, 0], None, store)
        unigrams = dict(zip(tables[0].first.read().tolist(), tables[0].adjusted.read().tolist(), strict=True))
    number = {word.decode(): index for word, index in vocabulary.items()}
    assert unigrams == {0: 0, BEGIN_ID: 0, END_ID: 1, number["a"]: 1, number["b"]: 2, number["c"]: 1}


@pytest.mark.parametrize("lines", [[], ["", ""]])
def test_text_without_words_is_refused(lines):
    with pytest.raises(TextError, match="no words"):
        build(lines, 3)


def test_an_order_longer_than_any_line_is_refused():
    with pytest.raises(TextError, match="no line is long enough for n-grams of order 6"):
        build(["a b", "b a b"], 6)


def test_one_line_many_times_still_sums_to_one():
    tables = build(["the same again"] * 50, 3)
    contexts = random_contexts(tables, 5, seed=0)
    assert masses(tables, contexts) == pytest.approx([1] * len(contexts), abs=1e-5)


def test_the_arpa_text_is_lmplzs_to_the_last_digit_or_nearly(tmp_path):
    """Where the C library's log10f is glibc's, the files are the same bytes; elsewhere last digits may differ."""
    from ds2cli.language.model_file import write_model

    write_model(build((LMPLZ / "novels60.txt").read_text().splitlines(), 4), tmp_path / "ours.arpa")
    ours = (tmp_path / "ours.arpa").read_text().splitlines()
    theirs = gzip.open(LMPLZ / "novels60.o4.fallback.arpa.gz", "rt").read().splitlines()
    assert len(ours) == len(theirs)
    assert [line.split("\t")[1:2] for line in ours] == [line.split("\t")[1:2] for line in theirs]
    assert np.mean([one == other for one, other in zip(ours, theirs, strict=True)]) > 0.8


@pytest.mark.parametrize("order, prune", [(2, ()), (3, ()), (4, (0, 0, 1))])
@pytest.mark.parametrize("memory", [1 << 30, 1 << 17])
def test_without_interpolation_counts_alone_make_probabilities_and_every_context_sums_to_one(order, prune, memory):
    lines = novels()[:150]
    both = [build(lines, order, prune, memory=memory, interpolate=interpolate) for interpolate in (True, False)]
    mixed, alone = map(as_dicts, both)
    assert [table.keys() for table in mixed] == [table.keys() for table in alone]
    np.testing.assert_allclose(masses(both[1], random_contexts(both[1], 20, seed=order)), 1, atol=1e-4)
    for n in range(1, order):  # interpolated, p is more by gamma times the lower order's
        for gram, (log10_prob, _) in list(mixed[n].items())[:200]:
            gamma, lower = 10 ** mixed[n - 1][gram[:-1]][1], 10 ** mixed[n - 1][gram[1:]][0]
            own = 10**log10_prob - gamma * lower
            assert 10 ** alone[n][gram][0] == pytest.approx(own, abs=1e-5) or 1 - gamma < 1e-3


def test_a_context_that_has_seen_every_word_keeps_its_whole_mass_without_interpolation():
    tables = build(["a a", "a b", "b a", "b b", "a", "b", "", "a b a"], 2, interpolate=False)
    np.testing.assert_allclose(masses(tables, random_contexts(tables, 5, seed=1)), 1, atol=1e-4)
