"""Descent: gradients against autodiff, equality with a plain loop, convergence to least squares, stability."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import gradient_descent, relu_splines, tangent_kernel

X = np.linspace(-1, 1, 7)
Y = np.sin(3 * X)


def _networks(runs=3, units=20, scale=1.0):
    rng = np.random.default_rng(0)
    theta = relu_splines.network(*(scale * rng.standard_normal((3, runs, units))))
    return theta._replace(offset=rng.standard_normal(runs), skip=rng.standard_normal(runs))


def _loss(theta, x, y):
    return 0.5 * ((relu_splines.network_output(theta, x) - y) ** 2).sum()


def test_gradient_is_that_of_autodiff():
    with jax.enable_x64(True):
        theta = jax.tree.map(lambda a: jnp.asarray(a[0]), _networks())
        found, loss, trace = gradient_descent.gradient(theta, jnp.asarray(X), jnp.asarray(Y), True, True)
        expected = jax.grad(_loss)(theta, jnp.asarray(X), jnp.asarray(Y))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)
        assert loss == pytest.approx(_loss(theta, jnp.asarray(X), jnp.asarray(Y)))
        kernel = tangent_kernel.tangent_kernel(relu_splines.as_numpy(theta), X, X)
        assert trace == pytest.approx(np.trace(kernel) + len(X) + (X**2).sum())


@pytest.mark.parametrize("step", [None, 1e-3])
def test_many_runs_equal_a_plain_loop(step):
    with jax.enable_x64(True):
        theta = _networks()
        targets = np.stack([Y, 2 * Y, -Y])
        run = gradient_descent.descend(theta, X, targets, [0, 5, 20], step=step, train_offset=True)
        for i in range(3):
            w, b, v, offset, skip = (a[i] for a in theta)
            losses = []
            for n in range(21):
                z = np.outer(X, w) + b
                phi, on = np.maximum(z, 0), z > 0
                error = phi @ v + offset + skip * X - targets[i]
                if n in (0, 5, 20):
                    losses.append(0.5 * error @ error)
                if n == 20:
                    break
                trace = (phi**2).sum() + (v**2 * on * (1 + X[:, None] ** 2)).sum() + len(X)
                size = step or 1 / trace
                m0, m1 = error @ on, (error * X) @ on
                w, b, v, offset = (
                    w - size * v * m1, b - size * v * m0, v - size * error @ phi, offset - size * error.sum(),
                )  # fmt: skip
            np.testing.assert_allclose(run.loss[i], losses, rtol=1e-10)
            np.testing.assert_allclose(run.network.weight[i], w, rtol=1e-9)
            assert run.network.skip[i] == skip


def test_linear_part_alone_reaches_least_squares():
    with jax.enable_x64(True):
        theta = relu_splines.network(*np.zeros((3, 1, 2)))
        run = gradient_descent.descend(theta, X, Y, [2000], train_offset=True, train_skip=True)
        slope, offset = np.polyfit(X, Y, 1)
        assert run.network.skip[0] == pytest.approx(slope)
        assert run.network.offset[0] == pytest.approx(offset, abs=1e-10)
        assert run.gradient_norm[0, -1] < 1e-10


def test_trace_step_lowers_the_loss_at_every_scale_where_a_fixed_step_diverges():
    with jax.enable_x64(True):
        theta = _networks(units=60, scale=20.0)
        at = gradient_descent.frames(400)
        loss = gradient_descent.descend(theta, X, Y, at).loss
        assert np.all(np.diff(loss, axis=1) <= 0)
        assert np.all(loss[:, -1] < loss[:, 0])
        assert not np.all(np.isfinite(gradient_descent.descend(theta, X, Y, at, step=0.1).loss))


def test_frames():
    at = gradient_descent.frames(1000, 10)
    assert at[0] == 0 and at[-1] == 1000 and np.all(np.diff(at) > 0)
    with pytest.raises(ValueError, match="increasing"):
        gradient_descent.descend(_networks(), X, Y, [3, 3])
