"""Kaldi data directories: text files that map utterances to recordings, times, words and speakers.

    data/train/wav.scp     <recording> <path>        a command that ends in | is never run
    data/train/segments    <utterance> <recording> <start> <end> [<channel>]    optional; an end of -1 is all
    data/train/text        <utterance> <words>                         optional
    data/train/utt2spk     <utterance> <speaker>                       optional; an utterance's own id says nothing
    data/train/utt2lang    <utterance> <language>                      optional
"""

import math
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, locate
from ds2cli.records.kaldi import read_map
from ds2cli.records.manifest import can_name_a_file, parse_channel

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
    """The utterances of one directory; paths are relative to the working directory, as in Kaldi, or to base.

    raises  ManifestError where an id comes twice in a file: which of the lines is right, nobody knows
    """
    recordings, segments, texts, speakers, languages = (
        read_map(folder / name) for name in ("wav.scp", "segments", "text", "utt2spk", "utt2lang"))
    sources: dict[str, AudioReference | Rejected] = {}
    for id, segment in (segments or {id: id for id in recordings}).items():
        recording, *times = segment.split() or [""]
        if recording not in recordings:
            yield Rejected(id, "recording not in wav.scp", f"`{recording}`")
        elif texts and id not in texts:
            yield Rejected(id, "no transcript", f"not in `{folder / 'text'}`")
        else:
            if recording not in sources:
                sources[recording] = find_source(recordings[recording], f"`{recording}` in `{folder / 'wav.scp'}`")
            source = sources[recording]
            stretch = read_times(times) if segments else (0.0, None, None)
            if isinstance(source, Rejected):
                yield Rejected(id, source.reason, source.detail)
            elif isinstance(stretch, str):
                yield Rejected(id, "not a line of segments", f"`{id} {segment}` in `{folder / 'segments'}`: {stretch}")
            else:
                start, duration, channel = stretch
                channel = source.channel if source.channel is not None else channel
                speaker = speakers.get(id, "")
                yield Entry(id, locate(source.path, base), texts.get(id), "" if speaker == id else speaker,
                            languages.get(id, ""), start, duration, channel)
    for id in (id for id in texts if id not in (segments or recordings)):
        yield Rejected(id, "no recording", f"in `{folder / 'text'}` alone")


def read_times(times: list[str]) -> tuple[float, float | None, int | None] | str:
    """Start, duration and channel of a line of segments, behind its recording; or what is wrong with it.

    An end of -1 is the recording's, which is None. A fifth field is the channel, from 0 (Kaldi's extract-segments).
    """
    if len(times) not in (2, 3):
        return f"{len(times) + 2} fields, not 4 or 5"
    try:
        start, end = map(float, times[:2])
        channel = parse_channel(times[2]) if len(times) > 2 else None
    except ValueError:
        return "its times are seconds, and its channel a number"
    if not (math.isfinite(start) and math.isfinite(end)) or start < 0 or (end <= start and end != -1):
        return f"it ends ({end:g} s) before it begins ({start:g} s)" if end <= start else "no times in a recording"
    return start, None if end == -1 else end - start, channel


@dataclass(frozen=True)
class AudioReference:
    """What wav.scp names: a file, and perhaps one of its channels, from 0."""

    path: str
    channel: int | None = None


def find_source(where: str, name: str) -> AudioReference | Rejected:
    """The file behind what wav.scp has for a recording: it itself, or what a plain decoder's pipe would read.

    No command is ever run. What `flac -c -d -s a.flac |` or `sph2pipe -f wav -p -c 1 a.sph |` would write is in the
    file that they name; every other command is rejected.
    """
    if where.endswith("|"):
        return decoded_file(where.rstrip("| ")) or Rejected(
            name, "a command in wav.scp", f"`{where[:60]}`: run it once, and write the file that it makes instead")
    if where.rpartition(":")[0].endswith((".ark", ".gz")):
        return Rejected(name, "a place inside an archive in wav.scp",
                        f"`{where[:60]}`: write its recordings to files with wav-copy")
    if where and can_name_a_file(where):
        return AudioReference(where)
    return Rejected(name, "no audio file", "wav.scp names none")


def decoded_file(command: str) -> AudioReference | None:
    """The file whose sound a command writes out as it is; None where it may be another sound. No command is run."""
    try:
        program, *words = shlex.split(command)
    except ValueError:
        return None
    if Path(program).name not in DECODERS:
        return None
    files, options, rest = [], {}, iter(words)
    harmless, with_value = DECODERS[Path(program).name]
    for word in rest:
        if word in with_value:
            options[word] = next(rest, "")
        elif not word.startswith("-"):
            files.append(word)
        elif not harmless.fullmatch(word):
            return None
    files += [options["-i"]] if "-i" in options else []
    if len(files) != 1 or SHELL & set(command):
        return None
    if "-c" in options and options["-c"] not in ("1", "2"):
        return None
    return AudioReference(files[0], int(options["-c"]) - 1 if "-c" in options else None)


# What programs may be told without changing what is heard: options alone, and options with a value. Rate, width and
# coding do not matter here; a number of channels, a stretch of time, a gain or an effect do. sph2pipe counts from 1.
DECODERS: dict[str, tuple[re.Pattern[str], tuple[str, ...]]] = {
    "flac": (re.compile(r"-[cdsf]+|--decode|--stdout|--silent|--totally-silent|--force"), ()),
    "sph2pipe": (re.compile(r"-[pua]"), ("-f", "-c")),
    "sox": (re.compile(r"-|-G|-q|-V\d"), ("-t", "-r", "-b", "-e")),
    "ffmpeg": (re.compile(r"-|-nostdin|-y|-hide_banner|-vn"),
               ("-i", "-f", "-ar", "-acodec", "-c:a", "-loglevel", "-v")),
    "cat": (re.compile(r"-u"), ()),
}
SHELL = set("|;&<>`$*?")
