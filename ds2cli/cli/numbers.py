"""Numbers as people write them: several after one flag, and sizes."""

import math
import re

import typer
from typer.core import TyperCommand

from ds2cli.errors import UsageError

_NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?"
NUMBERS = re.compile(rf"{_NUMBER}([\s,]+{_NUMBER})*", re.IGNORECASE)
SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def finite_numbers(app: typer.Typer) -> None:
    """What any command of an app takes for a number is one: NaN and infinity, which pass all bounds, are refused."""
    for info in app.registered_commands:
        info.cls = _finite(info.cls or TyperCommand)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            finite_numbers(group.typer_instance)


def _finite(command: type[TyperCommand]) -> type[TyperCommand]:
    class Finite(command):  # type: ignore[misc,valid-type]
        def parse_args(self, ctx, args):  # type: ignore[no-untyped-def]
            rest = super().parse_args(ctx, args)
            for param in self.params:
                given = ctx.params.get(param.name)
                for value in given if isinstance(given, (list, tuple)) else [given]:
                    if isinstance(value, float) and not math.isfinite(value):
                        raise UsageError(f"`{param.opts[0]} {value}`", hint="use a finite number")
            return rest

    return Finite


def takes_numbers(*flags: str) -> type[TyperCommand]:
    """A command whose flags take all the numbers that follow them, as lmplz's `--prune 0 0 1` does."""

    class Command(TyperCommand):
        def parse_args(self, ctx, args):  # type: ignore[no-untyped-def]
            return super().parse_args(ctx, gather_numbers(args, flags))

    return Command


def gather_numbers(arguments: list[str], flags: tuple[str, ...]) -> list[str]:
    """`["x", flag, "0", "-1", "y", flag, "2"]` -> `[flag, "0 -1 2", "x", "y"]`; what is no number stays as it is."""
    numbers: dict[str, list[str]] = {}
    others: list[str] = []
    flag = None
    for argument in arguments:
        name, given, value = argument.partition("=")
        if name in flags:
            flag = name
            numbers.setdefault(flag, []).extend([value] if given else [])
        elif flag is not None and (not numbers[flag] or NUMBERS.fullmatch(argument)):
            numbers[flag].append(argument)
        else:
            flag = None
            others.append(argument)
    found = [word for name, words in numbers.items() if words for word in (name, " ".join(words))]
    return [*found, *others, *(name for name, words in numbers.items() if not words)]


def to_numbers(words: str, flag: str, kind: type, example: str) -> tuple:
    """`0 0 1` (or with commas) -> (0, 0, 1)."""
    try:
        numbers = tuple(kind(word) for word in words.replace(",", " ").split())
        if not all(map(math.isfinite, numbers)):
            raise ValueError
        return numbers
    except ValueError:
        raise UsageError(f"`{flag} {words}` are not numbers", hint=f"for example: {flag} {example}") from None


def to_bytes(size: str, flag: str) -> int:
    """`4G` -> 4 * 2^30."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", size.strip().lower())
    if not found:
        raise UsageError(f"`{flag} {size}` is not a size", hint=f"for example: {flag} 4G")
    return int(float(found[1]) * SIZES[found[2]])
