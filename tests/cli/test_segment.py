"""ds2 prepare segment and ds2 align as people call them: real speech of people whom the model never heard."""

import json
import os
import resource
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from real_runs import finish, start, wait_until

from ds2cli.audio.files import read_audio, read_info, write_audio
from ds2cli.errors import Exit

RATE = 16000
MODEL = os.environ.get("DS2_TEST_MODEL", "english")


@pytest.fixture(scope="module")
def spoken(an4):
    """Utterances of AN4's test part: (samples, text)."""
    names = (an4 / "etc" / "an4_test.fileids").read_text().split()
    lines = (an4 / "etc" / "an4_test.transcription").read_text().splitlines()
    texts = [line.rsplit(" (", 1)[0].lower().replace("<s>", "").replace("</s>", "").strip() for line in lines]
    return [(read_audio(an4 / "wav" / f"{name}.opus", RATE), text) for name, text in zip(names, texts, strict=True)]


def lay(folder: Path, name: str, spoken, text: str | None = None, rate: int = RATE, channels: int = 1) -> Path:
    """A recording of utterances laid end to end, and its text beside it."""
    from ds2cli.audio.files import resample

    gap = np.zeros(RATE // 2, np.float32)
    samples = resample(np.concatenate([piece for sound, _ in spoken for piece in (sound, gap)]), RATE, rate)
    write_audio(folder / f"{name}.flac", np.stack([samples] * channels, 1), rate)
    said = " ".join(words for _, words in spoken)
    (folder / f"{name}.txt").write_text(said if text is None else text)
    return folder / f"{name}.flac"


def segment(run, *arguments):
    return run("prepare", "segment", "--model", MODEL, *arguments)


def records_of(ran) -> list[dict]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture
def talk(spoken, tmp_path):
    return lay(tmp_path, "talk", spoken[:16])


def test_a_recording_becomes_segments_in_order_with_all_of_its_text(run, spoken, talk):
    ran = segment(run, talk, talk.with_suffix(".txt"), "--all", "--target", 4, "--max", 9)
    assert ran.code == 0, ran.stderr
    records = records_of(ran)
    assert [one["id"] for one in records] == [f"talk-{n:05d}" for n in range(1, len(records) + 1)]
    said = " ".join(text for _, text in spoken[:16]).split()
    heard = [word for one in records for word in one["text"].split()]
    assert len(heard) >= 0.9 * len(said) and set(heard) <= set(said)
    for one, after in zip(records, [*records[1:], None], strict=True):
        assert 1 <= one["duration"] <= 9 and set(one["features"]) and 0 <= one["confidence"] <= 1
        assert [word["word"] for word in one["words"]] == one["text"].split()
        times = [time for word in one["words"] for time in (word["start"], word["end"])]
        assert times == sorted(times) and times[0] >= 0 and times[-1] <= one["duration"] + 1e-6
        assert after is None or one["offset"] + one["duration"] <= after["offset"] + 1e-6
    assert "talk: " in ran.stderr and "in 1 recording" in ran.stderr


def test_words_lie_in_their_own_utterances(run, spoken, talk):
    """The boundaries are known, because the recording was laid from utterances: nothing strays over by 0.2 s."""
    records = records_of(segment(run, talk, talk.with_suffix(".txt"), "--all"))
    words = [(one["offset"] + word["start"], one["offset"] + word["end"], word["word"])
             for one in records for word in one["words"]]
    ends = np.cumsum([len(sound) / RATE + 0.5 for sound, _ in spoken[:16]])
    said = [text.split() for _, text in spoken[:16]]
    at = strayed = 0
    for number, texts in enumerate(said):
        begin, end = (ends[number - 1] if number else 0.0), ends[number]
        for word in texts:
            if at < len(words) and words[at][2] == word:
                strayed += not begin - 0.2 <= words[at][0] <= words[at][1] <= end + 0.2
                at += 1
    assert at >= 0.9 * sum(map(len, said)) and strayed == 0


def test_segments_know_their_recording_wherever_they_are_written(run, talk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    assert segment(run, "talk.flac", "talk.txt", "-o", "elsewhere/talk.jsonl").code == 0
    ran = run("align", MODEL, tmp_path / "elsewhere" / "talk.jsonl")
    assert ran.code == 0 and len(ran.stdout.splitlines()) > 3


def test_the_original_stays_beside_the_spoken_form(run, spoken, tmp_path):
    words = " ".join(text for _, text in spoken[:8]).split()
    shouted = " ".join(word.upper() if n % 3 else f"{word.capitalize()}," for n, word in enumerate(words))
    talk = lay(tmp_path, "talk", spoken[:8], shouted + ".")
    for one in records_of(segment(run, talk, talk.with_suffix(".txt"), "--all")):
        assert one["original"] in shouted + "." or one["original"].rstrip(",") in shouted
        assert one["text"] == "".join(c for c in one["original"].lower() if c.isalpha() or c in " '")
        assert "".join(word["original"] for word in one["words"]).strip() == one["original"]
    subtitles = segment(run, talk, talk.with_suffix(".txt"), "--format", "srt").stdout
    assert any(f"{word.upper()}" in subtitles for word in words) and "," in subtitles


def test_what_the_text_lacks_and_what_nobody_says_are_left_out_and_reported(run, spoken, tmp_path):
    said = [text for _, text in spoken[:18]]
    poem = "it was many and many a year ago in a kingdom by the sea that a maiden there lived whom you may know"
    text = " ".join([*said[:6], poem, *said[6:11], *said[14:]])  # utterances 11 to 13 are not written
    talk = lay(tmp_path, "talk", spoken[:18], text)
    ran = segment(run, talk, talk.with_suffix(".txt"), "--report", tmp_path / "report.jsonl")
    assert ran.code == 0, ran.stderr
    kept = " ".join(one["text"] for one in records_of(ran))
    assert "maiden" not in kept and "kingdom" not in kept
    report, = map(json.loads, (tmp_path / "report.jsonl").read_text().splitlines())
    assert any("kingdom" in one["text"] for one in report["unspoken"])
    begin, end = (sum(len(sound) / RATE + 0.5 for sound, _ in spoken[:n]) for n in (11, 14))
    assert any(one["start"] < (begin + end) / 2 < one["end"] for one in report["unwritten"])


def test_bad_pairs_are_named_and_the_rest_is_done(run, spoken, talk, tmp_path):
    said = " ".join(text for _, text in spoken[:6])
    lay(tmp_path, "empty", spoken[:6], "  \n")
    lay(tmp_path, "russian", spoken[:6], "Все счастливые семьи похожи друг на друга")
    latin = "quousque tandem abutere catilina patientia nostra quam diu etiam furor iste tuus nos eludet "
    lay(tmp_path, "latin", spoken[:6], latin * 2)
    novel = "he had been reading of late the history of the lives of men whose names nobody any longer remembered "
    lay(tmp_path, "tenfold", spoken[:6], f"{novel * 5}{said} {novel * 20}")
    lay(tmp_path, "stereo", spoken[:6], rate=44100, channels=2)
    lay(tmp_path, "textless", spoken[:6])
    (tmp_path / "textless.txt").unlink()
    whole = lay(tmp_path, "cut", spoken[:6]).read_bytes()
    (tmp_path / "cut.flac").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bytes.txt").write_bytes(b"caf\xe9 au lait")
    write_audio(tmp_path / "bytes.flac", np.zeros(RATE, np.float32), RATE)
    write_audio(tmp_path / "blip.flac", np.zeros(20, np.float32), RATE)
    (tmp_path / "blip.txt").write_text("yes")
    ran = segment(run, tmp_path, "--report", tmp_path / "report.jsonl")
    assert ran.code == Exit.SKIPPED and "Traceback" not in ran.stderr
    problems = {one["id"]: one["problem"] or one["doubt"] for one in map(json.loads, open(tmp_path / "report.jsonl"))}
    assert {name for name, problem in problems.items() if problem} == {
        "empty", "russian", "latin", "tenfold", "textless", "cut", "bytes", "blip"}, problems
    kept = {one["id"].rpartition("-")[0] for one in records_of(ran)}
    assert {"talk", "stereo"} <= kept <= {"talk", "stereo", "tenfold"}


def test_two_processes_and_one_give_the_same(run, spoken, tmp_path):
    for n in range(4):
        lay(tmp_path, f"talk{n}", spoken[6 * n : 6 * n + 6])
    whole = segment(run, tmp_path, "--all", "--jobs", 1)
    two = segment(run, tmp_path, "--all", "--jobs", 2)
    assert whole.code == two.code == 0 and len(records_of(whole)) > 8
    expected = [alike(one) for one in records_of(whole)]
    assert [alike(one) for one in records_of(two)] == expected


def alike(value):
    """A record but for its numbers' last digits: a network of two threads adds up in another order than one of one."""
    if isinstance(value, dict):
        return {name: alike(one) for name, one in value.items()}
    if isinstance(value, list):
        return [alike(one) for one in value]
    return pytest.approx(value, abs=1e-3) if isinstance(value, float) else value


def test_a_killed_job_goes_on_where_it_was(spoken, tmp_path):
    audio = tmp_path / "audio"
    audio.mkdir()
    for n in range(6):
        lay(audio, f"talk{n}", spoken[6 * n : 6 * n + 6])
    arguments = ["prepare", "segment", "--model", MODEL, audio, "--all", "--jobs", 1]
    assert finish(start(*arguments, "-o", tmp_path / "whole.jsonl"))[0] == 0
    work = tmp_path / ".killed.jsonl.work"
    process = start(*arguments, "-o", tmp_path / "killed.jsonl")
    assert wait_until(lambda: len(list(work.glob("*.json"))) >= 2, process)
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert not (tmp_path / "killed.jsonl").exists()
    done = {path: path.stat().st_mtime_ns for path in work.glob("*.json")}
    seen = {}
    process = start(*arguments, "-o", tmp_path / "killed.jsonl")
    wait_until(lambda: seen.update({p: p.stat().st_mtime_ns for p in work.glob("*.json") if p.exists()}), process)
    assert finish(process)[0] == 0
    assert {path: seen.get(path) for path in done} == done  # not one was written again
    assert (tmp_path / "killed.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not work.exists()


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_ends_the_job_and_what_is_done_stays(spoken, tmp_path, jobs):
    """The limit on a file's size stands for the disk's: the second recording's log-probs do not fit."""
    audio = tmp_path / "audio"
    audio.mkdir()
    lay(audio, "a", spoken[:6])
    lay(audio, "b", spoken * 2)
    arguments = ["prepare", "segment", "--model", MODEL, audio, "--jobs", jobs, "-o", tmp_path / "out.jsonl"]
    limit = 200_000
    process = start(*arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    code, _, said = finish(process)
    assert code == Exit.FAILED and "cannot write" in said and "hint: is there room?" in said and "Traceback" not in said
    assert not (tmp_path / "out.jsonl").exists()
    assert len(list((tmp_path / ".out.jsonl.work").glob("*.json"))) == 1
    assert finish(start(*arguments))[0] in (0, Exit.SKIPPED) and (tmp_path / "out.jsonl").exists()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc")
def test_processes_end_with_the_job_that_was_killed(spoken, tmp_path):
    for n in range(4):
        lay(tmp_path, f"talk{n}", spoken[6 * n : 6 * n + 6])
    process = start("prepare", "segment", "--model", MODEL, tmp_path, "--jobs", 2, "-o", tmp_path / "killed.jsonl")

    def group() -> list[str]:
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == process.pid and fields[0] != "Z":
                found.append(path.parent.name)
        return found

    assert wait_until(lambda: len(group()) >= 4, process)  # itself, two that listen, and Python's resource tracker
    process.kill()
    finish(process)
    until = time.monotonic() + 20
    while group() and time.monotonic() < until:
        time.sleep(0.1)
    assert not group()


def test_segments_leave_in_the_forms_that_others_read(run, spoken, talk, tmp_path):
    pair = (talk, talk.with_suffix(".txt"))
    records = records_of(segment(run, *pair, "--kaldi", tmp_path / "kaldi", "--extract", tmp_path / "flac",
                                 "--html", tmp_path / "page.html"))
    assert records
    for one in records:
        path = Path(one["audio_filepath"])
        assert path.parent == tmp_path / "flac" and one["offset"] == 0
        assert read_info(path).seconds == pytest.approx(one["duration"], abs=0.01)
        piece = read_audio(talk, RATE, one["source"]["offset"], one["duration"])
        assert np.abs(read_audio(path, RATE)[: len(piece)] - piece[: len(read_audio(path, RATE))]).max() < 1e-3
    for name in ("segments", "text", "utt2spk", "wav.scp"):
        assert (tmp_path / "kaldi" / name).read_text()
    page = (tmp_path / "page.html").read_text()
    assert records[0]["id"] in page and "talk.flac" in page
    for kind in ("ctm", "textgrid", "srt", "vtt", "audacity", "text"):
        ran = segment(run, *pair, "--format", kind)
        assert ran.code == 0 and records[0]["text"].split()[0] in ran.stdout.lower()


@pytest.mark.parametrize("arguments", [
    ["--min", "5", "--target", "3"], ["--format", "docx"], ["--shard", "3/2"], ["--filter", "none.json"],
    ["--device", "cuda:77"],
])
def test_what_is_asked_wrongly_costs_nothing(run, talk, arguments):
    ran = segment(run, talk, talk.with_suffix(".txt"), *arguments)
    assert ran.code == Exit.USAGE and ran.stderr.startswith("error:") and "hint:" in ran.stderr and not ran.stdout


@pytest.fixture
def manifest(spoken, tmp_path):
    lines = []
    for n, (sound, text) in enumerate(spoken[:6]):
        write_audio(tmp_path / f"{n}.flac", sound, RATE)
        record = {"audio_filepath": f"{n}.flac", "duration": len(sound) / RATE, "text": text}
        lines.append({"id": f"u{n}", **record, "own": n})
    path = tmp_path / "some.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_known_texts_gain_the_times_of_their_words(run, manifest):
    ran = run("align", MODEL, manifest, "--unit-times")
    assert ran.code == 0, ran.stderr
    for number, one in enumerate(records_of(ran)):
        assert one["own"] == number and [word["word"] for word in one["words"]] == one["text"].split()
        assert "".join(unit["unit"] for unit in one["unit_times"]) == one["text"] and one["score"] < 0
        times = [time for unit in one["unit_times"] for time in (unit["start"], unit["end"])]
        assert times == sorted(times) and 0 <= times[0] and times[-1] <= one["duration"] + 0.05


def test_what_cannot_be_aligned_is_named(run, manifest):
    lines = manifest.read_text().splitlines()
    first = json.loads(lines[0])
    broken = [{**first, "id": "none", "text": ""}, {**first, "id": "long", "text": "word " * 400},
              {**first, "id": "gone", "audio_filepath": "gone.flac"}, {**first, "id": "greek", "text": "αβγ"}]
    manifest.write_text("\n".join([lines[0], *map(json.dumps, broken), lines[1]]) + "\n")
    ran = run("align", MODEL, manifest)
    assert ran.code == Exit.SKIPPED and [one["id"] for one in records_of(ran)] == ["u0", "u1"]
    assert "skipped 4" in ran.stderr and "`none`" in ran.stderr and "`long`" in ran.stderr


def test_aligned_words_leave_as_ctm(run, manifest):
    ran = run("align", MODEL, manifest, "--format", "ctm")
    assert ran.code == 0 and all(len(line.split()) == 6 for line in ran.stdout.splitlines())
