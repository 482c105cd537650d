from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import relu_networks, seeding

ARCHITECTURES = [(2, 3, 1), (2, 3, 2, 2), (3, 2, 4, 1)]
ACTIVATIONS = {
    "relu": (relu_networks.RELU, jax.nn.relu),
    "tanh": (relu_networks.TANH, jnp.tanh),
    "softplus": (relu_networks.SOFTPLUS, jax.nn.softplus),
}


def network(architecture, *seed):
    return relu_networks.random_parameters(seeding.key("test", *seed), architecture)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_flat_order_and_round_trip(architecture):
    with jax.enable_x64(True):
        parameters = network(architecture, 0)
        flat = relu_networks.flatten(parameters)
        by_hand = np.concatenate([np.append(np.asarray(w).ravel(), np.asarray(b)) for w, b in parameters])
        np.testing.assert_array_equal(flat, by_hand)
        assert flat.shape == (relu_networks.parameter_count(architecture),)
        for (w, b), (w2, b2) in zip(parameters, relu_networks.unflatten(architecture, flat), strict=True):
            np.testing.assert_array_equal(w, w2)
            np.testing.assert_array_equal(b, b2)
    with pytest.raises(ValueError, match="parameters, got"):
        relu_networks.unflatten(architecture, np.zeros(3))


def test_forward_against_a_loop_over_units():
    with jax.enable_x64(True):
        parameters = [(np.asarray(w), np.asarray(b)) for w, b in network((2, 3, 2, 2), 1)]
    x = np.random.default_rng(0).normal(size=(7, 2))
    expected = np.zeros((7, 2))
    for i, point in enumerate(x):
        a = point
        for layer, (w, b) in enumerate(parameters):
            z = [sum(w[j, k] * a[k] for k in range(len(a))) + b[j] for j in range(len(b))]
            a = z if layer == 2 else [max(v, 0) for v in z]
        expected[i] = a
    np.testing.assert_allclose(relu_networks.forward(parameters, x), expected, rtol=1e-13)


def test_clipped_ramp_and_its_patterns():
    w = np.array([[1.0], [1.0]]), np.array([0.0, -1.0])
    v = np.array([[1.0, -1.0]]), np.array([0.0])
    x = np.array([[-1.0], [0.5], [3.0]])
    np.testing.assert_array_equal(relu_networks.forward((w, v), x)[:, 0], [0, 0.5, 1])
    expected = [[False, False], [True, False], [True, True]]
    np.testing.assert_array_equal(relu_networks.patterns((w, v), x), expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_jacobian_against_automatic_differentiation(architecture, name):
    own, activation = ACTIVATIONS[name]
    with jax.enable_x64(True):
        flat = relu_networks.flatten(network(architecture, 2))
        x = jax.random.normal(seeding.key("test", "points"), (9, architecture[0]))

        def output(theta, point):
            a = point
            pairs = relu_networks.unflatten(architecture, theta)
            for w, b in pairs[:-1]:
                a = activation(w @ a + b)
            return pairs[-1][0] @ a + pairs[-1][1]

        expected = jax.vmap(partial(jax.jacrev(output), flat))(x).reshape(-1, flat.size)
        np.testing.assert_allclose(
            jax.jit(lambda t, p: relu_networks.jacobian_rows(architecture, t, p, own))(flat, x), expected, atol=1e-13
        )
        in_numpy = relu_networks.jacobian_rows(architecture, np.asarray(flat), np.asarray(x), own)
        assert isinstance(in_numpy, np.ndarray)
        np.testing.assert_allclose(in_numpy, expected, atol=1e-13)


def test_a_batch_of_networks_is_its_members():
    architecture = (2, 3, 2, 2)
    with jax.enable_x64(True):
        batch = relu_networks.random_parameters(seeding.keys("test", seeds=[3, 4, 5]), architecture)
        flat, x = relu_networks.flatten(batch), np.random.default_rng(1).normal(size=(6, 2))
        rows = relu_networks.jacobian_rows(architecture, flat, jnp.asarray(x))
        many = relu_networks.jacobian_rows(architecture, flat, jnp.asarray(np.stack([x, x, x])))
        np.testing.assert_array_equal(rows, many)
        for i, seed in enumerate((3, 4, 5)):
            alone = relu_networks.flatten(network(architecture, seed))
            np.testing.assert_array_equal(flat[i], alone)
            np.testing.assert_allclose(rows[i], relu_networks.jacobian_rows(architecture, alone, jnp.asarray(x)), 1e-12)
            np.testing.assert_allclose(
                relu_networks.forward(batch, jnp.asarray(x))[i],
                relu_networks.forward(network(architecture, seed), jnp.asarray(x)),
                1e-12,
            )


def test_he_law_has_its_variances():
    with jax.enable_x64(True):
        drawn = relu_networks.random_parameters(seeding.key("test", 9), (8, 4000, 1))
    [(w, b), (v, _)] = [(np.asarray(w), np.asarray(b)) for w, b in drawn]
    assert w.dtype == np.float64
    assert float(w.var()) == pytest.approx(2 / 8, rel=0.03)
    assert float(b.var()) == pytest.approx(2 / 8, rel=0.1)
    assert float(v.var()) == pytest.approx(2 / 4000, rel=0.1)
