"""Explicit methods of fixed step for y' = f(y), y any pytree of arrays.

Euler:               y(t+h) = y + h f(y)                                              error O(h)
Runge-Kutta, RK4:    y(t+h) = y + h/6 (k1 + 2 k2 + 2 k3 + k4),
                     k1 = f(y), k2 = f(y + h/2 k1), k3 = f(y + h/2 k2), k4 = f(y + h k3)   error O(h⁴)
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
from jax import Array

Derivative = Callable[[Any], Any]


def euler_step(derivative: Derivative, state: Any, step: float) -> Any:
    """One step of Euler's explicit method."""
    return jax.tree.map(lambda y, k: y + step * k, state, derivative(state))


def runge_kutta_step(derivative: Derivative, state: Any, step: float) -> Any:
    """One step of the classical Runge-Kutta method of fourth order."""

    def after(time: float, slope: Any) -> Any:
        return jax.tree.map(lambda y, k: y + time * k, state, slope)

    k1 = derivative(state)
    k2 = derivative(after(step / 2, k1))
    k3 = derivative(after(step / 2, k2))
    k4 = derivative(after(step, k3))
    return jax.tree.map(lambda y, a, b, c, d: y + step / 6 * (a + 2 * b + 2 * c + d), state, k1, k2, k3, k4)


def _everything(state: Any) -> Any:
    return state


@partial(jax.jit, static_argnames=("derivative", "steps", "method", "observe"))
def trajectory(
    derivative: Derivative,
    state: Any,
    step: float | Array,
    steps: int,
    method: Callable = runge_kutta_step,
    observe: Callable = _everything,
) -> tuple[Any, Any]:
    """Final state, and ``observe(state)`` after each of ``steps`` steps (leading axis: step).

    ``derivative``, ``method`` and ``observe`` are static: pass the same function object to use the same compilation.
    """

    def advance(y: Any, _: None) -> tuple[Any, Any]:
        y = method(derivative, y, step)
        return y, observe(y)

    return jax.lax.scan(advance, state, None, length=steps)
