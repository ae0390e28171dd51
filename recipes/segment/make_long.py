"""Chapters laid end to end, with known boundaries; and texts of them that are wrong in known places.

    python make_long.py dev.jsonl --into work/test --noise noise/ --errors none words:1 words:2 utterances:1 --share 0.1

Utterances of one chapter (the id without its last part: 1088-134315-0000) become one FLAC. For each of `--errors` (the
kind and a seed) there are records of pairs, words-1.jsonl, and what is known of every utterance, words-1.truth.jsonl:
where it is, what is said in it, what the text says instead.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from ds2cli.audio.files import read_audio, write_audio
from ds2cli.records.manifest import Utterance, read_manifest
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


def lay(
    utterances: list[Utterance], noises: list[np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, list[dict]]:
    """The sound of a chapter, and where each utterance is in it."""
    pieces, truth, at = [], [], 0
    for one in utterances:
        sound = read_audio(one.audio, RATE)
        times = {"start": round(at / RATE, 3), "end": round((at + len(sound)) / RATE, 3)}
        truth.append({"id": one.id, **times, "said": one.text})
        gap = rng.normal(0, 1e-4, int(SILENCE_SECONDS * RATE)).astype(np.float32)
        if noises and rng.random() < 1 / NOISE_EVERY:
            noise = noises[int(rng.integers(len(noises)))]
            gap = noise * min(1.0, float(np.abs(sound).max()) / (float(np.abs(noise).max()) + 1e-9))
        pieces += [sound, gap]
        at += len(sound) + len(gap)
    return np.concatenate(pieces), truth


def spoil(chapters: dict[str, list[dict]], errors: str, share: float, seed: int) -> dict[str, list[dict]]:
    """What each chapter's text says: a share of the utterances is wrong."""
    rng = np.random.default_rng(seed)
    spoiled = {}
    for name, truth in chapters.items():
        others = [one["said"] for chapter, them in chapters.items() if chapter != name for one in them]
        spoiled[name] = []
        for one in truth:
            kind = str(rng.choice(KINDS)) if errors != "none" and rng.random() < share else "intact"
            text = one["said"]
            text = text if kind == "intact" else written(text, kind, others or [text], errors, rng)
            spoiled[name].append({**one, "recording": name, "kind": kind, "written": text})
    return spoiled


def write_lines(path: Path, records: list[dict]) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--errors", nargs="+", default=["none"], help="none, words:SEED, utterances:SEED")
    parser.add_argument("--share", type=float, default=0.1, help="of utterances whose text is wrong")
    parser.add_argument("--noise", default="", help="folder or manifest of noise, for some of the gaps")
    options = parser.parse_args()
    chapters: dict[str, list[Utterance]] = defaultdict(list)
    for one in read_manifest(options.manifest):
        chapters[one.id.rpartition("-")[0] or one.speaker].append(one)
    noises, rng = load_noises(options.noise, RATE), np.random.default_rng(1)
    options.into.mkdir(parents=True, exist_ok=True)
    truths = {}
    for name, utterances in sorted(chapters.items()):
        sound, truths[name] = lay(utterances, noises, rng)
        write_audio(options.into / f"{name}.flac", sound, RATE)
    for kind in options.errors:
        errors, _, seed = kind.partition(":")
        spoiled = spoil(truths, errors, options.share, int(seed or 0))
        name = kind.replace(":", "-")
        write_lines(options.into / f"{name}.truth.jsonl", [one for them in spoiled.values() for one in them])
        write_lines(options.into / f"{name}.jsonl", [
            {"id": chapter, "audio_filepath": f"{chapter}.flac", "text": " ".join(one["written"] for one in them)}
            for chapter, them in spoiled.items()])
    minutes = sum(one.duration for them in chapters.values() for one in them) / 60
    print(f"{options.into}: {len(chapters)} recordings, {minutes:.1f} min, texts: {' '.join(options.errors)}")


if __name__ == "__main__":
    main()
