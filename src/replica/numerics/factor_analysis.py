"""Factor analysis: the covariance of n variables as that of a few shared factors and of private noise.

    S ≈ L Lᵀ + Ψ,      L of shape (n, q),  Ψ diagonal

Maximum likelihood by expectation and maximisation; the fit depends on data through their covariance S only:

    β = Lᵀ (L Lᵀ + Ψ)⁻¹,   E = 1 - β L + β S βᵀ,   L ← S βᵀ E⁻¹,   Ψ ← diag(S - L β S)

The eigenvalues of L Lᵀ say how much variance is shared, and along how many dimensions.

Source: Rubin and Thayer, Psychometrika 47, 69 (1982).
"""

from typing import NamedTuple

import numpy as np


class Factors(NamedTuple):
    """Loadings L, shape ``(..., variable, factor)``, and variances Ψ of the noise, shape ``(..., variable)``."""

    loadings: np.ndarray
    noise: np.ndarray


def covariance(samples: np.ndarray) -> np.ndarray:
    """S of samples of shape ``(..., variable, sample)`` about their mean, divisor n - 1."""
    centred = samples - samples.mean(axis=-1, keepdims=True)
    return centred @ np.swapaxes(centred, -1, -2) / (samples.shape[-1] - 1)


def fit(covariance: np.ndarray, factors: int, iterations: int = 300, floor: float = 0.01) -> Factors:
    """Factors of covariance matrices of shape ``(..., variable, variable)``, from their principal components.

    floor: smallest variance of the noise, as a share of the variance of the variable.
    Raises ValueError where a variable does not vary, or where there are not fewer factors than variables.
    """
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    size = variance.shape[-1]
    if not 0 < factors < size:
        raise ValueError(f"the factors are fewer than the {size} variables, got {factors}")
    if not (variance > 0).all():
        raise ValueError(f"{np.sum(~(variance > 0))} variables do not vary")
    least = floor * variance
    values, vectors = np.linalg.eigh(covariance)
    rest = values[..., :-factors].mean(axis=-1)
    share = np.sqrt(np.maximum(values[..., -factors:] - rest[..., None], 0))
    loadings = vectors[..., -factors:] * share[..., None, :]
    noise = np.maximum(variance - np.sum(loadings**2, axis=-1), least)
    one = np.eye(factors)
    for _ in range(iterations):
        scaled = loadings / noise[..., None]
        transposed = np.swapaxes(scaled, -1, -2)
        beta = np.linalg.solve(one + transposed @ loadings, transposed)
        cross = covariance @ np.swapaxes(beta, -1, -2)
        second = one - beta @ loadings + beta @ cross
        loadings = np.swapaxes(np.linalg.solve(second, np.swapaxes(cross, -1, -2)), -1, -2)
        noise = np.maximum(variance - np.sum(loadings * cross, axis=-1), least)
    return Factors(loadings, noise)


def shared_eigenvalues(found: Factors) -> np.ndarray:
    """Eigenvalues of L Lᵀ that are not zero by rank, from the largest; shape ``(..., factor)``."""
    inner = np.swapaxes(found.loadings, -1, -2) @ found.loadings
    return np.linalg.eigvalsh(inner)[..., ::-1]


def log_likelihood(found: Factors, covariance: np.ndarray) -> np.ndarray:
    """Mean log likelihood of a sample, -½ (ln det(2π C) + tr(C⁻¹ S)), C = L Lᵀ + Ψ; shape ``(...)``."""
    size = found.noise.shape[-1]
    model = found.loadings @ np.swapaxes(found.loadings, -1, -2) + found.noise[..., None] * np.eye(size)
    fitted = np.trace(np.linalg.solve(model, covariance), axis1=-2, axis2=-1)
    return -0.5 * (size * np.log(2 * np.pi) + np.linalg.slogdet(model)[1] + fitted)
