import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics.gaussian_random_field import periodic, wave_numbers


@pytest.mark.parametrize(("size", "dimensions"), [(16, 1), (8, 2), (9, 2)])
def test_covariance_is_the_transform_of_the_power(size, dimensions):
    square = sum(k**2 for k in wave_numbers(size, dimensions))
    power = 1 / (1 + square) ** 1.5
    fields = np.asarray(jax.vmap(lambda key: periodic(key, power))(jax.random.split(jax.random.key(0), 40_000)))
    origin = fields[(slice(None),) + (0,) * dimensions]
    measured = np.tensordot(origin, fields, (0, 0)) / len(fields)
    exact = np.fft.ifftn(np.asarray(power)).real * power.size
    assert abs(measured - exact).max() < 0.03 * exact.max()
    np.testing.assert_allclose(exact.max(), np.asarray(power).sum(), rtol=1e-5)


def test_one_mode_is_a_wave_of_random_phase():
    k, m = wave_numbers(16, 2)
    field = np.asarray(periodic(jax.random.key(3), jnp.where((abs(k) == 2) & (m == 0), 0.5, 0.0)))
    modes = abs(np.fft.fft2(field))
    assert set(zip(*np.nonzero(modes > 1e-4 * modes.max()), strict=True)) == {(2, 0), (14, 0)}
