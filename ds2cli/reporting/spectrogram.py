"""Pictures of one utterance on one time axis: what the network sees, what it answers, what that answer listens to."""

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
_CHARACTERS_PER_INCH = 10


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
    """Spectrogram, unit posteriors and words, one above the other on the same time axis.

    The layout of Graves et al. 2006, figure 1: each unit a line, its letter above its peaks, the blank dotted.
    """
    with figure(path, _width(look), 5.6) as page:
        spectrogram, posteriors, words = page.subplots(3, 1, sharex=True, height_ratios=(3, 2, 0.55))
        _draw_spectrogram(spectrogram, look)
        spectrogram.set_title(look.title)
        _draw_posteriors(posteriors, look)
        _draw_words(words, look)


def draw_sensitivity(look: Look, gradient: np.ndarray, frame: int, unit: int, path: str | Path) -> None:
    """What one output at one frame listens to, over the spectrogram's time and frequency.

    gradient  (T, F) d log p(unit | frame) / d features. Red: with more power here the unit is likelier; blue: less
    """
    name = _shown(look.units[unit])
    at = look.times[frame]
    with figure(path, _width(look), 7.4) as page:
        spectrogram, heat, posteriors, words = page.subplots(4, 1, sharex=True, height_ratios=(2.4, 2.4, 1.6, 0.5))
        _draw_spectrogram(spectrogram, look)
        spectrogram.set_title(look.title)
        limit = float(np.quantile(np.abs(gradient), 0.9995)) or 1.0
        image = heat.imshow(gradient.T, cmap="RdBu_r", vmin=-limit, vmax=limit, **_placed(look))
        heat.set_title(f"what “{name}” at {at:.2f} s listens to:  ∂ log p / ∂ input")
        _frequency_axis(heat, look)
        page.colorbar(image, ax=heat, pad=0.01, aspect=12).set_label("nats per s.d.")
        _draw_posteriors(posteriors, look, only=unit)
        for panel in (spectrogram, heat, posteriors):
            panel.axvline(at, color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
        _draw_words(words, look)


def _width(look: Look) -> float:
    return float(np.clip(2.5 + 1.7 * look.seconds, 7.2, 24))


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


def _draw_posteriors(panel: "Axes", look: Look, only: int | None = None) -> None:
    """Each unit that speaks at all as a line; the blank dotted; letters above the peaks of the best path."""
    probabilities = look.probabilities
    panel.plot(look.times, probabilities[:, 0], color=FAINT, linewidth=0.9, linestyle=(0, (1, 1.5)))
    speaking = [unit for unit in range(1, len(look.units)) if probabilities[:, unit].max() >= _SPEAKS]
    chosen = speaking if only is None else [only]
    colours = {unit: _COLOURS[order % len(_COLOURS)] for order, unit in enumerate(chosen)}
    for unit in dict.fromkeys([*speaking, *chosen]):
        line = probabilities[:, unit]
        if unit in colours:
            panel.plot(look.times, line, color=colours[unit], linewidth=1.2, zorder=3)
            panel.fill_between(look.times, line, color=colours[unit], alpha=0.15, linewidth=0)
        else:
            panel.plot(look.times, line, color="#dddddd", linewidth=1.2)
    letter: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "bottom", "fontsize": 8,
                              "annotation_clip": False}
    for at, unit in peaks(probabilities):
        place = look.times[at], probabilities[at, unit]
        panel.annotate(_shown(look.units[unit]), place, (0, 1), color=colours.get(unit, FAINT), **letter)
    panel.set_ylim(0, 1.14)
    panel.set_yticks([0, 0.5, 1])
    panel.set_ylabel("probability")
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


def _draw_words(panel: "Axes", look: Look) -> None:
    """A bar from the start to the end of each word; beneath, the reference."""
    panel.set_ylim(0, 1)
    panel.set_yticks([])
    panel.spines["left"].set_visible(False)
    for order, word in enumerate(look.words):
        colour = ("#dce9f3", "#eef4f9")[order % 2]
        panel.axvspan(word.start, word.end, color=colour, linewidth=0)
        panel.text((word.start + word.end) / 2, 0.5, word.text, ha="center", va="center", clip_on=False)
    panel.set_xlim(0, look.seconds)
    room = int(_CHARACTERS_PER_INCH * _width(look))
    reference = look.reference if len(look.reference) <= room else look.reference[:room] + " …"
    panel.set_xlabel(f"seconds          reference: {reference}" if reference else "seconds")


def _shown(unit: str) -> str:
    return "␣" if unit == " " else unit
