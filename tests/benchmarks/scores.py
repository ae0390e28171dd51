"""Texts and scores beside pyctcdecode and flashlight-text: the same log-probs, n-gram, alpha, beta; a wide beam for all.

    DS2_DATA=... python tests/benchmarks/scores.py [--utterances 20] [--beam 500]

The log-probs are those of `english` on LibriSpeech dev speech. What a text is worth, Q, is computed apart from all
decoders: log p_ctc by torch's CTC loss, and the language model by KenLM. Prints a JSON line for each decoder:

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
OOV = -10.0  # a word that the model lacks, in nats, for all that allow any


def worth(log_probs: np.ndarray, text: str, model, alpha: float, beta: float) -> float:
    """log p_ctc + alpha log p_lm + beta words."""
    import torch

    spelled, frames = torch.tensor([UNITS.encode(text)]), torch.from_numpy(log_probs)[:, None].double()
    loss = torch.nn.functional.ctc_loss(frames, spelled, (len(log_probs),), (spelled.shape[1],), reduction="none")
    words = text.split()
    unknown = sum(word not in model for word in words)
    return -float(loss) + alpha * LN10 * model.score(text) + beta * len(words) + OOV * unknown


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
    parser.add_argument("--utterances", type=int, default=20)
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
    found = {lexicon: list(map(ours(lm, *weights, options.beam, lexicon), heard)) for lexicon in ("soft", "hard")}
    decoders = {
        "ds2": ("soft", None), "ds2 hard": ("hard", None),
        "pyctcdecode": ("soft", lambda: pyctcdecode(lm, words, *weights, options.beam)),
        "flashlight-text, adding": ("hard", lambda: flashlight(lm, words, *weights, options.beam, adds=True)),
        "flashlight-text": ("hard", lambda: flashlight(lm, words, *weights, options.beam, adds=False)),
    }
    for name, (lexicon, make) in decoders.items():
        decode = make and make()
        theirs = [decode(log_probs) for log_probs in heard] if decode else found[lexicon]
        compare(name, heard, theirs, found[lexicon], lambda log_probs, text: worth(log_probs, text, model, *weights))


def compare(name: str, heard: list[np.ndarray], theirs: list[tuple[str, float]], mine: list[tuple[str, float]],
            worth_of: Callable[[np.ndarray, str], float]) -> None:
    values = [(worth_of(one, text), worth_of(one, best)) for one, (text, _), (best, _) in zip(heard, theirs, mine)]
    same = [(score, ours) for (text, score), (best, ours) in zip(theirs, mine) if text == best]
    line = {
        "bench": f"scores/{name}", "n": len(heard), "same_text": len(same),
        "own_score": round(max(abs(score - value) for (_, score), (value, _) in zip(theirs, values)), 4),
        "from_ours": round(max((abs(score - ours) for score, ours in same), default=0.0), 4),
        "better": sum(theirs > ours + 1e-3 for theirs, ours in values),
        "worse": sum(theirs < ours - 1e-3 for theirs, ours in values),
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
