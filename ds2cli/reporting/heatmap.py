"""A rate over two settings as a picture: where the valley lies, and how wide it is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ds2cli.reporting.pictures import figure


def draw_heatmap(
    path: str | Path, values: np.ndarray, rows: Sequence[float], columns: Sequence[float], names: tuple[str, str],
    framed: tuple[int, int], title: str,
) -> None:
    """Write the picture; its suffix names the format.

    values  (rows, columns) rates in per cent
    names   of the rows, of the columns
    framed  the row and the column of the one that was chosen: among equals the picture does not choose another
    raises  UsageError where the file cannot be written
    """
    with figure(path, 1.6 + 0.62 * len(columns), 1.4 + 0.42 * len(rows)) as page:
        axes = page.subplots()
        # Near the best, differences matter; far from it, all is equally bad.
        shown = np.log(np.maximum(values, 0.01))
        image = axes.imshow(shown, cmap="viridis_r", aspect="auto")
        is_dark = np.asarray(image.norm(shown)) > 0.5
        for row in range(len(rows)):
            for column in range(len(columns)):
                axes.text(column, row, f"{values[row, column]:.1f}", ha="center", va="center", fontsize=8,
                          color="white" if is_dark[row, column] else "black")
        axes.add_patch(_frame(framed[1], framed[0]))
        axes.set_xticks(range(len(columns)), [f"{value:g}" for value in columns])
        axes.set_yticks(range(len(rows)), [f"{value:g}" for value in rows])
        axes.set_ylabel(names[0])
        axes.set_xlabel(names[1])
        axes.set_title(title)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)


def _frame(column: int, row: int):
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="#d55e00", linewidth=2.5)
