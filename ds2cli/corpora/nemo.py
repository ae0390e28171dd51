"""NeMo manifests: JSON lines of audio_filepath, duration, text and perhaps offset; so are this program's own.

Reading one again makes its paths absolute and holds its durations against the recordings.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, with_rejections
from ds2cli.io.urls import url_of
from ds2cli.records.manifest import Utterance, read_manifest

TOTALS: dict[str | None, Totals] = {}
SUFFIXES = (".json", ".jsonl")
OURS = ("id", "audio_filepath", "offset", "duration", "text", "speaker", "lang", "channel")


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """A manifest (`-` is stdin), or a folder of them whose names are the parts; texts as they are, unknown fields stay.

    A duration that the manifest gives stays; utterances that overrun their recording are rejected later.
    """
    if folder.is_file() or str(folder) == "-" or url_of(folder):
        choose_parts(part, [], folder)
        manifests = [folder]
    else:
        find_root(folder, "*.json*")
        parts = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES}
        manifests = [parts[name] for name in choose_parts(part, parts, folder)]
    for manifest in manifests:
        for found in with_rejections(partial(read_manifest, manifest, ("audio_filepath",), None), manifest):
            yield to_entry(found) if isinstance(found, Utterance) else found


def to_entry(utterance: Utterance) -> Entry:
    record = utterance.record
    # NeMo has no ids; several utterances of one recording need different ones.
    start = f"-{round(utterance.offset * 1000):08d}" if utterance.offset and not record.get("id") else ""
    return Entry(
        id=utterance.id + start,
        audio=Path(utterance.audio),
        text=record.get("text"),
        speaker=utterance.speaker,
        lang=str(record.get("lang") or ""),
        offset=utterance.offset,
        duration=record.get("duration"),
        channel=utterance.channel,
        extra={key: value for key, value in record.items() if key not in OURS},
    )
