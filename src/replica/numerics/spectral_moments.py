"""Spectral measures of a Koopman operator from its moments μ_n = ⟨g, K^n g⟩ / 2π, n = -N .. N, μ_{-n} = conj μ_n.

    ν_N(θ) = Σ_{|n| <= N} φ(n/N) μ_n e^{inθ}

The filter φ sets the order in N at a point away from jumps: Fejér 1, cosine 3, Vandeven-4 5, the bump faster than any
power.  With φ = r^|n| the sum is the Poisson smoothing of the measure.
Ergodic averages give μ_n along one trajectory: Σ_t g(x_t)* g(x_{t+n}) / (2π (M - n)).
"""

import numpy as np
import scipy.fft

BUMP = 0.109550455106347  # exponent that makes the bump 1/2 in the middle


def fejer(x: np.ndarray) -> np.ndarray:
    """1 - |x|."""
    return 1 - np.abs(x)


def cosine(x: np.ndarray) -> np.ndarray:
    """(1 + cos πx)/2."""
    return (1 + np.cos(np.pi * x)) / 2


def vandeven(x: np.ndarray) -> np.ndarray:
    """Vandeven's filter of order 4: 1 - x⁴ (35 - 84|x| + 70x² - 20|x|³)."""
    x = np.abs(x)
    return 1 - x**4 * (35 - 84 * x + 70 * x**2 - 20 * x**3)


def bump(x: np.ndarray) -> np.ndarray:
    """exp(-2/(1 - |x|) exp(-b/x⁴)), smooth, with all derivatives 0 at 0 and at 1."""
    x = np.abs(np.asarray(x, dtype=float))
    inside = (x > 0) & (x < 1)
    safe = np.where(inside, x, 0.5)
    return np.where(inside, np.exp(-2 / (1 - safe) * np.exp(-BUMP / safe**4)), x == 0)


def no_filter(x: np.ndarray) -> np.ndarray:
    """1."""
    return np.ones_like(x, dtype=float)


FILTERS = {"Fejér": fejer, "cosine": cosine, "Vandeven": vandeven, "bump": bump, "none": no_filter}


def density(moments: np.ndarray, angles: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Σ_n weights_|n| μ_n e^{inθ}, real, ``(..., angle)``; moments ``(..., n)`` for n = 0 .. N, weights ``(n,)``."""
    n = np.arange(1, moments.shape[-1])
    weighted = moments * weights
    return weighted[..., :1].real + 2 * (weighted[..., 1:] @ np.exp(1j * n[:, None] * angles[None, :])).real


def filtered_density(moments: np.ndarray, angles: np.ndarray, filter) -> np.ndarray:
    """ν_N at the angles for moments n = 0 .. N."""
    last = moments.shape[-1] - 1
    return density(moments, angles, filter(np.arange(last + 1) / last))


def poisson_density(moments: np.ndarray, angles: np.ndarray, epsilon: float) -> np.ndarray:
    """The measure smoothed by the Poisson kernel with r = 1/(1 + ε); moments must reach n with r^n negligible."""
    return density(moments, angles, (1 + epsilon) ** -np.arange(moments.shape[-1], dtype=float))


def ergodic_moments(values: np.ndarray, count: int) -> np.ndarray:
    """μ_n, n = 0 .. count - 1, of the values along trajectories ``(..., sample)``, by fast Fourier transform."""
    samples = values.shape[-1]
    size = scipy.fft.next_fast_len(samples + count)
    spectrum = scipy.fft.fft(values, size)
    products = scipy.fft.ifft(np.abs(spectrum) ** 2)[..., :count]
    products = products.real if np.isrealobj(values) else products
    return products / (2 * np.pi * (samples - np.arange(count)))


def angle_grid(count: int) -> np.ndarray:
    """``count`` equal cells' midpoints of [-π, π): their mean times 2π integrates Fourier modes below ``count``."""
    return -np.pi + 2 * np.pi / count * (np.arange(count) + 0.5)


def distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """L1 distance of two densities on a grid of equal cells of the circle (last axis)."""
    return np.abs(first - second).mean(-1) * 2 * np.pi
