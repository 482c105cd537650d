"""Delay vectors, the residual of a truncated shift, and surrogates of the same spectra."""

import numpy as np
import pytest

from replica.numerics import pseudospectra, residual_dmd, time_delays


def test_delay_vectors():
    series = np.arange(10).reshape(5, 2)
    found = time_delays.delay_vectors(series, 3)
    np.testing.assert_array_equal(found[1], [2, 3, 4, 5, 6, 7])
    assert found.shape == (3, 6)
    with pytest.raises(ValueError, match="need as many"):
        time_delays.delay_vectors(series, 6)


def test_truncated_shift_has_its_residual_at_every_angle():
    """Orthonormal delays: the operator shifts them, the last one leaves the dictionary."""
    size = 20
    identity = np.eye(size)
    pencil = residual_dmd.pencil(residual_dmd.Matrices(identity, np.eye(size, k=-1), identity))
    tau = pseudospectra.pseudospectrum(*pencil[:2], np.exp(1j * np.array([0.1, 1.0, 3.0])))
    np.testing.assert_allclose(tau, time_delays.truncated_shift_residual(size), rtol=1e-9)


def test_surrogate_keeps_spectra_and_cross_spectra():
    series = np.random.default_rng(0).standard_normal((401, 2)).cumsum(0)
    found = time_delays.phase_randomised(np.random.default_rng(1), series)
    one, other = (np.fft.rfft(x - x.mean(0), axis=0) for x in (series, found))
    np.testing.assert_allclose(np.abs(other), np.abs(one), atol=1e-8)
    np.testing.assert_allclose(other[:, 0] * other[:, 1].conj(), one[:, 0] * one[:, 1].conj(), atol=1e-6)
    assert np.abs(found - (series - series.mean(0))).max() > 1
