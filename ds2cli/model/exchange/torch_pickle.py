"""Checkpoints of other toolkits, which are pickles, read without running what is in them.

A pickle may call anything. Here it may build tensors, lists, dictionaries, texts and numbers; of any other class only
the name and the contents are kept.
"""

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from ds2cli.errors import CheckpointError

ALLOWED = {("collections", "OrderedDict"), ("torch", "Size"), ("torch", "device")} | {
    ("torch._utils", name) for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter")
} | {("torch.serialization", "_get_layout")} | {
    ("builtins", name) for name in ("dict", "list", "set", "tuple", "int", "float", "str", "bool", "bytearray")
}
DEEPEST = 50


class Unknown:
    """An object of a class that is not loaded: what it was made of, and what it held."""

    name = ""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.arguments: tuple[Any, ...] = (*arguments, *named.values())
        self.state: dict[Any, Any] = {}

    def __new__(cls, *arguments: Any, **named: Any) -> "Unknown":
        made = super().__new__(cls)
        made.arguments, made.state = arguments, {}
        return made

    def __setstate__(self, state: Any) -> None:
        for part in state if isinstance(state, tuple) else (state,):
            self.state.update(part if isinstance(part, dict) else {})

    def append(self, thing: Any) -> None:
        self.arguments = (*self.arguments, thing)

    def extend(self, things: Any) -> None:
        self.arguments = (*self.arguments, *things)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.state[key] = value


class Unpickler(pickle.Unpickler):
    """Finds the few classes of ALLOWED; every other becomes an `Unknown`."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in ALLOWED:
            return super().find_class(module, name)
        return type(name, (Unknown,), {"name": f"{module}.{name}"})


def _load(file: Any, **options: Any) -> Any:
    return Unpickler(file, **options).load()


def read_foreign(path: Path) -> dict[str, Any]:
    """What torch.save wrote there, new form or old, on the CPU.

    raises  CheckpointError where it is not such a file
    """
    reader = SimpleNamespace(Unpickler=Unpickler, load=_load, __name__="ds2cli.model.exchange.torch_pickle")
    try:
        found = torch.load(path, map_location="cpu", pickle_module=reader, weights_only=False)
    except FileNotFoundError:
        raise CheckpointError(f"no such file: `{path}`") from None
    except Exception as problem:  # a damaged pickle may raise anything
        raise CheckpointError(f"`{path}` is not a checkpoint that torch wrote ({type(problem).__name__})",
                              hint="is it whole? a release of deepspeech.pytorch ends in .ckpt or .pth") from None
    if not isinstance(found, dict):
        raise CheckpointError(f"`{path}` holds no checkpoint", hint="a release of deepspeech.pytorch is a dictionary")
    return found


def plain(value: Any, depth: int = 0) -> Any:
    """Settings without their wrappers: OmegaConf's nodes and enumerations become dictionaries, lists and values."""
    if depth > DEEPEST:
        return None
    if isinstance(value, Unknown):
        for key in ("_content", "_val"):
            if key in value.state:
                return plain(value.state[key], depth + 1)
        return plain(value.arguments[0] if len(value.arguments) == 1 else value.state, depth + 1)
    if isinstance(value, type) and issubclass(value, Unknown):
        return value.name
    if isinstance(value, dict):
        return {plain(key, depth + 1): plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one, depth + 1) for one in value]
    return value
