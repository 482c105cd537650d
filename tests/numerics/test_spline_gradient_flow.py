"""Closed flow in spline coordinates: the chain rule of the flow in weights, conservation, order of Euler's method."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import relu_splines, spline_gradient_flow

X = np.sort(np.random.default_rng(5).uniform(-1, 1, 12))
Y = np.sin(3 * X)


def _network(units=15):
    w, b, v = np.random.default_rng(1).standard_normal((3, units)) * np.array([1.5, 0.5, 0.3])[:, None]
    return relu_splines.network(w, b, v)


def _on_device(tree):
    return jax.tree.map(jnp.asarray, tree)


def test_weight_flow_is_minus_the_gradient():
    def loss(theta):
        return 0.5 * ((relu_splines.network_output(theta, jnp.asarray(X)) - Y) ** 2).mean()

    with jax.enable_x64(True):
        theta = _on_device(_network())
        expected = jax.grad(loss)(theta)
        found = spline_gradient_flow.weight_flow(theta, jnp.asarray(X), jnp.asarray(Y))
        for one, other in zip(found[:4], expected[:4], strict=True):
            np.testing.assert_allclose(one, -other, atol=1e-12)


def test_closed_flow_is_the_chain_rule_of_the_weight_flow():
    with jax.enable_x64(True):
        theta = _on_device(_network())
        rate = spline_gradient_flow.weight_flow(theta, jnp.asarray(X), jnp.asarray(Y))
        spline, expected = jax.jvp(relu_splines.to_spline, (theta,), (rate,))
        found = spline_gradient_flow.closed_flow(spline, relu_splines.imbalance(theta), jnp.asarray(X), jnp.asarray(Y))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-10)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_squared_weights_without_cancellation(scale):
    with jax.enable_x64(True):
        theta = _on_device(_network())
        theta = theta._replace(readout=theta.readout * scale)
        found = spline_gradient_flow.squared_weights(relu_splines.to_spline(theta), relu_splines.imbalance(theta))
        np.testing.assert_allclose(found[0], theta.weight**2, rtol=1e-3 if scale > 1e3 else 1e-9)
        np.testing.assert_allclose(found[1], theta.readout**2, rtol=1e-3 if scale < 1e-3 else 1e-9)


def _flows(step, duration=0.5):
    theta = relu_splines.Network(*(a[None] for a in _on_device(_network())))
    count = round(duration / step)
    return spline_gradient_flow.integrate(theta, X[None], Y[None], step, jnp.array([0, count]))


def test_euler_is_of_order_one_and_both_flows_meet():
    with jax.enable_x64(True):
        exact = _flows(1e-4)
        errors, gaps, drifts = [], [], []
        for step in (2e-2, 1e-2, 5e-3):
            flows = _flows(step)
            errors.append(np.abs(flows.closed.delta_slope - exact.closed.delta_slope)[0, -1].max())
            f = relu_splines.network_output(relu_splines.as_numpy(flows.weights), X)
            g = relu_splines.spline_output(relu_splines.as_numpy(flows.closed), X)
            gaps.append(np.abs(f - g)[0, -1].max())
            delta = np.asarray(relu_splines.imbalance(flows.weights))[0]
            drifts.append(np.abs(delta[-1] - delta[0]).max())
        for sequence in (errors, gaps, drifts):
            orders = np.log2(np.array(sequence[:-1]) / np.array(sequence[1:]))
            assert np.all(np.abs(orders - 1) < 0.25), sequence


def test_naive_flow_is_another_flow():
    with jax.enable_x64(True):
        flows = _flows(1e-3)
        f = relu_splines.network_output(relu_splines.as_numpy(flows.weights), X)[0, -1]
        g = relu_splines.spline_output(relu_splines.as_numpy(flows.naive), X)[0, -1]
        assert np.abs(f - g).max() > 0.01
