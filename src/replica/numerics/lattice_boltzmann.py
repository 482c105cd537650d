"""Flow around a cylinder in a channel, periodic across: the lattice Boltzmann method D2Q9 with one relaxation time.

Populations f_i(x, y) move with the nine velocities c_i and relax to

    f_i^eq = w_i ρ (1 + 3 c_i·u + 9/2 (c_i·u)² - 3/2 |u|²)

with the time τ = 3ν + ½, ν the viscosity in cells and steps.  Left: a given velocity, whose density follows from the
populations known there; right: zero gradient; on the cylinder populations are sent back.  Compressibility errors are of
the order of |u|², 1 % at |u| = 0.1.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

VELOCITIES = np.array([(1, 1), (1, 0), (1, -1), (0, 1), (0, 0), (0, -1), (-1, 1), (-1, 0), (-1, -1)])
WEIGHTS = np.array([1, 4, 1, 4, 16, 4, 1, 4, 1]) / 36
RIGHTWARDS, VERTICAL, LEFTWARDS = slice(0, 3), slice(3, 6), slice(6, 9)  # opposite of i is 8 - i


class Channel(NamedTuple):
    """Cells that are solid ``(x, y)``, speed at the inlet, relaxation rate 1/τ."""

    solid: Array
    speed: float
    rate: float


def cylinder(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> np.ndarray:
    """Cells within the radius of the centre, truth values ``(x, y)``."""
    x, y = np.indices(shape)
    return (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2


def channel(solid: np.ndarray, speed: float, reynolds: float, diameter: float) -> Channel:
    """Channel with ν = speed · diameter / Re."""
    return Channel(jnp.asarray(solid), speed, 1 / (3 * speed * diameter / reynolds + 0.5))


def equilibrium(density: Array, velocity: Array) -> Array:
    """f^eq, ``(9, x, y)``, for density ``(x, y)`` and velocity ``(2, x, y)``; in the precision of the velocity."""
    c = jnp.asarray(VELOCITIES, velocity.dtype)
    along = c[:, 0, None, None] * velocity[0][None] + c[:, 1, None, None] * velocity[1][None]
    square = jnp.sum(velocity**2, 0)[None]
    weights = jnp.asarray(WEIGHTS, velocity.dtype)[:, None, None]
    return weights * density[None] * (1 + 3 * along + 4.5 * along**2 - 1.5 * square)


def macroscopic(populations: Array) -> tuple[Array, Array]:
    """Density ``(x, y)`` and velocity ``(2, x, y)``."""
    density = jnp.sum(populations, 0)
    momentum = [
        jnp.sum(populations[RIGHTWARDS], 0) - jnp.sum(populations[LEFTWARDS], 0),
        sum(populations[i] for i in (0, 3, 6)) - sum(populations[i] for i in (2, 5, 8)),
    ]
    return density, jnp.stack(momentum) / density[None]


def _inlet(f: Array, density: Array, velocity: Array, speed: float) -> tuple[Array, Array, Array]:
    """The first column with the velocity (speed, 0)."""
    sides = jnp.sum(f[VERTICAL, 0], 0) + 2 * jnp.sum(f[LEFTWARDS, 0], 0)
    density = density.at[0].set(sides / (1 - speed))
    column = jnp.stack([jnp.full(density.shape[1], speed, f.dtype), jnp.zeros(density.shape[1], f.dtype)])
    velocity = velocity.at[:, 0].set(column)
    still = equilibrium(density[:1], velocity[:, :1])
    f = f.at[RIGHTWARDS, 0].set(still[RIGHTWARDS, 0] + (f[LEFTWARDS, 0] - still[LEFTWARDS, 0])[::-1])
    return f, density, velocity


def step(f: Array, geometry: Channel) -> Array:
    """One step: boundaries, collision, streaming; populations ``(9, x, y)``."""
    f = f.at[LEFTWARDS, -1].set(f[LEFTWARDS, -2])
    density, velocity = macroscopic(f)
    f, density, velocity = _inlet(f, density, velocity, geometry.speed)
    after = f - geometry.rate * (f - equilibrium(density, velocity))
    after = jnp.where(geometry.solid[None], f[::-1], after)
    return jnp.stack([jnp.roll(after[i], tuple(c), (0, 1)) for i, c in enumerate(VELOCITIES.tolist())])


@partial(jax.jit, static_argnames=("speed", "rate", "steps"))
def _advance(f: Array, solid: Array, speed: float, rate: float, steps: int) -> Array:
    return jax.lax.fori_loop(0, steps, lambda _, g: step(g, Channel(solid, speed, rate)), f)


def advance(f: Array, geometry: Channel, steps: int) -> Array:
    """Populations after so many steps."""
    return _advance(f, geometry.solid, geometry.speed, geometry.rate, steps)


@partial(jax.jit, static_argnames=("speed", "rate", "every", "snapshots"))
def _record(f: Array, solid: Array, speed: float, rate: float, every: int, snapshots: int) -> Array:
    def sample(g: Array, _) -> tuple[Array, Array]:
        velocity = jnp.where(solid[None], 0, macroscopic(g)[1])
        return _advance(g, solid, speed, rate, every), velocity

    return jax.lax.scan(sample, f, length=snapshots)[1]


def record(f: Array, geometry: Channel, every: int, snapshots: int) -> Array:
    """Velocities ``every`` steps apart from now on, 0 on the cylinder, ``(snapshot, 2, x, y)``."""
    return _record(f, geometry.solid, geometry.speed, geometry.rate, every, snapshots)
