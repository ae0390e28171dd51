"""How a run is decoded, kept in its folder as decoding.toml: the weights that `ds2 tune` found, which `ds2 decode`
begins from, and, where `lm`, `rescore` and `lexicon_file` name files beside it, the language models and the lexicon
that the run comes with.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ds2cli import hints
from ds2cli.declarations import laid_over, toml_value, under_current_names
from ds2cli.decoding.settings import DecodingConfig
from ds2cli.errors import ConfigError
from ds2cli.io.atomic import atomic_text
from ds2cli.io.remote import local_copy, url_exists
from ds2cli.io.urls import must_be_here, url_of
from ds2cli.model.checkpoint import SUFFIX, run_path
from ds2cli.runs.folder import RunFolder


@dataclass(frozen=True)
class Tuned:
    """Decoding weights by name; the language model, the one that rescores, and the lexicon, where none is named."""

    weights: dict[str, Any] = field(default_factory=dict)
    lm: Path | None = None
    lexicon_file: Path | None = None
    rescore: Path | None = None


def run_folder(run: str | Path) -> RunFolder:
    """The folder of a run, which is named by that or by a checkpoint in it."""
    run = run_path(run)
    return RunFolder(run if run.is_dir() else run.parent)


def read_tuned(run: str | Path) -> Tuned:
    """What a run keeps; nothing where it was not tuned.

    raises  ConfigError where the file has something else in it, or its language model is not there
    """
    path = _decoding_file(run)
    if path is None:
        return Tuned()
    try:
        values = tomllib.loads(local_copy(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"`{path}` cannot be read as TOML: {problem}", hint=hints.MEND_TUNED) from None
    lm = _beside(path, values.pop("lm", None), "language model", hints.name_tuned("lm"))
    rescore = _beside(path, values.pop("rescore", None), "language model", hints.name_tuned("rescore"))
    lexicon_file = _beside(path, values.pop("lexicon_file", None), "lexicon", hints.name_tuned("lexicon_file"))
    try:
        values = under_current_names(DecodingConfig, values, f"`{path}`")
        laid_over(DecodingConfig(), values, f"`{path}`")
    except ConfigError as problem:
        hint = f"{problem.hint}; {hints.tune_again(run)}"
        raise ConfigError(str(problem), hint=hint) from None
    return Tuned(values, lm, lexicon_file, rescore)


def _decoding_file(run: str | Path) -> Path | None:
    url = url_of(run)
    if url is None:
        path = run_folder(run).decoding
    else:
        folder = RunFolder(Path(url).parent if url.endswith(SUFFIX) else Path(url))
        path = folder.decoding
    return path if _is_there(path) else None


def _is_there(path: Path) -> bool:
    url = url_of(path)
    return path.is_file() if url is None else url_exists(url)


def _beside(path: Path, name: Any, what: str, hint: str) -> Path | None:
    """The file that decoding.toml names."""
    if name is not None and not (isinstance(name, str) and _is_there(path.parent / name)):
        raise ConfigError(f"`{path}`: no such {what}: `{name}`", hint=hint)
    return path.parent / name if name else None


def write_tuned(run: str | Path, weights: dict[str, Any], note: str) -> Path:
    """Keep weights for a run, written beside and renamed."""
    must_be_here(run)
    path = run_folder(run).decoding
    lines = [f"# {line}" for line in note.splitlines()]
    lines += [f"{name} = {toml_value(value)}" for name, value in weights.items()]
    with atomic_text(path) as stream:
        stream.write("\n".join(lines) + "\n")
    return path
