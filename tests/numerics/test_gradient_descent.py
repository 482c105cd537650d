"""Descent against automatic differentiation and a plain loop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import gradient_descent as gd
from replica.numerics import relu_splines as rs

X = np.linspace(-1, 1, 9)
Y = np.sin(3 * X)


def start(runs: int = 3, units: int = 12):
    return rs.network(*np.random.default_rng(0).standard_normal((3, runs, units)))


def loss(theta, x, y):
    return 0.5 * jnp.sum((rs.network_output(theta, x) - y) ** 2)


def test_the_gradient_is_that_of_automatic_differentiation_and_the_trace_that_of_the_kernel():
    with jax.enable_x64(True):
        theta = jax.tree.map(lambda a: jnp.asarray(a)[0], start())
        found, value, trace = gd.gradient(theta, jnp.asarray(X), jnp.asarray(Y), True, True)
        expected = jax.grad(loss)(theta, jnp.asarray(X), jnp.asarray(Y))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)
        assert float(value) == pytest.approx(float(loss(theta, X, Y)))
        jacobian = jax.jacobian(lambda t: rs.network_output(t, jnp.asarray(X)))(theta)
        assert float(trace) == pytest.approx(sum(float(jnp.sum(j**2)) for j in jacobian))


@pytest.mark.parametrize("step", [None, 1e-2])
def test_descent_is_the_plain_loop(step):
    with jax.enable_x64(True):
        theta = start()
        found = gd.descend(
            jax.tree.map(jnp.asarray, theta), jnp.asarray(X), jnp.asarray(np.tile(Y, (3, 1))), [0, 5, 40], step=step
        )
        slow = jax.tree.map(lambda a: jnp.asarray(a)[1], theta)
        for _ in range(40):
            slopes, _, trace = gd.gradient(slow, jnp.asarray(X), jnp.asarray(Y), False, False)
            slow = jax.tree.map(lambda a, s, t=trace: a - (step or 1 / t) * s, slow, slopes)
        np.testing.assert_allclose(found.network.weight[1], slow.weight, rtol=1e-9)
        last = np.asarray(found.loss).reshape(3, 3)
        assert np.isclose(last, float(loss(slow, X, Y)), rtol=1e-9).any()


def test_frames_increase():
    assert gd.frames(1000)[0] == 0 and gd.frames(1000)[-1] == 1000
    with pytest.raises(ValueError, match="frames are increasing"):
        gd.descend(jax.tree.map(jnp.asarray, start()), jnp.asarray(X), jnp.asarray(np.tile(Y, (3, 1))), [0, 5, 5])
