"""Interval maps: orbits of the tent map from bits, its orthonormal chain of cosines, and the exact density."""

import numpy as np

from replica.numerics import interval_maps


def test_orbit_from_bits_obeys_the_map():
    orbit = interval_maps.tent_orbit(np.random.default_rng(0), 2000)
    np.testing.assert_allclose(orbit[1:], interval_maps.tent_map(orbit[:-1]), atol=2.0**-50)
    assert 0.4 < orbit.mean() < 0.6 and orbit[-100:].std() > 0.1


def test_floating_point_orbit_ends_at_zero():
    orbit = interval_maps.iterate_tent_map(0.3141592653589793, 200)
    assert not np.any(orbit[60:])


def test_observable_is_its_series():
    orbit = interval_maps.tent_orbit(np.random.default_rng(1), 100)
    found = interval_maps.tent_observable(orbit, 0.6)
    expected = 0.8 * sum(0.6**k * np.sqrt(2) * np.cos(2.0**k * np.pi * orbit[:10]) for k in range(40))
    np.testing.assert_allclose(found[:10], expected, atol=1e-3)  # 2^k x is right to 2^(k - 53) only
    assert found.size == 100 - interval_maps.TERMS + 1


def test_density_has_geometric_moments():
    angles = 2 * np.pi * np.arange(200) / 200
    density = interval_maps.poisson_density(angles, 0.6)
    moments = np.fft.ifft(density)[:5].real * 2 * np.pi
    np.testing.assert_allclose(moments, 0.6 ** np.arange(5), rtol=1e-12)


def test_gauss_map_keeps_its_interval():
    x = np.linspace(-1, 0, 1001)
    image = interval_maps.gauss_map(x)
    assert image.min() >= -1 and image.max() <= 0
    assert interval_maps.gauss_map(np.array(-1.0)) == -1
