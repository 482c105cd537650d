"""Dynamical mean-field theory of a network with output gates and frozen update gates (α_z = 0, no biases).

h and r of a unit are independent Gaussian processes whose autocovariances close on themselves:

    C_h = C_φ C_σ filtered by 1/(1 + (ω/σ_z)²),    C_r = C_φ filtered by 1/(1 + (τ_r ω)²),
    C_φ(τ) = ⟨φ(h(t)) φ(h(t + τ))⟩ = Σ a_n² ρ_h(τ)ⁿ,    C_σ(τ) = ⟨σ_r σ_r⟩ = ¼ + Σ b_n² ρ_r(τ)ⁿ,    n odd,

ρ = C/C(0), a_n and b_n the Hermite coefficients of tanh(g √C_h(0) ξ) and σ_r(√C_r(0) ξ); σ_z = ½ (Krishnamurthy, Can,
Schwab 2022).  Solved by plain iteration, for many pairs of gain and steepness side by side.

Times in units of the membrane constant; NumPy in float64; one row of an array is one pair of gain and steepness.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from replica.numerics.dynamical_mean_field import spectrum
from replica.numerics.gated_fixed_points import GAUSSIAN_GRID, GAUSSIAN_WEIGHTS

ORDER = 120
STEP = 0.1  # between lags
LAGS = 600
UPDATE = 0.5  # σ_z of a frozen gate
EXTINCT = 1e-5  # C_h(0) below which activity has died
SETTLED = 1e-3  # relative change of C_h(0) in one iteration up to which a solution counts as found
STATIC = 1e-3  # relative fall of C_h over all lags below which a solution is a fixed point


class MeanField(NamedTuple):
    """Autocovariances of h and r on lags 0, Δτ, ..., shape ``(row, lag)``, and which rows are chaotic."""

    lags: np.ndarray
    state: np.ndarray  # C_h
    output: np.ndarray  # C_r
    chaotic: np.ndarray  # C_h(0) > 0 has been reached, and C_h decays with the lag


def odd_hermite_functions() -> np.ndarray:
    """Weighted orthonormal Hermite polynomials of odd order below 120 on the positive half of the grid.

    ``(order, point)``; the product with an odd function there is its Hermite coefficients.
    """
    half = GAUSSIAN_GRID.size // 2 + 1
    xi, weights = GAUSSIAN_GRID[half:], 2 * GAUSSIAN_WEIGHTS[half:]
    before, current = np.zeros_like(xi), np.ones_like(xi)
    functions = np.empty((ORDER // 2, xi.size))
    for n in range(ORDER):
        if n % 2:
            functions[n // 2] = weights * current
        before, current = current, (xi * current - np.sqrt(n) * before) / np.sqrt(n + 1)
    return functions


def _odd_series(coefficients: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Σ c_n² ρⁿ over odd n, for each row."""
    square = correlation**2
    total = np.zeros_like(correlation)
    for c in coefficients.T[::-1]:
        total = total * square + (c**2)[:, None]
    return total * correlation


def _filtered(covariance: np.ndarray, rate: float) -> np.ndarray:
    """Autocovariance behind the filter 1/(1 + iω/rate)."""
    lags = covariance.shape[-1] - 1
    frequencies = np.pi * np.arange(lags + 1) / (lags * STEP)
    driven = np.stack([spectrum(row, STEP) for row in covariance]) / (1 + (frequencies / rate) ** 2)
    return np.fft.irfft(driven, 2 * lags)[:, : lags + 1] / STEP


def chaotic_state(
    gains: np.ndarray, steepnesses: np.ndarray, output_time: float = 1.0, iterations: int = 600
) -> MeanField:
    """Iterate from C_h = 0.45 e^{-τ/4}, C_r = 0.5 e^{-τ/4}; gains and steepnesses have shape ``(row,)``.

    A row is chaotic where C_h(0) is above 1e-5, changes by less than 0.1 % in the last iteration (near the onset dying
    takes hundreds of iterations), and C_h falls by more than 0.1 % up to the longest lag, 60 τ: its time scale diverges
    at a continuous onset, so that there little decay is seen within them.
    """
    gains, steepnesses = np.asarray(gains, dtype=float), np.asarray(steepnesses, dtype=float)
    lags = STEP * np.arange(LAGS + 1)
    functions = odd_hermite_functions()
    xi = GAUSSIAN_GRID[-functions.shape[1] :]
    state = np.tile(0.45 * np.exp(-lags / 4), (gains.size, 1))
    output = np.tile(0.5 * np.exp(-lags / 4), (gains.size, 1))
    change = np.full(gains.size, np.inf)
    for _ in range(iterations):
        rate_coefficients = np.tanh((gains * np.sqrt(state[:, 0]))[:, None] * xi) @ functions.T
        gate_coefficients = (expit((steepnesses * np.sqrt(output[:, 0]))[:, None] * xi) - 0.5) @ functions.T
        rate = _odd_series(rate_coefficients, state / state[:, :1])
        gate = 0.25 + _odd_series(gate_coefficients, output / output[:, :1])
        before = state[:, 0]
        # Activity that dies would underflow, and its correlation with it.
        state = np.maximum(_filtered(rate * gate, UPDATE), 1e-30)
        output = np.maximum(_filtered(rate, 1 / output_time), 1e-30)
        change = np.abs(state[:, 0] / before - 1)
    chaotic = (state[:, 0] > EXTINCT) & (change < SETTLED) & (state[:, -1] < (1 - STATIC) * state[:, 0])
    return MeanField(lags, state, output, chaotic)


def onset_of_chaos(
    steepnesses: np.ndarray, low: float, high: float, tolerance: float, output_time: float = 1.0, iterations: int = 600
) -> np.ndarray:
    """g_dyn(α_r): the smallest gain with a chaotic solution, by bisection of all rows at once to ``tolerance``.

    Raises ValueError unless every row is chaotic at ``high`` and none at ``low``.
    """
    steepnesses = np.asarray(steepnesses, dtype=float)
    below, above = np.full(steepnesses.shape, float(low)), np.full(steepnesses.shape, float(high))
    ends = [chaotic_state(g, steepnesses, output_time, iterations).chaotic for g in (below, above)]
    if ends[0].any() or not ends[1].all():
        raise ValueError(f"the onset of chaos does not lie between {low} and {high} for every steepness {steepnesses}")
    while np.max(above - below) > tolerance:
        middle = (below + above) / 2
        chaotic = chaotic_state(middle, steepnesses, output_time, iterations).chaotic
        below, above = np.where(chaotic, below, middle), np.where(chaotic, middle, above)
    return above
