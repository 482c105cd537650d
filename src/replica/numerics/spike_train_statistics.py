"""Statistics of spike trains: counts, intervals, and the relation of rates to in-degrees."""

import numpy as np
from scipy import stats

WORD = 32


def spikes(words: np.ndarray, units: int) -> tuple[np.ndarray, np.ndarray]:
    """Step and neuron of every spike of packed words ``(time, word)``, in order of time; neurons from 0 to units - 1.

    Bit b of word k is neuron b · word count + k, as ``spike_propagation.pack`` has it; the padding never spikes.
    """
    words = np.asarray(words)
    at = np.flatnonzero(words.ravel() != 0)
    bit = np.unpackbits(words.ravel()[at].astype("<u4").view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
    which, bits = np.nonzero(bit)
    step, word = np.divmod(at[which], words.shape[1])
    neuron = bits * words.shape[1] + word
    real = neuron < units
    return step[real], neuron[real]


def window_counts(step: np.ndarray, neuron: np.ndarray, units: int, window: int, windows: int) -> np.ndarray:
    """Spike counts in consecutive windows of ``window`` steps from step 0, shape ``(neuron, window)``."""
    inside = step < window * windows
    flat = neuron[inside] * windows + step[inside] // window
    return np.bincount(flat, minlength=units * windows).reshape(units, windows)


def interval_variation(step: np.ndarray, neuron: np.ndarray, units: int, at_least: int = 3) -> np.ndarray:
    """Coefficient of variation of the interspike intervals of each neuron, shape ``(neuron,)``.

    Standard deviation (divisor n - 1) over mean; NaN for neurons with fewer than ``at_least`` intervals (2 or more).
    """
    order = np.argsort(neuron, kind="stable")
    step, neuron = np.asarray(step, dtype=float)[order], neuron[order]
    same = np.diff(neuron) == 0
    interval, owner = np.diff(step)[same], neuron[1:][same]
    n = np.bincount(owner, minlength=units)
    enough = n >= max(at_least, 2)
    mean = np.bincount(owner, interval, units) / np.maximum(n, 1)
    square = np.bincount(owner, (interval - mean[owner]) ** 2, units)
    variation = np.full(units, np.nan)
    variation[enough] = np.sqrt(square[enough] / (n[enough] - 1)) / mean[enough]
    return variation


def pearson(x: np.ndarray, y: np.ndarray) -> float:
    """Correlation coefficient of two samples; NaN where one of them does not vary."""
    x, y = np.asarray(x, dtype=float) - np.mean(x), np.asarray(y, dtype=float) - np.mean(y)
    norm = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / norm) if norm > 0 else float("nan")


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Rank correlation of two samples, ties at their mean rank; NaN where one of them does not vary."""
    return pearson(stats.rankdata(x), stats.rankdata(y))


def within_class_pearson(x: np.ndarray, y: np.ndarray, classes: int) -> float:
    """Mean over interleaved classes (neuron k in class k mod classes) of the correlation within a class."""
    return float(np.mean([pearson(x[m::classes], y[m::classes]) for m in range(classes)]))
