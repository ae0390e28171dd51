"""ds2 prepare pseudo-labels: what was recognised becomes what is learned, and long recordings become utterances."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.workflows.prepare.pseudo_labels import _pieces as pieces_of


def word(name: str, start: float, end: float, confidence: float = 0.9) -> dict:
    return {"word": name, "start": start, "end": end, "confidence": confidence}


def decoded(text: str, words: list[dict], duration: float, **more) -> dict:
    return {"id": "a", "audio_filepath": "/a.wav", "duration": duration, "speaker": "s", "pred_text": text,
            "score": {"total": -1.0}, "words": words, **more}  # fmt: skip


WORDS = [word("so", 1, 1.2), word("it", 1.2, 1.5), word("is", 2.5, 2.7, 0.3), word("good", 2.8, 3.2, 0.5),
         word("night", 9, 9.4)]  # fmt: skip
TALK = decoded("so it is good night", WORDS, 12.0, offset=100.0)
UNITS = [{"unit": unit, "start": start, "end": start + 0.1} for unit, start in (
    ("s", 1), ("o", 1.1), ("i", 1.2), ("t", 1.4), ("i", 2.5), ("z", 2.6), ("g", 2.8), ("d", 3.1), ("n", 9), ("t", 9.3),
)]  # fmt: skip


@pytest.fixture
def label(run, tmp_path):
    def run_it(records: list, *options: str, exit_code: int = 0):
        (tmp_path / "decoded.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
        result = run("prepare", "pseudo-labels", tmp_path / "decoded.jsonl", *options)
        assert result.code == exit_code, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()], result.stderr

    return run_it


def test_a_short_recording_stays_whole_and_loses_what_decoding_added(label):
    (record,), told = label([{**TALK, "text": "what nobody may read", "unit_times": UNITS, "nbest": []}])
    assert record == {"id": "a", "audio_filepath": "/a.wav", "duration": 12.0, "offset": 100.0, "speaker": "s",
                      "text": "so it is good night"}  # fmt: skip
    assert "1 utterance" in told


def test_a_long_recording_is_cut_in_its_widest_pauses(label):
    records, _ = label([TALK], "--max", "3")
    assert [(one["id"], one["text"]) for one in records] == [("a-0001", "so it is good"), ("a-0002", "night")]
    first, second = records
    assert first["offset"] == pytest.approx(100.7) and first["duration"] == pytest.approx(2.8)
    assert second["offset"] == pytest.approx(108.7) and second["duration"] == pytest.approx(1.0)


def test_a_phone_network_learns_the_units_that_were_heard(label):
    records, _ = label([{**TALK, "unit_times": UNITS}], "--max", "3", "--heard-units")
    assert [one["text"] for one in records] == ["s o i t i z g d", "n t"]
    assert [one["words_text"] for one in records] == ["so it is good", "night"]


def test_aligned_records_have_their_own_text(label):
    aligned = {**TALK, "unit_times": UNITS, "text": TALK["pred_text"]}
    del aligned["pred_text"]
    (record,), _ = label([aligned], "--heard-units")
    assert record["text"] == "s o i t i z g d n t" and record["words_text"] == "so it is good night"


def test_an_aligned_text_may_be_written_otherwise_than_its_words(label):
    (record,), _ = label([{**TALK, "pred_text": "So it is -- good etc night"}])
    assert record["text"] == "So it is -- good etc night"
    records, _ = label([{**TALK, "pred_text": "So it is good night"}], "--max", "3")
    assert [one["text"] for one in records] == ["so it is good", "night"]


def test_words_without_spaces_between_them_stay_so(label):
    words = [word(character, at * 3, at * 3 + 1) for at, character in enumerate("你好世界")]
    records, _ = label([decoded("你好世界", words, 10.0)], "--max", "6")
    assert [one["text"] for one in records] == ["你", "好", "世界"]


def test_doubt_silence_and_speech_without_a_pause_are_left_out_and_counted(label):
    silent = decoded("", [], 5.0)
    breathless = decoded("one two", [word("one", 0, 5), word("two", 5, 10)], 10.0)
    records, told = label([TALK, silent, breathless], "--max", "4", "--min-confidence", "0.7")
    assert [one["text"] for one in records] == ["night"]
    for reason in ("a confidence below 0.7", "nothing was recognised", "longer than 4 s without a pause"):
        assert f"1 left out: {reason}" in told


def test_what_was_not_decoded_is_named_and_skipped(label):
    undecoded = {"id": "b", "audio_filepath": "/b.wav", "duration": 2.0, "text": "hm"}
    records, told = label([undecoded, TALK, [], {**TALK, "words": 7}], exit_code=3)
    assert len(records) == 1 and "`b`" in told and "ds2 decode" in told and "Traceback" not in told


def test_units_that_were_not_kept_are_asked_for(label):
    records, told = label([TALK], "--heard-units", exit_code=3)
    assert not records and "--unit-times" in told


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.05, 1)), min_size=1, max_size=40), st.floats(1, 30))
def test_pieces_hold_every_word_once_and_no_sound_twice(drawn, longest):
    words, at = [], 0.0
    for gap, length in drawn:
        words.append(word("w", at + gap, at + gap + length))
        at += gap + length
    pieces = pieces_of(words, at + 1.0, longest)
    assert [index for first, after, _, _ in pieces for index in range(first, after)] == list(range(len(words)))
    for first, after, start, end in pieces:
        assert start <= words[first]["start"] and words[after - 1]["end"] <= end
    assert all(one[3] <= other[2] + 1e-9 for one, other in zip(pieces, pieces[1:], strict=False))
