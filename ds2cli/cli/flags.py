"""Which flags were given."""

from typing import Any


def given(**flags: Any) -> dict[str, Any]:
    """Those that have a value, by name: what a person did not say stays open."""
    return {name: value for name, value in flags.items() if value is not None}
