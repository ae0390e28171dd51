"""ds2 decode --rescore: a second language model ranks the list of the first anew."""

import json
import shutil
import tomllib

import numpy as np
import pytest

import ds2cli
from ds2cli.decoding.log_probs import LogProbFile

# The first model likes what was heard; the second knows what is said.
FIRST = """\\data\\
ngram 1=5

\\1-grams:
-3\t<unk>
-99\t<s>
-1\t</s>
-0.5\tyes
-0.5\tyet

\\end\\
"""
SECOND = FIRST.replace("-0.5\tyet", "-0.1\tyet").replace("-0.5\tyes", "-2\tyes")
OTHERS = FIRST.replace("yes", "aye").replace("yet", "nay")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run, two models, and log-probs of `yes`, a little likelier than `yet`."""
    from ds2cli.config import Config, FeatureConfig, ModelConfig
    from ds2cli.decoding.log_probs import LogProbWriter
    from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
    from ds2cli.model.recogniser import Recogniser
    from ds2cli.text.units import units_of

    folder = tmp_path_factory.mktemp("rescore")
    units = units_of(["yest "])
    config = Config(FeatureConfig(kind="mel", n_mels=16),
                    ModelConfig((2,), conv_kernels=((5, 5),), conv_strides=((2, 2),), rnn_layers=1, rnn_size=4))
    save_checkpoint(folder / "best.safetensors", Checkpoint(config, units, Recogniser(config, units).state_dict(), {}))
    (folder / "first.arpa").write_text(FIRST)
    (folder / "second.arpa").write_text(SECOND)
    (folder / "others.arpa").write_text(OTHERS)
    with LogProbWriter(folder / "dev.npz", units, 0.02) as file:
        for number in range(3):
            frames = np.full((5, len(units)), 0.01)
            for t, letter in enumerate("yet"):
                frames[t + 1, units.encode(letter)[0]] = 0.9
            frames[3, units.encode("s")[0]] = 1.0
            frames[[0, 4], 0] = 0.9
            log_probs = np.log(frames / frames.sum(1, keepdims=True)).astype(np.float32)
            file.add({"id": str(number), "text": "yet", "speaker": "ab"[number % 2]}, log_probs)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def records(ran) -> list[dict]:
    assert ran.code == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def first_pass(folder) -> tuple:
    return "decode", folder, folder / "dev.npz", "--lm", folder / "first.arpa", "--alpha", "1", "--beta", "1"


def test_the_second_model_decides(run, folder):
    alone = records(run(*first_pass(folder), "--nbest", "2"))
    second = records(run(*first_pass(folder), "--nbest", "2", "--rescore", folder / "second.arpa"))
    assert [one["pred_text"] for one in alone] == ["yes"] * 3 and [one["pred_text"] for one in second] == ["yet"] * 3
    ln10 = 2.302585
    for before, after in zip(alone, second, strict=True):
        best, other = after["nbest"]
        assert [one["text"] for one in after["nbest"]] == ["yet", "yes"] and best["score"] == after["score"]
        assert best["score"]["lm"] == pytest.approx(-1.1 * ln10, abs=1e-3)  # yet, </s>
        assert other["score"]["lm"] == pytest.approx(-3 * ln10, abs=1e-3)
        for one in after["nbest"]:
            score = one["score"]
            assert score["total"] == pytest.approx(score["acoustic"] + score["lm"] + 1, abs=1e-3)
        assert best["score"]["acoustic"] == before["nbest"][1]["score"]["acoustic"]
        assert [(one["word"], one["start"]) for one in after["words"]] == [("yet", before["words"][0]["start"])]


def test_its_weights_and_the_length_of_the_list_are_flags(run, folder):
    asked = (*first_pass(folder), "--rescore", folder / "second.arpa")
    (score, *_) = [one["score"] for one in records(run(*asked, "--rescore-alpha", "0.5", "--rescore-beta", "-2"))]
    assert score["total"] == pytest.approx(score["acoustic"] + 0.5 * score["lm"] - 2, abs=1e-3)
    assert {one["pred_text"] for one in records(run(*asked, "--rescore-nbest", "1"))} == {"yes"}  # a list of one
    assert {one["pred_text"] for one in records(run(*asked, "--rescore-alpha", "0"))} == {"yes"}


def test_without_a_first_model_sound_makes_the_list(run, folder):
    found = records(run("decode", folder, folder / "dev.npz", "--rescore", folder / "second.arpa"))
    assert [one["pred_text"] for one in found] == ["yet"] * 3


def test_a_run_brings_its_second_model_with_its_first(run, folder, tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    kept = 'lm = "first.arpa"\nrescore = "second.arpa"\nalpha = 1.0\nbeta = 1.0\nrescore_alpha = 1.5\n'
    (mine / "decoding.toml").write_text(kept)
    asked = (*first_pass(folder), "--rescore", folder / "second.arpa", "--rescore-alpha", "1.5")
    assert records(run("decode", mine, mine / "dev.npz")) == records(run(*asked))
    named = records(run("decode", mine, mine / "dev.npz", "--lm", folder / "first.arpa"))
    assert [one["pred_text"] for one in named] == ["yes"] * 3
    (mine / "decoding.toml").write_text('lm = "first.arpa"\nrescore = "gone.arpa"\n')
    ran = run("decode", mine, mine / "dev.npz")
    assert ran.code == 2 and "no such language model: `gone.arpa`" in ran.stderr and "--rescore" in ran.stderr


@pytest.mark.parametrize("flags, said", [
    (("--rescore-alpha", "1"), "there is none"),
    (("--greedy", "--rescore", "second.arpa"), "--greedy together with settings of the beam search"),
    (("--rescore", "gone.arpa"), "no such file"),
    (("--rescore", "others.arpa"), "does not fit"),
    (("--rescore", "second.arpa", "--rescore-nbest", "0"), "rescore_nbest"),
    (("--stream", "--rescore", "second.arpa"), "--rescore does not work on a stream"),
])  # fmt: skip
def test_what_makes_no_sense_is_said(run, folder, monkeypatch, flags, said):
    monkeypatch.chdir(folder)
    ran = run("decode", folder, "dev.npz", *flags)
    assert ran.code == 2 and said in ran.stderr and "hint: " in ran.stderr


def test_python_does_the_same(run, folder, tmp_path):
    noise = np.random.default_rng(0).normal(size=8000).astype(np.float32) * 0.1
    weights = {"alpha": 1.0, "beta": 1.0, "rescore_alpha": 1.5}
    heard = ds2cli.load(folder, lm=folder / "first.arpa", rescore=folder / "second.arpa", decoding=weights, jobs=1)
    said = heard.transcribe((noise, 16000), n_best=3)
    assert said.n_best[0].score == said.score
    for one in said.n_best:
        n_words = len(one.text.split())
        known = sum(word in ("yes", "yet") for word in one.text.split())
        if known == n_words:
            expected = one.score.acoustic + 1.5 * one.score.lm + n_words
            assert one.score.total == pytest.approx(expected, abs=1e-3)
    with pytest.raises(ds2cli.Ds2Error, match="there is none"):
        ds2cli.load(folder, lm=folder / "first.arpa", decoding={"rescore_alpha": 1.0})


def test_logits_of_another_toolkit_are_rescored_too(run, folder, tmp_path):
    saved = LogProbFile(folder / "dev.npz")
    (tmp_path / "labels.txt").write_text("".join(f"{name}\n" for name in saved.units.names[1:]))
    np.savez(tmp_path / "logits.npz", **{str(record["id"]): np.roll(array, -1, axis=1) for record, array in saved})
    found = records(run("decode", tmp_path / "logits.npz", "--units", tmp_path / "labels.txt", "--blank", "last",
                        "--lm", folder / "first.arpa", "--rescore", folder / "second.arpa"))
    assert [one["pred_text"] for one in found] == ["yet"] * 3


TUNING = "--alphas", "0 0.2 1", "--betas", "0 1"


def test_tune_finds_the_weights_of_the_second_pass_and_keeps_them_beside_the_first_s(run, folder, tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    (mine / "decoding.toml").write_text('lm = "first.arpa"\nrescore = "second.arpa"\nalpha = 0.25\nbeta = 1.0\n')
    asked = "tune", mine, mine / "dev.npz", "--lm", mine / "first.arpa", "--rescore", mine / "second.arpa", *TUNING
    ran = run(*asked)
    assert ran.code == 0, ran.stderr
    table = [line.split() for line in ran.stdout.splitlines()]
    assert table[0] == ["alpha\\beta", "0", "1"]
    rates = {(float(row[0]), beta): float(rate)
             for row in table[1:] for beta, rate in zip((0, 1), row[1:], strict=True)}
    for (alpha, beta), rate in rates.items():  # as if each had been decoded
        flags = "--rescore-alpha", alpha, "--rescore-beta", beta
        found = records(run("decode", mine, mine / "dev.npz", "--rescore", mine / "second.arpa", *flags))
        assert 100 * sum(one["pred_text"] != "yet" for one in found) / len(found) == pytest.approx(rate, abs=0.01)
    assert set(rates.values()) == {0.0, 100.0}
    kept = tomllib.loads((mine / "decoding.toml").read_text())
    assert kept == {"lm": "first.arpa", "rescore": "second.arpa", "alpha": 0.25, "beta": 1.0,
                    "rescore_alpha": kept["rescore_alpha"], "rescore_beta": 0.0}
    assert rates[kept["rescore_alpha"], 0] == 0.0
    assert [one["pred_text"] for one in records(run("decode", mine, mine / "dev.npz"))] == ["yet"] * 3
    trials = records(run(*asked, "--json"))
    assert [(one["rescore_alpha"], one["rescore_beta"]) for one in trials] == list(rates)


@pytest.mark.parametrize("flags", [(), ("--rescore", "second.arpa")])
def test_folds_tell_the_rate_of_weights_that_others_chose(run, folder, monkeypatch, tmp_path, flags):
    shutil.copytree(folder, tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    ran = run("tune", ".", "dev.npz", "--lm", "second.arpa" if not flags else "first.arpa", *flags, *TUNING,
              "--folds", "speaker", "--plot", "a.svg")
    assert ran.code == 0, ran.stderr
    weight = "rescore-alpha" if flags else "alpha"
    assert "speaker a: 0.00 % of 2 words, tuned on the others: " + weight in ran.stderr
    assert "speaker b: 0.00 % of 1 words" in ran.stderr and "held out by speaker: WER 0.00 %" in ran.stderr
    ran = run("tune", ".", "dev.npz", "--lm", "first.arpa", *TUNING, "--folds", "town")
    assert ran.code == 2 and "`town` has the same value" in ran.stderr


def test_each_fold_s_weights_are_the_best_of_the_others():
    from ds2cli.workflows.tune import Trial, fold_lines

    def trial(alpha, *errors):
        return Trial(alpha, 0.0, 1.0, 0.0, 0.0, 0.0, counts=np.array([(error, 10) for error in errors]))

    trials = [trial(0.5, 0, 9, 9), trial(1.0, 5, 1, 4), trial(1.5, 8, 2, 1)]
    lines = fold_lines(trials, ["a", "b", "c"], "speaker")
    by_hand = [min(trials, key=lambda one, out=out: (np.delete(one.counts[:, 0], out).sum(), one.alpha))
               for out in range(3)]
    assert [one.alpha for one in by_hand] == [1.5, 0.5, 1.0]
    errors = [int(one.counts[out, 0]) for out, one in enumerate(by_hand)]
    assert [line.split(":")[1].split("%")[0].strip() for line in lines[:3]] == [f"{10 * e:.2f}" for e in errors]
    assert lines[3] == f"held out by speaker: WER {100 * sum(errors) / 30:.2f} %"
