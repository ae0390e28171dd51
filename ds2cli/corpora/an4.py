"""CMU AN4 (the Census database): spelled letters, numbers, dates and names, 16 kHz, recorded about 1991.

http://www.speech.cs.cmu.edu/databases/an4/, an4_sphere.tar.gz (an4_raw's recordings have no header):

    etc/an4_train.transcription   <s> YES </s> (an251-fash-b)      the test part's lines lack <s> and </s>
    etc/an4_train.fileids         an4_clstk/fash/an251-fash-b
    wav/an4_clstk/fash/an251-fash-b.sph
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_audio, find_root, transcript_lines

TOTALS = {
    "train": Totals(utterances=948, speakers=74),
    "test": Totals(utterances=130, speakers=10),
    None: Totals(utterances=1078, speakers=84),
}
LINE = re.compile(r"(?:<s>)?(?P<text>.*?)(?:</s>)?\s*\((?P<id>\S+)\)\s*")


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """Transcripts are upper case and come out lower case; the speaker is the middle of the id."""
    root = find_root(folder, "etc/an4_*.transcription", "an4")
    found = [name for name in ("train", "test") if (root / f"etc/an4_{name}.transcription").exists()]
    for name in choose_parts(part, found, root):
        files = {Path(line).name: line.strip() for line in transcript_lines(root / f"etc/an4_{name}.fileids")}
        for line in transcript_lines(root / f"etc/an4_{name}.transcription"):
            match = LINE.fullmatch(line)
            if not match or match["id"] not in files:
                yield Rejected(line[:40], "transcript without a file id", f"`{line[:60]}` in an4_{name}.transcription")
                continue
            audio = find_audio(root / "wav" / files[match["id"]], ".sph")
            yield Entry(match["id"], audio, match["text"].strip().lower(), audio.parent.name, "en")
