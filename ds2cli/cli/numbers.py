"""Numbers as people write them: several after one flag, and sizes."""

import re

from typer.core import TyperCommand

from ds2cli.errors import UsageError

_NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?"
NUMBERS = re.compile(rf"{_NUMBER}([\s,]+{_NUMBER})*", re.IGNORECASE)
SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


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
        return tuple(kind(word) for word in words.replace(",", " ").split())
    except ValueError:
        raise UsageError(f"`{flag} {words}` are not numbers", hint=f"for example: {flag} {example}") from None


def to_bytes(size: str, flag: str) -> int:
    """`4G` -> 4 * 2^30."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", size.strip().lower())
    if not found:
        raise UsageError(f"`{flag} {size}` is not a size", hint=f"for example: {flag} 4G")
    return int(float(found[1]) * SIZES[found[2]])
