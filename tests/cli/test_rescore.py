"""ds2 decode --rescore: a second language model ranks the list of the first anew."""

import json
import shutil

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
    import numpy as np

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
            file.add({"id": str(number), "text": "yet"}, log_probs)
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
    (("--greedy", "--rescore", "second.arpa"), "--greedy, and what takes a beam search"),
    (("--rescore", "gone.arpa"), "no such file"),
    (("--rescore", "others.arpa"), "does not fit"),
    (("--rescore", "second.arpa", "--rescore-nbest", "0"), "rescore_nbest"),
    (("--stream", "--rescore", "second.arpa"), "--rescore is for recordings"),
])  # fmt: skip
def test_what_makes_no_sense_is_said(run, folder, monkeypatch, flags, said):
    monkeypatch.chdir(folder)
    ran = run("decode", folder, "dev.npz", *flags)
    assert ran.code == 2 and said in ran.stderr and "hint: " in ran.stderr


def test_python_does_the_same(run, folder, tmp_path):
    import numpy as np

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
    import numpy as np

    saved = LogProbFile(folder / "dev.npz")
    (tmp_path / "labels.txt").write_text("".join(f"{name}\n" for name in saved.units.names[1:]))
    np.savez(tmp_path / "logits.npz", **{str(record["id"]): np.roll(array, -1, axis=1) for record, array in saved})
    found = records(run("decode", tmp_path / "logits.npz", "--units", tmp_path / "labels.txt", "--blank", "last",
                        "--lm", folder / "first.arpa", "--rescore", folder / "second.arpa"))
    assert [one["pred_text"] for one in found] == ["yet"] * 3
