"""A rate over two settings as a picture: where the valley lies, and how wide it is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ds2cli.reporting.pictures import figure


def draw_heatmap(
    path: str | Path, values: np.ndarray, rows: Sequence[float], columns: Sequence[float], names: tuple[str, str, str]
) -> None:
    """Write the picture; its suffix names the format.

    values  (rows, columns) rates in per cent; the lowest is framed
    names   of the rows, of the columns, of the rate
    raises  UsageError where the file cannot be written
    """
    with figure(path, 1.6 + 0.62 * len(columns), 1.4 + 0.42 * len(rows)) as page:
        axes = page.subplots()
        # Near the best, differences matter; far from it, all is equally bad.
        shown = np.log(np.maximum(values, 0.01))
        image = axes.imshow(shown, cmap="viridis_r", aspect="auto")
        for row in range(len(rows)):
            for column in range(len(columns)):
                dark = image.norm(shown[row, column]) > 0.5
                axes.text(column, row, f"{values[row, column]:.1f}", ha="center", va="center", fontsize=8,
                          color="white" if dark else "black")
        row, column = np.unravel_index(values.argmin(), values.shape)
        axes.add_patch(_frame(float(column), float(row)))
        axes.set_xticks(range(len(columns)), [f"{value:g}" for value in columns])
        axes.set_yticks(range(len(rows)), [f"{value:g}" for value in rows])
        axes.set_ylabel(names[0])
        axes.set_xlabel(names[1])
        axes.set_title(f"{names[2]}: {values.min():.2f} % at {names[0]} {rows[row]:g}, {names[1]} {columns[column]:g}")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)


def _frame(column: float, row: float):
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="#d55e00", linewidth=2.5)
