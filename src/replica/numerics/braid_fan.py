"""The braid fan in R^n: continuous piecewise linear functions whose kinks lie on x_i = x_j and x_i = 0.

With x_0 = 0 the hyperplanes are x_i = x_j, 0 <= i < j <= n.  The rays are r_S, the indicator of a proper non-empty
subset S of {0, ..., n} modulo the all-ones vector; the cones are spanned by the rays of chains of subsets.  A function
that is positively homogeneous and conforms to the fan is given by its 2^(n+1) - 2 values on the rays; any values do.
Subsets are integers, bit i standing for the element i; rays stand in the order of these integers.

Source: Hertrich, Basu, Di Summa, Skutella, arXiv 2105.14835, section 3.
"""

from itertools import combinations, permutations
from typing import NamedTuple

import numpy as np


class SignPattern(NamedTuple):
    """A maximal pair of sets of rays on which a function may be positive and negative, and the size of its orbit."""

    positive: np.ndarray
    negative: np.ndarray
    orbit: int


def rays(n: int) -> np.ndarray:
    """The proper non-empty subsets S of {0, ..., n} as bit masks, shape (2^(n+1) - 2,)."""
    if n < 1:
        raise ValueError(f"the braid fan needs a dimension of at least 1, got {n}")
    return np.arange(1, 2 ** (n + 1) - 1)


def coordinates(n: int) -> np.ndarray:
    """The rays r_S in R^n, x_0 normalised to 0: shape (ray, n), entries -1, 0, 1."""
    bits = rays(n)[:, None] >> np.arange(n + 1)[None, :] & 1
    return bits[:, 1:] - bits[:, :1]


def comparable(n: int) -> np.ndarray:
    """Whether one of two different subsets contains the other, shape (ray, ray): their rays span a cone."""
    s, t = rays(n)[:, None], rays(n)[None, :]
    both = s & t
    return ((both == s) | (both == t)) & (s != t)


def maxima(n: int, terms: int) -> tuple[list[tuple[int, ...]], np.ndarray]:
    """All sets M of at most ``terms`` of the coordinates 0..n, and max_{i in M} x_i on the rays, shape (ray, set).

    The value at r_S is [M meets S] - [0 in S].
    """
    sets = [m for size in range(1, terms + 1) for m in combinations(range(n + 1), size)]
    masks = np.array([sum(1 << i for i in m) for m in sets])
    subsets = rays(n)
    return sets, ((subsets[:, None] & masks[None, :]) != 0).astype(int) - (subsets & 1)[:, None]


def alternating_signs(n: int) -> np.ndarray:
    """The functional phi(f) = sum_S (-1)^|S| f(r_S): its coefficients, shape (ray,).

    phi vanishes on every maximum of at most n of the n + 1 coordinates, and is -1 on max{x_0, ..., x_n}.
    """
    return np.array([(-1) ** int(s).bit_count() for s in rays(n)])


def conforms(n: int, values: list) -> bool:
    """Whether relu of the function with these values on the rays conforms to the fan: no cone sees both signs."""
    sign = np.array([int(v > 0) - int(v < 0) for v in values])
    return not np.any(comparable(n) & (sign[:, None] * sign[None, :] < 0))


def sign_patterns(n: int) -> list[SignPattern]:
    """Maximal sign patterns of functions g for which relu(g) conforms, one of each orbit under permutations of 0..n.

    No positive ray of such a g is comparable with a negative one.  A pair (P, N) is maximal where N holds every ray
    that is comparable with none of P, and the other way round (a formal concept of that relation): every admissible g
    is >= 0 on P, <= 0 on N and 0 elsewhere for one of these pairs.
    """
    subsets = [int(s) for s in rays(n)]
    apart = ~comparable(n) & ~np.eye(len(subsets), dtype=bool)
    masks = [sum(1 << j for j in np.flatnonzero(row).tolist()) for row in apart]
    everything = (1 << len(subsets)) - 1
    found = {everything}
    for mask in masks:
        found |= {pattern & mask for pattern in found}

    at = {s: i for i, s in enumerate(subsets)}
    moved = [
        [1 << at[sum(1 << p[i] for i in range(n + 1) if s >> i & 1)] for s in subsets]
        for p in permutations(range(n + 1))
    ]
    seen: set[int] = set()
    patterns = []
    for positive in sorted(found):
        if positive in seen:
            continue
        members = [i for i in range(len(subsets)) if positive >> i & 1]
        orbit = {sum(image[i] for i in members) for image in moved}
        seen |= orbit
        negative = everything
        for i in members:
            negative &= masks[i]
        flags = [np.array([bool(x >> i & 1) for i in range(len(subsets))]) for x in (positive, negative)]
        patterns.append(SignPattern(*flags, len(orbit)))
    return patterns
