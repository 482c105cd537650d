"""Dictionaries for states of very many components: kernel functions at some snapshots, orthogonalised.

For centres x_1 .. x_n and a kernel k: K = [k(x_i, x_j)] = U S U*, of which the N largest eigenvalues are kept,

    ψ(x) = k(x, centres) U S^{-1/2},

N functions, orthonormal over the centres up to a factor.  Only distances between snapshots are needed, so that the cost
in the number of components d is one product of matrices.
Source: Colbrook and Townsend, Commun. Pure Appl. Math. 77, 221 (2024), section 6; Williams, Rowley, Kevrekidis (2015).
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

KERNELS = ("Gaussian", "Laplacian")


class Dictionary(NamedTuple):
    """Factors U S^{-1/2} ``(centre, function)``, name and scale d of the kernel."""

    factors: np.ndarray
    name: str
    scale: float


def squared_distances(first: Array, second: Array) -> Array:
    """|x_i - y_j|², ``(i, j)`` in JAX's own precision, of snapshots ``(snapshot, component)`` of any precision.

    The snapshots are taken from the mean of the second set first, which keeps rounding small in float32.
    """
    middle = second.mean(0, keepdims=True)
    x, y = first - middle, second - middle
    wide = jnp.promote_types(x.dtype, jnp.result_type(float))
    products = (x @ y.T).astype(wide)
    square_x, square_y = jnp.sum(x**2, 1).astype(wide), jnp.sum(y**2, 1).astype(wide)
    return jnp.maximum(square_x[:, None] + square_y[None, :] - 2 * products, 0)


def scale_of(snapshots: Array) -> float:
    """Mean distance of the snapshots from their mean."""
    return float(jnp.sqrt(jnp.sum((snapshots - snapshots.mean(0, keepdims=True)) ** 2, 1)).mean())


def values(square: np.ndarray, name: str, scale: float) -> np.ndarray:
    """k at squared distances: exp(-r²/d²) or exp(-r/d).  Raises ValueError for another name."""
    if name not in KERNELS:
        raise ValueError(f"a kernel is one of {', '.join(KERNELS)}, got {name!r}")
    square = np.asarray(square)
    return np.exp(-square / scale**2) if name == "Gaussian" else np.exp(-np.sqrt(square) / scale)


def dictionary(square: np.ndarray, name: str, scale: float, count: int) -> Dictionary:
    """The N leading functions from the centres' squared distances ``(centre, centre)``.

    Raises ValueError where the kernel matrix has fewer eigenvalues that stand out from rounding.
    """
    square = np.array(square)
    np.fill_diagonal(square, 0.0)
    sizes, directions = np.linalg.eigh(values((square + square.T) / 2, name, scale))
    sizes, directions = sizes[::-1][:count], directions[:, ::-1][:, :count]
    if len(sizes) < count or sizes[-1] <= 0:
        raise ValueError(f"{int((sizes > 0).sum())} eigenvalues are positive, {count} functions are asked for")
    return Dictionary(directions / np.sqrt(sizes), name, scale)


def evaluate(of: Dictionary, square: np.ndarray) -> np.ndarray:
    """ψ at states with squared distances ``(state, centre)`` from the centres, ``(state, function)``."""
    return values(square, of.name, of.scale) @ of.factors
