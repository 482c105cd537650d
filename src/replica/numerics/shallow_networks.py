"""Shallow networks with a choice of activation, and their error per frequency.

    f(x) = Σ_{i≤W} a_i σ(w_i · x + b_i) + c
    σ = relu: max(0, z);   hat: max(0, min(z, 2 - z)), the linear B-spline on [0, 2];   tanh

Start: w_i ~ N(0, s²), b_i ~ U(-s, s), a_i ~ N(0, 1/W), c = 0 with the input scale s. A hat has width 2/|w|, so that s
must be comparable with the frequencies of the target; a bias much larger than s would leave most hats outside of the
data, where their gradient is zero.

The error of a residual r at frequency k is the amplitude of its Fourier mode,

    E_k = (2/N) |Σ_j r_j e^{-2πi k · x_j}|,

for N points evenly on the unit interval or square, one for each mode sin(2π(k · x + φ)) in r.

Source: Hong, Siegel, Tan and Xu 2022; the input scale and the starting values are chosen here.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


class Network(NamedTuple):
    """Inner weights w ``(unit, input)``, inner biases b ``(unit,)``, outer weights a ``(unit,)``, offset c ``()``."""

    weight: Array
    bias: Array
    outer: Array
    offset: Array


def hat(z: Array) -> Array:
    """max(0, min(z, 2 - z)) = φ(z) - 2 φ(z - 1) + φ(z - 2), φ the ReLU; its slope at 0, 1 and 2 is 0, -1 and 0."""
    return jax.nn.relu(jnp.where(z < 1, z, 2 - z))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"relu": jax.nn.relu, "hat": hat, "tanh": jnp.tanh}


def initial(key: Array, units: int, inputs: int, scale: Array, dtype=jnp.float32) -> Network:
    """Random network of ``units`` units; ``scale`` is the input scale s and may be traced."""
    of_weight, of_bias, of_outer = jax.random.split(key, 3)
    scale = jnp.asarray(scale, dtype)
    return Network(
        scale * jax.random.normal(of_weight, (units, inputs), dtype),
        scale * jax.random.uniform(of_bias, (units,), dtype, -1, 1),
        jax.random.normal(of_outer, (units,), dtype) / jnp.sqrt(jnp.asarray(units, dtype)),
        jnp.zeros((), dtype),
    )


def output(network: Network, x: Array, activation: Callable[[Array], Array]) -> Array:
    """f at the points x ``(point, input)``, shape ``(point,)``."""
    return activation(x @ network.weight.T + network.bias[None, :]) @ network.outer + network.offset


def mean_squared_error(network: Network, x: Array, y: Array, activation: Callable[[Array], Array]) -> Array:
    """Mean of (f(x) - y)² over the points."""
    return jnp.mean((output(network, x, activation) - y) ** 2)


def grid(points: int, inputs: int = 1) -> np.ndarray:
    """Points j/N of the unit interval, or of the unit square and so on, shape ``(points^inputs, input)``."""
    axis = np.arange(points) / points
    return np.stack([a.ravel() for a in np.meshgrid(*[axis] * inputs, indexing="ij")], axis=1)


def sum_of_sines(x: np.ndarray, frequencies: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Σ_k sin(2π(k · x + φ_k)) at x ``(point, input)``; frequencies ``(mode, input)``, phases ``(mode,)``."""
    return np.sin(2 * np.pi * (x @ np.asarray(frequencies).T + np.asarray(phases)[None, :])).sum(1)


def error_per_frequency(residual: Array, x: np.ndarray, frequencies: np.ndarray) -> Array:
    """E_k of a residual ``(point,)`` at frequencies ``(mode, input)``, shape ``(mode,)``.

    One product with the modes, which are constants of the compiled program: cheaper than a transform for few modes, and
    in any number of inputs.
    """
    angle = 2 * np.pi * (np.asarray(frequencies, float) @ np.asarray(x, float).T)
    modes = np.stack([np.cos(angle), np.sin(angle)]) * (2 / len(x))
    parts = jnp.asarray(modes, residual.dtype) @ residual
    return jnp.hypot(parts[0], parts[1])
