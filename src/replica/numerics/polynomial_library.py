"""Library of monomials of n variables up to a degree: 1, u_1 .. u_n, and all products of 2 .. p of them.

With a window w only monomials whose variables all lie in some run of w neighbours of the periodic ring 1 .. n.
A monomial of degree d is one of degree d - 1, its parent, times one variable.
"""

from collections.abc import Callable
from functools import partial
from itertools import combinations_with_replacement
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from replica.numerics import ridge_regression


class Library(NamedTuple):
    """parents, variables: one array for each degree from 2 on; a parent is a place among those of the degree below."""

    parents: tuple[np.ndarray, ...]
    variables: tuple[np.ndarray, ...]


def _in_window(indices: tuple[int, ...], variables: int, window: int) -> bool:
    return any(all((i - start) % variables < window for i in indices) for start in range(variables))


def library(variables: int, degree: int, window: int | None = None) -> Library:
    """The library.  Raises ValueError unless degree >= 1 and 1 <= window <= variables."""
    if degree < 1:
        raise ValueError(f"the degree of a library is at least 1, got {degree}")
    if window is not None and not 1 <= window <= variables:
        raise ValueError(f"a window spans 1 to {variables} variables, got {window}")
    below = [(i,) for i in range(variables)]
    parents, factors = [], []
    for order in range(2, degree + 1):
        place = {indices: at for at, indices in enumerate(below)}
        level = [
            indices
            for indices in combinations_with_replacement(range(variables), order)
            if window is None or _in_window(indices, variables, window)
        ]
        parents.append(np.array([place[indices[:-1]] for indices in level], dtype=np.int32))
        factors.append(np.array([indices[-1] for indices in level], dtype=np.int32))
        below = level
    return Library(tuple(parents), tuple(factors))


def size(library: Library, variables: int) -> int:
    """Number of features, the constant and the variables among them."""
    return 1 + variables + sum(len(level) for level in library.parents)


def exponents(library: Library, variables: int) -> np.ndarray:
    """Powers of the variables in each feature, shape ``(feature, variable)``."""
    levels = [np.eye(variables, dtype=int)]
    for parent, variable in zip(*library, strict=True):
        levels.append(levels[-1][parent] + np.eye(variables, dtype=int)[variable])
    return np.concatenate([np.zeros((1, variables), dtype=int), *levels])


def _unrounded(values: Array) -> Array:
    return values


def evaluate(library: Library, state: Array, rounding: Callable[[Array], Array] = _unrounded) -> Array:
    """Features of states ``(variable, ...)``, shape ``(feature, ...)``; ``rounding`` is applied to every product."""
    levels = [state]
    for parent, variable in zip(*library, strict=True):
        levels.append(rounding(levels[-1][parent] * state[variable]))
    return jnp.concatenate([jnp.ones_like(state[:1]), *levels])


def free_run(
    library: Library, weights: Array, state: Array, steps: int, rounding: Callable[[Array], Array] = _unrounded
) -> Array:
    """Iterates of u(t+1) = W f(u(t)), shape ``(step, variable, ...)``, from a state ``(variable, ...)``."""

    def advance(u: Array, _: None) -> tuple[Array, Array]:
        u = rounding(weights @ evaluate(library, u, rounding))
        return u, u

    return jax.lax.scan(advance, rounding(state), None, length=steps)[1]


@partial(jax.jit, static_argnames="block")
def training_sums(library: Library, series: Array, block: int = 2000) -> ridge_regression.Sums:
    """Sums of the ridge regression of u(t) on f(u(t-1)), t = 1 .. N, for a series u(0) .. u(N), ``(time, variable)``.

    Raises ValueError unless N is a multiple of ``block``.
    """
    if (len(series) - 1) % block:
        raise ValueError(f"{len(series) - 1} training steps are not a multiple of {block}")
    variables = series.shape[1]

    def more(sums: ridge_regression.Sums, of_block: tuple[Array, Array]) -> tuple[ridge_regression.Sums, None]:
        return ridge_regression.add(sums, evaluate(library, of_block[0].T).T, of_block[1]), None

    start = ridge_regression.zeros(size(library, variables), variables)
    blocks = series[:-1].reshape(-1, block, variables), series[1:].reshape(-1, block, variables)
    return jax.lax.scan(more, start, blocks)[0]


def multiplications(library: Library) -> int:
    """Products that evaluate every monomial on its own: degree - 1 each."""
    return sum((order + 1) * len(level) for order, level in enumerate(library.parents))
