"""Gradient flow of a one-input ReLU network, in its weights and in its spline coordinates.

Loss L = (1/2N) Σ_n ε_n², ε_n = f(x_n) - y_n; m0_i = (1/N) Σ_n ε_n A_i(x_n), m1_i = (1/N) Σ_n ε_n x_n A_i(x_n).
In weights:  dw/dt = -v m1, db/dt = -v m0, dv/dt = -(w m1 + b m0), db0/dt = -Σ ε/N.
Inside a cell (no breakpoint on a datum) this is exactly
    dβ/dt = (v/w) (m0 + β m1),   dμ/dt = -(v² + w²) m1 + w² β m0,
and δ = w² + b² - v² of every neuron is conserved, which closes the system:
    w² = (δ + D) / (2 (1 + β²)) = 2 μ² / (D - δ),  D = sqrt(δ² + 4 (1 + β²) μ²),   v² = μ²/w²,   v/w = μ/w².
A neuron with δ > 0 can pass w = 0: its orientation flips, β passes infinity, and the closed flow ends there.

Explicit Euler with a fixed step: the right-hand side jumps where a breakpoint crosses a datum, and step control by an
error estimate comes to a halt there.  Source: Sahs et al. (2022), theorem 3; the conserved δ in their notation.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from replica.numerics.relu_splines import Network, Spline, active, imbalance, network_output, spline_output, to_spline


class Flows(NamedTuple):
    """States at the frames, each field (case, frame, ...): the flow in weights, the closed flow, the naive one."""

    weights: Network
    closed: Spline
    naive: Spline


def squared_weights(spline: Spline, delta):
    """w² and v² (unit,) from breakpoint, delta-slope and δ, without cancellation for either sign of δ."""
    lean = 1 + spline.breakpoint**2
    root = jnp.sqrt(delta**2 + 4 * lean * spline.delta_slope**2)
    larger = (root + jnp.abs(delta)) / 2  # the larger of v² and (1 + β²) w²; their product is (1 + β²) μ²
    smaller = lean * spline.delta_slope**2 / larger
    return jnp.where(delta > 0, larger, smaller) / lean, jnp.where(delta > 0, smaller, larger)


def weight_flow(theta: Network, x, y) -> Network:
    """-∂L/∂θ of one network."""
    error = (network_output(theta, x) - y) / len(x)
    on = (theta.weight[None, :] * x[:, None] + theta.bias[None, :] > 0).astype(x.dtype)
    m0, m1 = error @ on, (error * x) @ on
    v_rate = -theta.weight * m1 - theta.bias * m0
    return Network(-theta.readout * m1, -theta.readout * m0, v_rate, -error.sum(), jnp.zeros_like(error[0]))


def _moments(spline: Spline, x, y):
    error = (spline_output(spline, x) - y) / len(x)
    on = active(spline, x).astype(x.dtype)
    return error @ on, (error * x) @ on, error.sum()


def closed_flow(spline: Spline, delta, x, y) -> Spline:
    """The same flow in breakpoints and delta-slopes, closed by the conserved δ; orientation and skip stand still."""
    m0, m1, total = _moments(spline, x, y)
    square, readout_square = squared_weights(spline, delta)
    return Spline(
        spline.delta_slope / square * (m0 + spline.breakpoint * m1),
        -(readout_square + square) * m1 + square * spline.breakpoint * m0,
        jnp.zeros_like(delta),
        -total,
        jnp.zeros_like(total),
    )


def naive_flow(spline: Spline, x, y) -> Spline:
    """dβ/dt = -∂L/∂β, dμ/dt = -∂L/∂μ: steepest descent in the coordinates themselves, which is another flow."""
    m0, m1, total = _moments(spline, x, y)
    return Spline(
        spline.delta_slope * m0,
        spline.breakpoint * m0 - m1,
        jnp.zeros_like(m0),
        -total,
        jnp.zeros_like(total),
    )


@jax.jit
def integrate(theta: Network, x, y, step, ends) -> Flows:
    """All three flows from one start by explicit Euler, recorded after ``ends`` (frame,) steps, the first of them 0.

    theta: fields with leading dimension case; x, y: (case, datum).  A change of step or number of steps compiles
    nothing anew.
    """

    def of_one(theta, x, y):
        spline, delta = to_spline(theta), imbalance(theta)

        def euler(_, states):
            rates = (
                weight_flow(states[0], x, y),
                closed_flow(states[1], delta, x, y),
                naive_flow(states[2], x, y),
            )
            return jax.tree.map(lambda p, rate: p + step * rate, states, rates)

        def frame(carry, end):
            start, states = carry
            states = jax.lax.fori_loop(start, end, euler, states)
            return (end, states), states

        (_, _), recorded = jax.lax.scan(frame, (jnp.zeros_like(ends[0]), (theta, spline, spline)), ends)
        return Flows(*recorded)

    return jax.vmap(of_one)(theta, x, y)
