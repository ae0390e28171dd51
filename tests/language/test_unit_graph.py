"""The graph of an n-gram of units gives every text the n-gram's own probability."""

import itertools
import math

import numpy as np
import pytest

from ds2cli.errors import LanguageModelError
from ds2cli.language import unit_graph as module
from ds2cli.language.arpa import read_arpa
from ds2cli.language.kenlm_binary import write_probing
from ds2cli.language.model import load_ngram_model
from ds2cli.language.unit_graph import read_unit_graph
from ds2cli.text.units import BLANK_NAME, Units

SPACED = Units((BLANK_NAME, " ", "a", "b"))


@pytest.fixture(scope="module", params=["1", "2", "4", "3 --prune 0 1 2"])
def arpa(request, tmp_path_factory):
    from ds2cli.cli import main

    folder = tmp_path_factory.mktemp("lm")
    rng = np.random.default_rng(3)
    texts = ["".join(rng.choice(list("aab ab"), rng.integers(2, 12))).strip() or "a" for _ in range(80)]
    (folder / "texts.txt").write_text("\n".join(texts))
    flags = f"--units --spaces --order {request.param}".split()
    assert main(["-q", "lm", "build", str(folder / "texts.txt"), "-o", str(folder / "lm.arpa.gz"), *flags]) == 0
    return folder / "lm.arpa.gz"


def test_every_text_has_the_model_s_own_probability(arpa):
    graph, model = read_unit_graph(arpa, SPACED), load_ngram_model(arpa, use_cache=False)
    names = ["", "<space>", "a", "b"]
    for length in range(6):
        for text in itertools.product((1, 2, 3), repeat=length):
            expected = model.score(" ".join(names[unit] for unit in text)).sum() * math.log(10)
            assert graph.log_prob(text) == pytest.approx(expected, abs=1e-4)


def test_every_history_ends_in_the_unit_that_led_there(arpa):
    graph = read_unit_graph(arpa, SPACED)
    n_histories, n_units = graph.probs.shape
    for unit in range(1, n_units):
        assert (graph.last_units[graph.next[:, unit]] == unit).all()
    assert graph.last_units[0] == 0 and (graph.last_units[1:] > 0).all()
    assert not graph.probs[:, 0].any()
    assert np.all(graph.probs.sum(1) + graph.ends < 1 + 1e-5)


def test_units_may_stand_in_any_order_and_words_that_are_no_units_do_no_harm(arpa):
    graph = read_unit_graph(arpa, SPACED)
    fewer = read_unit_graph(arpa, Units((BLANK_NAME, "b", "a")))
    assert fewer.log_prob([1, 2, 2]) == pytest.approx(graph.log_prob([3, 2, 2]))


def test_a_unit_that_the_model_lacks_is_named_with_the_cure(arpa):
    with pytest.raises(LanguageModelError, match="does not know 2 of 3 units: `é`, `ü`") as caught:
        read_unit_graph(arpa, Units((BLANK_NAME, "a", "é", "ü")))
    assert "ds2 lm build TRAIN.jsonl --units --spaces" in caught.value.hint
    with pytest.raises(LanguageModelError) as caught:
        read_unit_graph(arpa, Units((BLANK_NAME, "a", "AH"), " "))
    assert "--units" not in caught.value.hint


def test_a_binary_is_called_what_it_is(arpa, tmp_path):
    write_probing(read_arpa(arpa), tmp_path / "lm.bin")
    with pytest.raises(LanguageModelError, match="is a KenLM binary, where ARPA is needed"):
        read_unit_graph(tmp_path / "lm.bin", SPACED)


def test_a_model_of_too_many_histories_is_refused_before_its_arcs_fill_the_memory(arpa, monkeypatch):
    monkeypatch.setattr(module, "MAX_ARCS", 12)
    with pytest.raises(LanguageModelError, match="too many to sum over"):
        read_unit_graph(arpa, SPACED)
