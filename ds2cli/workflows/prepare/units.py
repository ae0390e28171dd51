"""The units that a network needs to spell some manifests' texts."""

from collections.abc import Iterable
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.records.manifest import read_manifest
from ds2cli.text.character_sets import CharacterSet, units_with
from ds2cli.text.units import Units, bigrams_of, pieces_of, units_of


def prepare_units(manifests: Iterable[str | Path], separator: str = "", min_count: int = 1, bigrams: bool = False,
                  pieces: int = 0, characters: CharacterSet | None = None) -> Units:
    """Every character (or symbol, with a separator) that occurs at least min_count times, in code point order.

    bigrams  pairs of letters too, as Deep Speech 2 cuts words
    pieces   that many SentencePiece units instead
    characters  of a standard too, with a to z and the space, whatever the texts hold (there may then be none)
    raises  UsageError where there are none, for several kinds at once, or for a separator that no text holds
    """
    if sum((bool(separator), bigrams, bool(pieces), bool(characters))) > 1:
        hint = "one of --separator, --bigrams, --pieces, --characters"
        raise UsageError("several kinds of units at once", hint=hint)
    records = (record for path in manifests for record in read_manifest(path, required=("text",)))
    texts: Iterable[str] = (record.text for record in records)
    if separator.strip():  # texts of one unit each may hold no space
        texts = _must_occur(separator, list(texts))
    if pieces:
        units = pieces_of(texts, pieces)
    else:
        units = bigrams_of(texts, min_count) if bigrams else units_of(texts, separator, min_count)
    if characters:
        units = units_with(units, characters)
    if len(units) == 1:
        raise UsageError("no text to find units in", hint="look at it with: ds2 prepare check FILE")
    return units


def _must_occur(separator: str, texts: list[str]) -> list[str]:
    if len(texts) > 1 and not any(separator in text for text in texts):
        raise UsageError(f"no text holds the separator `{separator}`", hint='for units between spaces: --separator " "')
    return texts
