import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from replica.numerics import metropolis_walkers as walkers

COUNT = 100_000


def _start(value=0.0):
    return jnp.full(COUNT, value, jnp.float32)


@pytest.mark.parametrize(
    ("jump", "reference"),
    [
        (walkers.uniform, stats.uniform(-2, 4)),
        (walkers.gaussian, stats.norm(scale=2 / np.sqrt(3))),
        (walkers.exponential, stats.laplace(scale=2 / np.sqrt(6))),
    ],
)
def test_jumps_have_their_density(jump, reference):
    x = np.asarray(walkers.walk(jax.random.key(1), _start(), 2.0, steps=1, jump=jump, always=True))
    assert np.isfinite(x).all()
    assert stats.kstest(x, reference.cdf).pvalue > 1e-3


def test_rejected_share_and_accepted_places():
    """From x = 1: accepted with probability min(1, e^{(1 - y²)/2})."""
    x = np.asarray(walkers.walk(jax.random.key(2), _start(1.0), 2.0, steps=1))
    accepted = quad(lambda y: min(1.0, np.exp((1 - y**2) / 2)), -1, 3, points=[1])[0] / 4
    stayed = np.mean(x == 1.0)
    assert stayed == pytest.approx(1 - accepted, abs=5 * np.sqrt(accepted * (1 - accepted) / COUNT))
    inside = np.mean((np.abs(x) < 1) & (x != 1.0))
    assert inside == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(COUNT))


@pytest.mark.parametrize(
    ("energy", "moment"),
    [(walkers.harmonic, 1.0), (walkers.quartic, 2 * 0.3379891200), (walkers.box, 1 / 3)],
)
def test_stationary_second_moment(energy, moment):
    x = np.asarray(walkers.walk(jax.random.key(3), _start(0.5), 2.5 if energy is not walkers.box else 1.5,
                                steps=60, energy=energy))  # fmt: skip
    square = x.astype(float) ** 2
    assert square.mean() == pytest.approx(moment, abs=5 * square.std() / np.sqrt(COUNT))
    if energy is walkers.box:
        assert np.abs(x).max() <= 1


def test_equilibrium_stays_in_distribution():
    start = jax.random.normal(jax.random.key(4), (COUNT,), jnp.float32)
    for jump in (walkers.uniform, walkers.gaussian, walkers.exponential):
        x = walkers.walk(jax.random.key(5), start, 3.0, steps=5, jump=jump)
        assert stats.kstest(np.asarray(x), stats.norm.cdf).pvalue > 1e-3


def test_walkers_and_steps_are_independent():
    x = np.asarray(walkers.walk(jax.random.key(6), _start(), 1.0, steps=1, always=True))
    y = np.asarray(walkers.walk(jax.random.key(6), _start(), 1.0, steps=2, always=True)) - x
    error = 5 / np.sqrt(COUNT)
    for a, b in ((x[:-1], x[1:]), (x[: COUNT // 2], x[COUNT // 2 :]), (x, y)):
        assert abs(np.corrcoef(a, b)[0, 1]) < error


def test_same_key_gives_the_same_walk_in_both_modes():
    first = walkers.walk(jax.random.key(7), _start(), 2.0, steps=3)
    with jax.enable_x64(True):
        second = walkers.walk(jax.random.key(7), _start(), 2.0, steps=3)
        double = walkers.walk(jax.random.key(7), _start().astype(jnp.float64), 2.0, steps=3)
    assert second.dtype == jnp.float32 and double.dtype == jnp.float64
    np.testing.assert_array_equal(first, second)
    # In float64 the same words make the same decisions, except where an acceptance hangs on the last bit.
    assert np.mean(np.abs(np.asarray(first) - np.asarray(double)) > 1e-5) < 1e-3


def test_too_many_walkers_are_refused():
    with pytest.raises(ValueError, match="counters"):
        jax.eval_shape(
            lambda key, x: walkers.walk(key, x, 1.0, steps=1),
            jax.random.key(0),
            jax.ShapeDtypeStruct((2**31,), jnp.float32),
        )
