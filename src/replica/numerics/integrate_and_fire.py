"""Networks of leaky or exponential integrate-and-fire neurons with filtered synaptic currents.

    dV_i/dt = -g (V_i - E_L) + g Δ exp((V_i - V_T)/Δ) + Σ_f s_f,i(t) + F_i
    s_f,i(t) = Σ_spikes w exp(-(t - t_spike)/τ_f)

with C = 1; leaky neurons are without the second term.

At V ≥ threshold a neuron spikes, is set to the reset, and is held there for its refractory time.  One step of length h:
forward Euler of V, spikes, propagation, currents (s + w c) exp(-h/τ).  A spike acts from the next step on; currents
decay exactly; V is of first order in h.  A double-exponential synapse is two filters with weights of opposite sign.

A network is a few populations; the neurons of one share their parameters.  Each population is padded with neurons that
have no drive and no input (``pad``), and these rest below threshold.  As targets the populations stand one after the
other, padding included (``starts``).

Every array is read and overwritten by one pass per step.  For that the reset is done at the start of the next step, and
currents are used before they are renewed: an array needed both before and after its change would be copied by XLA.
"""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from replica.numerics import spike_propagation

LARGEST_EXPONENT = 20.0  # of the spike-generating current: V is far beyond threshold there


class Neuron(NamedTuple):
    """Parameters of the neurons of one population (1/ms, mV, time steps).

    sharpness Δ and soft_threshold V_T are None for leaky neurons; floor is the lowest V, None without one;
    refractory_steps are 255 at most.
    """

    leak_rate: float
    rest: float
    threshold: float
    reset: float
    refractory_steps: int
    sharpness: float | None = None
    soft_threshold: float | None = None
    floor: float | None = None


class Filter(NamedTuple):
    """An exponential synaptic current: τ (ms), and for each source that it filters the jump w per contact (mV/ms).

    weights: from the number of a source to one weight per postsynaptic population.  Sources are the populations of the
    network, then the external ones.
    """

    time_constant: float
    weights: dict[int, Sequence[float]]


class State(NamedTuple):
    """V before the reset, steps of refractoriness left, currents of the filters; arrays of shape ``(neuron,)``."""

    voltage: Array
    refractory: Array
    currents: tuple[Array, ...]


def starts(sizes: Sequence[int]) -> list[int]:
    """Index at which each population begins as a target, and at last the number of targets."""
    return [0, *np.cumsum([spike_propagation.padded(n) for n in sizes]).tolist()]


def pad(values: np.ndarray, fill: float = 0.0) -> np.ndarray:
    """The values of one population with its padding, which holds ``fill``."""
    values = np.asarray(values)
    return np.append(values, np.full(spike_propagation.padded(len(values)) - len(values), fill, values.dtype))


def start(voltages: Sequence[Array], filters: Sequence[Filter]) -> tuple[State, ...]:
    """The state of populations with given V, each of shape ``(neuron,)`` with padding, and no currents."""
    return tuple(
        State(jnp.asarray(v), jnp.zeros(v.shape, jnp.uint8), tuple(jnp.zeros(v.shape, v.dtype) for _ in filters))
        for v in voltages
    )


def _moved(state: State, neuron: Neuron, drive: Array, step: float) -> State:
    """V and refractoriness after one step; the currents as they were."""
    v, held, currents = state
    spiked = v >= neuron.threshold
    held = jnp.where(spiked, jnp.asarray(neuron.refractory_steps, jnp.uint8), jnp.maximum(held, 1) - 1)
    v = jnp.where(spiked, neuron.reset, v)
    slope = neuron.leak_rate * (neuron.rest - v) + drive
    if neuron.sharpness is not None:
        exponent = (v - neuron.soft_threshold) * (1 / neuron.sharpness)
        slope += neuron.leak_rate * neuron.sharpness * jnp.exp(jnp.minimum(exponent, LARGEST_EXPONENT))
    moved = v + step * (slope + sum(currents))
    if neuron.floor is not None:
        moved = jnp.maximum(moved, neuron.floor)
    # The choice comes last: with the maximum after it, XLA computes all of this once more for each bit of a word.
    return State(jnp.where(held > 0, neuron.reset, moved), held, currents)


@partial(jax.jit, static_argnames="steps")
def simulate(
    states: tuple[State, ...],
    neurons: tuple[Neuron, ...],
    drives: tuple[Array, ...],
    filters: tuple[Filter, ...],
    rows: tuple[Array, ...],
    external: tuple[tuple[Array | None, Array], ...] = (),
    *,
    steps: int,
    step: float,
) -> tuple[tuple[State, ...], tuple[Array, ...]]:
    """Run a network.  Returns the last states, and the packed spikes of each population, shape ``(time, word)``.

    states, neurons, drives: one per population; drive: constant current F (mV/ms), shape ``(neuron,)``.
    rows: contacts of the neurons of each population on all targets, in either form of ``spike_propagation``.
    external: for each further source its rows and its packed spikes, one line per step; or, without rows (None), the
    contacts that its spikes reach on each target, shape ``(time, target)``: several runs on one input share that work.
    step: h (ms).  All arrays have the type of the voltages.
    """
    begins = np.cumsum([0, *(s.voltage.size for s in states)]).tolist()
    parts = [slice(*pair) for pair in pairwise(begins)]
    dtype = states[0].voltage.dtype
    neurons, filters, step = jax.tree.map(lambda x: jnp.asarray(x, dtype), (neurons, filters, step))
    decays = [jnp.exp(-step / f.time_constant) for f in filters]

    def advance(states: tuple[State, ...], outside: tuple[Array, ...]) -> tuple[tuple[State, ...], tuple[Array, ...]]:
        moved = [_moved(*each, step) for each in zip(states, neurons, drives, strict=True)]
        words = tuple(spike_propagation.pack(s.voltage >= n.threshold) for s, n in zip(moved, neurons, strict=True))
        sources = zip((*words, *outside), (*rows, *(r for r, _ in external)), strict=True)
        counts = [w if r is None else spike_propagation.propagate(w, r, begins[-1]) for w, r in sources]
        renewed = []
        for a, (state, part) in enumerate(zip(moved, parts, strict=True)):
            currents = []
            for current, f, decay in zip(state.currents, filters, decays, strict=True):
                for source, weights in f.weights.items():
                    current += weights[a] * counts[source][part].astype(dtype)
                currents.append(current * decay)
            renewed.append(state._replace(currents=tuple(currents)))
        return tuple(renewed), words

    return lax.scan(advance, tuple(states), tuple(w for _, w in external), length=steps)
