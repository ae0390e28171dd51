"""Words that can be said in several ways: which of them is heard."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ds2cli.alignment.path import AlignedPath
from ds2cli.alignment.viterbi import viterbi_path
from ds2cli.errors import TextError
from ds2cli.text.spelled_text import SpelledText

NEARBY = 100  # a neighbour that is further away says nothing about where a word may begin


def choose_spellings(transcript: SpelledText, path: AlignedPath, log_probs: np.ndarray,
                     spellings: Sequence[Sequence[list[int]]], steps: int = 1) -> SpelledText:
    """The transcript with each word as it is heard between its neighbours' frames on a path; equal ways: the first.

    path       of the transcript as it stands
    spellings  every way to say each of its words
    steps      of the path's times in a frame
    """
    labels: list[int] = []
    starts = [0]
    for word, ways in enumerate(spellings):
        first, after = int(transcript.starts[word]), int(transcript.ends[word])
        chosen = transcript.labels[first:after].tolist()
        if len(ways) > 1 and path.starts[first] >= 0:
            begin, end = _around(path, transcript, word, steps * len(log_probs))
            scores = [_score(log_probs[begin // steps : -(-end // steps)], way) for way in ways]
            chosen = ways[int(np.argmax(scores))]
        labels += [*chosen, *transcript.labels[after : transcript.starts[word + 1]].tolist()]
        starts.append(len(labels))
    return replace(transcript, labels=np.array(labels, np.int32), starts=np.array(starts, np.int32))


def _around(path: AlignedPath, transcript: SpelledText, word: int, n_steps: int) -> tuple[int, int]:
    """The steps from the word before to the word behind; its own edge, where the neighbour is not beside it."""
    first, last = int(transcript.starts[word]), int(transcript.ends[word]) - 1
    own_begin, own_end = int(path.starts[first]), int(path.ends[last])
    begin = int(path.ends[first - 1]) if first else max(own_begin - NEARBY, 0)
    behind = int(transcript.starts[word + 1])
    end = int(path.starts[behind]) if behind < len(transcript.labels) else min(own_end + NEARBY, n_steps)
    if not 0 <= own_begin - begin <= NEARBY:
        begin = own_begin
    if not 0 <= end - own_end <= NEARBY:
        end = own_end
    return begin, end


def _score(log_probs: np.ndarray, labels: list[int]) -> float:
    try:
        return viterbi_path(log_probs, np.array(labels, np.int32), np.array([0, len(labels)], np.int32)).score
    except TextError:
        return -np.inf
