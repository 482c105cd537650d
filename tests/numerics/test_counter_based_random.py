import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from replica.numerics import counter_based_random as random

COUNT = 200_000


def _key(seed):
    return jax.random.key_data(jax.random.key(seed))


def test_normal_numbers():
    x = np.asarray(random.normal(_key(1), (2, COUNT)), float)
    assert x.dtype == np.float64 and np.isfinite(x).all()
    for row in x:
        assert stats.kstest(row, stats.norm.cdf).pvalue > 1e-3
    first, second = x
    for a, b in ((first, second), (first**2, second**2), (first[1:], first[:-1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(COUNT)
    assert stats.kurtosis(x.ravel()) == pytest.approx(0, abs=5 * np.sqrt(24 / x.size))
    assert 4.0 < np.abs(x).max() < 5.8


def test_box_muller_from_chosen_words():
    """Words of a known u and t: the angle 2πt counts from -1/2."""
    first = jnp.full(5, 2**31, jnp.uint32)
    second = jnp.array([0, 2**30, 2**29, 2**32 - 2**30, 2**32 - 2**28], jnp.uint32)
    cosine, sine = random.normal_pair(first, second)
    angle = 2 * np.pi * np.array([0, 1 / 4, 1 / 8, -1 / 4, -1 / 16])
    radius = np.sqrt(2 * np.log(2))
    np.testing.assert_allclose(cosine, radius * np.cos(angle), atol=1e-6)
    np.testing.assert_allclose(sine, radius * np.sin(angle), atol=1e-6)


def test_uniform_numbers():
    first, second = random.word_pairs(_key(2), (COUNT,))
    assert stats.kstest(np.asarray(random.uniform(first), float), stats.uniform.cdf).pvalue > 1e-3
    v = np.asarray(random.symmetric(second), float)
    assert stats.kstest(v, stats.uniform(-1, 2).cdf).pvalue > 1e-3
    assert np.abs(v).max() < 1


def test_same_numbers_in_both_modes_and_other_numbers_of_other_keys():
    single = random.normal(_key(3), (4, 100))
    with jax.enable_x64(True):
        double_mode = random.normal(_key(3), (4, 100))
    assert double_mode.dtype == jnp.float32
    np.testing.assert_array_equal(single, double_mode)
    keys = random.step_keys(jax.random.key(3), 2)
    assert abs(np.corrcoef(*(np.ravel(random.normal(k, (2, 5000))) for k in keys))[0, 1]) < 0.05


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="pairs"):
        random.normal(_key(0), (3, 2))
    with pytest.raises(ValueError, match="counters"):
        jax.eval_shape(lambda k: random.word_pairs(k, (2**31,)), _key(0))
