"""What all pictures share: their look, their colours, and a file that appears whole or not at all."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ds2cli.errors import UsageError
from ds2cli.io.atomic import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours (2008), which colour-blind people tell apart; the order puts the clearest pair first.
BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7"
INK, FAINT = "#222222", "#999999"

SUFFIXES = (".svg", ".png", ".pdf")

_LOOK = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    # Text stays text: small, searchable, and in whatever fonts the reader has.
    "svg.fonttype": "none",
    # The same numbers give the same file.
    "svg.hashsalt": "ds2",
}
# matplotlib's own font has no Chinese characters; the first of these that is installed lends its own.
_CHINESE_FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
                  "Droid Sans Fallback", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "SimHei")  # fmt: skip


@contextmanager
def figure(path: str | Path, width: float, height: float) -> Iterator["Figure"]:
    """`with figure(path, 8, 5) as page:` draw; the file is written beside and renamed when the block ends well.

    width, height  inches
    raises  UsageError where the suffix names no format, or the folder cannot be written
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"`{path.name}` names no picture format", hint=f"end it with one of: {' '.join(SUFFIXES)}")
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    # Figure and canvas without pyplot: no window system, no global list of figures, safe in any thread.
    installed = set(fontManager.get_font_names())
    fonts = ["DejaVu Sans", *[name for name in _CHINESE_FONTS if name in installed][:1]]
    look: Any = {**_LOOK, "font.family": fonts}
    with matplotlib.rc_context(look), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        page = Figure(figsize=(width, height), layout="constrained", dpi=150)
        FigureCanvasAgg(page)
        yield page
        _save(page, path)


def _save(page: "Figure", path: Path) -> None:
    kind = path.suffix.lower().removeprefix(".")
    with atomic_write(path) as place:
        page.savefig(place, format=kind, metadata={"Date": None} if kind == "svg" else None)


def light_grid(axes: "Axes", axis: Literal["both", "x", "y"] = "y") -> None:
    """Lines to read values by, behind the data."""
    axes.grid(axis=axis, color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
