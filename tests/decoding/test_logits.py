"""Logits of other toolkits decode as the same log-probs in ds2's own order do, however they come."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from ds2cli.decoding.greedy import greedy_decode
from ds2cli.decoding.logits import LogitsFile, LogitsLayout, read_labels, to_log_probs
from ds2cli.errors import Ds2Error, UsageError

LETTERS = ["a", "b", "c", " "]


def logits(frames: int = 12, columns: int = 5, seed: int = 0) -> np.ndarray:
    return (3 * np.random.default_rng(seed).normal(size=(frames, columns))).astype(np.float32)


def normalised(values: np.ndarray) -> np.ndarray:
    return values - np.logaddexp.reduce(values.astype(np.float64), axis=1, keepdims=True)


def write(path, text: str):
    path.write_text(text, encoding="utf-8")
    return path


def only(path, layout: LogitsLayout):
    file = LogitsFile(path, layout, {})
    [(record, log_probs, _)] = list(file)
    return file, record, log_probs


@pytest.mark.parametrize("kind, change", [
    ("logits", lambda values: values), ("log-probs", normalised), ("probabilities", lambda v: np.exp(normalised(v))),
    ("log10-probs", lambda values: normalised(values) / np.log(10)),
])
def test_what_values_are_is_told_by_their_sums(kind, change):
    found, named = to_log_probs(change(logits()), "x")
    assert named == kind
    np.testing.assert_allclose(found, normalised(logits()), atol=1e-5)


@pytest.mark.parametrize("blank, listed, order", [
    ("last", ["a", "b", "c", "<space>"], [4, 0, 1, 2, 3]),  # NeMo
    ("first", ["a", "b", "c", "<space>"], [0, 1, 2, 3, 4]),
    ("", ["<pad>", "|", "a", "b", "c"], [0, 1, 2, 3, 4]),  # wav2vec2
    ("", ["a", "b", "<blk>", "c", "|"], [2, 0, 1, 3, 4]),
    ("<nothing>", ["a", "<nothing>", "b", "c", " "], [1, 0, 2, 3, 4]),
    ("2", ["a", "b", "c", "|"], [2, 0, 1, 3, 4]),
])
def test_the_blank_comes_first_wherever_it_was(tmp_path, blank, listed, order):
    np.save(tmp_path / "x.npy", logits())
    units = write(tmp_path / "units.txt", "\n".join(listed) + "\n")
    file, record, log_probs = only(tmp_path / "x.npy", LogitsLayout(units, blank, 0.02))
    np.testing.assert_allclose(log_probs, normalised(logits())[:, order], atol=1e-5)
    assert set(file.units.names[1:]) == set(LETTERS) and file.units.has_spaces and record == {"id": "x"}
    assert " " in greedy_decode(log_probs, file.units).text or " " not in file.units.decode(log_probs.argmax(1)).strip()


@pytest.mark.parametrize("text", [
    "<pad>\n|\na\nb\nc\n", "<pad> 0\n| 1\nc 4\nb 3\na 2\n", '["<pad>", "|", "a", "b", "c"]',
    '{"a": 2, "b": 3, "c": 4, "|": 1, "<pad>": 0}', "# Each line is a unit\n<pad>\n|\na\nb\nc\n# The end\n",
])
def test_units_are_read_as_toolkits_write_them(tmp_path, text):
    assert read_labels(write(tmp_path / "units", text)) == (["<pad>", "|", "a", "b", "c"], "")


def test_npz_safetensors_and_batches_give_the_same_utterances(tmp_path):
    from safetensors.numpy import save_file

    units = write(tmp_path / "u", "a\nb\nc\n|\n")
    layout = LogitsLayout(units, "last")
    one, two = logits(12, seed=1), logits(7, seed=2)
    batch = np.zeros((2, 12, 5), np.float32)
    batch[0], batch[1, :7] = one, two
    np.savez(tmp_path / "a.npz", u1=one, u2=two)
    save_file({"u1": one, "u2": two}, tmp_path / "a.safetensors")
    np.savez(tmp_path / "b.npz", batch=batch, lengths=np.array([12, 7]))
    answers = [list(LogitsFile(tmp_path / name, layout, {"u2": {"id": "u2", "text": "a"}}))
               for name in ("a.npz", "a.safetensors", "b.npz")]
    assert [[record["id"] for record, _, _ in answer] for answer in answers] == [
        ["u1", "u2"], ["u1", "u2"], ["batch-0000", "batch-0001"]]
    assert answers[0][1][0] == {"id": "u2", "text": "a"}
    for answer in answers[1:]:
        for (_, mine, _), (_, other, _) in zip(answer, answers[0], strict=True):
            np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("units, blank, what", [
    ("a\nb\nc\n|\n", "", "lists no blank"), ("a\nb\n", "last", "lists 2 units, but there are 5 columns"),
    ("a\nb\nc\n|\nd\n", "last", "column 4 is `d`, no blank"), ("a\nb\nc\n|\n", "7", "`7` is no column"),
    ("a 0\nb 2\n", "last", "no unit, or two, for column 1"), ('{"a": "b"}', "last", "does not list units"),
    ("a\na\nb\n|\n", "last", "listed twice"), ("<pad>\n<blk>\na\nb\n|\n", "", "several units that could be the blank"),
])
def test_units_that_do_not_fit_are_named(tmp_path, units, blank, what):
    np.save(tmp_path / "x.npy", logits())
    with pytest.raises(UsageError, match=what) as caught:
        only(tmp_path / "x.npy", LogitsLayout(write(tmp_path / "u", units), blank))
    assert caught.value.hint


def test_files_that_are_none_are_named(tmp_path):
    layout = LogitsLayout(write(tmp_path / "u", "a\nb\nc\n|\n"), "last")
    np.savez(tmp_path / "objects.npz", x=np.array([logits(), None], object))
    np.save(tmp_path / "flat.npy", np.zeros(5))
    np.savez(tmp_path / "empty.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "objects.npz").read_bytes()[:90])
    for name, what in (("objects.npz", "Python objects"), ("flat.npy", "shape"), ("empty.npz", "no arrays"),
                       ("cut.npz", "damaged"), ("none.npz", "no such file")):
        with pytest.raises(UsageError, match=what):
            only(tmp_path / name, layout)


def test_mutated_files_of_arrays_are_answered_or_named(tmp_path):
    generator, path = np.random.default_rng(5), tmp_path / "m.npz"
    layout = LogitsLayout(write(tmp_path / "u", "a\nb\nc\n|\n"), "last")
    np.savez(tmp_path / "whole.npz", u1=logits(), u2=logits(7))
    content = (tmp_path / "whole.npz").read_bytes()
    answered = 0
    for _ in range(1000):
        changed = bytearray(content)
        for at in generator.integers(0, len(changed), generator.integers(1, 6)).tolist():
            changed[at] = int(generator.integers(256))
        path.write_bytes(bytes(changed[: len(changed) - int(generator.integers(0, 2) * generator.integers(0, 300))]))
        try:
            answered += len(list(LogitsFile(path, layout, {}))) > 0
        except Ds2Error:
            pass
    assert answered


@pytest.fixture
def small_model(tmp_path):
    """A 2-gram of words of a and b, as ARPA."""
    from ds2cli.language.model_file import write_model

    sys.path.insert(0, str(Path(__file__).parents[1] / "language"))
    from model_checks import build

    write_model(build(["ab ba", "b ab", "ba b ab", "ab", "b b", "ba ba ab"], 2), tmp_path / "lm.arpa")
    return tmp_path / "lm.arpa"


def theirs(arpa) -> list[list]:
    """[seed, text, acoustic, total] of pyctcdecode, with a beam for all paths; words of the model alone."""
    from pyctcdecode import build_ctcdecoder

    from ds2cli.language.arpa import read_arpa

    words = [word for word in read_arpa(arpa).words if word[0] != "<"]
    decoder = build_ctcdecoder(["a", "b", " ", ""], str(arpa), words, alpha=0.6, beta=1.1)
    wide = {"beam_width": 5000, "beam_prune_logp": -1e9, "token_min_logp": -1e9}
    return [[seed, text, round(float(acoustic), 5), round(float(total), 5)] for seed in range(8)
            for text, _, _, acoustic, total in decoder.decode_beams(normalised(logits(8, 4, seed)), **wide)[:40]]


@pytest.mark.parametrize("are_frozen", [True, False], ids=["frozen", "installed"])
def test_scores_equal_pyctcdecodes_where_both_add_up_every_path(small_model, are_frozen):
    """pyctcdecode-scores.json is what `theirs` said with pyctcdecode 0.5.0 and kenlm 0.3.0."""
    from ds2cli.decoding.beam import BeamDecoder
    from ds2cli.decoding.settings import DecodingConfig
    from ds2cli.language.model import load_ngram_model
    from ds2cli.text.units import BLANK_NAME, Units

    if are_frozen:
        expected = json.loads((Path(__file__).parent / "pyctcdecode-scores.json").read_text())
    else:
        pytest.importorskip("pyctcdecode")
        expected = theirs(small_model)
    units = Units((BLANK_NAME, "a", "b", " "))
    config = DecodingConfig(alpha=0.6, beta=1.1, lexicon="hard", beam=2000, score_threshold=0.0)
    decoder = BeamDecoder(units, config, load_ngram_model(small_model, use_cache=False))
    found = {}
    for seed in range(8):
        log_probs = np.ascontiguousarray(normalised(logits(8, 4, seed)).astype(np.float32)[:, [3, 0, 1, 2]])
        found.update({(seed, one.text): one for one in decoder.decode(log_probs, n_best=50)})
    compared = 0
    for seed, text, acoustic, total in expected:
        if (one := found.get((seed, text))) is None:
            continue
        assert one.acoustic == pytest.approx(acoustic, abs=1e-4)
        if one.total - total < 10:  # else a space at a path's end was scored as one more, unknown word
            assert one.total == pytest.approx(total, abs=1e-4)
            compared += 1
    assert compared > 20


def test_the_command_decodes_them_and_says_what_they_were(run, tmp_path):
    np.savez(tmp_path / "x.npz", u1=logits())
    units = write(tmp_path / "vocab.json", json.dumps({"<pad>": 0, "|": 1, "a": 2, "b": 3, "c": 4}))
    ran = run("decode", tmp_path / "x.npz", "--units", units, "--frame-seconds", "0.02")
    record = json.loads(ran.stdout)
    assert ran.code == 0 and record["id"] == "u1" and f"{tmp_path / 'x.npz'}: logits" in ran.stderr
    assert set(record["pred_text"]) <= set(LETTERS)


def test_an_utterance_that_is_not_a_number_is_named_and_skipped(run, tmp_path):
    broken = logits()
    broken[3, 2] = np.nan
    np.savez(tmp_path / "x.npz", u1=broken, u2=logits())
    units = write(tmp_path / "units.txt", "a\nb\nc\n|\n")
    ran = run("decode", tmp_path / "x.npz", "--units", units, "--blank", "last", "-o", tmp_path / "out.jsonl")
    assert ran.code == 3 and "`u1`: not a number, in frame 3" in ran.stderr and "half-precision" in ran.stderr
    assert json.loads((tmp_path / "out.jsonl").read_text())["id"] == "u2"


def test_a_blank_that_is_another_column_is_doubted(run, tmp_path):
    values = logits(50)
    values[::2, 4] += 20
    np.savez(tmp_path / "x.npz", u1=values)
    units = write(tmp_path / "units.txt", "a\nb\nc\n|\n")
    wrong = run("decode", tmp_path / "x.npz", "--units", units, "--blank", "first")
    assert "column 4 in" in wrong.stderr and "is that the blank?" in wrong.stderr
    assert "is that the blank?" not in run("decode", tmp_path / "x.npz", "--units", units, "--blank", "last").stderr


def test_without_units_the_command_asks_for_them(run, tmp_path):
    np.savez(tmp_path / "x.npz", u1=logits())
    np.save(tmp_path / "x.npy", logits())
    for name in ("x.npz", "x.npy"):
        for words in (["decode", "english", tmp_path / name], ["decode", tmp_path / name],
                      ["tune", "english", tmp_path / name, "--lm", "x"]):
            ran = run(*words)
            assert ran.code == 2 and "was not written by ds2" in ran.stderr and "--units vocab.json" in ran.stderr
    assert run("decode", tmp_path / "x.npz", "--blank", "last").code == 2


def test_tune_takes_them_with_the_records_that_hold_their_texts(run, tmp_path):
    np.savez(tmp_path / "x.npz", u1=logits(), u2=logits(9, seed=4))
    units = write(tmp_path / "units.txt", "a\nb\nc\n|\n")
    write(tmp_path / "text", "ab c\nc\nab\n")
    write(tmp_path / "dev.jsonl", '{"id": "u1", "text": "ab c"}\n{"id": "u2", "text": "c"}\n')
    assert run("lm", "build", tmp_path / "text", "--order", "2", "-o", tmp_path / "lm.arpa").code == 0
    ran = run("tune", tmp_path / "x.npz", "--units", units, "--blank", "last", "--records", tmp_path / "dev.jsonl",
              "--lm", tmp_path / "lm.arpa", "--alphas", "0.5", "1", "--betas", "0", "--lm-lookaheads", "1",
              "--blank-penalties", "0")
    assert ran.code == 0 and "logits have no run; name them in your commands" in ran.stderr
