"""ds2 decode --written: what was said as people write it, in every form, with the times of what was said."""

import json
import subprocess
import sys

import numpy as np
import pytest

LETTERS = "abcdefghijklmnopqrstuvwxyz' "
FRAME = 0.05
PAUSE = "_"  # a second of silence


def logits(folder, spoken: str, units: str):
    """A file of log-probs that spell a text, each letter in a frame and a blank behind it, and its units."""
    frames = []
    for letter in spoken:
        if letter == PAUSE:
            frames += [len(units)] * 20
        else:
            frames += [units.index(letter), len(units)]
    log_probs = np.full((len(frames), len(units) + 1), -12.0, np.float32)
    log_probs[np.arange(len(frames)), frames] = -0.01
    np.save(folder / "talk.npy", log_probs)
    (folder / "units.txt").write_text("\n".join([*(unit if unit != " " else "|" for unit in units), "<blank>"]) + "\n")
    return folder / "talk.npy", "--units", folder / "units.txt", "--blank", "last", "--frame-seconds", FRAME


def record(ran) -> dict:
    assert ran.code == 0, ran.stderr
    return json.loads(ran.stdout)


def test_text_words_and_their_times(run, tmp_path):
    asked = logits(tmp_path, "it cost five dollars and ten cents_ in may i paid", LETTERS)
    said, shown = record(run("decode", *asked)), record(run("decode", *asked, "--written"))
    assert said["pred_text"] == "it cost five dollars and ten cents in may i paid"
    assert shown["pred_text"] == "It cost $5.10. In may I paid."
    assert [word["word"] for word in shown["words"]] == shown["pred_text"].split()
    spoken, price = {word["word"]: word for word in said["words"]}, shown["words"][2]
    assert (price["start"], price["end"]) == (spoken["five"]["start"], spoken["cents"]["end"])
    assert price["confidence"] == min(spoken[word]["confidence"] for word in "five dollars and ten cents".split())
    kept = {name: value for name, value in said.items() if name not in ("pred_text", "words")}
    assert kept == {name: value for name, value in shown.items() if name not in ("pred_text", "words")}


@pytest.mark.parametrize(("kind", "line"), [
    ("text", "On May 3 at 5:05 p.m."), ("srt", "On May 3 at 5:05 p.m."), ("vtt", "On May 3 at 5:05 p.m."),
    ("trn", "On May 3 at 5:05 p.m. (talk)"), ("ctm", "talk 1 1.600 1.150 5:05"),
    ("audacity", "On May 3 at 5:05 p.m."), ("textgrid", 'text = "5:05"'),
])
def test_every_form_has_it(run, tmp_path, kind, line):
    asked = logits(tmp_path, "on may third at five oh five p m", LETTERS)
    ran = run("decode", *asked, "--written", "--format", kind)
    assert ran.code == 0 and line in ran.stdout, ran.stdout + ran.stderr


def test_mandarin_by_its_characters(run, tmp_path):
    spoken = "二零二四年我们有三百二十个人"
    asked = logits(tmp_path, spoken, "".join(sorted(set(spoken))))
    shown = record(run("decode", *asked, "--written"))
    assert shown["pred_text"] == "2024年我们有320个人。"
    assert [word["word"] for word in shown["words"]] == ["2024", *"年我们有", "320", "个", "人。"]
    assert (shown["words"][0]["start"], shown["words"][0]["end"]) == (0.0, 0.35)
    captions = run("decode", *asked, "--written", "--format", "srt").stdout
    assert "2024年我们有320个人。" in captions


def test_n_best_and_names(run, tmp_path):
    asked = logits(tmp_path, "then anna called ishmael", LETTERS)
    (tmp_path / "names.txt").write_text("Ishmael\nThen we saw Anna. Then she left, and then we slept.\n")
    shown = record(run("decode", *asked, "--written", "--names", tmp_path / "names.txt", "--nbest", "2"))
    assert shown["pred_text"] == shown["nbest"][0]["text"] == "Then Anna called Ishmael."


def test_a_record_s_own_original_knows_names_and_another_language_is_left_alone(run, tmp_path):
    asked = logits(tmp_path, "we met marlow at ten", LETTERS)
    records = tmp_path / "records.jsonl"
    records.write_text(json.dumps({"id": "talk", "original": "“At last,” said Marlow."}) + "\n")
    assert record(run("decode", *asked, "--records", records, "--written"))["pred_text"] == "We met Marlow at 10."
    records.write_text(json.dumps({"id": "talk", "lang": "de"}) + "\n")
    assert record(run("decode", *asked, "--records", records, "--written"))["pred_text"] == "we met marlow at ten"


def test_it_is_scored_as_what_was_said(run, tmp_path):
    asked = logits(tmp_path, "mister ray paid five dollars on may third twenty twenty to the f b i", LETTERS)
    shown = record(run("decode", *asked, "--written"))
    assert shown["pred_text"] == "Mr. Ray paid $5 on May 3, 2020 to the FBI."
    line = json.dumps({**shown, "text": "mister ray paid five dollars on may third twenty twenty to the f b i"}) + "\n"
    ran = run("score", "-", "--normalise", "english", "--json", stdin=line)
    assert json.loads(ran.stdout)["words"]["errors"] == 0


def test_names_without_written_are_refused(run, tmp_path):
    asked = logits(tmp_path, "a", LETTERS)
    (tmp_path / "names.txt").write_text("Anna\n")
    ran = run("decode", *asked, "--names", tmp_path / "names.txt")
    assert ran.code == 2 and "--written" in ran.stderr


def test_finals_of_streams_are_written_and_partials_are_as_they_are_said(an4_utterances):
    talk = an4_utterances(1)[0].audio

    def finals(*more):
        ran = subprocess.run([sys.executable, "-m", "ds2cli", "decode", "--stream", talk, *more], capture_output=True,
                             text=True, check=True)
        return [json.loads(line) for line in ran.stdout.splitlines()]

    from ds2cli.text.written.record import Writer

    said, shown = finals(), finals("--written")
    assert [one for one in shown if one["event"] == "partial"] == [one for one in said if one["event"] == "partial"]
    assert [one for one in shown if one["event"] == "final"] == [
        Writer().write(one) for one in said if one["event"] == "final"]
    assert shown[-1]["pred_text"][0].isupper() and shown[-1]["pred_text"].endswith(".")
