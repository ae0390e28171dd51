"""Scores equal KenLM's and the definition's, from any kind of file; damaged files are errors, caches are renewed."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kenlm
import numpy as np
import pytest
from arpa_models import backoff_score, random_tables, to_arpa

from ds2cli.errors import LanguageModelError
from ds2cli.language.arpa import read_arpa
from ds2cli.language.kenlm_binary import write_probing
from ds2cli.language.model import load_ngram_model
from ds2cli.language.ngrams import NgramTables

DATA = Path(__file__).parent / "data"
SENTENCES = ["", "yes", "no", "yes no über", "no no no", "yes maybe no", "über über yes", "maybe maybe"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def kenlm_scores(path, sentence: str) -> list[float]:
    config = kenlm.Config()
    config.show_progress = False
    return [score for score, _, _ in kenlm.Model(str(path), config).full_scores(sentence)]


@pytest.mark.parametrize("name", ["toy.arpa", "toy.probing.bin", "toy.trie.bin", "toy.quantised.bin"])
def test_scores_equal_kenlms_word_by_word_for_every_type_of_file(name):
    model = load_ngram_model(DATA / name)
    assert set(model.words) == {"<unk>", "<s>", "</s>", "yes", "no", "über"} and model.order == 3
    for sentence in SENTENCES:
        np.testing.assert_allclose(model.score(sentence), kenlm_scores(DATA / name, sentence), atol=1e-5)


TYPES = ["probing", "rest", "trie", "quantised", "arrays", "quantised-arrays"]


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_binary_scores_as_kenlm_does_to_the_last_bit(kind):
    path = DATA / f"small.{kind}.bin"
    model, theirs = load_ngram_model(path), kenlm.Model(str(path))
    lines = (DATA / "small.txt").read_text().splitlines()
    shuffled = np.random.default_rng(1).permutation(" ".join(lines).split())
    for line in [*lines, *(" ".join(part) for part in np.array_split(shuffled, 9)), "", "zzz the zzz"]:
        assert model.score(line).tolist() == [score for score, _, _ in theirs.full_scores(line)]


def test_threads_under_load_get_the_scores_that_one_thread_gets():
    lines = (DATA / "small.txt").read_text().splitlines()
    for kind in TYPES:
        model = load_ngram_model(DATA / f"small.{kind}.bin")
        alone = [model.score(line) for line in lines]

        def ask(number: int, model=model, alone=alone) -> bool:
            return all(np.array_equal(model.score(lines[at % 9]), alone[at % 9]) for at in range(number, number + 300))

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, range(8)))


def test_words_are_numbered_as_they_are_listed_and_read_only_when_asked_for():
    model = load_ngram_model(DATA / "small.quantised-arrays.bin")
    model.score("the old man")
    assert "words" not in vars(model)
    assert model.words[0] == "<unk>"
    assert model.ids([word.encode() for word in model.words]).tolist() == list(range(len(model.words)))


@pytest.mark.parametrize("kind", TYPES)
def test_words_that_are_not_utf8_are_an_error_in_every_type(tmp_path, kind):
    content = (DATA / f"small.{kind}.bin").read_bytes()
    start = content.rindex(b"<unk>\0") + 10  # within the words
    path = tmp_path / "latin.bin"
    path.write_bytes(content[:start] + b"\xe9" + content[start + 1 :] if content[start] else content)
    with pytest.raises(LanguageModelError, match="`.*latin.bin`: word [0-9]+ is not UTF-8") as caught:
        load_ngram_model(path)
    assert "iconv" in caught.value.hint


@pytest.mark.parametrize("seed", range(12))
def test_scores_equal_the_definition_and_kenlm_reads_our_binary(tmp_path, seed):
    words = ["a", "b", "c", "d"]
    tables = random_tables(words, order=2 + seed % 4, seed=seed)
    binary = tmp_path / "model.bin"
    write_probing(tables, binary)
    model = load_ngram_model(binary)
    generator = np.random.default_rng(seed)
    for _ in range(20):
        sentence = [*generator.choice([*words, "x"], generator.integers(0, 7)), "</s>"]
        ids = [tables.words.index(word) if word in tables.words else 0 for word in sentence]
        expected = [backoff_score(tables, (1, *ids[:i]), word) for i, word in enumerate(ids)]
        text = " ".join(sentence[:-1])
        np.testing.assert_allclose(model.score(text), expected, atol=1e-5)
        np.testing.assert_allclose(kenlm_scores(binary, text), expected, atol=1e-5)


def test_n_grams_whose_parts_were_pruned_away_keep_their_scores(tmp_path):
    full = random_tables(["a", "b", "c"], order=4, seed=3, keep=0.7)
    generator = np.random.default_rng(0)
    keep = [np.ones(full.counts[0], bool), *(generator.random(count) < 0.5 for count in full.counts[1:-1]),
            np.ones(full.counts[-1], bool)]
    pruned = NgramTables(full.words, *([array[rows] for array, rows in zip(arrays, keep, strict=False)] for arrays in
                                       (full.ngrams, full.log10_probs, full.log10_backoffs)))
    path = tmp_path / "pruned.arpa"
    path.write_text(to_arpa(pruned), encoding="utf-8")
    model = load_ngram_model(path)
    for _ in range(50):
        sentence = list(generator.choice(["a", "b", "c"], 6))
        ids = [pruned.words.index(word) for word in [*sentence, "</s>"]]
        expected = [backoff_score(pruned, (1, *ids[:i]), word) for i, word in enumerate(ids)]
        np.testing.assert_allclose(model.score(" ".join(sentence)), expected, atol=1e-5)


def test_a_unigram_model_which_kenlm_cannot_load_is_read(tmp_path):
    tables = random_tables(["a", "b"], order=1, seed=0)
    path = tmp_path / "one.arpa"
    path.write_text(to_arpa(tables), encoding="utf-8")
    np.testing.assert_allclose(load_ngram_model(path).score("a b x"), tables.log10_probs[0][[3, 4, 0, 2]], atol=1e-6)


def test_an_arpa_is_converted_once_and_again_when_it_changes(tmp_path):
    path = tmp_path / "model.arpa"
    path.write_bytes((DATA / "toy.arpa").read_bytes())
    load_ngram_model(path)
    cached = list((tmp_path / "cache" / "ds2").glob("*.bin"))
    assert len(cached) == 1
    stamp = cached[0].stat().st_mtime_ns
    load_ngram_model(path)
    assert cached[0].stat().st_mtime_ns == stamp
    path.write_text(path.read_text(encoding="utf-8").replace("-0.5229\tyes", "-0.9\tyes"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert load_ngram_model(path).score("no yes")[1] == pytest.approx(-0.2 - 0.1761 - 0.9, abs=0.3)
    kept = sorted(found.suffix for found in (tmp_path / "cache" / "ds2").iterdir())
    assert kept == [".bin", ".notes"] and not cached[0].exists()  # the old one has gone
    assert "cache" not in load_ngram_model(path).path


def test_what_is_odd_about_a_file_is_said_each_time_it_is_loaded(tmp_path):
    path = tmp_path / "model.arpa"
    text = (DATA / "toy.arpa").read_text(encoding="utf-8").replace("ngram 1=6", "ngram 1=7")
    path.write_text(text.replace("\\1-grams:\n", "\\1-grams:\n-0.5\tno\t-0.5\n"), encoding="utf-8")
    first, second = load_ngram_model(path), load_ngram_model(path)
    assert first.notes == second.notes and "1-gram more than once (`no`)" in first.notes[0]


def test_a_damaged_cache_is_made_again(tmp_path):
    expected = load_ngram_model(DATA / "toy.arpa").score("yes no")
    cached = next((tmp_path / "cache" / "ds2").glob("*.bin"))
    cached.write_bytes(cached.read_bytes()[:300])
    np.testing.assert_array_equal(load_ngram_model(DATA / "toy.arpa").score("yes no"), expected)


def test_without_a_writable_cache_the_model_still_loads(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(load_ngram_model(DATA / "toy.arpa").score("yes")) == 2


@pytest.mark.parametrize("size", [40, 100, 200, 400, -1])
def test_a_truncated_binary_is_an_error(tmp_path, size):
    path = tmp_path / "cut.bin"
    path.write_bytes((DATA / "toy.probing.bin").read_bytes()[:size])
    with pytest.raises(LanguageModelError, match="cut.bin"):
        load_ngram_model(path)


@pytest.mark.parametrize("kind", TYPES)
def test_a_binary_of_any_type_cut_short_anywhere_is_an_error(tmp_path, kind):
    content, path = (DATA / f"small.{kind}.bin").read_bytes(), tmp_path / "cut.bin"
    for size in [*range(100, len(content), 997), len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(LanguageModelError, match="cut.bin"):
            load_ngram_model(path)


def test_an_unfinished_or_older_binary_is_an_error(tmp_path):
    path = tmp_path / "old.bin"
    path.write_bytes((DATA / "toy.probing.bin").read_bytes().replace(b"version 5", b"version 4"))
    with pytest.raises(LanguageModelError, match="version 5"):
        load_ngram_model(path)


def test_the_tables_read_and_the_binary_made_of_them_agree_in_size(tmp_path):
    tables = read_arpa(DATA / "toy.arpa")
    write_probing(tables, tmp_path / "toy.bin")
    assert (tmp_path / "toy.bin").stat().st_size == (DATA / "toy.probing.bin").stat().st_size
