"""Galerkin models of convection: three modes (Lorenz 1963) and eleven modes, with all amplitudes scaled by s.

Three modes:  y1' = σ(y2 - y1),  y2' = y1(ρ - s y3) - y2,  y3' = s y1 y2 - β y3.
Eleven modes: the next two vertical wave numbers are kept too; see ``eleven``.
The origin is a fixed point.  If μ_k are the eigenvalues of the Jacobian there, e^{Σ n_k μ_k Δt} with n_k = 0, 1, 2, ...
are eigenvalues of the Koopman operator of the flow map over Δt.  Components come first.
"""

from itertools import combinations_with_replacement

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

SIGMA, BETA = 10.0, 8 / 3


def three(state: Array, rho: float, scale: float = 1.0) -> Array:
    """Derivative of the three modes, shape ``(3, ...)``."""
    y1, y2, y3 = state
    return jnp.stack([SIGMA * (y2 - y1), y1 * (rho - scale * y3) - y2, scale * y1 * y2 - BETA * y3])


def eleven(state: Array, rho: float, scale: float = 1.0) -> Array:
    """Derivative of the eleven modes, shape ``(11, ...)``; with y4 to y11 at 0 the first three obey ``three``."""
    y1, y2, y3, y4, y5, y6, y7, y8, y9, y10, y11 = state
    square = 4 / BETA - 1
    d2, d3, d4 = ((n**2 + square) / (1 + square) for n in (3, 5, 7))
    s = scale
    return jnp.stack(
        [
            SIGMA * (y2 - y1),
            s * (-y1 * y3 + y4 * y3 - 2 * y4 * y6 + 2 * y7 * y6 - 3 * y7 * y9) + rho * y1 - y2,
            s * (y1 * y2 - y1 * y5 - y4 * y2 - y4 * y8 - y7 * y5 - y7 * y10) - BETA * y3,
            -d2 * SIGMA * y4 + SIGMA / d2 * y5,
            s * (y1 * y3 - 2 * y1 * y6 - 3 * y4 * y9 + y7 * y3 - 4 * y7 * y11) - d2 * y5 + rho * y4,
            s * (2 * y1 * y5 + 2 * y4 * y2 - 2 * y1 * y8 - 2 * y7 * y2 - 2 * y4 * y10) - 4 * BETA * y6,
            -d3 * SIGMA * y7 + SIGMA / d3 * y8,
            s * (2 * y1 * y6 - 3 * y1 * y9 + y4 * y3 - 4 * y4 * y11) - d3 * y8 + rho * y7,
            s * (3 * y1 * y8 + 3 * y4 * y5 + 3 * y7 * y2 - 3 * y1 * y10) - 9 * BETA * y9,
            s * (-4 * y1 * y11 + 2 * y4 * y6 + 3 * y1 * y9 + y7 * y3) - d4 * y10,
            s * (4 * y1 * y10 + 4 * y4 * y8 + 4 * y7 * y5) - 16 * BETA * y11,
        ]
    )


def multipliers(derivative, dimension: int, duration: float) -> np.ndarray:
    """e^{μ_k Δt} for the eigenvalues μ_k of the Jacobian at the origin, complex, shape ``(dimension,)``."""
    jacobian = np.asarray(jax.jacfwd(derivative)(jnp.zeros(dimension)))
    return np.exp(duration * np.linalg.eigvals(jacobian).astype(complex))


def eigenvalue_lattice(factors: np.ndarray, degree: int, smallest: float = 0.0) -> np.ndarray:
    """Products of up to ``degree`` of the factors, 1 included, those of modulus above ``smallest``; complex, sorted."""
    values = [1.0 + 0j]
    for order in range(1, degree + 1):
        chosen = np.array(list(combinations_with_replacement(range(len(factors)), order)))
        values.extend(np.prod(np.asarray(factors, dtype=complex)[chosen], axis=1))
    lattice = np.array(values)
    return np.sort_complex(lattice[np.abs(lattice) > smallest])
