"""Words that a lexicon lacks are counted and named, whichever command meets them; --lexicon is not --lexicon-file."""

import json

import pytest

from ds2cli.errors import Exit

LEXICON = "yes Y EH1 S\nyet Y EH1 T\nus AH1 S\nus(2) AH0 S\n"
TEXT = "yes us\nyes xyz\nyet us\nyes us xyz qqq\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "lexicon.txt").write_text(LEXICON)
    (tmp_path / "text.txt").write_text(TEXT)
    return tmp_path


def words_of(arpa: str) -> set[str]:
    lines = arpa.split("\\1-grams:\n")[1].split("\n\n")[0].splitlines()
    return {line.split("\t")[1] for line in lines}


def test_a_model_is_built_of_the_words_that_can_be_said(run, files):
    built = run("lm", "build", files / "text.txt", "--lexicon-file", files / "lexicon.txt", "--order", "2",
                "-o", files / "lm.arpa")
    assert built.code == Exit.DONE
    assert "does not say 2 of 5 words, 30.0 % of the text (`xyz`, `qqq`): they are <unk>" in built.stderr
    assert words_of((files / "lm.arpa").read_text()) == {"<unk>", "<s>", "</s>", "yes", "yet", "us"}
    # The same model as of a list of those words.
    (files / "words.txt").write_text("yes yet us\n")
    run("lm", "build", files / "text.txt", "--vocab", files / "words.txt", "--order", "2", "-o", files / "same.arpa")
    assert (files / "same.arpa").read_bytes() == (files / "lm.arpa").read_bytes()
    top = run("lm", "build", files / "text.txt", "--lexicon-file", files / "lexicon.txt", "--top", "2", "--order", "1",
              "-o", files / "top.arpa")
    assert top.code == Exit.DONE
    assert words_of((files / "top.arpa").read_text()) == {"<unk>", "<s>", "</s>", "yes", "us"}
    scored = run("lm", "score", files / "lm.arpa", files / "text.txt", "--lexicon-file", files / "lexicon.txt")
    assert scored.code == Exit.DONE and "(`xyz`, `qqq`)" in scored.stderr and "3 unknown words" in scored.stdout


def test_a_lexicon_of_another_case_or_with_another_list_is_refused(run, files):
    (files / "loud.txt").write_text(LEXICON.upper())
    asked = run("lm", "build", files / "text.txt", "--lexicon-file", files / "loud.txt", "-o", files / "lm.arpa")
    assert asked.code == Exit.USAGE and "differ in case" in asked.stderr and not (files / "lm.arpa").exists()
    for more in (["--vocab", files / "lexicon.txt"], ["--units"]):
        asked = run("lm", "build", files / "text.txt", "--lexicon-file", files / "lexicon.txt", *more,
                    "-o", files / "lm.arpa")
        assert asked.code == Exit.USAGE and "hint:" in asked.stderr


@pytest.mark.parametrize("command", [("decode", "english"), ("tune", "english", "dev.jsonl", "--lm", "lm.arpa")])
def test_a_file_in_place_of_a_mode_is_led_to_its_flag(run, command):
    asked = run(*command, "--lexicon", "cmudict.dict")
    assert asked.code == Exit.USAGE and "--lexicon-file FILE" in asked.stderr and "soft, hard, none" in asked.stderr


def test_segments_name_the_words_that_the_lexicon_lacks(run, files, an4_utterances):
    one = an4_utterances(1)[0]
    (files / "text.txt").write_text(f"{one.text} xqzzt")
    cut = run("prepare", "segment", "--model", "english-phones", one.audio, files / "text.txt", "-o", files / "s.jsonl")
    assert "1 word not in the lexicon (`xqzzt`)" in cut.stderr
    (files / "r.jsonl").write_text(json.dumps({**one.record, "text": f"{one.text} xqzzt"}) + "\n")
    aligned = run("align", "english-phones", files / "r.jsonl")
    assert aligned.code == Exit.SKIPPED and "`xqzzt` is not in the lexicon" in aligned.stderr
