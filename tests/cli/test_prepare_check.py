"""`ds2 prepare check`: each finding is provoked by a recording or a record that is really spoiled."""

import json
import shutil

import numpy as np
import pytest
import soundfile

IDS = ("an251-fash-b", "an253-fash-b", "an254-fash-b", "an255-fash-b", "cen1-fash-b", "cen2-fash-b")


@pytest.fixture
def records(run, an4, tmp_path):
    """Six good records whose recordings are copies that a test may spoil."""
    ran = run("prepare", "corpus", "an4", an4, "--part", "train")
    good = [record for record in map(json.loads, ran.stdout.splitlines()) if record["id"] in IDS]
    for record in good:
        copy = tmp_path / f"{record['id']}.opus"
        shutil.copy(record["audio_filepath"], copy)
        record["audio_filepath"] = str(copy)
    return good


@pytest.fixture
def check(run, tmp_path):
    """`check(records, "--units", file)` -> (finding -> ids, how the command ran)."""

    def check_records(records, *arguments, code=3, name="train.jsonl"):
        write(tmp_path / name, records)
        ran = run("prepare", "check", tmp_path / name, "--json", *arguments)
        assert ran.code == code, ran.stderr
        found = {}
        for finding in json.loads(ran.stdout)["findings"]:
            found.setdefault(finding["finding"], []).append(finding["id"])
        return found, ran

    return check_records


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def rewrite(record, change, suffix=".wav"):
    """The record's recording, changed, in another container; the record follows."""
    samples, rate = soundfile.read(record["audio_filepath"], dtype="float32")
    record["audio_filepath"] = str(record["audio_filepath"]).replace(".opus", suffix)
    soundfile.write(record["audio_filepath"], change(samples), rate)


def cut(record, share=0.6):
    """Bytes missing at the end, as after a download that stopped; the record's duration is what the header says."""
    path = record["audio_filepath"]
    data = open(path, "rb").read()
    open(path, "wb").write(data[: int(len(data) * share)])


def test_good_records_pass_with_exit_0(check, records):
    found, ran = check(records, code=0)
    assert not found and json.loads(ran.stdout)["good"] == 6
    assert ran.stderr == (
        "6 utterances · 0.00 h · 6 good\ntexts that their speaker has said before: 1 (may be natural)\n"
    )


def test_the_whole_of_an4_is_good(run, an4, tmp_path):
    for part in ("train", "test"):
        run("prepare", "corpus", "an4", an4, "--part", part, "-o", tmp_path / f"{part}.jsonl")
    ran = run("prepare", "check", tmp_path / "train.jsonl", "--against", tmp_path / "test.jsonl")
    assert ran.code == 0 and ran.stderr.startswith("948 utterances · 0.71 h · 948 good\n")


@pytest.mark.parametrize("suffix", [".opus", ".ogg", ".wav", ".aiff", ".flac", ".mp3"])
def test_a_recording_cut_short_is_found_even_where_its_header_hides_it(check, records, suffix):
    record = records[4]
    if suffix != ".opus":
        rewrite(record, lambda samples: samples, suffix)
    assert check(records, code=0)[0] == {}
    cut(record)
    try:
        record["duration"] = round(soundfile.info(record["audio_filepath"]).duration, 3)
    except soundfile.SoundFileError:
        pass
    found, _ = check(records)
    kind = "unreadable audio" if suffix == ".flac" else "truncated audio"
    assert found == {kind: [record["id"]]}


def test_segments_that_end_before_the_cut_are_whole(check, records):
    record = records[4]
    rewrite(record, lambda samples: np.tile(samples, 3))
    cut(record)
    seconds = soundfile.info(record["audio_filepath"]).duration
    record["duration"] = 1.0
    late = {**record, "id": "late", "offset": round(seconds - 1.0, 3)}
    early = {**record, "id": "early", "offset": 0.2, "text": "other words"}
    assert check([early, late])[0] == {"truncated audio": ["late"]}


def test_missing_and_unreadable_recordings(check, records):
    records[0]["audio_filepath"] += ".lost"
    open(records[1]["audio_filepath"], "wb").write(b"<html>404</html>")
    found, ran = check(records)
    assert found == {"no audio file": [records[0]["id"]], "unreadable audio": [records[1]["id"]]}
    assert "no such file: `" in ran.stdout


def test_wrong_durations_and_segments_beyond_the_end(check, records):
    records[0]["duration"] += 0.2
    records[1]["duration"] -= 0.2
    records[2].update(offset=0.1)
    records[3].update(offset=0.1, duration=records[3]["duration"] - 0.1)
    found, _ = check(records)
    assert found["wrong duration"] == [record["id"] for record in records[:3]]


def test_clipping_and_silence(check, records):
    rewrite(records[0], lambda samples: np.clip(samples * 40, -1, 1))
    rewrite(records[1], lambda samples: samples * 0)
    rewrite(records[2], lambda samples: samples * 1e-4)
    rewrite(records[3], lambda samples: samples / np.abs(samples).max() * 0.97)
    found, _ = check(records)
    assert found == {"clipping": [records[0]["id"]], "silence": [records[1]["id"], records[2]["id"]]}


def test_clipping_survives_lossy_coding(check, records):
    rewrite(records[4], lambda samples: np.clip(samples * 40, -1, 1), ".ogg")
    assert check(records)[0] == {"clipping": [records[4]["id"]]}


def test_text_that_nothing_spells(check, records, tmp_path, run):
    run("prepare", "units", write(tmp_path / "u.jsonl", records), "-o", tmp_path / "units.txt")
    records[0]["text"] = "\u00e9s\u00e9 42"
    records[1]["text"] = " "
    found, ran = check(records, "--units", tmp_path / "units.txt")
    assert found == {"text outside the units": [records[0]["id"]], "empty text": [records[1]["id"]]}
    assert "`\u00e9` `4` `2`" in ran.stdout


def test_a_text_fits_exactly_into_as_many_frames_as_labels_and_repeats(check, records):
    record = records[4]
    frames = -(-((round(record["duration"] * 16000) - 320) // 160 + 1) // 4)  # windows of 20 ms, then every fourth
    record["text"] = ("ab" * frames)[:frames]
    assert check(records, code=0)[0] == {}
    record["text"] = "bb" + record["text"][2:]
    found, ran = check(records)
    assert found == {"more labels than frames": [record["id"]]}
    assert f"{frames} labels need {frames + 1} frames of {frames}" in ran.stdout
    assert check(records, "--frame-seconds", "0.02", code=0)[0] == {}


def test_the_same_sound_in_another_container_under_another_name_is_found(check, records):
    soundless = dict(records[1], id="copy", speaker="someone else", text="other words")
    rewrite(soundless, lambda samples: samples, ".flac")
    wave = dict(soundless, id="copy of the copy")
    samples, rate = soundfile.read(soundless["audio_filepath"], dtype="int16")
    wave["audio_filepath"] = soundless["audio_filepath"].replace(".flac", ".wav")
    soundfile.write(wave["audio_filepath"], samples, rate)
    assert check([soundless, wave])[0] == {"same audio again": ["copy of the copy"]}


def test_sets_that_overlap(check, records, run, tmp_path):
    train, test = records[:4], [dict(records[0], id="other name"), dict(records[4], id=records[1]["id"])]
    found, ran = check(train, "--against", write(tmp_path / "test.jsonl", test))
    assert found == {"same audio again": [records[0]["id"]], "same id again": [records[1]["id"]]}
    assert list(json.loads(ran.stdout)["shared_speakers"]) == ["fash"]
    both = run("prepare", "check", tmp_path / "train.jsonl", tmp_path / "test.jsonl", "--json")
    assert json.loads(both.stdout)["counts"]["same audio again"] == 1, "the first stays good, the second is found"


def test_the_table_names_the_first_three_and_counts_the_rest(check, records):
    for record in records[:5]:
        record["text"] = ""
    _, ran = check(records)
    assert ran.stderr == (
        "6 utterances · 0.00 h · 1 good\n"
        "        5  empty text            an251-fash-b; an253-fash-b; an254-fash-b\n"
    )


def test_good_records_are_written_as_they_came(run, records, tmp_path):
    records[1]["text"], records[3]["dialect"] = "", "nz"
    manifest = write(tmp_path / "train.jsonl", records)
    ran = run("prepare", "check", manifest, "--good", "-")
    assert ran.code == 3 and [json.loads(line) for line in ran.stdout.splitlines()] == [records[0], *records[2:]]
    run("prepare", "check", manifest, "--good", tmp_path / "good.jsonl")
    assert (tmp_path / "good.jsonl").read_text() == ran.stdout
    assert run("prepare", "check", tmp_path / "good.jsonl").code == 0


def test_two_things_on_stdout_are_asked_wrongly(run, records, tmp_path):
    ran = run("prepare", "check", write(tmp_path / "train.jsonl", records), "--good", "-", "--json")
    assert (ran.code, ran.stdout) == (2, "") and "--good good.jsonl" in ran.stderr


def test_errors_name_file_and_line(run, tmp_path):
    (tmp_path / "dev.jsonl").write_text('{"text": "yes"}\n')
    ran = run("prepare", "check", tmp_path / "dev.jsonl")
    assert ran.code == 3 and "dev.jsonl`, line 1: no field `audio_filepath`" in ran.stderr
    ran = run("prepare", "check", tmp_path / "lost.jsonl")
    assert ran.code == 2 and ran.stderr.startswith("error: no such file: `") and "hint: write one with" in ran.stderr


def test_a_model_says_itself_what_it_spells_and_in_how_many_frames(check, records, tmp_path):
    from ds2cli.config import Config
    from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
    from ds2cli.model.network import time_stride
    from ds2cli.text.units import units_of

    config = Config()
    save_checkpoint(tmp_path / "best.safetensors", Checkpoint(config, units_of(["abcdefgh"]), {}, {}))
    for record in records:
        record["text"] = "abc"
    frame_seconds = config.features.hop_seconds * time_stride(config.model)
    records[0]["text"] = "ab" * round(records[0]["duration"] / frame_seconds / 2 + 3)
    records[1]["text"] = "xyz"
    found, _ = check(records, "--run", tmp_path)
    assert found == {"more labels than frames": [records[0]["id"]], "text outside the units": [records[1]["id"]]}


def test_a_run_and_units_contradict_each_other(run, records, tmp_path):
    ran = run("prepare", "check", write(tmp_path / "a.jsonl", records), "--run", tmp_path, "--units", tmp_path / "u")
    assert ran.code == 2 and "hint: leave out one of them" in ran.stderr


@pytest.mark.parametrize("strides", [(2, 2), (2, 1), (4, 1), (2, 4)])
def test_frames_are_counted_as_the_network_counts_them(strides):
    import torch

    from ds2cli.config import Config, FeatureConfig, ModelConfig
    from ds2cli.model.recogniser import Recogniser
    from ds2cli.text.units import units_of
    from ds2cli.workflows.prepare.check import spelling_by

    model = ModelConfig((2, 2), ((3, 11), (3, 5)), tuple((2, stride) for stride in strides), rnn_layers=0)
    recogniser = Recogniser(Config(FeatureConfig(kind="mel", n_mels=16), model), units_of(["ab"])).eval()
    frames_within = spelling_by(None, recogniser.frame_seconds).frames_within
    for milliseconds in [*range(5, 260, 5), 999, 1000, 1001]:
        samples = torch.zeros(1, round(milliseconds * 16))
        heard = recogniser(samples, torch.tensor([samples.shape[1]]))[1]
        assert frames_within(milliseconds / 1000) == int(heard), milliseconds


def test_channels_that_cancel_or_are_not_there_are_found(check, records):
    rewrite(records[0], lambda samples: np.stack([samples, -samples], 1))
    rewrite(records[1], lambda samples: np.stack([samples, -samples], 1))
    records[1]["channel"] = 1
    records[2]["channel"] = 1
    rewrite(records[3], lambda samples: np.stack([samples, 0 * samples], 1))
    records[3]["channel"] = "B"
    found, _ = check(records)
    assert found == {"channels that cancel each other": [IDS[0]], "no such channel": [IDS[2]], "silence": [IDS[3]]}
