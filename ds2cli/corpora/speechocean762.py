"""speechocean762 (Zhang et al. 2021; openslr.org/101): Mandarin speakers read English, half of them children, 16 kHz.

    speechocean762/train/{wav.scp,text,utt2spk}    Kaldi files; wav.scp counts from the corpus's folder
    speechocean762/WAVE/SPEAKER0001/000010011.WAV
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_audio, find_root
from ds2cli.corpora.kaldi import read_data_directory

TOTALS = {
    "train": Totals(2500, None, 125),
    "test": Totals(2500, None, 125),
    None: Totals(5000, None, 250),
}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """Prompts are upper case and come out lower case; what the learner really said is in resource/scores.json."""
    root = find_root(folder, "*/wav.scp", "speechocean762")
    for name in choose_parts(part, ("train", "test"), root):
        for entry in read_data_directory(root / name, root):
            if isinstance(entry, Entry):
                audio = find_audio(entry.audio.with_suffix(""), entry.audio.suffix)
                entry = replace(entry, audio=audio, text=(entry.text or "").lower(), lang="en")
            yield entry
