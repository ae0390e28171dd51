"""What was said, in other tools' forms: each is what its readers expect, and reads back to what was written."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.errors import UsageError
from ds2cli.io.atomic import atomic_text
from ds2cli.records.formats import FORMATS, transcript
from ds2cli.records.trn import read_trn

SEGMENTS = [
    {"id": "talk-00001", "audio_filepath": "in/talk.mp3", "offset": 1.5, "duration": 3.25,
     "text": "he paid five dollars", "original": "“He paid $5 <now> & then…”", "confidence": 0.97, "keep": True,
     "features": {"cost": 1.5},
     "words": [{"word": "he", "start": 0.2, "end": 0.32, "confidence": 0.91, "original": "“He "},
               {"word": "paid", "start": 0.4, "end": 0.7, "confidence": 0.99, "original": "paid "},
               {"word": "five", "start": 0.8, "end": 1.1, "confidence": 0.5, "original": "$5 <now> & then…”"},
               {"word": "dollars", "start": 2.2, "end": 2.9, "confidence": 1.0, "original": ""}]},
    {"id": "talk-00002", "audio_filepath": "in/talk.mp3", "offset": 5.0, "duration": 1.0, "text": "say \"no\"",
     "original": "Say \"no\".", "confidence": 0.4, "keep": False, "features": {"cost": 9.5},
     "words": [{"word": "say", "start": 0.1, "end": 0.3, "confidence": 0.4},
               {"word": "\"no\"", "start": 0.5, "end": 0.9, "confidence": 0.3}]},
]  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
def test_every_form_is_what_it_was(golden, kind):
    lines = transcript(SEGMENTS, kind, text="text", seconds=7.0)
    golden(f"forms/talk.{kind}", "".join(f"{line}\n" for line in lines))


def read_textgrid(text: str) -> tuple[float, dict[str, list[tuple[float, float, str]]]]:
    """A TextGrid's end and tiers, read as Praat does: numbers and quoted strings in order, all else is decoration."""
    found = re.findall(r'(?<![\w\[.])(?:"((?:[^"]|"")*)"|(\d+(?:\.\d+)?)(?![\w\].]))', text)
    values = iter([float(number) if number else string.replace('""', '"') for string, number in found])
    assert (next(values), next(values), next(values)) == ("ooTextFile", "TextGrid", 0)
    end, tiers = next(values), {}
    for _ in range(int(next(values))):
        assert next(values) == "IntervalTier"
        name = next(values)
        assert (next(values), next(values)) == (0, end)
        tiers[name] = [(next(values), next(values), next(values)) for _ in range(int(next(values)))]
    assert next(values, None) is None
    return end, tiers


said = st.text(alphabet='ab"\n é0', max_size=6)


@st.composite
def one_recording(draw):
    """Records as they come from decoding or segmenting: in order, but not always apart."""
    records, at = [], 0.0
    for number in range(draw(st.integers(0, 5))):
        at += draw(st.floats(-0.5, 3)) if number else draw(st.floats(0, 2))
        words, end = [], 0.0
        for _ in range(draw(st.integers(0, 4))):
            start = end + draw(st.floats(0, 1))
            end = start + draw(st.floats(0, 1))
            words.append({"word": draw(said), "start": start, "end": end, "confidence": 0.5})
        at = max(at, 0.0)
        records.append({"id": f"u{number}", "audio_filepath": "a.wav", "offset": at, "duration": end, "words": words,
                        "pred_text": " ".join(word["word"] for word in words)})
        at += end
    return records


@given(records=one_recording(), seconds=st.one_of(st.none(), st.floats(0, 60)))
def test_a_textgrid_covers_the_recording_without_gap_or_overlap(records, seconds):
    end, tiers = read_textgrid("\n".join(transcript(records, "textgrid", seconds=seconds)))
    assert list(tiers) == ["words", "segments"]
    assert end >= round(seconds or 0, 3) - 1e-9
    for intervals in tiers.values():
        assert intervals[0][0] == 0 and intervals[-1][1] == pytest.approx(end, abs=1e-9)
        assert all(a[1] == b[0] for a, b in zip(intervals, intervals[1:], strict=False))
        assert all(start < stop for start, stop, _ in intervals) or end == 0


def test_a_textgrid_reads_back_to_its_words():
    _, tiers = read_textgrid("\n".join(transcript(SEGMENTS, "textgrid", text="text", seconds=7.0)))
    words = [(start, stop, text) for start, stop, text in tiers["words"] if text]
    assert words == [(1.7, 1.82, "he"), (1.9, 2.2, "paid"), (2.3, 2.6, "five"), (3.7, 4.4, "dollars"),
                     (5.1, 5.3, "say"), (5.5, 5.9, '"no"')]  # fmt: skip
    assert [text for *_, text in tiers["segments"]] == ["", "he paid five dollars", "", 'say "no"', ""]


def test_textgrid_packages_read_what_praat_reads(tmp_path):
    package = pytest.importorskip("textgrid")
    path = tmp_path / "talk.TextGrid"
    path.write_text("\n".join(transcript(SEGMENTS, "textgrid", text="text", seconds=7.0)) + "\n", encoding="utf-8")
    grid = package.TextGrid.fromFile(str(path))
    assert [tier.name for tier in grid.tiers] == ["words", "segments"]
    assert [one.mark for one in grid.getFirst("segments")] == ["", "he paid five dollars", "", 'say "no"', ""]


@pytest.mark.parametrize("other", ["in/other.mp3", "in/2/talk.mp3"])
@pytest.mark.parametrize("kind", ["srt", "vtt", "textgrid", "audacity"])
def test_two_recordings_cannot_share_a_file(kind, other):
    records = [*SEGMENTS, {**SEGMENTS[0], "audio_filepath": other}]
    with pytest.raises(UsageError, match=r"`talk` and `\w+` cannot share"):
        list(transcript(records, kind, text="text"))


def test_subtitles_show_the_text_as_it_is_written_where_words_carry_it():
    assert "“He paid $5 <now> & then…”" in "\n".join(transcript(SEGMENTS, "srt", text="text"))
    assert "“He paid $5 &lt;now&gt; &amp; then…”" in "\n".join(transcript(SEGMENTS, "vtt", text="text"))


def test_json_lines_keep_every_field():
    assert [json.loads(line) for line in transcript(SEGMENTS, "jsonl")] == SEGMENTS


def test_labels_are_one_line_each_whatever_the_text():
    record = {**SEGMENTS[0], "text": "a\tb\nc"}
    assert list(transcript([record], "audacity", text="text")) == ["1.500000\t4.750000\ta b c"]


def test_names_that_trn_and_ctm_cannot_hold_are_made_safe_and_stay_apart():
    records = [{**SEGMENTS[0], "id": id, "audio_filepath": audio} for id, audio in
               [("a (1)", "x/My talk.wav"), ("a_1_", "y/My talk.wav"), ("a (1)", "x/My talk.wav")]]
    keys = [key for _, key, _ in read_trn(enumerate(transcript(records, "trn", text="text"), 1), "x")]
    assert keys == ["a_1_", "a_1_-2", "a_1_-3"]
    lines = [line.split() for line in transcript(records, "ctm", text="text")]
    assert {len(line) for line in lines} == {6}
    assert [name for name, *_ in lines[::4]] == ["My_talk", "My_talk-2", "My_talk"]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_text_of_several_lines_and_half_a_letter_go_into_every_form(kind, tmp_path):
    record = {**SEGMENTS[0], "text": "a\n\nb \ud83d", "words": []}
    with atomic_text(tmp_path / "out") as stream:
        stream.writelines(f"{line}\n" for line in transcript([record], kind, text="text"))
    written = (tmp_path / "out").read_bytes().decode("utf-8")
    assert (r"\ud83d" in written) == (kind not in ("ctm", "srt", "vtt")), "what is made of words has none here"


def test_a_record_without_text_is_named():
    with pytest.raises(UsageError, match="`talk-00001` has no text in its field `pred_text`"):
        list(transcript(SEGMENTS, "text"))
