"""Where each label of a long text lies in a recording: anchors cut the problem, the kernel solves the pieces exactly.

    log-probs, text -> anchors -> prices, cuts -> pieces solved -> every cut checked by solving across it -> Alignment

A cut that the best path does not pass shows when the pieces beside it are solved as one; then the better path is taken,
looked at from further away, and its neighbours are checked again. Where anchors are few the pieces are large, up to the
whole recording: exact, and slower.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from ds2cli.alignment.anchors import find_anchors, find_cuts
from ds2cli.alignment.path import AlignedPath, Prices, Star, greedy_path, path_log_probs
from ds2cli.alignment.piecewise import Pin, Problem, Stitched
from ds2cli.alignment.skip_penalties import SpellingCosts, fit_prices, measure_costs
from ds2cli.errors import TextError

MOST_CELLS = 5e10  # frames times labels that are solved at once: three or four minutes
MOST_SWAPPED = 2e9  # the same in all, where passages may have changed places: a few seconds
FEW_ANCHORS = 0.02  # share of labels; where it is less, the text must prove itself
LITTLE = 0.15  # and it fails where less than this is explained


@dataclass(frozen=True)
class Note:
    """Something doubtful, for people: what, and between which frames and words."""

    text: str
    frames: tuple[int, int]
    words: tuple[int, int]


@dataclass(frozen=True)
class RecordingAlignment(AlignedPath):
    """Where each label of a whole recording lies; `starts`, `ends`, `stars` and `score` as in AlignedPath.

    prices    what was used, given or fitted
    anchored  share of labels that anchors place
    explained share of the text that is found in the audio, or where it is longer than what is heard, of that;
              labels with a time count, less by what they cost beside wrong text
    costs     nats per label of right and of wrong text, as measured
    pieces    how many were solved apart; moved  how many cuts the check across them improved
    notes     what is doubtful
    """

    prices: Prices = field(kw_only=True)
    anchored: float = field(kw_only=True)
    explained: float = field(kw_only=True)
    costs: SpellingCosts = field(kw_only=True)
    pieces: int = field(kw_only=True)
    moved: int = field(kw_only=True)
    notes: list[Note] = field(kw_only=True)

    @property
    def matches(self) -> bool:
        """Whether this text is that of this audio, in part at least."""
        return self.anchored >= FEW_ANCHORS or self.explained >= LITTLE


def align_recording(log_probs: np.ndarray, labels: np.ndarray, word_starts: np.ndarray,
                    prices: Prices | None = None) -> RecordingAlignment:
    """The best path of the whole text through the whole recording.

    log_probs    (T, V) float32 natural logs, in memory or mapped from a file
    labels       (L,) unit indices; word_starts  (W + 1,) word w is labels[word_starts[w]:word_starts[w + 1]]
    prices       of leaving out audio or text; None: fitted to the recording. PLAIN: nothing is left out
    raises       TextError where the text does not fit, and the prices forbid to leave any of it out
    """
    labels, word_starts = np.asarray(labels, np.int32), np.asarray(word_starts, np.int32)
    heard = greedy_path(log_probs)
    if np.isnan(heard.best).any():
        raise ValueError("log_probs hold NaN")
    anchors = find_anchors(heard, labels)
    cuts = find_cuts(anchors, labels, word_starts)
    costs = measure_costs(log_probs, heard, labels, word_starts, cuts)
    problem = Problem(log_probs, heard, labels, word_starts, prices or fit_prices(costs))
    path = Stitched(problem)
    notes: list[Note] = []
    pins = _solve_pieces(path, [(0, 0), *cuts, problem.end], notes)
    moved = _check_cuts(path, pins, notes)
    while (swapped := _check_swaps(path))[0]:
        moved += _check_cuts(path, pins, [])
    return RecordingAlignment(
        path.starts, path.ends, problem.score(path.starts, path.ends, path.stars), path.stars, problem.steps,
        prices=problem.prices,
        anchored=float((anchors >= 0).mean()) if len(labels) else 0.0, explained=_explained(path, costs), costs=costs,
        pieces=len(pins) - 1, moved=moved, notes=notes + swapped[1],
    )


def _solve_pieces(path: Stitched, pins: list[Pin], notes: list[Note]) -> list[Pin]:
    """Solve between every two pins; where a piece has no path, the pins beside it were wrong and go."""
    at = 0
    while at + 1 < len(pins):
        first, after = pins[at], pins[at + 1]
        try:
            path.put(first, after, _solve(path.problem, first, after, notes))
            at += 1
        except TextError:
            if len(pins) == 2:
                raise
            if at + 2 < len(pins):
                del pins[at + 1]
            else:
                del pins[at]
                at -= 1
    return pins


def _solve(problem: Problem, first: Pin, after: Pin, notes: list[Note]) -> AlignedPath:
    """The exact path of a piece; one that would take minutes is left out as a whole, and said to be."""
    piece = problem.between(first, after)
    if problem.cells(first, after) <= MOST_CELLS:
        return piece.solve()
    if not (problem.prices.allow_stars and problem.prices.allow_skips):
        raise TextError(f"{len(piece.heard.best)} frames and {len(piece.labels)} labels have no common anchor: "
                        "too large to be solved", hint="divide the recording and its text into parts")
    notes.append(Note("left out: no passage of the text is recognised, and the stretch is too large to be searched",
                      (first[0], after[0]), (first[1], after[1])))
    nowhere = np.full(len(piece.labels), -1, np.int32)
    stars: list[Star] = [(0, len(piece.heard.best) * piece.steps, 0)]
    return AlignedPath(nowhere, nowhere.copy(), piece.score(nowhere, nowhere, stars), stars, piece.steps)


def _check_cuts(path: Stitched, pins: list[Pin], notes: list[Note]) -> int:
    """Solve across every cut, from the middle of the piece before to that of the next; how many improved."""
    words = [word for _, word in pins]
    waiting = deque(range(1, len(pins) - 1))
    reach, moved = dict.fromkeys(waiting, 1), set()
    while waiting:
        cut = waiting.popleft()
        low, high = max(0, cut - reach[cut]), min(len(pins) - 1, cut + reach[cut])
        first, after = path.pins_near((words[low] + words[low + 1]) // 2, (words[high] + words[high - 1] + 1) // 2)
        if path.problem.cells(first, after) > MOST_CELLS:
            notes.append(Note("not checked: the stretches beside this cut are too large to be solved as one",
                              (first[0], after[0]), (first[1], after[1])))
            continue
        if not path.improve(first, after):
            continue
        moved.add(cut)
        reach[cut] *= 2
        waiting.extend(near for near in (cut - 1, cut, cut + 1) if near in reach and near not in waiting)
    return len(moved)


def _check_swaps(path: Stitched) -> tuple[bool, list[Note]]:
    """Where audio without text and text without audio are neighbours, whether what lies between was the wrong choice.

    Of two passages that changed places anchors may fit either; only solving over both says which explains more.
    """
    improved, notes, budget = False, [], MOST_SWAPPED
    events = _left_out(path)
    for (kind, word, _), (other, _, behind) in zip(events, events[1:], strict=False):
        if kind == other:
            continue
        first, after = path.pins_near(word - 1, behind + 1)
        budget -= path.problem.cells(first, after)
        if budget >= 0:
            improved |= path.improve(first, after)
        else:
            notes.append(Note("text and audio left out near each other: passages may have changed places",
                              (first[0], after[0]), (first[1], after[1])))
    return improved, notes


def _left_out(path: Stitched) -> list[tuple[str, int, int]]:
    """Stars and stretches of skipped words in order: which of the two, the first word, and the word behind."""
    skipped = path.starts[path.problem.word_starts[:-1]] < 0
    edges = np.flatnonzero(np.diff(skipped, prepend=False, append=False)).tolist()
    skips = [("skip", word, behind) for word, behind in zip(edges[::2], edges[1::2], strict=True)]
    return sorted(skips + [("star", word, word) for _, _, word in path.stars], key=lambda event: event[1:])


def _explained(path: Stitched, costs: SpellingCosts) -> float:
    """The share of labels that have a time, weighed by how far their cost is from that of wrong text.

    With made-up speech right and wrong texts lay on either side of LITTLE by far, at up to 75 % of labels misheard.
    """
    problem, timed = path.problem, path.starts >= 0
    if not timed.any():
        return 0.0
    said = path_log_probs(problem.log_probs, problem.heard, problem.labels, path.starts, path.ends, path.stars,
                          problem.steps)
    cost = float((problem.heard.best - said).sum(dtype=np.float64)) / timed.sum()
    found = timed.sum() * (1 - min(1.0, cost / costs.wrong if np.isfinite(costs.wrong) else 0.0))
    return min(1.0, float(found / max(1, min(len(timed), int(problem.heard.new.sum())))))
