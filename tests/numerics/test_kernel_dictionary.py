"""Kernel dictionaries: distances, orthonormality over the centres, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import kernel_dictionary


@pytest.fixture
def snapshots():
    return 100 + np.random.default_rng(0).standard_normal((20, 500)).astype(np.float32)


def test_distances_in_single_precision_far_from_the_origin(snapshots):
    exact = ((snapshots[:, None].astype(float) - snapshots[None, :5]) ** 2).sum(-1)
    with jax.enable_x64(True):
        found = kernel_dictionary.squared_distances(jnp.asarray(snapshots), jnp.asarray(snapshots[:5]))
    np.testing.assert_allclose(found, exact, atol=2e-3)


@pytest.mark.parametrize("name", kernel_dictionary.KERNELS)
def test_functions_are_orthonormal_over_the_centres(snapshots, name):
    with jax.enable_x64(True):
        square = np.asarray(kernel_dictionary.squared_distances(jnp.asarray(snapshots), jnp.asarray(snapshots)))
        scale = kernel_dictionary.scale_of(jnp.asarray(snapshots))
    square = square.copy()
    np.fill_diagonal(square, 0)
    chosen = kernel_dictionary.dictionary(square, name, scale, 6)
    values = kernel_dictionary.evaluate(chosen, square)
    gram = values.T @ values
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-9)  # their squared norms are the eigenvalues S
    assert np.all(np.diff(np.diag(gram)) < 1e-9)
    expected = np.linalg.eigvalsh(kernel_dictionary.values(square, name, scale))[::-1][:6]
    np.testing.assert_allclose(np.diag(gram), expected, rtol=1e-8)


def test_refusals():
    with pytest.raises(ValueError, match="one of Gaussian"):
        kernel_dictionary.values(np.zeros((2, 2)), "linear", 1.0)
    with pytest.raises(ValueError, match="are asked for"):
        kernel_dictionary.dictionary(np.zeros((3, 3)), "Gaussian", 1.0, 4)
