"""`ds2 prepare split` and `ds2 prepare units`."""

import json
import random

import pytest

from ds2cli.text.units import read_units


@pytest.fixture
def manifest(run, an4, tmp_path):
    path = tmp_path / "all.jsonl"
    assert run("prepare", "corpus", "an4", an4, "--part", "train", "-o", path).code == 0
    return path


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def split(run, manifest, folder, *arguments):
    folder.mkdir(exist_ok=True)
    into = ("--into", f"{folder / 'train.jsonl'}=0.8", "--into", f"{folder / 'dev.jsonl'}=0.1",
            "--into", f"{folder / 'test.jsonl'}=0.1")  # fmt: skip
    ran = run("prepare", "split", manifest, *into, *arguments)
    assert ran.code == 0, ran.stderr
    return [read(folder / f"{name}.jsonl") for name in ("train", "dev", "test")], ran.stderr


def test_no_speaker_is_in_two_parts_and_nothing_is_lost(run, manifest, tmp_path):
    parts, _ = split(run, manifest, tmp_path / "a")
    speakers = [{record["speaker"] for record in part} for part in parts]
    assert not (speakers[0] & speakers[1] or speakers[0] & speakers[2] or speakers[1] & speakers[2])
    everything = {record["id"]: record for part in parts for record in part}
    assert everything == {record["id"]: record for record in read(manifest)} and len(everything) == 948


def test_shares_are_of_the_hours_and_told(run, manifest, tmp_path):
    parts, told = split(run, manifest, tmp_path / "a")
    seconds = [sum(record["duration"] for record in part) for part in parts]
    assert [second / sum(seconds) for second in seconds] == pytest.approx([0.8, 0.1, 0.1], abs=0.02)
    for part, line in zip(parts, told.splitlines(), strict=False):
        hours, speakers = sum(record["duration"] for record in part) / 3600, len({r["speaker"] for r in part})
        assert line.endswith(f": {len(part):,} utterances · {hours:,.2f} h · {speakers:,} speakers")
    assert told.endswith("seed 1\n")


def test_the_order_of_the_lines_changes_nothing_but_the_order(run, manifest, tmp_path):
    first, _ = split(run, manifest, tmp_path / "a")
    lines = manifest.read_text().splitlines(keepends=True)
    random.Random(0).shuffle(lines)
    (tmp_path / "shuffled.jsonl").write_text("".join(lines))
    second, _ = split(run, tmp_path / "shuffled.jsonl", tmp_path / "b")
    for one, other in zip(first, second, strict=True):
        assert {record["id"] for record in one} == {record["id"] for record in other}
    assert [record["id"] for record in first[0]] == sorted(
        (record["id"] for record in first[0]), key=[record["id"] for record in read(manifest)].index
    )


def test_another_seed_is_another_split(run, manifest, tmp_path):
    one, _ = split(run, manifest, tmp_path / "a", "--seed", "1")
    two, _ = split(run, manifest, tmp_path / "b", "--seed", "2")
    assert {record["speaker"] for record in one[1]} != {record["speaker"] for record in two[1]}


def test_one_speaker_splits_by_utterance(run, manifest, tmp_path):
    rows = [dict(record, speaker="") for record in read(manifest)[:40]]
    (tmp_path / "one.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = run("prepare", "split", tmp_path / "one.jsonl", "--into", f"{tmp_path}/a.jsonl=1")
    assert ran.code == 2 and "has no speaker" in ran.stderr and "--by utterance" in ran.stderr
    parts, _ = split(run, tmp_path / "one.jsonl", tmp_path / "a", "--by", "utterance")
    assert sum(map(len, parts)) == 40 and all(parts)


@pytest.mark.parametrize("into", ["dev.jsonl", "dev.jsonl=", "=0.5", "dev.jsonl=-1", "dev.jsonl=nan"])
def test_a_share_that_is_none_is_asked_wrongly(run, manifest, into):
    ran = run("prepare", "split", manifest, "--into", into)
    assert ran.code == 2 and f"error: `--into {into}` is not FILE=SHARE" in ran.stderr


def test_more_parts_than_speakers_is_refused(run, manifest, tmp_path):
    rows = [json.dumps(record) for record in read(manifest)[:3]]
    (tmp_path / "one.jsonl").write_text("\n".join(rows))
    ran = run("prepare", "split", tmp_path / "one.jsonl", "--into", "a=1", "--into", "b=1")
    assert ran.code == 2 and "2 parts, but only 1 speaker to" in ran.stderr


def test_relative_audio_paths_still_lead_to_their_recordings(run, an4, tmp_path):
    lines = ['{"audio_filepath": "x/a.opus", "duration": 1, "speaker": "a"}', '{"audio_filepath": "b.opus", "duration": 1, "speaker": "b"}']  # noqa: E501
    (tmp_path / "m.jsonl").write_text("\n".join(lines))
    (tmp_path / "out").mkdir()
    run("prepare", "split", tmp_path / "m.jsonl", "--into", f"{tmp_path}/out/a=1", "--into", f"{tmp_path}/out/b=1")
    paths = {record["audio_filepath"] for name in "ab" for record in read(tmp_path / "out" / name)}
    assert paths == {str(tmp_path / "x/a.opus"), str(tmp_path / "b.opus")}


def test_units_spell_every_text(run, manifest, tmp_path):
    ran = run("prepare", "units", manifest, "-o", tmp_path / "units.txt")
    units = read_units(tmp_path / "units.txt")
    assert ran.stderr == "27 units and the blank\n" and len(units) == 28
    assert all(units.decode(units.encode(record["text"])) == record["text"] for record in read(manifest))


def test_units_of_phones_and_rare_ones_left_out(run):
    lines = ['{"text": "hh ah l ow"}', '{"text": "ow l zh"}']
    ran = run("prepare", "units", "-", "--separator", " ", "--min-count", "2", stdin="\n".join(lines))
    assert ran.stdout == "#separator=<space>\nl\now\n"


def test_a_separator_that_no_text_holds_is_a_mistake(run):
    lines = ['{"text": "hh ah l ow"}', '{"text": "ow l zh"}']
    ran = run("prepare", "units", "-", "--separator", "space", stdin="\n".join(lines))
    assert ran.code == 2 and ran.stdout == "" and 'hint: for units between spaces: --separator " "' in ran.stderr


def test_two_parts_of_one_name_are_a_mistake(run, manifest, tmp_path):
    into = ("--into", f"{tmp_path / 'a.jsonl'}=0.5") * 2
    ran = run("prepare", "split", manifest, *into)
    assert ran.code == 2 and "two parts of the same name" in ran.stderr and not (tmp_path / "a.jsonl").exists()


def test_no_text_has_no_units(run, tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    ran = run("prepare", "units", tmp_path / "empty.jsonl", "-o", tmp_path / "units.txt")
    assert ran.code == 2 and "no text to find units in" in ran.stderr and not (tmp_path / "units.txt").exists()


def test_no_speaker_is_counted_where_none_is_named(run, tmp_path):
    lines = [json.dumps({"id": str(i), "audio_filepath": f"{i}.wav", "duration": 1, "text": "a"}) for i in range(3)]
    (tmp_path / "all.jsonl").write_text("\n".join(lines))
    ran = run("prepare", "split", tmp_path / "all.jsonl", "--by", "utterance", "--into", f"{tmp_path}/a.jsonl=2",
              "--into", f"{tmp_path}/b.jsonl=1")  # fmt: skip
    assert ran.code == 0 and "a.jsonl: 2 utterances · 0.00 h\n" in ran.stderr
    assert "b.jsonl: 1 utterance · 0.00 h\n" in ran.stderr
