"""Damped oscillations in a sampled curve: sign changes, half period, rate of decay.

y(x) = A e^{-δx} cos(πx/h + φ): extrema lie h apart, and each is smaller than the one before by e^{-δh}.
"""

import numpy as np


def sign_changes(values: np.ndarray, threshold: float) -> np.ndarray:
    """Number of sign changes along the last axis among values with |y| > ``threshold``; smaller ones are left out."""
    values = np.asarray(values)

    def count(row: np.ndarray) -> int:
        signs = np.sign(row[np.abs(row) > threshold])
        return int(np.sum(signs[1:] != signs[:-1]))

    return np.apply_along_axis(count, -1, values)


def extrema(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places and values of the local extrema of a curve on an even grid, from parabolas through three points."""
    difference = np.diff(y)
    at = np.flatnonzero(difference[:-1] * difference[1:] < 0) + 1
    slope, curvature = (y[at + 1] - y[at - 1]) / 2, y[at + 1] - 2 * y[at] + y[at - 1]
    shift = -slope / curvature
    return x[at] + shift * (x[1] - x[0]), y[at] + slope * shift / 2


def half_period_and_decay(x: np.ndarray, y: np.ndarray, floor: float = 0.0) -> tuple[float, float]:
    """Half period h and rate of decay δ: least squares through the places and log|values| of the extrema.

    Extrema with |y| ≤ ``floor`` are left out; not a number where fewer than three remain.
    """
    places, values = extrema(np.asarray(x), np.asarray(y))
    places, values = places[np.abs(values) > floor], values[np.abs(values) > floor]
    if len(places) < 3:
        return np.nan, np.nan
    half_period = np.polyfit(np.arange(len(places)), places, 1)[0]
    return half_period.item(), -np.polyfit(places, np.log(np.abs(values)), 1)[0].item()
