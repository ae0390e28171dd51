"""A network of phones speaks words: ds2 decode and ds2 tune with a lexicon."""

import json
import tomllib

import numpy as np
import pytest

from ds2cli.errors import Exit, TextError

PHONES = "AH EH S T W Y"
LEXICON = """;;; a remark
yes Y EH1 S
yet Y EH1 T
west W EH1 S T # said in the west
us AH1 S
us(2) AH0 S
click !CLICK
"""
ARPA = """\\data\\
ngram 1=7
ngram 2=2

\\1-grams:
-3\t<unk>\t0
-99\t<s>\t0
-1\t</s>\t0
-0.5\tyes\t0
-0.5\tyet\t0
-0.5\tus\t0
-1.5\tnowhere\t0

\\2-grams:
-0.1\tyet\tus
-3\tyes\tus

\\end\\
"""


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """A run whose units are phones, and log-probs torn between `yes us` and `yet us`: the model knows which is said."""
    from ds2cli.config import Config, FeatureConfig, ModelConfig
    from ds2cli.decoding.log_probs import LogProbWriter
    from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
    from ds2cli.model.recogniser import Recogniser
    from ds2cli.text.units import units_of

    folder = tmp_path_factory.mktemp("phones")
    units = units_of([PHONES], " ")
    config = Config(FeatureConfig(kind="mel", n_mels=16),
                    ModelConfig((2,), conv_kernels=((5, 5),), conv_strides=((2, 2),), rnn_layers=1, rnn_size=4))
    save_checkpoint(folder / "best.safetensors", Checkpoint(config, units, Recogniser(config, units).state_dict(), {}))
    (folder / "lm.arpa").write_text(ARPA)
    (folder / "lexicon.txt").write_text(LEXICON)
    with LogProbWriter(folder / "dev.npz", units, 0.02) as file:
        frames = np.full((7, len(units)), 0.01)
        for t, phone in enumerate("Y EH T AH S".split()):
            frames[t + 1, units.encode(phone)[0]] = 0.9
        frames[3, units.encode("S")[0]] = 0.95  # a little likelier than the T
        frames[[0, 6], 0] = 0.9
        log_probs = np.log(frames / frames.sum(1, keepdims=True)).astype(np.float32)
        file.add({"id": "0", "text": "yet us"}, log_probs)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_phones_become_words_and_what_the_lexicon_lacks_is_named(run, material):
    said = run("decode", material, material / "dev.npz", "--lexicon-file", material / "lexicon.txt",
               "--lm", material / "lm.arpa", "--alpha", 1, "--beta", 1)
    assert said.code == Exit.DONE, said.stderr
    record = json.loads(said.stdout)
    assert record["pred_text"] == "yet us"
    times = [(word["word"], word["start"], word["end"]) for word in record["words"]]
    assert times == [("yet", 0.02, 0.08), ("us", 0.08, 0.12)]
    assert "1 lines left out: no units for `!CLICK`" in said.stderr
    sound = run("decode", material, material / "dev.npz", "--lexicon-file", material / "lexicon.txt")
    assert json.loads(sound.stdout)["pred_text"] == "yes us"
    greedy = run("decode", material, material / "dev.npz", "--greedy")
    assert json.loads(greedy.stdout)["pred_text"] == "Y EH S AH S"


def test_a_tuned_run_comes_with_its_lexicon(run, material):
    (material / "decoding.toml").write_text('lm = "lm.arpa"\nlexicon_file = "lexicon.txt"\n')
    tuned = run("tune", material, material / "dev.npz", "--lm", material / "lm.arpa",
                "--alphas", "0 1", "--betas", "1")
    assert tuned.code == Exit.DONE, tuned.stderr
    settings = tomllib.loads((material / "decoding.toml").read_text())
    assert (settings["alpha"], settings["lm"], settings["lexicon_file"]) == (1.0, "lm.arpa", "lexicon.txt")
    assert json.loads(run("decode", material, material / "dev.npz").stdout)["pred_text"] == "yet us"
    (material / "decoding.toml").unlink()


def test_a_lexicon_of_other_units_is_refused_with_their_names(run, material, tmp_path):
    (tmp_path / "letters.txt").write_text("yes y e s\nus u s\n")
    said = run("decode", material, material / "dev.npz", "--lexicon-file", tmp_path / "letters.txt")
    assert said.code == Exit.USAGE and "2 of 2 lines have symbols that are no units: `e` `u`" in said.stderr
    missing = run("decode", material, material / "dev.npz", "--lexicon-file", tmp_path / "none.txt")
    assert missing.code == Exit.USAGE and "no such file" in missing.stderr


def test_alignment_takes_the_pronunciation_that_is_heard(material):
    from ds2cli.decoding.log_probs import LogProbFile
    from ds2cli.model.recogniser import load_recogniser
    from ds2cli.text.lexicon import read_lexicon
    from ds2cli.workflows.align import times_of

    recogniser = load_recogniser(str(material), "cpu")
    (material / "more.txt").write_text("yet W EH1 S\nyet Y EH1 T\nus AH1 S\n")
    lexicon = read_lexicon(material / "more.txt", recogniser.units)
    (_, log_probs), = LogProbFile(material / "dev.npz")
    found = times_of("YET us", log_probs, recogniser, "none", lexicon=lexicon, unit_times=True)
    assert [unit["unit"] for unit in found["unit_times"]] == ["Y", "EH", "T", "AH", "S"]
    frame = recogniser.frame_seconds
    assert [(word["word"], word["start"]) for word in found["words"]] == [
        ("YET", pytest.approx(frame, abs=1e-3)), ("us", pytest.approx(4 * frame, abs=1e-3))]
    with pytest.raises(TextError, match="`nowhere` is not in the lexicon"):
        times_of("nowhere", log_probs, recogniser, "none", lexicon=lexicon, unit_times=False)


def test_a_lexicon_of_a_models_words_reads_those_that_it_lacks(run, material, tmp_path):
    from itertools import product

    sounds = {"b": "B", "d": "D", "k": "K", "t": "T", "m": "M", "a": "A", "i": "I"}
    words = ["".join(letters) for letters in product("bdktm", "ai", "bdktm", "ai")]
    lines = [f"{word} {' '.join(sounds[letter] for letter in word)}" for word in words if word != "tami"]
    (tmp_path / "large.txt").write_text("\n".join([*lines, "bada B A D A T"]) + "\n")
    (tmp_path / "units.txt").write_text("#separator=<space>\n" + "\n".join(sorted(sounds.values())) + "\n")
    (tmp_path / "lm.arpa").write_text(ARPA.replace("yes", "tami").replace("yet", "bada").replace("us", "xyz"))
    made = run("prepare", "lexicon", tmp_path / "large.txt", "--lm", tmp_path / "lm.arpa",
               "--units", tmp_path / "units.txt")
    assert made.code == Exit.DONE, made.stderr
    assert made.stdout.splitlines() == ["bada B A D A", "bada B A D A T", "tami T A M I"]
    assert "1 of 4 words can be said" in made.stderr and "are read right" in made.stderr
    assert "1 more words read" in made.stderr


def test_pronunciations_get_the_probability_with_which_they_are_said(run, material, tmp_path):
    """Y EH T once and W EH T twice, beside two times that are shared out before anything is heard: 1, 0.5 and 0.5."""
    (tmp_path / "large.txt").write_text("yes Y EH S\nyet Y EH T\nyet W EH T\nyet Y AH T\nus AH S\n")
    (tmp_path / "units.txt").write_text("#separator=<space>\n" + "\n".join(PHONES.split()) + "\n")

    def aligned(*said: tuple[str, str]) -> str:
        words, units = [], []
        for word, phones in said:
            for unit in phones.split():
                units.append({"unit": unit, "start": len(units) * 0.1, "end": (len(units) + 1) * 0.1})
            words.append({"word": word, "start": 0.0, "end": len(units) * 0.1})
        return json.dumps({"text": " ".join(word for word, _ in said), "words": words, "unit_times": units})

    lines = [aligned(("yet", "W EH T"), ("us", "AH S"), ("YET", "W EH T")), aligned(("yet", "Y EH T")), "not JSON",
             '{"text": "yet", "words": [{"word": "yet"}], "unit_times": [{"unit": "Y"}]}', '{"text": "unaligned"}']
    (tmp_path / "aligned.jsonl").write_text("\n".join(lines) + "\n")
    command = ("prepare", "lexicon", tmp_path / "large.txt", "--lm", material / "lm.arpa", "--top", 0,
               "--units", tmp_path / "units.txt")
    made = run(*command, "--spoken", tmp_path / "aligned.jsonl", "-o", tmp_path / "weighted.txt")
    assert made.code == Exit.SKIPPED, made.stderr
    assert "line 3" in made.stderr and "line 4" in made.stderr and "line 5" not in made.stderr
    assert (tmp_path / "weighted.txt").read_text().splitlines() == [
        "yes 1 Y EH S", "yet 0.8 Y EH T", "yet 1 W EH T", "yet 0.2 Y AH T", "us 1 AH S"]
    from ds2cli.text.lexicon import read_lexicon
    from ds2cli.text.units import read_units

    lexicon = read_lexicon(tmp_path / "weighted.txt", read_units(tmp_path / "units.txt"))
    assert np.exp(lexicon.log_weights).tolist() == pytest.approx([1, 0.8, 1, 0.2, 1])
    none = run(*command, "--spoken", material / "lexicon.txt")
    assert none.code == Exit.USAGE and "--unit-times" in none.stderr
