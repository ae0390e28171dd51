"""Where networks run: the processor or a GPU, asked before anything is loaded."""

import torch

from ds2cli.errors import UsageError


def usable_device(name: str) -> str:
    """The device of that name; "auto" is a GPU where there is one.

    name    "auto", "cpu", "cuda" or "cuda:1"
    raises  UsageError where this machine has no such device
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError):
        raise UsageError(f"no device `{name}` on this machine", hint="list the devices with: ds2 doctor") from None
    return name
