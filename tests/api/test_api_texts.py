"""`ds2cli.align`, `segment`, `score`, `normalise`, `NgramModel`: what the commands of these names say."""

import json

import numpy as np
import pytest

import ds2cli
from ds2cli.audio.files import read_audio, write_audio

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def talks(an4_utterances):
    return an4_utterances(4)


def manifest_of(talks, folder):
    path = folder / "talks.jsonl"
    path.write_text("".join(json.dumps(one.record) + "\n" for one in talks))
    return path


def test_words_are_where_the_command_aligns_them(run, talks, tmp_path):
    told = [json.loads(line) for line in run("align", "english", manifest_of(talks, tmp_path)).stdout.splitlines()]
    recogniser = ds2cli.load("english", greedy=True)
    for talk, record in zip(talks, told, strict=True):
        found = ds2cli.align(talk.audio, talk.text, model=recogniser)
        assert [(word.word, word.start, word.end) for word in found.words] == [
            (word["word"], word["start"], word["end"]) for word in record["words"]
        ]
        assert found.score == pytest.approx(record["score"], abs=0.02)  # alone, and in a batch
    by_name = ds2cli.align((read_audio(talks[0].audio, 16000), 16000), talks[0].text)
    assert by_name.words == ds2cli.align(talks[0].audio, talks[0].text, model=recogniser).words
    assert "".join(unit for unit, _, _ in by_name.units).split() == talks[0].text.split()


def test_a_model_of_phones_aligns_by_its_lexicon(talks):
    found = ds2cli.align(talks[0].audio, talks[0].text, model="english-phones")
    assert [word.word for word in found.words] == talks[0].text.split() and len(found.units) > len(found.words)


@pytest.mark.parametrize(
    ("text", "asked", "named"),
    [("", {}, "no text"), ("yes " * 500, {}, "frames"), ("yes", {"normalise": "klingon"}, "klingon")],
)
def test_what_cannot_be_aligned_is_named(talks, text, asked, named):
    with pytest.raises(ds2cli.Ds2Error, match=named):
        ds2cli.align(talks[0].audio, text, **asked)
    with pytest.raises(ds2cli.Ds2Error, match=r"none\.wav"):
        ds2cli.align("none.wav", "yes")


def test_segments_are_those_of_the_command(run, talks, tmp_path):
    rest = np.zeros(12000, np.float32)
    sound = np.concatenate([np.concatenate([read_audio(talk.audio, 16000), rest]) for talk in talks])
    text = " ".join(talk.text for talk in talks)
    audio, texts, report = tmp_path / "talk.wav", tmp_path / "talk.txt", tmp_path / "report.jsonl"
    write_audio(audio, sound, 16000)
    texts.write_text(text)
    asked = ["--model", "english", "--all", "--report", report]
    told = [json.loads(line) for line in run("prepare", "segment", audio, texts, *asked).stdout.splitlines()]
    for given in ({"text": text}, {"text_file": texts}):
        found = ds2cli.segment(audio, **given)
        assert [one for one in told if one["keep"]] == found.kept
        assert [one for one in told if not one["keep"]] == found.rejected
    assert found.report["words"] == len(text.split())
    for wrong in ({}, {"text": "yes", "text_file": texts}, {"text": " "}, {"text_file": tmp_path / "none.txt"}):
        with pytest.raises(ds2cli.Ds2Error):
            ds2cli.segment(audio, **wrong)
    with pytest.raises(ds2cli.Ds2Error, match=r"none\.wav"):
        ds2cli.segment(tmp_path / "none.wav", "yes")


def test_scores_are_those_of_the_command(run, tmp_path):
    said, heard = ["the cat sat", "Mr. Smith pays $5", "so"], ["the hat", "mister smith pays five dollars", "so so"]
    records = [{"text": a, "pred_text": b} for a, b in zip(said, heard, strict=True)]
    path = tmp_path / "heard.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    for asked, flags in (({}, []), ({"normalise": "english"}, ["--normalise", "english"])):
        told = json.loads(run("score", path, "--json", *flags).stdout)
        for report in (ds2cli.score(said, heard, **asked), ds2cli.score(records, **asked), ds2cli.score(path, **asked)):
            assert (report.wer, report.cer) == (told["wer"], told["cer"])
            assert report.summary()["words"] == told["words"]
            assert list(report.summary()["wer_interval"]) == told["wer_interval"]
    assert ds2cli.score(said, heard, normalise="english").wer == pytest.approx(100 * 3 / 9)


@pytest.mark.parametrize(
    "given",
    [
        (["a"], ["a", "b"]),
        (["a"],),
        ([{"text": "a"}],),
        ([1], [2]),
        ("none.jsonl",),
        ("ref.txt", ["a"]),
        (["a"], "hyp.txt"),
    ],
)
def test_what_does_not_pair_up_is_refused(given):
    with pytest.raises(ds2cli.Ds2Error):
        ds2cli.score(*given)


def test_texts_are_normalised_and_language_models_asked(run, tmp_path):
    assert ds2cli.normalise("Mr. Smith pays $5.") == "mister smith pays five dollars"
    with pytest.raises(ds2cli.Ds2Error, match="klingon"):
        ds2cli.normalise("nuqneH", "klingon")
    corpus, arpa = tmp_path / "corpus.txt", tmp_path / "lm.arpa"
    corpus.write_text("the cat sat\nthe cat ran\na hat\n" * 5)
    assert run("lm", "build", corpus, "--order", "2", "-o", arpa).code == 0
    model = ds2cli.NgramModel.load(arpa)
    assert model.order == 2
    assert model.score("the cat").sum() > model.score("cat the").sum()
    with pytest.raises(ds2cli.Ds2Error, match=r"none\.arpa"):
        ds2cli.NgramModel.load("none.arpa")
