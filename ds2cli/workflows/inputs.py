"""What a person may hand to `ds2 decode`: manifests, recordings, folders of them, or either down a pipe."""

import atexit
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ds2cli.errors import UsageError
from ds2cli.io import remote
from ds2cli.io.urls import url_of, without_query
from ds2cli.media import HEAD_BYTES, is_sound, is_sound_name, kind_of, recordings_in
from ds2cli.model.checkpoint import BEST, LAST
from ds2cli.records.formats import all_of_one_recording
from ds2cli.records.jsonl import Reject
from ds2cli.records.manifest import Utterance, read_manifest

STDIN = "-", "/dev/stdin"
PIPED_ID = "stdin"


def read_inputs(
    inputs: list[str], channel: int | None = None, reject: Reject | None = None
) -> Iterator[Utterance]:
    """The utterances of all inputs, in order, as they are read.

    channel  of every recording, from 0; None is what its record names, else all
    reject   is told of each line that is no utterance, and reading goes on
    raises   UsageError where an input does not exist or a folder holds no audio; ManifestError for a wrong line, where
             nobody is to be told instead
    """
    for name in inputs:
        for utterance in _read_input(name, reject):
            yield utterance if channel is None else on_channel(utterance, channel)


def read_asked(
    inputs: list[str], channel: int | None, skip: Callable[[str], None], one_recording: bool
) -> Iterable[Utterance]:
    """As `read_inputs`, for output that has room for one recording perhaps: then all are read before the work.

    skip    is told of lines that are no utterances
    raises  UsageError where there is one recording too many
    """
    utterances = read_inputs(inputs, channel, lambda problem: skip(str(problem)))
    if not one_recording:
        return utterances
    found = list(utterances)
    all_of_one_recording(one.record for one in found)
    return found


def _read_input(name: str, reject: Reject | None) -> Iterator[Utterance]:
    path = Path(name)
    if is_pipe(name):
        yield from _piped(name, reject)
    elif url_of(name):
        yield from _elsewhere(name, reject)
    elif path.is_dir():
        found = [file_utterance(one) for one in recordings_in(path)]
        if not found:
            raise UsageError(f"no audio in `{path}`", hint="see the formats with: ds2 doctor")
        yield from found
    elif is_sound(path):
        yield file_utterance(path)
    else:
        yield from read_manifest(path, required=("audio_filepath",), reject=reject)


def _elsewhere(url: str, reject: Reject | None) -> Iterator[Utterance]:
    """What a URL leads to, by its name: a recording, a folder of them where it ends in a slash, or records."""
    if url.endswith("/"):
        found = [one for one in remote.files_in(url) if is_sound_name(one)]
        if not found:
            raise UsageError(f"no audio in `{url}`", hint="see the formats with: ds2 doctor")
        yield from map(file_utterance, found)
    elif is_sound_name(without_query(url)):
        yield file_utterance(url)
    else:
        yield from read_manifest(url, required=("audio_filepath",), reject=reject)


def is_input(name: str) -> bool:
    """Whether it can only be something to decode, and no run: a pipe, records, audio, or a folder of audio."""
    path = Path(name)
    if path.is_dir():
        is_run = any((path / name).exists() for name in (BEST, LAST, "config.toml"))
        return not is_run and next(recordings_in(path), None) is not None
    if url_of(name):
        return name.endswith("/") or is_input_name(without_query(name))
    return is_pipe(name) or is_input_name(name) or is_sound(path)


def is_input_name(name: str) -> bool:
    """Whether a file of this name is no run."""
    return Path(name).suffix.lower() in {".jsonl", ".npz", ".npy"} or is_sound_name(name)


def is_pipe(name: str) -> bool:
    """Whether it can be read only once: stdin, or the pipe that a shell makes of `<(...)`."""
    if name in STDIN:
        return True
    try:
        return stat.S_ISFIFO(os.stat(name).st_mode)
    except OSError:
        return False


def _piped(name: str, reject: Reject | None) -> Iterator[Utterance]:
    """Records, or one recording, which lies on disk until this process ends."""
    stream = sys.stdin.buffer if name in STDIN else open(name, "rb")
    head = _head(stream)
    if kind_of(head) is None:
        if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UsageError(f"{_called(name)} holds neither records nor a recording in a format that is known here",
                             hint="raw samples need a header: sox -t raw -r 16000 -e signed -b 16 -c 1 - -t wav -")
        yield from read_manifest("-" if name in STDIN else _lines(stream, name), required=("audio_filepath",))
        return
    with tempfile.NamedTemporaryFile(prefix="ds2-", delete=False) as file:
        atexit.register(Path(file.name).unlink, missing_ok=True)
        shutil.copyfileobj(stream, file)
    yield Utterance(PIPED_ID, file.name, 0.0, record={"id": PIPED_ID, "audio_filepath": name})


def _called(name: str) -> str:
    return "stdin" if name in STDIN else f"`{name}`"


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    for number, line in enumerate(stream, 1):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            raise UsageError(f"{_called(name)}, line {number}: not UTF-8", hint="convert it with: iconv") from None


def _head(stream: BinaryIO) -> bytes:
    """The first bytes of a stream, which stay in it."""
    if hasattr(stream, "peek"):
        return stream.peek(HEAD_BYTES)[:HEAD_BYTES]
    head = stream.read(HEAD_BYTES)
    stream.seek(-len(head), os.SEEK_CUR)
    return head


def on_channel(utterance: Utterance, channel: int) -> Utterance:
    """The utterance on a channel that a person named, whatever its record says."""
    return replace(utterance, channel=channel, record={**utterance.record, "channel": channel})


def file_utterance(path: Path | str) -> Utterance:
    """A file, or a URL, as an utterance; one that cannot be read is found out, and skipped, when it is its turn."""
    name, place = Path(path).stem, str(path)
    return Utterance(id=name, audio=place, duration=0.0, record={"id": name, "audio_filepath": place})
