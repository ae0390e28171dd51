"""Flags that several commands have, and which of them were given."""

from typing import Annotated, Any

import typer

from ds2cli.errors import UsageError

Channel = Annotated[
    str | None,
    typer.Option("--channel", metavar="N", help="which of several, from 0; default: the record's, else all"),
]


def given(**flags: Any) -> dict[str, Any]:
    """Those that have a value, by name: what a person did not say stays open."""
    return {name: value for name, value in flags.items() if value is not None}


def to_channel(word: str | None) -> int | None:
    """`1` -> 1; B is 1 as well, as in stm and Kaldi.

    raises  UsageError where it is neither a number from 0 nor a letter
    """
    from ds2cli.records.manifest import parse_channel

    try:
        return parse_channel(word)
    except ValueError:
        raise UsageError(f"`--channel {word}` is no channel", hint="the first is 0 (or A): --channel 0") from None
