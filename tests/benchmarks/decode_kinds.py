"""Our beam search on every kind of material: CPU time of one thread and error rate, as JSON lines.

    python tests/benchmarks/decode_kinds.py [--utterances 30] [--beams 100 500] [--kinds real letters phones characters]

real        the English model's own log-probs: of LibriSpeech dev where DS2_DATA names it, else of the AN4 recordings
            that the repository carries, with the 3-gram that comes with the model
letters     simulated (posteriors.py), and phones: the same sentences, spoken as CMUdict says them, with all of its
            126,000 words; one word 3-gram of novels for both. Need DS2_DATA
characters  6,000 units and a 2-gram of units, all made up: the paper's cutoffs (0.99, 40) beside none, and 29 units
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from posteriors import EASY, HARD, PHONES, PHONES_ALIKE, UNITS, sentences, simulate

from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.log_probs import LogProbFile
from ds2cli.decoding.settings import DecodingConfig
from ds2cli.decoding.tokens import tokens_of
from ds2cli.language.model import load_ngram_model
from ds2cli.runs.decoding import read_tuned
from ds2cli.scoring.rates import score_texts
from ds2cli.text.lexicon import read_lexicon
from ds2cli.text.units import BLANK_NAME, Units

REPOSITORY = Path(__file__).resolve().parents[2]
KINDS = {"easy": EASY, "hard": HARD}
WEIGHTS = {"easy": {"alpha": 0.6, "beta": 1.5}, "hard": {"alpha": 0.8, "beta": 2.5}}
# The best of a grid on other sentences. No space is to be heard between words of phones, so none need be rewarded.
PHONE_WEIGHTS = {"easy": {"alpha": 0.8, "beta": 0.0}, "hard": {"alpha": 0.8, "beta": 0.0}}


def run_ds2(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "ds2cli", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def measure(name: str, decoder: BeamDecoder, log_probs: list[np.ndarray], references: list[str],
            unit_rate: bool = False) -> None:
    decoder.decode(log_probs[0])
    started = time.process_time()
    texts = [decoder.decode(one)[0].text for one in log_probs]
    milliseconds = (time.process_time() - started) / len(log_probs) * 1000
    rates = score_texts(references, texts)
    line = {"bench": f"decode/{name}", "ours": round(milliseconds, 2), "unit": "CPU ms per utterance",
            "frames": round(np.mean([len(one) for one in log_probs])), "n": len(references),
            "error_rate": round((rates.characters if unit_rate else rates.words).rate, 2), "beam": decoder.config.beam}
    print(json.dumps(line), flush=True)


def real(options: argparse.Namespace, data: Path | None) -> None:
    saved = options.folder / f"english-{'dev' if data else 'an4'}-{options.utterances}.npz"
    if not saved.exists():
        records = options.folder / "records.jsonl"
        if data:
            source = data / "librispeech-train-clean-5" / "dev.jsonl"
            lines = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
            for line in lines:
                line["audio_filepath"] = str(source.parent / line["audio_filepath"])
            some = lines[:: max(1, len(lines) // options.utterances)]
            records.write_text("".join(json.dumps(line) + "\n" for line in some))
        else:
            run_ds2("prepare", "corpus", "an4", REPOSITORY / "recipes/an4/data", "--part", "test", "-o", records)
            records.write_text("".join(records.read_text().splitlines(keepends=True)[: options.utterances]))
        run_ds2("decode", "english", records, "--greedy", "--log-probs", saved, "-o", options.folder / "greedy.jsonl")
    file = LogProbFile(saved)
    heard = list(file)
    tuned = read_tuned("english")
    model = load_ngram_model(tuned.lm)
    tokens = tokens_of(file.units, model, [])
    for beam in options.beams:
        config = replace(DecodingConfig(beam=beam), **tuned.weights)
        measure(f"real/{'dev' if data else 'an4'}", BeamDecoder(file.units, config, model, tokens),
                [log_probs for _, log_probs in heard], [record["text"] for record, _ in heard])


def simulated(options: argparse.Namespace, data: Path, kinds: list[str]) -> None:
    arpa = options.folder / "novels.3gram.arpa"
    if not arpa.exists():
        from decode import build_model

        build_model(data, options.folder)
    model = load_ngram_model(arpa)
    lexicon = read_lexicon(data / "cmudict" / "cmudict.dict", PHONES)
    many = sentences(data, 20 * options.utterances, 1000)
    texts = [text for text in many if all(word in lexicon for word in text.split())][: options.utterances]
    spoken = [PHONES.text(unit for word in text.split() for unit in lexicon.spellings(word)[0]) for text in texts]
    letters = tokens_of(UNITS, model, []) if "letters" in kinds else None
    phones = tokens_of(PHONES, model, [], lexicon) if "phones" in kinds else None
    for kind, beam in ((kind, beam) for kind in KINDS for beam in options.beams):
        if letters:
            heard = [simulate(text, KINDS[kind], i) for i, text in enumerate(texts)]
            config = DecodingConfig(beam=beam, **WEIGHTS[kind])
            measure(f"letters/{kind}", BeamDecoder(UNITS, config, model, letters), heard, texts)
        if phones:
            heard = [simulate(text, KINDS[kind], i, PHONES, PHONES_ALIKE) for i, text in enumerate(spoken)]
            config = DecodingConfig(beam=beam, **PHONE_WEIGHTS[kind])
            measure(f"phones/{kind}", BeamDecoder(PHONES, config, model, phones), heard, texts)


def invented_lines(generator: np.random.Generator, names: list[str], count: int) -> Iterator[str]:
    """Sentences of 30 units, each with a score of usual successors, as in no language."""
    likely = 1 / np.arange(1, len(names) + 1)
    likely /= likely.sum()
    successors = generator.choice(len(names), size=(len(names), 20), p=likely)
    for _ in range(count):
        unit = int(generator.choice(len(names), p=likely))
        line = [unit]
        for _ in range(29):
            usual = generator.random() < 0.8
            unit = int(successors[unit, generator.integers(20)] if usual else generator.choice(len(names), p=likely))
            line.append(unit)
        yield " ".join(names[unit] for unit in line)


def characters(options: argparse.Namespace) -> None:
    for n_units in (29, 6000):
        names = [chr(0x4E00 + i) for i in range(n_units - 1)]
        units = Units((BLANK_NAME, *names))
        arpa, generator = options.folder / f"invented-{n_units}.arpa", np.random.default_rng(3)
        lines = list(invented_lines(generator, names, 3000))
        if not arpa.exists():
            text = options.folder / f"invented-{n_units}.txt"
            text.write_text("\n".join(lines[options.utterances :]), encoding="utf-8")
            run_ds2("lm", "build", text, "--order", 2, "-o", arpa)
        model = load_ngram_model(arpa)
        texts = [line.replace(" ", "") for line in lines[: options.utterances]]
        alike = tuple("".join(names[i : i + 12]) for i in range(0, len(names), 12))
        heard = [simulate(text, HARD, i, units, alike) for i, text in enumerate(texts)]
        tokens = tokens_of(units, model, [])
        for name, cutoffs in (("no cutoff", {}), ("cutoffs 0.99 and 40", {"cutoff_prob": 0.99, "cutoff_top": 40})):
            decoder = BeamDecoder(units, DecodingConfig(alpha=0.6, beta=1.0, beam=100, **cutoffs), model, tokens)
            measure(f"characters/{n_units:,} units/{name}", decoder, heard, texts, unit_rate=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=int, default=30)
    parser.add_argument("--beams", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--folder", type=Path, default=Path("build/benchmarks"), help="for models and log-probs")
    parser.add_argument("--kinds", nargs="+", default=["real", "letters", "phones", "characters"])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    data = Path(os.environ["DS2_DATA"]) if os.environ.get("DS2_DATA") else None
    if "real" in options.kinds:
        real(options, data)
    if "characters" in options.kinds:
        characters(options)
    if data and {"letters", "phones"} & set(options.kinds):
        simulated(options, data, options.kinds)


if __name__ == "__main__":
    main()
