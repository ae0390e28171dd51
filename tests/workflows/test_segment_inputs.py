"""What may be handed to ds2 prepare segment, and what is said where it is not that."""

import json

import numpy as np
import pytest

from ds2cli.audio.files import write_audio
from ds2cli.errors import Ds2Error, UsageError
from ds2cli.workflows.segment.inputs import read_recording_texts


@pytest.fixture
def folder(tmp_path):
    for name in ("b", "a", "deep/c", "lonely"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_audio(tmp_path / f"{name}.wav", np.zeros(800, np.float32), 8000)
    (tmp_path / "a.txt").write_text("Call me Ishmael.")
    (tmp_path / "b.html").write_text("<html><head><title>x</title></head><body><p>Some years ago</p></body></html>")
    (tmp_path / "deep" / "c.txt").write_text("never mind")
    return tmp_path


def test_a_recording_and_its_text_are_one_pair(folder):
    pair, = read_recording_texts([str(folder / "a.wav"), str(folder / "a.txt")])
    assert (pair.id, pair.read_text().text, pair.problem) == ("a", "Call me Ishmael.", "")


def test_of_a_page_only_what_is_seen_is_text(folder):
    pair, = read_recording_texts([str(folder / "b.wav"), str(folder / "b.html")])
    assert pair.read_text().text.split() == ["Some", "years", "ago"]


def test_a_folder_gives_its_pairs_and_names_what_lacks_a_text(folder):
    pairs = list(read_recording_texts([str(folder)]))
    assert [pair.id for pair in pairs] == ["a", "b", "c", "lonely"]
    assert [bool(pair.problem) for pair in pairs] == [False, False, False, True]
    assert "lonely.txt" in pairs[3].problem


def test_records_bring_their_fields_and_paths_from_their_folder(folder, monkeypatch):
    lines = [
        {"id": "one", "audio_filepath": "a.wav", "text_filepath": "a.txt", "speaker": "s1", "duration": 3.0},
        {"audio_filepath": "b.wav", "text": "said here"},
        {"audio_filepath": "b.wav"},
        {"audio_filepath": "b.wav", "text": "x", "offset": 2.0},
    ]
    (folder / "pairs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.chdir("/")
    one, two, bare, part = read_recording_texts([str(folder / "pairs.jsonl")])
    assert (one.id, one.record, one.read_text().text) == ("one", {"speaker": "s1"}, "Call me Ishmael.")
    assert (two.id, two.read_text().text, two.record) == ("b", "said here", {})
    assert "text_filepath" in bare.problem and "2 s into" in part.problem
    assert (bare.id, part.id) == ("b-2", "b-3")


@pytest.mark.parametrize("inputs", [["none.wav", "none.txt"], ["none.jsonl"], ["a.wav"]])
def test_what_is_not_there_is_named(folder, monkeypatch, inputs):
    monkeypatch.chdir(folder)
    with pytest.raises(Ds2Error) as caught:
        list(read_recording_texts(inputs))
    assert inputs[0] in str(caught.value) and caught.value.hint


def test_a_folder_without_audio_is_named(tmp_path):
    with pytest.raises(UsageError, match="no audio"):
        list(read_recording_texts([str(tmp_path)]))


def test_subtitles_and_books_are_texts_too(folder):
    (folder / "lonely.en.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Bob>never mind\n")
    (folder / "my talk.wav").write_bytes((folder / "a.wav").read_bytes())
    (folder / "my talk.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nnow\n")
    pairs = {pair.id: pair for pair in read_recording_texts([str(folder)])}
    assert pairs["lonely"].read_text().text == "never mind\n"
    assert pairs["my talk"].read_text().text == "now\n"


def test_of_a_text_in_a_record_too_what_nobody_says_is_left_out(folder):
    (folder / "p.jsonl").write_text(json.dumps({"audio_filepath": "a.wav", "text": "[00:01] SPEAKER 1: hello"}))
    pair, = read_recording_texts([str(folder / "p.jsonl")])
    assert pair.read_text().text == "hello" and pair.read_text().left_out.total() == 2
