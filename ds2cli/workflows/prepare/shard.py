"""Many small recordings become a few large tar files, which disks and networks read faster."""

import io
import itertools
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ds2cli.audio.channels import to_mono
from ds2cli.audio.files import OPUS_RATES, encode_audio, read_info, read_samples, resample
from ds2cli.audio.tar_members import open_recording
from ds2cli.corpora.choices import Encoding
from ds2cli.corpora.entries import Rejected
from ds2cli.corpora.shards import samples
from ds2cli.errors import AudioError, UsageError
from ds2cli.io.atomic import atomic_write
from ds2cli.io.parallel import by_threads
from ds2cli.io.urls import must_be_here
from ds2cli.jobs.plan import Plan
from ds2cli.jobs.work import Work
from ds2cli.media import AUDIO_SUFFIXES
from ds2cli.records.jsonl import Record, to_line
from ds2cli.records.manifest import Utterance

# A record that ends so near its recording's end means all of it: durations are rounded.
WHOLE_WITHIN_SECONDS = 0.05
LONGEST_KEY = 80
OPUS_RATE = 48000


@dataclass(frozen=True)
class Limit:
    """A shard is closed once it holds so many seconds of speech, or so many bytes."""

    seconds: float
    size: float = float("inf")


@dataclass(frozen=True)
class Item:
    """One utterance on its way into a shard; `place` is where it stood among all."""

    place: int
    key: str
    utterance: Utterance


@dataclass(frozen=True)
class Packed:
    """An utterance as its shard holds it: key + suffix for the recording, key.json for the record."""

    key: str
    suffix: str
    content: bytes
    record: Record


@dataclass(frozen=True)
class Shard:
    """A finished tar file.

    records  by their places among all utterances; audio_filepath is relative to the folder
    """

    tar: Path
    records: dict[int, Record]
    is_new: bool

    @property
    def seconds(self) -> float:
        return sum(record["duration"] or 0.0 for record in self.records.values())


def prepare_shards(
    utterances: Iterable[Utterance], folder: Path, limit: Limit, encoding: Encoding, seed: int, jobs: int,
    skip: Callable[[Rejected], None], plan: Plan | None = None,
) -> Iterator[Shard]:  # fmt: skip
    """Utterances, shuffled by the seed, into folder/000000.tar and so on; shards that are there already stay.

    skip    is told of each utterance that cannot be read
    plan    where recordings are decoded and encoded
    raises  UsageError where the folder cannot be made, or holds tar files of others, in another order or encoding
    """
    must_be_here(folder)
    plan = plan or Plan()
    items = shuffled(utterances, seed)
    place_of, waiting = {item.key: item.place for item in items}, iter(items)
    number_of = {item.key: number for number, item in enumerate(items)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(f"cannot make `{folder}`: {problem.strerror}", hint="name another --output") from None
    there = [] if plan.share else sorted(folder.glob("*.tar"))
    for number, tar in enumerate(there):
        if tar != shard_path(folder, number):
            hint = "remove it, or name another folder with --output"
            raise UsageError(f"`{tar}` is not the next shard of `{folder}`", hint=hint)
        yield taken_up(tar, waiting, encoding, skip)
    packed = plan.answers(packing(encoding, jobs), ((number_of[item.key], item) for item in waiting))
    readable = _readable(packed, skip)
    for number, first in enumerate(readable, len(there)):
        tar = shard_path(folder, number)
        write_shard(tar, itertools.chain([first], readable), limit)
        yield Shard(tar, {place_of[key]: record for key, record in records_of(tar)}, is_new=True)


def packing(encoding: Encoding, jobs: int) -> Work[Item, Packed | Rejected]:
    """The work of packing: recordings decoded, and encoded."""
    return Work(
        open=partial(by_threads, partial(pack, encoding=encoding), jobs),
        name=lambda item: repr((item.key, item.utterance.audio, item.utterance.offset)),
        pack=lambda one: (asdict(one), []) if isinstance(one, Rejected) else ({"suffix": one.suffix}, [one.content]),
        unpack=lambda item, found, blobs: Packed(item.key, found["suffix"], blobs[0], _record_in_shard(item.utterance))
        if blobs else Rejected(**found),
        lost=lambda item, why: Rejected(item.utterance.id, "unreadable audio", why),
    )


def shard_path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.tar"


def shuffled(utterances: Iterable[Utterance], seed: int) -> list[Item]:
    """Utterances in the seed's order, each with a key that no other has: its id, as far as file names hold it."""
    utterances = list(utterances)
    items, taken = [], set()
    for index in np.random.default_rng(seed).permutation(len(utterances)):
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", utterances[index].id)[:LONGEST_KEY]
        numbered = (f"{plain}-{number}" for number in itertools.count(2))
        key = next(name for name in itertools.chain([plain], numbered) if name not in taken)
        taken.add(key)
        items.append(Item(int(index), key, utterances[index]))
    return items


def pack(item: Item, encoding: Encoding) -> Packed | Rejected:
    """Decode an utterance, to be sure of it, and make it ready to be written."""
    try:
        suffix, content = _encoded(item.utterance, encoding)
    except (AudioError, OSError) as problem:
        return Rejected(item.utterance.id, "unreadable audio", str(problem))
    return Packed(item.key, suffix, content, _record_in_shard(item.utterance))


def _record_in_shard(one: Utterance) -> Record:
    """The record without where the recording used to be."""
    rest = {name: value for name, value in one.record.items() if name not in ("audio_filepath", "offset", "channel")}
    return {**rest, "id": one.id}


def _encoded(one: Utterance, encoding: Encoding) -> tuple[str, bytes]:
    """Suffix and bytes. A part of a longer recording cannot be kept as it is: it becomes FLAC, channels and all."""
    sound, rate = read_samples(one.audio, one.offset, one.duration or None)
    if not len(sound) or not np.isfinite(sound).all():
        raise AudioError(f"`{one.audio}` has no audio at {one.offset:.3f} s, or samples that are not numbers")
    if one.channel is not None:
        sound = to_mono(sound, one.audio, one.channel)[:, None]
    if encoding == Encoding.keep:
        suffix = Path(one.audio).suffix.lower()
        is_whole = not one.offset and one.duration > read_info(one.audio).seconds - WHOLE_WITHIN_SECONDS
        if not is_whole or one.channel is not None or suffix not in AUDIO_SUFFIXES:
            return ".flac", encode_audio(sound, rate, ".flac")
        with open_recording(one.audio) as file:
            return suffix, file.read()
    sound = to_mono(sound, one.audio)
    if encoding == Encoding.opus and rate not in OPUS_RATES:
        sound, rate = resample(sound, rate, OPUS_RATE), OPUS_RATE
    return f".{encoding.value}", encode_audio(sound, rate, f".{encoding.value}")


def write_shard(tar: Path, readable: Iterator[Packed], limit: Limit) -> None:
    """One tar file, whole or not at all, from as many as fill it; the same bytes whoever writes it, and when."""
    seconds, size = 0.0, 0
    with atomic_write(tar) as place, tarfile.open(place, "w", format=tarfile.USTAR_FORMAT) as archive:
        for one in readable:
            line = to_line(one.record).encode("utf-8", "backslashreplace")
            for suffix, content in ((one.suffix, one.content), (".json", line)):
                info = tarfile.TarInfo(one.key + suffix)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            seconds, size = seconds + (one.record["duration"] or 0.0), archive.offset
            if seconds >= limit.seconds or size >= limit.size:
                break


def records_of(tar: Path) -> Iterator[tuple[str, Record]]:
    """The keys of a shard and their records, which point into it."""
    for sample in samples(tar):
        assert sample.audio is not None, "every sample of a shard of ours has sound"
        address = sample.audio.address.relative_to(tar.parent)
        record = sample.metadata()
        yield sample.key, {"id": record.pop("id"), "audio_filepath": str(address), **record}


def taken_up(tar: Path, waiting: Iterator[Item], encoding: Encoding, skip: Callable[[Rejected], None]) -> Shard:
    """A shard that was finished before; afterwards, those behind it wait.

    raises  UsageError where it holds others, or in another order or encoding
    """
    wrong = UsageError(
        f"`{tar}` holds other utterances, or in another order or encoding",
        hint="use the same records, --seed and --encode as before, or another folder with --output",
    )
    try:
        held, records = dict(records_of(tar)), {}
    except (tarfile.TarError, OSError, ValueError, LookupError, AttributeError):
        raise wrong from None
    absent: list[Item] = []
    for key, record in held.items():
        for item in waiting:
            if item.key == key:
                break
            absent.append(item)
        else:
            raise wrong
        address = {"audio_filepath": record["audio_filepath"]}
        is_encoded = encoding == Encoding.keep or address["audio_filepath"].endswith(f".{encoding.value}")
        if not is_encoded or record != {**_record_in_shard(item.utterance), **address}:
            raise wrong
        records[item.place] = record
    for item in absent:
        skip(Rejected(item.utterance.id, "unreadable audio", f"when `{tar}` was written"))
    return Shard(tar, records, is_new=False)


def in_manifest_order(shards: Iterable[Shard]) -> list[Record]:
    """The records of all shards as they came: whoever trains on them trains as if on the files, to the bit."""
    by_place = {place: record for shard in shards for place, record in shard.records.items()}
    return [by_place[place] for place in sorted(by_place)]


def _readable(outcomes: Iterator[Packed | Rejected], skip: Callable[[Rejected], None]) -> Iterator[Packed]:
    for outcome in outcomes:
        if isinstance(outcome, Rejected):
            skip(outcome)
        else:
            yield outcome
