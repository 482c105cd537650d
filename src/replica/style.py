"""One look for every figure."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PANEL = (3.1, 2.4)  # width and height of one panel, inches
DPI = 110  # of the PNG: a row of three panels stays near 60 kB, since git keeps it
PALETTE = "colorblind"


def apply() -> None:
    """Set the common style, whatever settings the user's own files hold."""
    mpl.rcdefaults()
    mpl.use("agg")
    sns.set_theme(context="paper", style="ticks", palette=PALETTE, font="DejaVu Sans")
    mpl.rcParams.update(
        {
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.dpi": DPI,
            "legend.frameon": False,
            "legend.fontsize": "small",
            "lines.linewidth": 1.3,
            "lines.markersize": 4,
            "pdf.fonttype": 42,
            "savefig.dpi": DPI,
            "svg.hashsalt": "replica",
        }
    )


def panels(
    rows: int = 1, columns: int = 1, *, width: float = PANEL[0], height: float = PANEL[1], **options
) -> tuple[Figure, np.ndarray]:
    """A figure with a grid of panels in the common style, lettered a, b, c where there are several.

    width, height: of one panel, in inches; options go to ``plt.subplots``.  Returns the figure and a 1-D array of axes.
    """
    apply()
    figure, axes = plt.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False, **options)
    flat = axes.ravel()
    if flat.size > 1:
        for letter, axis in zip("abcdefghijklmnopqrstuvwxyz", flat, strict=False):
            axis.set_title(letter, loc="left", fontweight="bold")
    return figure, flat


def colors(n: int, *, ordered: bool = False) -> list:
    """n colours: of the common palette, or of a perceptually even sequence where the values have an order."""
    return sns.color_palette("flare", n) if ordered else sns.color_palette(PALETTE, n)


def points(axis: Axes, x, y, error=None, **options) -> None:
    """Simulation: points with their spread (error bars), no line."""
    options = {"fmt": "o", "capsize": 2, "elinewidth": 0.8, "linestyle": "none", "markersize": 3.5} | options
    axis.errorbar(x, y, error, **options)
