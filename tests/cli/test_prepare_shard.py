"""`ds2 prepare shard`: nothing is lost or changed, what is finished stays, what is broken is named."""

import json
from pathlib import Path

import numpy as np
import pytest

from ds2cli.audio.files import read_audio, read_info, resample, write_audio

RATE = 16000


@pytest.fixture
def manifest(an4_utterances, tmp_path):
    return write(tmp_path / "m.jsonl", [{"id": one.id, **one.record} for one in an4_utterances(20)])


def write(path: Path, records: list[dict]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def shard(run, manifest, tmp_path):
    """`shard("--seed", 2, into="b")` -> the records of the listing, and how the command ran."""

    def prepare_shard(*arguments, into="a", code=0, source=manifest):
        ran = run("prepare", "shard", source, "--output", tmp_path / into, "--shard-seconds", 15, *arguments)
        assert ran.code == code, ran.stderr
        listing = tmp_path / into / "shards.jsonl"
        return (read(listing) if listing.exists() else []), ran

    return prepare_shard


def tars(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.tar"))}


def test_every_utterance_is_there_in_the_old_order_with_the_same_sound(shard, manifest, tmp_path):
    records, ran = shard()
    before = read(manifest)
    assert ran.stdout == f"{tmp_path / 'a' / 'shards.jsonl'}\n" and "20 utterances · 0.0" in ran.stderr
    assert len(tars(tmp_path / "a")) > 2
    for old, new in zip(before, records, strict=True):
        assert {**old, "audio_filepath": ""} == {**new, "audio_filepath": ""}
        assert not Path(new["audio_filepath"]).is_absolute()
        ours, theirs = read_audio(tmp_path / "a" / new["audio_filepath"], RATE), read_audio(old["audio_filepath"], RATE)
        assert np.array_equal(ours, theirs)


def test_the_seed_is_the_order_and_jobs_change_nothing(shard, tmp_path):
    shard()
    shard("--jobs", 1, into="b")
    shard("--seed", 2, into="c")
    assert tars(tmp_path / "a") == tars(tmp_path / "b") != tars(tmp_path / "c")


def test_finished_shards_stay_and_missing_ones_are_written(shard, tmp_path):
    records, _ = shard()
    whole = tars(tmp_path / "a")
    *_, before_last, last = sorted((tmp_path / "a").glob("*.tar"))
    last.unlink()
    before_last.unlink()
    kept = (tmp_path / "a" / "000000.tar").stat()
    again, ran = shard()
    assert again == records and tars(tmp_path / "a") == whole
    assert (tmp_path / "a" / "000000.tar").stat() == kept and ran.stderr.count("was there already") == len(whole) - 2


@pytest.mark.parametrize("arguments", [("--seed", 2), ("--encode", "flac")])
def test_shards_of_another_order_or_encoding_are_not_mixed(shard, tmp_path, arguments):
    shard()
    whole = tars(tmp_path / "a")
    _, ran = shard(*arguments, code=2)
    assert "000000.tar` holds other utterances, or in another order or encoding" in ran.stderr
    assert tars(tmp_path / "a") == whole


def test_shards_of_other_texts_or_strangers_are_not_mixed(shard, manifest, tmp_path):
    shard()
    changed = write(tmp_path / "n.jsonl", [{**record, "text": "x"} for record in read(manifest)])
    assert "holds other utterances" in shard(source=changed, code=2)[1].stderr
    (tmp_path / "a" / "000000.tar").rename(tmp_path / "a" / "x.tar")
    assert "is not the next shard" in shard(code=2)[1].stderr


def test_broken_recordings_are_named_and_left_out_then_and_later(shard, manifest, tmp_path):
    records = read(manifest)
    (tmp_path / "bad.opus").write_bytes(Path(records[3]["audio_filepath"]).read_bytes()[:99])
    records[3]["audio_filepath"], records[7]["audio_filepath"] = str(tmp_path / "bad.opus"), str(tmp_path / "no.wav")
    broken = write(tmp_path / "broken.jsonl", records)
    kept, ran = shard(source=broken, code=3)
    good = [record["id"] for number, record in enumerate(records) if number not in (3, 7)]
    assert [record["id"] for record in kept] == good and "skipped: 2" in ran.stderr
    assert f"`{records[3]['id']}`: unreadable audio" in ran.stderr and "no such file: `" in ran.stderr
    again, ran = shard(source=broken, code=3)
    assert again == kept and "skipped: 2" in ran.stderr
    _, ran = shard("--strict", source=broken, into="b", code=1)
    assert "without --strict it is skipped" in ran.stderr and not (tmp_path / "b" / "shards.jsonl").exists()


def test_nothing_to_read_is_an_error(shard, tmp_path):
    nothing = write(tmp_path / "n.jsonl", [{"audio_filepath": "no.wav", "duration": 1.0}])
    assert "no recording could be read" in shard(source=nothing, code=1)[1].stderr


def test_parts_of_a_long_recording_become_recordings_with_every_bit(shard, tmp_path):
    talk = (np.random.default_rng(1).normal(0, 0.2, (5 * RATE, 2))).clip(-1, 1)
    write_audio(tmp_path / "talk.wav", talk, RATE)
    parts = [{"id": f"t.{at}", "audio_filepath": "talk.wav", "offset": at + 0.1234, "duration": 0.7} for at in range(4)]
    for record, part in zip(shard(source=write(tmp_path / "p.jsonl", parts))[0], parts, strict=True):
        assert record["audio_filepath"].endswith(".flac") and "offset" not in record and record["id"] == part["id"]
        whole = read_audio(tmp_path / "talk.wav", RATE, part["offset"], part["duration"])
        assert np.array_equal(read_audio(tmp_path / "a" / record["audio_filepath"], RATE), whole)


def test_opus_takes_any_rate_and_keeps_length_and_sound(shard, tmp_path):
    t = np.arange(22050) / 22050
    write_audio(tmp_path / "t.wav", 0.3 * np.sin(2 * np.pi * 440 * t), 22050)
    one = [{"audio_filepath": "t.wav", "duration": 1.0, "text": "a"}]
    ((record,), _) = shard("--encode", "opus", source=write(tmp_path / "o.jsonl", one))
    address = tmp_path / "a" / record["audio_filepath"]
    assert read_info(address).seconds == pytest.approx(1.0, abs=1e-3)
    expected = resample(read_audio(tmp_path / "t.wav", 22050), 22050, RATE)
    found = read_audio(address, RATE)
    assert np.corrcoef(found[1000:15000], expected[1000:15000])[0, 1] > 0.99


def test_ids_that_file_names_cannot_hold_or_that_come_twice_stay_what_they_are(shard, manifest, tmp_path):
    ids = ["a.b", "a_b", "a/b", "你好", "再见", "x" * 200, "a.b"]
    rows = [{**record, "id": name} for record, name in zip(read(manifest), ids, strict=False)]
    records, _ = shard(source=write(tmp_path / "i.jsonl", rows))
    assert [record["id"] for record in records] == ids
    assert len({record["audio_filepath"].rpartition("/")[2] for record in records}) == len(ids)


def test_size_closes_shards_too(shard, tmp_path):
    shard("--size", "40k")
    sizes = [len(content) for content in tars(tmp_path / "a").values()]
    assert len(sizes) > 2 and all(40 << 10 <= size <= 80 << 10 for size in sizes[:-1])


def test_records_of_the_shards_come_back_from_the_tar_files_alone(shard, run, tmp_path):
    records, _ = shard()
    ran = run("prepare", "corpus", "shards", tmp_path / "a")
    listed = {record["id"]: record for record in map(json.loads, ran.stdout.splitlines())}
    for record in records:
        there = listed.pop(record["id"])
        assert there["audio_filepath"] == str(tmp_path / "a" / record["audio_filepath"])
        assert there["text"] == record["text"] and there["duration"] == pytest.approx(record["duration"], abs=1e-3)
    assert not listed


def test_webdatasets_own_reader_reads_them(shard, tmp_path):
    webdataset = pytest.importorskip("webdataset")
    records, _ = shard()
    paths = [str(path) for path in sorted((tmp_path / "a").glob("*.tar"))]
    found = {}
    for sample in webdataset.WebDataset(paths, shardshuffle=False):
        found[json.loads(sample["json"])["id"]] = sample["opus"]
    originals = {one["id"]: Path(one["audio_filepath"]).read_bytes() for one in read(tmp_path / "m.jsonl")}
    assert found == originals and len(found) == len(records)
