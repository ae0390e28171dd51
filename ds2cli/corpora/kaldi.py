"""Kaldi data directories: text files that map utterances to recordings, times, words and speakers.

    data/train/wav.scp     <recording> <path>        a command that ends in | is not run
    data/train/segments    <utterance> <recording> <start> <end> [<channel>]  optional; an end of -1 is the recording's
    data/train/text        <utterance> <words>                         optional
    data/train/utt2spk     <utterance> <speaker>                       optional
"""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, locate, read_lines
from ds2cli.errors import ManifestError
from ds2cli.records.manifest import parse_channel

TOTALS: dict[str | None, Totals] = {}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """A data directory, or a folder of them whose names are the parts; texts as they are."""
    if (folder / "wav.scp").exists():
        choose_parts(part, [], folder)
        yield from read_data_directory(folder, folder)
        return
    find_root(folder, "*/wav.scp")
    for name in choose_parts(part, sorted(path.parent.name for path in folder.glob("*/wav.scp")), folder):
        yield from read_data_directory(folder / name, folder / name)


def read_data_directory(folder: Path, base: Path) -> Iterator[Entry | Rejected]:
    """The utterances of one directory; paths are relative to the working directory, as in Kaldi, or to base."""
    recordings = read_recordings(folder / "wav.scp")
    segments = read_map(folder / "segments") or {id: id for id in recordings}
    texts, speakers = read_map(folder / "text"), read_map(folder / "utt2spk")
    for id, segment in segments.items():
        recording, *times = segment.split()
        channel = times.pop() if len(times) == 3 else None
        if recording not in recordings:
            yield Rejected(id, "recording not in wav.scp", f"`{recording}`")
        elif len(times) not in (0, 2):
            yield Rejected(id, "not a line of segments", f"`{id} {segment}`")
        elif not _is_channel(channel):
            yield Rejected(id, "no such channel", f"`{channel}` in `{folder / 'segments'}`")
        elif texts and id not in texts:
            yield Rejected(id, "no transcript", f"not in `{folder / 'text'}`")
        else:
            start, end = (float(time) for time in times) if times else (0.0, -1.0)
            duration = None if end < 0 else end - start
            audio = locate(recordings[recording], base)
            yield Entry(id, audio, texts.get(id), speakers.get(id, ""), offset=start, duration=duration,
                        channel=parse_channel(channel))
    for id in (id for id in texts if id not in segments):
        yield Rejected(id, "no recording", f"in `{folder / 'text'}` alone")


def _is_channel(word: str | None) -> bool:
    try:
        parse_channel(word)
    except ValueError:
        return False
    return True


def read_recordings(path: Path) -> dict[str, str]:
    """wav.scp as recording -> path.

    raises  ManifestError naming the line where it holds a command or a place inside an archive
    """
    recordings = read_map(path)
    for number, (id, where) in enumerate(recordings.items(), 1):
        if where.endswith("|"):
            hint = "run it once, and write the file that it makes instead"
            raise ManifestError(f"`{path}`, line {number}: `{id}` is a command (`{where[:60]}`)", hint=hint)
        if where.rpartition(":")[0].endswith((".ark", ".gz")):
            hint = "write its recordings to files with: wav-copy"
            raise ManifestError(f"`{path}`, line {number}: `{id}` lies in an archive (`{where[:60]}`)", hint=hint)
    return recordings


def read_map(path: Path) -> dict[str, str]:
    """A Kaldi file as first word -> rest of the line; empty where there is no such file."""
    if not path.exists():
        return {}
    pairs = (line.strip().split(maxsplit=1) for line in read_lines(path))
    return {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs}
