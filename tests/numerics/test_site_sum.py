import jax.numpy as jnp
import numpy as np

from replica.numerics.site_sum import site_sum


def test_sums_over_leading_axes():
    values = jnp.arange(120.0).reshape(2, 3, 4, 5)
    np.testing.assert_allclose(site_sum(values), values.sum((0, 1)))
    np.testing.assert_allclose(site_sum(values, 3), values.sum((0, 1, 2)))
    assert site_sum(values[..., 0, 0]).shape == ()


def test_an_infinite_site_makes_its_own_sum_infinite():
    values = jnp.ones((3, 3, 2)).at[1, 1, 0].set(jnp.inf)
    np.testing.assert_array_equal(site_sum(values), [jnp.inf, 9])
