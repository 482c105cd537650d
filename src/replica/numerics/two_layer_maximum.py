"""The maximum of five numbers with two hidden layers: the identity, its proof by rays, and the search that finds it.

A function of one hidden layer is written as a sum of segments, g(x) = sum of max(<p, x>, <q, x>), a tuple of pairs
(p, q); p = q is a linear function.  Coordinates are in units of 1/2, so that all are integers: g stands for 2 g.

The identity is max(x_1..x_5) = 4/3 A - 1/3 B + 4/3 C - 4/3 D, each letter the average over all choices of distinct
indices a, b, c, d, e of

    A  max of four of the five,
    B  max{ max(x_a, (x_b+x_c)/2), max(x_a, (x_d+x_e)/2) },
    C  max{ max(x_a, (x_b+x_c)/2), max(x_b, x_d)/2 + max(x_b, x_e)/2 },
    D  max{ max(x_a, x_b)/2 + max(x_a, x_c)/2, max(x_b, x_c)/2 + max(x_d, x_e)/2 }.

Every term is max(g, g') with g and g' of one hidden layer.  That two layers suffice was shown first by Bakaev, Brunck,
Hertrich, Stade, Yehudayoff, arXiv 2505.14338; this identity was found by linear programming among the functions of
``one_layer_functions``.
"""

from fractions import Fraction
from itertools import combinations, combinations_with_replacement, permutations

import numpy as np

Vector = tuple[int, ...]
Segments = tuple[tuple[Vector, Vector], ...]
Pair = tuple[Segments, Segments]

NUMBERS = 5
HALF = 2  # coordinates of segments are multiples of 1/HALF
COEFFICIENTS = {"A": Fraction(4, 3), "B": Fraction(-1, 3), "C": Fraction(4, 3), "D": Fraction(-4, 3)}


def _add(*vectors: Vector) -> Vector:
    return tuple(sum(entries) for entries in zip(*vectors, strict=True))


_HALF_UNIT = [tuple(int(i == j) for i in range(NUMBERS)) for j in range(NUMBERS)]  # e_j / 2


def midpoint(i: int, j: int) -> Vector:
    """(e_i + e_j)/2 in units of 1/2; e_i for i = j."""
    return _add(_HALF_UNIT[i], _HALF_UNIT[j])


def segment(p: Vector, q: Vector) -> Segments:
    """max(<p, x>, <q, x>)."""
    return (tuple(sorted((p, q))),)


def half_segments(*pairs: tuple[int, int]) -> Segments:
    """The sum over pairs of max(x_i, x_j)/2."""
    return tuple(sorted(tuple(sorted((_HALF_UNIT[i], _HALF_UNIT[j]))) for i, j in pairs))


def canonical(g: Segments) -> Segments:
    """One form for every way to write a function of one or two segments: points are moved into the segments, and
    parallel segments joined."""
    shift = (0,) * NUMBERS
    lengths: dict[Vector, Vector] = {}
    for p, q in g:
        low, high = sorted((p, q))
        shift = _add(shift, low)
        difference = tuple(b - a for a, b in zip(low, high, strict=True))
        if any(difference):
            divisor = int(np.gcd.reduce(difference))
            u = tuple(x // divisor for x in difference)
            lengths[u] = _add(lengths.get(u, (0,) * NUMBERS), difference)
    if not lengths:
        return ((shift, shift),)
    first, *rest = sorted(lengths.values())
    return ((shift, _add(shift, first)), *(((0,) * NUMBERS, d) for d in rest))


def terms() -> dict[str, list[Pair]]:
    """The pairs (g, g') of the four parts of the identity; the average over each part counts."""
    indices = range(NUMBERS)
    part: dict[str, dict[frozenset, Pair]] = {name: {} for name in COEFFICIENTS}

    def take(name: str, g: Segments, other: Segments) -> None:
        part[name].setdefault(frozenset((canonical(g), canonical(other))), (g, other))

    for a, b, c, d in combinations(indices, 4):
        take("A", segment(midpoint(a, a), midpoint(b, b)), segment(midpoint(c, c), midpoint(d, d)))
    for a, b, c, d, e in permutations(indices):
        corner = segment(midpoint(a, a), midpoint(b, c))
        take("B", corner, segment(midpoint(a, a), midpoint(d, e)))
        take("C", corner, half_segments((b, d), (b, e)))
        take("D", half_segments((a, b), (a, c)), half_segments((b, c), (d, e)))
    return {name: list(pairs.values()) for name, pairs in part.items()}


def weighted_terms(coefficients: dict[str, Fraction]) -> tuple[list[tuple[int, Segments, Segments]], int]:
    """All terms (c, g, g') with integer c, and what their sum must be divided by (units of 1/2 included)."""
    found = terms()
    each = {name: Fraction(coefficients[name]) / len(pairs) for name, pairs in found.items()}
    scale = int(np.lcm.reduce([value.denominator for value in each.values()]))
    weighted = [(int(each[name] * scale), g, other) for name, pairs in found.items() for g, other in pairs]
    return weighted, scale * HALF


def values(g: Segments, x: np.ndarray) -> np.ndarray:
    """2 g at points x (number, point); exact at integer points."""
    return sum(np.maximum(np.array(p) @ x, np.array(q) @ x) for p, q in g)


def vertices(g: Segments) -> np.ndarray:
    """Points whose hull is the Newton polytope of 2 g: sums of ends of the segments."""
    points = np.zeros((1, NUMBERS), dtype=int)
    for ends in g:
        points = (points[:, None, :] + np.array(ends)[None, :, :]).reshape(-1, NUMBERS)
    return np.unique(points, axis=0)


def chamber_rays() -> np.ndarray:
    """Points x (number, ray), integers, at which two sides of the identity must agree to agree everywhere.

    Both sides are symmetric, and adding a constant to all numbers adds it to both: x_1 >= ... >= x_5 = 0 is enough,
    with y_i = x_i - x_{i+1} >= 0.  There both are linear on the cones into which the hyperplanes <V - W, x> = 0 cut the
    chamber, V and W being points of the Newton polytope of one term.  These cones are pointed, so that the values on
    their rays, where three independent hyperplanes (walls included) meet, decide.
    """
    normals = set()
    for pairs in terms().values():
        for pair in pairs:
            points = np.unique(np.concatenate([vertices(g) for g in pair]), axis=0)
            i, j = np.triu_indices(len(points), 1)
            differences = np.cumsum(points[i] - points[j], axis=1)[:, :-1]  # as linear forms in y
            cutting = differences[(differences.max(axis=1) > 0) & (differences.min(axis=1) < 0)]
            for row in cutting // np.gcd.reduce(cutting, axis=1)[:, None]:
                sign = 1 if row[np.flatnonzero(row)[0]] > 0 else -1
                normals.add(tuple(int(v) for v in sign * row))
    planes = np.array(sorted(normals) + [tuple(row) for row in np.eye(NUMBERS - 1, dtype=int)])
    i, j, k = np.array(list(combinations(range(len(planes)), 3))).T
    rows = np.stack([planes[i], planes[j], planes[k]], axis=1)
    columns = np.arange(NUMBERS - 1)
    y = np.stack([(-1) ** c * _determinants(rows[:, :, columns != c]) for c in columns], axis=1)
    y = np.concatenate([y, -y])
    y = y[(y >= 0).all(axis=1) & (y > 0).any(axis=1)]
    y = np.unique(y // np.gcd.reduce(y, axis=1)[:, None], axis=0)
    x = np.cumsum(y[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([x, np.zeros((len(x), 1), dtype=int)], axis=1).T


def _determinants(m: np.ndarray) -> np.ndarray:
    """Determinants of integer matrices (matrix, 3, 3)."""
    return (
        m[:, 0, 0] * (m[:, 1, 1] * m[:, 2, 2] - m[:, 1, 2] * m[:, 2, 1])
        - m[:, 0, 1] * (m[:, 1, 0] * m[:, 2, 2] - m[:, 1, 2] * m[:, 2, 0])
        + m[:, 0, 2] * (m[:, 1, 0] * m[:, 2, 1] - m[:, 1, 1] * m[:, 2, 0])
    )


# --- search -------------------------------------------------------------------------------------------------------


def one_layer_functions(kinds: tuple[str, ...]) -> list[Segments]:
    """Different functions of one hidden layer, of the kinds

    "units": the x_i and max(x_i, x_j); "midpoints": the same for the 15 points e_i and (e_i + e_j)/2, one or two at a
    time; "halves": sums of two of max(x_i, x_j)/2, i = j included.  Raises ValueError for another kind.
    """
    indices = range(NUMBERS)
    halves = list(combinations_with_replacement(indices, 2))
    points = {"units": [midpoint(i, i) for i in indices], "midpoints": [midpoint(i, j) for i, j in halves]}
    found: dict[Segments, Segments] = {}
    for kind in kinds:
        if kind == "halves":
            chosen = [half_segments(*pair) for pair in combinations_with_replacement(halves, 2)]
        elif kind in points:
            chosen = [segment(p, q) for p, q in combinations_with_replacement(points[kind], 2)]
            chosen = [g if g[0][0] != g[0][1] else (g[0],) for g in chosen]
        else:
            raise ValueError(f"kinds of functions are units, midpoints and halves, got {kind!r}")
        for g in chosen:
            found.setdefault(canonical(g), g)
    return list(found.values())


def orbits(functions: list[Segments]) -> list[list[tuple[int, int]]]:
    """Pairs of functions (i <= j) grouped into orbits under permutations of the five numbers.

    The functions must be closed under permutations.
    """
    at = {canonical(g): i for i, g in enumerate(functions)}

    def moved(g: Segments, p: tuple[int, ...]) -> Segments:
        return tuple((tuple(a[i] for i in p), tuple(b[i] for i in p)) for a, b in g)

    images = np.array([[at[canonical(moved(g, p))] for g in functions] for p in permutations(range(NUMBERS))])
    i, j = np.triu_indices(len(functions))
    first, second = images[:, i], images[:, j]
    smallest = (np.minimum(first, second) * len(functions) + np.maximum(first, second)).min(axis=0)
    _, label = np.unique(smallest, return_inverse=True)
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return [[(int(i[k]), int(j[k])) for k in group] for group in groups]


def orbit_sums(functions: list[Segments], groups: list[list[tuple[int, int]]], x: np.ndarray) -> np.ndarray:
    """Sums over each orbit of 2 max(g, g') at points x (number, point): shape (point, orbit); exact for integers."""
    on_points = np.stack([values(g, x) for g in functions])
    columns = []
    for group in groups:
        i, j = np.array(group).T
        columns.append(np.maximum(on_points[i], on_points[j]).sum(axis=0))
    return np.stack(columns, axis=1)
