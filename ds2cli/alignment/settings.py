"""How a recording is cut into utterances: type, meaning, unit and default, declared once for flags and code."""

from dataclasses import dataclass
from math import inf
from typing import Annotated, ClassVar

from ds2cli import declarations
from ds2cli.declarations import Contradiction


@dataclass(frozen=True)
class CutSettings:
    """Where cuts may fall, and how long the pieces should be; all in seconds.

    raises  ConfigError where the lengths contradict each other
    """

    min_seconds: Annotated[float, "the shortest segment, in seconds", (1e-6, inf)] = 1.0
    max_seconds: Annotated[float, "the longest segment, in seconds", (1e-6, inf)] = 15.0
    target_seconds: Annotated[float, "the usual length, in seconds, where pauses allow it", (1e-6, inf)] = 7.0
    pause_seconds: Annotated[float, "the shortest gap between words that counts as a pause", (0, inf)] = 0.15
    silence_seconds: Annotated[
        float, "silence kept at both ends of a segment, at most half of the pause", (0, inf)
    ] = 0.3

    contradictions: ClassVar[tuple[Contradiction, ...]] = (
        Contradiction(
            ("min_seconds", "target_seconds", "max_seconds"),
            lambda cut: not cut.min_seconds <= cut.target_seconds <= cut.max_seconds,
            "the least, the usual and the greatest length of a segment are a contradiction",
            "each must be as long as the one before, for instance 1, 7 and 15 s",
        ),
    )

    def __post_init__(self) -> None:
        declarations.check_settings(self)
