"""Can two hidden layers that conform to the braid fan compute max{0, x_1, ..., x_n}?  A program, and an exact answer.

The functions of the first layer are g = sum_M a_M max_{i in M} x_i over sets M of at most a few of the coordinates
x_0 = 0, x_1, ..., x_n; units of the second layer are relu(g) for those g whose relu conforms to the fan
(``braid_fan.conforms``).  The functional phi(f) = sum_S (-1)^|S| f(r_S) vanishes on functions of one layer and not on
the maximum, so that the maximum is out of reach where phi(relu(g)) = 0 for every admissible g.

- ``solve`` maximises or minimises phi(relu(g)) as a mixed-integer program: variables a (|a| <= 50), positive and
  negative parts p, q in [0, 1] of the values on the rays, binaries z+ and z-:
  (B a)_S = p_S - q_S, p_S <= z+_S, q_S <= z-_S, z+_S + z-_S <= 1, and z+_S + z-_T <= 1 for comparable S and T.
- ``exact_value`` evaluates an admissible g in rational arithmetic.
- ``undecided_patterns`` proves that there is none with phi(relu(g)) != 0, without a solver.

Source: Hertrich, Basu, Di Summa, Skutella, arXiv 2105.14835, section 3.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import bmat, coo_array, csr_array, eye_array

from replica.numerics import braid_fan, rational_linear_algebra

COEFFICIENT_BOUND = 50.0
OPTIMAL = 0  # scipy's status of a program solved to optimality


class Program(NamedTuple):
    """A mixed-integer program: minimise cost·x, lower <= matrix x <= upper, low <= x <= high, integer where flagged."""

    cost: np.ndarray
    matrix: csr_array
    lower: np.ndarray
    upper: np.ndarray
    low: np.ndarray
    high: np.ndarray
    integer: np.ndarray


class Solution(NamedTuple):
    """status: that of scipy.optimize.milp (0: optimal); bound: the solver's own on the optimum; coefficients: of g."""

    status: int
    optimum: float
    bound: float
    nodes: int
    coefficients: np.ndarray


def program(n: int, terms: int, sense: int) -> Program:
    """The program for sets M of at most ``terms`` coordinates; sense: 1 maximises phi(relu(g)), -1 minimises it.

    Raises ValueError for another sense.
    """
    if sense not in (1, -1):
        raise ValueError(f"sense is 1 (maximise) or -1 (minimise), got {sense}")
    _, values = braid_fan.maxima(n, terms)
    rays, columns = values.shape
    one = eye_array(rays)
    s, t = np.nonzero(braid_fan.comparable(n))
    pairs, ones = np.arange(s.size), np.ones(s.size)
    first = coo_array((ones, (pairs, s)), shape=(s.size, rays))
    second = coo_array((ones, (pairs, t)), shape=(s.size, rays))
    matrix = bmat(
        [
            [coo_array(values.astype(float)), -one, one, None, None],
            [None, one, None, -one, None],
            [None, None, one, None, -one],
            [None, None, None, one, one],
            [None, None, None, first, second],
        ],
        format="csr",
    )
    upper = np.concatenate([np.zeros(3 * rays), np.ones(rays + s.size)])
    lower = np.concatenate([np.zeros(rays), np.full(3 * rays + s.size, -np.inf)])
    signs = braid_fan.alternating_signs(n)
    cost = np.concatenate([np.zeros(columns), -sense * signs, np.zeros(3 * rays)])
    low = np.concatenate([np.full(columns, -COEFFICIENT_BOUND), np.zeros(4 * rays)])
    high = np.concatenate([np.full(columns, COEFFICIENT_BOUND), np.ones(4 * rays)])
    integer = np.concatenate([np.zeros(columns + 2 * rays), np.ones(2 * rays)])
    return Program(cost, matrix, lower, upper, low, high, integer)


def solve(n: int, terms: int, sense: int) -> Solution:
    """Optimum of phi(relu(g)) by branch and bound (HiGHS, gap 0); the same bits every time."""
    p = program(n, terms, sense)
    result = milp(
        p.cost,
        constraints=LinearConstraint(p.matrix, p.lower, p.upper),
        bounds=Bounds(p.low, p.high),
        integrality=p.integer,
        options={"mip_rel_gap": 0.0},
    )
    columns = p.cost.size - 4 * braid_fan.rays(n).size
    found = np.zeros(columns) if result.x is None else result.x[:columns]
    optimum = np.nan if result.fun is None else -sense * result.fun
    bound = np.nan if result.mip_dual_bound is None else -sense * result.mip_dual_bound
    return Solution(int(result.status), float(optimum), float(bound), int(result.mip_node_count or 0), found)


def exact_value(n: int, terms: int, coefficients: np.ndarray, denominator: int = 1000) -> Fraction | None:
    """phi(relu(g)) in rational arithmetic, the coefficients rounded to fractions of at most this denominator.

    None where relu of the rounded g does not conform to the fan.
    """
    _, values = braid_fan.maxima(n, terms)
    rounded = [Fraction(float(a)).limit_denominator(denominator) for a in coefficients]
    on_rays = [rational_linear_algebra.dot(row, rounded) for row in values]
    if not braid_fan.conforms(n, on_rays):
        return None
    return Fraction(rational_linear_algebra.dot(braid_fan.alternating_signs(n), [max(v, 0) for v in on_rays]))


class Patterns(NamedTuple):
    """How many maximal sign patterns there are in all and up to permutations, and how many of the latter ...

    vanishing: have phi(relu(g)) = 0 on the whole space of their g; contradictory: allow only g = 0 on the rays;
    undecided: neither.  With none undecided phi(relu(g)) = 0 for every admissible g.
    """

    total: int
    orbits: int
    vanishing: int
    contradictory: int
    undecided: int


def undecided_patterns(n: int, terms: int) -> Patterns:
    """Decide phi(relu(g)) = 0 pattern by pattern, by linear algebra over the rationals.

    For a maximal pattern (P, N) of ``braid_fan.sign_patterns`` the functions g lie in the space {a : (B a)_S = 0 for S
    neither in P nor in N}, on which phi(relu(g)) = sum_{S in P} (-1)^|S| (B a)_S is linear.  Either that functional is
    zero there, or the space of values is a line on which the signs contradict each other, or the pattern is counted as
    undecided.  One pattern of each orbit suffices: a permutation of x_0..x_n changes a maximum by a linear function,
    which is in the first layer too, permutes the rays, and keeps |S|.
    """
    _, values = braid_fan.maxima(n, terms)
    signs = braid_fan.alternating_signs(n)
    rows = values.tolist()
    counts = {"vanishing": 0, "contradictory": 0, "undecided": 0}
    patterns = braid_fan.sign_patterns(n)
    for pattern in patterns:
        fixed = [rows[i] for i in np.flatnonzero(~(pattern.positive | pattern.negative))]
        basis = np.array(rational_linear_algebra.null_space(fixed, columns=values.shape[1]), dtype=object)
        on_rays = values.astype(object) @ basis.T if len(basis) else np.zeros((len(rows), 0), dtype=object)
        functional = (signs.astype(object)[:, None] * on_rays)[pattern.positive].sum(axis=0)
        if not np.any(functional):
            counts["vanishing"] += 1
        elif _contradictory(on_rays, pattern):
            counts["contradictory"] += 1
        else:
            counts["undecided"] += 1
    return Patterns(sum(p.orbit for p in patterns), len(patterns), **counts)


def _contradictory(on_rays: np.ndarray, pattern: braid_fan.SignPattern) -> bool:
    """Whether the values on the rays span a line of which neither direction has the signs of the pattern."""
    lines = [column for column in on_rays.T if np.any(column)]
    if rational_linear_algebra.rank(lines) != 1:
        return False
    upward = np.where(pattern.positive, 1, -1) * lines[0]
    return bool(np.any(upward > 0) and np.any(upward < 0))
