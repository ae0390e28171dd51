"""THCHS-30 (Wang and Zhang 2015; openslr.org/18): 50 people read 1,000 Mandarin news sentences, 16 kHz.

    data_thchs30/data/A11_0.wav.trn     绿 是 阳春 烟 景 ...   then a line of pinyin, then one of phones
    data_thchs30/train/A11_0.wav        (train/A11_0.wav.trn holds only `../data/A11_0.wav.trn`)
"""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, is_audio, transcript_lines
from ds2cli.text.scripts import without_loose_spaces

TOTALS = {
    "train": Totals(10000, 25.0, 30),
    "dev": Totals(893, 2.23, 10),
    "test": Totals(2495, 6.25, 10),
    None: Totals(13388, None, None),
}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """The first line of a transcript, without the spaces between its Chinese words."""
    root = find_root(folder, "data/*.trn", "data_thchs30")
    found = [name for name in ("train", "dev", "test") if (root / name).is_dir()]
    for name in choose_parts(part, found, root):
        for audio in sorted(path for path in (root / name).iterdir() if is_audio(path)):
            transcript = root / "data" / f"{audio.stem}.wav.trn"
            if not transcript.exists():
                yield Rejected(audio.stem, "no transcript", f"no `{transcript}`")
                continue
            words = next(transcript_lines(transcript), "").split()
            text = without_loose_spaces(" ".join(words))
            yield Entry(audio.stem, audio, text, audio.stem.split("_")[0], "zh")
