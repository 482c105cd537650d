"""Piecewise linear functions on [0, 1] in two bases, ramps and hats, and the spectra of their Gram matrices.

With n cells of width h = 1/n and φ the ReLU:

    ramps  r_i(x) = φ(x - ih),              i = 0 .. n-1
    hats   ψ_i(x) = max(0, 1 - |x - ih|/h), i = 1 .. n-1;   h ψ_i = r_{i-1} - 2 r_i + r_{i+1}

and M_ij = ∫ f_i f_j dx. The spectra are

    hats   λ_k = h (2/3 + cos(πk/n)/3), exact; condition number below 3
    ramps  λ_k ≈ h³ (2/3 + cos(θ_k)/3) / (16 sin⁴(θ_k/2)), θ_k = β_k/(n + ½), cos β cosh β = -1,

the second from the symbol of the second difference that leads from ramps to hats. At low k it is n β_k^-4, the
spectrum of the integral operator of the ramps, whose inverse is that of a clamped beam (u'''' = u/λ, u = u' = 0 at one
end, u'' = u''' = 0 at the other): eigenvalues fall as k^-4, and the condition number grows as 48 β_1^-4 n⁴ = 3.88 n⁴.
The half in n + ½ removes the error of first order at both ends of the spectrum; in the middle ½/n is left.

Functions are NumPy arrays ``(function, point)``; eigenvalues fall.
Source: Hong, Siegel, Tan and Xu 2022; the formula for ramps is derived here.
"""

import numpy as np
from scipy.optimize import brentq


def ramps(x: np.ndarray, cells: int) -> np.ndarray:
    """The n ramps at points ``(point,)``."""
    return np.maximum(x[None, :] - np.arange(cells)[:, None] / cells, 0)


def hats(x: np.ndarray, cells: int) -> np.ndarray:
    """The n - 1 inner hats at points ``(point,)``."""
    return np.maximum(1 - np.abs(x[None, :] * cells - np.arange(1, cells)[:, None]), 0)


def gram(functions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Σ_p w_p f_i(x_p) f_j(x_p): the Gram matrix by quadrature, exactly symmetric."""
    scaled = functions * np.sqrt(weights)[None, :]
    return scaled @ scaled.T


def ramp_gram(cells: int) -> np.ndarray:
    """Exact Gram matrix of the ramps: l³/3 + d l²/2 with l = 1 - max(i, j) h and d = |i - j| h."""
    place = np.arange(cells) / cells
    common = 1 - np.maximum(place[:, None], place[None, :])
    return common**3 / 3 + np.abs(place[:, None] - place[None, :]) * common**2 / 2


def hat_gram(cells: int) -> np.ndarray:
    """Exact Gram matrix of the hats: tridiagonal, 2h/3 and h/6."""
    beside = np.full(cells - 2, 1 / (6 * cells))
    return np.diag(np.full(cells - 1, 2 / (3 * cells))) + np.diag(beside, 1) + np.diag(beside, -1)


def eigenvalues(matrix: np.ndarray) -> np.ndarray:
    """Eigenvalues of a symmetric matrix, falling; those below about 1e-16 of the largest are rounding."""
    return np.linalg.eigvalsh(matrix)[::-1]


def hat_eigenvalues(cells: int) -> np.ndarray:
    """Exact eigenvalues of the hats' Gram matrix, ``(n - 1,)``."""
    return (2 / 3 + np.cos(np.pi * np.arange(1, cells) / cells) / 3) / cells


def clamped_beam_roots(count: int) -> np.ndarray:
    """The first roots β_k of cos β cosh β = -1, close to (k - 1/2) π."""
    near = (np.arange(1, count + 1) - 0.5) * np.pi
    # 1/cosh is lost in rounding beyond the twelfth root.
    found = [brentq(lambda b: np.cos(b) + 1 / np.cosh(b), b - 0.5, b + 0.5, xtol=1e-14) for b in near[:12]]
    return np.concatenate([found, near[12:]])


def ramp_eigenvalues(cells: int) -> np.ndarray:
    """Eigenvalues of the ramps' Gram matrix from the symbol, ``(n,)``; relative error below 0.55/n."""
    theta = clamped_beam_roots(cells) / (cells + 0.5)
    return (2 / 3 + np.cos(theta) / 3) / (16 * cells**3 * np.sin(theta / 2) ** 4)
