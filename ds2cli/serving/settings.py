"""What a server may be told: type, meaning and default, declared once for flags, documents and code."""

from dataclasses import dataclass
from math import inf
from typing import Annotated

from ds2cli import declarations


@dataclass(frozen=True)
class Limits:
    """What nobody gets more of; who asks for more is told so (429, 413, 408), and others do not feel it."""

    max_streams: Annotated[int, "streams that are heard at once; more are answered 429", (1, 10_000)] = 64
    max_uploads: Annotated[int, "uploads that are received, waiting or heard at once", (1, 10_000)] = 16
    max_seconds: Annotated[float, "seconds of sound in one stream or upload", (1, inf)] = 14_400.0
    max_upload: Annotated[float, "megabytes of one upload", (0.001, 100_000)] = 200.0
    idle_timeout: Annotated[float, "seconds in which a client must send, or read, something", (0.1, inf)] = 30.0
    batch: Annotated[int, "streams in one pass of the network; 1: one at a time", (1, 10_000)] = 32
    drain_seconds: Annotated[float, "seconds that SIGTERM leaves for what was begun", (0, inf)] = 30.0

    def __post_init__(self) -> None:
        declarations.check_settings(self)

    @property
    def upload_bytes(self) -> int:
        return int(self.max_upload * 1e6)
