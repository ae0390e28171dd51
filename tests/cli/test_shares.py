"""--shard and ds2 join: what many machines make together is what one makes, byte for byte; what lacks is named."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ds2cli.audio.files import read_audio, write_audio
from ds2cli.errors import Exit

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def manifest(an4_utterances, tmp_path):
    """Real speech, and three lines of which nothing can be made."""
    records = [{"id": one.id, **one.record, "speaker": one.id.split("-")[1]} for one in an4_utterances(40)]
    records[7] = {**records[7], "id": records[6]["id"]}
    records[11] = {**records[11], "audio_filepath": str(tmp_path / "gone.wav")}
    lines = [json.dumps(one) for one in records]
    lines[20] = '{"audio_filepath": 3}'
    path = tmp_path / "m.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def folder(manifest, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def made(run, folder: Path, command: list, n: int | None) -> tuple:
    """Everything that a command writes, in one piece or as n shares: files, stdout, what it says, and its exit code."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()
    if n is None:
        ran = run(*command)
    else:
        shares = folder / "shares"
        shutil.rmtree(shares, ignore_errors=True)
        for index in reversed(range(1, n + 1)):
            ran = run(*command, "--shard", f"{index}/{n}", "--shares", shares)
            assert ran.code == 0 and not ran.stdout and f"share {index}/{n} is done" in ran.stderr, ran.stderr
            assert not [name for name in files(folder / "out") if ".work" not in name]
        ran = run("join", shares)
    said = [line for line in ran.stderr.splitlines() if "narrow" not in line]
    return files(folder / "out"), ran.stdout, said, ran.code


COMMANDS = {
    "corpus": ["prepare", "corpus", "nemo", "m.jsonl", "-o", "out/c.jsonl"],
    "check": ["prepare", "check", "m.jsonl", "--against", "other.jsonl", "--json", "--good", "out/good.jsonl"],
    "shard": ["prepare", "shard", "good.jsonl", "--output", "out/tars", "--shard-seconds", "15"],
    "decode": ["decode", "english", "m.jsonl", "--greedy", "--log-probs", "out/lp.npz", "-o", "out/d.jsonl"],
    "ctm": ["decode", "english", "m.jsonl", "--beam", "8", "--format", "ctm", "-o", "out/d.ctm"],
    "align": ["align", "english", "m.jsonl", "--unit-times", "-o", "out/a.jsonl"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_shares_that_are_joined_are_what_one_machine_makes(run, folder, monkeypatch, name):
    monkeypatch.setattr("ds2cli.inference.utterances.WINDOW_UTTERANCES", 7)
    lines = (folder / "m.jsonl").read_text().splitlines()
    (folder / "other.jsonl").write_text(lines[3] + "\n")
    (folder / "good.jsonl").write_text("\n".join(line for n, line in enumerate(lines) if n != 20) + "\n")
    whole = made(run, folder, COMMANDS[name], None)
    assert whole[3] == Exit.SKIPPED and whole[0]
    for n in (1, 3):
        assert made(run, folder, COMMANDS[name], n) == whole


def test_segments_reports_and_pages_are_joined_too(run, folder, an4_utterances):
    audio = folder / "talks"
    audio.mkdir()
    utterances = an4_utterances(36)
    for n in range(3):
        these = utterances[12 * n : 12 * n + 12]
        sound = np.concatenate([np.pad(read_audio(one.audio, 16000), (0, 6000)) for one in these])
        write_audio(audio / f"talk{n}.flac", sound[:, None], 16000)
        (audio / f"talk{n}.txt").write_text(" ".join(one.text for one in these))
    (audio / "talk1.txt").write_text("")
    command = ["prepare", "segment", "talks", "-o", "out/s.jsonl", "--report", "out/r.jsonl", "--kaldi", "out/kaldi",
               "--html", "out/look.html", "--jobs", "1"]
    whole = made(run, folder, command, None)
    assert whole[3] == Exit.SKIPPED and len(whole[0]["s.jsonl"].splitlines()) > 6
    assert made(run, folder, command, 2) == whole


def test_a_share_that_was_killed_goes_on(folder):
    command = ["align", "english", "m.jsonl", "-o", "hyp.jsonl", "--shard", "1/2"]
    code = "import ds2cli.inference.utterances as l; l.WINDOW_UTTERANCES = 2; from ds2cli.cli import run; run()"
    place = folder / "hyp.jsonl.shares" / "1-of-2.share"
    process = subprocess.Popen([sys.executable, "-c", code, *command], cwd=folder,
                               env={**os.environ, "OMP_NUM_THREADS": "1"})
    until = time.monotonic() + 60
    while not (place.exists() and place.read_bytes().count(b'"number"') >= 3) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with open(place, "ab") as file:
        file.write(b'12345678 {"number": 4, "answer": ')  # what was under way
    again = subprocess.run([sys.executable, "-c", code, *command], cwd=folder, capture_output=True, text=True)
    assert again.returncode == 0 and "were there already" in again.stderr, again.stderr
    third = subprocess.run([sys.executable, "-c", code, *command], cwd=folder, capture_output=True, text=True)
    assert "10 answers (10 were there already)" in third.stderr, third.stderr


@pytest.fixture
def shares(run, folder):
    """Three shares of a corpus, and the command that joins them."""
    (folder / "small.jsonl").write_text("\n".join((folder / "m.jsonl").read_text().splitlines()[:9]) + "\n")
    for index in (1, 2, 3):
        ran = run("prepare", "corpus", "nemo", "small.jsonl", "-o", "c.jsonl", "--shard", f"{index}/3")
        assert ran.code == 0, ran.stderr
    return folder / "c.jsonl.shares"


def test_what_is_missing_unfinished_or_there_twice_is_named(run, shares):
    def says(*words):
        ran = run("join", shares)
        assert ran.code == Exit.USAGE and not (shares.parent / "c.jsonl").exists()
        assert all(word in ran.stderr for word in ("error: ", "hint: ", *words)), ran.stderr

    second = shares / "2-of-3.share"
    whole = second.read_bytes()
    second.unlink()
    says("missing: 2/3", "ds2 prepare corpus nemo small.jsonl -o c.jsonl --shard 2/3")
    for cut in (len(whole) - 5, len(whole) // 2):
        second.write_bytes(whole[:cut])
        says("not finished: 2/3")
    second.write_bytes(whole[:20])
    says("2-of-3.share")
    second.write_bytes(whole.replace(b'"text"', b'"tect"', 1))
    says("not finished: 2/3")  # what is behind the damage is not believed
    second.write_bytes(whole)
    (shares / "copy-of-3.share").write_bytes(whole)
    says("both answer number")
    (shares / "copy-of-3.share").unlink()
    ran = run("prepare", "corpus", "nemo", "small.jsonl", "-o", "c.jsonl", "--shard", "1/2")
    assert ran.code == 0
    says("1-of-2.share", "not of the same command")
    (shares / "1-of-2.share").unlink()
    assert run("join", shares).code == Exit.SKIPPED and (shares.parent / "c.jsonl").exists()


def test_inputs_that_changed_are_seen(run, shares):
    path = shares.parent / "small.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n")
    assert "9 things, and 8 are asked for now" in run("join", shares).stderr
    path.write_text("\n".join([*lines[:4], lines[4].replace('"text": "', '"text": "and '), *lines[5:]]) + "\n")
    ran = run("join", shares)
    assert ran.code == Exit.USAGE and "number 5 is another one now" in ran.stderr
    ran = run("prepare", "corpus", "nemo", "small.jsonl", "-o", "c.jsonl", "--shard", "1/3", "--jobs", 2)
    assert ran.code == 0, "a share that is done stays done"
    ran = run("prepare", "corpus", "nemo", "small.jsonl", "-o", "c.jsonl", "--part", "x", "--shard", "1/3")
    assert ran.code == Exit.USAGE and "not of the same command" in ran.stderr


@pytest.mark.parametrize("shard", ["0/2", "3/2", "x", "1", "1/", "-1/2"])
def test_a_shard_that_is_none_is_refused(run, folder, shard):
    ran = run("align", "english", "m.jsonl", "-o", "a.jsonl", "--shard", shard)
    assert ran.code == Exit.USAGE and "is not I/N" in ran.stderr


def test_a_share_needs_a_place(run, folder):
    ran = run("align", "english", "m.jsonl", "--shard", "1/2")
    assert ran.code == Exit.USAGE and "--shares DIR" in ran.stderr
