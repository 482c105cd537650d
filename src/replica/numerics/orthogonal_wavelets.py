"""Orthogonal wavelet transform of periodic fields in two dimensions, one scale at a time.

A field y of even side n is split into a coarse field and three detail fields of side m = n/2,

    c_b(X) = Σ_x f_b(x - 2X) y(x),   f = (h⊗h, h⊗g, g⊗h, g⊗g),   g_k = (-1)^k h_{2p-1-k},

with the low-pass filter h of Daubechies' wavelet with p vanishing moments (p = 1: Haar).  The 4 m² × n² matrix of the
split is orthogonal, also where the filter is longer than the lattice and wraps around.  For a block (a b; c d), Haar
gives the coarse value (a+b+c+d)/2 and the details (a-b+c-d)/2, (a+b-c-d)/2, (a-b-c+d)/2.

Sites are the first two axes, so that samples, on the last axes, lie side by side in memory.

Source: Daubechies 1992, Ten lectures on wavelets, sections 5.1, 6.1 and 6.4.
"""

from functools import cache
from math import comb

import jax.numpy as jnp
import numpy as np
from jax import Array


@cache
def _coefficients(moments: int) -> tuple[float, ...]:
    if moments < 1:
        raise ValueError(f"a Daubechies wavelet has at least one vanishing moment, got {moments}")
    # |H|² = 2 cos^{2p}(ω/2) Σ_k C(p-1+k, k) sin^{2k}(ω/2), factorised with sin²(ω/2) = (2 - z - 1/z)/4.
    roots = []
    for y in np.roots([comb(moments - 1 + k, k) for k in range(moments)][::-1]):
        pair = np.roots([1, 4 * y - 2, 1])
        roots.append(pair[np.argmin(np.abs(pair))])  # inside the unit circle: extremal phase
    filter_ = np.real(np.poly([-1] * moments + roots))
    return tuple(filter_ * np.sqrt(2) / filter_.sum())


def daubechies(moments: int) -> np.ndarray:
    """Low-pass filter h with p vanishing moments, ``(2p,)``: Σ h = √2, Σ_k h_k h_{k+2l} = δ_l.

    Extremal phase, largest coefficients first.  Raises ValueError for p < 1.
    """
    return np.array(_coefficients(moments))


def high_pass(low_pass: np.ndarray) -> np.ndarray:
    """g_k = (-1)^k h_{2p-1-k}."""
    return low_pass[::-1] * (-1) ** np.arange(low_pass.size)


def _split(y: Array, low_pass: np.ndarray, axis: int) -> tuple[Array, Array]:
    at = (slice(None),) * axis
    even, odd = y[(*at, slice(0, None, 2))], y[(*at, slice(1, None, 2))]
    low = high = 0
    for k, (h, g) in enumerate(zip(low_pass.tolist(), high_pass(low_pass).tolist(), strict=True)):
        values = jnp.roll(odd if k % 2 else even, -(k // 2), axis) if k > 1 else (even, odd)[k]
        low, high = low + h * values, high + g * values
    return low, high


def _join(low: Array, high: Array, low_pass: np.ndarray, axis: int) -> Array:
    phases = [0, 0]
    for k, (h, g) in enumerate(zip(low_pass.tolist(), high_pass(low_pass).tolist(), strict=True)):
        values = h * low + g * high
        phases[k % 2] = phases[k % 2] + (jnp.roll(values, k // 2, axis) if k > 1 else values)
    shape = [*low.shape]
    shape[axis] *= 2
    return jnp.stack(phases, axis + 1).reshape(shape)


def split(field: Array, low_pass: np.ndarray) -> tuple[Array, Array]:
    """Coarse field ``(m, m, ...)`` and details ``(3, m, m, ...)`` of a field ``(2m, 2m, ...)``.

    Raises ValueError for odd sides.
    """
    if field.shape[0] % 2 or field.shape[1] % 2:
        raise ValueError(f"a wavelet step halves even sides, got {field.shape[:2]}")
    low, high = _split(field, low_pass, 1)
    coarse, vertical = _split(low, low_pass, 0)
    horizontal, diagonal = _split(high, low_pass, 0)
    return coarse, jnp.stack([horizontal, vertical, diagonal])


def join(coarse: Array, details: Array, low_pass: np.ndarray) -> Array:
    """The field ``(2m, 2m, ...)`` of a coarse field ``(m, m, ...)`` and details ``(3, m, m, ...)``."""
    horizontal, vertical, diagonal = details
    low = _join(coarse, vertical, low_pass, 0)
    high = _join(horizontal, diagonal, low_pass, 0)
    return _join(low, high, low_pass, 1)


def without_coarse(field: Array, low_pass: np.ndarray) -> Array:
    """Projection of a field ``(2m, 2m, ...)`` on the space of its details: its coarse part taken out."""
    low, _ = _split(field, low_pass, 1)
    coarse, _ = _split(low, low_pass, 0)
    zero = jnp.zeros_like(coarse)
    return field - _join(_join(coarse, zero, low_pass, 0), jnp.zeros_like(low), low_pass, 1)


def coarse_projector(low_pass: np.ndarray, side: int) -> np.ndarray:
    """Projector R on the coarse part of a periodic line of sites, ``(side, side)``; on the lattice it is R⊗R."""
    row = np.zeros(side)
    np.add.at(row, np.arange(low_pass.size) % side, low_pass)
    rows = np.stack([np.roll(row, 2 * shift) for shift in range(side // 2)])
    return rows.T @ rows
