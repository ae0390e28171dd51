"""What `ds2 decode` is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ds2cli.decoding.logits import LogitsLayout


@dataclass(frozen=True)
class DecodeRequest:
    """What is decoded and how; `overrides` are the weights that were named, above the run's tuned ones.

    lm            language model; where none is named, the run's own, if it comes with one
    rescore       language model of a second pass; none named, and no `lm` either: the run's own
    greedy        without any language model
    others        networks whose log-probs are averaged with the run's
    lexicon_file  how words are said in the units; where none is named, the run's own
    written       text and words as people write them
    names         of written text: a list of words, or any text, with capitals where they belong
    """

    run: str
    inputs: list[str]
    lm: Path | None = None
    greedy: bool = False
    overrides: dict[str, Any] | None = None
    beam_search: bool = False
    n_best: int = 1
    unit_times: bool = False
    log_probs: Path | None = None
    jobs: int = 1
    device: str = "auto"
    channel: int | None = None
    layout: LogitsLayout | None = None
    letters_are_words: bool = False
    lexicon_file: Path | None = None
    one_recording: bool = False
    written: bool = False
    names: Path | None = None
    rescore: Path | None = None
    others: tuple[str, ...] = ()
