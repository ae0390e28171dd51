"""Mandarin as a user has it: units of a standard, character n-grams of mixed text, pinyin with a lexicon."""

import json
import sys

import numpy as np
import pytest

from ds2cli.decoding.log_probs import LogProbWriter
from ds2cli.errors import Exit
from ds2cli.text.units import Units, read_units

TEXTS = ["打开let it go", "我们开会吧", "长大了", "很重要", "重庆人"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def texts(tmp_path):
    lines = [{"id": str(n), "audio_filepath": f"{n}.wav", "duration": 2.0, "text": text}
             for n, text in enumerate(TEXTS)]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def said_clearly(units: Units, text: str, share: float = 0.9) -> np.ndarray:
    """(T, V) log-probs that say a text, a frame for each unit and a blank after it."""
    path = [unit for index in units.encode(text) for unit in (index, 0)]
    frames = np.full((len(path), len(units)), (1 - share) / (len(units) - 1))
    frames[np.arange(len(path)), path] = share
    return np.log(frames).astype(np.float32)


def checkpoint(folder, units: Units) -> None:
    from ds2cli.config import Config, FeatureConfig, ModelConfig
    from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
    from ds2cli.model.recogniser import Recogniser

    config = Config(FeatureConfig(kind="mel", n_mels=16),
                    ModelConfig((2,), conv_kernels=((5, 5),), conv_strides=((2, 2),), rnn_layers=1, rnn_size=4))
    save_checkpoint(folder / "best.safetensors", Checkpoint(config, units, Recogniser(config, units).state_dict(), {}))


def test_characters_of_a_standard_are_units_whatever_the_texts_hold(run, texts):
    made = run("prepare", "units", texts / "t.jsonl", "--characters", "gb2312", "-o", texts / "units.txt")
    assert made.code == Exit.DONE and "6,790 units" in made.stderr
    alone = run("prepare", "units", "--characters", "gb2312")
    assert alone.stdout == (texts / "units.txt").read_text()
    neither = run("prepare", "units")
    assert neither.code == Exit.USAGE and "no texts" in neither.stderr
    both = run("prepare", "units", texts / "t.jsonl", "--characters", "gb2312", "--bigrams")
    assert both.code == Exit.USAGE and "--characters" in both.stderr


def test_latin_words_stay_words_in_model_decoding_times_and_scores(run, texts):
    units = texts / "units.txt"
    assert run("prepare", "units", texts / "t.jsonl", "--characters", "gb2312", "-o", units).code == Exit.DONE
    built = run("lm", "build", texts / "t.jsonl", "--words", "auto", "--order", "2", "-o", texts / "lm.arpa")
    assert built.code == Exit.DONE
    words = {line.split("\t")[1] for line in (texts / "lm.arpa").read_text().splitlines() if line.count("\t") == 2}
    assert {"let", "it", "go", "打", "开", "会"} <= words and not {"l", "打开let"} & words
    scored = run("lm", "score", texts / "lm.arpa", texts / "t.jsonl", "--words", "auto", "--json")
    assert json.loads(scored.stdout)["oov"] == 0
    checkpoint(texts, read_units(units))
    with LogProbWriter(texts / "dev.npz", read_units(units), 0.02) as file:
        for number, text in enumerate(TEXTS):
            file.add({"id": str(number), "text": text}, said_clearly(read_units(units), text))
    found = run("decode", texts, texts / "dev.npz", "--lm", texts / "lm.arpa", "--alpha", 0.3, "--beta", 0)
    assert found.code == Exit.DONE and not found.stderr, found.stderr
    records = [json.loads(line) for line in found.stdout.splitlines()]
    assert [record["pred_text"] for record in records] == TEXTS
    times = [(word["word"], word["start"]) for word in records[0]["words"]]
    assert times == [("打", 0), ("开", 0.04), ("let", 0.08), ("it", 0.24), ("go", 0.36)]
    (texts / "hyp.jsonl").write_text(found.stdout)
    table = run("score", texts / "hyp.jsonl")
    assert table.code == Exit.DONE and "CER" not in table.stderr
    tuned = run("tune", texts, texts / "dev.npz", "--lm", texts / "lm.arpa", "--alphas", "0 0.3", "--betas", "0")
    assert tuned.code == Exit.DONE and "CER 0.00 %" in tuned.stderr and "letters" not in tuned.stderr


def test_pinyin_units_speak_characters_through_a_lexicon(run, texts):
    pytest.importorskip("pypinyin")
    said = run("prepare", "pronounce", texts / "t.jsonl", "--pinyin", "-o", texts / "p.jsonl")
    assert said.code == Exit.DONE, said.stderr
    records = [json.loads(line) for line in (texts / "p.jsonl").read_text().splitlines()]
    assert records[2]["text"] == "zh ang3 d a4 l e5" and records[2]["words_text"] == "长大了"
    units = texts / "p.txt"
    assert run("prepare", "units", texts / "p.jsonl", "--separator", " ", "-o", units).code == Exit.DONE
    run("lm", "build", texts / "t.jsonl", "--words", "auto", "--order", "3", "-o", texts / "lm.arpa")
    made = run("prepare", "lexicon", "--pinyin", "--lm", texts / "lm.arpa", "-o", texts / "lexicon.txt")
    assert made.code == Exit.DONE and "words can be said" in made.stderr
    lines = (texts / "lexicon.txt").read_text().splitlines()
    assert {"长 zh ang3", "长 ch ang2", "重 zh ong4", "重 ch ong2", "go G O"} <= set(lines)
    # Of these units only: the readings that they cannot say are left out.
    some = run("prepare", "lexicon", "--pinyin", "--lm", texts / "lm.arpa", "--units", units)
    assert "长 zh ang3" in some.stdout and "了 l iao3" not in some.stdout
    checkpoint(texts, read_units(units))
    with LogProbWriter(texts / "dev.npz", read_units(units), 0.02) as file:
        for record in records:
            file.add({**record, "text": record["words_text"]}, said_clearly(read_units(units), record["text"]))
    (texts / "some.txt").write_text(some.stdout)
    found = run("decode", texts, texts / "dev.npz", "--lm", texts / "lm.arpa", "--lexicon-file", texts / "some.txt",
                "--alpha", 1, "--beta", 1)
    assert found.code == Exit.DONE, found.stderr
    # 大 and 打, 会 and 人 differ in their tones or sounds; 重 is one character with two readings.
    assert [json.loads(line)["pred_text"] for line in found.stdout.splitlines()] == TEXTS
    tuned = run("tune", texts, texts / "dev.npz", "--lm", texts / "lm.arpa", "--lexicon-file", texts / "some.txt",
                "--alphas", "0.5 1", "--betas", "1")
    assert "best: " in tuned.stderr and "0.00 %" in tuned.stderr


def test_pinyin_without_its_package_says_what_to_install(run, texts, monkeypatch):
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    run("lm", "build", texts / "t.jsonl", "--words", "auto", "--order", "1", "-o", texts / "lm.arpa")
    for words in (["pronounce", texts / "t.jsonl"], ["lexicon", "--lm", texts / "lm.arpa"]):
        asked = run("prepare", *words, "--pinyin", "-o", texts / "out")
        assert asked.code == Exit.USAGE and "ds2cli[mandarin]" in asked.stderr
        assert not (texts / "out").exists()


def test_words_are_said_by_a_lexicon_or_their_texts_are_left_out_and_named(run, tmp_path):
    lines = [{"id": str(n), "audio_filepath": "a.wav", "duration": 1, "text": text}
             for n, text in enumerate(["yes us", "yes xyz", "west"])]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "units.txt").write_text("#separator=<space>\nAH\nEH\nS\nT\nW\nY\n")
    (tmp_path / "lexicon.txt").write_text("yes Y EH1 S\nus AH1 S\nus(2) AH0 S\nwest W EH1 S T\n")
    said = run("prepare", "pronounce", tmp_path / "t.jsonl", "--lexicon-file", tmp_path / "lexicon.txt",
               "--units", tmp_path / "units.txt", "-o", tmp_path / "p.jsonl")
    assert said.code == Exit.SKIPPED and "1 texts left out: nothing says `xyz`" in said.stderr
    texts = [json.loads(line)["text"] for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert texts == ["Y EH S AH S", "W EH S T"]
    for wrong in ([], ["--pinyin", "--lexicon-file", tmp_path / "lexicon.txt"],
                  ["--lexicon-file", tmp_path / "lexicon.txt"]):
        asked = run("prepare", "pronounce", tmp_path / "t.jsonl", *wrong)
        assert asked.code == Exit.USAGE and "hint:" in asked.stderr
