"""Orthonormal functions by three-term recurrences, and the index sets of their products.

=====================  ==========================================  =======================================
functions              orthonormal for                             recurrence
=====================  ==========================================  =======================================
legendre, degree j     dx/2 on [-1, 1]                             (j+1) P_{j+1} = (2j+1) x P_j - j P_{j-1}
hermite, degree k      π^{-1/2} e^{-x²} dx                         h_{k+1} = √(2/(k+1)) x h_k - √(k/(k+1)) h_{k-1}
hermite functions      dx                                          the same, times π^{-1/4} e^{-x²/2}
fourier, order a       dx on an interval of length 2π              e^{iax}/√2π
=====================  ==========================================  =======================================

Arguments are NumPy or JAX arrays, and so are results.  All return the functions first, ``(function, ...)``.  A product
function is a row of indices; ``products`` multiplies.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


def legendre(x: Array, count: int) -> Array:
    """√(2j+1) P_j(x) for j = 0 .. count - 1."""
    space = x.__array_namespace__()
    values = [space.ones_like(x), x]
    for j in range(1, count - 1):
        values.append(((2 * j + 1) * x * values[j] - j * values[j - 1]) / (j + 1))
    scale = np.sqrt(2 * np.arange(count) + 1)
    return space.stack(values[:count]) * scale.reshape(-1, *[1] * x.ndim)


def _hermite(x: Array, first: Array, count: int) -> Array:
    values = [first, np.sqrt(2.0) * x * first]
    for k in range(1, count - 1):
        values.append(np.sqrt(2 / (k + 1)) * x * values[k] - np.sqrt(k / (k + 1)) * values[k - 1])
    return x.__array_namespace__().stack(values[:count])


def hermite(x: Array, count: int) -> Array:
    """Normalised Hermite polynomials of degree 0 .. count - 1."""
    return _hermite(x, x.__array_namespace__().ones_like(x), count)


def hermite_functions(x: Array, count: int) -> Array:
    """Hermite functions of degree 0 .. count - 1."""
    return _hermite(x, np.pi**-0.25 * x.__array_namespace__().exp(-(x**2) / 2), count)


def fourier(x: Array, highest: int) -> Array:
    """e^{iax}/√2π for a = -highest .. highest."""
    orders = np.arange(-highest, highest + 1).reshape(-1, *[1] * x.ndim)
    return x.__array_namespace__().exp(1j * orders * x[None]) / np.sqrt(2 * np.pi)


def hyperbolic_cross(limit: int, dimension: int, signed: int = 0) -> np.ndarray:
    """Index rows with Π_i max(|k_i|, 1) <= limit, integers, shape ``(function, dimension)``.

    The first ``signed`` indices run over all integers, the others over 1, 2, ...: the order of a Fourier mode, and the
    degree of a polynomial plus one.
    """
    rows = [((), 1)]
    for place in range(dimension):
        indices = range(-limit, limit + 1) if place < signed else range(1, limit + 1)
        rows = [
            ((*row, k), size * max(abs(k), 1)) for row, size in rows for k in indices if size * max(abs(k), 1) <= limit
        ]
    return np.array([row for row, _ in rows])


def products(factors: list[Array], places: list[np.ndarray]) -> Array:
    """Π_i factors[i][places[i]]: the product functions, shape ``(function, ...)``.

    JAX arrays are multiplied row by row in a loop, since XLA gathers rows element by element on a CPU.
    """

    def product(row) -> Array:
        value = factors[0][row[0]]
        for factor, place in zip(factors[1:], row[1:], strict=True):
            value = value * factor[place]
        return value

    if isinstance(factors[0], np.ndarray):
        return product(places)
    return jax.lax.map(product, tuple(jnp.asarray(place) for place in places))
