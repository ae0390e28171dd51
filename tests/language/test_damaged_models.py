"""Whatever a model's file holds, there is an answer or an error that names it; never a crash, no other exception."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from mutations import mutated

from ds2cli import _kernels
from ds2cli.errors import LanguageModelError
from ds2cli.language.arpa import read_arpa
from ds2cli.language.kenlm_binary import kernel_of_bytes
from ds2cli.language.model import NgramModel, load_ngram_model

DATA = Path(__file__).parent / "data"
MUTATIONS = 1000
TYPES = ["probing", "rest", "trie", "quantised", "arrays", "quantised-arrays"]
LINES = (DATA / "small.txt").read_text().splitlines()


def ask(model: NgramModel) -> None:
    for line in LINES:
        assert np.isfinite(model.score(line)).all()
    _ = model.words
    for word in range(0, model.kernel.bound, 7):
        model.kernel.score_tokens(np.array([word], np.uint32), True)


@pytest.mark.parametrize("kind", TYPES)
def test_a_mutated_binary_is_answered_or_named(kind):
    content, generator = (DATA / f"small.{kind}.bin").read_bytes(), np.random.default_rng(1)
    answered = 0
    for _ in range(MUTATIONS):
        try:
            ask(NgramModel(kernel_of_bytes(np.frombuffer(mutated(content, generator), np.uint8), "m.bin"), "m.bin"))
            answered += 1
        except LanguageModelError as problem:
            assert "`m.bin`" in str(problem) and problem.hint
    assert 0 < answered < MUTATIONS


def test_a_mutated_arpa_is_answered_or_named(tmp_path):
    content, generator = gzip.decompress((DATA / "small.arpa.gz").read_bytes()), np.random.default_rng(2)
    path, answered = tmp_path / "m.arpa", 0
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(content, generator))
        try:
            ask(load_ngram_model(path, use_cache=False))
            answered += 1
        except LanguageModelError as problem:
            assert "m.arpa`" in str(problem) and problem.hint
    assert 0 < answered < MUTATIONS


def test_reading_and_loading_an_arpa_agree_on_what_is_wrong(tmp_path):
    content, generator = (DATA / "toy.arpa").read_bytes(), np.random.default_rng(3)
    path = tmp_path / "m.arpa"

    def outcome(read) -> str:
        try:
            return str(read(path).notes)
        except LanguageModelError as problem:
            return str(problem)

    for _ in range(MUTATIONS // 4):
        path.write_bytes(mutated(content, generator))
        assert outcome(read_arpa) == outcome(lambda path: load_ngram_model(path, use_cache=False))


def test_a_coqui_scorer_is_named_with_what_can_be_done(run, tmp_path):
    """A trie without its words, and a dictionary of Coqui's behind it."""
    content = bytearray((DATA / "small.trie.bin").read_bytes())
    content[88 + 12] = 0
    (tmp_path / "kenlm.scorer").write_bytes(bytes(content) + b"EIRT" + bytes(100))
    ran = run("lm", "info", tmp_path / "kenlm.scorer")
    assert ran.code == 2 and "was built without its words" in ran.stderr and "a Coqui scorer" in ran.stderr


def test_a_word_numbered_beyond_the_vocabulary_is_named():
    content = bytearray((DATA / "small.probing.bin").read_bytes())
    counts = np.frombuffer(content, np.uint64, 4, 108)
    table = 144 + 8 + 12 * np.arange(int(counts[0] * 1.5))
    for entry in table.tolist():
        content[entry + 8 : entry + 12] = b"\xff\xff\xff\x7f"
    with pytest.raises(LanguageModelError, match="`wild.bin` is damaged: a word's number is beyond its vocabulary"):
        kernel_of_bytes(np.frombuffer(bytes(content), np.uint8), "wild.bin")


def test_a_probability_that_is_no_number_is_named_when_it_is_met():
    content = bytearray((DATA / "small.trie.bin").read_bytes())
    words = _kernels.NgramModel(np.frombuffer(bytes(content), np.uint8)).counts[0]
    unigrams = 144 + 8 + 8 * words
    for word in range(words):
        content[unigrams + 16 * word : unigrams + 16 * word + 4] = np.float32("nan").tobytes()
    model = NgramModel(kernel_of_bytes(np.frombuffer(bytes(content), np.uint8), "nan.bin"))
    with pytest.raises(LanguageModelError, match="`nan.bin` is damaged: a probability is not a number"):
        model.score("zzz zzz")
