"""Correlations of spike counts between neurons, against their distance, and of population rates between repeats."""

import numpy as np


def sliding_sums(counts: np.ndarray, bins: int) -> np.ndarray:
    """Sums of ``bins`` consecutive counts at every position along the last axis; its length falls by bins - 1."""
    total = np.cumsum(np.asarray(counts, dtype=float), axis=-1)
    total = np.concatenate([np.zeros((*total.shape[:-1], 1)), total], axis=-1)
    return total[..., bins:] - total[..., :-bins]


def window_sums(counts: np.ndarray, bins: int) -> np.ndarray:
    """Sums of ``bins`` consecutive counts in windows that do not overlap; the last that is not full is dropped."""
    counts = np.asarray(counts, dtype=float)
    windows = counts.shape[-1] // bins
    return counts[..., : windows * bins].reshape(*counts.shape[:-1], windows, bins).sum(axis=-1)


def _standardised(samples: np.ndarray) -> np.ndarray:
    centred = samples - samples.mean(axis=-1, keepdims=True)
    norm = np.sqrt(np.sum(centred**2, axis=-1, keepdims=True))
    return np.divide(centred, norm, out=np.full_like(centred, np.nan), where=norm > 0)


def correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Correlation coefficients of the rows of x with those of y, shape ``(row of x, row of y)``.

    NaN for rows that do not vary.
    """
    return _standardised(np.asarray(x, dtype=float)) @ _standardised(np.asarray(y, dtype=float)).T


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Euclidean distances of places ``(neuron, 2)``, shape ``(row of x, row of y)``."""
    return np.sqrt(np.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1))


def distance_profile(
    correlation: np.ndarray, distance: np.ndarray, edges: np.ndarray, *, within: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Mean correlation of the pairs in each bin of distances, and their number; both of shape ``(bin,)``.

    edges: of the bins, increasing; a bin is open below and closed above, the first is closed at both ends.
    within: the two populations are one, each pair counts once and a neuron with itself not at all.
    The mean is NaN where a bin is empty.  Pairs without a correlation are left out.
    """
    used = np.isfinite(correlation)
    if within:
        used &= np.triu(np.ones(correlation.shape, bool), 1)
    value, at = correlation[used], np.maximum(np.searchsorted(edges, distance[used], side="left") - 1, 0)
    inside = (distance[used] >= edges[0]) & (distance[used] <= edges[-1])
    bins = len(edges) - 1
    number = np.bincount(at[inside], minlength=bins)
    total = np.bincount(at[inside], value[inside], minlength=bins)
    return np.divide(total, number, out=np.full(bins, np.nan), where=number > 0), number


def fano_factors(counts: np.ndarray) -> np.ndarray:
    """Variance over mean of the counts along the last axis; NaN where there are none."""
    counts = np.asarray(counts, dtype=float)
    mean, variance = counts.mean(axis=-1), counts.var(axis=-1, ddof=1)
    return np.divide(variance, mean, out=np.full(mean.shape, np.nan), where=mean > 0)


def locked_and_total_variance(rates: np.ndarray) -> tuple[float, float]:
    """Variance of a population rate that repeats share, and all of it, from rates of shape ``(repeat, window)``.

    Locked: mean covariance of two repeats; total: mean variance.  Their difference arises within the population where
    the repeats differ in nothing but its initial state.  Raises ValueError for one repeat.
    """
    rates = np.asarray(rates, dtype=float)
    repeats = len(rates)
    if repeats < 2:
        raise ValueError("two repeats or more are needed to tell locked from internal variance")
    covariance = np.cov(rates)
    total = np.trace(covariance) / repeats
    locked = (covariance.sum() - np.trace(covariance)) / (repeats * (repeats - 1))
    return float(locked), float(total)
