"""Gradient descent on a linear model: step by step, and in closed form.

    a_{t+1} = a_t - P Ψ (Ψᵀ a_t - y)/N,   a_0 = 0,   features Ψ (function, point),   M = Ψ Ψᵀ/N

minimises ½ mean (Ψᵀ a - y)². With P = 1/λ_max, λ_max the largest eigenvalue of M, the part of the error along
eigenvector k falls by 1 - λ_k/λ_max in each step, so that the residual is known for all t:

    r_t = Σ_k v_k (1 - λ_k/λ_max)^t (v_k · r_0) + the part of r_0 outside of the span,   r_0 = -y

with v_k the right singular vectors of Ψ. With P = M^-1 all parts vanish in the first step.

NumPy arrays in float64; residuals ``(frame, point)``. Source: Hong, Siegel, Tan and Xu 2022; textbooks.
"""

from collections.abc import Sequence

import numpy as np


def frames(steps: int, count: int = 60) -> list[int]:
    """About ``count`` numbers of steps up to ``steps``, even in the logarithm, with all powers of ten."""
    even = np.round(np.geomspace(1, steps, count)).astype(int)
    return np.union1d(even, 10 ** np.arange(int(np.log10(steps)) + 1)).tolist()


def exact_residual(features: np.ndarray, target: np.ndarray, at: Sequence[int]) -> np.ndarray:
    """Residuals after ``at`` steps of size 1/λ_max, from the singular values of the features."""
    _, singular, modes = np.linalg.svd(features, full_matrices=False)
    part = modes @ target
    kept = (1 - (singular[None, :] / singular[0]) ** 2) ** np.asarray(at)[:, None]
    return -(kept * part[None, :]) @ modes - (target - part @ modes)[None, :]


def descend(features: np.ndarray, target: np.ndarray, at: Sequence[int], *, preconditioned: bool = False) -> np.ndarray:
    """Residuals after ``at`` steps, taken one by one; ``preconditioned``: by the inverse of M, not by 1/λ_max.

    Raises ValueError where the numbers of steps do not increase from 1 or more.
    """
    lengths = np.diff(np.asarray(at), prepend=0)
    if (lengths < 1).any():
        raise ValueError(f"frames are increasing numbers of steps from 1, got {list(at)}")
    matrix = features @ features.T / target.size
    slope = features @ target / target.size
    step = np.linalg.inv(matrix) if preconditioned else np.eye(len(matrix)) / np.linalg.eigvalsh(matrix)[-1]
    coefficients, kept = np.zeros(len(matrix)), []
    for length in lengths:
        for _ in range(length):
            coefficients = coefficients + step @ (slope - matrix @ coefficients)
        kept.append(coefficients)
    return np.array(kept) @ features - target[None, :]


def sine_errors(residual: np.ndarray, x: np.ndarray, modes: Sequence[int]) -> np.ndarray:
    """|2 mean_p r(x_p) sin(πk x_p)| for each k, ``(..., mode)``: 1 where a target's mode of amplitude 1 is missing."""
    sines = np.sin(np.pi * np.asarray(modes)[:, None] * x[None, :])
    return np.abs(2 * residual @ sines.T / x.size)
