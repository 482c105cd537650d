"""Full-batch gradient descent of many small ReLU networks of one variable side by side.

    L = ½ Σ_n ε_n²,  ε_n = f(x_n) - y_n,  A_in = 1 where w_i x_n + b_i > 0,
    m0_i = Σ_n ε_n A_in,  m1_i = Σ_n ε_n x_n A_in
    ∂L/∂w_i = v_i m1_i,   ∂L/∂b_i = v_i m0_i,   ∂L/∂v_i = w_i m1_i + b_i m0_i,   ∂L/∂b0 = Σ ε_n,   ∂L/∂c = Σ ε_n x_n

The step is fixed, or 1 / tr K with K the tangent kernel on the data, taken anew at each step:

    tr K = Σ_i [w_i² S2_i + 2 w_i b_i S1_i + b_i² S0_i + v_i² (S0_i + S2_i)] + trained offset and skip,
    S_k = Σ_n x_n^k A_in

tr K bounds the largest eigenvalue of the Gauss-Newton matrix, so this step is stable at every scale of the weights, and
it is only a change of time in gradient flow.  With scalar input all sums over data or neurons are products with the
zero-one matrix A: two small matrix products per step, which is what makes it fast.

Source: Sahs et al., Frontiers in Artificial Intelligence 5:889981 (2022); the step is chosen here.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from replica.numerics.relu_splines import Network


class Descent(NamedTuple):
    """End of a descent: networks with arrays ``(run, neuron)``; loss and gradient norm, ``(run, frame)``."""

    network: Network
    loss: Array
    gradient_norm: Array


def frames(steps: int, count: int = 25) -> np.ndarray:
    """Steps at which a history is kept: 0 and about ``count`` integers up to ``steps``, even in the logarithm."""
    return np.unique(np.concatenate([[0], np.round(np.geomspace(1, steps, count)).astype(int)]))


def descend(
    network: Network,
    x: Array,
    y: Array,
    frames: Sequence[int] | np.ndarray,
    *,
    step: float | None = None,
    train_offset: bool = False,
    train_skip: bool = False,
) -> Descent:
    """Descend from ``network``, whose arrays have shape ``(run, neuron)``, offset and skip ``(run,)``.

    x: inputs ``(datum,)``, shared; y: targets ``(run, datum)`` or ``(datum,)``; frames: increasing step counts at
    which loss and gradient norm are kept, the last one ends the descent; step: the fixed step, or None for 1 / tr K.
    A neuron with w = b = v = 0 stays as it is, and so does a network without any active neuron.
    Raises ValueError where the frames do not increase.
    """
    lengths = np.diff(np.asarray(frames), prepend=0)
    if lengths[0] < 0 or (lengths[1:] <= 0).any():
        raise ValueError(f"frames are increasing step counts, got {list(frames)}")
    runs = network.weight.shape[0]
    network, x, y = jax.tree.map(jnp.asarray, (network, x, y))
    y = jnp.broadcast_to(y, (runs, x.size))
    fixed = jnp.asarray(0.0 if step is None else step, x.dtype)
    return _descend(network, x, y, jnp.asarray(lengths), fixed, step is None, train_offset, train_skip)


def gradient(
    network: Network, x: Array, y: Array, train_offset: bool, train_skip: bool
) -> tuple[Network, Array, Array]:
    """Gradient, loss and tr K of one network (arrays ``(neuron,)``, targets ``(datum,)``)."""
    w, b, v, offset, skip = network
    one = jnp.ones_like(x)
    on = (x[:, None] * w[None, :] + b[None, :] > 0).astype(x.dtype)  # (datum, neuron)
    slope, level = jnp.stack([w * v, b * v]) @ on.T
    error = level + offset + (slope + skip) * x - y
    m0, m1, s0, s1, s2 = jnp.stack([error, error * x, one, x, x * x]) @ on
    trace = jnp.sum(w * w * s2 + 2 * w * b * s1 + b * b * s0 + v * v * (s0 + s2))
    trace += (train_offset * x.size) + train_skip * jnp.sum(x * x)
    slopes = Network(v * m1, v * m0, w * m1 + b * m0, train_offset * jnp.sum(error), train_skip * jnp.sum(error * x))
    return slopes, 0.5 * jnp.sum(error**2), trace


@partial(jax.jit, static_argnames=("adaptive", "train_offset", "train_skip"))
def _descend(network, x, y, lengths, fixed, adaptive, train_offset, train_skip) -> Descent:
    slopes_of = partial(gradient, train_offset=train_offset, train_skip=train_skip)

    def one_run(network: Network, y: Array) -> Network:
        slopes, _, trace = slopes_of(network, x, y)
        size = jnp.where(trace > 0, 1 / jnp.where(trace > 0, trace, 1.0), 0.0) if adaptive else fixed
        return jax.tree.map(lambda value, slope: value - size * slope, network, slopes)

    def measure(network: Network, y: Array) -> tuple[Array, Array]:
        slopes, loss, _ = slopes_of(network, x, y)
        return loss, jnp.sqrt(sum(jnp.sum(slope**2) for slope in slopes))

    advance = jax.vmap(one_run)

    def to_next_frame(network: Network, length: Array) -> tuple[Network, tuple[Array, Array]]:
        network = jax.lax.fori_loop(0, length, lambda _, network: advance(network, y), network)
        return network, jax.vmap(measure)(network, y)

    network, (loss, norm) = jax.lax.scan(to_next_frame, network, lengths)
    return Descent(network, loss.T, norm.T)
