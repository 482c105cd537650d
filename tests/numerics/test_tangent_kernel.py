"""Tangent kernel against autodiff; its interpolant against training and, at large layer ratio, a cubic spline."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.interpolate import CubicSpline

from replica.numerics import gradient_descent, relu_splines, tangent_kernel

X = np.array([-0.8, -0.3, 0.2, 0.7])
Y = np.array([0.2, -0.5, 0.4, 0.1])


def test_kernel_is_the_gram_matrix_of_gradients():
    theta = relu_splines.network(*np.random.default_rng(0).standard_normal((3, 30)))
    other = np.linspace(-1, 1, 5)
    with jax.enable_x64(True):
        on_device = jax.tree.map(jnp.asarray, theta)
        gradient = jax.jacobian(lambda t, x: relu_splines.network_output(t, x))
        rows = [np.concatenate(gradient(on_device, jnp.asarray(x))[:3], axis=1) for x in (X, other)]
    np.testing.assert_allclose(tangent_kernel.tangent_kernel(theta, X, other), rows[0] @ rows[1].T, atol=1e-12)


def test_interpolant_goes_through_the_data_from_any_start():
    theta = relu_splines.network(*np.random.default_rng(1).standard_normal((3, 2, 50)))
    np.testing.assert_allclose(tangent_kernel.interpolant(theta, X, Y, X), np.stack([Y, Y]), atol=1e-10)


def _evenly_spread(units, ratio, scale):
    beta = np.linspace(-1.5, 1.5, units)
    signs = np.where(np.arange(units) % 2, 1.0, -1.0)
    w = np.sqrt(scale * ratio / units) * signs
    return relu_splines.paired(relu_splines.network(w, -w * beta, np.full(units, np.sqrt(scale / (ratio * units)))))


def test_large_first_layer_gives_nearly_a_cubic_spline():
    places = np.linspace(X[0], X[-1], 201)
    cubic, linear = CubicSpline(X, Y, bc_type="natural")(places), np.interp(places, X, Y)
    found = tangent_kernel.interpolant(_evenly_spread(4000, 1e3, 1.0), X, Y, places)
    assert np.sqrt(np.mean((found - cubic) ** 2)) < 0.15 * np.sqrt(np.mean((linear - cubic) ** 2))


def test_training_at_large_scale_ends_at_the_interpolant():
    theta = _evenly_spread(200, 30.0, 1e4)
    places = np.linspace(-0.8, 0.7, 50)
    with jax.enable_x64(True):
        stacked = relu_splines.Network(*(a[None] for a in theta))
        run = gradient_descent.descend(stacked, X, Y, [20000])
        f = relu_splines.network_output(relu_splines.as_numpy(run.network), places)[0]
    np.testing.assert_allclose(f, tangent_kernel.interpolant(theta, X, Y, places), atol=1e-3)
