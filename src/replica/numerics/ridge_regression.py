"""Ridge regression y ≈ W f from sums over samples that arrive in blocks:

    Wᵀ = (Σ f fᵀ + β 1)⁻¹ Σ f yᵀ

The sums need memory for (feature, feature), not for the samples.  Of the symmetric Σ f fᵀ only blocks on and above the
diagonal are summed.
"""

from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy import linalg

_STRIPS = 4  # of rows of the Gram matrix, each from the diagonal on: (STRIPS + 1)/(2 STRIPS) of the products
_LEAST = 256  # features, below which one product is faster


class Sums(NamedTuple):
    """strips: rows of Σ f fᵀ from the diagonal block on; cross: Σ f yᵀ, shape ``(feature, target)``."""

    strips: tuple[Array, ...]
    cross: Array


def _starts(features: int) -> list[int]:
    strips = _STRIPS if features >= _LEAST else 1
    return [features * i // strips for i in range(strips + 1)]


def zeros(features: int, targets: int) -> Sums:
    """Sums over no samples."""
    starts = _starts(features)
    strips = tuple(jnp.zeros((b - a, features - a)) for a, b in pairwise(starts))
    return Sums(strips, jnp.zeros((features, targets)))


def add(sums: Sums, features: Array, targets: Array) -> Sums:
    """Sums with more samples: features ``(sample, feature)``, targets ``(sample, target)``."""
    starts = _starts(features.shape[1])
    strips = tuple(
        strip + features[:, a:b].T @ features[:, a:]
        for strip, (a, b) in zip(sums.strips, pairwise(starts), strict=True)
    )
    return Sums(strips, sums.cross + features.T @ targets)


def gram(sums: Sums) -> np.ndarray:
    """Σ f fᵀ, whole."""
    features = sums.cross.shape[0]
    whole = np.zeros((features, features))
    for strip, start in zip(sums.strips, _starts(features), strict=False):
        whole[start : start + strip.shape[0], start:] = strip
    return np.triu(whole) + np.triu(whole, 1).T


def solve(sums: Sums, ridge: float) -> np.ndarray:
    """Weights W, shape ``(target, feature)``.  Raises LinAlgError where the matrix is not positive definite."""
    matrix = gram(sums)
    np.einsum("ii->i", matrix)[:] += ridge
    return linalg.solve(matrix, np.asarray(sums.cross), assume_a="pos", overwrite_a=True).T


@jax.jit
def _total(blocks_of_features: Array, blocks_of_targets: Array) -> Sums:
    start = zeros(blocks_of_features.shape[2], blocks_of_targets.shape[2])

    def more(sums: Sums, block: tuple[Array, Array]) -> tuple[Sums, None]:
        return add(sums, *block), None

    return jax.lax.scan(more, start, (blocks_of_features, blocks_of_targets))[0]


def fit(features: Array, targets: Array, ridge: float) -> np.ndarray:
    """Weights for samples that are all at hand: features ``(sample, feature)``, targets ``(sample, target)``."""
    return solve(_total(jnp.asarray(features)[None], jnp.asarray(targets)[None]), ridge)
