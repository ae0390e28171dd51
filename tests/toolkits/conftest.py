"""A desk with what may be handed over: records of several kinds, units, a lexicon, n-grams, log-probs."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from handed_over import LETTERS, random_log_probs

from ds2cli.audio.files import read_audio, write_audio
from ds2cli.decoding.log_probs import LogProbFile, LogProbWriter
from ds2cli.records.jsonl import Record
from ds2cli.text.units import write_units

TEXTS = ["so it is", "it was so", "is it", "so so", "it's so"]


@dataclass
class Desk:
    """Files to name in commands; `records` as dev.jsonl holds them."""

    folder: Path
    records: list[Record]

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture
def desk(tmp_path, an4_utterances, run):
    """dev.jsonl: stretches of one long recording, whole recordings, channels, with speakers and without."""
    sounds = [read_audio(one.audio, 16000) for one in an4_utterances(4)]
    write_audio(tmp_path / "long talk.flac", np.concatenate(sounds), 16000)
    write_audio(tmp_path / "whole.wav", sounds[0], 16000)
    write_audio(tmp_path / "two.wav", np.stack([sounds[1], 0.5 * sounds[1]], 1), 16000)
    seconds = [round(len(sound) / 16000, 3) for sound in sounds]
    talk = {"audio_filepath": str(tmp_path / "long talk.flac")}
    records = [
        {"id": "talk-1", **talk, "offset": 0.25, "duration": 0.75, "text": TEXTS[0], "speaker": "anna", "lang": "en"},
        {"id": "talk-2", **talk, "offset": 1.125, "duration": 0.5, "text": TEXTS[1], "speaker": "ben"},
        {"id": "nobody", **talk, "offset": 2.0, "duration": 0.4, "text": TEXTS[2]},
        {"id": "whole", "audio_filepath": str(tmp_path / "whole.wav"), "duration": seconds[0], "text": TEXTS[3],
         "speaker": "anna"},
        {"id": "right", "audio_filepath": str(tmp_path / "two.wav"), "duration": seconds[1], "channel": 1,
         "text": TEXTS[4], "speaker": "carl"},
    ]  # fmt: skip
    (tmp_path / "dev.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (tmp_path / "units.txt").write_text(write_units(LETTERS))
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS * 3) + "\n")
    assert run("lm", "build", tmp_path / "texts.txt", "--order", "2", "-o", tmp_path / "lm.arpa").code == 0
    with LogProbWriter(tmp_path / "scores.npz", LETTERS, 0.02) as file:
        for seed, record in enumerate(records):
            file.add(record, random_log_probs(20 + seed, LETTERS, seed))
    return Desk(tmp_path, records)


@pytest.fixture
def log_probs(desk):
    """id -> (T, V), ours."""
    return {record["id"]: array for record, array in LogProbFile(desk["scores.npz"])}
