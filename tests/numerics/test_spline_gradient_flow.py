"""The closed flow is the flow in weights; Euler converges at first order; δ is conserved."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import relu_splines as rs
from replica.numerics import spline_gradient_flow as flow
from replica.numerics import tangent_kernel as tk

X = np.sort(np.random.default_rng(3).uniform(-1, 1, 12))
Y = np.sin(3 * X)


def start(units: int = 20):
    w, b, v = np.random.default_rng(0).standard_normal((3, 1, units)) * np.array([2.0, 1.0, 0.2])[:, None, None]
    return rs.network(*(jnp.asarray(a) for a in (w, b, v)))


def integrate(step: float, duration: float = 0.5):
    ends = jnp.asarray([0, round(duration / step)])
    return flow.integrate(start(), jnp.asarray(X[None]), jnp.asarray(Y[None]), step, ends)


def test_both_flows_give_one_function_and_the_naive_one_another():
    with jax.enable_x64(True):
        flows = integrate(1e-4)
        places = np.linspace(-1, 1, 101)
        f = rs.network_output(rs.as_numpy(flows.weights), places)[0, -1]
        closed, naive = (rs.spline_output(rs.as_numpy(s), places)[0, -1] for s in (flows.closed, flows.naive))
        before = rs.network_output(rs.as_numpy(flows.weights), places)[0, 0]
        drift = np.abs(np.diff(np.asarray(rs.imbalance(flows.weights))[0], axis=0)).max()
    assert np.abs(f - closed).max() < 1e-3 * np.abs(f - before).max()
    assert np.abs(f - naive).max() > 0.05 * np.abs(f - before).max()
    assert drift < 1e-3


def test_euler_converges_at_first_order():
    """Over a time in which no breakpoint crosses a datum, so that the right-hand side is smooth."""
    with jax.enable_x64(True):
        ends = [np.asarray(integrate(step, 0.02).weights.weight)[0, -1] for step in (4e-4, 2e-4, 1e-4, 5e-5)]
    differences = [np.abs(a - b).max() for a, b in pairwise(ends)]
    orders = np.log2(np.array(differences[:-1]) / differences[1:])
    assert orders == pytest.approx([1, 1], abs=0.15)


def test_the_rate_of_the_weights_is_minus_the_gradient():
    with jax.enable_x64(True):
        theta = jax.tree.map(lambda a: a[0], start())
        rate = flow.weight_flow(theta, jnp.asarray(X), jnp.asarray(Y))
        slope = jax.grad(lambda t: 0.5 * jnp.mean((rs.network_output(t, jnp.asarray(X)) - Y) ** 2))(theta)
        for found, expected in zip(rate[:4], slope[:4], strict=True):
            np.testing.assert_allclose(found, -expected, atol=1e-12)


def test_the_tangent_kernel_is_the_product_of_jacobians_and_interpolates():
    theta = rs.as_numpy(rs.paired(rs.as_numpy(start(200))))
    places = np.concatenate([X, [0.3]])
    kernel = tk.tangent_kernel(theta, X, places)
    with jax.enable_x64(True):
        one = jax.tree.map(lambda a: jnp.asarray(a)[0], theta)
        jacobians = [
            np.concatenate(
                [np.asarray(j).reshape(len(x), -1) for j in jax.jacobian(rs.network_output)(one, jnp.asarray(x))[:3]],
                axis=1,
            )
            for x in (X, places)
        ]
    np.testing.assert_allclose(np.squeeze(kernel), jacobians[0] @ jacobians[1].T, rtol=1e-5)
    found = np.squeeze(tk.interpolant(theta, X, Y, places))
    np.testing.assert_allclose(found[:-1], Y, atol=1e-5)
