"""A SentencePiece model of our pieces: the protocol buffer that toolkits open, written field by field.

https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto: a model is its pieces (text, score,
type), what it was trained as (unigram or BPE; the numbers of special pieces) and its normaliser, here none but spaces.
"""

import struct
from collections.abc import Sequence
from pathlib import Path

from ds2cli.io.atomic import atomic_write
from ds2cli.text.units import Units

UNKNOWN_PIECE = "<unk>"
UNKNOWN, USER_DEFINED = 2, 4  # types of pieces; others are normal
ABSENT = (1 << 64) - 1  # -1


def write_tokenizer(units: Units, folder: Path, special: Sequence[str], name: str = "tokenizer") -> str:
    """`tokenizer.model` and `tokenizer.vocab`; a line for people.

    special  the pieces before ours, `<unk>` among them
    """
    with atomic_write(folder / f"{name}.model") as place:
        place.write_bytes(model_bytes(units, special))
    pieces = [(piece, 0.0) for piece in special] + list(zip(units.names[1:], units.scores[1:], strict=True))
    with atomic_write(folder / f"{name}.vocab") as place:
        place.write_text("".join(f"{piece}\t{score:g}\n" for piece, score in pieces), encoding="utf-8")
    return f"{folder / f'{name}.model'}: {len(pieces):,} pieces"


def model_bytes(units: Units, special: Sequence[str]) -> bytes:
    """The model, its first pieces the special ones."""
    content = b""
    for piece in special:
        kind = UNKNOWN if piece == UNKNOWN_PIECE else USER_DEFINED
        content += _message(1, _text(1, piece) + _float(2, 0.0) + _number(3, kind))
    for piece, score in zip(units.names[1:], units.scores[1:], strict=True):
        content += _message(1, _text(1, piece) + _float(2, score))
    n_pieces = len(special) + len(units) - 1
    trainer = _number(3, 2 if units.cut == "merged" else 1) + _number(4, n_pieces)
    trainer += _number(40, list(special).index(UNKNOWN_PIECE)) + b"".join(_number(at, ABSENT) for at in (41, 42, 43))
    normaliser = _text(1, "identity") + _number(3, 1) + _number(4, 1) + _number(5, 1)
    return content + _message(2, trainer) + _message(3, normaliser)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())
