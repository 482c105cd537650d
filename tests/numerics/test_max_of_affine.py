import numpy as np
import pytest

from replica.numerics import max_of_affine


def drawn(seed, pieces, n, bound=9):
    rng = np.random.default_rng(seed)
    return rng.integers(-bound, bound + 1, (pieces, n)), rng.integers(-bound, bound + 1, pieces)


def points(seed, n, count=2000):
    return np.random.default_rng(seed).integers(-30, 31, (n, count))


@pytest.mark.parametrize(("pieces", "n"), [(3, 1), (12, 1), (4, 2), (10, 2), (5, 3), (9, 3), (6, 4)])
def test_reduction_is_an_identity_in_integers(pieces, n):
    slopes, offsets = drawn(pieces + n, pieces, n)
    values = slopes @ points(0, n) + offsets[:, None]
    terms = max_of_affine.reduce(slopes, offsets)
    assert all(len(members) <= n + 1 for members in terms)
    assert len(terms) <= max_of_affine.term_bound(pieces, n)
    np.testing.assert_array_equal(max_of_affine.evaluate(terms, values), values.max(axis=0))


def test_swapped_sides_are_no_identity():
    slopes, offsets = drawn(0, 8, 2)
    values = slopes @ points(0, 2) + offsets[:, None]
    terms = max_of_affine.reduce(slopes, offsets, swapped=True)
    assert np.any(max_of_affine.evaluate(terms, values) != values.max(axis=0))


def test_repeated_and_homogeneous_functions():
    slopes, offsets = drawn(3, 5, 2)
    slopes, offsets = np.concatenate([slopes, slopes[:2]]), np.zeros(7, dtype=int)
    values = slopes @ points(1, 2)
    terms = max_of_affine.reduce(slopes, offsets)
    np.testing.assert_array_equal(max_of_affine.evaluate(terms, values), values.max(axis=0))


def test_dependency():
    slopes, offsets = drawn(4, 5, 3)
    k, kappa = max_of_affine.dependency(slopes.tolist(), offsets.tolist())
    assert not np.any(np.array(k) @ slopes) and sum(k) == 0 and any(k)
    assert kappa == np.dot(k, offsets) >= 0


@pytest.mark.parametrize(("pieces", "n"), [(20, 1), (15, 2), (9, 3)])
def test_tangent_planes_leave_the_faces_of_the_delaunay_triangulation(pieces, n):
    tangent = np.random.default_rng(pieces).integers(-500, 501, (pieces, n))
    terms = max_of_affine.reduce(2 * tangent, -np.sum(tangent**2, axis=1))
    assert len(terms) == max_of_affine.interior_delaunay_faces(tangent)
    assert all(coefficient == (-1) ** (n + 1 - len(members)) for members, coefficient in terms.items())


def test_bound():
    assert [max_of_affine.term_bound(10, n) for n in (1, 2, 3)] == [55, 175, 385]


def test_floats_are_refused():
    with pytest.raises(ValueError, match="integers"):
        max_of_affine.reduce(np.ones((4, 2)), np.ones(4, dtype=int))
