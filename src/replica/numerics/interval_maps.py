"""Chaotic and contracting maps of an interval: the Gauss map, and the tent map with its exact correlations.

Tent map T(x) = min(2x, 2 - 2x) on [0, 1]: φ_k = √2 cos(2^k π x), k = 0, 1, ..., are orthonormal and φ_k ∘ T = φ_{k+1}.
So g = √(1 - r²) Σ_k r^k φ_k has ⟨g, K^n g⟩ = r^|n|, and the spectral density

    ρ(θ) = (1 - r²) / (2π (1 - 2 r cos θ + r²)).

In floating point every orbit of the tent map ends at 0 within 60 steps, since each step shifts one bit out of the
number: ``tent_orbit`` draws the bits instead.
"""

import numpy as np

BITS = 53  # of a float64
TERMS = 64  # of the series of g: r^64 is below 1e-14 for r = 0.6


def gauss_map(x: np.ndarray, exponent: float = 2.0, offset: float = -1 - np.exp(-2.0)) -> np.ndarray:
    """exp(-α x²) + β; by default it maps [-1, 0] into itself and all orbits go to -1, where its slope is 4/e²."""
    return np.exp(-exponent * x**2) + offset


def tent_map(x: np.ndarray) -> np.ndarray:
    """min(2x, 2 - 2x)."""
    return np.minimum(2 * x, 2 - 2 * x)


def tent_orbit(generator: np.random.Generator, samples: int) -> np.ndarray:
    """A typical orbit of the tent map, shape ``(sample,)``, each point exact to 2^-53.

    x_t is the fold of the binary number b_t . b_{t+1} b_{t+2} ...: the fraction where b_t is 0, 1 - fraction otherwise.
    """
    bits = generator.integers(0, 2, samples + BITS, dtype=np.int8)
    fraction = np.zeros(samples)
    for place in range(BITS, 0, -1):
        fraction = (fraction + bits[place : place + samples]) / 2
    return np.where(bits[:samples] == 0, fraction, 1 - fraction)


def iterate_tent_map(start: float, samples: int) -> np.ndarray:
    """The orbit as floating point has it, shape ``(sample,)``: it ends at 0."""
    orbit = np.empty(samples)
    for t in range(samples):
        orbit[t] = start
        start = min(2 * start, 2 - 2 * start)
    return orbit


def tent_observable(orbit: np.ndarray, rate: float) -> np.ndarray:
    """g along an orbit, shape ``(sample - TERMS + 1,)``: √(1 - r²) Σ_k r^k φ_0(x_{t+k}), first TERMS terms."""
    weights = np.sqrt(1 - rate**2) * rate ** np.arange(TERMS)
    return np.convolve(np.sqrt(2) * np.cos(np.pi * orbit), weights[::-1], mode="valid")


def poisson_density(angles: np.ndarray, rate: float) -> np.ndarray:
    """Density on the circle with moments r^|n|/2π."""
    return (1 - rate**2) / (2 * np.pi * (1 - 2 * rate * np.cos(angles) + rate**2))
