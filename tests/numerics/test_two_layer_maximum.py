from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from replica.numerics import rational_linear_algebra, relu_layers
from replica.numerics import two_layer_maximum as five


def average(function, x):
    """Mean of a function of five numbers over all orders of them."""
    return np.mean([function(*x[list(order)]) for order in permutations(range(5))], axis=0)


def test_identity_as_it_is_written():
    x = np.random.default_rng(0).standard_normal((5, 500))
    m = np.maximum
    value = (
        4 / 3 * average(lambda a, b, c, d, e: m(m(a, b), m(c, d)), x)
        - 1 / 3 * average(lambda a, b, c, d, e: m(m(a, (b + c) / 2), (d + e) / 2), x)
        + 4 / 3 * average(lambda a, b, c, d, e: m(m(a, (b + c) / 2), m(b, d) / 2 + m(b, e) / 2), x)
        - 4 / 3 * average(lambda a, b, c, d, e: m(m(a, b) / 2 + m(a, c) / 2, m(b, c) / 2 + m(d, e) / 2), x)
    )
    np.testing.assert_allclose(value, x.max(axis=0), atol=1e-14)


def test_numbers_of_choices():
    assert {name: len(pairs) for name, pairs in five.terms().items()} == {"A": 5, "B": 15, "C": 60, "D": 30}


def test_network_has_two_layers_and_is_exact():
    weighted, divisor = five.weighted_terms(five.COEFFICIENTS)
    layers = relu_layers.of_maxima(weighted)
    x = np.random.default_rng(0).integers(-50, 51, (5, 5000))
    assert relu_layers.depth(layers) == 2 and relu_layers.widths(layers) == [56, 112]
    np.testing.assert_array_equal(relu_layers.output(layers, x)[0], divisor * x.max(axis=0))


def test_network_of_an_altered_identity_is_wrong_on_the_rays():
    rays = five.chamber_rays()
    for name in five.COEFFICIENTS:
        altered = five.COEFFICIENTS | {name: five.COEFFICIENTS[name] + Fraction(1, 100)}
        weighted, divisor = five.weighted_terms(altered)
        assert np.any(relu_layers.output(relu_layers.of_maxima(weighted), rays)[0] != divisor * rays.max(axis=0))


def test_terms_are_linear_on_the_cones_of_the_rays():
    """A point of the chamber is a combination of rays of its cone on which every term adds up."""
    rays = five.chamber_rays()
    assert np.all(rays[-1] == 0) and np.all(np.diff(rays, axis=0) <= 0)
    points = np.unique(np.concatenate([five.vertices(g) for p in five.terms().values() for q in p for g in q]), axis=0)
    signs = np.sign((points[:, None, :] - points[None, :, :]).reshape(-1, 5) @ rays)
    rng = np.random.default_rng(0)
    for _ in range(50):
        y = rng.exponential(size=4)
        x = np.append(np.cumsum(y)[::-1], 0.0)
        side = np.sign((points[:, None, :] - points[None, :, :]).reshape(-1, 5) @ x)
        inside = rays[:, (signs * side[:, None] >= 0).all(axis=0)]
        weights, *_ = np.linalg.lstsq(inside[:4].astype(float), x[:4], rcond=None)
        assert np.linalg.matrix_rank(inside[:4]) == 4
        np.testing.assert_allclose(inside @ weights, x, atol=1e-10)


def test_canonical_forms_are_equal_where_functions_are():
    functions = [g for kinds in (("midpoints",), ("halves",)) for g in five.one_layer_functions(kinds)]
    x = np.random.default_rng(0).integers(-99, 100, (5, 400))
    by_value = {tuple(five.values(g, x)) for g in functions}
    assert len(by_value) == len({five.canonical(g) for g in functions}) == 165


@pytest.mark.parametrize(
    ("kinds", "functions", "orbits", "rank"),
    [
        (("units",), 15, 7, 4),
        (("midpoints",), 120, 131, 17),
        (("halves",), 120, 131, 17),
        (("midpoints", "halves"), 165, 227, 21),
    ],
)
def test_dictionaries(kinds, functions, orbits, rank):
    found = five.one_layer_functions(kinds)
    groups = five.orbits(found)
    assert (len(found), len(groups)) == (functions, orbits)
    assert sum(len(group) for group in groups) == functions * (functions + 1) // 2
    x = np.random.default_rng(0).integers(-9, 10, (5, 40))
    sums = five.orbit_sums(found, groups, x)
    np.testing.assert_array_equal(sums, five.orbit_sums(found, groups, x[[3, 1, 4, 0, 2]]))
    assert rational_linear_algebra.rank(sums.T.tolist()) == rank


def test_other_kinds_are_refused():
    with pytest.raises(ValueError, match="thirds"):
        five.one_layer_functions(("thirds",))
