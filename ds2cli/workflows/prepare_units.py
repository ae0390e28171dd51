"""The units that a network needs to spell some manifests' texts."""

from collections.abc import Iterable
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.records.manifest import read_manifest
from ds2cli.text.units import Units, units_of


def prepare_units(manifests: Iterable[str | Path], separator: str = "", min_count: int = 1) -> Units:
    """Every character (or symbol, with a separator) that occurs at least min_count times, in code point order.

    raises  UsageError where there are none
    """
    texts = (utterance.text for path in manifests for utterance in read_manifest(path, required=("text",)))
    units = units_of(texts, separator, min_count)
    if len(units) == 1:
        raise UsageError("no text to find units in", hint="look at it with: ds2 prepare check FILE")
    return units
