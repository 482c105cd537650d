"""Random rate networks with two multiplicative gates per unit.

    dh_i/dt     = σ_z(z_i) (-h_i + Σ_j J^h_ij φ(h_j) σ_r(r_j) + I^h_i)
    τ_z dz_i/dt = -z_i + Σ_j J^z_ij φ(h_j) + I^z_i
    τ_r dr_i/dt = -r_i + Σ_j J^r_ij φ(h_j) + I^r_i
    φ(x) = tanh(g x),    σ_a(x) = 1/(1 + exp(-α_a x + β_a))

The update gate z multiplies the rate of change of a unit, the output gate r what it sends out; all couplings are
independent, with entries N(0, 1/N).  Times in units of the membrane constant (Krishnamurthy, Can, Schwab 2022).

A field has the shape ``(unit, trajectory)``: trajectories of one network are columns, so that every stage of a
Runge-Kutta step is one matrix product for each field, also where gains and steepnesses differ between the columns.
A gate whose field is None is frozen at σ(0); with a steepness of 0 that is exact and saves its matrix product.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


class Fields(NamedTuple):
    """The three fields of a state, or one thing for each of them (couplings, inputs); None: the gate is frozen."""

    h: Array
    z: Array | None = None
    r: Array | None = None


class Gating(NamedTuple):
    """Parameters of the units, each a number or an array ``(trajectory,)``."""

    gain: Array | float  # g
    update_steepness: Array | float = 0.0  # α_z
    output_steepness: Array | float = 0.0  # α_r
    update_bias: Array | float = 0.0  # β_z
    output_bias: Array | float = 0.0  # β_r
    update_time: Array | float = 1.0  # τ_z
    output_time: Array | float = 1.0  # τ_r


NO_INPUT = Fields(0.0, 0.0, 0.0)


@partial(jax.jit, static_argnames=("units", "update", "output"))
def couplings(key: Array, units: int, *, update: bool = True, output: bool = True) -> Fields:
    """J^h, J^z and J^r, each ``(unit, unit)`` with entries N(0, 1/N); None for a gate that is left out.

    Leaving a gate out does not change the couplings of the others.
    """
    keys = jax.random.split(key, 3)
    wanted = (True, update, output)
    deviation = 1 / np.sqrt(units).item()
    return Fields(
        *(deviation * jax.random.normal(k, (units, units)) if w else None for k, w in zip(keys, wanted, strict=True))
    )


def initial_fields(key: Array, coupling: Fields, deviations: Array) -> Fields:
    """Fields N(0, deviation²) for those that have couplings; ``deviations``: one per trajectory."""
    units = coupling.h.shape[0]
    keys = jax.random.split(key, 3)
    return Fields(
        *(
            None if j is None else deviations[None, :] * jax.random.normal(k, (units, deviations.shape[0]))
            for k, j in zip(keys, coupling, strict=True)
        )
    )


def _columns(value: Array | float) -> Array:
    """A parameter of each trajectory beside fields ``(unit, trajectory)``."""
    return jnp.atleast_2d(value)


def _gate(field: Array | None, steepness: Array | float, bias: Array | float) -> Array:
    argument = -_columns(bias) if field is None else _columns(steepness) * field - _columns(bias)
    return jax.nn.sigmoid(argument)


def derivative(fields: Fields, coupling: Fields, gating: Gating, inputs: Fields = NO_INPUT) -> Fields:
    """Right-hand side; ``inputs`` are numbers or arrays ``(unit, trajectory)``."""
    h, z, r = fields
    rate = jnp.tanh(_columns(gating.gain) * h)
    update = _gate(z, gating.update_steepness, gating.update_bias)
    output = _gate(r, gating.output_steepness, gating.output_bias)
    dh = update * (coupling.h @ (rate * output) - h + inputs.h)
    dz = None if z is None else (coupling.z @ rate - z + inputs.z) / _columns(gating.update_time)
    dr = None if r is None else (coupling.r @ rate - r + inputs.r) / _columns(gating.output_time)
    return Fields(dh, dz, dr)


def runge_kutta_step(
    fields: Fields, coupling: Fields, gating: Gating, step: float, inputs: Fields = NO_INPUT
) -> Fields:
    """One classical Runge-Kutta step of fourth order."""

    def moved(by: float, slope: Fields) -> Fields:
        return jax.tree.map(lambda x, k: x + by * k, fields, slope)

    k1 = derivative(fields, coupling, gating, inputs)
    k2 = derivative(moved(step / 2, k1), coupling, gating, inputs)
    k3 = derivative(moved(step / 2, k2), coupling, gating, inputs)
    k4 = derivative(moved(step, k3), coupling, gating, inputs)
    return jax.tree.map(lambda x, a, b, c, d: x + step / 6 * (a + 2 * (b + c) + d), fields, k1, k2, k3, k4)


@partial(jax.jit, static_argnames=("step", "steps_per_sample", "samples"))
def trajectories(
    fields: Fields,
    coupling: Fields,
    gating: Gating,
    inputs: Fields = NO_INPUT,
    *,
    step: float,
    steps_per_sample: int,
    samples: int,
) -> tuple[Fields, Array]:
    """The fields at the end, and samples of h, shape ``(sample, unit, trajectory)``.

    A sample is taken every ``steps_per_sample`` steps of length ``step`` (τ), the first after that many steps.
    """

    def sample(state: Fields, _: None) -> tuple[Fields, Array]:
        state = jax.lax.fori_loop(
            0, steps_per_sample, lambda _, s: runge_kutta_step(s, coupling, gating, step, inputs), state
        )
        return state, state.h

    return jax.lax.scan(sample, fields, length=samples)
