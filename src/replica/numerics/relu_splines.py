"""A one-hidden-layer ReLU network of one input, and its coordinates as a continuous piecewise-linear spline.

    f(x) = b0 + c x + Σ_i v_i max(w_i x + b_i, 0)                     network: w, b, v, b0, c
         = b0 + c x + Σ_i μ_i (x - β_i) A_i(x)                        spline:  β, μ, s, b0, c

    β_i = -b_i/w_i  breakpoint,   μ_i = w_i v_i  delta-slope,   s_i = sign w_i  orientation,
    A_i(x) = 1 where s_i (x - β_i) > 0, else 0.

The slope rises by s_i μ_i = |w_i| v_i where x crosses β_i from the left.  The second form is blind to the rescaling
(w, b, v) -> (a w, a b, v/a), a > 0, of a neuron.  Everything is dimensionless.

Every function takes NumPy or JAX arrays with any leading dimensions: (..., unit) for w, b, v, β, μ, s; (...) for b0, c.
Source: Sahs et al., Frontiers in Artificial Intelligence 5:889981 (2022).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array | np.ndarray


class Network(NamedTuple):
    """Weights w, biases b, readout v (..., unit); offset b0 and slope c of the linear skip (...)."""

    weight: Array
    bias: Array
    readout: Array
    offset: Array
    skip: Array


class Spline(NamedTuple):
    """Breakpoints β, delta-slopes μ, orientations s (..., unit); offset b0 and slope c of the linear skip (...)."""

    breakpoint: Array
    delta_slope: Array
    orientation: Array
    offset: Array
    skip: Array


def _library(array: Array):
    return jnp if isinstance(array, jax.Array) else np


def network(weight: Array, bias: Array, readout: Array) -> Network:
    """A network whose offset and skip are 0."""
    zero = _library(weight).zeros_like(weight[..., 0])
    return Network(weight, bias, readout, zero, zero)


def as_numpy(theta: NamedTuple) -> NamedTuple:
    """The same network or spline with NumPy arrays, on which the functions here compile nothing."""
    return type(theta)(*map(np.asarray, theta))


def _plus_line(kinks: Array, offset: Array, skip: Array, x: Array) -> Array:
    return kinks + offset[..., None] + skip[..., None] * x.reshape((1,) * offset.ndim + (-1,))


def _places(x: Array, like: Array) -> Array:
    return x.reshape((1,) * (like.ndim - 1) + (-1, 1))


def network_output(theta: Network, x: Array) -> Array:
    """f at the places x (place,): shape (..., place)."""
    z = theta.weight[..., None, :] * _places(x, theta.weight) + theta.bias[..., None, :]
    kinks = (z * (z > 0)) @ theta.readout[..., :, None]
    return _plus_line(kinks[..., 0], theta.offset, theta.skip, x)


def active(spline: Spline, x: Array) -> Array:
    """Active sets A_i(x) as truth values: shape (..., place, unit)."""
    return spline.orientation[..., None, :] * (_places(x, spline.breakpoint) - spline.breakpoint[..., None, :]) > 0


def spline_output(spline: Spline, x: Array) -> Array:
    """f at the places x (place,) from spline coordinates: shape (..., place)."""
    hinges = (_places(x, spline.breakpoint) - spline.breakpoint[..., None, :]) * active(spline, x)
    return _plus_line((hinges @ spline.delta_slope[..., :, None])[..., 0], spline.offset, spline.skip, x)


def to_spline(theta: Network) -> Spline:
    """Spline coordinates of a network; a neuron with w = 0 has none (its breakpoint is infinite or NaN)."""
    orientation = _library(theta.weight).sign(theta.weight)
    return Spline(-theta.bias / theta.weight, theta.weight * theta.readout, orientation, theta.offset, theta.skip)


def to_network(spline: Spline, scale: Array) -> Network:
    """A network with these spline coordinates; ``scale`` (..., unit) > 0 is the free |w|."""
    w = spline.orientation * scale
    return Network(w, -w * spline.breakpoint, spline.delta_slope / w, spline.offset, spline.skip)


def rescaled(theta: Network, scale: Array) -> Network:
    """(w, b, v) -> (a w, a b, v/a) with a = ``scale`` (..., unit) > 0: the same function."""
    return theta._replace(weight=scale * theta.weight, bias=scale * theta.bias, readout=theta.readout / scale)


def paired(theta: Network) -> Network:
    """Every neuron (w, b, v) with its partner (w, b, -v), twice the units: f = b0 + c x exactly."""
    join = _library(theta.weight).concatenate
    w, b, v, offset, skip = theta
    return Network(*(join(two, axis=-1) for two in ([w, w], [b, b], [v, -v])), offset, skip)


def roughness(delta_slope: Array) -> Array:
    """ρ = Σ_i μ_i², the sum of the squared changes of slope: shape (...)."""
    return (delta_slope**2).sum(-1)


def imbalance(theta: Network) -> Array:
    """δ = w² + b² - v² of every neuron, which gradient flow conserves: shape (..., unit)."""
    return theta.weight**2 + theta.bias**2 - theta.readout**2
