"""Kaldi data directories: what is written is what this program's own reader, and Kaldi's sorting, expect."""

import pytest

from ds2cli.records.kaldi import read_map, write_kaldi

RECORDS = [
    {"id": "talk-00002", "audio_filepath": "/b/talk.wav", "offset": 3.0, "duration": 2.5, "text": "and two"},
    {"id": "talk-00001", "audio_filepath": "/b/talk.wav", "offset": 0.25, "duration": 2.0, "text": "one"},
    {"id": "x1", "audio_filepath": "/a/talk.wav", "offset": 1, "duration": 1, "text": "three", "speaker": "Zoë"},
]


def test_the_directory_reads_back(tmp_path):
    write_kaldi(RECORDS, tmp_path / "data", unknown_speaker="recording")
    files = {name: read_map(tmp_path / "data" / name) for name in ("segments", "text", "utt2spk", "wav.scp")}
    assert files == {
        "segments": {"Zoë-x1": "talk-2 1.000 2.000", "talk-00001": "talk 0.250 2.250",
                     "talk-00002": "talk 3.000 5.500"},
        "text": {"Zoë-x1": "three", "talk-00001": "one", "talk-00002": "and two"},
        "utt2spk": {"Zoë-x1": "Zoë", "talk-00001": "talk", "talk-00002": "talk"},
        "wav.scp": {"talk": "/b/talk.wav", "talk-2": "/a/talk.wav"},
    }


def test_files_sort_as_bytes_and_speakers_sort_with_their_utterances(tmp_path):
    write_kaldi(RECORDS, tmp_path)
    for name in ("segments", "text", "utt2spk", "wav.scp"):
        lines = (tmp_path / name).read_bytes().splitlines()
        assert lines == sorted(lines)
    speakers = list(read_map(tmp_path / "utt2spk").values())
    assert speakers == sorted(speakers)


def test_the_corpus_reader_finds_the_same_utterances(run, tmp_path):
    (tmp_path / "talk.wav").touch()
    write_kaldi([{**record, "audio_filepath": str(tmp_path / "talk.wav")} for record in RECORDS[:2]], tmp_path / "data")
    from ds2cli.corpora.kaldi import read

    entries = list(read(tmp_path / "data", None))
    assert [(one.id, one.text, one.offset, one.duration) for one in entries] == [
        ("talk-00001", "one", 0.25, 2.0), ("talk-00002", "and two", 3.0, 2.5)]  # fmt: skip


@pytest.mark.parametrize(("wrong", "id", "speaker"), [
    ({"id": "a b"}, "talk-a_b", "talk"), ({"speaker": "Zoë W"}, "Zoë_W-talk-00001", "Zoë_W"),
    ({"audio_filepath": "a b.wav"}, "a_b-talk-00001", "a_b"), ({"id": "talk-00002"}, "talk-00002-2", "talk"),
])  # fmt: skip
def test_names_that_kaldi_cannot_hold_are_made_safe_and_ids_are_told_apart(tmp_path, wrong, id, speaker):
    write_kaldi([RECORDS[0], {**RECORDS[1], **wrong}], tmp_path, unknown_speaker="recording")
    assert list(read_map(tmp_path / "utt2spk").items()) == sorted([("talk-00002", "talk"), (id, speaker)])
    assert read_map(tmp_path / "text")[id] == "one"
    for name in ("segments", "text", "utt2spk", "wav.scp"):
        lines = (tmp_path / name).read_bytes().splitlines()
        assert lines == sorted(lines)


def test_where_nobody_says_who_speaks_each_utterance_is_a_speaker(tmp_path):
    """Kaldi's way to say so, and the reader takes it for that."""
    write_kaldi(RECORDS, tmp_path)
    assert read_map(tmp_path / "utt2spk") == {
        "talk-00001": "talk-00001", "talk-00002": "talk-00002", "Zoë-x1": "Zoë"}
    assert read_map(tmp_path / "spk2utt") == {
        "talk-00001": "talk-00001", "talk-00002": "talk-00002", "Zoë": "Zoë-x1"}
    from ds2cli.corpora.kaldi import read

    assert {one.id: one.speaker for one in read(tmp_path, None)} == {
        "talk-00001": "", "talk-00002": "", "Zoë-x1": "Zoë"}
