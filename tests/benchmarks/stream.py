"""Words while they are spoken: the cost of a live model in small chunks, and how late its words are; one thread.

    DS2_DATA=... python tests/benchmarks/stream.py [--model RUN] [--utterances N] [--settle SECONDS ...] [--no-peers]

The model (default: `english-live`, where ds2 brings it) hears LibriSpeech's dev.jsonl laid end to end through
`ds2cli.load(...).stream()`, with a beam of 32 and a word 3-gram, in chunks of 100 ms and of 20 ms. Prints JSON lines:

    stream/speed    CPU seconds for each second of sound
    stream/shown    seconds from a word's end to when it stands in the partial text, unchanged from then on
    stream/stable   seconds from a word's end to when it is said to be stable
    stream/wer      word error rate of the stream

Time is a simulated clock: a chunk is there when its last sample is, and its answer when the CPU time of all work
before it has passed as well; so a busy machine changes nothing, and 27 minutes take one. A word's end is where
`english`, which hears both directions, aligns the reference; words that were heard wrongly have no time. `--random
LAYERS SIZE` is an untrained network, for its speed alone; without DS2_DATA, AN4 is heard, for the speed alone.
pocketsphinx, whose wheel brings a model and a 3-gram of its own, is measured in the same way where it is installed;
no package on the index brings an English model for vosk or a streaming one for sherpa-onnx.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse  # noqa: E402
import dataclasses  # noqa: E402
import importlib.util  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import NamedTuple  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402

import ds2cli  # noqa: E402
from ds2cli.audio.files import read_audio  # noqa: E402
from ds2cli.config import Config  # noqa: E402
from ds2cli.inference.stream import algorithmic_latency, needs_of_the_future  # noqa: E402
from ds2cli.inference.windowed import windowed_latency  # noqa: E402
from ds2cli.model.checkpoint import SHIPPED, Checkpoint, is_shipped, load_checkpoint, save_checkpoint  # noqa: E402
from ds2cli.model.recogniser import Recogniser  # noqa: E402
from ds2cli.runs.decoding import read_tuned  # noqa: E402
from ds2cli.scoring.edits.alignment import align_tokens  # noqa: E402
from ds2cli.scoring.edits.distance import CORRECT  # noqa: E402
from ds2cli.scoring.rates import score_texts  # noqa: E402
from ds2cli.workflows.align import AlignRequest, align_records  # noqa: E402

RATE, PEER = 16000, "pocketsphinx"
LIVE, LETTERS = "english-live", "english"
NGRAM = SHIPPED / LETTERS / "novels-3gram.arpa.gz"
BARS = {0.1: 0.05, 0.02: 0.1}  # seconds of a chunk: real-time factor
LATE = {"median": (50, 0.15), "98th": (98, 0.4)}  # percentile, seconds above the algorithmic latency
Words = list[str]


class Now(NamedTuple):
    """What a listener knows after a chunk: the utterance under way (or ended), and how many of its words are stable."""

    words: Words
    n_stable: int
    ended: bool


class Heard(NamedTuple):
    """Every word of a stream with the time at which it was shown for good, and at which it was stable."""

    words: Words
    shown: list[float]
    stable: list[float]
    cpu_seconds: float


def follow(sound: np.ndarray, chunk: float, accept: Callable[[np.ndarray | None], list[Now]]) -> Heard:
    """Hear a stream chunk by chunk (None is its end), on the simulated clock."""
    words, shown, stable = [], [], []
    before: list[tuple[str, float]] = []
    settled: list[float] = []
    size, ready, cpu = round(chunk * RATE), 0.0, 0.0
    for at in [*range(0, len(sound), size), None]:
        began = time.process_time()
        found = accept(None if at is None else sound[at : at + size])
        spent = time.process_time() - began
        cpu += spent
        ready = max(ready, len(sound) / RATE if at is None else min(at + size, len(sound)) / RATE) + spent
        for now in found:
            same = next((i for i, (a, b) in enumerate(zip(before, now.words, strict=False)) if a[0] != b),
                        min(len(before), len(now.words)))  # fmt: skip
            before = before[:same] + [(word, ready) for word in now.words[same:]]
            settled += [ready] * (now.n_stable - len(settled))
            if now.ended:
                words += now.words
                shown += [when for _, when in before]
                stable += settled
                before, settled = [], []
    return Heard(words, shown, stable, cpu)


def ours(recogniser: ds2cli.Transcriber, settle: float) -> Callable[[np.ndarray | None], list[Now]]:
    stream = recogniser.stream(RATE, settle=settle)

    def accept(samples: np.ndarray | None) -> list[Now]:
        ended = stream.finish() if samples is None else stream.accept(samples)
        found = [Now(said.text.split(), len(said.text.split()), True) for said in ended]
        if said := stream.partial:
            found.append(Now(said.text.split(), len(said.stable.split()), False))
        return found

    return accept


def pocketsphinx() -> Callable[[np.ndarray | None], list[Now]]:
    """Utterances end where its own endpointer says."""
    from pocketsphinx import Decoder, Endpointer

    decoder, endpointer = Decoder(samprate=RATE, loglevel="FATAL"), Endpointer(sample_rate=RATE)
    held = bytearray()

    def accept(samples: np.ndarray | None) -> list[Now]:
        held.extend(b"" if samples is None else (samples * 32767).astype("<i2").tobytes())
        found = []
        while len(held) >= endpointer.frame_bytes or (samples is None and held):
            frame = bytes(held[: endpointer.frame_bytes])
            del held[: endpointer.frame_bytes]
            spoke = endpointer.in_speech
            last = samples is None and not held
            speech = endpointer.end_stream(frame) if last else endpointer.process(frame)
            if speech is None:
                continue
            if not spoke:
                decoder.start_utt()
            decoder.process_raw(speech, False, False)
            ended = last or not endpointer.in_speech
            if ended:
                decoder.end_utt()
            if ended or len(held) < endpointer.frame_bytes:
                words = decoder.hyp().hypstr.split() if decoder.hyp() else []
                found.append(Now(words, len(words) if ended else 0, ended))
        return found

    return accept


def report(bench: str, found: float, peer: str, theirs: float | None, unit: str, n: int, digits: int = 3) -> None:
    """One figure as one JSON line; `ratio` is ours over the bar, or over the peer's."""
    line = {"bench": bench, "ours": round(found, digits), "peer": peer, "theirs": theirs and round(theirs, digits),
            "ratio": round(found / theirs, 3) if theirs else None, "unit": unit, "n": n}  # fmt: skip
    print(json.dumps(line), flush=True)


def report_speed(who: str, heard: Heard, sound: np.ndarray, chunk: float, bar: float) -> None:
    seconds = len(sound) / RATE
    report(f"stream/speed/{who}/{chunk * 1000:g} ms", heard.cpu_seconds / seconds, "bar", bar, "CPU s per s",
           round(seconds), 4)  # fmt: skip


def report_heard(who: str, heard: Heard, truth: list[tuple[str, float]], latency: float, chunk: float) -> None:
    """Latencies of the words that were heard rightly, and the error rate."""
    path = align_tokens([[word for word, _ in truth]], [heard.words])[0]
    at, ends = iter(range(len(heard.words))), iter(end for _, end in truth)
    late: dict[str, list[float]] = {"shown": [], "stable": []}
    for kind, said, understood in path:
        end = next(ends) if said is not None else 0.0
        place = next(at) if understood is not None else 0
        if kind == CORRECT:
            late["shown"].append(heard.shown[place] - end)
            late["stable"].append(heard.stable[place] - end)
    for name, seconds in late.items():
        for what, (percentile, above) in LATE.items():
            bar = latency + above if latency else None
            report(f"stream/{name}/{what}/{who}/{chunk * 1000:g} ms", float(np.percentile(seconds, percentile)),
                   "bar" if bar else "", bar, "s", len(seconds))  # fmt: skip
    rate = score_texts([" ".join(word for word, _ in truth)], [" ".join(heard.words)]).words.rate
    report(f"stream/wer/{who}/{chunk * 1000:g} ms", rate or 0.0, "", None, "%", len(truth), 2)


def material(data: Path, count: int | None) -> tuple[np.ndarray, list[tuple[str, float]]]:
    """dev.jsonl laid end to end, and its words with their ends in seconds."""
    manifest = data / "librispeech-train-clean-5" / "dev.jsonl"
    waves, words, begins = [], [], 0.0
    skipped: list[str] = []
    for n, record in enumerate(align_records(AlignRequest(LETTERS, [str(manifest)], "auto"), skipped.append)):
        if n == count:
            break
        waves.append(read_audio(record["audio_filepath"], RATE, record.get("offset", 0.0), record["duration"]))
        words += [(word["word"], begins + word["end"]) for word in record["words"]]
        begins += len(waves[-1]) / RATE
    if skipped:
        print(f"left out: {skipped}", file=sys.stderr)
    return np.concatenate(waves), words


def an4() -> np.ndarray:
    """AN4's first recordings, for want of anything better."""
    found = sorted((Path(__file__).resolve().parents[2] / "recipes" / "an4" / "data" / "wav").rglob("*.opus"))[:60]
    return np.concatenate([read_audio(path, RATE) for path in found])


def untrained(layers: int, size: int, folder: Path) -> Path:
    """A live network of this size that has learnt nothing, as a checkpoint."""
    torch.manual_seed(1)
    base = load_checkpoint(LETTERS)
    features = dataclasses.replace(base.config.features, normalise_power=False, statistics="running")
    model = dataclasses.replace(base.config.model, bidirectional=False, lookahead=20, rnn_layers=layers, rnn_size=size)
    config = Config(features=features, model=model)
    path = folder / "untrained.safetensors"
    save_checkpoint(path, Checkpoint(config, base.units, Recogniser(config, base.units).state_dict(), {}))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help=f"default: {LIVE}, where there is one")
    parser.add_argument("--random", type=int, nargs=2, metavar=("LAYERS", "SIZE"), default=[3, 256])
    parser.add_argument("--utterances", type=int, help="default: all")
    parser.add_argument("--settle", type=float, nargs="+", default=[0.4], help="seconds until a word is stable")
    parser.add_argument("--no-peers", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    data = os.environ.get("DS2_DATA")
    with tempfile.TemporaryDirectory() as folder:
        name = asked.model or (LIVE if is_shipped(LIVE) else None)
        is_trained = name is not None
        run = name or str(untrained(*asked.random, Path(folder)))
        if not is_trained:
            print(f"an untrained network of {asked.random} is measured, for its speed alone", file=sys.stderr)
        if not data:
            print("DS2_DATA is not set: AN4 is heard, for the speed alone", file=sys.stderr)
        sound, truth = material(Path(data), asked.utterances) if data else (an4(), [])
        lm = None if read_tuned(run).lm else NGRAM
        recogniser = ds2cli.load(run, lm=lm, decoding={"beam": 32}, device="cpu", jobs=1)
        config = load_checkpoint(run).config
        latency = (windowed_latency if needs_of_the_future(config) else algorithmic_latency)(config)
        report("stream/algorithmic latency", latency, "", None, "s", 1)
        for settle in asked.settle:
            who = f"{name or 'untrained'}/settle {settle:g}"
            for chunk, bar in BARS.items():
                follow(sound[: 5 * RATE], chunk, ours(recogniser, settle))
                heard = follow(sound, chunk, ours(recogniser, settle))
                report_speed(who, heard, sound, chunk, bar)
                if is_trained and truth:
                    report_heard(who, heard, truth, latency, chunk)
    if not asked.no_peers and importlib.util.find_spec(PEER):
        heard = follow(sound, 0.1, pocketsphinx())
        report_speed(PEER, heard, sound, 0.1, BARS[0.1])
        if truth:
            report_heard(PEER, heard, truth, 0.0, 0.1)


if __name__ == "__main__":
    main()
