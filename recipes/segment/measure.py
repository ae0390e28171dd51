"""How well `ds2 prepare segment --all` did on chapters of `make_long.py`: one JSON line.

    python measure.py segments.jsonl --truth work/test/words-1.truth.jsonl --words words.jsonl

words.jsonl: the utterances aligned one by one (`ds2 align RUN dev.jsonl`), which says when each word is really said.
"""

import argparse
import json
from bisect import bisect_left
from collections import defaultdict
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

TOLERANCE_SECONDS = 0.2
MOST = 0.9  # of an utterance's words: then it is kept
GRACE_SECONDS = 0.1  # of a wrong segment's overlap with an utterance


def load(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def spoken_words(truth: list[dict], alone: dict[str, list[dict]]) -> list[tuple[float, float, str, int]]:
    """Every word really said in a recording: start, end (seconds), the word, its utterance."""
    return [(one["start"] + word["start"], one["start"] + word["end"], word["word"], number)
            for number, one in enumerate(truth) for word in alone[one["id"]]]


def judge(segments: list[dict], words: list[tuple[float, float, str, int]]) -> list[bool]:
    """Whether each segment's text is, word for word, what is said in its stretch of sound."""
    middles = [(start + end) / 2 for start, end, _, _ in words]
    verdicts = []
    for one in segments:
        first = bisect_left(middles, one["offset"])
        after = bisect_left(middles, one["offset"] + one["duration"])
        verdicts.append(one["text"].split() == [word for _, _, word, _ in words[first:after]])
    return verdicts


def boundary_errors(segments: list[dict], truth: list[dict], words: list[tuple[float, float, str, int]]) -> list[float]:
    """For both ends of each intact utterance, by how many seconds its first or last word is misplaced (inf: left out).

    Words of segments are paired with words really said by their order, as `diff` would.
    """
    said = [(one["offset"] + word["start"], one["offset"] + word["end"], word["word"])
            for one in segments for word in one["words"]]
    matcher = SequenceMatcher(None, [word for _, _, word, _ in words], [word for _, _, word in said], autojunk=False)
    place = {i + k: j + k for i, j, size in matcher.get_matching_blocks() for k in range(size)}
    errors = []
    for number, one in enumerate(truth):
        mine = [at for at, word in enumerate(words) if word[3] == number]
        if one["kind"] != "intact" or not mine:
            continue
        for at, end in ((mine[0], 0), (mine[-1], 1)):
            errors.append(abs(said[place[at]][end] - words[at][end]) if at in place else float("inf"))
    return errors


def is_in(segments: list[dict], time: float) -> bool:
    """Whether one of the segments holds this moment."""
    return any(one["offset"] <= time < one["offset"] + one["duration"] for one in segments)


def overlap(segment: dict, utterance: dict) -> float:
    """Seconds that a segment and an utterance share."""
    end = segment["offset"] + segment["duration"]
    return min(end, utterance["end"]) - max(segment["offset"], utterance["start"])


def per_cent(count: float, of: float) -> float | None:
    return round(100 * count / of, 2) if of else None


def share(what: np.ndarray, among: np.ndarray) -> float | None:
    """Per cent, or None among none."""
    return round(float(100 * what[among].mean()), 2) if among.any() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("segments", type=Path)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--labelled", type=Path, help="write the segments with `good`, for ds2 prepare filter --train")
    options = parser.parse_args()
    alone = {one["id"]: one["words"] for one in load(options.words)}
    by_recording = defaultdict(list)
    for one in load(options.segments):
        by_recording[Path(one["audio_filepath"]).stem].append(one)
    counts = defaultdict(float)
    errors, labelled = [], []
    truths = defaultdict(list)
    for one in load(options.truth):
        truths[one["recording"]].append(one)
    for name, truth in truths.items():
        segments = by_recording[name]
        words = spoken_words(truth, alone)
        errors += boundary_errors(segments, truth, words)
        good = judge(segments, words)
        labelled += [{**one, "good": verdict} for one, verdict in zip(segments, good, strict=True)]
        kept = [one for one in segments if one["keep"]]
        wrong = [one for one, right in zip(segments, good, strict=True) if one["keep"] and not right]
        for number, one in enumerate(truth):
            inner = [word for word in words if word[3] == number]
            words_kept = sum(is_in(kept, (start + end) / 2) for start, end, _, _ in inner)
            if one["kind"] == "intact":
                counts["intact"] += 1
                counts["intact_kept"] += words_kept >= MOST * len(inner)
                counts["intact_words"] += len(inner)
                counts["intact_words_kept"] += words_kept
            else:
                counts["spoiled"] += 1
                counts["spoiled_left_out"] += not any(overlap(k, one) > GRACE_SECONDS for k in wrong)
    good = np.array([one["good"] for one in labelled])
    keep = np.array([one["keep"] for one in labelled])
    seconds = np.array([one["duration"] for one in labelled])
    errors = np.array(errors)
    print(json.dumps({
        "segments": len(good), "mean_seconds": round(float(seconds.mean()), 2),
        "boundaries": len(errors), "found": share(np.isfinite(errors), np.full(len(errors), True)),
        "within_0.2s": share(errors <= TOLERANCE_SECONDS, np.isfinite(errors)),
        "good": int(good.sum()), "good_kept": share(keep, good),
        "bad": int((~good).sum()), "bad_left_out": share(~keep, ~good), "precision_of_kept": share(good, keep),
        "intact_utterances_kept": per_cent(counts["intact_kept"], counts["intact"]),
        "spoiled_utterances_left_out": per_cent(counts["spoiled_left_out"], counts["spoiled"]),
        "intact_words_kept": per_cent(counts["intact_words_kept"], counts["intact_words"]),
        "seconds_kept": round(float(seconds[keep].sum()), 1),
    }))
    if options.labelled:
        options.labelled.write_text("".join(json.dumps(one) + "\n" for one in labelled), encoding="utf-8")


if __name__ == "__main__":
    main()
