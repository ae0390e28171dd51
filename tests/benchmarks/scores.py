"""Texts and scores beside pyctcdecode and flashlight-text: same log-probs, n-gram, alpha and beta; a wide beam for all.

    DS2_DATA=... python tests/benchmarks/scores.py [--utterances 8] [--beam 500]

The log-probs are those of `english` on LibriSpeech dev speech. What a text is worth, Q, is computed apart from all
decoders: log p_ctc by a forward pass over all its paths, and the language model by KenLM. Flashlight's lexicon ends
each word with a space, so beside it a frame that is a space is put at the end. Prints a JSON line for each decoder:

same_text    utterances whose best text is ds2's
own_score    greatest difference of its score from Q of its text, in nats
from_ours    greatest difference of its score from ds2's, where both found the same text
better       utterances in which Q of its text is more than ds2's, and `worse`: less
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from decode_peers import LN10, flashlight_decoder
from posteriors import UNITS

from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.log_probs import LogProbFile
from ds2cli.decoding.settings import DecodingConfig
from ds2cli.language.model import load_ngram_model
from ds2cli.runs.decoding import read_tuned
from ds2cli.toolkits.ngrams import write_binary_file

Scored = Callable[[np.ndarray], tuple[str, float]]
LAST_SPACE = np.full((1, len(UNITS)), -30.0, np.float32)
LAST_SPACE[0, UNITS.encode(" ")[0]] = 0.0
OOV = -10.0  # a word that the model lacks, in nats, for all that allow any


def log_p(log_probs: np.ndarray, text: str) -> float:
    """log p_ctc of a text: all paths, and any number of spaces (one at least between words) where a word ends.

    The states are a space, then a blank and a unit in turns, a blank, a space; from the blank behind a space the
    path may go back to it.
    """
    space, spelled = UNITS.encode(" ")[0], UNITS.encode(text)
    labels = [space, *(label for unit in spelled for label in (0, unit)), 0, space]
    n, last = len(labels), len(labels) - 2
    steps = np.full((n, n), -np.inf)  # from, to
    for here, label in enumerate(labels):
        steps[here, here] = 0.0
        if here:
            steps[here - 1, here] = 0.0
            if label == space and here < last:
                steps[here + 1, here] = 0.0
        if here > 1 and label and label != labels[here - 2]:
            steps[here - 2, here] = 0.0
    steps[1, 0] = steps[n - 1, last] = 0.0
    sums = np.full(n, -np.inf)
    sums[:3] = log_probs[0, labels[:3]]
    for frame in log_probs[1:].astype(np.float64):
        sums = np.logaddexp.reduce(sums[:, None] + steps, axis=0) + frame[labels]
    return float(np.logaddexp.reduce(sums[last - 1:]))


def worth(log_probs: np.ndarray, text: str, model: Any, alpha: float, beta: float) -> float:
    """log p_ctc + alpha log p_lm + beta words."""
    words = text.split()
    unknown = sum(word not in model for word in words)
    return log_p(log_probs, text) + alpha * LN10 * model.score(text) + beta * len(words) + OOV * unknown


def ours(lm: Path, alpha: float, beta: float, beam: int, lexicon: str) -> Scored:
    config = DecodingConfig(alpha=alpha, beta=beta, beam=beam, lexicon=lexicon, oov_penalty=OOV, oov_letter=0.0,
                            score_threshold=20.0)
    decoder = BeamDecoder(UNITS, config, load_ngram_model(lm))

    def decode(log_probs: np.ndarray) -> tuple[str, float]:
        best = decoder.decode(log_probs)[0]
        return best.text, best.total

    return decode


def pyctcdecode(lm: Path, words: list[str], alpha: float, beta: float, beam: int) -> Scored:
    from pyctcdecode import build_ctcdecoder

    decoder = build_ctcdecoder(["", *UNITS.names[1:]], str(lm), words, alpha=alpha, beta=beta,
                               unk_score_offset=OOV / (alpha * LN10))

    def decode(log_probs: np.ndarray) -> tuple[str, float]:
        best = decoder.decode_beams(log_probs, beam_width=beam, beam_prune_logp=-20.0, token_min_logp=-20.0)[0]
        return best[0], best[-1]

    return decode


def flashlight(lm: Path, words: list[str], alpha: float, beta: float, beam: int, adds: bool) -> Scored:
    """adds  over paths; else the best path alone counts, as torchaudio sets it"""
    decoder, dictionary = flashlight_decoder(lm, words, alpha, beta, beam, adds=adds)

    def decode(log_probs: np.ndarray) -> tuple[str, float]:
        frames = np.ascontiguousarray(log_probs, np.float32)
        best = decoder.decode(frames.ctypes.data, *frames.shape)[0]
        return " ".join(dictionary.get_entry(word) for word in best.words if word >= 0), best.score

    return decode


def log_probs_of_english(data: Path, count: int, folder: Path) -> list[np.ndarray]:
    source, saved = data / "librispeech-train-clean-5" / "dev.jsonl", folder / f"english-scores-{count}.npz"
    if not saved.exists():
        records = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
        for record in records:
            record["audio_filepath"] = str(source.parent / record["audio_filepath"])
        chosen = folder / "scores.jsonl"
        chosen.write_text("".join(json.dumps(one) + "\n" for one in records[:: len(records) // count][:count]))
        command = [sys.executable, "-m", "ds2cli", "decode", "english", chosen, "--greedy", "--log-probs", saved]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    file = LogProbFile(saved)
    assert file.units == UNITS, "english spells with the units of the benchmarks"
    return [log_probs for _, log_probs in file]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=int, default=8)
    parser.add_argument("--beam", type=int, default=500)
    parser.add_argument("--alpha", type=float, default=0.7)
    parser.add_argument("--beta", type=float, default=1.5)
    parser.add_argument("--folder", type=Path, default=Path("build/benchmarks"), help="for models and log-probs")
    options = parser.parse_args()
    if not os.environ.get("DS2_DATA"):
        print("DS2_DATA names no folder with librispeech-train-clean-5: nothing to score", file=sys.stderr)
        return
    import kenlm

    options.folder.mkdir(parents=True, exist_ok=True)
    heard = log_probs_of_english(Path(os.environ["DS2_DATA"]), options.utterances, options.folder)
    lm = options.folder / "english-3gram.bin"
    if not lm.exists():
        write_binary_file(read_tuned("english").lm, lm)
    model, weights = kenlm.Model(str(lm)), (options.alpha, options.beta)
    words = [word for word in load_ngram_model(lm).words if word[0] != "<"]
    ended = [np.concatenate([one, LAST_SPACE]) for one in heard]
    for name, frames, lexicon, make in (
        ("pyctcdecode", heard, "soft", lambda: pyctcdecode(lm, words, *weights, options.beam)),
        ("flashlight-text, adding", ended, "hard", lambda: flashlight(lm, words, *weights, options.beam, adds=True)),
        ("flashlight-text", ended, "hard", lambda: flashlight(lm, words, *weights, options.beam, adds=False)),
    ):
        mine = list(map(ours(lm, *weights, options.beam, lexicon), frames))
        theirs = list(map(make(), frames))
        values = [[worth(one, text, model, *weights) for one, (text, _) in zip(frames, found, strict=True)]
                  for found in (mine, theirs)]
        report("ds2", mine, values[0], mine, values[0])
        report(name, theirs, values[1], mine, values[0])


def report(name: str, theirs: list[tuple[str, float]], worths: list[float], mine: list[tuple[str, float]],
           own: list[float]) -> None:
    same = [(score, ours) for (text, score), (best, ours) in zip(theirs, mine, strict=True) if text == best]
    pairs = list(zip(worths, own, strict=True))
    line = {
        "bench": f"scores/{name}", "n": len(mine), "same_text": len(same),
        "own_score": round(max(abs(score - worth) for (_, score), worth in zip(theirs, worths, strict=True)), 4),
        "from_ours": round(max((abs(score - ours) for score, ours in same), default=0.0), 4),
        "better": sum(theirs > ours + 1e-3 for theirs, ours in pairs),
        "worse": sum(theirs < ours - 1e-3 for theirs, ours in pairs),
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
