"""CSTR VCTK: 110 speakers of English accents read newspaper sentences, 48 kHz (datashare.ed.ac.uk/handle/10283/3443).

    VCTK-Corpus-0.92/txt/p225/p225_001.txt
    VCTK-Corpus-0.92/wav48_silence_trimmed/p225/p225_001_mic1.flac    release 0.92: two microphones
    VCTK-Corpus/wav48/p225/p225_001.wav                               release 0.80: one

Known gaps: p315 has no transcripts; p280 and some of p362 have no second microphone.
"""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, is_audio, transcript_lines

TOTALS: dict[str | None, Totals] = {}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """Case and punctuation stay; the parts of release 0.92 are its microphones, `mic1` unless asked otherwise."""
    root = find_root(folder, "txt", "VCTK-Corpus-0.92", "VCTK-Corpus")
    trimmed = root / "wav48_silence_trimmed"
    if trimmed.is_dir():
        (microphone,) = choose_parts(part or "mic1", ("mic1", "mic2"), root)
        sounds, ending = trimmed, f"_{microphone}"
    else:
        choose_parts(part, [], root)
        sounds, ending = root / "wav48", ""
    for audio in sorted(path for path in sounds.glob("*/*") if path.stem.endswith(ending) and is_audio(path)):
        id, speaker = audio.stem.removesuffix(ending), audio.parent.name
        transcript = root / "txt" / speaker / f"{id}.txt"
        if not transcript.exists():
            yield Rejected(id, "no transcript", f"no `{transcript}`")
            continue
        yield Entry(id, audio, " ".join(transcript_lines(transcript)).strip(), speaker, "en")
