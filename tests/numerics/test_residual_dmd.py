"""Residual DMD against direct minimisation, exact operators, and the residual as it is defined on data."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import orthogonal_functions, pseudospectra, quadrature, residual_dmd

ROTATION = 0.7


def dictionary(state):
    return orthogonal_functions.fourier(state[0], 3)


def turned(state):
    return state + ROTATION


def contraction(state):
    return 0.5 * state + 0.1 * state**2


def monomials(count, state):
    return jnp.stack([state[0] ** k for k in range(count)])


@pytest.fixture
def data():
    """Monomials at random nodes and their images: values and weights."""
    stream = np.random.default_rng(0)
    nodes = stream.uniform(-1, 1, (1, 300))
    weights = stream.uniform(0.5, 1.5, 300)
    before, after = (np.stack([x[0] ** k for k in range(6)], 1) for x in (nodes, contraction(nodes)))
    return nodes, weights, before, after


def test_rotation_has_its_spectrum_and_no_residual():
    with jax.enable_x64(True):
        rule = quadrature.midpoint(16, -np.pi, np.pi)
        found = residual_dmd.matrices(dictionary, turned, rule.nodes[None], rule.weights, chunk=5)
    np.testing.assert_allclose(found.gram, np.eye(7), atol=1e-14)
    np.testing.assert_allclose(found.image, np.eye(7), atol=1e-14)
    pairs = residual_dmd.eigenpairs(residual_dmd.pencil(found))
    expected = np.exp(1j * ROTATION * np.arange(-3, 4))
    assert np.abs(pairs.values[:, None] - expected).min(1).max() < 1e-13
    assert pairs.residuals.max() < 1e-7  # the root of rounding
    points = np.array([0.5, 1.5j, np.exp(1.1j)])
    distance = np.abs(points[:, None] - expected).min(1)
    np.testing.assert_allclose(
        pseudospectra.pseudospectrum(*residual_dmd.pencil(found)[:2], points), distance, atol=1e-7
    )
    circle = pseudospectra.unitary_pseudospectrum(found.cross, np.angle(points), np.abs(points))
    np.testing.assert_allclose(np.diag(circle), distance, atol=1e-12)


def test_matrices_from_chunks_agree_with_values(data):
    nodes, weights, before, after = data
    with jax.enable_x64(True):
        found = residual_dmd.matrices(partial(monomials, 6), contraction, nodes, weights, chunk=64)
    expected = [a.T @ (weights[:, None] * b) for a, b in ((before, before), (before, after), (after, after))]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_both_pencils_and_the_definition_agree(data):
    _, weights, before, after = data
    exact = residual_dmd.pencil_from_values(before, after, weights)
    products = [a.T @ (weights[:, None] * b) for a, b in ((before, before), (before, after), (after, after))]
    squared = residual_dmd.pencil(residual_dmd.Matrices(*products))
    pairs = residual_dmd.eigenpairs(exact)
    direct = residual_dmd.data_residuals(before, after, weights, pairs.values, exact.basis @ pairs.vectors)
    np.testing.assert_allclose(pairs.residuals, direct, rtol=1e-9, atol=1e-13)
    again = residual_dmd.matrix_residuals(residual_dmd.Matrices(*products), pairs.values, exact.basis @ pairs.vectors)
    np.testing.assert_allclose(again, direct, atol=1e-6)
    other = residual_dmd.eigenpairs(squared)
    np.testing.assert_allclose(np.abs(other.values), np.abs(pairs.values), atol=1e-9)
    points = np.array([[0.9, 0.3 + 0.2j], [1.4, -0.5]])
    tau = pseudospectra.pseudospectrum(*exact[:2], points)
    np.testing.assert_allclose(tau, pseudospectra.pseudospectrum(*squared[:2], points), atol=1e-6)
    for z, value in zip(points.ravel(), tau.ravel(), strict=True):
        smallest, vector = pseudospectra.minimiser(*exact[:2], z)
        assert value == pytest.approx(smallest, abs=1e-11)
        found = residual_dmd.data_residuals(before, after, weights, np.array([z]), (exact.basis @ vector)[:, None])
        assert found[0] == pytest.approx(smallest, abs=1e-11)


def test_fixed_point_gives_eigenvalues_without_residual(data):
    """1 and 0.5 are eigenvalues of the contraction with fixed point 0: constants, and its linearisation."""
    _, weights, before, after = data
    pencil = residual_dmd.pencil_from_values(before, after, weights)
    tau = pseudospectra.pseudospectrum(*pencil[:2], np.array([1.0, 0.5, 2.0]))
    assert tau[0] < 1e-13 and tau[1] < 1e-2 and tau[2] > 0.5


def test_isometric_pencil_and_cut():
    stream = np.random.default_rng(3)
    values = stream.standard_normal((50, 3))
    before = np.concatenate([values, values[:, :1]], 1)  # one function twice
    gram = before.T @ before
    pencil = residual_dmd.isometric_pencil(residual_dmd.Matrices(gram, gram, gram), cut=1e-10)
    assert pencil.operator.shape == (3, 3)
    np.testing.assert_allclose(pencil.operator, np.eye(3), atol=1e-12)
    assert np.abs(pencil.defect).max() < 1e-6


def test_too_few_nodes_are_refused():
    with pytest.raises(ValueError, match="do not determine"):
        residual_dmd.pencil_from_values(np.zeros((2, 3)), np.zeros((2, 3)), np.ones(2))
