"""Chapters laid end to end, with known boundaries, and texts that are wrong in known places.

    python make_long.py dev.jsonl --into work/words --errors words --share 0.1 --noise noise/ --seed 1

Utterances of one chapter (the id without its last part: 1088-134315-0000) become one FLAC and one text without
sentences. Beside each lies NAME.truth.jsonl: where each utterance is, what is said in it, what the text says instead.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from ds2cli.audio.files import read_audio, write_audio
from ds2cli.corpora.manifest import Utterance, read_manifest
from ds2cli.training.data import load_noises

RATE = 16000
SILENCE_SECONDS = 0.3
NOISE_EVERY = 12  # joins, about, have a stretch of noise in place of silence
KINDS = ("deleted", "inserted", "swapped")


def written(text: str, kind: str, others: list[str], errors: str, rng: np.random.Generator) -> str:
    """What the text file says where `text` is spoken.

    kind    deleted: words are missing; inserted: words that nobody says; swapped: other words
    errors  utterances: all of the utterance's text, or a sentence from elsewhere; words: one to four words of it
    """
    other = str(rng.choice(others))
    if errors == "utterances":
        return {"deleted": "", "inserted": f"{text} {other}", "swapped": other}[kind]
    words, elsewhere = text.split(), other.split()
    count = int(rng.integers(1, 5))
    at = int(rng.integers(0, max(len(words) - count, 0) + 1))
    begin = int(rng.integers(0, max(len(elsewhere) - count, 0) + 1))
    new = [] if kind == "deleted" else elsewhere[begin : begin + count]
    return " ".join(words[:at] + new + words[at + (0 if kind == "inserted" else count) :])


def lay(utterances: list[Utterance], others: list[str], errors: str, share: float, noises: list[np.ndarray],
        rng: np.random.Generator) -> tuple[np.ndarray, list[dict]]:
    """The sound of a chapter, and what is known of each utterance in it."""
    pieces, truth, at = [], [], 0
    for one in utterances:
        kind = str(rng.choice(KINDS)) if errors != "none" and rng.random() < share else "intact"
        sound = read_audio(one.audio, RATE)
        truth.append({
            "id": one.id, "start": round(at / RATE, 3), "end": round((at + len(sound)) / RATE, 3), "said": one.text,
            "kind": kind, "written": one.text if kind == "intact" else written(one.text, kind, others, errors, rng),
        })
        gap = rng.normal(0, 1e-4, int(SILENCE_SECONDS * RATE)).astype(np.float32)
        if noises and rng.random() < 1 / NOISE_EVERY:
            noise = noises[int(rng.integers(len(noises)))]
            gap = noise * min(1.0, float(np.abs(sound).max()) / (float(np.abs(noise).max()) + 1e-9))
        pieces += [sound, gap]
        at += len(sound) + len(gap)
    return np.concatenate(pieces), truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--errors", choices=["none", "words", "utterances"], default="none")
    parser.add_argument("--share", type=float, default=0.1, help="of utterances whose text is wrong")
    parser.add_argument("--noise", default="", help="folder or manifest of noise, for some of the gaps")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    chapters: dict[str, list[Utterance]] = defaultdict(list)
    for one in read_manifest(options.manifest):
        chapters[one.id.rpartition("-")[0] or one.speaker].append(one)
    noises = load_noises(options.noise, RATE)
    options.into.mkdir(parents=True, exist_ok=True)
    for name, utterances in sorted(chapters.items()):
        others = [one.text for chapter, them in chapters.items() if chapter != name for one in them] or [
            one.text for one in utterances]
        sound, truth = lay(utterances, others, options.errors, options.share, noises, rng)
        write_audio(options.into / f"{name}.flac", sound, RATE)
        text = " ".join(one["written"] for one in truth if one["written"])
        (options.into / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
        lines = "".join(json.dumps(one) + "\n" for one in truth)
        (options.into / f"{name}.truth.jsonl").write_text(lines, encoding="utf-8")
    seconds = sum(one.duration for them in chapters.values() for one in them)
    print(f"{options.into}: {len(chapters)} recordings, {seconds / 60:.1f} min, errors: {options.errors}")


if __name__ == "__main__":
    main()
