from itertools import permutations, product

import numpy as np
import pytest

from replica.numerics import braid_fan


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_rays_lie_on_the_hyperplanes(n):
    r = braid_fan.coordinates(n)
    assert r.shape == (2 ** (n + 1) - 2, n)
    for row in np.concatenate([np.zeros((len(r), 1), dtype=int), r], axis=1):
        assert len(set(row.tolist())) == 2


@pytest.mark.parametrize("n", [2, 3])
def test_maxima_take_their_values_on_the_rays(n):
    sets, values = braid_fan.maxima(n, n + 1)
    x = np.concatenate([np.zeros((2 ** (n + 1) - 2, 1), dtype=int), braid_fan.coordinates(n)], axis=1)
    for column, members in enumerate(sets):
        np.testing.assert_array_equal(values[:, column], x[:, list(members)].max(axis=1))


@pytest.mark.parametrize(("n", "dimension"), [(2, 5), (3, 9), (4, 14)])
def test_dimension_of_the_first_layer(n, dimension):
    assert np.linalg.matrix_rank(braid_fan.maxima(n, 2)[1]) == dimension


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_functional_vanishes_on_maxima_of_n_terms_only(n):
    sets, values = braid_fan.maxima(n, n + 1)
    phi = braid_fan.alternating_signs(n) @ values
    assert [bool(v) for v in phi] == [len(members) == n + 1 for members in sets]
    assert phi[-1] == -1


def test_comparable_rays_span_the_cones_of_sorted_points():
    n = 3
    subsets = braid_fan.rays(n).tolist()
    wanted = set()
    for order in permutations(range(n + 1)):
        chain = [sum(1 << i for i in order[:k]) for k in range(1, n + 1)]
        wanted |= {(a, b) for a in chain for b in chain if a != b}
    found = {(subsets[i], subsets[j]) for i, j in np.argwhere(braid_fan.comparable(n))}
    assert found == wanted


def test_conforming_functions_by_evaluation():
    """relu of a function of two variables conforms where it is linear on each of the six cones."""
    rays = braid_fan.coordinates(2)
    cones = np.argwhere(np.triu(braid_fan.comparable(2)))
    assert len(cones) == 6
    for values in product((-1, 0, 2), repeat=6):
        linear = all(
            max(values[i], 0) + max(values[j], 0) == max(values[i] + values[j], 0) for i, j in cones
        )  # at the middle of the cone
        assert braid_fan.conforms(2, list(values)) == linear
    assert len(rays) == 6


@pytest.mark.parametrize("n", [2, 3])
def test_sign_patterns_cover_every_conforming_sign_vector(n):
    patterns = braid_fan.sign_patterns(n)
    size = 2 ** (n + 1) - 2
    subsets = braid_fan.rays(n).tolist()
    images = set()
    for pattern in patterns:
        for order in permutations(range(n + 1)):
            moved = [subsets.index(sum(1 << order[i] for i in range(n + 1) if s >> i & 1)) for s in subsets]
            plus, minus = (frozenset(moved[i] for i in np.flatnonzero(f)) for f in (pattern.positive, pattern.negative))
            images.add((plus, minus))
    assert len(images) == sum(pattern.orbit for pattern in patterns)
    rng = np.random.default_rng(0)
    vectors = product((-1, 0, 1), repeat=size) if n == 2 else rng.choice([-1, 0, 0, 0, 1], (3000, size))
    seen = 0
    for signs in vectors:
        if not braid_fan.conforms(n, list(signs)):
            continue
        seen += 1
        plus, minus = ({i for i, s in enumerate(signs) if s == wanted} for wanted in (1, -1))
        assert any(plus <= p and minus <= m for p, m in images)
    assert seen > 20


def test_dimension_zero_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        braid_fan.rays(0)
