"""Training by stochastic gradients: one compiled scan over the steps, with any optimiser of optax.

    θ_{t+1} = θ_t + u(∇ℓ_t(θ_t), state),   ℓ_t(θ) = loss(θ, key_t),   key_t = fold_in(key, t)

A batch is drawn, and collocation points are placed, inside ``loss`` from ``key_t``: a run depends on nothing but its
start and its key. ``jax.vmap`` over both trains many networks side by side. A run that diverges gives NaN, in θ and in
the losses.

Source: Robbins and Monro 1951; Kingma and Ba 2015 for Adam.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array


class Trained(NamedTuple):
    """Parameters after the last step; loss ``(record,)`` at each recorded step; what ``measure`` gave there."""

    parameters: Any
    loss: Array
    measured: Any


def recorded_steps(steps: int, every: int) -> list[int]:
    """The numbers of steps done at each record: every, 2 every, …, steps."""
    if every < 1 or steps < every or steps % every:
        raise ValueError(f"{steps} steps cannot be recorded every {every}: give a divisor of the number of steps")
    return list(range(every, steps + 1, every))


def train(
    loss: Callable[[Any, Array], Array],
    parameters: Any,
    optimiser: optax.GradientTransformation,
    key: Array,
    *,
    steps: int,
    every: int,
    measure: Callable[[Any], Any] = lambda parameters: (),
) -> Trained:
    """Take ``steps`` steps from ``parameters``, a pytree, and record after every ``every`` of them.

    loss(parameters, key) is a scalar; the recorded value is the one from which the last step was taken. ``measure``
    (parameters) is evaluated after that step. Raises ValueError where ``every`` does not divide ``steps``.
    """
    records = len(recorded_steps(steps, every))

    def step(carry, t):
        parameters, state = carry
        value, gradient = jax.value_and_grad(loss)(parameters, jax.random.fold_in(key, t))
        updates, state = optimiser.update(gradient, state, parameters)
        return (optax.apply_updates(parameters, updates), state), value

    def record(carry, first):
        carry, values = jax.lax.scan(step, carry, first + jnp.arange(every))
        return carry, (values[-1], measure(carry[0]))

    start = parameters, optimiser.init(parameters)
    (parameters, _), (values, measured) = jax.lax.scan(record, start, every * jnp.arange(records))
    return Trained(parameters, values, measured)
