"""Valid times of errors that are known."""

import numpy as np
import pytest

from replica.numerics import forecast_horizon


def test_valid_time():
    error = np.array([[0.1, 0.5, 0.0], [0.4, 0.0, 0.0], [0.1, 0.0, 0.3]])
    np.testing.assert_allclose(forecast_horizon.valid_time(error, 0.3, 0.5), [1.0, 0.5, 1.5])


def test_exponential_growth():
    """An error that grows as ε exp(λ t) is valid for ln(0.3/ε)/λ, rounded up to whole steps."""
    t = 0.01 * np.arange(1, 2001)
    truth = np.ones((2000, 2, 1))
    forecast = truth * (1 + 1e-3 * np.exp(0.9 * t))[:, None, None]
    error = forecast_horizon.relative_error(forecast, truth)
    assert forecast_horizon.valid_time(error, 0.3, 0.01)[0] == pytest.approx(np.log(300) / 0.9, abs=0.01)


def test_what_is_not_finite_has_failed():
    truth = np.ones((3, 2, 2))
    forecast = truth.copy()
    forecast[1:, :, 0], forecast[2, 0, 1] = np.nan, np.inf
    error = forecast_horizon.relative_error(forecast, truth)
    np.testing.assert_allclose(forecast_horizon.valid_time(error, 0.3, 1.0), [2, 3])


def test_windows():
    series = np.arange(20.0).reshape(10, 2)
    got = forecast_horizon.windows(series, np.array([1, 6]), 3)
    np.testing.assert_array_equal(got[:, :, 1], series[6:9])
    with pytest.raises(ValueError, match="need steps"):
        forecast_horizon.windows(series, np.array([8]), 3)
