"""Perplexities are those of KenLM's query, line by line."""

import kenlm
import pytest
from model_checks import LMPLZ, novels

from ds2cli.language.model import load_ngram_model
from ds2cli.language.perplexity import score_lines, score_text

MODELS = ["an4-train.o3", "an4-train.o5", "novels4k.o4.prune0122", "novels60.o4.fallback"]
LINES = [*novels()[-60:], "", "words that nobody wrote xyzzy", "xyzzy"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", MODELS)
def test_lines_score_as_kenlm_scores_them(name):
    path = LMPLZ / f"{name}.arpa.gz"
    theirs = kenlm.Model(str(path))
    ours = list(score_lines(load_ngram_model(path), [line.encode().split() for line in LINES]))
    for line, score in zip(LINES, ours, strict=True):
        full = list(theirs.full_scores(line))
        assert score.log10_prob == pytest.approx(sum(p for p, _, _ in full), abs=1e-4)
        assert score.log10_oov == pytest.approx(sum(p for p, _, oov in full if oov), abs=1e-4)
        assert (score.tokens, score.oov) == (len(full), sum(oov for _, _, oov in full))


def test_the_perplexities_of_a_text_are_those_of_its_words():
    path = LMPLZ / "novels4k.o4.prune0122.arpa.gz"
    full = [word for line in LINES for word in kenlm.Model(str(path)).full_scores(line)]
    total = score_text(load_ngram_model(path), [line.encode().split() for line in LINES])
    known = [p for p, _, oov in full if not oov]
    assert total.perplexity == pytest.approx(10 ** (-sum(p for p, _, _ in full) / len(full)), rel=1e-5)
    assert total.perplexity_without_oov == pytest.approx(10 ** (-sum(known) / len(known)), rel=1e-5)
    assert total.lines == len(LINES)
