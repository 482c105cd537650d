"""Master equations in discrete time, P_{n+1} = T P_n, and the shape of what is left on the way to the stationary state.

T has the shape ``(to, from)``, and its columns sum to 1.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array


class Deviation(NamedTuple):
    """P_n - p over its sum of moduli, ``(step, cell)``, and the factor of that sum in each step, ``(step,)``."""

    shape: Array
    factor: Array


@partial(jax.jit, static_argnames="steps")
def distributions(transition: Array, start: Array, steps: int) -> Array:
    """P_0 ... P_n, ``(step, cell)``."""

    def advance(p: Array, _: None) -> tuple[Array, Array]:
        return transition @ p, p

    last, before = jax.lax.scan(advance, start, None, length=steps)
    return jnp.concatenate([before, last[None, :]])


@partial(jax.jit, static_argnames="steps")
def deviations(transition: Array, stationary: Array, start: Array, steps: int) -> Deviation:
    """The deviation d_n = P_n - p for n = 1 ... steps, evolved by itself: d ← T d, less its part along p, over Σ|d|.

    P_n loses it to rounding once it is below 1e-16; evolved by itself it keeps its digits for ever.
    """

    def normal(d: Array) -> tuple[Array, Array]:
        d = d - d.sum() * stationary
        size = jnp.abs(d).sum()
        return d / size, size

    def advance(d: Array, _: None) -> tuple[Array, tuple[Array, Array]]:
        d, size = normal(transition @ d)
        return d, (d, size)

    first, _ = normal(start - stationary)
    return Deviation(*jax.lax.scan(advance, first, None, length=steps)[1])
