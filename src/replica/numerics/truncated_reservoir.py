"""Echo state network of finite memory: its state is built anew at every step from the last m inputs alone,

    r(t) = F(u(t-1), F(u(t-2), ... F(u(t-m), 0))),     F(u, r) = tanh(A r + W_in u)

With m as long as the network remembers it is the network itself; with m = 1 it is a map of the last input.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from replica.numerics import echo_state_network, ridge_regression
from replica.numerics.echo_state_network import Map, Reservoir


def state(reservoir: Reservoir, inputs: Array) -> Array:
    """State ``(node, ...)`` after the last inputs ``(memory, input, ...)``, oldest first."""
    return echo_state_network.drive(reservoir, inputs, jnp.zeros(reservoir.source.shape + inputs.shape[2:]))


@partial(jax.jit, static_argnames=("features", "memory", "steps", "block"))
def training_sums(
    reservoir: Reservoir, series: Array, features: Map, memory: int, steps: int, block: int = 2000
) -> ridge_regression.Sums:
    """Sums of the ridge regression of u(t) on ã(r(t)), t = memory .. memory + steps - 1; series ``(time, input)``.

    Raises ValueError unless steps is a multiple of ``block``.
    """
    if steps % block:
        raise ValueError(f"{steps} training steps are not a multiple of {block}")
    parts = jnp.stack([series[i : i + steps] for i in range(memory + 1)])

    def more(sums: ridge_regression.Sums, of_block: Array) -> tuple[ridge_regression.Sums, None]:
        seen = features(state(reservoir, of_block[:-1].transpose(0, 2, 1)))
        return ridge_regression.add(sums, seen.T, of_block[-1]), None

    blocks = parts.reshape(memory + 1, -1, block, series.shape[1]).transpose(1, 0, 2, 3)
    return jax.lax.scan(more, ridge_regression.zeros(reservoir.source.size, series.shape[1]), blocks)[0]


@partial(jax.jit, static_argnames=("features", "steps"))
def forecast(reservoir: Reservoir, weights: Array, inputs: Array, features: Map, steps: int) -> Array:
    """Forecasts û, shape ``(step, input, ...)``, after the last inputs ``(memory, input, ...)``, oldest first."""

    def advance(seen: Array, _: None) -> tuple[Array, Array]:
        output = weights @ features(state(reservoir, seen))
        return jnp.concatenate([seen[1:], output[None]]), output

    return jax.lax.scan(advance, inputs, None, length=steps)[1]
