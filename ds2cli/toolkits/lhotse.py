"""lhotse: a recording a line and a supervision a line, gzipped; `RecordingSet.from_file` and its like open them.

https://lhotse.readthedocs.io/en/latest/corpus.html
"""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from ds2cli.audio.files import AudioInfo, read_info
from ds2cli.errors import AudioError
from ds2cli.io.atomic import atomic_write, make_folder
from ds2cli.records.jsonl import Record, to_line
from ds2cli.records.manifest import parse_channel
from ds2cli.records.names import SafeNames
from ds2cli.records.timed import recording_key, recording_name
from ds2cli.toolkits.contents import Contents, Skip, heard_alone, unlike

TAKES = ("parts",)
HELD = ("id", "audio_filepath", "offset", "duration", "channel", "text", "lang", "speaker")


def write(contents: Contents, folder: Path, skip: Skip) -> Iterator[str]:
    make_folder(folder)
    for name, records in contents.parts.items():
        recordings, supervisions = manifests_of(unlike(heard_alone(records, skip)), skip)
        for kind, lines in (("recordings", recordings), ("supervisions", supervisions)):
            path = folder / f"{kind}_{name}.jsonl.gz"
            _write(path, lines)
            yield f"{path}: {len(lines):,} {kind}"


def manifests_of(records: Iterable[Record], skip: Skip) -> tuple[list[Record], list[Record]]:
    """Recordings, each once, and supervisions, as lhotse writes them."""
    names, recordings, supervisions = SafeNames(), {}, []
    for record in records:
        name = names.of(recording_name(record), recording_key(record))
        if name not in recordings:
            try:
                recordings[name] = _recording(name, record["audio_filepath"], read_info(record["audio_filepath"]))
            except AudioError as problem:
                skip(f"`{record['id']}`: {problem}")
                continue
        supervisions.append(_supervision(record, recordings[name]))
    return list(recordings.values()), supervisions


def _recording(name: str, path: str, info: AudioInfo) -> Record:
    channels = list(range(info.channels))
    return {"id": name, "sources": [{"type": "file", "channels": channels, "source": path}],
            "sampling_rate": info.sample_rate, "num_samples": info.frames, "duration": info.seconds,
            "channel_ids": channels}


def _supervision(record: Record, recording: Record) -> Record:
    start = float(record.get("offset") or 0.0)
    duration = record.get("duration")
    channels, channel = recording["channel_ids"], parse_channel(record.get("channel"))
    channel = channels[0] if len(channels) == 1 else channels if channel is None else channel
    found = {"id": record["id"], "recording_id": recording["id"], "start": start,
             "duration": float(duration) if duration else recording["duration"] - start, "channel": channel}
    named = {"text": "text", "language": "lang", "speaker": "speaker"}
    found |= {theirs: str(record[ours]) for theirs, ours in named.items() if record.get(ours) not in (None, "")}
    rest = {name: value for name, value in record.items() if name not in HELD}
    return {**found, "custom": rest} if rest else found


def _write(path: Path, lines: list[Record]) -> None:
    with atomic_write(path) as place, open(place, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        for line in lines:
            file.write(f"{to_line(line)}\n".encode())
