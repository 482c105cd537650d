"""Pseudospectra: against singular values point by point, normal matrices, small values without loss of digits."""

import numpy as np
import pytest

from replica.numerics import pseudospectra

POINTS = np.array([[0.3, 1.0 + 0.5j], [-0.7j, 0.7j]])


@pytest.mark.parametrize("imaginary", [0.0, 1.0])
def test_smallest_singular_values(imaginary):
    stream = np.random.default_rng(0)
    operator, defect = (stream.standard_normal((n, 7)) + 0j for n in (7, 4))
    operator, defect = (m + imaginary * 1j * stream.standard_normal(m.shape) for m in (operator, defect))
    if imaginary == 0:
        operator, defect = operator.real, defect.real
    found = pseudospectra.pseudospectrum(operator, defect, POINTS)
    for z, value in zip(POINTS.ravel(), found.ravel(), strict=True):
        stacked = np.concatenate([operator - z * np.eye(7), defect])
        assert value == pytest.approx(np.linalg.svd(stacked)[1][-1], rel=1e-10)
        smallest, vector = pseudospectra.minimiser(operator, defect, z)
        assert np.linalg.norm(stacked @ vector) == pytest.approx(smallest, rel=1e-10)


def test_distance_from_the_spectrum_of_a_normal_matrix():
    values = np.array([1.0, 0.5j, -0.3])
    unitary = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    points = values[:, None] + np.array([1e-9, 1e-5, 0.1])
    found = pseudospectra.pseudospectrum(unitary @ np.diag(values) @ unitary.T, np.zeros((1, 3)), points)
    np.testing.assert_allclose(found, np.broadcast_to([1e-9, 1e-5, 0.1], (3, 3)), rtol=1e-5)


def test_unitary_operators_in_a_dictionary_that_they_leave():
    """A truncated shift: τ² = 1 + r² - 2 r cos(π/(n + 1)) at every angle."""
    shift, radii = np.eye(9, k=-1), np.array([0.0, 0.5, 1.0, 1.2])
    found = pseudospectra.unitary_pseudospectrum(shift, np.array([0.3, 2.0]), radii)
    expected = np.sqrt(1 + radii**2 - 2 * radii * np.cos(np.pi / 10))
    np.testing.assert_allclose(found, np.stack([expected, expected]), rtol=1e-12)
    defect = np.zeros((1, 9))
    defect[0, -1] = 1.0  # the last function leaves the dictionary
    points = radii * np.exp(0.3j)
    np.testing.assert_allclose(found[0], pseudospectra.pseudospectrum(shift, defect, points), rtol=1e-12)
