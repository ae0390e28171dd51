"""Letter bigrams and pieces go the whole way: units, training, a word n-gram, decoding, scores."""

import json

import pytest


@pytest.mark.parametrize("kind", [["--bigrams"], ["--pieces", "12"]])
def test_a_network_of_units_of_several_letters_trains_and_speaks_words(run, data, tmp_path, monkeypatch, kind):
    if kind[0] == "--pieces":
        pytest.importorskip("sentencepiece")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = run("prepare", "units", data / "train.jsonl", *kind, "-o", tmp_path / "units.txt")
    assert made.code == 0, made.stderr
    trained = run("train", data / "train.jsonl", "--dev", data / "dev.jsonl", "--config", data / "settings.toml",
                  "--units", tmp_path / "units.txt", "--run", tmp_path / "run")
    assert trained.code == 0, trained.stderr
    built = run("lm", "build", data / "train.jsonl", "--order", "2", "-o", tmp_path / "lm.arpa")
    assert built.code == 0, built.stderr
    said = run("decode", tmp_path / "run", data / "dev.jsonl", "--lm", tmp_path / "lm.arpa", "--lexicon", "hard",
               "--nbest", "5")
    assert said.code == 0, said.stderr
    texts = {json.loads(line)["text"] for line in (data / "train.jsonl").read_text().splitlines()}
    known = {word for text in texts for word in text.split()}
    for record in map(json.loads, said.stdout.splitlines()):
        assert set(record["pred_text"].split()) <= known
        assert [word["word"] for word in record["words"]] == record["pred_text"].split()
        candidates = [one["text"] for one in record["nbest"]]
        assert len(set(candidates)) == len(candidates)
