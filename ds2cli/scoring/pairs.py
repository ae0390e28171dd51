"""A reference and a hypothesis of one utterance, and what else is known of it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Pair:
    """What was said and what was understood.

    record  fields that came with either side: speaker, audio_filepath, nbest, ...
    """

    id: str
    reference: str
    hypothesis: str
    record: dict[str, Any] = field(default_factory=dict, repr=False)
