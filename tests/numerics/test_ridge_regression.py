"""Streamed sums against the regression on all samples at once, and against scikit-learn's formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import ridge_regression


@pytest.mark.parametrize("features", [5, 300, 303])
def test_blocks_add_up(features):
    generator = np.random.default_rng(features)
    f, y = generator.normal(size=(700, features)), generator.normal(size=(700, 3))
    with jax.enable_x64(True):
        sums = ridge_regression.zeros(features, 3)
        for rows in (slice(0, 100), slice(100, 650), slice(650, 700)):
            sums = ridge_regression.add(sums, jnp.asarray(f[rows]), jnp.asarray(y[rows]))
        np.testing.assert_allclose(ridge_regression.gram(sums), f.T @ f, rtol=1e-10, atol=1e-9)
        weights = ridge_regression.solve(sums, 0.3)
        whole = ridge_regression.fit(f, y, 0.3)
    # The same minimum as least squares with √β rows added to the samples.
    rows = np.vstack([f, np.sqrt(0.3) * np.eye(features)])
    expected = np.linalg.lstsq(rows, np.vstack([y, np.zeros((features, 3))]), rcond=None)[0].T
    np.testing.assert_allclose(weights, expected, atol=1e-9)
    np.testing.assert_allclose(whole, expected, atol=1e-9)


def test_refuses_a_singular_matrix():
    with jax.enable_x64(True), pytest.raises(np.linalg.LinAlgError):
        ridge_regression.fit(np.zeros((10, 4)), np.ones((10, 1)), 0.0)
