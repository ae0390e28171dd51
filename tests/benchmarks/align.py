"""An hour of log-probs and its text: CPU time and memory of the alignment, beside a peer; and texts that do not match.

    python tests/benchmarks/align.py [--minutes 60] [--peers] [--robustness] [--prices]

Made-up speech (`tests/alignment/spoken.py`): 90,000 frames of 29 units, 48,000 labels, 15 % of them misheard. Every
measurement is a process of its own: CPU seconds from the arrays in memory, and the process's peak memory. Prints JSON
lines. `--peers` measures ctc-segmentation too (its default window; some minutes); where it is not installed it says so.
`--robustness` prints what becomes of texts that lack speech or were never spoken, and `--prices` how the prices of
leaving out were chosen.
"""

import argparse
import importlib.util
import itertools
import json
import multiprocessing
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "alignment"))
from mismatches import KINDS, Mismatch, judge, mismatch  # noqa: E402
from spoken import FRAMES_PER_LABEL, speak, write  # noqa: E402

from ds2cli.alignment import skip_penalties  # noqa: E402
from ds2cli.alignment.path import HALVES, LEFT_OUT, PLAIN, AlignedPath, greedy_path, path_score  # noqa: E402
from ds2cli.alignment.recording import align_recording  # noqa: E402
from ds2cli.alignment.viterbi import viterbi_path  # noqa: E402

FRAMES_PER_MINUTE = 1500
PEER = "ctc_segmentation"


def pieces(log_probs: np.ndarray, labels: np.ndarray, starts: np.ndarray) -> float:
    return align_recording(log_probs, labels, starts, PLAIN).score


def fitted(log_probs: np.ndarray, labels: np.ndarray, starts: np.ndarray) -> float:
    return align_recording(log_probs, labels, starts).score


def whole(log_probs: np.ndarray, labels: np.ndarray, starts: np.ndarray) -> float:
    return viterbi_path(log_probs, labels, starts, steps=HALVES).score


def whole_priced(log_probs: np.ndarray, labels: np.ndarray, starts: np.ndarray) -> float:
    prices = align_recording(log_probs, labels, starts).prices
    return viterbi_path(log_probs, labels, starts, prices, steps=HALVES).score


def peer(log_probs: np.ndarray, labels: np.ndarray, starts: np.ndarray) -> float:
    return path_of_peer(log_probs, labels, starts)[1]


def path_of_peer(log_probs: np.ndarray, labels: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, float]:
    """The first frame of each label as ctc-segmentation says, and the score of the path that holds it for one frame."""
    import ctc_segmentation

    config = ctc_segmentation.CtcSegmentationParameters(char_list=[chr(200 + u) for u in range(log_probs.shape[1])])
    config.index_duration = 1.0  # frames, not seconds
    words = [labels[first:after] for first, after in itertools.pairwise(starts)]
    matrix, begins = ctc_segmentation.prepare_token_list(config, words)
    timings, _, _ = ctc_segmentation.ctc_segmentation(config, log_probs, matrix)
    inside = np.concatenate([np.arange(len(word)) + begin + 1 for word, begin in zip(words, begins, strict=False)])
    frames = np.rint(timings[inside]).astype(np.int32)
    score = path_score(log_probs, greedy_path(log_probs), labels, starts, PLAIN, frames, frames + 1, [])
    return frames, score


def measure(solve, *problem: np.ndarray) -> tuple[float, float, float]:
    """CPU seconds, peak megabytes and the score, in a process of its own."""
    answers = multiprocessing.get_context("fork").SimpleQueue()

    def work() -> None:
        before = time.process_time()
        score = solve(*problem)
        answers.put((time.process_time() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, score))

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    return answers.get()


def say(bench: str, ours: float, peer: str, theirs: float | None, unit: str, n: int) -> None:
    """One figure as one JSON line; `ratio` is ours over the peer's, or over the bar."""
    figure = {"bench": bench, "ours": round(ours, 3), "peer": peer, "theirs": theirs and round(theirs, 3),
              "ratio": round(ours / theirs, 3) if theirs else None, "unit": unit, "n": n}
    print(json.dumps(figure), flush=True)


def time_and_memory(minutes: int, with_peer: bool) -> None:
    labels, starts = write(int(minutes * FRAMES_PER_MINUTE / FRAMES_PER_LABEL), seed=1)
    problem = speak(labels, 0.15, seed=2)[0], labels, starts
    n = len(problem[0])
    results = {solve.__name__: measure(solve, *problem) for solve in (pieces, fitted, whole, whole_priced)}
    for name in ("pieces", "fitted"):
        seconds, megabytes, score = results[name]
        exact = results["whole" if name == "pieces" else "whole_priced"]
        say(f"align/{name}/time", seconds, "bar", 2.0, "CPU s", n)
        say(f"align/{name}/memory", megabytes, "bar", 500.0, "MB, peak", n)
        say(f"align/{name}/score", score, "the whole at once", exact[2], "nats", n)
        say(f"align/{name}/time", seconds, "the whole at once", exact[0], "CPU s", n)
        say(f"align/{name}/memory", megabytes, "the whole at once", exact[1], "MB, peak", n)
    if with_peer and importlib.util.find_spec(PEER) is None:
        print("ctc-segmentation is not installed: left out", file=sys.stderr)
    elif with_peer:
        seconds, megabytes, score = measure(peer, *problem)
        say("align/pieces/time", results["pieces"][0], PEER, seconds, "CPU s", n)
        say("align/pieces/memory", results["pieces"][1], PEER, megabytes, "MB, peak", n)
        say("align/pieces/score", results["pieces"][2], PEER, score, "nats", n)


def first_frames(aligned: AlignedPath) -> np.ndarray:
    return np.where(aligned.starts >= 0, aligned.starts // aligned.steps, LEFT_OUT)


def robustness(minutes: int, with_peer: bool) -> None:
    """Per cent of spoken words within 0.2 s, of unspoken labels that get a time, of spoken labels left out."""
    solvers = {
        "ours": lambda case: first_frames(align_recording(case.log_probs, case.labels, case.word_starts)),
        "plain CTC": lambda case: viterbi_path(case.log_probs, case.labels, case.word_starts).starts,
    }
    if with_peer and importlib.util.find_spec(PEER):
        solvers[PEER] = lambda case: path_of_peer(case.log_probs, case.labels, case.word_starts)[0]
    for kind, error in itertools.product(KINDS, (0.15, 0.3, 0.45, 0.55)):
        case = mismatch(kind, int(minutes * FRAMES_PER_MINUTE / FRAMES_PER_LABEL), error, seed=3)
        for name, solve in solvers.items():
            print(json.dumps({"bench": f"align/robustness/{kind}", "misheard": error, "who": name, "unit": "%",
                              **verdict(case, solve), "n": len(case.truth)}), flush=True)


def verdict(case: Mismatch, solve) -> dict[str, float | str]:
    try:
        found = judge(case, solve(case))
    except Exception as problem:  # a peer's, whatever it raises
        return {"failed": repr(problem)[:80]}
    return {name: round(100 * value, 2) for name, value in vars(found).items()}


def prices() -> None:
    """The table in `ds2cli/alignment/skip_penalties.py`."""
    errors, seeds = (0.1, 0.3, 0.4, 0.55), (1, 2)
    cases = {(kind, error): [mismatch(kind, 8000, error, seed) for seed in seeds]
             for kind in ("clean", "scattered") for error in errors}
    for between, opening in ((0.25, 1.5), (0.25, 6.0), (0.4, 1.5), (0.4, 3.0), (0.4, 6.0), (0.4, 10.0), (0.55, 6.0)):
        skip_penalties.BETWEEN, skip_penalties.OPENING = between, opening
        found = {key: [judge(case, first_frames(align_recording(case.log_probs, case.labels, case.word_starts)))
                       for case in some] for key, some in cases.items()}
        lost = [100 * np.mean([v.lost for v in found["clean", error]]) for error in errors]
        ghosts = [100 * np.mean([v.ghosts for v in found["scattered", error]]) for error in errors]
        print(json.dumps({"bench": "align/prices", "between": between, "opening": opening, "misheard": errors,
                          "left_out": np.round(lost, 2).tolist(), "unspoken_timed": np.round(ghosts, 2).tolist()}),
              flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--robustness", action="store_true")
    parser.add_argument("--prices", action="store_true")
    asked = parser.parse_args()
    if asked.prices:
        prices()
    elif asked.robustness:
        robustness(min(asked.minutes, 20), asked.peers)
    else:
        time_and_memory(asked.minutes, asked.peers)


if __name__ == "__main__":
    main()
