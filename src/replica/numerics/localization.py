"""How localised a profile on an even grid is: inverse participation ratio, width at half of the maximum."""

import numpy as np


def inverse_participation_ratio(profile: np.ndarray, spacing: float) -> np.ndarray:
    """∫f⁴ dx / (∫f² dx)² along the last axis, in units of 1/x.

    1/(2√π s) for f² a Gaussian of standard deviation s, 1/width for a box, 1/spacing for a single point.
    """
    square = np.asarray(profile) ** 2
    return (square**2).sum(-1) / square.sum(-1) ** 2 / spacing


def full_width_at_half_maximum(x: np.ndarray, profile: np.ndarray) -> float:
    """Distance of the outermost places at which |f| crosses half of its maximum, linear between points.

    A profile that is above half at an end of the grid has that end as its place.
    """
    size = np.abs(np.asarray(profile))
    half = size.max() / 2
    above = np.flatnonzero(size >= half)
    first, last = above[0], above[-1]
    left, right = x[first], x[last]
    if first > 0:
        left -= (size[first] - half) / (size[first] - size[first - 1]) * (x[first] - x[first - 1])
    if last < len(x) - 1:
        right += (size[last] - half) / (size[last] - size[last + 1]) * (x[last + 1] - x[last])
    return float(right - left)
