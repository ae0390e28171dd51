"""Tiny corpora in the layouts that their publishers use, made from real AN4 recordings."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 16000
NAMES = ("an4_clstk/fash/an251-fash-b", "an4_clstk/fash/an253-fash-b", "an4_clstk/mmap/an47-mmap-b")


def write_sphere(path: Path, samples: np.ndarray) -> None:
    """A NIST SPHERE file as the Linguistic Data Consortium lays it out: 1,024 bytes of header, then samples."""
    fields = (
        f"sample_count -i {len(samples)}", f"sample_rate -i {RATE}", "channel_count -i 1", "sample_n_bytes -i 2",
        "sample_byte_format -s2 01", "sample_sig_bits -i 16", "sample_coding -s3 pcm", "end_head",
    )  # fmt: skip
    header = "\n".join(["NIST_1A", "   1024", *fields, ""]).encode().ljust(1024)
    path.write_bytes(header + samples.astype("<i2").tobytes())


@dataclass
class Studio:
    """Writes real recordings wherever a layout wants them."""

    root: Path
    recordings: list[np.ndarray]

    def seconds(self, number: int = 0) -> float:
        return round(len(self.recordings[number]) / RATE, 3)

    def record(self, path: str, number: int = 0) -> str:
        """One of three recordings to a path below root, in the format of its suffix; returns the absolute path."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".sph":
            write_sphere(target, self.recordings[number])
        else:
            kind = {"subtype": "OPUS", "format": "OGG"} if target.suffix == ".opus" else {"format": target.suffix[1:]}
            soundfile.write(target, self.recordings[number], RATE, **kind)
        return str(target)

    def write(self, path: str, *lines: str) -> Path:
        """A text file below root."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return target


@pytest.fixture
def studio(tmp_path, an4) -> Studio:
    return Studio(tmp_path, [soundfile.read(an4 / "wav" / f"{name}.opus", dtype="int16")[0] for name in NAMES])


@pytest.fixture
def prepare(run, tmp_path):
    """`prepare("an4", "--part", "train")`: the records of the corpus below tmp_path, everything accepted."""

    def prepare_corpus(name: str, *arguments: str, folder: Path = tmp_path, code: int = 0) -> list[dict]:
        ran = run("prepare", "corpus", name, folder, *arguments)
        assert ran.code == code, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]

    return prepare_corpus
