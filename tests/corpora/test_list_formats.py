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


def test_a_pipe_in_wav_scp_is_an_error_that_names_the_line(studio, run):
    studio.write("wav.scp", f"a {studio.record('a.wav')}", "b sph2pipe -f wav -p b.sph |")
    ran = run("prepare", "corpus", "kaldi", studio.root)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == (
        f"error: `{studio.root / 'wav.scp'}`, line 2: `b` is a command (`sph2pipe -f wav -p b.sph |`)\n"
        "hint: run it once, and write the file that it makes instead\n"
    )


def test_an_archive_in_wav_scp_is_an_error_too(studio, run):
    studio.write("wav.scp", "a /data/wav.ark:1724")
    assert "line 1: `a` lies in an archive" in run("prepare", "corpus", "kaldi", studio.root).stderr


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


def test_csv_of_another_kind_names_the_row(studio, run):
    path = studio.write("x.csv", "a,b,c")
    assert f"`{path}`, row 1: 3 fields" in run("prepare", "corpus", "csv", path).stderr


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
