"""Relaxation times of Markov chains from their autocorrelation, and effective sample sizes.

ρ(t) is the autocorrelation at equal weights of all chains of an ensemble.  The relaxation time is the first lag with
ρ < 1/e.  The integrated time τ = 1 + 2 Σ_{t>0} ρ(t) is cut at the first t >= c τ (Sokal's window); the effective number
of samples of T steps is T/τ for each chain.

Sources: Sokal 1997, Monte Carlo methods in statistical mechanics; Madras and Sokal 1988.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array


def autocorrelation(series: Array, lags: int, *, mean: Array | float | None = None) -> Array:
    """ρ at lags 0 to ``lags - 1`` of ``(time, ..., chain)``: ``(lag, ...)``, pooled over chains.

    mean: of the stationary law, where known; None: the mean over time of each chain.  ``jnp.mean`` over time and chains
    is that of an ensemble with one law.  Raises ValueError for more lags than times.
    """
    times = series.shape[0]
    if lags > times:
        raise ValueError(f"{lags} lags of {times} times")
    x = series - (series.mean(0, keepdims=True) if mean is None else mean)
    # Zeros behind the series keep the transform from wrapping around.
    transform = jnp.fft.rfft(x, 2 * times, axis=0)
    products = jnp.fft.irfft((jnp.abs(transform) ** 2).sum(-1), 2 * times, axis=0)[:lags]
    number = (times - jnp.arange(lags)).reshape(-1, *[1] * (products.ndim - 1))
    covariance = products / number
    return covariance / covariance[:1]


def first_below(correlation: np.ndarray, level: float = np.exp(-1)) -> float:
    """First lag at which the correlation ``(lag,)`` is below the level; NaN where it never is."""
    below = np.flatnonzero(np.asarray(correlation) < level)
    return float(below[0]) if below.size else np.nan


def integrated(correlation: np.ndarray, window: float = 6.0) -> float:
    """τ = 1 + 2 Σ ρ with Sokal's window; NaN where the lags ``(lag,)`` end before it closes."""
    times = 2 * np.cumsum(np.asarray(correlation)) - 1
    closed = np.flatnonzero(np.arange(times.size) >= window * times)
    return float(times[closed[0]]) if closed.size else np.nan
