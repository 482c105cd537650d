"""A maximum of many affine functions on R^n as a combination of maxima of at most n + 1 of them.

For a_i(x) = <w_i, x> + b_i and n + 2 of them there is an affine dependency sum_i k_i w_i = 0, sum_i k_i = 0; let
kappa = sum_i k_i b_i be >= 0 (otherwise take -k), U = {k_i > 0}, V = {k_i < 0}, and C all the other functions.  Then
min_V a <= max_U a everywhere, so that sum_{T in V} (-1)^|T| max_{U + T + C} = 0, which gives

    max_{U + V + C} = -(-1)^|V| sum_{T a proper subset of V} (-1)^|T| max_{U + T + C}.

Repeated on the largest sets until none has more than n + 1 elements; coefficients are integers throughout.  The number
of sets that remain is at most sum_{i=1}^{n+1} binomial(p, i) for p functions.

Source: Wang and Sun, IEEE Trans. Inf. Theory 51, 4425 (2005), as used in arXiv 2105.14835, section 4.
"""

from itertools import combinations
from math import comb

import numpy as np
from scipy.spatial import Delaunay

from replica.numerics import rational_linear_algebra

Combination = dict[frozenset[int], int]


def dependency(slopes: list[list[int]], offsets: list[int]) -> tuple[list[int], int]:
    """Integers k with sum k_i w_i = 0 and sum k_i = 0, not all zero, and kappa = sum k_i b_i >= 0.

    slopes: w, (function, n), offsets: b, at least n + 2 functions, all integers.
    """
    columns = [list(row) for row in zip(*slopes, strict=True)] + [[1] * len(slopes)]
    k = rational_linear_algebra.null_space(columns)[0]
    kappa = rational_linear_algebra.dot(k, offsets)
    return (k, kappa) if kappa >= 0 else ([-x for x in k], -kappa)


def reduce(slopes: np.ndarray, offsets: np.ndarray, *, swapped: bool = False) -> Combination:
    """The maximum of all functions as {set of at most n + 1 functions: integer coefficient of its maximum}.

    slopes: integers (function, n); offsets: integers (function,).  swapped: use U and V the wrong way round, for which
    the identity does not hold (a negative control).  Raises ValueError for arrays that are not integers.
    """
    if slopes.dtype.kind != "i" or offsets.dtype.kind != "i":
        raise ValueError("the reduction is exact and takes integers")
    n = slopes.shape[1]
    w, b = slopes.tolist(), offsets.tolist()
    pending: dict[int, Combination] = {len(b): {frozenset(range(len(b))): 1}}
    result: Combination = {}
    while pending:
        size = max(pending)
        for members, coefficient in pending.pop(size).items():
            if not coefficient:
                continue
            if size <= n + 1:
                result[members] = coefficient
                continue
            chosen = sorted(members)[: n + 2]
            k, _ = dependency([w[i] for i in chosen], [b[i] for i in chosen])
            removable = [i for i, x in zip(chosen, k, strict=True) if (x > 0 if swapped else x < 0)]
            kept = members - set(removable)
            for count in range(len(removable)):
                sign = -((-1) ** (len(removable) + count))
                level = pending.setdefault(len(kept) + count, {})
                for part in combinations(removable, count):
                    smaller = kept | set(part)
                    level[smaller] = level.get(smaller, 0) + sign * coefficient
    return result


def evaluate(terms: Combination, values: np.ndarray) -> np.ndarray:
    """The combination of maxima from the values of all functions, shape (function, point); exact for integers."""
    total = np.zeros(values.shape[1], dtype=values.dtype)
    for members, coefficient in terms.items():
        total += coefficient * values[sorted(members)].max(axis=0)
    return total


def interior_delaunay_faces(points: np.ndarray) -> int:
    """Faces of all dimensions of the Delaunay triangulation of points (point, n) that lie inside their hull.

    For tangent planes of |x|^2 at these points every maximum of a face with its sign, (-1)^(n - dimension), gives the
    maximum of all (inclusion and exclusion on the cells where the planes are the largest): so many terms remain.
    """
    points = np.unique(points, axis=0)
    if points.shape[1] == 1:
        return 2 * len(points) - 3
    triangulation = Delaunay(points)
    simplices = triangulation.simplices.tolist()
    inside, on_hull = set(), set()
    for faces, tops in ((inside, simplices), (on_hull, triangulation.convex_hull.tolist())):
        for top in tops:
            faces |= {frozenset(f) for size in range(1, len(top) + 1) for f in combinations(top, size)}
    return len(inside - on_hull)


def term_bound(pieces: int, n: int) -> int:
    """How many sets of at most n + 1 of the functions there are."""
    return sum(comb(pieces, i) for i in range(1, n + 2))
