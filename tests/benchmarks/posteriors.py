"""Log-probs as a CTC network would give them for known sentences: peaky ones (easy), and doubtful ones (hard).

Simulated, because no trained network comes with the repository: every letter claims a frame or two, blanks lie between,
letters that sound alike share the doubt, noise drifts over neighbouring frames, and it comes and goes: for a few words
the letters stand out, for the next they drown.
"""

import gzip
from pathlib import Path

import numpy as np

from ds2cli.text.units import BLANK_NAME, Units

UNITS = Units((BLANK_NAME, " ", "'", *"abcdefghijklmnopqrstuvwxyz"))
SOUNDS_ALIKE = ("aeiouy", "bpdtg", "ckqgx", "szxcj", "mn", "fvw", "lrw", "h ", "e ", "t ", "'s")
PHONES = Units((BLANK_NAME, *("AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH "
                              "UH UW V W Y Z ZH").split()), " ")
PHONES_ALIKE = ("AA AE AH AO EH IH UH", "IY IH EY", "UW UH OW", "AW OW OY", "AY EY", "ER R", "B P D T G K",
                "CH JH SH ZH", "DH TH V F", "S Z TH", "M N NG", "L R W Y", "HH F")
FRAME_SECONDS = 0.04
Kind = tuple[float, float, float, float, float]
# How clearly a letter stands out, how much of that comes and goes, deviation of the noise, how far likenesses follow,
# share of letters that are swallowed.
EASY, HARD = (11.0, 0.35, 1.1, 4.3, 0.012), (11.0, 0.72, 1.1, 5.0, 0.03)


def sentences(data: Path, count: int, skip: int = 0) -> list[str]:
    """Sentences of 70 to 190 letters (some 9 seconds) from the development text."""
    with gzip.open(data / "text" / "novels-dev.txt.gz", "rt", encoding="utf-8") as lines:
        fitting = [line.strip() for line in lines if 70 <= len(line) <= 190]
    order = np.random.default_rng(7).permutation(len(fitting))
    return [fitting[i] for i in order[skip : skip + count]]


def simulate(text: str, kind: Kind, seed: int, units: Units = UNITS,
             alike: tuple[str, ...] = SOUNDS_ALIKE) -> np.ndarray:
    """(T, V) float32 log-probs for a text; alike: units that are taken for one another."""
    loud, fading, noise, likeness, swallowed = kind
    generator = np.random.default_rng(seed)
    groups = [units.encode(group) for group in alike]
    frames: list[np.ndarray] = []
    before, level = 0, generator.normal()
    for unit in units.encode(text):
        level = 0.93 * level + 0.37 * generator.normal()
        clear = loud * (1 - fading / (1 + np.exp(-2 * level)))
        blanks = generator.integers(0, 2) + (unit == before)
        frames += [_blank(clear, units) for _ in range(blanks)]
        strength = clear * generator.uniform(0.75, 1.1) * (generator.random() >= swallowed)
        heard = np.zeros(len(units))
        likenesses = generator.uniform(0, 1.3, len(units)) * likeness
        for group in groups:
            if unit in group:
                heard[group] = likenesses[group]
        heard[unit] = strength
        heard[0] = clear * 0.25
        frames.append(heard)
        if generator.random() < 0.35:
            faint, blank = generator.uniform(0.3, 0.9), generator.uniform(0.4, 1)
            frames.append(np.maximum(heard * faint, _blank(clear, units) * blank))
        before = unit
    logits = np.stack([_blank(loud, units), *frames, _blank(loud, units)])
    drift = generator.normal(size=logits.shape) * noise
    drift[1:] = 0.6 * drift[1:] + 0.55 * drift[:-1]
    logits = logits + drift
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def _blank(clear: float, units: Units) -> np.ndarray:
    frame = np.zeros(len(units))
    frame[0] = clear
    return frame

