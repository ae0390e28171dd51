"""Records that another toolkit was given come back as they were: text, times, speaker."""

import json

import numpy as np
import pytest

from ds2cli.audio.files import read_audio

KEPT = ("offset", "duration", "text", "speaker", "lang", "channel", "audio_filepath")


def kept(record, *without):
    return {name: record[name] for name in KEPT if name in record and name not in without}


def by_text(records):
    return sorted(records, key=lambda record: record["text"])


@pytest.fixture
def there_and_back(run, desk):
    """`there_and_back(toolkit, corpus, folder)`: exports dev.jsonl, reads the folder with `ds2 prepare corpus`."""

    def go(toolkit, corpus, place, *arguments):
        ran = run("export", desk["dev.jsonl"], "--to", toolkit, "-o", desk["out"])
        assert ran.code == 0 and ran.stdout == f"{desk['out']}\n", ran.stderr
        ran = run("prepare", "corpus", corpus, desk["out"] / place, *arguments)
        assert ran.code == 0, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]

    return go


@pytest.mark.parametrize("toolkit, corpus, place", [
    ("nemo", "nemo", ""), ("kaldi", "kaldi", "data"), ("espnet", "kaldi", "data"), ("lhotse", "lhotse", ""),
    ("k2", "lhotse", ""),
])  # fmt: skip
def test_records_come_back(there_and_back, desk, toolkit, corpus, place):
    found = by_text(there_and_back(toolkit, corpus, place, "--part", "dev"))
    assert [kept(one) for one in found] == [kept(one) for one in by_text(desk.records)]
    if toolkit not in ("kaldi", "espnet"):  # whose ids begin with their speakers'
        assert [one["id"] for one in found] == [one["id"] for one in by_text(desk.records)]


def test_an_audiofolder_holds_the_sound_of_each_record(there_and_back, desk):
    found = there_and_back("huggingface", "audiofolder", "data", "--part", "dev")
    places = ("offset", "channel", "audio_filepath")
    assert [kept(one, *places) for one in found] == [kept(one, *places) for one in desk.records]
    assert [one["id"] for one in found] == [one["id"] for one in desk.records]
    for ours, theirs in zip(desk.records, found, strict=True):
        expected = read_audio(ours["audio_filepath"], 16000, ours.get("offset", 0.0), ours["duration"],
                              ours.get("channel"))
        np.testing.assert_array_equal(read_audio(theirs["audio_filepath"], 16000), expected)
    assert (desk["out"] / "data" / "dev" / "whole.wav").is_symlink()


def test_kaldis_files_are_as_its_validation_wants_them(there_and_back, desk):
    there_and_back("espnet", "kaldi", "data")
    folder = desk["out"] / "data" / "dev"
    files = {path.name: path.read_text().splitlines() for path in folder.iterdir()}
    assert set(files) == {"wav.scp", "segments", "text", "utt2spk", "spk2utt", "utt2lang"}
    assert all(lines == sorted(lines) for lines in files.values())
    pairs = [line.split() for line in files["utt2spk"]]
    assert [speaker for _, speaker in pairs] == sorted(speaker for _, speaker in pairs)
    assert sorted((utterance, line.split()[0]) for line in files["spk2utt"] for utterance in line.split()[1:]) == [
        tuple(pair) for pair in pairs]
    assert "nobody nobody" in files["utt2spk"] and "carl-right two 0.000" in " ".join(files["segments"])


def test_records_that_a_toolkit_cannot_hold_are_named_and_cost_no_other(run, desk):
    assert run("prepare", "shard", desk["dev.jsonl"], "-o", desk["shards"]).code == 0
    lines = desk["dev.jsonl"].read_text().splitlines()
    mute = {**json.loads(lines[0]), "id": "mute"}
    del mute["text"]
    gone = {**json.loads(lines[1]), "id": "gone", "audio_filepath": "gone.wav"}
    shards = (desk["shards"] / "shards.jsonl").read_text().splitlines()
    inside = {**json.loads(shards[0]), "audio_filepath": f"shards/{json.loads(shards[0])['audio_filepath']}"}
    desk["all.jsonl"].write_text("\n".join([*lines, json.dumps(inside), "{", json.dumps(mute), json.dumps(gone)]))
    for toolkit, skipped in (("nemo", 2), ("lhotse", 3), ("huggingface", 4), ("kaldi", 2)):
        ran = run("export", desk["all.jsonl"], "--to", toolkit, "-o", desk[toolkit])
        assert ran.code == 3 and f"skipped {skipped} recording" in ran.stderr, ran.stderr
        assert "lies in a tar file" in ran.stderr and "line 7: not JSON" in ran.stderr


def test_what_there_is_no_place_for_is_said(run, desk):
    ran = run("export", desk["dev.jsonl"], "--to", "lhotse", "-o", desk["out"], "--lm", desk["lm.arpa"])
    assert ran.code == 0 and "left out: lhotse has no place for an n-gram model" in ran.stderr
    ran = run("export", desk["scores.npz"], "--to", "lhotse", "-o", desk["out"])
    assert ran.code == 2 and "nothing that lhotse has a place for" in ran.stderr


@pytest.mark.parametrize("words, what", [
    (["dev.jsonl", "-o", "out", "--units", "units.txt"], "are for another toolkit"),
    (["dev.jsonl", "dev.jsonl", "--to", "nemo", "-o", "out"], "two sources called `dev`"),
    (["english", "english-live", "--to", "nemo", "-o", "out"], "two runs"),
    (["english-phones", "scores.npz", "--to", "nemo", "-o", "out"], "have different units"),
    (["dev.jsonl", "--to", "nemo", "-o", "out", "--lexicon-file", "texts.txt"], "without the units that spell it"),
    (["dev.jsonl", "--to", "nemo", "-o", "dev.jsonl"], "cannot make the folder"),
    (["gone.jsonl", "--to", "nemo", "-o", "out"], "no such file"), (["english", "english", "-o", "x.onnx"], "one run"),
])  # fmt: skip
def test_what_was_asked_wrongly_is_an_error_with_a_hint(run, desk, monkeypatch, words, what):
    monkeypatch.chdir(desk.folder)
    ran = run("export", *words)
    assert ran.code == 2 and what in ran.stderr and "hint: " in ran.stderr
