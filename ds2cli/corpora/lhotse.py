"""lhotse cuts: JSON lines, perhaps gzipped, each a stretch of a recording with its supervisions.

https://lhotse.readthedocs.io/en/latest/cuts.html

The format is read as it lies on disk, so lhotse itself is not needed. Only plain cuts of files fit a record: mixed or
padded cuts, augmented recordings and sources other than files are rejected by name.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, locate
from ds2cli.records.jsonl import read_records

TOTALS: dict[str | None, Totals] = {}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """A file of cuts, or a folder of them whose names are the parts; one record per supervision, texts as they are."""
    if folder.is_file():
        choose_parts(part, [], folder)
        manifests = [folder]
    else:
        find_root(folder, "*cuts*.jsonl*")
        found = {path.name.split(".jsonl")[0]: path for path in sorted(folder.glob("*cuts*.jsonl*"))}
        manifests = [found[name] for name in choose_parts(part, found, folder)]
    for manifest in manifests:
        for _, cut in read_records(manifest):
            yield from to_entries(cut, manifest.parent)


def to_entries(cut: dict[str, Any], folder: Path) -> Iterator[Entry | Rejected]:
    """The supervisions of one cut; their times count from the cut's start, the cut's from the recording's."""
    id, recording = str(cut.get("id")), cut.get("recording") or {}
    sources = recording.get("sources") or [{}]
    if cut.get("type", "MonoCut") != "MonoCut":
        yield Rejected(id, f"{cut['type']}, not a plain cut", "write it to a file first: cut.save_audio")
    elif len(sources) != 1 or sources[0].get("type") != "file":
        yield Rejected(id, "not one file", str(sources)[:80])
    elif recording.get("transforms"):
        yield Rejected(id, "augmented recording", "write it to a file first: cut.save_audio")
    else:
        audio, supervisions = locate(sources[0]["source"], folder), cut.get("supervisions") or []
        channel = cut.get("channel") if len(sources[0].get("channels", [0])) > 1 else None
        for supervision in supervisions:
            start, seconds = supervision.get("start", 0.0), supervision["duration"]
            if start < -0.001 or start + seconds > cut["duration"] + 0.001:
                yield Rejected(str(supervision["id"]), "supervision reaches beyond its cut", f"cut `{id}`")
                continue
            yield Entry(
                id=str(supervision["id"]) if len(supervisions) > 1 else id,
                audio=audio,
                text=supervision.get("text"),
                speaker=str(supervision.get("speaker") or ""),
                lang=str(supervision.get("language") or ""),
                offset=cut["start"] + max(start, 0.0),
                duration=seconds,
                channel=channel,
            )
