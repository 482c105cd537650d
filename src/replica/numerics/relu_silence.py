"""Stably silent units: a unit of the second layer that is non-positive on the whole input space.

    u(x) = v · max(W x + b, 0) + c <= 0   for all x in R^n_0

For n_1 <= n_0 generic units of the first layer their image is the whole orthant, so that u is silent if and only if
c <= 0 and all v <= 0.  For n_1 >= n_0 hyperplanes in general position every cell of the arrangement is the convex hull
of its vertices plus the cone of its extreme rays, which lie along the lines of the arrangement: u is silent if and
only if u <= 0 at all vertices and v · max(W d, 0) <= 0 for the directions ±d of all lines.

Arrays have a leading dimension ``draw``: W (draw, n_1, n_0), b and v (draw, n_1), c (draw,).  Known rates for symmetric
densities: Brownlowe et al., arXiv 2412.06829.
"""

from itertools import combinations

import numpy as np


def silent_on_orthant(v: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Whether the unit is silent on the orthant, c <= 0 and v <= 0: (draw,)."""
    return (c <= 0) & np.all(v <= 0, axis=-1)


def silent_everywhere(w: np.ndarray, b: np.ndarray, v: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Whether the unit is silent, from the vertices and lines of the arrangement of n_1 >= n_0 hyperplanes: (draw,).

    Raises ValueError for n_1 < n_0, where the arrangement has no vertices.
    """
    units, inputs = w.shape[1:]
    if units < inputs:
        raise ValueError(f"{units} hyperplanes in {inputs} dimensions have no vertex; use silent_on_orthant")
    silent = np.ones(len(w), dtype=bool)
    for chosen in map(list, combinations(range(units), inputs)):
        vertex = np.linalg.solve(w[:, chosen], -b[:, chosen, None])
        z = (w @ vertex)[..., 0] + b
        z[:, chosen] = 0.0  # exactly, instead of to rounding
        silent &= np.einsum("ij,ij->i", v, np.maximum(z, 0)) + c <= 0
    for chosen in map(list, combinations(range(units), inputs - 1)):
        z = (w @ _null_vector(w[:, chosen])[..., None])[..., 0]
        z[:, chosen] = 0.0
        for sign in (1, -1):
            silent &= np.einsum("ij,ij->i", v, np.maximum(sign * z, 0)) <= 0
    return silent


def rate(inputs: int, units: int) -> float:
    """Probability of silence for symmetric densities: 2^-(n_1+1) for n_1 <= n_0, (2^n_0 + 1)/4^(n_0+1) for n_0 + 1.

    Raises ValueError for more units, where no closed form is used.
    """
    if units <= inputs:
        return 2.0 ** -(units + 1)
    if units == inputs + 1:
        return (2**inputs + 1) / 4 ** (inputs + 1)
    raise ValueError(f"no closed form for {units} units of {inputs} inputs")


def _null_vector(rows: np.ndarray) -> np.ndarray:
    """A vector orthogonal to n - 1 rows (draw, n - 1, n), by minors: (draw, n)."""
    n = rows.shape[-1]
    minors = [np.linalg.det(np.delete(rows, k, axis=-1)) for k in range(n)]
    return np.stack([(-1) ** k * minor for k, minor in enumerate(minors)], axis=-1)
