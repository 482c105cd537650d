"""A ring of beads with springs to their neighbours and an anharmonic potential of their own, by the Verlet method.

    H = Σ_i ½|p_i|² + ½|q_{i+1} - q_i|² + ½|q_i|² + ¼|q_i|⁴,        q_i, p_i in three dimensions

Velocity Verlet: p ← p + h/2 f(q), q ← q + h p, p ← p + h/2 f(q); the energy stays within O(h²) and does not drift.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array


class State(NamedTuple):
    """Positions and momenta, each ``(3, bead)``."""

    position: Array
    momentum: Array


def force(q: Array) -> Array:
    """-∂H/∂q."""
    return jnp.roll(q, 1, 1) + jnp.roll(q, -1, 1) - 3 * q - jnp.sum(q**2, 0, keepdims=True) * q


def energy(state: State) -> Array:
    """H."""
    q, p = state
    square = jnp.sum(q**2, 0)
    return 0.5 * jnp.sum(p**2) + 0.5 * jnp.sum((jnp.roll(q, -1, 1) - q) ** 2) + jnp.sum(square / 2 + square**2 / 4)


@partial(jax.jit, static_argnames=("step", "every", "snapshots"))
def trajectory(start: State, step: float, every: int, snapshots: int) -> tuple[State, Array]:
    """States ``every`` steps apart from the start on, each ``(snapshot, 3, bead)``, and their energies."""

    def verlet(_, carried: tuple[State, Array]) -> tuple[State, Array]:
        (q, p), f = carried
        p = p + step / 2 * f
        q = q + step * p
        f = force(q)
        return State(q, p + step / 2 * f), f

    def sample(carried: tuple[State, Array], _):
        return jax.lax.fori_loop(0, every, verlet, carried), (carried[0], energy(carried[0]))

    return jax.lax.scan(sample, (start, force(start.position)), length=snapshots)[1]
