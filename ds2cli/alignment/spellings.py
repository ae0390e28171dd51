"""Words that can be said in several ways: which of them is heard."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ds2cli.alignment.path import AlignedPath
from ds2cli.alignment.viterbi import best_path
from ds2cli.errors import TextError
from ds2cli.text.transcript import Transcript


def choose_spellings(transcript: Transcript, path: AlignedPath, log_probs: np.ndarray,
                     spellings: Sequence[Sequence[list[int]]]) -> Transcript:
    """The transcript with each word as it is heard between its neighbours' frames on a path; equal ways: the first.

    path       of the transcript as it stands
    spellings  every way to say each of its words
    """
    labels: list[int] = []
    starts = [0]
    for word, ways in enumerate(spellings):
        first, after = int(transcript.starts[word]), int(transcript.ends[word])
        chosen = transcript.labels[first:after].tolist()
        if len(ways) > 1 and path.starts[first] >= 0:
            begin = int(path.ends[first - 1]) if first else 0
            end = int(path.starts[transcript.starts[word + 1]]) if word + 1 < len(spellings) else len(log_probs)
            scores = [_score(log_probs[max(begin, 0) : end], way) for way in ways]
            chosen = ways[int(np.argmax(scores))]
        labels += [*chosen, *transcript.labels[after : transcript.starts[word + 1]].tolist()]
        starts.append(len(labels))
    return replace(transcript, labels=np.array(labels, np.int32), starts=np.array(starts, np.int32))


def _score(log_probs: np.ndarray, labels: list[int]) -> float:
    try:
        return best_path(log_probs, np.array(labels, np.int32), np.array([0, len(labels)], np.int32)).score
    except TextError:
        return -np.inf
