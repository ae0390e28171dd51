"""Singing: each letter is a tone of its own pitch, so that a small network truly learns to spell in seconds."""

import json
from pathlib import Path

import numpy as np

from ds2cli.audio.files import write_audio

RATE = 8000
LETTERS = "abcdefgh"


def sing(text: str, rng: np.random.Generator, rate: int = RATE) -> np.ndarray:
    """(samples,) each letter 50 to 90 ms of two partials at its own pitch, a space 60 ms of rest, noise over all."""
    pieces = [np.zeros(int(rng.uniform(0.03, 0.06) * rate))]
    for letter in text:
        seconds = rng.uniform(0.05, 0.09)
        time = np.arange(int(seconds * rate)) / rate
        if letter == " ":
            pieces.append(np.zeros(int(0.06 * rate)))
            continue
        pitch = 300 * 2 ** (LETTERS.index(letter) / 3) * rng.uniform(0.99, 1.01)
        tone = np.sin(2 * np.pi * pitch * time) + 0.5 * np.sin(4 * np.pi * pitch * time)
        pieces += [0.3 * tone * np.hanning(len(time)) ** 0.5, np.zeros(int(0.025 * rate))]
    pieces.append(np.zeros(int(rng.uniform(0.03, 0.06) * rate)))
    wave = np.concatenate(pieces)
    return (wave + 0.01 * rng.standard_normal(len(wave))).astype(np.float32)


def words(rng: np.random.Generator, count: int) -> str:
    """Words of two to five letters."""
    return " ".join("".join(rng.choice(list(LETTERS), rng.integers(2, 6))) for _ in range(count))


def write_songs(folder: Path, name: str, count: int, seed: int, n_words: tuple[int, int] = (1, 3)) -> Path:
    """`count` recordings and their manifest, `folder/name.jsonl`."""
    rng = np.random.default_rng(seed)
    (folder / name).mkdir(parents=True)
    lines = []
    for number in range(count):
        text = words(rng, int(rng.integers(n_words[0], n_words[1] + 1)))
        wave = sing(text, rng)
        write_audio(folder / name / f"{number}.wav", wave, RATE)
        record = {"audio_filepath": f"{name}/{number}.wav", "duration": len(wave) / RATE, "text": text}
        lines.append(json.dumps({"id": f"{name}-{number}", **record}))
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path
