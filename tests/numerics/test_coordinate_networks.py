"""Gradients and second derivatives of networks of coordinates against nested automatic differentiation and limits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import coordinate_networks as cn
from replica.numerics import sinusoidal_networks as sn

RNG = np.random.default_rng(0)
CASES = {
    "tanh": (cn.Network((cn.tanh,) * 2), 2, (1.0, 1.0)),
    "tanh, wave operator": (cn.Network((cn.tanh,) * 2), 2, (1.0, -0.25)),
    "tanh, encoded": (cn.Network((cn.tanh,) * 2, 2), 2, (1.0, -1.0)),
    "sine": (sn.network(4.0, 3.0, 3), 3, (1.0, 2.0, -1.0)),
    "sine, encoded, one coordinate": (sn.network(2.0, 3.0, 2), 1, (1.0,)),
    "ReLU, encoded": (cn.Network((cn.relu,) * 2, 2), 2, (1.0, 1.0)),
}


def _layers(network, coordinates):
    inputs = cn.features(coordinates, network.octaves)
    layers = cn.glorot_normal(np.random.default_rng(1), [inputs, *[16] * len(network.activations), 1])
    return jax.tree.map(lambda a: jnp.asarray(a, jnp.float64), layers)


@pytest.mark.parametrize("name", CASES)
def test_jets_are_the_derivatives(name):
    network, d, signature = CASES[name]
    with jax.enable_x64(True):
        layers, x = _layers(network, d), jnp.asarray(RNG.uniform(-1, 1, (7, d)))

        def f(point):
            return cn.evaluate(network, layers, point[None, :])[0, 0]

        @jax.jit
        def both(x):
            exact = jax.vmap(f)(x), jax.vmap(jax.grad(f))(x), jax.vmap(jax.hessian(f))(x)
            return cn.jet(network, layers, x, signature), cn.value_and_gradient(network, layers, x), exact

        jet, (value, gradient), exact = both(x)
        np.testing.assert_allclose(jet.value, exact[0], atol=1e-13)
        np.testing.assert_allclose(value, exact[0], atol=1e-13)
        np.testing.assert_allclose(jet.gradient, exact[1], atol=1e-12)
        np.testing.assert_allclose(gradient, exact[1], atol=1e-12)
        np.testing.assert_allclose(jet.second, np.einsum("pjj,j->p", exact[2], signature), rtol=1e-11, atol=1e-10)


def test_the_laplacian_agrees_with_finite_differences_at_second_order():
    network, d, signature = CASES["tanh"]
    with jax.enable_x64(True):
        layers, x = _layers(network, d), jnp.asarray(RNG.uniform(-1, 1, (5, d)))
        exact = cn.jet(network, layers, x, signature).second
        errors = []
        for step in (2e-2, 1e-2):
            shifts = jnp.asarray(step * np.concatenate([np.zeros((1, d)), np.eye(d), -np.eye(d)]))
            around = cn.evaluate(network, layers, (x[:, None, :] + shifts[None, :, :]).reshape(-1, d)).reshape(5, -1)
            errors.append(np.abs((around[:, 1:].sum(1) - 2 * d * around[:, 0]) / step**2 - exact).max())
        assert 3.8 < errors[0] / errors[1] < 4.2


def test_parameters_have_gradients_through_jets():
    network, d, signature = CASES["tanh, wave operator"]
    with jax.enable_x64(True):
        layers, x = _layers(network, d), jnp.asarray(RNG.uniform(-1, 1, (5, d)))

        def by_jets(layers):
            jet = cn.jet(network, layers, x, signature)
            return jnp.sum(jet.second**2) + jnp.sum(jet.gradient**3)

        def by_hessians(layers):
            def f(point):
                return cn.evaluate(network, layers, point[None, :])[0, 0]

            second = jnp.einsum("pjj,j->p", jax.vmap(jax.hessian(f))(x), jnp.asarray(signature))
            return jnp.sum(second**2) + jnp.sum(jax.vmap(jax.grad(f))(x) ** 3)

        ours, exact = jax.jit(lambda layers: (jax.grad(by_jets)(layers), jax.grad(by_hessians)(layers)))(layers)
        for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(exact), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_a_relu_network_has_no_second_derivative():
    network = cn.Network((cn.relu,) * 3)
    layers = cn.he_normal(np.random.default_rng(2), [2, 8, 8, 8, 1])
    x = jnp.asarray(RNG.uniform(-1, 1, (50, 2)), jnp.float32)
    assert not np.any(cn.jet(network, layers, x, (1.0, 1.0)).second)


def test_encoding_of_a_point():
    (found,) = cn.encoded(jnp.float32([[0.25, -0.5]]), 2)
    exact = [0.25, -0.5, np.sin(np.pi / 4), -1, 1, 0, np.cos(np.pi / 4), 0, 0, -1]
    np.testing.assert_allclose(found, exact, atol=1e-6)
    assert found.size == cn.features(2, 2)


@pytest.mark.parametrize(("start", "variance"), [(cn.he_normal, 2 / 300), (cn.glorot_normal, 2 / 700)])
def test_starts_have_their_variances(start, variance):
    (layer,) = start(np.random.default_rng(3), [300, 400])
    assert layer.weight.dtype == layer.bias.dtype == np.float32
    assert layer.weight.var() == pytest.approx(variance, rel=0.02)
    assert layer.bias.var() == pytest.approx(1 / 900, rel=0.15)


def test_refuses_a_signature_of_another_length():
    network, _, _ = CASES["tanh"]
    with pytest.raises(ValueError, match="one number for each of 2 coordinates, got 3"):
        cn.jet(network, [], jnp.zeros((1, 2)), (1.0, 1.0, 1.0))
