"""Newton polytopes of convex piecewise linear functions on R^4, and a functional that vanishes on maxima of four terms.

f(x) = max_i <V_i, x> has the Newton polytope P = conv{V_i}.  For each direction u of edges, up to sign,

    Psi_u(f) = sum over edges e of P parallel to u of |e| sigma(N(e)),    sigma(N) = integral_N exp(-<xi, y>) dy,

with N(e) in the hyperplane orthogonal to u the normal cone of e, and sigma the rational function of xi that the
integral defines: over a triangulation of N into simplicial cones with rays r_1, r_2, r_3 the sum of
|det(r_1, r_2, r_3)| / (<xi, r_1> <xi, r_2> <xi, r_3>), and 0 if N contains a line.  Psi_u is additive in f (edges of a
Minkowski sum), and 0 where P has a dimension below 4, as for every maximum of at most four terms.  So Psi_u(f) != 0 for
one u proves that f is no linear combination of maxima of at most four linear functions.

Everything is exact.  With the primitive integer vector u, integer rays R_j of any length and an edge of l times u,

    |e| sigma = l |det(u, R_1, R_2, R_3)| / (<xi, R_1> <xi, R_2> <xi, R_3>),

since |e| = l |u|, since the volume in the hyperplane is det(u, ., ., .)/|u|, and since lengths of rays cancel.  For a
rational xi this is a rational number; xi depends on u alone, so that values of different functions can be added.

Points have shape ``(point, 4)`` and integer entries of a few digits.
"""

from fractions import Fraction
from itertools import combinations
from math import gcd

import numpy as np

from replica.numerics import rational_linear_algebra, seeding

DIMENSION = 4
XI_BOUND = 10**6
LARGEST_ENTRY = 1000  # products of three differences and their scalar products stay within 64 bits

Direction = tuple[int, ...]


def distinct(points: np.ndarray) -> np.ndarray:
    """The different points, in lexicographic order.

    Raises ValueError for another dimension than 4, entries that are not integers, or entries too large to be exact.
    """
    points = np.asarray(points)
    if points.ndim != 2 or points.shape[1] != DIMENSION or points.dtype.kind != "i":
        raise ValueError(
            f"points have shape (point, {DIMENSION}) and integer entries, got {points.dtype} {points.shape}"
        )
    if np.abs(points).max(initial=0) > LARGEST_ENTRY:
        raise ValueError(f"entries of at most {LARGEST_ENTRY} are exact, got {np.abs(points).max()}")
    return np.unique(points, axis=0)


def minkowski_sum(*polytopes: np.ndarray) -> np.ndarray:
    """Points whose hull is the Minkowski sum: the Newton polytope of a sum of functions."""
    total = polytopes[0]
    for points in polytopes[1:]:
        total = np.unique((total[:, None, :] + points[None, :, :]).reshape(-1, total.shape[1]), axis=0)
    return total


def generic_vector(u: Direction) -> list[int]:
    """XI_BOUND times the vector xi of a direction, integers from a random stream derived from it."""
    rng = seeding.generator("newton_polytopes", *(str(x) for x in u))
    return [int(x) for x in rng.integers(-XI_BOUND, XI_BOUND + 1, DIMENSION)]


def primitive_direction(difference: np.ndarray) -> tuple[Direction, int]:
    """A difference of points as a positive length times a primitive integer vector, whose first entry is positive."""
    length = gcd(*(int(x) for x in difference))
    u = tuple(int(x) // length for x in difference)
    return (u if next(x for x in u if x) > 0 else tuple(-x for x in u)), length


def cross_products(u: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Vectors orthogonal to u and to the rows of a and b, shape (row, 4): cofactors of the matrix with these rows."""
    columns = np.arange(DIMENSION)
    result = np.empty(a.shape, dtype=np.int64)
    for j in columns:
        k, m, n = columns[columns != j]
        minor = (
            u[k] * (a[:, m] * b[:, n] - a[:, n] * b[:, m])
            - u[m] * (a[:, k] * b[:, n] - a[:, n] * b[:, k])
            + u[n] * (a[:, k] * b[:, m] - a[:, m] * b[:, k])
        )
        result[:, j] = (-1) ** j * minor
    return result


def normal_cone(points: np.ndarray, i: int, j: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Rays of the cone {y : <V_i, y> = <V_j, y> >= <V_k, y> for all k}, and the inequalities of its facets.

    Returns primitive integer rays (ray, 4) and d (facet, 4), the facets being <d, y> = 0; None where [V_i, V_j] is no
    edge of the hull.  The points are different from each other and span R^4.
    """
    u = points[j] - points[i]
    others = np.delete(points, [i, j], axis=0)
    d = points[i][None, :] - others
    collinear = (d * (u @ u) == (d @ u)[:, None] * u[None, :]).all(axis=1)
    place = -(d[collinear] @ u)  # along the line, in units where V_i is at 0 and V_j at u·u
    if np.any((place < 0) | (place > u @ u)):
        return None
    d = d[~collinear]
    first, second = np.triu_indices(len(d), 1)
    candidates = cross_products(u, d[first], d[second])
    candidates = candidates[candidates.any(axis=1)]
    candidates = np.concatenate([candidates, -candidates])
    inside = (candidates @ d.T >= 0).all(axis=1)
    rays = candidates[inside]
    if len(rays) == 0:
        return None
    rays = np.unique(rays // np.gcd.reduce(rays, axis=1)[:, None], axis=0)
    if len(rays) < 3 or rational_linear_algebra.rank(rays.tolist()) < 3:
        return None
    tight = d @ rays.T == 0
    facets = d[tight.sum(axis=1) == 2]
    _, chosen = np.unique(facets @ rays.T == 0, axis=0, return_index=True)
    return rays, facets[chosen]


def transform(u: Direction, rays: np.ndarray, facets: np.ndarray) -> Fraction:
    """sigma of a pointed normal cone times |u|, exactly: the cone is cut into simplices that share its first ray."""
    xi = generic_vector(u)
    weights = [rational_linear_algebra.dot(ray.tolist(), xi) for ray in rays]
    if 0 in weights:
        raise ArithmeticError(f"the vector xi of direction {u} is orthogonal to a ray")
    total = Fraction(0)
    for facet in facets:
        on = np.flatnonzero(rays @ facet == 0)
        if on[0] == 0:
            continue
        a, b = (int(k) for k in on)
        volume = abs(determinant([list(u), *(rays[k].tolist() for k in (0, a, b))]))
        total += Fraction(volume, weights[0] * weights[a] * weights[b])
    return total * XI_BOUND**3


def determinant(matrix: list[list[int]]) -> int:
    """Determinant in Python integers, by cofactors."""
    if len(matrix) == 1:
        return matrix[0][0]
    minors = ([row[:j] + row[j + 1 :] for row in matrix[1:]] for j in range(len(matrix)))
    return sum((-1) ** j * x * determinant(minor) for j, (x, minor) in enumerate(zip(matrix[0], minors, strict=True)))


def edges(points: np.ndarray) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
    """Edges (i, j) of the hull of different points that span R^4, with the rays and facets of their normal cones."""
    found = {}
    for i, j in combinations(range(len(points)), 2):
        cone = normal_cone(points, i, j)
        if cone is not None:
            found[i, j] = cone
    return found


def edge_functional(points: np.ndarray) -> dict[Direction, Fraction]:
    """Psi_u of max_i <V_i, x> for every direction u of an edge of the hull; empty where all of Psi is zero."""
    points = distinct(points)
    if rational_linear_algebra.rank((points[1:] - points[:1]).tolist()) < DIMENSION:
        return {}
    psi: dict[Direction, Fraction] = {}
    for (i, j), (rays, facets) in edges(points).items():
        u, length = primitive_direction(points[j] - points[i])
        psi[u] = psi.get(u, Fraction(0)) + length * transform(u, rays, facets)
    return psi


def combination(terms: list[tuple[int | Fraction, dict[Direction, Fraction]]]) -> dict[Direction, Fraction]:
    """Psi of a linear combination of convex functions, from coefficients and the Psi of each."""
    total: dict[Direction, Fraction] = {}
    for coefficient, psi in terms:
        for u, value in psi.items():
            total[u] = total.get(u, Fraction(0)) + coefficient * value
    return total
