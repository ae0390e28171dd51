"""lhotse's manifests: JSON lines, perhaps gzipped. Cuts, each a stretch of a recording with its supervisions; or, in
two files, recordings and supervisions (`recordings_train.jsonl.gz`, `supervisions_train.jsonl.gz`).

https://lhotse.readthedocs.io/en/latest/cuts.html, https://lhotse.readthedocs.io/en/latest/corpus.html

The format is read as it lies on disk, so lhotse itself is not needed. Only plain cuts of files fit a record: mixed or
padded cuts, augmented recordings and sources other than files are rejected by name.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, locate, with_rejections
from ds2cli.errors import ManifestError
from ds2cli.records.jsonl import Record, Reject, read_records, to_line
from ds2cli.records.manifest import parse_channel

TOTALS: dict[str | None, Totals] = {}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """A file, or a folder of them whose names are the parts (of supervisions: what they have besides that word); one
    record per supervision, texts as they are. In a folder that has both, the cuts are read."""
    if folder.is_file():
        choose_parts(part, [], folder)
        manifests = [folder]
    else:
        root = find_root(folder, "*cuts*.jsonl*") if _cuts_in(folder) else find_root(
            folder, "*supervisions*.jsonl*", "manifests", "data/manifests")
        parts = _cuts_in(root) or {_part_of(path): path for path in sorted(root.glob("*supervisions*.jsonl*"))}
        manifests = [parts[name] for name in choose_parts(part, parts, root)]
    for manifest in manifests:
        reader = _read_supervisions if "supervisions" in manifest.name else _read_cuts
        for found in with_rejections(partial(reader, manifest), manifest):
            if isinstance(found, Rejected):
                yield found
                continue
            number, cut = found
            try:
                yield from list(to_entries(cut, manifest.parent))
            except (KeyError, TypeError, ValueError, AttributeError) as problem:
                what = f"no field {problem}" if isinstance(problem, KeyError) else str(problem)
                yield Rejected(str(cut.get("id")), "not a cut", f"`{manifest}`, line {number}: {what}")


def _cuts_in(folder: Path) -> dict[str, Path]:
    return {path.name.split(".jsonl")[0]: path for path in sorted(folder.glob("*cuts*.jsonl*"))}


def _part_of(supervisions: Path) -> str:
    """`librispeech_supervisions_dev-clean.jsonl.gz` -> `librispeech_dev-clean`."""
    return "_".join(word for word in supervisions.name.split(".jsonl")[0].split("_") if word != "supervisions")


def _read_cuts(path: Path, reject: Reject) -> Iterator[tuple[int, Record]]:
    return read_records(path, reject=reject)


def _read_supervisions(path: Path, reject: Reject) -> Iterator[tuple[int, Record]]:
    """Each as the cut that it would be: all of its recording.

    raises  UsageError where the recordings' file is not beside it
    """
    beside = path.with_name(path.name.replace("supervisions", "recordings"))
    recordings = {recording.get("id"): recording for _, recording in read_records(beside, reject=reject)}
    for number, supervision in read_records(path, reject=reject):
        name = supervision.get("recording_id")
        if name not in recordings:
            reject(ManifestError(f"`{path}`, line {number}: no recording `{name}` in `{beside.name}`"))
            continue
        channel = supervision.get("channel")
        yield number, {"id": supervision.get("id"), "start": 0.0, "duration": recordings[name].get("duration"),
                       "channel": None if isinstance(channel, list) else channel, "recording": recordings[name],
                       "supervisions": [supervision]}


def text_or_none(text: Any) -> str | None:
    """raises  TypeError where it is something else than text"""
    if text is not None and not isinstance(text, str):
        raise TypeError(f"`text` is {to_line(text)[:40]}")
    return text


def to_entries(cut: dict[str, Any], folder: Path) -> Iterator[Entry | Rejected]:
    """The supervisions of one cut; their times count from the cut's start, the cut's from the recording's.

    raises  KeyError, TypeError, ValueError or AttributeError where a field is missing or of another type
    """
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
        channel = parse_channel(cut.get("channel")) if len(sources[0].get("channels", [0])) > 1 else None
        for supervision in supervisions:
            start, seconds = float(supervision.get("start") or 0.0), float(supervision["duration"])
            if start < -0.001 or start + seconds > float(cut["duration"]) + 0.001:
                yield Rejected(str(supervision["id"]), "supervision reaches beyond its cut", f"cut `{id}`")
                continue
            yield Entry(
                id=str(supervision["id"]) if len(supervisions) > 1 else id,
                audio=audio,
                text=text_or_none(supervision.get("text")),
                speaker=str(supervision.get("speaker") or ""),
                lang=str(supervision.get("language") or ""),
                offset=float(cut["start"]) + max(start, 0.0),
                duration=seconds,
                channel=channel,
            )
