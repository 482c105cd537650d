"""Conditions of identifiability on examples made by hand, and reflections against the function."""

import numpy as np

from replica.numerics import relu_networks, shallow_identifiability
from replica.numerics.shallow_identifiability import Conditions

W = np.array([[1.0, 0.5], [-0.3, 1.0], [0.4, -0.7]])
B = np.array([0.2, -0.4, 0.1])
V = np.array([[1.0, -2.0, 0.7]])
C = np.array([0.3])


def failed(w=W, b=B, v=V):
    return shallow_identifiability.failed_conditions(((w, b), (v, C)))


def test_nothing_fails_for_generic_parameters():
    assert failed() == Conditions([], [], [])


def test_hyperplane_that_misses_the_box_or_touches_a_corner():
    assert failed(b=np.array([1.6, -0.4, -1.1])) == Conditions([0, 2], [], [])
    assert failed(b=np.array([1.49, -0.4, 0.1])) == Conditions([], [], [])


def test_twins_of_either_orientation():
    for factor in (2.0, -3.0):
        rows = np.column_stack([W, B])
        rows[1] = factor * rows[0]
        assert failed(rows[:, :2], rows[:, 2]).twins == [(0, 1)]
    shifted = W.copy()
    shifted[1] = 2 * W[0]
    assert failed(shifted).twins == []


def test_sets_that_can_be_reflected():
    two, three = W.copy(), W.copy()
    two[1] = -V[0, 0] / V[0, 1] * W[0]
    three[2] = -(V[0, 0] * W[0] + V[0, 1] * W[1]) / V[0, 2]
    assert failed(two) == Conditions([], [], [(0, 1)])
    assert failed(three) == Conditions([], [], [(0, 1, 2)])
    outputs = np.concatenate([V, [[1.0, 1.0, 1.0]]])
    assert failed(three, v=outputs).reflections == []


def test_reflection_adds_a_linear_function():
    x = np.random.default_rng(0).uniform(-1, 1, (300, 2))
    parameters = ((W, B), (V, C))
    other = shallow_identifiability.reflected(parameters, (0, 2))
    change = relu_networks.forward(parameters, x) - relu_networks.forward(other, x)
    np.testing.assert_allclose(change[:, 0], x @ (V[0, 0] * W[0] + V[0, 2] * W[2]), atol=1e-14)
    back = shallow_identifiability.reflected(other, (0, 2))
    for (w, b), (w2, b2) in zip(parameters, back, strict=True):
        np.testing.assert_allclose(w, w2, atol=1e-15)
        np.testing.assert_allclose(b, b2, atol=1e-15)


def test_reflection_of_a_vanishing_set_leaves_the_function():
    three = W.copy()
    three[2] = -(V[0, 0] * W[0] + V[0, 1] * W[1]) / V[0, 2]
    parameters = ((three, B), (V, C))
    x = np.random.default_rng(1).uniform(-1, 1, (300, 2))
    other = shallow_identifiability.reflected(parameters, (0, 1, 2))
    np.testing.assert_allclose(relu_networks.forward(parameters, x), relu_networks.forward(other, x), atol=1e-14)
