"""Levenberg-Marquardt against scipy and against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import least_squares

from replica.numerics.levenberg_marquardt import levenberg_marquardt

T = np.linspace(0, 3, 20)


def _decay(p, data):
    return p[0] * jnp.exp(-p[1] * T) + p[2] - data


def test_exponential_decay_against_scipy():
    rng = np.random.default_rng(0)
    data = np.stack(
        [a * np.exp(-k * T) + 0.3 + 0.05 * rng.standard_normal(T.size) for a, k in ((2, 1), (1, 3), (3, 0.5))]
    )
    with jax.enable_x64(True):
        fit = levenberg_marquardt(_decay, jnp.ones((3, 3)), jnp.asarray(data), iterations=60)
        for i in range(3):
            expected = least_squares(
                lambda p, i=i: p[0] * np.exp(-p[1] * T) + p[2] - data[i],
                np.ones(3),
                method="lm",
                xtol=1e-14,
                ftol=1e-14,
            )
            np.testing.assert_allclose(fit.parameters[i], expected.x, atol=1e-6)
            assert fit.loss[i] == pytest.approx(expected.cost, rel=1e-12)
            assert fit.gradient_norm[i] < 1e-10


def test_rosenbrock_from_far():
    with jax.enable_x64(True):
        fit = levenberg_marquardt(
            lambda p: jnp.stack([10 * (p[1] - p[0] ** 2), 1 - p[0]]),
            jnp.array([[-1.2, 1.0], [5.0, -3.0]]),
            iterations=100,
        )
        np.testing.assert_allclose(fit.parameters, 1.0, atol=1e-9)
        assert np.all(np.diff(fit.loss_history, axis=1) <= 1e-12)


def test_linear_problem_with_dependent_columns():
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((8, 3)), rng.standard_normal(8)
    a[:, 2] = a[:, 0] + a[:, 1]
    with jax.enable_x64(True):
        fit = levenberg_marquardt(lambda p: a @ p - b, jnp.zeros((1, 3)), iterations=40)
        rest = np.linalg.lstsq(a, b, rcond=None)[0]
        assert fit.loss[0] == pytest.approx(0.5 * ((a @ rest - b) ** 2).sum(), rel=1e-10)
