"""The weights that `ds2 tune` found, kept in the run's folder as decoding.toml: `ds2 decode` begins from them."""

import json
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from ds2cli.decoding.settings import DecodingConfig
from ds2cli.errors import ConfigError
from ds2cli.whole_files import written_whole

NAME = "decoding.toml"


def tuned_path(run: str | Path) -> Path:
    """Where a run (its folder, or a checkpoint in it) keeps its decoding weights."""
    run = Path(run)
    return (run if run.is_dir() else run.parent) / NAME


def read_tuned(run: str | Path) -> dict[str, Any]:
    """The weights of a run, by name; none where it was not tuned.

    raises  ConfigError where the file has something else in it
    """
    path = tuned_path(run)
    if not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"`{path}` is not TOML: {problem}") from None
    known = {field.name: type(field.default) for field in fields(DecodingConfig)}
    for name, value in values.items():
        if name not in known or not isinstance(value, (int, known[name])):
            hint = f"write it again with: ds2 tune {run} DEV.jsonl --lm FILE"
            raise ConfigError(f"`{path}`: `{name} = {value}`", hint=hint)
    return values


def write_tuned(run: str | Path, weights: dict[str, Any], note: str) -> Path:
    """Keep weights for a run, written beside and renamed."""
    path = tuned_path(run)
    lines = [f"# {line}" for line in note.splitlines()]
    lines += [f"{name} = {json.dumps(value)}" for name, value in weights.items()]
    with written_whole(path) as place:
        place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
