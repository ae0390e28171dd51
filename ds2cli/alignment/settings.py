"""How a recording is cut into utterances: type, meaning, unit and default, declared once for flags and code."""

from dataclasses import dataclass
from typing import Annotated, get_type_hints

from ds2cli.errors import UsageError


@dataclass(frozen=True)
class CutSettings:
    """Where cuts may fall, and how long the pieces should be; all in seconds.

    raises  UsageError where the lengths contradict each other
    """

    min_seconds: Annotated[float, "the shortest segment"] = 1.0
    max_seconds: Annotated[float, "the longest segment"] = 15.0
    target_seconds: Annotated[float, "the length that segments are held to where pauses allow it"] = 7.0
    pause_seconds: Annotated[float, "the shortest gap between words that counts as a pause"] = 0.15
    silence_seconds: Annotated[float, "silence kept at both ends of a segment, at most half of the pause"] = 0.3

    def __post_init__(self) -> None:
        if not 0 < self.min_seconds <= self.target_seconds <= self.max_seconds:
            lengths = f"{self.min_seconds:g}, {self.target_seconds:g} and {self.max_seconds:g} s"
            raise UsageError(f"segments of at least, about and at most {lengths} are a contradiction",
                             hint="each must be as long as the one before, for instance 1, 7 and 15 s")
        if self.pause_seconds < 0 or self.silence_seconds < 0:
            raise UsageError("a pause or a silence below 0 s", hint="pauses of 0.15 s and silences of 0.3 s are usual")


def meaning(name: str) -> str:
    """The help text of a setting."""
    return get_type_hints(CutSettings, include_extras=True)[name].__metadata__[0]
