"""What a server may be told: type, meaning and default, declared once for flags, documents and code."""

from dataclasses import dataclass
from math import inf
from typing import Annotated

from ds2cli import declarations


@dataclass(frozen=True)
class Limits:
    """What nobody gets more of; who asks for more is told so (429, 413, 408), and others do not feel it."""

    max_streams: Annotated[int, "maximum number of concurrent streams; others get 429", (1, 10_000)] = 64
    max_uploads: Annotated[int, "maximum number of uploads received, waiting or processed at once", (1, 10_000)] = 16
    max_seconds: Annotated[float, "maximum seconds of audio in a stream or upload", (1, inf)] = 14_400.0
    max_upload: Annotated[float, "maximum megabytes of an upload", (0.001, 100_000)] = 200.0
    idle_timeout: Annotated[float, "seconds until an idle client is disconnected", (0.1, inf)] = 30.0
    batch: Annotated[int, "maximum number of streams per batch; 1: no batching", (1, 10_000)] = 32
    drain_seconds: Annotated[float, "seconds to finish open requests after SIGTERM", (0, inf)] = 30.0

    def __post_init__(self) -> None:
        declarations.check_settings(self)

    @property
    def upload_bytes(self) -> int:
        return int(self.max_upload * 1e6)
