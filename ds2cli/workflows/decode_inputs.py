"""What a person may hand to `ds2 decode`: manifests, recordings, folders of them, or records down a pipe."""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.audio.files import AUDIO_SUFFIXES
from ds2cli.corpora.manifest import Utterance, read_manifest
from ds2cli.errors import UsageError
from ds2cli.model.checkpoint import BEST, LAST


def read_inputs(inputs: list[str]) -> Iterator[Utterance]:
    """The utterances of all inputs, in order, as they are read.

    raises  UsageError where an input does not exist or a folder holds no audio; ManifestError for a wrong line
    """
    for name in inputs:
        path = Path(name)
        if name == "-":
            yield from read_manifest(name, required=("audio_filepath",))
        elif path.is_dir():
            yield from map(_recording, _audio_in(path))
        elif path.suffix.lower() in AUDIO_SUFFIXES:
            yield _recording(path)
        else:
            yield from read_manifest(path, required=("audio_filepath",))


def is_input(name: str) -> bool:
    """Whether it can only be something to decode, and no run: stdin, records, audio, or a folder of audio."""
    path = Path(name)
    if path.is_dir():
        is_run = any((path / name).exists() for name in (BEST, LAST, "config.toml"))
        return not is_run and any(map(_is_audio, path.rglob("*")))
    return name == "-" or path.suffix.lower() in {*AUDIO_SUFFIXES, ".jsonl", ".npz"}


def _is_audio(path: Path) -> bool:
    return path.suffix.lower() in AUDIO_SUFFIXES and path.is_file()


def _audio_in(folder: Path) -> list[Path]:
    found = sorted(filter(_is_audio, folder.rglob("*")))
    if not found:
        raise UsageError(f"no audio in `{folder}`", hint="see the formats with: ds2 doctor")
    return found


def _recording(path: Path) -> Utterance:
    """A file as an utterance; one that cannot be read is found out, and skipped, when it is its turn."""
    return Utterance(id=path.stem, audio=str(path), duration=0.0, record={"id": path.stem, "audio_filepath": str(path)})
