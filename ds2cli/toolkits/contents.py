"""What is handed to another toolkit, gathered before anything is written."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli import hints
from ds2cli.audio.tar_members import member_of
from ds2cli.decoding.log_probs import LogProbFile
from ds2cli.errors import TextError, UsageError
from ds2cli.io.atomic import atomic_text, atomic_write
from ds2cli.language.model import load_ngram_model
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.records.jsonl import Record
from ds2cli.text.lexicon import Lexicon
from ds2cli.text.units import Units

Skip = Callable[[str], None]
IMPOSSIBLE = -100.0  # log-prob of a unit that their lists have and ours lack


@dataclass(frozen=True)
class Contents:
    """What there is to write; a toolkit takes what it has a place for.

    parts      lists of records by name, with absolute paths and ids
    log_probs  files of them by name
    units      as the columns of log-probs have them
    weights    of the language model: alpha, beta
    named      which of these the person asked for, besides what a run brings
    """

    parts: dict[str, list[Record]] = field(default_factory=dict)
    log_probs: dict[str, LogProbFile] = field(default_factory=dict)
    units: Units | None = None
    lexicon: Lexicon | None = None
    lm: Path | None = None
    weights: dict[str, float] = field(default_factory=dict)
    sample_rate: int = 16000
    named: frozenset[str] = frozenset()

    def must_have_some_of(self, names: Iterable[str], toolkit: str) -> None:
        """raises  UsageError where nothing of these is there"""
        if not any(getattr(self, name) for name in names):
            raise UsageError(f"nothing that {toolkit} has a place for", hint=hints.name_records(toolkit))

    @cached_property
    def spellings(self) -> list[tuple[str, list[str]]]:
        """Words with the units of each way to say them: the lexicon's; else those of the language model (or of the
        texts, where there is none), spelled by units that are letters or pieces, so far as they can spell them."""
        units, lexicon = self.units, self.lexicon
        if units is None:
            return []
        if lexicon is not None:
            return [(lexicon.words[lexicon.of[n]],
                     [units.names[at] for at in lexicon.symbols[lexicon.starts[n] : lexicon.starts[n + 1]].tolist()])
                    for n in range(len(lexicon))]
        if not units.has_spaces:
            return []
        found = []
        for word in self.words:
            try:
                found.append((word, [units.names[at] for at in units.encode(word)]))
            except TextError:
                continue
        return [(word, spelled) for word, spelled in found if spelled]

    @cached_property
    def words(self) -> list[str]:
        """Of the language model; of the texts, where there is none; sorted."""
        if self.lm is not None:
            return sorted(set(load_ngram_model(self.lm).words) - {UNKNOWN, BEGIN, END})
        records = (record for part in self.parts.values() for record in part)
        return sorted({word for record in records for word in str(record.get("text") or "").split()})


def heard_alone(records: Iterable[Record], skip: Skip) -> Iterator[Record]:
    """The records whose recordings are files of their own: others cannot look into our tar files."""
    for record in records:
        if member_of(record["audio_filepath"]):
            skip(f"`{record['id']}` lies in a tar file, where only ds2 finds it")
        else:
            yield record


def with_text(records: Iterable[Record], skip: Skip) -> Iterator[Record]:
    for record in records:
        if isinstance(record.get("text"), str):
            yield record
        else:
            skip(f"`{record['id']}` has no text")


def unlike(records: Iterable[Record]) -> Iterator[Record]:
    """The records with ids of which no two are alike."""
    seen: dict[str, int] = {}
    for record in records:
        id = record["id"]
        while id in seen:
            seen[record["id"]] += 1
            id = f"{record['id']}-{seen[record['id']]}"
        seen[id] = 1
        yield {**record, "id": id}


def in_columns(log_probs: np.ndarray, columns: Sequence[int | None]) -> np.ndarray:
    """(T, V) float32 -> (T, columns): column n is our unit `columns[n]`; None is one that ours lack."""
    found = np.full((len(log_probs), len(columns)), IMPOSSIBLE, np.float32)
    for at, ours in enumerate(columns):
        if ours is not None:
            found[:, at] = log_probs[:, ours]
    return found


def write_arrays(path: Path, arrays: Iterable[tuple[str, np.ndarray]]) -> int:
    """An .npz of arrays by name, written one after another; returns how many."""
    count = 0
    with atomic_write(path) as place, zipfile.ZipFile(place, "w") as archive:
        for name, array in arrays:
            content = io.BytesIO()
            np.save(content, array)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue())
            count += 1
    return count


def write_log_probs(contents: Contents, folder: Path, columns: Sequence[int | None]) -> Iterator[str]:
    """`dev.npz` of each file of log-probs: an array (frames, columns) for each utterance, named by its id."""
    for name, file in contents.log_probs.items():
        arrays = ((str(record["id"]), in_columns(array, columns)) for record, array in file)
        path = folder / f"{name}.npz"
        count = write_arrays(path, _unlike_names(arrays))
        yield (f"{path}: log-probs of {count:,} utterances, {len(columns):,} columns, {file.frame_seconds:g} s a frame")


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Lines into a file that appears whole; returns how many."""
    count = 0
    with atomic_text(path) as stream:
        for line in lines:
            stream.write(f"{line}\n")
            count += 1
    return count


def _unlike_names(arrays: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for name, array in arrays:
        unique, number = name, 1
        while unique in seen:
            number += 1
            unique = f"{name}-{number}"
        seen.add(unique)
        yield unique, array
