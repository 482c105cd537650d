"""Filters and their orders, Poisson sums, ergodic averages, and the L1 distance of densities."""

import numpy as np
import pytest

from replica.numerics import interval_maps, spectral_moments


@pytest.mark.parametrize("name", ["Fejér", "cosine", "Vandeven", "bump"])
def test_filters_go_from_one_to_zero(name):
    values = spectral_moments.FILTERS[name](np.linspace(0, 1, 101))
    assert values[0] == 1 and values[-1] == pytest.approx(0, abs=1e-12)
    assert np.all(np.diff(values) < 1e-12)
    assert values[50] == pytest.approx(0.5, abs=2e-3)


def test_filtered_sums_converge_at_the_order_of_the_filter():
    n = np.arange(1, 900)
    moments = np.concatenate([[1.0], np.sin(n) / n]) / (2 * np.pi**2)  # of 1[|θ| < 1]/2π

    def error(filter, size):
        sums = [
            spectral_moments.filtered_density(moments[: m + 1], np.zeros(1), filter)[0] for m in range(size, size + 12)
        ]
        return np.abs(2 * np.pi * np.array(sums) - 1).max()

    for name, order in (("Fejér", 1), ("cosine", 3), ("Vandeven", 5), ("none", 1)):
        filter = spectral_moments.FILTERS[name]
        slope = np.log(error(filter, 100) / error(filter, 400)) / np.log(4)
        assert slope == pytest.approx(order, abs=0.3), name
    assert error(spectral_moments.bump, 200) < 1e-10


def test_poisson_sum_of_geometric_moments():
    angles = spectral_moments.angle_grid(50)
    moments = 0.6 ** np.arange(100) / (2 * np.pi)
    found = spectral_moments.poisson_density(moments, angles, 0.25)
    np.testing.assert_allclose(found, interval_maps.poisson_density(angles, 0.6 / 1.25), rtol=1e-12)
    assert spectral_moments.distance(found, found + 0.1) == pytest.approx(0.2 * np.pi)


def test_ergodic_moments_are_the_plain_sums():
    values = np.random.default_rng(0).standard_normal((2, 60)) + 1j
    found = spectral_moments.ergodic_moments(values, 5)
    for n in range(5):
        expected = [np.vdot(v[: 60 - n], v[n:]) / (2 * np.pi * (60 - n)) for v in values]
        np.testing.assert_allclose(found[:, n], expected, rtol=1e-12)
