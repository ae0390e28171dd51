"""Lists that other toolkits write become the same records."""

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from ds2cli.audio.files import read_audio
from ds2cli.records.jsonl import to_line


def kaldi_directory(studio, home="data/train"):
    studio.write(f"{home}/wav.scp", f"talk {studio.record('talk.flac', 2)}")
    studio.write(f"{home}/segments", "talk-1 talk 0.5 1.25", "talk-2 talk 1.25 -1")
    studio.write(f"{home}/text", "talk-1 HELLO  World", "talk-2 bye")
    studio.write(f"{home}/utt2spk", "talk-1 anna", "talk-2 ben")


def test_a_kaldi_directory_with_segments(studio, prepare):
    kaldi_directory(studio)
    expected = [
        {"id": "talk-1", "offset": 0.5, "duration": 0.75, "text": "HELLO  World", "speaker": "anna"},
        {"id": "talk-2", "offset": 1.25, "duration": round(studio.seconds(2) - 1.25, 3), "text": "bye",
         "speaker": "ben"},
    ]  # fmt: skip
    for folder in (studio.root / "data" / "train", studio.root / "data"):
        records = prepare("kaldi", folder=folder)
        assert [record.pop("audio_filepath") for record in records] == [str(studio.root / "talk.flac")] * 2
        assert records == expected


def test_a_kaldi_directory_without_transcripts_is_for_decoding(studio, prepare):
    studio.write("wav.scp", f"a {studio.record('a.wav')}")
    (record,) = prepare("kaldi")
    assert "text" not in record and record["duration"] == studio.seconds()


@pytest.mark.parametrize("command, channel", [
    ("flac -c -d -s {0} |", None), ("flac -dcs {0} |", None), ("/opt/kaldi/sph2pipe -f wav -p -c 1 {0} |", 0),
    ("sph2pipe -f wav {0}|", None), ("sox {0} -t wav -r 8000 - |", None), ("cat {0} |", None),
    ("ffmpeg -nostdin -i {0} -f wav -ar 16000 - |", None),
])  # fmt: skip
def test_a_plain_decoder_in_wav_scp_names_the_file_that_it_would_read(studio, prepare, command, channel):
    audio = studio.record("a b.flac")
    studio.write("wav.scp", "a " + command.format(f"'{audio}'"))
    (record,) = prepare("kaldi")
    assert record["audio_filepath"] == audio and record.get("channel") == channel


@pytest.mark.parametrize("command", [
    "sox {0} -t wav - rate 8k |", "sox {0} -t wav - remix 1 |", "sox -v 0.5 {0} -t wav - |", "flac -cd --skip=3 {0} |",
    "sph2pipe -t 1:2 {0} |", "flac -cd {0} | sox - -t wav - |", "touch {1}; cat {0} |", "touch {1} |", "cat {0} {0} |",
    "cat $(touch {1}) {0} |", "cat 'a |", "|", "sox {0} -c 1 -t wav - |", "a.ark:1724", "ffmpeg -i {0} -ss 3 - |",
])  # fmt: skip
def test_no_other_command_is_believed_and_none_is_run(studio, run, command):
    audio, touched = studio.record("a.flac"), studio.root / "touched"
    studio.write("wav.scp", f"b {audio}", "a " + command.format(audio, touched))
    ran = run("prepare", "corpus", "kaldi", studio.root)
    assert ran.code == 3 and [json.loads(line)["id"] for line in ran.stdout.splitlines()] == ["b"]
    assert "skipped `a`: " in ran.stderr and "wav.scp" in ran.stderr and not touched.exists()


@pytest.mark.parametrize("line, what", [
    ("talk 0.5", "3 fields, not 4 or 5"), ("talk 0.5 1 0 x", "6 fields"), ("talk x 1", "its times are seconds"),
    ("talk 1.0 0.5", "it ends (0.5 s) before it begins (1 s)"), ("talk nan 1", "no times"), ("talk 0 inf", "no times"),
    ("talk -1 1", "no times"), ("talk 0 -2", "it ends (-2 s)"), ("talk 0 1 z", "its channel"), ("", "in wav.scp"),
])  # fmt: skip
def test_a_line_of_segments_of_another_shape_is_rejected_alone(studio, run, line, what):
    kaldi_directory(studio, ".")
    studio.write("segments", f"talk-1 {line}", "talk-2 talk 1.25 -1")
    ran = run("prepare", "corpus", "kaldi", studio.root)
    assert ran.code == 3 and [json.loads(line)["id"] for line in ran.stdout.splitlines()] == ["talk-2"]
    assert "`talk-1`" in ran.stderr and what in ran.stderr


def test_a_fifth_field_of_segments_is_the_channel(studio, prepare):
    kaldi_directory(studio, ".")
    studio.write("segments", "talk-1 talk 0.5 1.25 0", "talk-2 talk 1.25 -1 A")
    assert [record["channel"] for record in prepare("kaldi")] == [0, 0]
    studio.write("segments", "talk-1 talk 0.5 1.25 B", "talk-2 talk 1.25 -1")
    assert [record["id"] for record in prepare("kaldi", code=3)] == ["talk-2"], "there is no second channel"


@pytest.mark.parametrize("name", ["wav.scp", "segments", "text", "utt2spk"])
def test_an_id_that_comes_twice_in_a_kaldi_file_is_named_with_both_lines(studio, run, name):
    kaldi_directory(studio, ".")
    lines = (studio.root / name).read_text().splitlines()
    studio.write(name, *lines, "", lines[0] + "x")
    ran = run("prepare", "corpus", "kaldi", studio.root)
    id = "talk" if name == "wav.scp" else "talk-1"
    assert ran.code == 2 and f"`{id}` was already on line 1" in ran.stderr


def test_kaldi_files_that_disagree_are_rejected_utterance_by_utterance(studio, run):
    kaldi_directory(studio, ".")
    studio.write("segments", "talk-1 talk 0.5 1.25", "talk-2 lost 0 1", "talk-3 talk 0 1", "talk-4 talk 1 99")
    studio.write("text", "talk-1 hello", "talk-2 bye", "talk-4 far", "talk-9 nowhere")
    ran = run("prepare", "corpus", "kaldi", studio.root)
    assert ran.code == 3 and len(ran.stdout.splitlines()) == 1
    for line in (
        "`talk-2`: recording not in wav.scp (`lost`)",
        f"`talk-3`: no transcript (not in `{studio.root / 'text'}`)",
        "`talk-4`: ends after its recording (at 99.000 s of",
    ):
        assert line in ran.stderr
    assert "talk-9" not in ran.stderr, "three are named, the rest is counted"
    assert "rejected: 4 (" in ran.stderr and "1 no recording" in ran.stderr


def test_a_nemo_manifest_keeps_what_it_says_and_unknown_fields(studio, prepare):
    studio.record("clips/a.wav", 2)
    rows = [
        {"audio_filepath": "clips/a.wav", "duration": 0.5, "text": "one", "dialect": "nz"},
        {"audio_filepath": "clips/a.wav", "offset": 1.0, "duration": 0.5, "text": "two"},
        {"audio_filepath": "clips/a.wav", "offset": 1.5, "text": "three", "id": "mine", "speaker": 7},
    ]
    studio.write("train.json", *map(json.dumps, rows))
    audio = str(studio.root / "clips" / "a.wav")
    assert prepare("nemo", "--part", "train") == [
        {"id": "a", "audio_filepath": audio, "duration": 0.5, "text": "one", "dialect": "nz"},
        {"id": "a-00001000", "audio_filepath": audio, "offset": 1.0, "duration": 0.5, "text": "two"},
        {"id": "mine", "audio_filepath": audio, "offset": 1.5, "duration": round(studio.seconds(2) - 1.5, 3),
         "text": "three", "speaker": "7"},
    ]  # fmt: skip


def test_records_read_back_as_themselves(an4, prepare, tmp_path):
    records = prepare("an4", "--part", "test", folder=an4)
    (tmp_path / "again.jsonl").write_text("".join(to_line(record) + "\n" for record in records))
    assert prepare("nemo", folder=tmp_path / "again.jsonl") == records


def test_records_may_come_down_a_pipe(run, an4, tmp_path):
    audio = an4 / "wav/an4_clstk/fash/an251-fash-b.opus"
    line = json.dumps({"audio_filepath": str(audio), "text": "It's 3!"})
    ran = run("prepare", "corpus", "nemo", "-", "--normalise", "english", stdin=line)
    assert json.loads(ran.stdout) == {
        "id": "an251-fash-b", "audio_filepath": str(audio), "duration": 1.0, "text": "it's three"
    }  # fmt: skip


def test_csv_of_deepspeech_pytorch(studio, prepare):
    audio, text = studio.record("wav/an1.wav"), studio.write("txt/an1.txt", "YES")
    studio.write("train_manifest.csv", f"{audio},{text}")
    assert prepare("csv", folder=studio.root / "train_manifest.csv") == [
        {"id": "wav-an1", "audio_filepath": audio, "duration": studio.seconds(), "text": "YES"}
    ]


def test_csv_of_coqui_with_commas_in_its_texts(studio, prepare):
    audio = studio.record("clips/a.wav")
    studio.write("dev.csv", "wav_filename,wav_filesize,transcript", 'clips/a.wav,35244,"well, yes"')
    assert prepare("csv", "--part", "dev") == [
        {"id": "clips-a", "audio_filepath": audio, "duration": studio.seconds(), "text": "well, yes"}
    ]


def test_csv_of_another_kind_names_the_line(studio, run):
    path = studio.write("x.csv", "a,b,c")
    assert f"`{path}`, line 1: 3 fields" in run("prepare", "corpus", "csv", path).stderr


def test_csv_with_speakers_and_languages(studio, prepare):
    audio = studio.record("a.wav")
    studio.write("x.csv", "audio_filepath,speaker,lang,text", "a.wav,anna,en,yes")
    assert prepare("csv", folder=studio.root / "x.csv") == [
        {"id": "a", "audio_filepath": audio, "duration": studio.seconds(), "text": "yes", "speaker": "anna",
         "lang": "en"}
    ]  # fmt: skip


ROWS = {"audiofolder": ("metadata.csv", "file_name,transcription"), "csv": ("x.csv", "wav_filename,transcript")}


@pytest.mark.parametrize("corpus", ROWS)
@pytest.mark.parametrize("row, what", [
    ("a.wav,he said, and left", "line 2: 3 cells, but the header has 2"), ("a.wav", "line 2: 1 cells"),
    ('a.wav,"an open quote never closed', "line 2: a quote that is never closed"),
    ('a.wav,"closed" too early', "line 2: "), ('a.wav,"open\nb.wav,"shut"', "line 2: "),
])  # fmt: skip
def test_a_row_of_another_shape_is_named_and_costs_no_other(studio, run, corpus, row, what):
    name, header = ROWS[corpus]
    studio.record("c.wav"), studio.record("d.wav")
    studio.write(name, header, row, "c.wav,plain words", "", 'd.wav,"line one of it', 'line two, of ""it"""')
    ran = run("prepare", "corpus", corpus, studio.root)
    texts = [json.loads(line)["text"] for line in ran.stdout.splitlines()]
    assert ran.code == 3 and texts[-2:] == ["plain words", 'line one of it line two, of "it"']
    assert f"{name}`, {what}" in ran.stderr


def test_lines_of_a_manifest_that_are_no_utterances_are_named_and_cost_no_other(studio, run):
    studio.record("a.wav", 2)
    good = {"audio_filepath": "a.wav", "duration": 0.5, "text": "one"}
    bad = ['{"audio_filepath": "a.wav", "duration": NaN}', json.dumps({**good, "offset": -0.05}),
           json.dumps({**good, "duration": "0.5"}), json.dumps({**good, "text": ["one"]}), "[1]", "{", "[" * 100_000,
           '{"duration": ' + "9" * 5000 + "}", json.dumps({**good, "duration": 10**400}), json.dumps({"text": "x"}),
           json.dumps({**good, "audio_filepath": "a\0.wav"}), json.dumps({**good, "audio_filepath": "\ud800.wav"}),
           json.dumps({**good, "id": {}}), json.dumps({**good, "deep": json.loads("[" * 200 + "]" * 200)})]
    path = studio.write("train.json", *bad, json.dumps(good))
    ran = run("prepare", "corpus", "nemo", path)
    assert ran.code == 3 and [json.loads(line)["text"] for line in ran.stdout.splitlines()] == ["one"]
    assert f"rejected: {len(bad)} " in ran.stderr and f"`{path}`, line 1: `duration` is nan" in ran.stderr
    assert f"`{path}`, line 2: `offset` is negative (-0.05)" in ran.stderr


def test_texts_are_composed_whatever_the_list_has(studio, prepare):
    studio.record("a.wav")
    studio.write("x.csv", "path,text", "a.wav,cafe\u0301")
    assert prepare("csv")[0]["text"] == "caf\u00e9"


def test_utf16_lists_read_like_others(studio, prepare):
    studio.record("a.wav")
    (studio.root / "x.json").write_bytes(json.dumps({"audio_filepath": "a.wav", "text": "é"}).encode("utf-16"))
    assert prepare("nemo")[0]["text"] == "é"


def test_a_folder_with_texts_beside_its_recordings(studio, prepare):
    first = studio.record("anna/hello.flac")
    studio.write("anna/hello.txt", " hello there", "you ")
    studio.record("anna/untold.wav", 1)
    top = studio.record("alone.opus", 2)
    studio.write("alone.txt", "alone")
    assert prepare("folder", code=3) == [
        {"id": "alone", "audio_filepath": top, "duration": studio.seconds(2), "text": "alone"},
        {"id": "anna-hello", "audio_filepath": first, "duration": studio.seconds(), "text": "hello there you",
         "speaker": "anna"},
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["metadata.csv", "metadata.jsonl"])
@pytest.mark.parametrize("place", ["train/", "data/train/"])
def test_a_hugging_face_audiofolder(studio, prepare, form, place):
    audio = studio.record(f"{place}a/0001.wav")
    rows = ["file_name,transcription,speaker_id", 'a/0001.wav,"yes, I do",12']
    if form.endswith("jsonl"):
        rows = [json.dumps({"file_name": "a/0001.wav", "transcription": "yes, I do", "speaker_id": 12})]
    studio.write(place + form, *rows)
    assert prepare("audiofolder", "--part", "train") == [
        {"id": "train-a-0001", "audio_filepath": audio, "duration": studio.seconds(), "text": "yes, I do",
         "speaker": "12"}
    ]  # fmt: skip


def test_an_audiofolder_with_one_list_above_its_parts(studio, prepare):
    studio.record("train/a.wav"), studio.record("test/b.wav", 1)
    studio.write("metadata.csv", "file_name,text", "train/a.wav,yes", "test/b.wav,no")
    assert [record["text"] for record in prepare("audiofolder")] == ["yes", "no"]
    assert [record["text"] for record in prepare("audiofolder", "--part", "test")] == ["no"]


def lhotse_cut(audio, seconds, **fields):
    return {
        "id": "cut-1", "start": 0.25, "duration": 1.5, "channel": 0, "type": "MonoCut",
        "supervisions": [{"id": "s-1", "recording_id": "r", "start": 0.25, "duration": 1.0, "channel": 0,
                          "text": "Yes.", "language": "English", "speaker": "anna"}],
        "recording": {"id": "r", "sources": [{"type": "file", "channels": [0], "source": audio}],
                      "sampling_rate": 16000, "num_samples": round(seconds * 16000), "duration": seconds},
        **fields,
    }  # fmt: skip


def test_lhotse_cuts_count_their_times_from_the_cut(studio, prepare):
    audio = studio.record("r.wav", 2)
    with gzip.open(studio.root / "cuts_train.jsonl.gz", "wt") as file:
        file.write(json.dumps(lhotse_cut(audio, studio.seconds(2))) + "\n")
    assert prepare("lhotse", "--part", "cuts_train") == [
        {"id": "cut-1", "audio_filepath": audio, "offset": 0.5, "duration": 1.0, "text": "Yes.", "speaker": "anna",
         "lang": "English"}
    ]  # fmt: skip


def test_lhotse_cuts_that_no_record_can_hold_are_rejected(studio, run):
    audio = studio.record("r.wav", 2)
    plain = lhotse_cut(audio, 2.5)
    augmented = {**plain["recording"], "transforms": [{"name": "Speed", "kwargs": {"factor": 1.1}}]}
    remote = {**plain["recording"], "sources": [{"type": "url", "channels": [0], "source": "https://example.org/a"}]}
    odd = [{"type": "MixedCut"}, {"recording": augmented}, {"recording": remote}, {"duration": 0.5}]
    studio.write("cuts.jsonl", *(json.dumps({**plain, **fields}) for fields in odd))
    ran = run("prepare", "corpus", "lhotse", studio.root)
    assert (ran.code, ran.stdout) == (3, "")
    for reason in ("MixedCut, not a plain cut", "augmented recording", "not one file"):
        assert reason in ran.stderr


@pytest.mark.parametrize("change, what", [
    ({"supervisions": [{"id": "s", "start": 0, "text": "hi"}]}, "no field 'duration'"),
    ({"duration": None}, "line 1"), ({"start": "x"}, "line 1"), ({"recording": "r"}, "line 1"),
    ({"supervisions": [3]}, "line 1"), ({"supervisions": [{"id": "s", "duration": 1, "text": 5}]}, "`text` is 5"),
])  # fmt: skip
def test_a_cut_with_a_field_missing_or_of_another_type_costs_one_line(studio, run, change, what):
    plain = lhotse_cut(studio.record("r.wav", 2), 2.5)
    studio.write("cuts.jsonl", json.dumps({**plain, **change}), json.dumps({**plain, "id": "good"}))
    ran = run("prepare", "corpus", "lhotse", studio.root)
    assert ran.code == 3 and [json.loads(line)["id"] for line in ran.stdout.splitlines()] == ["good"]
    assert "`cut-1`: not a cut" in ran.stderr and what in ran.stderr


def test_cuts_whose_gzip_is_cut_short_are_an_error_with_a_name(studio, run):
    cut = json.dumps(lhotse_cut(studio.record("r.wav", 2), 2.5)) + "\n"
    (studio.root / "cuts.jsonl.gz").write_bytes(gzip.compress(cut.encode() * 50)[:-12])
    ran = run("prepare", "corpus", "lhotse", studio.root)
    assert ran.code == 2 and "cuts.jsonl.gz` is broken" in ran.stderr and "gzip -t" in ran.stderr


DATA = Path(os.environ.get("DS2_DATA", "/nonexistent"))
REAL = {
    "librispeech-train-clean-5/train.jsonl": 1383, "speechocean762/train.jsonl": 2500, "vctk-p239/all.jsonl": 503,
    "ljspeech-part/all.jsonl": 385, "cv-mini-en/all.jsonl": 100, "aishell-sample/all.jsonl": 1000,
}  # fmt: skip


@pytest.mark.parametrize("manifest", REAL)
def test_manifests_of_real_corpora_read_whole(prepare, manifest):
    if not (DATA / manifest).exists():
        pytest.skip("needs DS2_DATA")
    records = prepare("nemo", folder=DATA / manifest)
    assert len(records) == REAL[manifest]
    given = [json.loads(line) for line in open(DATA / manifest, encoding="utf-8")]
    for record, original in zip(records, given, strict=True):
        assert (record["id"], record["text"]) == (original["id"], original["text"])
        assert record["duration"] == pytest.approx(original["duration"], abs=0.05)


def write_tar(path, files):
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def test_shards_that_others_wrote(studio, prepare):
    sound = Path(studio.record("a.flac")).read_bytes()
    files = {
        "./en/one.flac": sound, "./en/one.txt": b" HELLO  World\n", "./en/one.cls": b"3",
        "two.json": json.dumps({"sentence": "bye", "client_id": "anna", "locale": "en", "dialect": "nz"}).encode(),
        "two.mid.flac": b"", "two.flac": sound,
    }  # fmt: skip
    (studio.root / "train").mkdir()
    write_tar(studio.root / "train" / "x-0.tar", files)
    one, two = prepare("shards", "--part", "train")
    assert {**one, "audio_filepath": ""} == {
        "id": "en-one", "audio_filepath": "", "duration": studio.seconds(), "text": "HELLO World",
    }  # fmt: skip
    assert two["id"] == "two" and two["speaker"] == "anna" and two["lang"] == "en" and two["dialect"] == "nz"
    for record in (one, two):
        assert np.array_equal(read_audio(record["audio_filepath"], 16000), read_audio(studio.root / "a.flac", 16000))


def test_what_a_shard_lacks_costs_one_line_each(studio, run):
    sound = Path(studio.record("a.flac")).read_bytes()
    files = {
        "good.flac": sound, "good.txt": b"hello", "mute.txt": b"no sound", "plain.flac": sound,
        "bad.flac": sound, "bad.json": b"{", "noise.flac": b"not audio", "noise.txt": b"hm",
        "last.flac": sound, "last.txt": b"cut",
    }  # fmt: skip
    write_tar(studio.root / "0.tar", files)
    whole = (studio.root / "0.tar").read_bytes()
    (studio.root / "0.tar").write_bytes(whole[: whole.rindex(b"last.txt") - len(sound) // 2])
    (studio.root / "1.tar").write_bytes(gzip.compress(whole))
    ran = run("prepare", "corpus", "shards", studio.root)
    assert ran.code == 3 and [json.loads(line)["id"] for line in ran.stdout.splitlines()] == ["good"]
    for reason in ("1 no audio", "1 no transcript", "1 text or JSON that", "1 unreadable audio", "2 not a plain tar"):
        assert reason in ran.stderr


def test_a_folder_without_tar_files_is_no_corpus_of_shards(run, tmp_path):
    ran = run("prepare", "corpus", "shards", tmp_path)
    assert ran.code == 2 and "holds no tar files" in ran.stderr
