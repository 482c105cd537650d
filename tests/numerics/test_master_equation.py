import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import master_equation


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def _chain(size=12):
    """A reversible chain of random rates, its stationary state, a start."""
    generator = np.random.default_rng(0)
    flow = generator.random((size, size))
    flow = flow + flow.T
    p = flow.sum(0) / flow.sum()
    start = generator.random(size)
    return jnp.asarray(flow / flow.sum(0)), jnp.asarray(p), jnp.asarray(start / start.sum())


def test_distributions_against_powers():
    transition, _, start = _chain()
    found = master_equation.distributions(transition, start, 5)
    assert found.shape == (6, 12)
    for n in range(6):
        expected = np.linalg.matrix_power(np.asarray(transition), n) @ np.asarray(start)
        np.testing.assert_allclose(found[n], expected, atol=1e-15)


def test_deviation_is_that_of_the_distribution():
    transition, p, start = _chain()
    deviation = master_equation.deviations(transition, p, start, 4)
    expected = np.asarray(master_equation.distributions(transition, start, 4))[1:] - np.asarray(p)
    size = np.abs(expected).sum(1)
    np.testing.assert_allclose(deviation.shape, expected / size[:, None], atol=1e-11)
    initial = np.abs(np.asarray(start - p)).sum()
    np.testing.assert_allclose(np.cumprod(deviation.factor) * initial, size, rtol=1e-10)


def test_deviation_ends_at_the_second_eigenvalue():
    transition, p, start = _chain()
    deviation = master_equation.deviations(transition, p, start, 400)
    values = np.sort(np.abs(np.linalg.eigvals(np.asarray(transition))))
    assert float(deviation.factor[-1]) == pytest.approx(values[-2], rel=1e-9)
    np.testing.assert_allclose(deviation.shape.sum(1), 0, atol=1e-14)
    np.testing.assert_allclose(np.abs(deviation.shape).sum(1), 1, atol=1e-12)
