"""Identifiability of one hidden layer from a box, up to rescaling and permutation of its units.

    f(x) = Σ_i v_i max(w_i·x + b_i, 0) + c     on X = [-1, 1]^d

Where no w_i or v_i is zero, every hyperplane {w_i·x + b_i = 0} meets the interior of X (|b_i| < ‖w_i‖_1), and no two
are the same, f determines the parameters if and only if no set S of units has Σ_{i∈S} v_i w_iᵀ = 0.  The kinks of f are
the hyperplanes, so that another parameter differs by units that point the other way; since max(z, 0) = z + max(-z, 0),
reflecting those of S adds the affine function Σ_S v_i (w_i·x + b_i), which is a constant exactly where the sum is zero.

Parameters are pairs ((w, b), (v, c)) of NumPy arrays, shapes (unit, d), (unit,), (k, unit), (k,).
Source: Stock and Gribonval 2021, in the form for a box.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

Parameters = Sequence[tuple[np.ndarray, np.ndarray]]

ROUNDING = 1e-12  # relative size below which a sum of weights counts as zero, and two hyperplanes as the same


class Conditions(NamedTuple):
    """What stands against identifiability; nothing does where all three are empty.

    outside: units whose hyperplane misses the interior of the box; twins: pairs of units with one hyperplane;
    reflections: sets S of units with Σ_S v_i w_iᵀ = 0.
    """

    outside: list[int]
    twins: list[tuple[int, int]]
    reflections: list[tuple[int, ...]]


def failed_conditions(parameters: Parameters) -> Conditions:
    """Which conditions fail.  All subsets are tried: 2^units sums."""
    (w, b), (v, _) = parameters
    units = range(len(b))
    rows = np.column_stack([w, b])
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    products = v.T[:, :, None] * w[:, None, :]  # unit, output, input
    sizes = np.abs(products).max(axis=(1, 2))
    subsets = [s for size in range(1, len(b) + 1) for s in itertools.combinations(units, size)]
    return Conditions(
        outside=[i for i in units if np.abs(b[i]) >= np.abs(w[i]).sum()],
        twins=[
            (i, j)
            for i, j in itertools.combinations(units, 2)
            if min(np.abs(rows[i] - rows[j]).max(), np.abs(rows[i] + rows[j]).max()) < ROUNDING
        ],
        reflections=[
            s for s in subsets if np.abs(products[list(s)].sum(axis=0)).max() <= ROUNDING * sizes[list(s)].max()
        ],
    )


def reflected(parameters: Parameters, units: Sequence[int]) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The units point the other way, (w_i, b_i) -> -(w_i, b_i), and c takes up Σ v_i b_i.

    The function changes by the linear one Σ v_i w_i·x, which is zero for a set of ``reflections``.
    """
    (w, b), (v, c) = parameters
    sign = np.ones(len(b))
    sign[list(units)] = -1
    return (w * sign[:, None], b * sign), (v, c + v[:, list(units)] @ b[list(units)])
