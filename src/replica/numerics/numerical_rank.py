"""Rank of matrices in floating point, with the gap of singular values that justifies it.

    rank = #{i : s_i > threshold s_1},   gap = s_rank / s_{rank+1},   of the matrix with its rows scaled to length 1.

Rows are scaled since they may differ by many orders of magnitude (points of a network's domain at very different
radii), which says nothing about the rank.  A tall matrix goes through QR first: the singular values are those of R.  A
small gap means that the number is no rank but a failed measurement.

Takes NumPy or JAX arrays with any leading dimensions, in float64.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array | np.ndarray

THRESHOLD = 1e-9
SUFFICIENT_GAP = 1e4


class Rank(NamedTuple):
    """Rank and gap, shape (...), and the singular values (..., min(row, column)) of the row-scaled matrix."""

    rank: Array
    gap: Array
    singular_values: Array


def scaled_rows(matrix: Array) -> Array:
    """Every row divided by its Euclidean norm; rows of zeros stay (so that padding with them is harmless)."""
    xp = jnp if isinstance(matrix, jax.Array) else np
    norms = xp.sqrt(xp.einsum("...ij,...ij->...i", matrix, matrix))
    return matrix / xp.where(norms == 0, 1.0, norms)[..., None]


def rank_with_gap(matrix: Array, threshold: float = THRESHOLD) -> Rank:
    """Rank, gap and singular values of matrices (..., row, column).

    Where there is no s_{rank+1} or it is below the rounding of s_1, the machine precision times s_1 stands for it, so
    that the gap is finite.  The zero matrix has rank 0 and gap 1/ε.  Raises TypeError for arrays that are not float64.
    """
    if matrix.dtype != np.float64:
        raise TypeError(f"a rank with threshold {threshold:g} needs float64, got {matrix.dtype}")
    xp = jnp if isinstance(matrix, jax.Array) else np
    scaled = scaled_rows(matrix)
    if scaled.shape[-2] > scaled.shape[-1]:
        scaled = xp.linalg.qr(scaled, mode="r")
    s = xp.linalg.svd(scaled, compute_uv=False)
    first = s[..., :1]
    rank = (s > threshold * first).sum(axis=-1)
    floor = xp.where(first == 0, 1.0, first) * np.finfo(np.float64).eps
    padded = xp.concatenate([xp.where(first == 0, 1.0, first), xp.maximum(s, floor), floor], axis=-1)
    at = xp.stack([rank, rank + 1], axis=-1)
    edge = xp.take_along_axis(padded, at, axis=-1)
    return Rank(rank, edge[..., 0] / edge[..., 1], s)
