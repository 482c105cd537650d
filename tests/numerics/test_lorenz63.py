"""The vector field against its coefficients, and the statistics of the attractor."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import lorenz63, polynomial_library, runge_kutta


def test_fixed_points():
    with jax.enable_x64(True):
        size = np.sqrt(lorenz63.BETA * (lorenz63.RHO - 1))
        for sign in (-1, 0, 1):
            state = jnp.asarray([sign * size, sign * size, abs(sign) * (lorenz63.RHO - 1)])
            np.testing.assert_allclose(lorenz63.derivative(state), 0, atol=1e-12)


def test_coefficients_are_those_of_the_derivative():
    library = polynomial_library.library(3, 2)
    with jax.enable_x64(True):
        state = jnp.asarray(np.random.default_rng(0).normal(size=(3, 20)))
        features = polynomial_library.evaluate(library, state)
        predicted = lorenz63.coefficients(polynomial_library.exponents(library, 3)) @ np.asarray(features)
        np.testing.assert_allclose(lorenz63.derivative(state), predicted, atol=1e-12)


def test_largest_lyapunov_exponent():
    """0.906 per time unit, from the growth of a tangent vector over 300 time units (its own scatter is near 0.02)."""
    with jax.enable_x64(True):

        @jax.jit
        def growth(state, vector):
            def step(y):
                return runge_kutta.runge_kutta_step(lorenz63.derivative, y, 0.01)

            def advance(carry, _):
                y, v = jax.jvp(step, carry[:1], carry[1:])
                size = jnp.linalg.norm(v)
                return (y, v / size), jnp.log(size)

            return jax.lax.scan(advance, (state, vector), None, length=32000)[1]

        logs = np.asarray(growth(jnp.asarray([1.0, 1.0, 20.0]), jnp.asarray([1.0, 0.0, 0.0])))
    assert logs[2000:].mean() / 0.01 == pytest.approx(0.906, abs=0.03)
