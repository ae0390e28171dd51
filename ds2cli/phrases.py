"""Times, numbers and lists of names as people read them."""

from collections.abc import Sequence


def clock(seconds: float) -> str:
    """4:05, or 3:12:09 from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def counted(number: int, noun: str) -> str:
    """`1 word`, `1,204 words`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def first_few(names: Sequence[str], at_most: int = 3, mark: str = "`") -> str:
    """The first few, each between marks, and how many more there are."""
    more = len(names) - at_most
    return ", ".join(f"{mark}{name}{mark}" for name in names[:at_most]) + (f" and {more:,} more" if more > 0 else "")
