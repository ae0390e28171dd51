"""ds2 decode --stream, as it is used: sound down a pipe, recordings at their own speed, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from ds2cli.audio.files import read_audio

DS2 = [sys.executable, "-m", "ds2cli"]


@pytest.fixture(scope="module")
def talk(an4_utterances):
    return an4_utterances(1)[0].audio


@pytest.fixture(scope="module")
def pcm(talk):
    return (read_audio(talk, 16000) * 32767).astype("<i2").tobytes()


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_pipe_says_what_the_file_says(run, talk, pcm):
    """Partial records, then a final one with words in order."""
    of_file = run("decode", "--stream", talk, "--silence", "0")
    assert of_file.code == 0, of_file.stderr
    piped = subprocess.run([*DS2, "decode", "--stream", "-", "--silence", "0"], input=pcm, capture_output=True)
    assert piped.returncode == 0, piped.stderr
    *partials, final = lines(piped.stdout.decode())
    assert all(one["event"] == "partial" and one["text"].startswith(one["stable"]) for one in partials)
    assert final["event"] == "final" and final["pred_text"] == lines(of_file.stdout)[-1]["pred_text"]
    starts = [word["start"] for word in final["words"]]
    assert starts == sorted(starts) and all("latency" in word for word in final["words"])
    assert "latency" in piped.stderr.decode()  # what a network that needs the future cannot do without


def test_text_is_a_line_for_each_utterance(run, talk):
    ran = run("decode", "--stream", talk, "--format", "text", "--greedy")
    assert ran.code == 0 and ran.stdout.strip() and "\x1b" not in ran.stdout


def test_a_recording_at_its_own_speed_takes_its_time(run, talk):
    began = time.monotonic()
    ran = run("decode", "--stream", "--real-time", talk, "--greedy")
    assert time.monotonic() - began > len(read_audio(talk, 16000)) / 16000
    assert lines(ran.stdout)[-1]["latency"] > 0


def test_ctrl_c_ends_with_the_last_final(pcm):
    process = subprocess.Popen(
        [*DS2, "decode", "--stream", "-", "--greedy"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    process.stdin.write(pcm + bytes(32000))
    process.stdin.flush()
    seen = process.stdout.readline()  # something was heard
    os.kill(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert lines((seen + rest).decode())[-1]["event"] == "final"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--pcm", "x"], "--pcm"),
        (["--pcm", "16000:1:s99"], "--pcm"),
        (["--format", "srt"], "srt"),
    ],
)
def test_what_cannot_be_streamed_is_refused(run, talk, arguments, named):
    ran = run("decode", "--stream", talk, *arguments)
    assert ran.code == 2 and named in ran.stderr


def test_a_recording_that_cannot_be_read_is_skipped(run, talk, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"RIFF" + np.random.default_rng(1).bytes(400))
    ran = run("decode", "--stream", "--greedy", tmp_path / "broken.wav", talk)
    assert ran.code == 3 and "broken.wav" in ran.stderr and lines(ran.stdout)[-1]["event"] == "final"


def finals(data: bytes, *arguments: str) -> list[str]:
    """What is said of a pipe's bytes."""
    ran = subprocess.run([*DS2, "decode", "--stream", "-", "--greedy", *arguments], input=data, capture_output=True)
    assert ran.returncode == 0, ran.stderr
    return [one["pred_text"] for one in lines(ran.stdout.decode()) if one["event"] == "final"]


def test_a_pipe_of_48_khz_stereo_that_stalls_and_breaks_within_a_sample(talk):
    """It is heard as if it had come at once; half a sample at its end is none."""
    stereo = np.repeat(read_audio(talk, 48000)[:, None], 2, 1)
    data = (stereo * 32767).astype("<i2").tobytes()
    pcm = "--pcm", "48000:2:s16le"
    process = subprocess.Popen([*DS2, "decode", "--stream", "-", "--greedy", *pcm], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    third = len(data) // 3 + 1  # no whole number of samples
    for part in (data[:third], data[third : 2 * third], data[2 * third :] + b"x"):
        process.stdin.write(part)
        process.stdin.flush()
        time.sleep(0.7)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    said = [one["pred_text"] for one in lines(stdout.decode()) if one["event"] == "final"]
    assert said == finals(data, *pcm) != []


def test_samples_that_are_not_numbers_are_silence(talk):
    nothing, samples = np.zeros(3000, "<f4"), read_audio(talk, 16000).astype("<f4")
    silent = np.concatenate([nothing, samples, nothing])
    wrong = np.concatenate([nothing + np.nan, samples, nothing + np.inf])
    pcm = "--pcm", "16000:1:f32le"
    assert finals(wrong.tobytes(), *pcm) == finals(silent.tobytes(), *pcm) != []


def test_who_stops_listening_stops_the_work(pcm):
    """`ds2 decode --stream - | head -1` ends quietly."""
    process = subprocess.Popen([*DS2, "decode", "--stream", "-", "--greedy"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    process.stdin.write(5 * pcm)
    process.stdin.flush()
    assert process.stdout.readline()
    process.stdout.close()
    try:
        for _ in range(50):
            process.stdin.write(pcm)
            process.stdin.flush()
    except BrokenPipeError:
        pass
    process.stdin = None
    assert process.wait(60) in (0, 1, 141, -13)
    assert b"Traceback" not in process.stderr.read()
