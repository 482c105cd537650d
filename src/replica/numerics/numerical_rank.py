"""Rank of matrices in floating point, with the gap of singular values that justifies it.

    rank = #{i : s_i > threshold s_1},   gap = s_rank / s_{rank+1},   of the matrix with its rows scaled to length 1.

Rows are scaled since they may differ by many orders of magnitude (points of a network's domain at very different
radii), which says nothing about the rank.  A small gap means that the number is no rank but a failed measurement.

A tall matrix J (N, D) goes through QR first: the singular values are those of R.  A very tall NumPy array, N > 4 D
and N > 256, goes through a sketch where that is enough:

    Y = G J / √r,   G (r, N) of standard normal numbers, the same in every run,   r = D + ⌊D/64⌋ + 8

One product of matrices costs a fraction of a QR factorisation.  With Q an orthonormal basis of the columns of J,
Y = (G Q) (Qᵀ J) / √r, and G Q is an (r, D) matrix of standard normal numbers, hence

    s_min(G Q) s_i(J) ≤ √r s_i(Y) ≤ s_max(G Q) s_i(J)   for all i:

Y has the rank of J with probability one, and ratios of singular values change by a factor of at most the condition
number κ(G Q).  κ is about (√r + √D) / (√r - √D) (Davidson and Szarek 2001): 9 for D = 20, 30 for D = 80; and it is
above 1000 with a probability below 1e-10 for each matrix with D ≤ 900 (Chen and Dongarra 2005, arXiv:0810.0800).
On sketches: Halko, Martinsson and Tropp 2011, SIAM Review 53, 217.

The sketch decides where no s_i lies within a factor 1000 of threshold s_1 and its gap is at least 1000 times
SUFFICIENT_GAP.  Then, if κ ≤ 1000, the rank is that of the matrix itself, and so is the verdict that its gap is
sufficient; gap and singular values are those of the sketch.  All other matrices are factorised.

Takes NumPy or JAX arrays with any leading dimensions, in float64.
"""

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array | np.ndarray

THRESHOLD = 1e-9
SUFFICIENT_GAP = 1e4

_TALL = 4  # rows per column above which the sketch is tried,
_MANY = 256  # and number of rows
_MARGIN = 1e3  # distortion of singular values by the sketch that a clear answer withstands
_ROWS = 1024  # rows that are scaled and multiplied at a time
_BLOCK = 2**18  # numbers that are scaled and multiplied at a time


class Rank(NamedTuple):
    """Rank and gap, shape (...), and singular values (..., min(row, column)) of the row-scaled matrix or its sketch."""

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
    that the gap is finite.  The zero matrix has rank 0 and gap 1/ε.  Whether a matrix is factorised or sketched
    depends on that matrix alone, not on those stacked with it; JAX arrays are always factorised.  Raises TypeError for
    arrays that are not float64.
    """
    if matrix.dtype != np.float64:
        raise TypeError(f"a rank with threshold {threshold:g} needs float64, got {matrix.dtype}")
    if isinstance(matrix, jax.Array) or matrix.shape[-2] <= max(_MANY, _TALL * matrix.shape[-1]):
        return _decided(_exact(matrix), threshold)
    lead = matrix.shape[:-2]
    stack = matrix.reshape(math.prod(lead), *matrix.shape[-2:])
    s = _sketched(stack)
    found = _decided(s, threshold)
    first = s[:, :1]
    near = (s > threshold / _MARGIN * first) & (s <= threshold * _MARGIN * first)
    doubtful = near.any(axis=-1) | (found.gap < _MARGIN * SUFFICIENT_GAP)
    if doubtful.any():
        s[doubtful] = _exact(stack[doubtful])
        found = _decided(s, threshold)
    return Rank(found.rank.reshape(lead)[()], found.gap.reshape(lead)[()], s.reshape(*lead, s.shape[-1]))


def _decided(s: Array, threshold: float) -> Rank:
    """Rank and gap from singular values (..., k) in descending order."""
    xp = jnp if isinstance(s, jax.Array) else np
    first = s[..., :1]
    rank = (s > threshold * first).sum(axis=-1)
    floor = xp.where(first == 0, 1.0, first) * np.finfo(np.float64).eps
    padded = xp.concatenate([xp.where(first == 0, 1.0, first), xp.maximum(s, floor), floor], axis=-1)
    at = xp.stack([rank, rank + 1], axis=-1)
    edge = xp.take_along_axis(padded, at, axis=-1)
    return Rank(rank, edge[..., 0] / edge[..., 1], s)


def _exact(matrix: Array) -> Array:
    """Singular values of the row-scaled matrices, from R of their QR factorisation where they are tall."""
    xp = jnp if isinstance(matrix, jax.Array) else np
    scaled = scaled_rows(matrix)
    if scaled.shape[-2] > scaled.shape[-1]:
        scaled = xp.linalg.qr(scaled, mode="r")
    return xp.linalg.svd(scaled, compute_uv=False)


def _sketched(stack: np.ndarray) -> np.ndarray:
    """Singular values (matrix, column) of G J / √r of the row-scaled matrices J (matrix, row, column).

    Goes through blocks of matrices and of rows, so that no copy of the whole is ever made.
    """
    count, rows, columns = stack.shape
    size = columns + columns // 64 + 8
    together = max(1, _BLOCK // (columns * min(rows, _ROWS)))
    found = np.empty((count, columns))
    for first in range(0, count, together):
        block = stack[first : first + together]
        sketch = np.zeros((len(block), columns, size))
        for part, start in enumerate(range(0, rows, _ROWS)):
            some = block[:, start : start + _ROWS]
            sketch += scaled_rows(some).swapaxes(-1, -2) @ _gaussian(part, size)[: some.shape[-2]]
        found[first : first + together] = np.linalg.svd(sketch.swapaxes(-1, -2) / np.sqrt(size), compute_uv=False)
    return found


@functools.lru_cache(maxsize=32)
def _gaussian(part: int, size: int) -> np.ndarray:
    """Gᵀ from row ``part`` * _ROWS on, (_ROWS, r): standard normal numbers, the same in every run."""
    return np.random.default_rng((part, size)).standard_normal((_ROWS, size))
