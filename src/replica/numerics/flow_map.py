"""Flow maps of x' = f(x) and samples along trajectories, by the Runge-Kutta method, for many starts side by side.

A state has its components first, ``(component, ...)``, so that f takes them apart without copies.  The error of a flow
map over a fixed time falls as the fourth power of the step.
"""

from collections.abc import Callable
from functools import partial

import jax
from jax import Array

from replica.numerics.runge_kutta import runge_kutta_step

Derivative = Callable[[Array], Array]


@partial(jax.jit, static_argnames=("derivative", "steps"))
def flow(derivative: Derivative, state: Array, duration: float, steps: int) -> Array:
    """The flow map: the state after ``duration``, in ``steps`` equal steps.  ``derivative`` must be hashable."""
    return jax.lax.fori_loop(0, steps, lambda _, x: runge_kutta_step(derivative, x, duration / steps), state)


@partial(jax.jit, static_argnames=("derivative", "steps", "samples"))
def trajectory(derivative: Derivative, state: Array, interval: float, steps: int, samples: int) -> Array:
    """States at 0, interval, 2 interval, ..., shape ``(sample, component, ...)``; ``steps`` per interval."""

    def advance(x: Array, _) -> tuple[Array, Array]:
        return flow(derivative, x, interval, steps), x

    return jax.lax.scan(advance, state, length=samples)[1]
