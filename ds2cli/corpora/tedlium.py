"""TED-LIUM 1, 2 and 3 (Rousseau et al. 2012, 2014; Hernandez et al. 2018; openslr.org/7, 19, 51): talks, 16 kHz.

    TEDLIUM_release2/train/stm/AaronHuey_2010X.stm    a line per segment: talk channel speaker start end <label> text
    TEDLIUM_release2/train/sph/AaronHuey_2010X.sph    release 3: below legacy/

Training times of releases 1 and 2 are cut close; Kaldi's recipe widens them by 0.15 s and 0.1 s, this reader does not.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_audio, find_root, transcript_lines

TOTALS = {"dev": Totals(507), "test": Totals(1155)}
STM = re.compile(r"(?P<talk>\S+) (?P<channel>\S+) (?P<speaker>\S+) (?P<start>[\d.]+) (?P<end>[\d.]+) "
                 r"(?:<[^>]*,[^>]*>)?(?P<text>.*)")
UNTRANSCRIBED = "<unk>"
# Noises {SMACK}, silences <sil>, pronunciation variants (2), and the talk's name in brackets at the end (release 1).
MARKS = re.compile(r"<[^>]*>|\{[^}]*\}|\[[^\]]*\]|\([^ )]*\)")
# `it 's` is written apart; `'cause` is a word of its own.
CLITIC = re.compile(r" '((?:s|t|re|ve|ll|d|m)?)(?= |$)")


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """One record per segment, all of a talk sharing its recording; marks of noise are left out of the text.

    Words that the transcriber left out (<unk>) are counted in a field `untranscribed`.
    """
    # Ends of train, dev and test: release 3 has a data/stm as well, for speaker adaptation.
    root = find_root(folder, "*[nvt]/stm", "legacy", "*/legacy", "TEDLIUM_release*")
    for name in choose_parts(part, [name for name in ("train", "dev", "test") if (root / name).is_dir()], root):
        for transcript in sorted((root / name / "stm").glob("*.stm")):
            audio = find_audio(root / name / "sph" / transcript.stem, ".sph")
            for line in transcript_lines(transcript):
                if not line.startswith(";;") and "ignore_time_segment_in_scoring" not in line:
                    yield to_entry(" ".join(line.split()), audio)


def to_entry(line: str, audio: Path) -> Entry | Rejected:
    """One line of an .stm file."""
    match = STM.fullmatch(line)
    if not match:
        return Rejected(audio.stem, "not a line of STM", f"`{line[:60]}`")
    start, end = float(match["start"]), float(match["end"])
    text = CLITIC.sub(r"'\1", " ".join(MARKS.sub(" ", match["text"]).split()))
    left_out = match["text"].split().count(UNTRANSCRIBED)
    return Entry(
        id=f"{match['talk']}-{round(start * 100):07d}-{round(end * 100):07d}",
        audio=audio,
        text=text.lower(),
        speaker=match["speaker"],
        lang="en",
        offset=start,
        duration=end - start,
        # Talks have one channel, which most lists call 1; stereo ones are told apart by letters, or from 1.
        channel={"2": 1, "B": 1, "b": 1}.get(match["channel"]),
        extra={"untranscribed": left_out} if left_out else {},
    )
