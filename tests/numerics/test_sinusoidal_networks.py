"""SIRENs: their start, and the theory of their activations against networks and known limits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import coordinate_networks as cn
from replica.numerics import sinusoidal_networks as sn


def test_fixed_point_is_the_known_one_and_is_kept():
    sigma = sn.fixed_point()
    assert sigma == pytest.approx(0.89264, abs=1e-5)
    assert (1 - np.exp(-2 * sigma**2)) / 2 == pytest.approx(0.39841, abs=1e-5)
    np.testing.assert_allclose(sn.pre_activation_variances(sigma**2, 4), sigma**2, rtol=1e-12)
    assert sn.fixed_point(0.5) > sigma
    with pytest.raises(ValueError, match="not negative"):
        sn.fixed_point(-1.0)


def test_a_wide_network_follows_the_theory():
    width, frequency, depth = 1024, 30.0, 4
    layers = sn.start(np.random.default_rng(0), [1, *[width] * depth, 1], frequency)
    h, found = np.linspace(-1, 1, 128)[:, None], []
    for layer in layers[:-1]:
        z = frequency * (h @ layer.weight + layer.bias)
        found.append(z.var())
        h = np.sin(z)
    added = sn.bias_variance(width, frequency)
    np.testing.assert_allclose(found[1:], sn.pre_activation_variances(found[0], depth, added)[1:], rtol=0.08)
    assert added == pytest.approx(frequency**2 * layers[1].bias.var(), rel=0.1)


def test_variances_without_end_stay_at_one_half_of_the_squares():
    assert sn.pre_activation_variances(1e6, 2)[1] == 1
    np.testing.assert_allclose(sn.pre_activation_variances(1.0, 30, gain=0.2)[-1], 0, atol=1e-12)
    assert sn.gradient_growth(0.0) == 2
    assert sn.gradient_growth(1e3) == 1


def test_distance_from_arcsine():
    uniform = (np.arange(200_000) + 0.5) / 200_000
    assert sn.arcsine_distance(np.sin(np.pi * (uniform - 0.5))) < 1e-4
    for sigma in (0.9, 0.3):
        z = sigma * np.random.default_rng(1).standard_normal(400_000)
        assert sn.arcsine_distance(np.sin(z)) == pytest.approx(sn.arcsine_distance_of_gaussian(sigma), abs=3e-3)
    assert sn.arcsine_distance_of_gaussian(20.0) < 1e-3


def test_start_has_the_bounds_of_the_paper_and_is_drawn_from_the_generator():
    layers = sn.start(np.random.default_rng(4), [3, 50, 60, 1], 10.0)
    bounds = [(1 / 3, 1 / np.sqrt(3)), *((np.sqrt(6 / n) / 10, 1 / np.sqrt(n)) for n in (50, 60))]
    for layer, (weight, bias) in zip(layers, bounds, strict=True):
        assert 0.9 * weight < np.abs(layer.weight).max() <= weight
        assert np.abs(layer.bias).max() <= bias
        assert layer.weight.dtype == np.float32
    again = sn.start(np.random.default_rng(4), [3, 50, 60, 1], 10.0)
    for a, b in zip(jax.tree.leaves(layers), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_network_of_one_sine_is_that_sine():
    layers = [cn.Layer(jnp.ones((1, 1)), jnp.zeros(1)), cn.Layer(jnp.ones((1, 1)), jnp.zeros(1))]
    x = jnp.linspace(-1, 1, 21)[:, None]
    jet = cn.jet(sn.network(7.0, 7.0, 1), layers, x, (1.0,))
    exact = np.asarray(x[:, 0], np.float64)
    np.testing.assert_allclose(jet.value, np.sin(7 * exact), atol=1e-6)
    np.testing.assert_allclose(jet.gradient[:, 0], 7 * np.cos(7 * exact), atol=1e-5)
    np.testing.assert_allclose(jet.second, -49 * np.sin(7 * exact), atol=1e-4)
