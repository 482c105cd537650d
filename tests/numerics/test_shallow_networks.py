import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.interpolate import BSpline

from replica.numerics import shallow_networks
from replica.numerics.training import train

KEY = jax.random.key(3)


def test_hat_is_a_linear_b_spline_and_a_difference_of_three_ramps():
    z = np.linspace(-2, 4, 61).astype(np.float32)
    spline = BSpline.basis_element([0, 1, 2], extrapolate=False)
    np.testing.assert_allclose(shallow_networks.hat(z), np.nan_to_num(spline(z)), atol=1e-6)
    ramp = [np.maximum(z - k, 0) for k in (0, 1, 2)]
    np.testing.assert_allclose(shallow_networks.hat(z), ramp[0] - 2 * ramp[1] + ramp[2], atol=1e-6)
    slope = jax.vmap(jax.grad(shallow_networks.hat))(jnp.array([-0.5, 0.5, 1.5, 2.5, 0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(slope, [0, 1, -1, 0, 0, -1, 0])


def test_start_has_the_stated_laws():
    network = shallow_networks.initial(KEY, 40000, 2, 10.0)
    assert all(part.dtype == jnp.float32 for part in network)
    assert network.weight.shape == (40000, 2) and network.offset.shape == ()
    np.testing.assert_allclose(jnp.std(network.weight), 10, rtol=0.02)
    assert float(jnp.abs(network.bias).max()) <= 10
    np.testing.assert_allclose(jnp.std(network.bias), 10 / np.sqrt(3), rtol=0.02)
    np.testing.assert_allclose(jnp.std(network.outer), 1 / 200, rtol=0.02)
    # The scale only scales, so that networks of different scales are paired.
    one = shallow_networks.initial(KEY, 40000, 2, 1.0)
    np.testing.assert_allclose(network.weight, 10 * one.weight, rtol=1e-6)


@pytest.mark.parametrize("name", ["relu", "hat", "tanh"])
def test_gradient_of_the_error_is_the_one_by_hand(name):
    slopes = {
        "relu": lambda z: (z > 0) * 1.0,
        "hat": lambda z: ((z > 0) & (z < 1)) * 1.0 - ((z > 1) & (z < 2)) * 1.0,
        "tanh": lambda z: 1 - np.tanh(z) ** 2,
    }
    with jax.enable_x64(True):
        network = shallow_networks.initial(KEY, 12, 2, 5.0, jnp.float64)
        x = shallow_networks.grid(6, 2)
        y = np.cos(x[:, 0]) - x[:, 1]
        activation = shallow_networks.ACTIVATIONS[name]
        loss, found = jax.value_and_grad(shallow_networks.mean_squared_error)(network, x, y, activation)
        w, b, a, c = (np.asarray(part) for part in network)
        z = x @ w.T + b
        h = np.asarray(activation(z))
        residual = h @ a + c - y
        np.testing.assert_allclose(loss, np.mean(residual**2), rtol=1e-12)
        inner = 2 / len(y) * residual[:, None] * slopes[name](z) * a[None, :]
        hand = (inner.T @ x, inner.sum(0), 2 / len(y) * h.T @ residual, 2 * residual.mean())
        for got, expected in zip(found, hand, strict=True):
            np.testing.assert_allclose(got, expected, atol=1e-12)


def test_error_per_frequency_is_the_fourier_amplitude():
    r = np.random.default_rng(0).standard_normal(64).astype(np.float32)
    k = np.arange(1, 20)
    found = shallow_networks.error_per_frequency(jnp.asarray(r), shallow_networks.grid(64), k[:, None])
    np.testing.assert_allclose(found, 2 * np.abs(np.fft.fft(r))[k] / 64, rtol=1e-4, atol=1e-6)
    plane = np.random.default_rng(1).standard_normal((16, 16)).astype(np.float32)
    waves = np.array([[1, 0], [3, 4], [0, 7]])
    found = shallow_networks.error_per_frequency(jnp.asarray(plane.ravel()), shallow_networks.grid(16, 2), waves)
    np.testing.assert_allclose(found, 2 * np.abs(np.fft.fft2(plane))[tuple(waves.T)] / 256, rtol=1e-4, atol=1e-6)


def test_each_sine_of_a_target_has_error_one():
    x, k = shallow_networks.grid(64), np.array([[1], [5], [9]])
    y = shallow_networks.sum_of_sines(x, k, np.array([0.1, 0.7, 0.4]))
    found = shallow_networks.error_per_frequency(jnp.asarray(-y, jnp.float32), x, np.array([[1], [2], [5], [9]]))
    np.testing.assert_allclose(found, [1, 0, 1, 1], atol=1e-5)
    np.testing.assert_allclose(y.var(), 1.5, rtol=1e-12)


def test_hats_learn_a_high_frequency_that_ramps_do_not():
    x = shallow_networks.grid(128)
    y = jnp.asarray(shallow_networks.sum_of_sines(x, np.array([[1], [12]]), np.zeros(2)), jnp.float32)
    points = jnp.asarray(x, jnp.float32)
    left = {}
    for name in ("relu", "hat"):
        activation = shallow_networks.ACTIVATIONS[name]

        def loss(network, key, activation=activation):
            return shallow_networks.mean_squared_error(network, points, y, activation)

        start = shallow_networks.initial(KEY, 128, 1, 30.0)
        done = train(loss, start, optax.adam(3e-3), KEY, steps=600, every=600).parameters
        residual = shallow_networks.output(done, points, activation) - y
        left[name] = float(shallow_networks.error_per_frequency(residual, x, np.array([[12]]))[0])
    assert left["hat"] < 0.2 and left["relu"] > 0.8
