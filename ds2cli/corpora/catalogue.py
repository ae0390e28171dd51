"""Which corpora `ds2 prepare corpus` reads: one line here, one module of the same name beside it.

A module holds `read(folder, part)`, which yields an `Entry` per utterance (and a `Rejected` for what cannot become
one), and `TOTALS`, what its publishers say of each part. Nothing is imported before a corpus is named.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ds2cli.corpora.entries import Entry, Rejected, Totals

CORPORA = {
    "an4": "CMU AN4 (Census): etc/an4_train.transcription, wav/an4_clstk",
    "timit": "TIMIT: TRAIN/DR1/FCJF0/SI1027.PHN; texts are its 61 phones, parts train, dev and the core test",
    "librispeech": "LibriSpeech and Mini LibriSpeech: train-clean-100/103/1240/103-1240.trans.txt",
    "commonvoice": "Common Voice, one language: train.tsv, clips/",
    "ljspeech": "LJ Speech: metadata.csv, wavs/",
    "vctk": "VCTK 0.80 and 0.92: txt/p225, wav48_silence_trimmed/p225",
    "voxforge": "VoxForge: a folder per session with etc/PROMPTS and wav/",
    "aishell": "AISHELL-1: transcript/aishell_transcript_v0.8.txt, wav/train",
    "thchs30": "THCHS-30: data/*.wav.trn, train/",
    "tedlium": "TED-LIUM 1 to 3: train/stm, train/sph",
    "speechocean762": "speechocean762: train/wav.scp, WAVE/",
    "kaldi": "a Kaldi data directory: wav.scp, segments, text, utt2spk",
    "nemo": "NeMo manifests (and this program's own): JSON lines",
    "csv": "CSV of deepspeech.pytorch or Coqui STT",
    "folder": "recordings with a .txt beside each",
    "audiofolder": "Hugging Face audiofolder: metadata.csv or metadata.jsonl",
    "shards": "tar files (WebDataset): a.flac with a.json or a.txt beside it",
    "lhotse": "lhotse: cuts, or recordings and supervisions, *.jsonl or *.jsonl.gz",
}


def read_corpus(name: str, folder: Path, part: str | None) -> "Iterator[Entry | Rejected]":
    """The utterances of one of `CORPORA`, in the corpus's own order.

    raises  UsageError where the folder does not look like that corpus, or has no such part
    """
    yield from import_module(f"ds2cli.corpora.{name}").read(folder, part)


def known_totals(name: str, part: str | None) -> "Totals | None":
    """What the corpus's publishers say of this part (None: of everything together), if they say it."""
    return import_module(f"ds2cli.corpora.{name}").TOTALS.get(part)
