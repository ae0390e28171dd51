"""Tar files in WebDataset's layout, this program's own and others': a recording, and what is said in it, beside it.

    000000.tar    an251-fash-b.opus, an251-fash-b.json, cen1-fash-b.opus, cen1-fash-b.json, ...

What stands before the first dot of a name is the key that holds its files together; they follow one another. The text
is in key.txt, or in key.json under one of the names that datasets use. Records point into the tar files: nothing is
unpacked.
"""

import itertools
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ds2cli.audio.tar_members import Member, members
from ds2cli.corpora.audiofolder import LANGUAGE, SPEAKER, TEXT, first_of
from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts
from ds2cli.errors import ManifestError, UsageError
from ds2cli.media import SOUND_SUFFIXES
from ds2cli.records.jsonl import Record, parse_record

TOTALS: dict[str | None, Totals] = {}
NAMED = {"id", "audio_filepath", "offset", "duration", *TEXT, *SPEAKER, *LANGUAGE}


@dataclass(frozen=True)
class Sample:
    """The files of one key.

    key   with the folder inside the tar file, `a/b`
    files  what follows the first dot, in lower case -> the file: `flac`, `json`
    """

    key: str
    files: dict[str, Member]

    @property
    def audio(self) -> Member | None:
        return next((one for name, one in self.files.items() if f".{name}" in SOUND_SUFFIXES), None)

    def metadata(self) -> Record:
        """What key.json holds; empty where there is none.

        raises  ManifestError where it is not a JSON object in UTF-8
        """
        return parse_record(self.files["json"].read(), f"`{self.key}.json`") if "json" in self.files else {}


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """Every tar file at any depth, in order of path, or the one that was named; a part is a folder inside."""
    if not folder.exists():
        raise UsageError(f"no such folder: `{folder}`", hint="name the folder that holds the tar files")
    inside = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    root = folder / choose_parts(part, inside, folder)[0] if part else folder
    tars = sorted(root.rglob("*.tar")) if root.is_dir() else [root]
    if not tars:
        raise UsageError(f"`{root}` holds no tar files", hint="compressed ones cannot be read in place: gunzip them")
    for tar in tars:
        try:
            yield from map(to_entry, samples(tar))
        except tarfile.TarError as problem:
            yield Rejected(str(tar), "not a plain tar file, or cut short", str(problem))


def samples(tar: Path) -> Iterator[Sample]:
    """What a tar file holds, key by key, in its order.

    raises  tarfile.TarError where it is no plain tar file, or cut short (after what is whole); OSError
    """
    for key, files in itertools.groupby(members(tar), key_of):
        yield Sample(key, {one.name[len(key) + 1 :].lower(): one for one in files})


def key_of(member: Member) -> str:
    """`a/b.c.flac` -> `a/b`: the name to the first dot, dots of folders aside."""
    folder, slash, name = member.name.rpartition("/")
    return folder + slash + name.partition(".")[0]


def to_entry(sample: Sample) -> Entry | Rejected:
    """A record's makings; fields of key.json that have no name here pass through."""
    if sample.audio is None:
        return Rejected(sample.key, "no audio", f"only {', '.join(sample.files)}")
    try:
        record = sample.metadata()
        text = sample.files["txt"].read().decode() if "txt" in sample.files else None
    except (ManifestError, UnicodeDecodeError) as problem:
        return Rejected(sample.key, "text or JSON that cannot be read", str(problem))
    text = " ".join(text.split()) if text is not None else next((record[name] for name in TEXT if name in record), None)
    if not isinstance(text, str):
        return Rejected(sample.key, "no transcript", f"neither a .txt nor one of: {', '.join(TEXT)}")
    duration = record.get("duration")
    return Entry(
        id=str(record.get("id") or sample.key.removeprefix("./").replace("/", "-")),
        audio=sample.audio.address,
        text=text,
        speaker=first_of(record, SPEAKER),
        lang=first_of(record, LANGUAGE),
        duration=float(duration) if isinstance(duration, (int, float)) else None,
        extra={name: value for name, value in record.items() if name not in NAMED},
    )
