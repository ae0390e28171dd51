"""The whole pipe of the LibriSpeech recipe, on a corpus of its layout made from AN4, with a tiny network."""

from pathlib import Path

import pytest
from real_runs import SMALL

from ds2cli.audio.files import read_audio, write_audio

RATE = 16000


def write_corpus(root: Path, part: str, utterances: list) -> None:
    """LibriSpeech/PART/SPEAKER/CHAPTER/SPEAKER-CHAPTER-0000.flac, and the chapter's transcript in capitals."""
    speaker = str(sum(map(ord, part)))
    chapter = root / "LibriSpeech" / part / speaker / "7"
    chapter.mkdir(parents=True)
    lines = []
    for number, one in enumerate(utterances):
        name = f"{speaker}-7-{number:04}"
        write_audio(chapter / f"{name}.flac", read_audio(one.audio, RATE), RATE)
        lines.append(f"{name} {one.text.upper()}\n")
    (chapter / f"{speaker}-7.trans.txt").write_text("".join(lines))


@pytest.mark.slow
def test_the_pipe_runs_from_archives_to_scores_and_again(recipe, tmp_path, an4_utterances):
    utterances = an4_utterances(40)
    for part, first, last in (("train-clean-100", 0, 20), ("train-other-500", 20, 30), ("dev-clean", 30, 34),
                              ("dev-other", 34, 37), ("test-clean", 37, 40)):
        write_corpus(tmp_path, part, utterances[first:last])
    (tmp_path / "tiny.toml").write_text(SMALL.replace("epochs = 3", "epochs = 2"))
    settings = {
        "LIBRISPEECH": tmp_path / "LibriSpeech", "DS2_WORK": tmp_path / "work", "CONFIG": tmp_path / "tiny.toml",
        "TRAIN": "train-clean-100 train-other-500", "TEST": "test-clean", "GPUS": 1, "DEVICE": "cpu",
    }  # fmt: skip
    ran = recipe("librispeech", **settings)
    assert ran.returncode == 0, ran.stderr[-3000:]
    parts = ["dev-clean", "dev-other", "test-clean"]
    heads = [line for line in ran.stdout.splitlines() if line.startswith("==")]
    assert heads == [f"== {part}, {kind}" for part in parts for kind in ("greedy", "lm")]
    work = tmp_path / "work"
    assert (work / "shards" / "train-clean-100" / "000000.tar").exists()
    assert len((work / "run" / "train.jsonl").read_text().splitlines()) == 30
    assert (work / "run" / "decoding.toml").exists()
    before = (work / "run" / "best.safetensors").read_bytes()
    again = recipe("librispeech", **settings)
    assert again.stdout == ran.stdout, again.stderr[-3000:]
    assert (work / "run" / "best.safetensors").read_bytes() == before
