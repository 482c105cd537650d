"""Participation ratio of a covariance matrix, and its second moments from short trajectories.

    PR = (tr C)² / tr(C²),      C_ij(τ) = ⟨a_i(t) a_j(t + τ)⟩_t   (means vanish by symmetry and are not subtracted)

With T samples the square of an estimated covariance is too large by about (tr C)²/T, which makes PR too low.
Trajectories r of one network that differ in their initial conditions have independent errors, so that products of
*different* trajectories, ⟨Ĉ_r, Ĉ_s⟩ for r ≠ s, are unbiased; their mean equals

    [‖Σ_r Ĉ_r‖² - Σ_r ‖Ĉ_r‖²] / (R (R - 1)).

No N x N matrix is needed for it: with the overlaps K_rs[t, t'] = Σ_i a_i^r(t) a_i^s(t'),

    ⟨Ĉ_r(τ), Ĉ_s(τ)⟩ = Σ_{t,t'} K_rs[t, t'] K_rs[t + τ, t' + τ] / (T - τ)²,

so that one product of traces serves all lags.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


class Moments(NamedTuple):
    """Sufficient statistics of a network's activity, per unit: all of shape ``(lag,)``."""

    autocovariance: Array  # (1/N) Σ_i C_ii(τ)
    covariance_square: Array  # (1/N) ‖C(τ)‖², unbiased
    cross_square: Array  # N/(N(N-1)) Σ_{i≠j} C_ij(τ)², unbiased: the four-point function Ψ(τ, τ) of this network


def participation_ratio(covariance: Array) -> Array:
    """PR = (tr C)² / tr(C²) of a symmetric covariance matrix ``(unit, unit)``."""
    return jnp.trace(covariance) ** 2 / jnp.sum(covariance**2)


def naive_participation_ratio(traces: Array) -> Array:
    """PR of the covariance of all samples pooled, biased low; traces ``(replica, time, unit)``."""
    samples = traces.reshape(-1, traces.shape[-1])
    return participation_ratio(samples.T @ samples / samples.shape[0])


@partial(jax.jit, static_argnames="lags")
def cross_trajectory_moments(traces: Array, lags: tuple[int, ...] = (0,)) -> Moments:
    """Unbiased moments from two or more trajectories of one network; traces ``(replica, time, unit)``, lags in samples.

    Raises ValueError for a single trajectory or a lag that leaves no samples.
    """
    replicas, length, units = traces.shape
    if replicas < 2:
        raise ValueError(f"products of different trajectories need two of them at least, got {replicas}")
    if not all(0 <= lag < length for lag in lags):
        raise ValueError(f"lags {lags} lie outside the {length} samples of a trajectory")
    first, second = np.triu_indices(replicas, 1)

    def pair(total: Array, pair: tuple[Array, Array]) -> tuple[Array, None]:
        overlap = traces[pair[0]] @ traces[pair[1]].T
        products = [jnp.sum(overlap[: length - k, : length - k] * overlap[k:, k:]) / (length - k) ** 2 for k in lags]
        return total + jnp.stack(products), None

    square, _ = jax.lax.scan(pair, jnp.zeros(len(lags), traces.dtype), (first, second))
    square = square / first.size
    own = jnp.stack([jnp.mean(traces[:, : length - k] * traces[:, k:], axis=1) for k in lags])
    own_square = (jnp.sum(own, axis=1) ** 2 - jnp.sum(own**2, axis=1)) / (replicas * (replicas - 1))
    own_square = jnp.sum(own_square, axis=-1)
    return Moments(jnp.mean(own, axis=(1, 2)), square / units, (square - own_square) / max(units - 1, 1))


def circularly_shifted(key: Array, traces: Array) -> Array:
    """Each trace of each unit rolled by a random time: keeps autocovariances, removes cross-covariances."""
    replicas, length, units = traces.shape
    shift = jax.random.randint(key, (replicas, 1, units), 0, length)
    return jnp.take_along_axis(traces, (jnp.arange(length)[None, :, None] + shift) % length, axis=1)


def jackknife(function: Callable[..., np.ndarray], *samples: Sequence | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A function of means over independent samples, and its standard error by leaving out one sample at a time.

    samples: arrays whose first axis is the sample; ``function`` gets their means over it.
    Raises ValueError where the samples differ in number.
    """
    arrays = [np.asarray(sample, dtype=float) for sample in samples]
    n = arrays[0].shape[0]
    if any(array.shape[0] != n for array in arrays):
        raise ValueError(f"samples differ in number: {[array.shape[0] for array in arrays]}")
    value = np.asarray(function(*(array.mean(axis=0) for array in arrays)))
    if n < 2:
        return value, np.full(value.shape, np.nan)
    totals = [array.sum(axis=0) for array in arrays]
    left_out = [function(*((t - a[i]) / (n - 1) for t, a in zip(totals, arrays, strict=True))) for i in range(n)]
    left_out = np.stack([np.asarray(v) for v in left_out])
    return value, np.sqrt((n - 1) / n * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))
