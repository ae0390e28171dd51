"""A trained model in one file: weights, settings, units, feature statistics. Loading it runs no code.

safetensors holds the arrays; its metadata holds the settings as TOML and the units as text.
"""

import errno
import json
import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from ds2cli import hints
from ds2cli.config import Config
from ds2cli.errors import CheckpointError, UsageError
from ds2cli.io.atomic import atomic_write
from ds2cli.io.remote import local_copy
from ds2cli.io.urls import url_of
from ds2cli.media import kind_of_file
from ds2cli.model.weight_storage import FORMS, Form, narrow, widen
from ds2cli.settings import from_toml, to_toml
from ds2cli.text.units import Units, parse_units, write_units

FORMAT = "ds2 checkpoint 1"
HINT = hints.FROM_TRAINING
SHIPPED = Path(__file__).parent / "shipped"  # run folders that come with ds2, each with its card, README.md
BEST, LAST = "best.safetensors", "last.safetensors"
SUFFIX = ".safetensors"  # of a checkpoint, where a URL leads to one


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds; the names of `weights` begin with `frontend.` and `network.`.

    form  how the file holds them; here they are float32
    """

    config: Config
    units: Units
    weights: dict[str, Tensor]
    notes: dict[str, str]
    form: Form = "float32"


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write beside, flush to disk, rename: a kill at any instant leaves the old file or the new one."""
    form = {} if checkpoint.form == "float32" else {"form": checkpoint.form}
    texts = {"config": to_toml(checkpoint.config), "units": write_units(checkpoint.units), **form}
    # One entry: safetensors writes several in random order, and the same weights should give the same bytes.
    metadata = {FORMAT: json.dumps({**texts, **checkpoint.notes}, ensure_ascii=False, sort_keys=True)}
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.weights.items()}
    weights = narrow(weights, checkpoint.form)
    with _written(path) as place:
        save_file(weights, place, metadata)


def load_checkpoint(path: str | Path) -> Checkpoint:
    """A checkpoint from its file, or from a run folder (its best.safetensors).

    raises  CheckpointError where the file is missing, truncated or not one of ours
    """
    path = checkpoint_path(path)
    try:
        with safe_open(path, framework="pt") as file:
            notes = json.loads((file.metadata() or {})[FORMAT])
        texts = {name: notes.pop(name) for name in ("config", "units")}
        form = notes.pop("form", "float32")
        weights = widen(load_file(path))
    except (SafetensorError, OSError, RuntimeError, UnicodeDecodeError, LookupError, TypeError, AttributeError,
            json.JSONDecodeError):
        if kind := kind_of_file(path):
            hint = f"name the model before it: english {path}"
            raise CheckpointError(f"`{path}` is a recording ({kind.name}), not a model", hint=hint) from None
        raise CheckpointError(f"`{path}` is not a ds2 checkpoint", hint=HINT) from None
    try:
        config, units = from_toml(str(texts["config"]), "its settings"), parse_units(str(texts["units"]), "its units")
    except UsageError as problem:
        raise CheckpointError(f"`{path}` cannot be used: {problem}", hint="is this ds2 older than the file?") from None
    if form not in FORMS:
        raise CheckpointError(f"`{path}` holds weights as `{form}`", hint="is this ds2 older than the file?")
    return Checkpoint(config, units, weights, notes, form)


def run_path(path: str | Path) -> Path:
    """The run folder or checkpoint that a person means: what is there, else the model in ds2 of that name.

    Of a run that a URL leads to, the copy of its best checkpoint.

    raises  UsageError where a URL leads to none
    """
    if url := url_of(path):
        return local_copy(url if url.endswith(SUFFIX) else f"{url.rstrip('/')}/{BEST}", HINT)
    path = Path(path)
    return SHIPPED / path if is_shipped(path) else path


def is_shipped(path: str | Path) -> bool:
    """Whether it is the name of a model that comes with ds2, and of nothing here."""
    path = Path(path)
    return not path.exists() and len(path.parts) == 1 and (SHIPPED / path / BEST).is_file()


def checkpoint_path(path: str | Path) -> Path:
    """The checkpoint that a person means: a file, a run folder's best, else its last; or the name of a model in ds2.

    raises  CheckpointError where there is none
    """
    path = run_path(path)
    if path.is_dir():
        for name in (BEST, LAST):
            if (path / name).is_file():
                return path / name
        raise CheckpointError(f"no checkpoint in `{path}`", hint="a run folder holds best.safetensors: ds2 train")
    if not path.is_file():
        raise CheckpointError(f"no such run or checkpoint: `{path}`", hint=f"{HINT}; ds2 brings `english-phones`")
    return path


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """As `atomic_write`, for writers that have errors of their own: Rust's and torch's become the system's."""
    with atomic_write(path) as place:
        try:
            yield place
        except (SafetensorError, RuntimeError) as problem:
            number = re.search(r"os error (\d+)", str(problem))
            raise OSError(int(number[1]) if number else errno.EIO, str(problem).splitlines()[0]) from None


def save_training_state(path: Path, state: dict) -> None:
    """Tensors, numbers and texts that `load_training_state` reads back without running code."""
    with _written(path) as place:
        torch.save(state, place)


def load_training_state(path: Path) -> dict:
    """What `save_training_state` wrote.

    raises  CheckpointError where the file is damaged, or holds more than plain data
    """
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except (pickle.UnpicklingError, RuntimeError, ValueError, KeyError, EOFError, OSError) as problem:
        raise CheckpointError(f"`{path}` cannot be read ({type(problem).__name__})", hint=HINT) from None
