"""`import torch` for a command that is done in two seconds.

A quarter of the CPU time of `import torch` (0.4 s of 1.5) goes into `torch._meta_registrations`: kernels, written in
Python, for tensors without data. Only torch.compile, torch.export and their like need them, which import more of torch
before they begin. So they wait until then. torch has no switch for it.
"""

import importlib
import importlib.metadata
import sys
import types
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

LEFT_OUT = "torch._meta_registrations"
# What the command itself imports of torch, after torch, and what needs none of those kernels.
HARMLESS = {"torch.utils._device"}
# Versions that start and decode without the module; others may use it while they are imported.
TRIED = {"2.13"}


def import_torch_for_decoding() -> None:
    """Import torch, in the versions that were tried without the kernels for tensors without data.

    These are loaded before the next module of torch is. Where torch was imported before, nothing is left to do.
    """
    if "torch" in sys.modules or _version() not in TRIED:
        return
    sys.modules[LEFT_OUT] = types.ModuleType(LEFT_OUT)
    try:
        torch = importlib.import_module("torch")
    finally:
        del sys.modules[LEFT_OUT]
    vars(torch).pop("_meta_registrations", None)
    sys.meta_path.insert(0, _FirstTheKernels())


class _FirstTheKernels(MetaPathFinder):
    """Is asked for every module that is to be imported; before the first of torch's it imports what was left out."""

    waits = True

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if not self.waits or not fullname.startswith("torch.") or fullname in HARMLESS:
            return None
        self.waits = False  # it stays in its place: the importer walks along the list
        importlib.import_module(LEFT_OUT)
        loaded = sys.modules.get(fullname)
        if loaded is not None:  # with them; the importer would load it once more, by its `__spec__`
            loaded.__spec__ = ModuleSpec(fullname, _Loaded(loaded))
        return None if loaded is None else loaded.__spec__


class _Loaded(Loader):
    """Hands out a module that the kernels have imported already."""

    def __init__(self, module: types.ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return self.module

    def exec_module(self, module: types.ModuleType) -> None:
        module.__spec__ = self.spec


def _version() -> str:
    try:
        return importlib.metadata.version("torch").rpartition(".")[0]
    except importlib.metadata.PackageNotFoundError:
        return ""
