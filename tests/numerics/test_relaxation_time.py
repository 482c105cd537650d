import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import relaxation_time


def _autoregressive(rate, times, chains):
    noise = np.random.default_rng(0).standard_normal((times, chains))
    x = np.empty_like(noise)
    x[0] = noise[0]
    for t in range(1, times):
        x[t] = rate * x[t - 1] + np.sqrt(1 - rate**2) * noise[t]
    return x


@pytest.mark.parametrize("mean", [None, 0.0])
def test_autoregressive_process(mean):
    """ρ(t) = a^t: first below 1/e at the next integer of -1/ln a; τ = (1 + a)/(1 - a)."""
    rate = 0.9
    x = _autoregressive(rate, 4000, 40)
    with jax.enable_x64(True):
        correlation = np.asarray(relaxation_time.autocorrelation(jnp.asarray(x)[:, None], 200, mean=mean))
    assert correlation.shape == (200, 1)
    np.testing.assert_allclose(correlation[:40, 0], rate ** np.arange(40), atol=0.03)
    assert relaxation_time.first_below(correlation[:, 0]) == pytest.approx(np.ceil(-1 / np.log(rate)), abs=1)
    assert relaxation_time.integrated(correlation[:, 0]) == pytest.approx(1.9 / 0.1, rel=0.08)


def test_transform_is_the_plain_sum():
    x = _autoregressive(0.5, 50, 3)
    with jax.enable_x64(True):
        own = relaxation_time.autocorrelation(jnp.asarray(x), 10, mean=0.0)
    plain = np.array([(x[: 50 - t] * x[t:]).sum() / (50 - t) for t in range(10)])
    np.testing.assert_allclose(own, plain / plain[0], atol=1e-12)


def test_what_is_not_reached_is_not_a_number():
    assert np.isnan(relaxation_time.first_below(np.ones(5)))
    assert relaxation_time.first_below(np.array([1, 0.5, 0.3, 0.2])) == 2
    assert np.isnan(relaxation_time.integrated(np.ones(5)))
    with pytest.raises(ValueError, match="lags"):
        relaxation_time.autocorrelation(jnp.ones((3, 2)), 4)
