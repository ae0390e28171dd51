"""A folder of recordings, each with its transcript beside it: `a/hello.flac` and `a/hello.txt`."""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, id_from_path, transcript_lines
from ds2cli.errors import UsageError
from ds2cli.media import recordings_in

TOTALS: dict[str | None, Totals] = {}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """Every recording at any depth, in order of path; a part is a folder inside. Texts as they are.

    The folder that holds a recording, below the one that was named, counts as its speaker.
    """
    if not folder.is_dir():
        raise UsageError(f"no such folder: `{folder}`", hint="name the folder that holds the recordings")
    inside = sorted(path.name for path in folder.iterdir() if path.is_dir())
    root = folder / choose_parts(part, inside, folder)[0] if part else folder
    recordings = list(recordings_in(root))
    if not recordings:
        raise UsageError(f"`{root}` holds no audio", hint="see the formats with: ds2 doctor")
    for audio in recordings:
        transcript = audio.with_suffix(".txt")
        name = id_from_path(audio, folder)
        if not transcript.exists():
            yield Rejected(name, "no transcript", f"no `{transcript}`")
            continue
        speaker = audio.parent.name if audio.parent != root else ""
        yield Entry(name, audio, " ".join(" ".join(transcript_lines(transcript)).split()), speaker)
