import jax
import numpy as np
import pytest

from replica.numerics import numerical_rank, relu_networks, relu_symmetries, seeding

ARCHITECTURE = (2, 4, 3, 2)


@pytest.fixture
def parameters():
    with jax.enable_x64(True):
        return relu_symmetries.as_numpy(relu_networks.random_parameters(seeding.key("test", 0), ARCHITECTURE))


@pytest.fixture
def points():
    return np.random.default_rng(0).normal(size=(200, 2)) * 3


def transformed(parameters):
    generator = np.random.default_rng(1)
    orders = [generator.permutation(4), generator.permutation(3)]
    return relu_symmetries.permuted(relu_symmetries.random_rescaling(generator, parameters), orders)


def test_symmetries_leave_the_function_as_it_is(parameters, points):
    other = transformed(parameters)
    assert relu_symmetries.distance(parameters, other) > 0.1
    expected = relu_networks.forward(parameters, points)
    np.testing.assert_allclose(relu_networks.forward(other, points), expected, atol=1e-12)
    np.testing.assert_allclose(
        relu_networks.forward(relu_symmetries.canonical(parameters), points), expected, atol=1e-12
    )


def test_canonical_rows_have_length_one(parameters):
    found = relu_symmetries.canonical(parameters)
    for w, b in found[:-1]:
        np.testing.assert_allclose((w**2).sum(1) + b**2, 1, rtol=1e-14)
    np.testing.assert_allclose(relu_symmetries.distance(found, relu_symmetries.canonical(found)), 0, atol=1e-15)
    dead = ((np.zeros((1, 2)), np.zeros(1)), (np.ones((1, 1)), np.zeros(1)))
    assert relu_symmetries.distance(dead, relu_symmetries.canonical(dead)) == 0


def test_ps_distance_is_zero_in_an_orbit_and_not_outside(parameters):
    generator = np.random.default_rng(2)
    scaled = relu_symmetries.random_rescaling(generator, parameters)
    assert relu_symmetries.canonical_distance(parameters, scaled) < 1e-14
    assert relu_symmetries.ps_distance(parameters, transformed(parameters)) < 1e-14
    assert relu_symmetries.canonical_distance(parameters, transformed(parameters)) > 0.1
    flat = relu_networks.flatten(parameters)
    moved = relu_networks.unflatten(ARCHITECTURE, flat + 0.01 * generator.normal(size=flat.shape))
    assert 1e-3 < relu_symmetries.ps_distance(parameters, moved) < 0.2
    negated = relu_networks.unflatten(ARCHITECTURE, -flat)
    assert relu_symmetries.ps_distance(parameters, negated) > 0.1


def test_matching_undoes_a_permutation(parameters):
    order = [np.array([2, 0, 3, 1]), np.array([1, 2, 0])]
    back = relu_symmetries.match_units(parameters, relu_symmetries.permuted(parameters, order))
    assert relu_symmetries.distance(parameters, back) == 0


def test_outgoing_columns_break_ties():
    twins = np.ones((2, 1)), np.zeros(2)
    one = twins, (np.array([[1.0, 2.0]]), np.zeros(1))
    two = twins, (np.array([[2.0, 1.0]]), np.zeros(1))
    assert relu_symmetries.ps_distance(one, two) == 0


def test_scaling_directions_span_part_of_the_kernel(parameters, points):
    flat = relu_networks.flatten(parameters)
    directions = relu_symmetries.scaling_directions(ARCHITECTURE, flat)
    assert directions.shape == (relu_networks.hidden_count(ARCHITECTURE), flat.size)
    assert numerical_rank.rank_with_gap(directions).rank == len(directions)
    rows = relu_networks.jacobian_rows(ARCHITECTURE, flat, points)
    np.testing.assert_allclose(rows @ directions.T, 0, atol=1e-12)
    step = 1e-6
    factors = [np.exp(step * np.eye(4)[1]), np.ones(3)]
    moved = relu_networks.flatten(relu_symmetries.rescaled(parameters, factors))
    np.testing.assert_allclose((moved - flat) / step, directions[1], atol=1e-5)


def test_negative_factors_are_refused(parameters):
    with pytest.raises(ValueError, match="positive"):
        relu_symmetries.rescaled(parameters, [-np.ones(4)])
