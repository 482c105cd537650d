"""Simple and double pendulum in the units in which their frequencies are of order 1.

Simple, state (x1, x2):                 x1' = x2, x2' = -sin x1
Double, state (θ1, θ2, p1, p2), equal rods and masses, c = cos(θ1 - θ2), s = sin(θ1 - θ2), D = 16 - 9 c²:
    θ1' = a = (2 p1 - 3 c p2)/D,   θ2' = b = (8 p2 - 3 c p1)/D
    p1' = -3 (a b s + sin θ1),     p2' = -3 (-a b s + sin θ2 / 3)
Both flows keep the energy and the volume of phase space.  Components come first.
"""

import jax.numpy as jnp
from jax import Array


def simple(state: Array) -> Array:
    """Derivative of the simple pendulum."""
    angle, velocity = state
    return jnp.stack([velocity, -jnp.sin(angle)])


def simple_energy(state: Array) -> Array:
    """x2²/2 - cos x1."""
    angle, velocity = state
    return velocity**2 / 2 - jnp.cos(angle)


def _velocities(state: Array) -> tuple[Array, Array]:
    first, second, p1, p2 = state
    c = jnp.cos(first - second)
    determinant = 16 - 9 * c**2
    return (2 * p1 - 3 * c * p2) / determinant, (8 * p2 - 3 * c * p1) / determinant


def double(state: Array) -> Array:
    """Derivative of the double pendulum."""
    first, second, _, _ = state
    a, b = _velocities(state)
    coupling = a * b * jnp.sin(first - second)
    return jnp.stack([a, b, -3 * (coupling + jnp.sin(first)), -3 * (jnp.sin(second) / 3 - coupling)])


def double_energy(state: Array) -> Array:
    """(p1 a + p2 b)/2 - 3 cos θ1 - cos θ2, constant along the flow."""
    first, second, p1, p2 = state
    a, b = _velocities(state)
    return (p1 * a + p2 * b) / 2 - 3 * jnp.cos(first) - jnp.cos(second)
