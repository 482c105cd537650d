"""The sine of float32 values against NumPy in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics.float32_sine import cosine, sine


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 600.0, 3000.0, 1e5])
@pytest.mark.parametrize(("ours", "exact"), [(sine, np.sin), (cosine, np.cos)])
def test_it_is_right_to_two_units_in_the_last_place_of_one(ours, exact, scale):
    x = np.random.default_rng(0).uniform(-scale, scale, 100_000).astype(np.float32)
    assert np.abs(np.asarray(jax.jit(ours)(x), np.float64) - exact(x.astype(np.float64))).max() < 2e-7


def test_small_values_keep_their_relative_accuracy_and_zero_is_zero():
    x = np.logspace(-30, -1, 1000).astype(np.float32)
    np.testing.assert_allclose(np.asarray(sine(jnp.asarray(x)), np.float64), np.sin(x.astype(np.float64)), rtol=3e-7)
    assert sine(jnp.float32(0)) == 0
    assert abs(cosine(jnp.float32(0)) - 1) < 2e-7


def test_multiples_of_half_a_turn_and_values_that_are_not_finite():
    x = (np.arange(-200, 201) * np.pi / 2).astype(np.float32)
    for ours, exact in ((sine, np.sin), (cosine, np.cos)):
        np.testing.assert_allclose(ours(jnp.asarray(x)), exact(x.astype(np.float64)), atol=2e-7)
    assert np.isnan(sine(jnp.float32(np.nan)))
    assert np.isnan(sine(jnp.float32(np.inf)))


def test_derivatives_of_every_order_are_sines_and_cosines():
    x, derivative = jnp.linspace(-40, 40, 201), sine
    for exact in (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin):
        derivative = jax.grad(derivative)
        np.testing.assert_allclose(jax.vmap(derivative)(x), exact(np.asarray(x, np.float64)), atol=2e-7)
    _, forward = jax.jvp(jax.vmap(jax.grad(cosine)), (x,), (jnp.ones_like(x),))
    np.testing.assert_allclose(forward, -np.cos(np.asarray(x, np.float64)), atol=2e-7)


def test_other_types_get_the_sine_of_jax():
    with jax.enable_x64(True):
        x = jnp.linspace(-9, 9, 100)
        np.testing.assert_array_equal(sine(x), jnp.sin(x))
        np.testing.assert_array_equal(cosine(x), jnp.cos(x))
