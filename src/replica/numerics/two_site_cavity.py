"""Cross-covariances of a random network from the two-site cavity calculation, and the dimension of its activity.

With the spectra C_a(ω) of one unit's activity (a = φ, x), its linear response S(ω) = S_φ(ω), and v = g² S(ω1) S(ω2),
z = ε g² S(ω1) S(ω2)*, the four-point function Ψ^a(τ1, τ2) = N E[C_ij(τ1) C_ij(τ2)], i ≠ j, is

    Ψ^φ(ω1, ω2) = C_φ(ω1) C_φ(ω2) [(1 - |z|²) / (|1 - v|² |1 - z|²) - 1]
    Ψ^x(ω1, ω2) = C_x(ω1) C_x(ω2) [(2 - |v|²) / |1 - v|² - 1]                     (ε = 0)

(Clark, Abbott, Litwin-Kumar 2023).  A pair of units answers linearly to weak fields, so that C(ω) is that of a linear
network φ = S J φ + independent noise, and (1/N) tr[C(ω1) C(ω2)ᵀ] is the sum over planar pairings of four resolvents.
The dimension per unit is D^a = C_a(0)² / [C_a(0)² + Ψ^a(0, 0)].

Spectra are given on the grid ω_k = k Δω, k = 0..K; every bracket is real and even under (ω1, ω2) → (-ω1, -ω2), so that
the half plane ω1 >= 0 is enough.  Poles lie 1 - β from the real axis, β = g²γ²: Δω well below 1 - β, else D comes out
low.
"""

from typing import NamedTuple

import numpy as np


class FourPoint(NamedTuple):
    """Ψ(ω1, ω2) on ω1 = 0..K (rows) and ω2 = -K..K (columns), in units of the frequency step."""

    values: np.ndarray
    step: float


def ladder(response: np.ndarray, gain: float) -> tuple[np.ndarray, np.ndarray]:
    """|v|² and |1 - v|² on the half plane; response ``(frequency,)``, complex."""
    first, second = _plane(response)
    v = gain**2 * first * second
    return np.abs(v) ** 2, np.abs(1 - v) ** 2


def rate_function(rate: np.ndarray, response: np.ndarray, gain: float, step: float, symmetry: float = 0.0) -> FourPoint:
    """Ψ^φ(ω1, ω2) for couplings with E[J_ij J_ji] = ε g²/N, ε the ``symmetry``; spectra ``(frequency,)``."""
    first, second = _plane(rate)
    _, inverse = ladder(response, gain)
    bracket = 1 / inverse
    if symmetry:
        one, other = _plane(response)
        z = symmetry * gain**2 * one * other.conj()
        bracket = bracket * (1 - np.abs(z) ** 2) / np.abs(1 - z) ** 2
    return FourPoint(first * second * (bracket - 1), step)


def state_function(state: np.ndarray, response: np.ndarray, gain: float, step: float) -> FourPoint:
    """Ψ^x(ω1, ω2) less C_x(ω1) C_x(ω2), for independent couplings; spectra ``(frequency,)``.

    The bracket of Ψ^x tends to 1 at high frequencies.  That part is C_x(τ1) C_x(τ2), known in the time domain; the rest
    falls off fast.
    """
    first, second = _plane(state)
    square, inverse = ladder(response, gain)
    return FourPoint(first * second * ((2 - square) / inverse - 2), step)


def equal_lags(function: FourPoint, lags: np.ndarray) -> np.ndarray:
    """Ψ(τ, τ) = ∫∫ Ψ(ω1, ω2) cos((ω1 + ω2) τ) dω1 dω2 / 4π² at each lag; Ψ(0, 0) is that at lag 0."""
    size = function.values.shape[0] - 1
    total = np.arange(size + 1)[:, None] + np.arange(-size, size + 1)[None, :]
    weighted = function.values * np.where(np.arange(size + 1) == 0, 1.0, 2.0)[:, None]
    by_sum = np.bincount((total + size).ravel(), weighted.ravel())
    cosines = np.cos(np.outer(np.asarray(lags) * function.step, np.arange(-size, 2 * size + 1)))
    return cosines @ by_sum * (function.step / (2 * np.pi)) ** 2


def dimension(autocovariance: float, cross: float) -> float:
    """D = C(0)² / [C(0)² + Ψ(0, 0)], the participation ratio per unit."""
    return autocovariance**2 / (autocovariance**2 + cross)


def _plane(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values at ω1 >= 0 as a column and at all ω2 as a row; f(-ω) = f(ω)*."""
    return values[:, None], np.concatenate([values[:0:-1].conj(), values])[None, :]
