"""Spectrum of the Gram matrices of truncated powers on [0, 1], in the limit of many functions and data.

Functions (x - β_i)_+ and steps 1[x > β_i] with β_i = (i - ½)/H, data x_n = (n - ½)/N.  Divided by N H, the k-th
eigenvalue of the Gram matrix tends to
    κ_k^-4, cos κ cosh κ = -1, for (x - β)_+: a clamped beam with a free end;
    1/((k - ½) π)² for the steps: Brownian motion.
Source: derived here; the beam equation is textbook (Rayleigh, Theory of Sound, §174).
"""

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import brentq


def beam_roots(count: int) -> np.ndarray:
    """The first positive roots κ of cos κ cosh κ = -1: 1.87510, 4.69409, 7.85476, ..."""
    # Divided by cosh: no overflow, and one root within ½ of every odd multiple of π/2.
    return np.array(
        [brentq(lambda k: np.cos(k) + 1 / np.cosh(k), (j - 0.5) * np.pi - 0.5, (j - 0.5) * np.pi + 0.5, xtol=1e-14)
         for j in range(1, count + 1)]
    )  # fmt: skip


def ramp_limit(count: int) -> np.ndarray:
    """Limit of the first eigenvalues for (x - β)_+."""
    return beam_roots(count) ** -4


def step_limit(count: int) -> np.ndarray:
    """Limit of the first eigenvalues for 1[x > β]."""
    return 1 / ((np.arange(1, count + 1) - 0.5) * np.pi) ** 2


def midpoints(count: int) -> np.ndarray:
    """(i - ½)/count, i = 1 .. count."""
    return (np.arange(count) + 0.5) / count


def gram_spectrum(functions, count: int) -> np.ndarray:
    """The largest eigenvalues of FᵀF/(N H), falling, for functions F (N, H)."""
    n, h = functions.shape
    gram = functions.T @ functions / (n * h)
    return eigh(gram, eigvals_only=True, subset_by_index=[h - count, h - 1])[::-1]
