"""Spline coordinates: the same function, no trace of the rescaling, and the roughness of a He network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import relu_splines

X = np.linspace(-2, 2, 101)


def _network(shape=(3, 40)):
    rng = np.random.default_rng(0)
    w, b, v = rng.standard_normal((3, *shape))
    return relu_splines.Network(w, b, v, rng.standard_normal(shape[:-1]), rng.standard_normal(shape[:-1]))


def test_output_is_the_sum_over_units():
    theta = _network((4,))
    expected = [
        theta.offset + theta.skip * x + sum(v * max(w * x + b, 0) for w, b, v in zip(*theta[:3], strict=True))
        for x in X
    ]
    np.testing.assert_allclose(relu_splines.network_output(theta, X), expected, atol=1e-13)


def test_spline_coordinates_give_the_same_function():
    theta = _network()
    spline = relu_splines.to_spline(theta)
    np.testing.assert_allclose(
        relu_splines.spline_output(spline, X), relu_splines.network_output(theta, X), rtol=0, atol=1e-12
    )
    back = relu_splines.to_network(spline, np.abs(theta.weight))
    for one, other in zip(back, theta, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_slope_rises_by_weight_times_readout_at_a_breakpoint():
    theta = relu_splines.network(np.array([-2.0]), np.array([1.0]), np.array([3.0]))
    spline = relu_splines.to_spline(theta)
    at = spline.breakpoint[0] + np.array([-0.2, -0.1, 0.1, 0.2])
    f = relu_splines.network_output(theta, at)
    rise = (f[3] - f[2]) / 0.1 - (f[1] - f[0]) / 0.1
    assert rise == pytest.approx(6.0)
    assert rise == pytest.approx((spline.orientation * spline.delta_slope)[0])


def test_rescaling_changes_nothing_but_the_weights():
    theta = _network()
    other = relu_splines.rescaled(theta, np.exp(np.random.default_rng(1).standard_normal(theta.weight.shape)))
    for one, two in zip(relu_splines.to_spline(theta), relu_splines.to_spline(other), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-12)


def test_paired_network_is_the_line_alone():
    theta = relu_splines.paired(_network())
    np.testing.assert_allclose(
        relu_splines.network_output(theta, X), theta.offset[:, None] + theta.skip[:, None] * X, atol=1e-12
    )


def test_jax_and_numpy_agree_and_differentiate():
    theta = _network((5,))
    with jax.enable_x64(True):
        on_device = jax.tree.map(jnp.asarray, theta)
        f = relu_splines.network_output(on_device, jnp.asarray(X))
        np.testing.assert_allclose(f, relu_splines.network_output(theta, X), atol=1e-13)
        slope = jax.grad(lambda b: relu_splines.network_output(on_device._replace(bias=b), jnp.asarray(X)).sum())(
            on_device.bias
        )
        on = relu_splines.active(relu_splines.to_spline(theta), X)
        np.testing.assert_allclose(slope, theta.readout * on.sum(0), atol=1e-12)


def test_roughness_of_he_networks():
    units, draws = 64, 4000
    w, v = np.random.default_rng(2).standard_normal((2, draws, units))
    rough = relu_splines.roughness(2 / np.sqrt(units) * w * v)
    assert rough.mean() == pytest.approx(4, abs=4 * np.sqrt(128 / units / draws))
    assert rough.std() == pytest.approx(np.sqrt(128 / units), rel=0.1)


def test_imbalance():
    theta = relu_splines.network(np.array([2.0]), np.array([1.0]), np.array([3.0]))
    assert relu_splines.imbalance(theta) == pytest.approx(-4)
