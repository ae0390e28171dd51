"""What stands in, out and around a command: closed, full, in other letters."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

DS2 = [sys.executable, "-m", "ds2cli"]
RECORD = {"id": "a", "audio_filepath": "a.wav", "duration": 1, "text": "café"}


@pytest.fixture
def manifest(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(RECORD, ensure_ascii=False) + "\n", encoding="utf-8")
    soundfile.write(tmp_path / "a.wav", np.sin(np.arange(16000) / 5) / 3, 16000)
    return path


def ended(script: str, *arguments, **options) -> subprocess.CompletedProcess:
    words = ["sh", "-c", script.replace("ds2", " ".join(DS2)), "sh", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=False, **options)


def test_a_full_disk_behind_stdout_is_an_error_of_two_lines(manifest):
    ran = ended('ds2 prepare units "$1" > /dev/full', manifest)
    assert ran.returncode == 1 and ran.stderr.startswith("error: cannot write to stdout: No space left on device\n")
    assert "Traceback" not in ran.stderr and "Exception ignored" not in ran.stderr


@pytest.mark.parametrize(("closing", "heard"), [(">&-", "stderr"), ("2>&-", "stdout")])
def test_closed_streams_hold_nothing_and_break_nothing(manifest, closing, heard):
    ran = ended(f'ds2 prepare units "$1" {closing}', manifest)
    assert ran.returncode == 0
    assert (ran.stdout, ran.stderr) == (("a\nc\nf\né\n", "") if heard == "stdout" else ("", "4 units and the blank\n"))


def test_data_is_utf8_in_every_locale(manifest):
    latin = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "latin1"}
    ran = ended('ds2 prepare check --good - - < "$1" 2> stderr', manifest, cwd=manifest.parent, env=latin)
    assert ran.returncode == 0 and json.loads(ran.stdout)["text"] == "café"


def test_a_minus_is_stdout(run, manifest):
    assert run("prepare", "units", manifest, "-o", "-").stdout == "a\nc\nf\né\n"


def test_a_byte_order_mark_and_carriage_returns_change_nothing(run, manifest):
    manifest.write_bytes(b"\xef\xbb\xbf" + manifest.read_bytes().replace(b"\n", b"\r\n"))
    assert run("prepare", "check", manifest).code == 0
    assert run("prepare", "units", "-", stdin=manifest.read_text(encoding="utf-8")).stdout == "a\nc\nf\né\n"


def test_half_a_surrogate_pair_goes_out_as_it_came(run, manifest):
    manifest.write_text(json.dumps({**RECORD, "note": "\ud83d"}))
    ran = run("prepare", "check", manifest, "--good", "-")
    assert json.loads(ran.stdout)["note"] == "\ud83d"
    good = manifest.with_name("good.jsonl")
    assert run("prepare", "check", manifest, "--good", good).code == 0
    assert json.loads(good.read_text())["note"] == "\ud83d"


def test_bytes_that_are_not_utf8_are_named_by_their_line(manifest):
    manifest.write_bytes(manifest.read_bytes() + "é".encode("latin1"))
    for words in (f"prepare units {manifest}", f"prepare units - < {manifest}"):
        ran = ended(f"ds2 {words}")
        assert ran.returncode == 2 and "line 2: not UTF-8 (byte 1)" in ran.stderr


def test_debug_adds_a_traceback_and_keeps_the_exit_code():
    ran = ended("ds2 --debug score nowhere.jsonl")
    assert ran.returncode == 2 and ran.stderr.startswith("error: no such file: `nowhere.jsonl`\nhint: ")
    assert "Traceback" in ran.stderr
