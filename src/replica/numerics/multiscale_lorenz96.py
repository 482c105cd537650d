"""The Lorenz system of 1996 with three tiers: X_k (K slow ones), Y_jk (J K) and Z_ijk (I J K fast ones),

    X_k'   = X_{k-1} (X_{k+1} - X_{k-2}) - X_k + F - (hc/b) Σ_j Y_jk
    Y_jk'  = -c b Y_{j+1,k} (Y_{j+2,k} - Y_{j-1,k}) - c Y_jk + (hc/b) X_k - (he/d) Σ_i Z_ijk
    Z_ijk' = e d Z_{i-1,jk} (Z_{i+1,jk} - Z_{i-2,jk}) - g e Z_ijk + (he/d) Y_jk

each index periodic within its own axis, the others fixed.  Arrays have the running index first: X (K,), Y (J, K),
Z (I, J, K), so that a shift moves whole rows.  Time in model time units, state dimensionless.
E. N. Lorenz, Predictability: a problem partly solved (ECMWF, 1996); three tiers: T. Thornes, P. Düben, T. Palmer,
Q. J. R. Meteorol. Soc. 143, 897 (2017).
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array


class State(NamedTuple):
    """x (K,), y (J, K), z (I, J, K)."""

    x: Array
    y: Array
    z: Array


def derivative_of(
    forcing: float = 20.0,
    coupling: float = 1.0,
    b: float = 10.0,
    c: float = 10.0,
    d: float = 10.0,
    e: float = 10.0,
    damping: float = 1.0,
) -> Callable[[State], State]:
    """The right-hand side for parameters F, h, b, c, d, e, g."""
    middle, fast = coupling * c / b, coupling * e / d

    def derivative(state: State) -> State:
        x, y, z = state
        return State(
            jnp.roll(x, 1) * (jnp.roll(x, -1) - jnp.roll(x, 2)) - x + forcing - middle * y.sum(0),
            -c * b * jnp.roll(y, -1, 0) * (jnp.roll(y, -2, 0) - jnp.roll(y, 1, 0))
            - c * y
            + middle * x[None]
            - fast * z.sum(0),
            e * d * jnp.roll(z, 1, 0) * (jnp.roll(z, -1, 0) - jnp.roll(z, 2, 0)) - damping * e * z + fast * y[None],
        )

    return derivative


def random_state(generator: np.random.Generator, size: tuple[int, int, int]) -> State:
    """A start for K, J, I = ``size``: X uniform among the integers -5..5, Y Gaussian, Z Gaussian times 0.05."""
    slow, middle, fast = size
    return State(
        jnp.asarray(generator.integers(-5, 6, slow).astype(float)),
        jnp.asarray(generator.normal(size=(middle, slow))),
        jnp.asarray(0.05 * generator.normal(size=(fast, middle, slow))),
    )


def energy(state: State) -> Array:
    """½ Σ (X² + Y² + Z²), which products and couplings conserve: d/dt = -Σ X² - c Σ Y² - g e Σ Z² + F Σ X."""
    return 0.5 * sum((part**2).sum() for part in state)


def slow_variables(state: State) -> Array:
    """The slow variables X, shape (K,)."""
    return state.x
