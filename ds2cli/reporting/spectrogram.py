"""Pictures of one utterance on one time axis: what the network sees, what it answers, what that answer listens to."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ds2cli.reporting.pictures import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION, figure, light_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
_SPEAKS = 0.1  # a unit whose probability never reaches this is not drawn
_LABELLED = 0.3  # a peak below this gets no letter
_DYNAMIC_RANGE_DB = 70
_CHARACTERS_PER_INCH = 11
_SECOND_INCHES = 2.5
_ROW_SECONDS = 4.0
_ROW_INCHES = 4.2


class TimedWord(NamedTuple):
    """A word heard, from start to end in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Look:
    """One utterance as the pictures need it.

    log_power        (T, F) dB, or the features themselves where they are no powers
    feature_times    (T,) seconds, the middle of each feature frame
    bin_labels       (position, label) of the marks of the frequency axis
    bins             what the frequency axis counts
    probabilities    (T', V)
    times            (T',) seconds, the middle of what each output frame is centred on
    units            (V,) names; units[0] is the blank
    words            what was heard
    """

    title: str
    log_power: np.ndarray
    feature_times: np.ndarray
    bin_labels: Sequence[tuple[float, str]]
    bins: str
    probabilities: np.ndarray
    times: np.ndarray
    units: Sequence[str]
    words: Sequence[TimedWord]
    reference: str = ""
    seconds: float = field(default=0.0)


def draw_utterance(look: Look, path: str | Path) -> None:
    """Spectrogram, unit posteriors and words, one above the other on the same time axis; long ones in several rows.

    The layout of Graves et al. 2006, figure 1: each unit a line, its letter above its peaks, the blank dotted.
    """
    rows = _rows(look.seconds)
    colours = _colours_of(look)
    with figure(path, _width(rows[0]), 0.7 + _ROW_INCHES * len(rows)) as page:
        page.suptitle(_heading(look, _width(rows[0])), x=0.01, ha="left", fontsize=11)
        for part, row in zip(page.subfigures(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
            spectrogram, posteriors, words = part.subplots(3, 1, sharex=True, height_ratios=(3, 2, 0.6))
            _draw_spectrogram(spectrogram, look)
            _draw_posteriors(posteriors, look, row, colours)
            _draw_words(words, look, row)


def draw_sensitivity(look: Look, gradient: np.ndarray, frame: int, unit: int, path: str | Path) -> None:
    """What one output at one frame listens to, over the spectrogram's time and frequency: the seconds around it.

    gradient  (T, F) d log p(unit | frame) / d features. Red: with more power here the unit is likelier; blue: less
    """
    name = _shown(look.units[unit])
    at = float(look.times[frame])
    row = _around(at, look.seconds)
    with figure(path, _width(row), 8.4) as page:
        page.suptitle(_heading(look, _width(row)), x=0.01, ha="left", fontsize=11)
        spectrogram, heat, posteriors, words = page.subplots(4, 1, sharex=True, height_ratios=(2.4, 2.4, 1.6, 0.5))
        _draw_spectrogram(spectrogram, look)
        limit = float(np.quantile(np.abs(gradient), 0.9995)) or 1.0
        image = heat.imshow(gradient.T, cmap="RdBu_r", vmin=-limit, vmax=limit, **_placed(look))
        heat.set_title(f"what “{name}” at {at:.2f} s listens to:  ∂ log p / ∂ input")
        _frequency_axis(heat, look)
        page.colorbar(image, ax=heat, pad=0.01, aspect=12).set_label("nats per s.d.")
        _draw_posteriors(posteriors, look, row, {unit: BLUE})
        for panel in (spectrogram, heat, posteriors):
            panel.axvline(at, color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
        _draw_words(words, look, row)


def _rows(seconds: float) -> list[tuple[float, float]]:
    """Equal stretches of time, none longer than a screen shows legibly."""
    count = max(int(np.ceil(seconds / _ROW_SECONDS)), 1)
    edges = np.linspace(0, seconds, count + 1).tolist()
    return list(zip(edges[:-1], edges[1:], strict=True))


def _around(at: float, seconds: float) -> tuple[float, float]:
    """The row's worth of time that has a moment in its middle, as far as there is sound."""
    begin = min(max(at - _ROW_SECONDS / 2, 0.0), max(seconds - _ROW_SECONDS, 0.0))
    return begin, min(begin + _ROW_SECONDS, seconds)


def _width(row: tuple[float, float]) -> float:
    """Inches: two and a half for a second, within what a screen shows at its full size."""
    return float(np.clip(1.5 + _SECOND_INCHES * (row[1] - row[0]), 7.2, 12))


def _heading(look: Look, width: float) -> str:
    """The utterance's name and what should have been heard, in lines that fit."""
    reference = textwrap.wrap(f"reference: {look.reference}", int(_CHARACTERS_PER_INCH * width))
    return "\n".join([look.title, *(reference if look.reference else [])])


def _colours_of(look: Look) -> dict[int, str]:
    """A colour for each unit that speaks at all, the same in every row."""
    speaking = np.flatnonzero(look.probabilities[:, 1:].max(0) >= _SPEAKS) + 1
    return {int(unit): _COLOURS[order % len(_COLOURS)] for order, unit in enumerate(speaking)}


def _placed(look: Look) -> dict:
    """Where an image of features stands: each frame around its middle, each bin around its number."""
    half = (look.feature_times[1] - look.feature_times[0]) / 2 if len(look.feature_times) > 1 else 0.005
    bins = look.log_power.shape[1]
    extent = (look.feature_times[0] - half, look.feature_times[-1] + half, -0.5, bins - 0.5)
    return {"origin": "lower", "aspect": "auto", "extent": extent, "interpolation": "nearest"}


def _frequency_axis(panel: "Axes", look: Look) -> None:
    panel.set_ylabel(look.bins)
    panel.set_yticks([position for position, _ in look.bin_labels], [label for _, label in look.bin_labels])


def _draw_spectrogram(panel: "Axes", look: Look) -> None:
    top = float(look.log_power.max())
    bottom = max(float(look.log_power.min()), top - _DYNAMIC_RANGE_DB)
    panel.imshow(look.log_power.T, cmap="magma", vmin=bottom, vmax=top, **_placed(look))
    _frequency_axis(panel, look)


def _draw_posteriors(panel: "Axes", look: Look, row: tuple[float, float], colours: dict[int, str]) -> None:
    """Units as lines, grey where they have no colour; the blank dotted; letters above the peaks of the best path."""
    probabilities = look.probabilities
    panel.plot(look.times, probabilities[:, 0], color=FAINT, linewidth=1.0, linestyle=(0, (1, 1.5)))
    for unit in dict.fromkeys([*_colours_of(look), *colours]):
        line = probabilities[:, unit]
        if unit in colours:
            panel.plot(look.times, line, color=colours[unit], linewidth=1.4, zorder=3)
            panel.fill_between(look.times, line, color=colours[unit], alpha=0.15, linewidth=0)
        else:
            panel.plot(look.times, line, color="#dddddd", linewidth=1.2)
    letter: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "bottom", "fontsize": 10,
                              "annotation_clip": False}
    for at, unit in peaks(probabilities):
        place = look.times[at], probabilities[at, unit]
        if row[0] <= place[0] < row[1]:
            panel.annotate(_shown(look.units[unit]), place, (0, 1), color=colours.get(unit, FAINT), **letter)
    panel.set_ylim(0, 1.2)
    panel.set_yticks([0, 0.5, 1])
    panel.set_ylabel("probability\n(dotted: blank)")
    light_grid(panel)


def peaks(probabilities: np.ndarray) -> list[tuple[int, int]]:
    """(frame, unit) of the highest point of each stretch in which one unit, not the blank, is the likeliest."""
    path = probabilities.argmax(1)
    edges = np.flatnonzero(np.diff(path)) + 1
    found = []
    for stretch in np.split(np.arange(len(path)), edges):
        unit = int(path[stretch[0]])
        best = int(stretch[probabilities[stretch, unit].argmax()])
        if unit and probabilities[best, unit] >= _LABELLED:
            found.append((best, unit))
    return found


def _draw_words(panel: "Axes", look: Look, row: tuple[float, float]) -> None:
    """A bar from the start to the end of each word; a word wider than its bar stands higher or lower than the next."""
    panel.set_ylim(0, 1)
    panel.set_yticks([])
    panel.set_ylabel("heard", rotation=0, ha="right", va="center")
    panel.spines["left"].set_visible(False)
    for order, word in enumerate(look.words):
        begin, end = max(word.start, row[0]), min(word.end, row[1])
        if begin >= end:
            continue
        panel.axvspan(begin, end, color=("#cfe1ef", "#e6eff6")[order % 2], linewidth=0)
        if not row[0] <= (word.start + word.end) / 2 < row[1]:
            continue  # its name stands in the row that has more of it
        fits = len(word.text) <= _CHARACTERS_PER_INCH * _SECOND_INCHES * (end - begin)
        height = 0.5 if fits else (0.7, 0.3)[order % 2]
        panel.text((begin + end) / 2, height, word.text, ha="center", va="center", fontsize=10, clip_on=False)
    panel.set_xlim(row)
    panel.set_xlabel("seconds")


def _shown(unit: str) -> str:
    return "␣" if unit == " " else unit
