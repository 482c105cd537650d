"""Dynamical mean-field theory of one unit in a random network with independent Gaussian couplings.

The field of a unit is Gaussian, so that its autocovariance C(τ) = C_x(τ) closes on itself:

    (1 - d²/dτ²) C = g² C_φ(C; C0),      C_φ = ⟨φ(u) φ(v)⟩,  u, v Gaussian with variance C0 and covariance C

(Sompolinsky, Crisanti, Sommers 1988).  In the chaotic state C falls from C0 to zero on the separatrix of the potential
V(C) = -C²/2 + g² G(C), G(C) = ∫_0^C C_φ, and energy conservation, C0²/2 = g² G(C0), fixes C0.  The second-order
equation is a saddle and would leave the separatrix; the first-order one, dC/dτ = -√(C² - 2g² G(C)), stays on it.

For other filters S_x(ω) and for white noise C solves C(ω) = |S_x(ω)|² [g² C_φ(ω) + 2D], found by plain iteration.

Everything here is NumPy in float64: near the onset, g → 1, quantities of size (g-1)² are left over from cancellation.
Times in units of the membrane constant.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

HERMITE_ORDER = 200
GAUSSIAN_GRID = np.linspace(-9.0, 9.0, 20001)  # 64-point Gauss-Hermite is wrong for tanh at g >= 4
START = 0.01  # first step of the separatrix, in units of its initial curvature: its series is good to START⁴
NEGLIGIBLE = 40.0  # the tail is cut where C has fallen by e^-40


class Kernel(NamedTuple):
    """What a nonlinearity makes of a Gaussian input of a given variance C0."""

    rate_covariance: Callable[[np.ndarray], np.ndarray]  # C_φ of the covariance C
    potential: Callable[[np.ndarray], np.ndarray]  # G(C) = ∫_0^C C_φ
    response: float  # γ = ⟨φ'⟩


class MeanField(NamedTuple):
    """Solution for one unit: autocovariances on a uniform grid of lags from 0."""

    gain: float
    variance: float  # C0
    response: float  # γ
    lags: np.ndarray
    state: np.ndarray  # C_x(τ)
    rate: np.ndarray  # C_φ(τ)

    @property
    def beta(self) -> float:
        """g²γ²: below 1 in the chaotic state; 1/(1 - β) is the long time scale."""
        return (self.gain * self.response) ** 2


def erf_kernel(variance: float) -> Kernel:
    """Kernel of φ(x) = erf(√π x/2), in closed form: C_φ = (2/π) arcsin(kC), k = (π/2)/(1 + πC0/2)."""
    k = (np.pi / 2) / (1 + np.pi * variance / 2)

    def potential(covariance: np.ndarray) -> np.ndarray:
        u = k * covariance
        # √(1-u²) - 1 without cancellation: what is left of C² - 2g²G near the onset is small against both.
        return 2 / np.pi * (covariance * np.arcsin(u) - u**2 / (1 + np.sqrt(1 - u**2)) / k)

    return Kernel(lambda c: 2 / np.pi * np.arcsin(k * c), potential, (1 + np.pi * variance / 2) ** -0.5)


def hermite_coefficients(transfer: Callable[[np.ndarray], np.ndarray], variance: float) -> np.ndarray:
    """c_n = E[φ(√C0 z) he_n(z)] with the orthonormal Hermite polynomials of the standard Gaussian, n < 200."""
    z = GAUSSIAN_GRID
    weighted = np.exp(-(z**2) / 2) * transfer(np.sqrt(variance) * z) * (z[1] - z[0]) / np.sqrt(2 * np.pi)
    before, current = np.zeros_like(z), np.ones_like(z)
    coefficients = np.empty(HERMITE_ORDER)
    for n in range(HERMITE_ORDER):
        coefficients[n] = weighted @ current
        before, current = current, (z * current - np.sqrt(n) * before) / np.sqrt(n + 1)
    return coefficients


def hermite_kernel(transfer: Callable[[np.ndarray], np.ndarray]) -> Callable[[float], Kernel]:
    """Kernel of any φ given the variance: C_φ = Σ c_n² ρⁿ, G = C0 Σ c_n² ρⁿ⁺¹/(n+1), ρ = C/C0, γ = c_1/√C0.

    The series is cut at n = 200: for φ of slope 1 that saturates at 1 it is good to 1e-5 up to C0 of about 20 (g = 5).
    """

    def kernel(variance: float) -> Kernel:
        coefficients = hermite_coefficients(transfer, variance)
        series = np.polynomial.Polynomial(coefficients**2)
        integral = series.integ()
        return Kernel(
            lambda c: series(c / variance),
            lambda c: variance * integral(c / variance),
            float(coefficients[1] / np.sqrt(variance)),
        )

    return kernel


def chaotic_variance(kernel: Callable[[float], Kernel], gain: float) -> float:
    """C0 of the chaotic state from C0²/2 = g² G(C0).  Raises ValueError unless the gain is above the onset, g = 1."""
    if gain <= 1:
        raise ValueError(f"the chaotic state needs a gain above 1, got {gain}")

    def energy(variance: float) -> float:
        return 0.5 - gain**2 * float(kernel(variance).potential(variance)) / variance**2

    return brentq(energy, 0.3 * (gain - 1), 1.2 * gain**2, xtol=1e-14, rtol=1e-14)


def chaotic_state(kernel: Callable[[float], Kernel], gain: float, lag_max: float, points: int) -> MeanField:
    """Chaotic solution without noise for S_x = 1/(1 + iω), on ``points`` + 1 lags from 0 to ``lag_max``."""
    variance = chaotic_variance(kernel, gain)
    at = kernel(variance)
    lags = np.linspace(0.0, lag_max, points + 1)
    curvature = gain**2 * float(at.rate_covariance(variance)) / variance - 1
    start = START / np.sqrt(curvature)

    def slope(_: float, log: np.ndarray) -> np.ndarray:
        c = variance * np.exp(log)
        return -np.sqrt(np.maximum(1 - 2 * gain**2 * at.potential(c) / c**2, 0.0))

    def faded(_: float, log: np.ndarray) -> float:
        return log[0] + NEGLIGIBLE

    faded.terminal = True
    path = solve_ivp(
        slope,
        (start, max(lag_max, 2 * start)),
        [np.log1p(-curvature * start**2 / 2)],
        method="DOP853",
        rtol=1e-11,
        atol=1e-11,
        dense_output=True,
        events=faded,
    )
    state = np.zeros_like(lags)
    early, covered = lags <= start, (lags > start) & (lags <= path.t[-1])
    state[early] = variance * (1 - curvature * lags[early] ** 2 / 2)
    state[covered] = variance * np.exp(path.sol(lags[covered])[0])
    return MeanField(gain, variance, at.response, lags, state, at.rate_covariance(state))


def spectrum(covariance: np.ndarray, step: float) -> np.ndarray:
    """f(ω) = ∫ f(τ) e^{-iωτ} dτ of an even function sampled at lags 0, Δτ, ..., n Δτ; at ω_k = k π/(n Δτ), k = 0..n."""
    return step * np.fft.rfft(np.concatenate([covariance, covariance[-2:0:-1]])).real


def filtered_state(
    kernel: Callable[[float], Kernel],
    gain: float,
    *,
    order: int = 1,
    noise: float = 0.0,
    step: float = 0.05,
    points: int = 2000,
    iterations: int = 150,
) -> MeanField:
    """Solution for S_x = 1/(1 + iω)^order with white noise of intensity D on the (first) filter, by Fourier iteration.

    The noise's own part, D e^{-|τ|}, is added in closed form, since its spectrum falls off too slowly for a grid.
    Raises ValueError for noise on filters of higher order, and where the iteration has not converged to 1e-6.
    """
    if noise and order != 1:
        raise ValueError(f"noise is implemented for filters of order 1, got order {order}")
    lags = step * np.arange(points + 1)
    filter_square = (1 + (np.pi * np.arange(points + 1) / lags[-1]) ** 2) ** -float(order)
    alone = noise * np.exp(-lags)
    state = 0.6 * gain**2 * np.exp(-lags / 3)
    for _ in range(iterations):
        at = kernel(state[0])
        driven = gain**2 * spectrum(at.rate_covariance(state), step) * filter_square
        before, state = state, np.fft.irfft(driven, 2 * points)[: points + 1] / step + alone
    if not np.abs(state - before).max() <= 1e-6 * state[0]:
        raise ValueError(f"no fixed point after {iterations} iterations at gain {gain}: variance {state[0]}")
    at = kernel(state[0])
    return MeanField(gain, float(state[0]), at.response, lags, state, at.rate_covariance(state))
