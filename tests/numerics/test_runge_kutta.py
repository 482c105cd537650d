"""Orders of convergence on an oscillator with a closed form, and on the Lorenz system against SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from replica.numerics import lorenz63, runge_kutta


def _oscillator(state):
    return {"x": state["v"], "v": -state["x"]}


@pytest.mark.parametrize(("method", "order"), [(runge_kutta.euler_step, 1), (runge_kutta.runge_kutta_step, 4)])
def test_order_of_convergence(method, order):
    with jax.enable_x64(True):
        error = []
        for steps in (100, 200):
            start = {"x": jnp.asarray(1.0), "v": jnp.asarray(0.0)}
            end, _ = runge_kutta.trajectory(_oscillator, start, 2 / steps, steps, method=method)
            error.append(np.hypot(end["x"] - np.cos(2), end["v"] + np.sin(2)))
    assert np.log2(error[0] / error[1]) == pytest.approx(order, abs=0.05)


def test_order_of_convergence_on_lorenz63():
    start = np.array([1.0, 2.0, 20.0])

    def right(_, y):
        return [10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]]

    exact = solve_ivp(right, (0, 1), start, method="DOP853", rtol=1e-13, atol=1e-13).y[:, -1]
    with jax.enable_x64(True):
        error = [
            np.linalg.norm(runge_kutta.trajectory(lorenz63.derivative, jnp.asarray(start), 1 / n, n)[0] - exact)
            for n in (400, 800)
        ]
    assert np.log2(error[0] / error[1]) == pytest.approx(4, abs=0.2)
    assert error[1] < 1e-6


def test_observation_follows_each_step():
    start = {"x": jnp.asarray(1.0), "v": jnp.asarray(0.0)}
    end, seen = runge_kutta.trajectory(_oscillator, start, 0.1, 7, observe=_position)
    assert seen.shape == (7,)
    assert seen[-1] == end["x"]


def _position(state):
    return state["x"]
