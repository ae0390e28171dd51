"""Kaldi: data directories, a dictionary, ARPA, log-probs as archives of matrices.

kaldi-asr.org/doc: data_prep, io. An archive holds each matrix behind its key; the .scp beside it says where.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ds2cli.io.atomic import atomic_write, make_folder
from ds2cli.records.kaldi import write_kaldi
from ds2cli.records.names import SafeNames
from ds2cli.toolkits.contents import Contents, Skip, heard_alone, in_columns, write_lines
from ds2cli.toolkits.ngrams import write_arpa_file

TAKES = ("parts", "lexicon", "lm", "log_probs")
SILENCE, SPOKEN_NOISE = "SIL", "SPN"


def write(contents: Contents, folder: Path, skip: Skip) -> Iterator[str]:
    make_folder(folder)
    yield from write_data(contents, folder / "data", skip)
    if contents.lexicon and contents.units:
        yield _write_dictionary(contents, make_folder(folder / "dict"))
    if contents.lm:
        yield write_arpa_file(contents.lm, folder / "lm.arpa.gz")
    if contents.units:
        yield from write_archives(contents, folder, range(len(contents.units)))


def write_data(contents: Contents, folder: Path, skip: Skip) -> Iterator[str]:
    """A data directory of each list."""
    for name, records in contents.parts.items():
        found = list(heard_alone(records, skip))
        write_kaldi(found, folder / name)
        yield f"{folder / name}: {len(found):,} utterances"


def write_archives(contents: Contents, folder: Path, columns: Sequence[int | None]) -> Iterator[str]:
    """`dev.ark` and `dev.scp` of each file of log-probs."""
    for name, file in contents.log_probs.items():
        ids, places = SafeNames(), []
        with atomic_write(folder / f"{name}.ark") as place, open(place, "wb") as archive:
            for record, array in file:
                key = ids.of(str(record["id"]))
                archive.write(f"{key} ".encode())
                places.append(f"{key} {(folder / name).absolute()}.ark:{archive.tell()}")
                archive.write(_matrix(in_columns(array, columns)))
        write_lines(folder / f"{name}.scp", sorted(places))
        yield f"{folder / name}.scp: log-probs of {len(places):,} utterances, {len(columns):,} columns"


def _matrix(array: np.ndarray) -> bytes:
    """Kaldi's binary matrix of floats: a mark, rows and columns, then the rows."""
    rows, columns = array.shape
    return b"\0BFM " + struct.pack("<BiBi", 4, rows, 4, columns) + np.ascontiguousarray(array, "<f4").tobytes()


def _write_dictionary(contents: Contents, folder: Path) -> str:
    """What utils/prepare_lang.sh takes: the words, and which phones are silence."""
    assert contents.units is not None
    silences = [(("!SIL"), SILENCE), ("<SPOKEN_NOISE>", SPOKEN_NOISE), ("<UNK>", SPOKEN_NOISE)]
    lines = [f"{word} {phone}" for word, phone in silences]
    lines += [f"{word} {' '.join(spelled)}" for word, spelled in contents.spellings]
    write_lines(folder / "lexicon.txt", lines)
    write_lines(folder / "nonsilence_phones.txt", sorted(set(contents.units.names[1:]) - {SILENCE, SPOKEN_NOISE}))
    write_lines(folder / "silence_phones.txt", [SILENCE, SPOKEN_NOISE])
    write_lines(folder / "optional_silence.txt", [SILENCE])
    return f"{folder / 'lexicon.txt'}: {len(contents.spellings):,} spellings"
