"""LibriSpeech (Panayotov et al. 2015; openslr.org/12) and Mini LibriSpeech (openslr.org/31): read books, 16 kHz.

    LibriSpeech/train-clean-100/103/1240/103-1240.trans.txt    103-1240-0000 CHAPTER ONE MISSUS RACHEL LYNDE ...
    LibriSpeech/train-clean-100/103/1240/103-1240-0000.flac

MLS and LibriTTS have other layouts.
"""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Totals, choose_parts, find_audio, find_root, transcript_lines

TOTALS = {
    "dev-clean": Totals(2703, 5.4, 40),
    "dev-other": Totals(2864, 5.3, 33),
    "test-clean": Totals(2620, 5.4, 40),
    "test-other": Totals(2939, 5.1, 33),
    "train-clean-100": Totals(28539, 100.6, 251),
    "train-clean-360": Totals(104014, 363.6, 921),
    "train-other-500": Totals(148688, 496.7, 1166),
    "train-clean-5": Totals(1519, None, 28),
    "dev-clean-2": Totals(1089, None, None),
}
TRANSCRIPTS = "*/*/*.trans.txt"


def read(folder: Path, part: str | None) -> Iterator[Entry]:
    """Transcripts are upper case and come out lower case; a part is a folder (`train-clean-100`)."""
    root = find_root(folder, f"*/{TRANSCRIPTS}", "LibriSpeech")
    found = sorted(path.name for path in root.iterdir() if next(path.glob(TRANSCRIPTS), None))
    for name in choose_parts(part, found, root):
        for transcripts in sorted((root / name).glob(TRANSCRIPTS)):
            for line in transcript_lines(transcripts):
                id, _, text = line.strip().partition(" ")
                speaker = transcripts.parent.parent.name
                yield Entry(id, find_audio(transcripts.with_name(id), ".flac"), text.lower(), speaker, "en")
