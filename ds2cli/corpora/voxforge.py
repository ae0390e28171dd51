"""VoxForge: sentences that volunteers sent in, one folder per session (voxforge.org; 16 kHz and above).

    1snoke-20120412-hge/etc/PROMPTS             1snoke-20120412-hge/mfc/a0405 IT SEEMED THE ORDAINED ORDER ...
    1snoke-20120412-hge/etc/prompts-original    a0405 It seemed the ordained order ...
    1snoke-20120412-hge/wav/a0405.wav           or flac/a0405.flac
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_audio, find_root, transcript_lines
from ds2cli.errors import UsageError

TOTALS: dict[str | None, Totals] = {}
PROMPTS = ("PROMPTS", "prompts-original")


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """PROMPTS is upper case and comes out lower case; anonymous speakers are told apart by session alone."""
    root = find_root(folder, "*/etc", "extracted")
    choose_parts(part, [], root)
    for session in sorted(path.parent for path in root.glob("*/etc")):
        prompts = next((session / "etc" / name for name in PROMPTS if (session / "etc" / name).exists()), None)
        if prompts is None:
            yield Rejected(session.name, "no prompts", "neither etc/PROMPTS nor etc/prompts-original")
            continue
        try:
            lines = list(transcript_lines(prompts))
        except UsageError as problem:
            yield Rejected(session.name, "prompts are not UTF-8", str(problem))
            continue
        name = re.match(r"(.+?)-\d{8}", session.name)
        speaker = name[1] if name and name[1].lower() != "anonymous" else session.name
        sounds = session / ("flac" if (session / "flac").is_dir() else "wav")
        for line in lines:
            where, *rest = line.strip().split(maxsplit=1)
            utterance = where.rsplit("/", 1)[-1]
            text = rest[0] if rest else ""
            audio = find_audio(sounds / utterance, f".{sounds.name}")
            yield Entry(f"{session.name}-{utterance}", audio, text.lower() if text.isupper() else text, speaker)
