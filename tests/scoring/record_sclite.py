"""Writes sclite_answers.json: what NIST sclite 2.4.10 (Debian's package sctk) says about transcripts with choices.

    python tests/scoring/record_sclite.py > tests/scoring/sclite_answers.json

The tests read the answers, so that they need no sclite. The transcripts are drawn at random, with a fixed seed.
"""

import json
import random
import re
import subprocess
import tempfile
from pathlib import Path

SCLITE = "/usr/lib/sctk/bin/sclite"
COUNTS = re.compile(r"id: \((.*?)-(\d+)\)\n(?:[A-Z]\w+: .*\n)*?Scores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+)")
FLAGS = {"plain": [], "optional": ["-D"], "fragments": ["-F"], "both": ["-D", "-F"]}


def word(rng: random.Random, flags: str) -> str:
    text = rng.choice("abc") + rng.choice(["", rng.choice("abc")])
    draw = rng.random()
    if draw < 0.15 and flags in ("fragments", "both"):
        return rng.choice([text + "-", "-" + text])
    return f"({text})" if draw < 0.3 and flags in ("optional", "both") else text


def sentence(rng: random.Random, length: int, flags: str, choices: float, depth: int = 0) -> str:
    words = []
    for _ in range(length):
        if depth < 2 and rng.random() < choices:
            ways = ["@" if rng.random() < 0.25 else sentence(rng, rng.randint(1, 2), flags, choices, depth + 1)
                    for _ in range(rng.randint(1, 3))]
            words.append("{ " + " / ".join(ways) + " }")
        else:
            words.append(word(rng, flags))
    return " ".join(words)


def sclite(reference: str, hypothesis: str, kinds: tuple[str, str], flags: list[str]) -> list[list[int]]:
    """Correct, substituted, deleted, inserted of each utterance, in the order of its report."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / kind for kind in kinds]
        for path, text in zip(paths, (reference, hypothesis), strict=True):
            path.write_text(text)
        command = [SCLITE, "-s", "-r", str(paths[0]), kinds[0].split("-")[0], "-h", str(paths[1]),
                   kinds[1].split("-")[0], "-i", "spu_id", "-f", "0", "-o", "pralign", "stdout", *flags]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [[int(number) for number in match[2:]] for match in COUNTS.findall(said)]


def transcripts(seed: int, flags: str, hypothesis_choices: float) -> dict:
    rng = random.Random(seed)
    pairs = [[sentence(rng, rng.randint(0, 6), flags, 0.25), sentence(rng, rng.randint(0, 6), flags, hypothesis_choices)]
             for _ in range(150)]
    sides = ["".join(f"{pair[side]} (s-{n})\n" for n, pair in enumerate(pairs)) for side in (0, 1)]
    return {"flags": flags, "pairs": pairs, "counts": sclite(*sides, ("trn-r", "trn-h"), FLAGS[flags])}


def recording(seed: int) -> dict:
    """An stm of two channels with gaps and ignored segments, and a ctm whose words fall anywhere."""
    rng = random.Random(seed)
    stm, ctm = [], []
    for channel in "AB":
        now = 0.0
        for _ in range(15):
            start, end = now + rng.choice([0, 0.4]), now + rng.uniform(1, 4)
            text = sentence(rng, rng.randint(0, 5), "plain", 0.2)
            text = "IGNORE_TIME_SEGMENT_IN_SCORING" if rng.random() < 0.15 else text
            stm.append(f"rec {channel} spk {start:.2f} {end:.2f} {rng.choice(['', '<o,f0> '])}{text}\n")
            now = end
        at = 0.0
        while at < now + 1:
            ctm.append(f"rec {channel} {at:.2f} {rng.uniform(0.05, 0.5):.2f} {word(rng, 'plain')} 0.5\n")
            at += rng.uniform(0.1, 0.9)
    reference, hypothesis = "".join(stm), "".join(ctm)
    return {"stm": reference, "ctm": hypothesis, "counts": sclite(reference, hypothesis, ("stm", "ctm"), [])}


if __name__ == "__main__":
    answers = {
        "transcripts": [transcripts(seed, flags, choices) for seed, (flags, choices) in enumerate(
            (flags, choices) for flags in FLAGS for choices in (0.0, 0.1))],
        "recordings": [recording(seed) for seed in range(6)],
    }
    print(json.dumps(answers, ensure_ascii=False, indent=None))
