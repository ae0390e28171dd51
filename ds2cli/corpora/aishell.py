"""AISHELL-1 (Bu et al. 2017; openslr.org/33): 400 people read Mandarin news, 16 kHz.

    data_aishell/transcript/aishell_transcript_v0.8.txt    BAC009S0002W0122 而 对 楼市 成交 抑制 作用 ...
    data_aishell/wav/train/S0002/BAC009S0002W0122.wav      (wav/S0002.tar.gz until it is unpacked)

325 recordings have no transcript.
"""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, is_audio
from ds2cli.errors import UsageError
from ds2cli.records.kaldi import read_map
from ds2cli.text.scripts import without_loose_spaces

TOTALS = {
    "train": Totals(120098, None, 340),
    "dev": Totals(14326, None, 40),
    "test": Totals(7176, None, 20),
    None: Totals(141600, 178.0, 400),
}
TRANSCRIPT = "transcript/aishell_transcript_v0.8.txt"


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """The transcript's spaces mark words of a segmenter, which nobody writes: those of Latin words alone are kept."""
    root = find_root(folder, TRANSCRIPT, "data_aishell")
    found = [name for name in ("train", "dev", "test") if (root / "wav" / name).is_dir()]
    if not found:
        hint = f"unpack its archives: cd {root / 'wav'} && for f in *.tar.gz; do tar xzf $f; done"
        raise UsageError(f"`{root / 'wav'}` has none of train, dev and test", hint=hint)
    texts = read_map(root / TRANSCRIPT)
    for name in choose_parts(part, found, root):
        for audio in sorted(path for path in (root / "wav" / name).glob("*/*") if is_audio(path)):
            if audio.stem not in texts:
                yield Rejected(audio.stem, "no transcript", f"`{audio}` is not in {TRANSCRIPT}")
                continue
            text = without_loose_spaces(" ".join(texts[audio.stem].split()))
            yield Entry(audio.stem, audio, text, audio.parent.name, "zh")
