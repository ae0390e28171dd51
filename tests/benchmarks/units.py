"""What many units cost beside few, and what a lexicon of phones costs beside letters: JSON lines, a figure each.

    python tests/benchmarks/units.py [--units 6000] [--utterances 20] [--beams 100 300] [--parts softmax beam file real]

softmax  the output layer and log-softmax of 1,000 frames (40 s) of a network of 512 cells, heard, and learned from
         (CTC's loss, forwards and back), with 29 units and with 6,000: CPU ms, one thread
beam     made-up log-probs and a 2-gram of units, beam 100: 29 units; 6,000 without and with the paper's cutoffs
         (0.99, 40); 6,000 with Latin letters and a space, where characters are words
file     bytes and CPU ms per frame of saved log-probs, whole and pruned; how many texts then decode otherwise
real     the recognisers that come with ds2 on LibriSpeech dev (needs DS2_DATA): letters, and 39 phones with a
         lexicon of CMUdict's words and the model's; CPU ms and WER by beam, and at last the time at which phones
         reach the letters' best WER, beside the letters'
"""

import argparse
import gzip
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from decode_kinds import invented_lines, run_ds2
from posteriors import EASY, HARD, simulate

from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.log_probs import LogProbFile, LogProbWriter
from ds2cli.decoding.settings import CUTOFF_PROB, CUTOFF_TOP, DecodingConfig
from ds2cli.decoding.tokens import tokens_of
from ds2cli.language.model import load_ngram_model
from ds2cli.model.checkpoint import checkpoint_path
from ds2cli.runs.decoding import read_tuned
from ds2cli.scoring.rates import score_texts
from ds2cli.text.lexicon import read_lexicon
from ds2cli.text.units import BLANK_NAME, Units

FEW, CELLS, FRAMES = 29, 512, 1000
CUTOFFS = {"cutoff_prob": CUTOFF_PROB, "cutoff_top": CUTOFF_TOP}


def show(name: str, ours: float, unit: str, **more: object) -> None:
    print(json.dumps({"bench": f"units/{name}", "ours": round(ours, 3), "unit": unit, **more}), flush=True)


def cpu_ms(work: Callable[[], object], repeats: int = 3) -> float:
    """The least of some repeats, after one that warms up."""
    work()
    spent = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return 1000 * min(spent)


def softmax(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    heard = torch.randn(FRAMES, 1, CELLS)
    for n_units in (FEW, options.units):
        layer = torch.nn.Linear(CELLS, n_units)
        targets, lengths = torch.randint(1, n_units, (1, 150)), (torch.tensor([FRAMES]), torch.tensor([150]))

        def listen(layer: torch.nn.Linear = layer) -> None:
            with torch.inference_mode():
                layer(heard).log_softmax(-1)

        def learn(layer: torch.nn.Linear = layer, targets: torch.Tensor = targets,
                  lengths: tuple[torch.Tensor, torch.Tensor] = lengths) -> None:
            torch.nn.functional.ctc_loss(layer(heard).log_softmax(-1), targets, *lengths).backward()

        for name, work in (("heard", listen), ("learned", learn)):
            show(f"softmax/{name}/{n_units:,} units", cpu_ms(work) * 100 / FRAMES, "CPU ms per 100 frames")


def made_up(n_units: int, options: argparse.Namespace) -> tuple[Path, list[str], list[str]]:
    """A 2-gram, texts that it was not built from, and the units' names."""
    names = [chr(0x4E00 + i) for i in range(n_units - 1)]
    arpa = options.folder / f"invented-{n_units}.arpa"
    lines = list(invented_lines(np.random.default_rng(3), names, 3000))
    if not arpa.exists():
        text = options.folder / f"invented-{n_units}.txt"
        text.write_text("\n".join(lines[options.utterances :]), encoding="utf-8")
        run_ds2("lm", "build", text, "--order", 2, "-o", arpa)
    return arpa, [line.replace(" ", "") for line in lines[: options.utterances]], names


def beam(options: argparse.Namespace) -> None:
    letters = [" ", *"abcdefghijklmnopqrstuvwxyz"]
    for n_units, latin, cutoffs in ((FEW, [], {}), (options.units, [], {}), (options.units, [], CUTOFFS),
                                    (options.units, letters, CUTOFFS)):
        arpa, texts, names = made_up(n_units, options)
        units = Units((BLANK_NAME, *latin, *names))
        alike = tuple("".join(names[i : i + 12]) for i in range(0, len(names), 12))
        heard = [simulate(text, HARD, i, units, alike) for i, text in enumerate(texts)]
        decoder = BeamDecoder(units, DecodingConfig(alpha=0.6, beta=1.0, beam=100, **cutoffs), load_ngram_model(arpa))
        said = [decoder.decode(one)[0].text for one in heard]
        spent = cpu_ms(lambda decoder=decoder, heard=heard: [decoder.decode(one) for one in heard], 1) / len(heard)
        name = f"beam/{n_units:,} units{' and letters' if latin else ''}{', cutoffs' if cutoffs else ''}"
        rate = score_texts(texts, said).words.rate
        show(name, spent, "CPU ms per utterance", frames=round(np.mean([len(one) for one in heard])),
             cer=round(rate, 2), n=len(texts))


def file(options: argparse.Namespace) -> None:
    arpa, texts, names = made_up(options.units, options)
    units = Units((BLANK_NAME, *names))
    alike = tuple("".join(names[i : i + 12]) for i in range(0, len(names), 12))
    heard = [simulate(text, EASY, i, units, alike) for i, text in enumerate(texts)]
    saved, frames = options.folder / "pruned.npz", sum(map(len, heard))

    def write() -> None:
        with LogProbWriter(saved, units, 0.04) as out:
            for number, one in enumerate(heard):
                out.add({"id": str(number)}, one)

    write_ms, read_ms = cpu_ms(write, 1), cpu_ms(lambda: list(LogProbFile(saved)), 1)
    decoder = BeamDecoder(units, DecodingConfig(alpha=0.6, beta=1.0, beam=100, **CUTOFFS), load_ngram_model(arpa))
    again = [one for _, one in LogProbFile(saved)]
    said = [[decoder.decode(one)[0].text for one in some] for some in (heard, again)]
    others = sum(a != b for a, b in zip(*said, strict=True))
    before, after = (round(score_texts(texts, some).words.rate, 2) for some in said)
    show(f"file/{options.units:,} units/pruned", saved.stat().st_size / frames, "bytes per frame",
         whole=4 * options.units, texts_otherwise=others, cer=after, cer_whole=before, n=len(texts))
    show(f"file/{options.units:,} units/written", write_ms * 100 / frames, "CPU ms per 100 frames")
    show(f"file/{options.units:,} units/read", read_ms * 100 / frames, "CPU ms per 100 frames")


def real(options: argparse.Namespace, data: Path) -> None:
    """Letters, then phones with as many words as CMUdict and the model have together."""
    records, found = options.folder / "real.jsonl", {}
    source = data / "librispeech-train-clean-5" / "dev.jsonl"
    lines = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    some = lines[:: max(1, len(lines) // options.utterances)]
    for line in some:
        line["audio_filepath"] = str(source.parent / line["audio_filepath"])
    records.write_text("".join(json.dumps(line) + "\n" for line in some), encoding="utf-8")
    for run in ("english", "english-phones"):
        saved = options.folder / f"{run}-{options.utterances}.npz"
        if not saved.exists():
            run_ds2("decode", run, records, "--greedy", "--log-probs", saved, "-o", options.folder / "greedy.jsonl")
        log_probs, tuned = LogProbFile(saved), read_tuned(run)
        lexicon = None
        if run == "english-phones":
            words = options.folder / "lexicon.txt"
            own = checkpoint_path(run).with_name("lexicon.txt.gz")
            words.write_text((data / "cmudict" / "cmudict.dict").read_text(encoding="utf-8")
                             + gzip.decompress(own.read_bytes()).decode(), encoding="utf-8")
            lexicon = read_lexicon(words, log_probs.units)
        model = load_ngram_model(tuned.lm)
        tokens = tokens_of(log_probs.units, model, [], lexicon)
        heard = [(record["text"], one) for record, one in log_probs]
        found[run] = []
        for width in options.beams:
            config = replace(DecodingConfig(), **{**tuned.weights, "beam": width})
            decoder = BeamDecoder(log_probs.units, config, model, tokens)
            said = [decoder.decode(one)[0].text for _, one in heard]
            run_all = lambda: [decoder.decode(one) for _, one in heard]  # noqa: B023, E731
            spent = cpu_ms(run_all, 1) / len(heard)
            wer = score_texts([text for text, _ in heard], said).wer
            found[run].append((spent, wer, width))
            show(f"real/{run}", spent, "CPU ms per utterance", wer=round(wer, 2), beam=width, n=len(heard),
                 words=len(lexicon.words if lexicon else model.words))
    letters = min(found["english"], key=lambda one: (one[1], one[0]))
    equal = [one for one in found["english-phones"] if one[1] <= letters[1]]
    if equal:
        spent, wer, width = min(equal)
        show("real/phones at the letters' best WER", spent, "CPU ms per utterance", peer=round(letters[0], 3),
             ratio=round(letters[0] / spent, 2), wer=round(wer, 2), peer_wer=round(letters[1], 2), beam=width)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=6000)
    parser.add_argument("--utterances", type=int, default=20)
    parser.add_argument("--beams", type=int, nargs="+", default=[50, 100, 200, 300, 500])
    parser.add_argument("--folder", type=Path, default=Path("build/benchmarks"), help="for models and log-probs")
    parser.add_argument("--parts", nargs="+", default=["softmax", "beam", "file", "real"])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for part in (softmax, beam, file):
        if part.__name__ in options.parts:
            part(options)
    if "real" in options.parts and os.environ.get("DS2_DATA"):
        real(options, Path(os.environ["DS2_DATA"]))


if __name__ == "__main__":
    main()
