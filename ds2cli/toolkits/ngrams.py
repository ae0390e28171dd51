"""An n-gram model in the form that another toolkit opens: ARPA text, or KenLM's binary."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.io.atomic import atomic_write
from ds2cli.language.arpa import arpa_to_binary, read_arpa
from ds2cli.language.model import begins_as_binary
from ds2cli.language.model_file import write_model


def write_arpa_file(lm: Path, path: Path) -> str:
    """ARPA text, compressed where the name ends in .gz; a line for people.

    raises  UsageError where the model is a binary, which holds its n-grams as hashes alone
    """
    if begins_as_binary(lm):
        raise UsageError(f"`{lm}` is a KenLM binary, which cannot be written as ARPA",
                         hint="name the ARPA that it was made from")
    write_model(read_arpa(lm), path)
    return f"{path}: the n-grams of {lm}"


def write_binary_file(lm: Path, path: Path) -> str:
    """KenLM's binary (one that is there already is copied); a line for people."""
    with atomic_write(path) as place:
        if begins_as_binary(lm):
            shutil.copyfile(lm, place)
        else:
            place.write_bytes(arpa_to_binary(lm)[0].data)
    return f"{path}: the n-grams of {lm}, for KenLM"


def write_renamed(lm: Path, path: Path, name_of: Callable[[str], str]) -> str:
    """A model with other names for its words: `.bin` or ARPA by the path; a line for people.

    raises  UsageError where the model is a binary
    """
    if begins_as_binary(lm):
        raise UsageError(f"`{lm}` is a KenLM binary, whose words cannot be renamed",
                         hint="name the ARPA that it was made from")
    tables = read_arpa(lm)
    write_model(replace(tables, words=[name_of(word) for word in tables.words]), path)
    return f"{path}: the n-grams of {lm}, renamed"
