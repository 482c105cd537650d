"""Limits of the spectrum against known roots and against large Gram matrices."""

import numpy as np
import pytest

from replica.numerics import truncated_power_spectrum as spectrum


def test_roots_of_the_clamped_beam():
    expected = [1.87510407, 4.69409113, 7.85475744, 10.99554073]
    np.testing.assert_allclose(spectrum.beam_roots(4), expected, atol=1e-8)
    roots = spectrum.beam_roots(20)
    np.testing.assert_allclose(np.cos(roots[:8]) * np.cosh(roots[:8]), -1, atol=1e-3)
    np.testing.assert_allclose(roots[5:], (np.arange(5, 20) + 0.5) * np.pi, atol=1e-6)


def test_limits():
    assert spectrum.ramp_limit(1)[0] == pytest.approx(0.0808907, abs=1e-7)
    assert spectrum.step_limit(1)[0] == pytest.approx(4 / np.pi**2)


def test_gram_matrices_approach_the_limits():
    errors = []
    for size in (100, 200, 400):
        grid = spectrum.midpoints(size)
        difference = grid[:, None] - grid[None, :]
        ramps = spectrum.gram_spectrum(np.maximum(difference, 0), 4)
        steps = spectrum.gram_spectrum((difference > 0).astype(float), 4)
        errors.append(
            [np.abs(ramps / spectrum.ramp_limit(4) - 1).max(), np.abs(steps / spectrum.step_limit(4) - 1).max()]
        )
    errors = np.array(errors)
    assert errors[-1].max() < 3e-3
    np.testing.assert_allclose(np.log2(errors[:-1, 1] / errors[1:, 1]), 1, atol=0.1)  # the steps at the edge: order one
    np.testing.assert_allclose(np.log2(errors[:-1, 0] / errors[1:, 0]), 2, atol=0.2)
