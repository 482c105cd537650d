"""Lyapunov exponents of any map or flow from products of its tangent maps.

k tangent vectors are carried along a trajectory and made orthonormal again every few steps, V = Q R; the exponents are
the mean rates of growth of the diagonal of R (Benettin et al. 1980; Geist, Parlitz, Lauterborn 1990):

    λ_i = lim  1/T Σ ln |R_ii|,      λ_1 >= λ_2 >= ... >= λ_k

A system is given by a function ``advance(state) -> (next state, tangent map)``; ``linearised(step)`` makes one of a
step function with JAX's forward derivatives.  A state is an array or a tree of arrays whose *last* axis is the
trajectory; tangents have one more axis at the end, the exponent.  The tangent map works on all trajectories and all
tangents at once, so that a coupling matrix that the trajectories share meets them in one matrix product, N x N times
N x (B k), whatever parameters differ between the columns.

Nothing here is compiled by itself: call ``growth`` within the ``jit`` of the whole computation.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

State = Any
Advance = Callable[[State], tuple[State, Callable[[State], State]]]


class Growth(NamedTuple):
    """What ``growth`` returns; the mean of ``logarithms`` over intervals, over their length, is the spectrum."""

    state: State
    tangents: State  # orthonormal, as in the arguments
    logarithms: Array  # ln |R_ii|, shape (interval, trajectory, exponent)
    observed: Any  # what ``observe`` made of the state after each interval, stacked along a first axis


def linearised(step: Callable[[State], State]) -> Advance:
    """The step together with its derivative, which is taken once and used for all tangents."""

    def advance(state: State) -> tuple[State, Callable[[State], State]]:
        after, derivative = jax.linearize(step, state)
        return after, jax.vmap(derivative, in_axes=-1, out_axes=-1)

    return advance


def matrices(tree: State) -> Array:
    """Tangents as one matrix for each trajectory, ``(trajectory, coordinate, exponent)``."""
    flat = [leaf.reshape(-1, *leaf.shape[-2:]) for leaf in jax.tree.leaves(tree)]
    return jnp.moveaxis(jnp.concatenate(flat), 1, 0)


def _tangents(matrix: Array, like: State) -> State:
    """Inverse of ``matrices``; ``like``: the state, whose leaves give the shapes."""
    leaves, structure = jax.tree.flatten(like)
    ends = np.cumsum([leaf[..., 0].size for leaf in leaves])
    parts = jnp.split(jnp.moveaxis(matrix, 0, 1), ends[:-1])
    shaped = [part.reshape(*leaf.shape, -1) for part, leaf in zip(parts, leaves, strict=True)]
    return jax.tree.unflatten(structure, shaped)


def householder(matrix: Array) -> tuple[Array, Array]:
    """Q and ln |R_ii| of matrices ``(..., coordinate, exponent)`` by Householder reflections."""
    if matrix.shape[-1] == 1:
        norm = jnp.linalg.norm(matrix, axis=-2, keepdims=True)
        return matrix / norm, jnp.log(norm[..., 0])
    q, r = jnp.linalg.qr(matrix)
    return q, jnp.log(jnp.abs(jnp.diagonal(r, axis1=-2, axis2=-1)))


def cholesky(matrix: Array) -> tuple[Array, Array]:
    """The same from VᵀV = RᵀR, Q = V R⁻¹: half the operations, nearly all in matrix products.

    Rounding is amplified by the square of the condition number of V, so that it suits intervals within which tangents
    are not spread by more than a factor 100 in float32; beyond 3000 the result is NaN.
    """
    gram = jnp.swapaxes(matrix, -1, -2) @ matrix
    lower = jnp.linalg.cholesky(gram)
    q = jax.lax.linalg.triangular_solve(lower, matrix, left_side=False, lower=True, transpose_a=True)
    return q, jnp.log(jnp.diagonal(lower, axis1=-2, axis2=-1))


def random_tangents(key: Array, state: State, exponents: int) -> State:
    """Orthonormal tangents in random directions.  Raises ValueError for more exponents than coordinates."""
    leaves = jax.tree.leaves(state)
    coordinates = sum(leaf[..., 0].size for leaf in leaves)
    if not 1 <= exponents <= coordinates:
        raise ValueError(f"a state of {coordinates} coordinates has 1 to {coordinates} exponents, got {exponents}")
    shape = (leaves[0].shape[-1], coordinates, exponents)
    return _tangents(householder(jax.random.normal(key, shape, leaves[0].dtype))[0], state)


def growth(
    advance: Advance,
    state: State,
    tangents: State,
    *,
    steps: int,
    intervals: int,
    observe: Callable[[State], Any] = lambda state: None,
    orthonormalise: Callable[[Array], tuple[Array, Array]] = householder,
) -> Growth:
    """Growth of tangents over ``intervals`` times ``steps`` steps, made orthonormal after each interval.

    state: leaves ``(..., trajectory)``; tangents: the same with an axis of exponents at the end.
    orthonormalise: ``householder`` or ``cholesky``.
    """

    def one(carry: tuple[State, State], _: None) -> tuple[tuple[State, State], None]:
        after, tangent_map = advance(carry[0])
        return (after, tangent_map(carry[1])), None

    def interval(carry: tuple[State, State], _: None) -> tuple[tuple[State, State], tuple[Array, Any]]:
        (after, spread), _ = jax.lax.scan(one, carry, length=steps)
        q, logarithms = orthonormalise(matrices(spread))
        return (after, _tangents(q, after)), (logarithms, observe(after))

    (state, tangents), (logarithms, observed) = jax.lax.scan(interval, (state, tangents), length=intervals)
    return Growth(state, tangents, logarithms, observed)


def kaplan_yorke_dimension(exponents: np.ndarray) -> np.ndarray:
    """D = j + Σ_{i<=j} λ_i / |λ_{j+1}| with the largest j whose sum is not negative; along the last axis.

    0 where no exponent is positive or zero.  NaN where all partial sums are positive: there more exponents are needed.
    """
    exponents = -np.sort(-np.asarray(exponents, dtype=float), axis=-1)
    sums = np.cumsum(exponents, axis=-1)
    count = np.sum(np.cumprod(sums >= 0, axis=-1), axis=-1)
    at = np.clip(count, 0, exponents.shape[-1] - 1)[..., None]
    nearest = np.take_along_axis(exponents, at, -1)[..., 0]
    before = np.take_along_axis(sums, at, -1)[..., 0] - nearest
    with np.errstate(divide="ignore", invalid="ignore"):
        dimension = count + before / np.abs(nearest)
    return np.where(count == exponents.shape[-1], np.nan, np.where(count == 0, 0.0, dimension))
