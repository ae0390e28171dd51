"""Writes sclite_answers.json: what NIST's tools (Debian's package sctk 2.4.10) say of transcripts, systems, mappings.

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
SYLLABLES = [consonant + vowel for consonant in "bcdfgh" for vowel in "aeiou"]


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
    draw = lambda choices: sentence(rng, rng.randint(0, 6), flags, choices)  # noqa: E731
    pairs = [[draw(0.25), draw(hypothesis_choices)] for _ in range(150)]
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


def garbled(rng: random.Random, words: list[str], errors: float) -> list[str]:
    out = []
    for text in words:
        draw = rng.random()
        if draw > errors / 3:
            out.append(rng.choice(SYLLABLES) if draw < errors * 2 / 3 else text)
        if errors * 2 / 3 < draw < errors:
            out.append(rng.choice(SYLLABLES))
    return out


def systems(seed: int) -> dict:
    """A reference and two systems, and what NIST's sc_stats says of their difference."""
    rng = random.Random(seed)
    reference = [[rng.choice(SYLLABLES) for _ in range(rng.randint(1, 15))] for _ in range(120)]
    sides = {"R": reference} | {name: [garbled(rng, words, errors) for words in reference]
                                for name, errors in (("A", 0.2), ("B", 0.15))}
    alignments = b""
    with tempfile.TemporaryDirectory() as folder:
        for name, side in sides.items():
            lines = (f"{' '.join(words)} (s-{n})\n" for n, words in enumerate(side))
            (Path(folder) / name).write_text("".join(lines))
        for name in "AB":
            command = [SCLITE, "-r", f"{folder}/R", "trn", "-h", f"{folder}/{name}", "trn", name, "-i", "spu_id",
                       "-f", "0", "-o", "sgml", "stdout"]
            alignments += subprocess.run(command, capture_output=True, check=True).stdout
    test = subprocess.run([str(Path(SCLITE).with_name("sc_stats")), "-p", "-t", "mapsswe", "-v", "-n", "-"],
                          input=alignments, capture_output=True, check=True).stdout.decode(errors="replace")
    numbers = re.search(r"# segs: (\d+).*mean: (\S+)\) \(std dev: (\S+)\) \(Z Stat: (\S+)\)", test).groups()
    texts = {name: [" ".join(words) for words in side] for name, side in sides.items()}
    return texts | {"mapsswe": [float(number) for number in numbers]}


def mapping(seed: int) -> dict:
    """A global mapping file, and what NIST's rfilter1 makes of some texts."""
    rng = random.Random(seed)
    some = lambda most: "".join(rng.choice("ABC '") for _ in range(rng.randint(1, most))).strip() or "A"  # noqa: E731
    sensitive = rng.random() < 0.5
    lines = [";; random", "* format = 'NIST1'", "* max_nrules = '99'", "* copy_no_hit = 'T'",
             f"* case_sensitive = '{'T' if sensitive else 'F'}'"]
    for _ in range(rng.randint(1, 8)):
        left, right = rng.choice([(" ", " "), ("", ""), ("A", ""), ("", "B")])
        output = f"{{ {some(3)} / {some(3)} }}" if rng.random() < 0.2 else some(4)
        lines.append(f"[{some(4)}] => [{output}] / [{left}] __ [{right}]")
    letters = "ABC '" + ("" if sensitive else "abc")
    texts = [" ".join("".join(rng.choices(letters, k=rng.randint(0, 14))).split()) for _ in range(12)]
    given = "".join(f" {text if sensitive else text.upper()} \n" for text in texts)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        command = [str(Path(SCLITE).with_name("rfilter1")), file.name]
        said = subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout
    outputs = [" ".join((line if sensitive else line.upper()).split()) for line in said.split("\n")]
    return {"glm": lines, "texts": texts, "outputs": outputs[: len(texts)]}


if __name__ == "__main__":
    answers = {
        "transcripts": [transcripts(seed, flags, choices) for seed, (flags, choices) in enumerate(
            (flags, choices) for flags in FLAGS for choices in (0.0, 0.1))],
        "recordings": [recording(seed) for seed in range(6)],
        "systems": [systems(seed) for seed in range(3)],
        "mappings": [mapping(seed) for seed in range(30)],
    }
    print(json.dumps(answers, ensure_ascii=False, indent=None))
