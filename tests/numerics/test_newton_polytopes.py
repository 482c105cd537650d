from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.spatial import ConvexHull

from replica.numerics import newton_polytopes as polytopes
from replica.numerics import rational_linear_algebra

SIMPLEX = np.concatenate([np.zeros((1, 4), dtype=int), np.eye(4, dtype=int)])


def cloud(seed, count, bound=9):
    return polytopes.distinct(np.random.default_rng(seed).integers(-bound, bound + 1, (count, 4)))


def edges_by_margin(points):
    """Pairs for which a linear program finds a direction in which both are largest, with a margin to all others."""
    found = set()
    for i, j in combinations(range(len(points)), 2):
        others = np.delete(points, [i, j], axis=0)
        rows = np.concatenate([others - points[i], np.ones((len(others), 1))], axis=1)
        result = linprog(
            [0, 0, 0, 0, -1],
            A_ub=rows,
            b_ub=np.zeros(len(rows)),
            A_eq=[[*(points[j] - points[i]), 0]],
            b_eq=[0],
            bounds=[(-1, 1)] * 4 + [(None, 1)],
        )
        if -result.fun > 1e-7:
            found.add((i, j))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_edges_are_those_of_linear_programs(seed):
    points = cloud(seed, 9)
    assert set(polytopes.edges(points)) == edges_by_margin(points)


@pytest.mark.parametrize("seed", range(3))
def test_rays_of_normal_cones_are_normals_of_the_hull(seed):
    points = cloud(seed, 10)
    hull = ConvexHull(points)
    normals = {tuple(np.round(row[:4], 9) + 0.0) for row in hull.equations}
    found = set()
    for rays, _ in polytopes.edges(points).values():
        found |= {tuple(np.round(ray / np.linalg.norm(ray), 9) + 0.0) for ray in rays}
    assert found == normals
    assert {i for edge in polytopes.edges(points) for i in edge} == set(hull.vertices.tolist())


def test_edges_of_cube_and_of_simplex():
    cube = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1).T
    assert len(polytopes.edges(polytopes.distinct(cube))) == 32
    assert len(polytopes.edges(SIMPLEX)) == 10
    # Points in faces, on edges and inside change nothing.
    more = np.concatenate([2 * SIMPLEX, SIMPLEX[1:], [[0, 0, 1, 1]]])
    assert polytopes.edge_functional(more) == polytopes.edge_functional(2 * SIMPLEX)


def test_functional_of_a_product_by_hand():
    """A cube's edge along u has an orthant of normals for each sign: the sum over signs of 1/(±ξ ±ξ ±ξ) is zero."""
    cube = polytopes.distinct(np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1).T)
    psi = polytopes.edge_functional(cube)
    assert len(psi) == 4 and not any(psi.values())


def test_transform_of_the_orthant():
    u = (1, 0, 0, 0)
    rays = np.array([[0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]])
    facets = rays.copy()
    xi = [Fraction(x, polytopes.XI_BOUND) for x in polytopes.generic_vector(u)]
    assert polytopes.transform(u, rays, facets) == 1 / (xi[1] * xi[2] * xi[3])


def test_transform_is_the_integral_over_the_cone(monkeypatch):
    """Against quadrature: rays of another length, a cone of four rays that must be triangulated."""
    monkeypatch.setattr(polytopes, "generic_vector", lambda u: [0, 300_000, 200_000, 1_000_000])
    rays = np.array([[0, 1, 0, 1], [0, -1, 0, 1], [0, 0, 1, 1], [0, 0, -2, 2]])
    facets = np.array([[0, a, b, 1] for a in (1, -1) for b in (1, -1)])
    exact = float(polytopes.transform((1, 0, 0, 0), rays, facets))
    # Heights h e^{-h} integrated out: 2 times the integral over |a| + |b| <= 1 of 1/(1 + 0.3 a + 0.2 b)^3.
    nodes, weights = np.polynomial.legendre.leggauss(40)
    s, t = 0.5 * (nodes[:, None] + nodes[None, :]), 0.5 * (nodes[:, None] - nodes[None, :])
    integral = 2 * np.sum(0.5 * weights[:, None] * weights[None, :] / (1 + 0.3 * s + 0.2 * t) ** 3)
    assert exact == pytest.approx(integral, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_additive_under_minkowski_sums(seed):
    first, second = cloud(seed, 6, 5), cloud(seed + 10, 5, 5)
    both = polytopes.edge_functional(polytopes.minkowski_sum(first, second))
    parts = [(-1, polytopes.edge_functional(points)) for points in (first, second)]
    assert any(both.values())
    assert not any(polytopes.combination([(1, both), *parts]).values())


def test_scaling_and_translation():
    psi = polytopes.edge_functional(SIMPLEX)
    assert polytopes.edge_functional(3 * SIMPLEX + np.array([[1, -2, 0, 5]])) == {u: 3 * v for u, v in psi.items()}


def test_zero_below_full_dimension():
    assert polytopes.edge_functional(cloud(0, 4)) == {}
    flat = cloud(1, 8)
    flat[:, 3] = flat[:, 0] + flat[:, 1]
    assert polytopes.edge_functional(flat) == {}


def test_cross_products_are_orthogonal():
    rng = np.random.default_rng(0)
    u, a, b = rng.integers(-9, 10, 4), rng.integers(-9, 10, (20, 4)), rng.integers(-9, 10, (20, 4))
    c = polytopes.cross_products(u, a, b)
    assert not np.any(c @ u) and not np.any(np.sum(c * a, axis=1)) and not np.any(np.sum(c * b, axis=1))
    assert rational_linear_algebra.rank([u, a[0], b[0], c[0]]) == 4


def test_determinant():
    matrix = np.random.default_rng(0).integers(-9, 10, (4, 4))
    assert polytopes.determinant(matrix.tolist()) == round(np.linalg.det(matrix))


def test_refuses_what_is_not_exact():
    with pytest.raises(ValueError, match="integer entries"):
        polytopes.distinct(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="at most 1000"):
        polytopes.distinct(np.full((3, 4), 1001))
