"""The Lorenz system of 1963, three variables:

    x' = σ (y - x),     y' = x (ρ - z) - y,     z' = x y - β z

Time and state are dimensionless.  At σ = 10, ρ = 28, β = 8/3 it is chaotic, with a largest Lyapunov exponent of 0.906.
E. N. Lorenz, J. Atmos. Sci. 20, 130 (1963).
"""

import jax.numpy as jnp
import numpy as np
from jax import Array

SIGMA, RHO, BETA = 10.0, 28.0, 8 / 3


def derivative(state: Array) -> Array:
    """Rate of change at the standard parameters; shape ``(3, ...)``: x, y, z first."""
    x, y, z = state
    return jnp.stack([SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z])


def coefficients(exponents: np.ndarray) -> np.ndarray:
    """The same as coefficients of monomials, shape ``(component, monomial)``; exponents ``(monomial, 3)``."""
    terms = {
        (0, (1, 0, 0)): -SIGMA,
        (0, (0, 1, 0)): SIGMA,
        (1, (1, 0, 0)): RHO,
        (1, (0, 1, 0)): -1.0,
        (1, (1, 0, 1)): -1.0,
        (2, (1, 1, 0)): 1.0,
        (2, (0, 0, 1)): -BETA,
    }
    return np.array([[terms.get((i, tuple(row)), 0.0) for row in np.asarray(exponents).tolist()] for i in range(3)])
