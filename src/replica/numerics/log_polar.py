"""The map between retina and primary visual cortex: log-polar coordinates.

A point of the retina at polar coordinates (r, θ) is seen by the cortical point x = (ln r, θ)/s.  Rays in the retina are
stripes of constant x2 in the cortex, rings are stripes of constant x1.  The length s (radians per unit of x2) lets the
circle hold a whole number of periods of a field that is periodic in x2.

Source: Schwartz, Biol. Cybern. 25, 181 (1977).
"""

import numpy as np


def cortical(first: np.ndarray, second: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Cortical x1 = ln r / s and x2 = θ/s of retinal points (Cartesian), θ in (-π, π]; x1 = -inf at r = 0."""
    radius = np.hypot(first, second)
    with np.errstate(divide="ignore"):
        return np.log(radius) / scale, np.arctan2(second, first) / scale


def retinal_image(
    field: np.ndarray, x1: np.ndarray, x2: np.ndarray, *, pixels: int, largest: float, copies: int
) -> tuple[np.ndarray, np.ndarray]:
    """A cortical field seen in the retina: the image ``(pixel, pixel)``, rows from below, and its axis.

    field: ``(x1, x2)`` on even grids, periodic in x2; the circle holds ``copies`` periods, s = 2π/(copies · period).
    The image is the square of half side e^{s · largest}, ``largest`` being the x1 of its edge.  Values are bilinear in
    the cortex; points outside the range of x1 take the value at its end.
    """
    step1, step2 = x1[1] - x1[0], x2[1] - x2[0]
    scale = 2 * np.pi / (copies * step2 * len(x2))
    half = np.exp(scale * largest)
    axis = half * ((np.arange(pixels) + 0.5) * 2 / pixels - 1)
    at1, at2 = cortical(axis[None, :], axis[:, None], scale)
    row = np.clip((at1 - x1[0]) / step1, 0, len(x1) - 1)
    column = (at2 - x2[0]) / step2
    below = np.minimum(np.floor(row).astype(int), len(x1) - 2)
    left = np.floor(column).astype(int)
    along, across = row - below, column - left
    left, right = left % len(x2), (left + 1) % len(x2)
    lower = field[below, left] * (1 - across) + field[below, right] * across
    upper = field[below + 1, left] * (1 - across) + field[below + 1, right] * across
    return lower * (1 - along) + upper * along, axis
