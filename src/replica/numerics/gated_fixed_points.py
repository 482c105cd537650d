"""Fixed points of gated random networks: mean-field theory, their onset, stability and number.

At a fixed point of a large network without input h and r are independent Gaussians whose variances close on themselves,

    Δ_h = ⟨φ²⟩ ⟨σ_r²⟩,    Δ_r = ⟨φ²⟩,    ⟨.⟩ over h ~ N(0, Δ_h), r ~ N(0, Δ_r),

whatever the update gate is (Krishnamurthy, Can, Schwab 2022).  With φ = tanh(g h) the average ⟨φ²⟩ depends on
x = g √Δ_h alone, T(x) = ⟨tanh²(x ξ)⟩, so that all solutions lie on an explicit curve:

    g(x)² = x² / (T(x) S(T(x))),    S(Δ) = ⟨σ_r²⟩

Its minimum is the gain g_FP at which non-zero fixed points appear: continuously at g = 1/σ_r(0) (x → 0), or by a fold,
which needs α_r > √8 without bias.  A solution is unstable where

    ρ = ⟨φ'²⟩ (⟨σ_r²⟩ + ⟨φ²⟩⟨σ_r'²⟩) > 1.

The annealed number of fixed points at a solution is exp(N Σ), the complexity Σ = E ln|det(-1 + J^h D_1 + J^h D_2 J^r
D_3)| / N with D_1 = diag(φ' σ_r), D_2 = diag(φ σ_r'), D_3 = diag(φ') and independent Gaussian h, r (Kac-Rice).

NumPy in float64; gains g, steepness α_r and bias β_r are numbers.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit

GAUSSIAN_GRID = np.linspace(-8.5, 8.5, 2001)
GAUSSIAN_WEIGHTS = np.exp(-(GAUSSIAN_GRID**2) / 2) * (GAUSSIAN_GRID[1] - GAUSSIAN_GRID[0]) / np.sqrt(2 * np.pi)
SCAN = np.concatenate([[1e-3], np.geomspace(0.02, 30.0, 300)])  # x = g √Δ_h


class FixedPoint(NamedTuple):
    """A solution of the mean-field equations."""

    gain: float
    state_variance: float  # Δ_h
    output_variance: float  # Δ_r


def gaussian_mean(function: Callable[[np.ndarray], np.ndarray], variance: float) -> float:
    """⟨f(u)⟩ for u ~ N(0, variance) by the trapezoidal rule; good to 1e-10 for tanh or σ of slopes up to 50."""
    return float(GAUSSIAN_WEIGHTS @ function(np.sqrt(variance) * GAUSSIAN_GRID))


def _gate_square(variance: float, steepness: float, bias: float) -> float:
    return gaussian_mean(lambda r: expit(steepness * r - bias) ** 2, variance)


def solution(x: float, steepness: float, bias: float = 0.0) -> FixedPoint:
    """The solution at x = g √Δ_h > 0."""
    square = gaussian_mean(lambda u: np.tanh(u) ** 2, x**2)
    variance = square * _gate_square(square, steepness, bias)
    return FixedPoint(x / np.sqrt(variance), variance, square)


def _fold(steepness: float, bias: float) -> tuple[float, float]:
    """x and g at the minimum of g(x); x is 0 where the onset is continuous."""
    gains = np.array([solution(x, steepness, bias).gain for x in SCAN])
    continuous = 1 / float(expit(-bias))
    at = int(np.argmin(gains))
    if at == 0:
        return 0.0, continuous
    bounds = (SCAN[at - 1], SCAN[min(at + 1, SCAN.size - 1)])
    found = minimize_scalar(
        lambda x: solution(x, steepness, bias).gain, bounds=bounds, method="bounded", options={"xatol": 1e-9}
    )
    return (float(found.x), float(found.fun)) if found.fun < continuous else (0.0, continuous)


def onset_gain(steepness: float, bias: float = 0.0) -> float:
    """g_FP: the smallest gain with non-zero fixed points (the limit from above where they appear continuously)."""
    return _fold(steepness, bias)[1]


def fixed_point(gain: float, steepness: float, bias: float = 0.0) -> FixedPoint:
    """The non-zero solution of largest variance at a gain, Δ_h = Δ_r = 0 below the onset.

    Raises ValueError for gains so large that x lies beyond the scanned range (g of about 20).
    """
    x, onset = _fold(steepness, bias)
    if gain <= onset:
        return FixedPoint(gain, 0.0, 0.0)
    if solution(SCAN[-1], steepness, bias).gain < gain:
        raise ValueError(f"the fixed point at gain {gain} lies beyond x = {SCAN[-1]:g}")
    at = brentq(lambda x: solution(x, steepness, bias).gain - gain, max(x, SCAN[0]), SCAN[-1], xtol=1e-12)
    return solution(at, steepness, bias)


def instability(point: FixedPoint, steepness: float, bias: float = 0.0) -> float:
    """ρ of a solution: unstable above 1."""

    def output_slope_square(r: np.ndarray) -> np.ndarray:
        value = expit(steepness * r - bias)
        return (steepness * value * (1 - value)) ** 2

    slope = gaussian_mean(lambda h: (point.gain / np.cosh(point.gain * h) ** 2) ** 2, point.state_variance)
    sent = _gate_square(point.output_variance, steepness, bias)
    return slope * (sent + point.output_variance * gaussian_mean(output_slope_square, point.output_variance))


def complexity_sample(
    generator: np.random.Generator, point: FixedPoint, steepness: float, units: int, bias: float = 0.0
) -> float:
    """ln|det(-1 + J^h D_1 + J^h D_2 J^r D_3)| / N of one draw of the couplings and of h, r; Σ is its mean."""
    coupling, output_coupling = generator.standard_normal((2, units, units)) / np.sqrt(units)
    h, r = generator.standard_normal((2, units)) * np.sqrt([[point.state_variance], [point.output_variance]])
    rate = np.tanh(point.gain * h)
    slope = point.gain * (1 - rate**2)
    output = expit(steepness * r - bias)
    by_gate = (coupling * (rate * steepness * output * (1 - output))) @ output_coupling
    matrix = (coupling * output + by_gate) * slope - np.eye(units)
    return float(np.linalg.slogdet(matrix)[1]) / units
