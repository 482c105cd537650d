import numpy as np
import pytest

from replica.numerics import localization

X = np.linspace(-10, 10, 4001)
STEP = X[1] - X[0]


@pytest.mark.parametrize("deviation", [0.3, 1.0])
def test_gaussian(deviation):
    profile = np.exp(-(X**2) / (4 * deviation**2))  # its square has that standard deviation
    ipr = localization.inverse_participation_ratio(profile, STEP)
    assert ipr == pytest.approx(1 / (2 * np.sqrt(np.pi) * deviation), rel=1e-6)
    width = localization.full_width_at_half_maximum(X, -profile)
    assert width == pytest.approx(4 * deviation * np.sqrt(np.log(2)), rel=1e-4)


def test_scale_does_not_matter_and_rows_are_profiles():
    profiles = np.stack([np.exp(-(X**2)), 7 * np.exp(-(X**2))])
    first, second = localization.inverse_participation_ratio(profiles, STEP)
    assert first == pytest.approx(second, rel=1e-12)


def test_single_point_and_box():
    profile = np.zeros(4001)
    profile[100] = 3.0
    assert localization.inverse_participation_ratio(profile, STEP) == pytest.approx(1 / STEP)
    box = (np.abs(X) < 2 - 1e-9).astype(float)
    assert localization.inverse_participation_ratio(box, STEP) == pytest.approx(1 / 4, rel=2e-3)
    assert localization.full_width_at_half_maximum(X, box) == pytest.approx(4, abs=2 * STEP)


def test_two_lobes_count_with_their_gap():
    profile = np.sin(X * np.pi / 10)
    # |f| is half at 10/6 and 50/6 on both sides.
    assert localization.full_width_at_half_maximum(X, profile) == pytest.approx(100 / 6, abs=1e-4)


def test_profile_that_does_not_fall_ends_at_the_grid():
    assert localization.full_width_at_half_maximum(X, np.ones_like(X)) == pytest.approx(20)
