"""Sound as people bring it: down a pipe, in formats of telephones, on one of two channels, from a telephone line."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from ds2cli.audio import ffmpeg
from ds2cli.audio.augment import narrow_band
from ds2cli.audio.files import encode_audio, read_audio, resample, write_audio

M4A = b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + bytes(range(128, 256))
NAMES_IT = "is m4a (MPEG-4 audio), which needs ffmpeg or PyAV"


@pytest.fixture(scope="module")
def spoken(an4):
    """A second or two of speech, (samples,) at 16 kHz."""
    return read_audio(an4 / "wav" / "an4_clstk" / "fash" / "an251-fash-b.opus", 16000)


@pytest.fixture
def folder(tmp_path, spoken, monkeypatch):
    """Speech in a.wav, on one of two channels in two.wav, lost in cancelled.wav; and c.m4a, that nobody here reads."""
    monkeypatch.setattr(ffmpeg, "reader", lambda: "")
    write_audio(tmp_path / "a.wav", spoken, 16000)
    write_audio(tmp_path / "two.wav", np.stack([0 * spoken, spoken], 1), 16000)
    write_audio(tmp_path / "cancelled.wav", np.stack([spoken, -spoken], 1), 16000)
    (tmp_path / "c.m4a").write_bytes(M4A)
    (tmp_path / "c.txt").write_text("hello there")
    return tmp_path


def heard(ran) -> list[str]:
    assert ran.code == 0, ran.stderr
    return [json.loads(line)["pred_text"] for line in ran.stdout.splitlines()]


@pytest.mark.parametrize(("how", "suffix"), [("-", ".opus"), ("/dev/stdin", ".flac"), ("fifo", ".wav")])
def test_a_recording_down_a_pipe_is_decoded(run, folder, spoken, suffix, how):
    (folder / "whole").write_bytes(encode_audio(spoken, 16000, suffix))
    expected = heard(run("decode", folder / "whole", "--greedy"))
    command = {"-": "cat whole | ds2 decode - --greedy", "/dev/stdin": "cat whole | ds2 decode /dev/stdin --greedy",
               "fifo": "ds2 decode <(cat whole) --greedy"}[how]
    command = command.replace("ds2", f"{sys.executable} -m ds2cli")
    ran = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=True,
                         env={**os.environ, "OMP_NUM_THREADS": "1"})
    record = json.loads(ran.stdout)
    assert record["pred_text"] == expected[0] and record["id"] == "stdin" and record["duration"] == 1.0
    assert record["audio_filepath"] == how if how != "fifo" else record["audio_filepath"].startswith("/dev/fd/")


def test_records_down_a_pipe_are_still_records(run, folder):
    expected = heard(run("decode", folder / "a.wav", "--greedy"))
    line = json.dumps({"id": "x", "audio_filepath": str(folder / "a.wav")})
    ran = run("decode", "-", "--greedy", stdin=line + "\n")
    assert heard(ran) == expected and json.loads(ran.stdout)["id"] == "x"


def test_raw_samples_down_a_pipe_are_named(run, monkeypatch, spoken):
    import io

    raw = (spoken * 32767).astype("<i2").tobytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(10) + raw), encoding="utf-8"))
    ran = run("decode", "-", "--greedy")
    assert ran.code == 2 and "stdin holds neither records nor a recording" in ran.stderr and "sox -t raw" in ran.stderr


COMMANDS = {
    "decode": ("c.m4a",), "decode english": ("c.m4a",), "align english": ("listed.jsonl",),
    "prepare corpus folder": (".",), "prepare corpus nemo": ("listed.jsonl",), "prepare check": ("listed.jsonl",),
    "prepare segment": ("c.m4a", "c.txt"), "plot utterance english": ("c.m4a",),
    "prepare shard": ("listed.jsonl", "--output", "shards"),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_a_format_that_nobody_here_reads(run, folder, monkeypatch, command):
    monkeypatch.chdir(folder)
    for name in ("a.wav", "two.wav", "cancelled.wav"):
        (folder / name).unlink()
    record = {"id": "c", "audio_filepath": "c.m4a", "duration": 1.0, "text": "hello there"}
    (folder / "listed.jsonl").write_text(json.dumps(record) + "\n")
    ran = run(*command.split(), *COMMANDS[command])
    assert ran.code in (1, 3) and NAMES_IT in ran.stderr and "ffmpeg -i " in ran.stderr, ran.stderr


@pytest.mark.parametrize("command", [
    "train c.m4a --dev c.m4a --run r", "prepare units c.m4a", "score c.m4a", "prepare check c.m4a",
    "lm build c.m4a -o a.arpa", "prepare segment c.txt c.m4a", "align c.m4a c.txt",
])  # fmt: skip
def test_a_recording_in_the_place_of_a_list_or_a_model_is_named(run, folder, monkeypatch, command):
    monkeypatch.chdir(folder)
    ran = run(*command.split())
    assert ran.code == 2 and "m4a" in ran.stderr and "iconv" not in ran.stderr, ran.stderr
    assert "is a recording (m4a (MPEG-4 audio))" in ran.stderr or "no text for `c.m4a`" in ran.stderr


def test_a_channel_is_chosen_by_a_flag_or_by_the_record(run, folder):
    expected = heard(run("decode", folder / "a.wav", "--greedy"))
    assert expected[0]
    for word in ("1", "B"):
        assert heard(run("decode", folder / "two.wav", "--greedy", "--channel", word)) == expected
    listed = "".join(json.dumps({"id": str(n), "audio_filepath": str(folder / "two.wav"), "channel": channel}) + "\n"
                     for n, channel in enumerate([1, "B", "1"]))
    assert heard(run("decode", "-", "--greedy", stdin=listed)) == 3 * expected
    silent = heard(run("decode", folder / "two.wav", "--greedy", "--channel", "0"))
    assert silent != expected
    ran = run("decode", folder / "two.wav", "--greedy", "--channel", "2")
    assert ran.code == 3 and "two.wav` has no channel 2" in ran.stderr
    ran = run("decode", folder / "two.wav", "--channel", "left")
    assert ran.code == 2 and "`--channel left` is not a channel" in ran.stderr


def test_silence_by_cancellation_is_no_empty_transcript(run, folder):
    expected = heard(run("decode", folder / "a.wav", "--greedy"))
    ran = run("decode", folder / "cancelled.wav", "--greedy")
    assert ran.code == 3 and not ran.stdout and "its 2 channels cancel each other" in ran.stderr
    assert heard(run("decode", folder / "cancelled.wav", "--greedy", "--channel", "0")) == expected


def test_a_corpus_is_read_on_a_channel(run, folder):
    (folder / "c.m4a").unlink()
    (folder / "two.txt").write_text("hello")
    ran = run("prepare", "corpus", "folder", folder, "--channel", "1")
    assert [json.loads(line)["channel"] for line in ran.stdout.splitlines()] == [1]


def test_sound_of_a_telephone_is_said_to_be_that_once(run, folder, spoken):
    narrow = narrow_band(spoken, 16000)
    write_audio(folder / "n1.wav", narrow, 16000)
    write_audio(folder / "n2.wav", resample(spoken, 16000, 8000), 8000)
    ran = run("decode", "english", folder / "a.wav", folder / "n1.wav", folder / "n2.wav", "--greedy")
    assert ran.code == 0 and ran.stderr.count("holds no sound above") == 1
    assert "`n1` holds no sound above 4,000 Hz" in ran.stderr and "up to 8,000" in ran.stderr
    assert "holds no sound" not in run("decode", "english", folder / "a.wav", "--greedy").stderr


@pytest.mark.parametrize("rows", ["u1 call 0.0 1.0 1\nu2 call 0.0 1.0 B\n"])
def test_kaldi_names_channels(run, folder, rows):
    data = folder / "kaldi"
    data.mkdir()
    (data / "wav.scp").write_text(f"call {folder / 'two.wav'}\n")
    (data / "segments").write_text(rows + "u3 call 0.0\nu4 call 0.0 1.0 2\nu5 call 0.0 1.0 left\n")
    (data / "text").write_text("".join(f"u{n} hello\n" for n in range(1, 6)))
    ran = run("prepare", "corpus", "kaldi", data)
    assert [json.loads(line)["channel"] for line in ran.stdout.splitlines()] == [1, 1] and ran.code == 3
    assert "1 no such channel" in ran.stderr and "2 not a line of segments" in ran.stderr


def test_lhotse_and_stm_name_channels(run, folder):
    recording = {"id": "r", "sources": [{"type": "file", "channels": [0, 1], "source": str(folder / "two.wav")}]}
    words = [{"id": "w", "start": 0.0, "duration": 1.0, "text": "hello"}]
    cuts = [{"id": f"c{n}", "type": "MonoCut", "start": 0.0, "duration": 1.0, "channel": n, "supervisions": words,
             "recording": recording} for n in (0, 1)]
    (folder / "cuts.jsonl").write_text("".join(json.dumps(cut) + "\n" for cut in cuts))
    ran = run("prepare", "corpus", "lhotse", folder / "cuts.jsonl")
    assert [json.loads(line)["channel"] for line in ran.stdout.splitlines()] == [0, 1]
    talks = folder / "ted" / "dev"
    (talks / "sph").mkdir(parents=True)
    (talks / "stm").mkdir()
    (folder / "two.wav").rename(talks / "sph" / "talk.wav")
    lines = [f"talk {channel} me 0.{n}0 0.9{n} <o,f0,male> hello" for n, channel in enumerate("1A2B")]
    (talks / "stm" / "talk.stm").write_text("\n".join(lines) + "\n")
    ran = run("prepare", "corpus", "tedlium", folder / "ted")
    assert [json.loads(line).get("channel") for line in ran.stdout.splitlines()] == [None, None, 1, 1]


def test_what_is_wrong_with_a_piped_recording_is_said_of_the_pipe(run, monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"fLaC" + bytes(200)), encoding="utf-8"))
    ran = run("decode", "-", "--greedy")
    assert ran.code == 3 and "`-` is not audio" in ran.stderr and "/tmp" not in ran.stderr


def test_a_bar_of_sound_passes_everything_on(monkeypatch):
    from ds2cli.cli import terminal

    def make(heard):
        for n in range(1, 4):
            heard(1200.0 * n, 3600.0)
            yield n

    assert list(terminal.hearing(make, "decoding")) == [1, 2, 3]
    monkeypatch.setattr(terminal, "is_interactive", lambda: True)
    assert list(terminal.hearing(make, "decoding")) == [1, 2, 3]
