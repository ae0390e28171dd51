"""A transducer beside CTC with the same encoder: CPU seconds of a whole decode, one JSON line a figure.

    python tests/benchmarks/transducer.py --utterances 16

One thread. The encoder hears noise as long as LibriSpeech's utterances; what it should have said is made up: letters at
their rate, mostly clear, now and then not. Sound in, text out: features, encoder and search together; bars are ratios
to CTC's greedy decoding.
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from invented_speech import LETTERS_PER_SECOND, english_units, uneven_durations

from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.greedy import GreedyDecoder
from ds2cli.decoding.settings import DecodingConfig
from ds2cli.decoding.transducer import TransducerDecoder, TransducerGreedyDecoder, joint_of
from ds2cli.language.model import NgramModel, load_ngram_model
from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.recogniser import Recogniser
from ds2cli.settings import flag_layer, preset_layer, resolve, text_layer, to_toml
from ds2cli.text.units import Units

BARS = {"greedy": 1.5, "beam 8": 5.0}
SILENCE = 6.5  # logit of the blank, against 9 of a letter that is said


def network(encoder: str, units: Units, *more: str) -> Recogniser:
    """An encoder of ours, untrained, behind a head."""
    base = load_checkpoint(encoder).config if encoder == "english" else resolve(preset_layer(encoder))[0]
    config, _ = resolve(text_layer(to_toml(base), encoder), flag_layer(list(more)))
    torch.manual_seed(1)
    return Recogniser(config, units).eval()


@torch.no_grad()
def teach(recogniser: Recogniser) -> None:
    """A head that says a letter where the encoder does, once: what its LSTM remembers is the last label."""
    head, n_units = recogniser.network.head, len(recogniser.units)
    for weights in head.parameters():
        weights.mul_(0.05)
    size = head.predictor.size
    lstm, eye = head.predictor.recurrence, torch.eye(n_units, size)
    head.predictor.embedding.weight.copy_(eye)
    gates = lstm.bias_ih_l0.view(4, size)
    gates[0], gates[1], gates[3] = 10.0, -10.0, 10.0  # in, nothing kept, out
    lstm.weight_ih_l0.view(4, size, size)[2].copy_(3.0 * torch.eye(size))
    head.predictor_projection.weight[1:n_units, 1:n_units] -= 4.0 * torch.eye(n_units - 1)
    head.output.weight[:, :n_units] += 10.0 * torch.eye(n_units)
    head.output.bias[0] += SILENCE


def made_up_answers(
    n_frames: int, seconds: float, recogniser: Recogniser, doubt: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """(T, J) frames of a transducer, and (T, V) log-probs of CTC, that say the same.

    doubt  deviation of what is said of letters that are not there: with 0.15 they are rarely heard, with 0.35 always
    """
    rng, n_units = np.random.default_rng(seed), len(recogniser.units)
    count = min(round(LETTERS_PER_SECOND * seconds), n_frames // 2)
    at, said = np.sort(rng.choice(n_frames, count, False)), rng.integers(1, n_units, count)
    frames = rng.normal(0, doubt, (n_frames, recogniser.config.model.joint_size)).astype(np.float32)
    frames[:, 0] = 0
    frames[at, said] += 1.5
    logits = 10 * np.tanh(frames[:, :n_units])
    logits[:, 0] += SILENCE
    return frames, (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def seconds_of(work: Callable[[], Any], repeats: int) -> float:
    """CPU seconds of the fastest of some runs."""
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def decoders(transducer: Recogniser, units: Units, model: NgramModel | None) -> dict[str, tuple[str, Callable]]:
    """What is measured: by name, whose answers it reads, and the search."""
    joint, beam = joint_of(transducer), DecodingConfig(beam=8, alpha=0.3, beta=0.5)
    best = DecodingConfig(beam=8, search="best")
    greedy = TransducerGreedyDecoder(joint, units)
    one_by_one = {
        "ctc greedy": ("ctc", GreedyDecoder(units).decode),
        "ctc beam 100": ("ctc", BeamDecoder(units, DecodingConfig(), model).decode),
        "beam 8": ("transducer", TransducerDecoder(joint, units, DecodingConfig(beam=8)).decode),
        "beam 8, words": ("transducer", TransducerDecoder(joint, units, beam, model).decode),
        "beam 8, words, internal": (
            "transducer",
            TransducerDecoder(joint, units, DecodingConfig(beam=8, alpha=0.3, internal=0.2), model).decode,
        ),
        "beam 8, best first": ("transducer", TransducerDecoder(joint, units, best).decode),
    }
    each = {name: (whose, lambda all_, decode=decode: [decode(one) for one in all_])
            for name, (whose, decode) in one_by_one.items()}
    return {**each, "greedy": ("transducer", greedy.decode_many),
            "greedy, one by one": ("transducer", lambda all_: [greedy.decode(one) for one in all_])}


def measure_decoding(arguments: argparse.Namespace) -> None:
    """Every decoder behind the same encoder."""
    units = english_units()
    more = ("model.head=transducer", "loss.kind=transducer", "augment.consistency=0")
    ctc = network(arguments.encoder, units, "loss.kind=ctc")
    transducer = network(arguments.encoder, units, *more)
    teach(transducer)
    durations = uneven_durations(arguments.utterances)
    rate = ctc.config.features.sample_rate
    rng = np.random.default_rng(1)
    waves = [rng.normal(0, 0.1, round(rate * seconds)).astype(np.float32) for seconds in np.sort(durations)]
    heard = {"ctc": ctc.log_probs(waves), "transducer": transducer.log_probs(waves)}
    encoders = {"ctc": seconds_of(lambda: ctc.log_probs(waves), arguments.repeats),
                "transducer": seconds_of(lambda: transducer.log_probs(waves), arguments.repeats)}
    answers = [made_up_answers(len(one), len(one) * ctc.frame_seconds, transducer, arguments.doubt, seed)
               for seed, one in enumerate(heard["ctc"])]
    inputs = {"transducer": [frames for frames, _ in answers], "ctc": [log_probs for _, log_probs in answers]}
    model = load_ngram_model(arguments.lm) if arguments.lm else load_ngram_model(shipped_model())
    sound = float(durations.sum())
    base = 0.0
    for name, (whose, decode) in decoders(transducer, units, model).items():
        spent = seconds_of(lambda decode=decode, whose=whose: decode(inputs[whose]), arguments.repeats)
        total = spent + encoders[whose]
        base = total if name == "ctc greedy" else base
        letters = sum(len(found[0].text if isinstance(found, list) else found.text)
                      for found in decode(inputs[whose]))
        print(json.dumps({
            "decode": name, "encoder": arguments.encoder, "doubt": arguments.doubt,
            "cpu_seconds_per_hour": round(3600 * total / sound, 2), "search_alone": round(3600 * spent / sound, 2),
            "times_ctc_greedy": round(total / base, 3),
            "letters": letters, **({"bar": BARS[name]} if name in BARS else {}),
        }), flush=True)  # fmt: skip


def shipped_model() -> str:
    """The words' 3-gram that comes with `english`."""
    from ds2cli.runs.decoding import read_tuned

    return str(read_tuned("english").lm)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="english", help="english, which ds2 brings, or a preset")
    parser.add_argument("--utterances", type=int, default=16)
    parser.add_argument("--doubt", type=float, default=0.15, help="0.35: an encoder that hears letters all the time")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lm", default="", help="default: the one of english")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    measure_decoding(arguments)


if __name__ == "__main__":
    main()
