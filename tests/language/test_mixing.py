"""A mixed model says the weighted sum of what its parts say, sums to one, and suits the dev text."""

import numpy as np
import pytest
from arpa_models import backoff_score
from model_checks import as_dicts, assert_same_model, build, masses, novels, random_contexts, random_lines

from ds2cli.language.combine.mixing import fit_weights, mix


@pytest.fixture(scope="module")
def parts():
    lines = novels()
    return [build(lines[:40], 3), build(lines[40:90], 2), build(lines[90:120], 3, (0, 1, 1))]


WEIGHTS = [0.5, 0.3, 0.2]


def says(tables, gram: tuple[str, ...]) -> float:
    """p(last word | words before) of one part; nothing for a word that it does not know."""
    number = {word: index for index, word in enumerate(tables.words)}
    if gram[-1] not in number:
        return 0.0
    known = [number.get(word, number["<unk>"]) for word in gram]
    return 10 ** backoff_score(tables, tuple(known[:-1]), known[-1])


def test_every_listed_n_gram_has_the_weighted_sum(parts):
    mixed = as_dicts(mix(parts, WEIGHTS))
    generator = np.random.default_rng(0)
    for n, grams in enumerate(mixed):
        names = [gram for gram in grams if gram != ("<s>",)]
        for place in generator.integers(len(names), size=60):
            gram = names[place]
            expected = sum(weight * says(part, gram) for weight, part in zip(WEIGHTS, parts, strict=True))
            assert 10 ** grams[gram][0] == pytest.approx(expected, rel=1e-4), (n, gram)


def test_the_union_of_n_grams_is_listed(parts):
    mixed = as_dicts(mix(parts, WEIGHTS))
    for n, grams in enumerate(mixed):
        listed = set().union(*(as_dicts(part)[n].keys() for part in parts if part.order > n))
        assert grams.keys() == listed


def test_every_context_of_a_mixture_sums_to_one(parts):
    mixed = mix(parts, WEIGHTS)
    contexts = random_contexts(mixed, 6, seed=5)
    assert masses(mixed, contexts) == pytest.approx([1] * len(contexts), abs=1e-5)


@pytest.mark.parametrize("by_context", [False, True])
def test_a_model_mixed_with_itself_is_itself(by_context):
    tables = build(random_lines(3), 3)
    assert_same_model(mix([tables, tables], [0.4, 0.6], by_context), tables, 2e-5)


def expected(tables, gram: tuple[str, ...]) -> float:
    """p(gram) of one part as a whole; its beginning of a sentence is given."""
    return float(np.prod([says(tables, gram[: n + 1]) for n in range(len(gram)) if gram[n] != "<s>"]))


def test_by_context_each_part_counts_as_much_as_it_expected_the_context(parts):
    mixed = as_dicts(mix(parts, WEIGHTS, by_context=True))
    generator = np.random.default_rng(0)
    for n, grams in enumerate(mixed):
        names = [gram for gram in grams if gram != ("<s>",)]
        for place in generator.integers(len(names), size=60):
            gram = names[place]
            shares = np.array([weight * expected(part, gram[:-1]) for weight, part in zip(WEIGHTS, parts, strict=True)])
            sayings = np.array([says(part, gram) for part in parts])
            assert 10 ** grams[gram][0] == pytest.approx(shares @ sayings / shares.sum(), rel=1e-4), (n, gram)


def test_by_context_every_context_sums_to_one(parts):
    mixed = mix(parts, WEIGHTS, by_context=True)
    contexts = random_contexts(mixed, 6, seed=5)
    assert masses(mixed, contexts) == pytest.approx([1] * len(contexts), abs=1e-5)


def test_by_context_a_sentence_within_the_order_has_the_weighted_sum_of_its_probabilities():
    lines = ["a b c", "a b d", "c a", "d c b", "b", "a d"]
    sentence = ("<s>", "a", "b", "d", "</s>")
    first, second = (build([line for line in lines if line is not left], 5) for left in (lines[2], lines[3]))
    mixed = mix([first, second], [0.3, 0.7], by_context=True)
    both = 0.3 * expected(first, sentence) + 0.7 * expected(second, sentence)
    assert expected(mixed, sentence) == pytest.approx(both)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_weights_make_the_text_likelier(seed):
    generator = np.random.default_rng(seed)
    probs = generator.uniform(0, 1, size=(3, 200)) ** 3
    best = fit_weights(probs)
    assert best.sum() == pytest.approx(1) and (best >= 0).all()
    likelihood = np.log(best @ probs).sum()
    for other in generator.dirichlet([1, 1, 1], size=300):
        assert np.log(other @ probs).sum() <= likelihood + 1e-3
