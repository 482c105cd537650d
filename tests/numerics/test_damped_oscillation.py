import numpy as np
import pytest

from replica.numerics import damped_oscillation

X = np.arange(0, 8, 0.02)


def test_sign_changes_above_a_threshold():
    values = np.array([[1.0, 0.01, -1.0, -0.01, 0.01, -1.0, 2.0], [0.0] * 7, [1.0] * 7])
    np.testing.assert_array_equal(damped_oscillation.sign_changes(values, 0.1), [2, 0, 0])
    np.testing.assert_array_equal(damped_oscillation.sign_changes(values, 1e-3), [4, 0, 0])


def test_extrema_of_a_sine():
    places, values = damped_oscillation.extrema(X, np.sin(X))
    np.testing.assert_allclose(places, np.pi * np.array([0.5, 1.5, 2.5]), atol=1e-4)
    np.testing.assert_allclose(values, [1, -1, 1], atol=1e-6)


@pytest.mark.parametrize(("half_period", "decay"), [(0.6, 0.86), (0.64, 3.2), (1.0, 0.0)])
def test_half_period_and_decay(half_period, decay):
    y = 0.3 * np.exp(-decay * X) * np.cos(np.pi * X / half_period + 0.4)
    found = damped_oscillation.half_period_and_decay(X, y)
    np.testing.assert_allclose(found, (half_period, decay), atol=1e-3)


def test_extrema_in_the_noise_are_left_out():
    noise = 1e-6 * np.random.default_rng(0).standard_normal(X.size)
    y = np.exp(-2.0 * X) * np.cos(np.pi * X / 0.8) + noise
    found = damped_oscillation.half_period_and_decay(X, y, floor=1e-4)
    np.testing.assert_allclose(found, (0.8, 2.0), atol=1e-2)


def test_too_few_extrema():
    assert np.isnan(damped_oscillation.half_period_and_decay(X, np.exp(-X))).all()
