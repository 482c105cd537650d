"""Levenberg-Marquardt: damped Gauss-Newton for ½ |r(p)|², many starts side by side.

    (JᵀJ + λ I) d = -Jᵀ r,   p -> p + d where that lowers the loss,   λ -> λ/3 after a success, 4 λ after a failure.

Where the loss has come to the rounding of its own value, a step is taken if it lowers the gradient: otherwise the last
digits of p are lost to noise in a sum of squares, and |Jᵀr| stops near the root of the machine precision.

Source: Levenberg 1944, Marquardt 1963.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

ROUNDING = 64  # in units of the machine precision: differences of losses below it carry no sign


class Fit(NamedTuple):
    """Parameters ``(start, parameter)``, loss ½|r|² and gradient norm |Jᵀr| ``(start,)``, losses ``(start, step)``."""

    parameters: Array
    loss: Array
    gradient_norm: Array
    loss_history: Array


@partial(jax.jit, static_argnames=("residual", "iterations"))
def levenberg_marquardt(
    residual: Callable[..., Array], start: Array, *fixed: Array, iterations: int, damping: float = 1.0
) -> Fit:
    """Run ``iterations`` tries from every row of ``start``, shape ``(start, parameter)``.

    residual(parameters, *fixed) -> ``(datum,)`` for one start; each of ``fixed`` has a leading dimension ``start`` too.
    """
    return jax.vmap(lambda p, *f: _fit(lambda q: residual(q, *f), p, iterations, damping))(start, *fixed)


def _fit(residual: Callable[[Array], Array], start: Array, iterations: int, damping: float) -> Fit:
    rounding = ROUNDING * jnp.finfo(start.dtype).eps

    def measure(p: Array) -> tuple[Array, Array, Array, Array]:
        r, j = residual(p), jax.jacfwd(residual)(p)
        slope = j.T @ r
        return 0.5 * r @ r, slope, j.T @ j, jnp.linalg.norm(slope)

    def attempt(state: tuple, _: None) -> tuple[tuple, Array]:
        p, (loss, slope, gram, norm), damping = state
        candidate = p - jnp.linalg.solve(gram + damping * jnp.eye(p.size, dtype=p.dtype), slope)
        found = measure(candidate)
        better = (found[0] < loss * (1 - rounding)) | ((found[0] <= loss * (1 + rounding)) & (found[3] < norm))
        p, kept = jax.tree.map(partial(jnp.where, better), (candidate, found), (p, (loss, slope, gram, norm)))
        damping = jnp.clip(jnp.where(better, damping / 3, damping * 4), 1e-15, 1e15)
        return (p, kept, damping), kept[0]

    state = (start, measure(start), jnp.asarray(damping, start.dtype))
    (p, (loss, _, _, norm), _), history = jax.lax.scan(attempt, state, None, length=iterations)
    return Fit(p, loss, norm, history)
