"""Where text and recording surely meet: passages of the text that the network hears as they are written.

Passages of n labels that occur once in the text and once in what is heard, the longest chain of them in order, and
of that only runs on one diagonal (the same passage going on), so that no lone coincidence counts. Long passages
first; between them, where much is left, shorter ones that are unique there.

Moreno et al. 1998, A recursive algorithm for the forced alignment of very long audio segments; Libriheavy's
text_search.
"""

from bisect import bisect_left

import numpy as np

from ds2cli.alignment.path import GreedyPath

SIZES = (12, 8)  # labels; 30 % of labels wrong: 0 of 209 chains of 12 led astray, with 8 at 45 %, 5 of 109 before runs
RUN = 3  # passages that follow one another on a diagonal
GAP = 400  # labels without an anchor, before shorter passages are looked for
MIXER = np.uint64(0x9E3779B97F4A7C15)


def find_anchors(heard: GreedyPath, labels: np.ndarray) -> np.ndarray:
    """(L,) int64: the frame where each label is heard for sure, -1 where it is not known; increasing.

    labels  (L,) of any vocabulary
    """
    frames = np.flatnonzero(heard.new)
    sounds = heard.units[frames].astype(np.int64)
    matches = np.full(len(labels), -1, np.int64)  # index into `sounds` of each label
    for size in SIZES:
        for (label, after), (sound, until) in _gaps(matches, len(sounds)):
            found = _chain(np.asarray(labels[label:after], np.int64), sounds[sound:until], size)
            matches[label:after] = np.where(found >= 0, found + sound, matches[label:after])
    return np.where(matches >= 0, np.append(frames, -1)[matches], -1)


def _gaps(matches: np.ndarray, n_sounds: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Stretches of labels without a match that are longer than GAP, and of sounds between the same neighbours."""
    known = np.flatnonzero(matches >= 0)
    edges = np.concatenate([[-1], known, [len(matches)]])
    sounds = np.concatenate([[-1], matches[known], [n_sounds]])
    wide = np.flatnonzero(np.diff(edges) > GAP) if len(known) else np.array([0])
    return [((int(edges[i]) + 1, int(edges[i + 1])), (int(sounds[i]) + 1, int(sounds[i + 1]))) for i in wide]


def _chain(text: np.ndarray, sounds: np.ndarray, size: int) -> np.ndarray:
    """(L,) the index of the sound that each label of the text surely is, or -1."""
    matches = np.full(len(text), -1, np.int64)
    in_text, in_sounds = _shared(text, sounds, size)
    kept = _longest_increasing(in_text)
    in_text, in_sounds = _runs(in_text[kept], in_sounds[kept])
    for shift in range(size):
        matches[in_text + shift] = in_sounds + shift
    known = np.flatnonzero(matches >= 0)  # where two runs overlap, what is out of order goes
    kept = known[_longest_increasing(matches[known])]
    return np.where(np.isin(np.arange(len(text)), kept), matches, -1)


def _shared(text: np.ndarray, sounds: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where passages start that occur once in each, in order of the sounds."""
    text_codes, text_places = _once(text, size)
    codes, places = _once(sounds, size)
    _, mine, theirs = np.intersect1d(text_codes, codes, assume_unique=True, return_indices=True)
    starts, others = text_places[mine], places[theirs]
    window = np.arange(size)
    equal = (text[starts[:, None] + window] == sounds[others[:, None] + window]).all(1)  # codes may collide
    order = np.argsort(others[equal])
    return starts[equal][order], others[equal][order]


def _once(labels: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The codes of passages that occur once, and where they start."""
    if len(labels) < size:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(labels.astype(np.uint64), size)
    codes = np.zeros(len(windows), np.uint64)
    for column in windows.T:
        codes = (codes ^ (codes >> np.uint64(29)) ^ column) * MIXER
    found, places, counts = np.unique(codes, return_index=True, return_counts=True)
    return found[counts == 1], places[counts == 1]


def _longest_increasing(values: np.ndarray) -> np.ndarray:
    """The indices of a longest increasing subsequence (Fredman 1975)."""
    tails: list[int] = []  # the smallest end of an increasing chain of each length
    ends: list[int] = []
    before = np.empty(len(values), np.int64)
    for index, value in enumerate(values.tolist()):
        length = bisect_left(tails, value)
        before[index] = ends[length - 1] if length else -1
        if length == len(tails):
            tails.append(value)
            ends.append(index)
        else:
            tails[length], ends[length] = value, index
    chain, index = [], ends[-1] if ends else -1
    while index >= 0:
        chain.append(index)
        index = before[index]
    return np.array(chain[::-1], np.int64)


def _runs(in_text: np.ndarray, in_sounds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What follows its neighbours on one diagonal, RUN passages or more in a row."""
    joined = (np.diff(in_text) == 1) & (np.diff(in_sounds) == 1)
    number = np.concatenate([[0], np.cumsum(~joined)]) if len(in_text) else np.zeros(0, np.int64)
    long = np.bincount(number, minlength=1)[number] >= RUN
    return in_text[long], in_sounds[long]


def find_cuts(anchors: np.ndarray, labels: np.ndarray, word_starts: np.ndarray, every: int = 200,
              margin: int = 4) -> list[tuple[int, int]]:
    """(frame, word): words that surely start there, about every so many labels; pieces between can be aligned alone.

    anchors  (L,) as `find_anchors` returns them
    margin   labels on both sides that are anchored too
    """
    known = np.concatenate([[0], np.cumsum(anchors >= 0)])
    words = np.arange(1, len(word_starts) - 1)
    starts = np.asarray(word_starts)[words]
    inside = (starts >= margin) & (starts + margin <= len(labels))
    words, starts = words[inside], starts[inside]
    sure = known[starts + margin] - known[starts - margin] == 2 * margin
    sure &= np.asarray(labels)[starts] != np.asarray(labels)[starts - 1]  # else a blank must part the pieces
    words, starts = words[sure], starts[sure]
    cuts: list[tuple[int, int]] = []
    at = 0
    while (at := int(np.searchsorted(starts, (starts[at] if cuts else 0) + every))) < len(words):
        cuts.append((int(anchors[starts[at]]), int(words[at])))
    return cuts
