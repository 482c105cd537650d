"""Synaptic currents with a rise and a decay, as the exponential filters of ``integrate_and_fire``.

    s(t) = J (e^{-t/τ_d} - e^{-t/τ_r}) / (τ_d - τ_r),      area J, symmetric in τ_d and τ_r

Each is two filters with weights of opposite sign.  Synapses with a time constant in common share its filter, so that a
neuron holds one current per distinct time constant.
"""

from collections.abc import Sequence
from typing import NamedTuple

from replica.numerics.integrate_and_fire import Filter


class Synapse(NamedTuple):
    """Source as in ``Filter.weights``, rise and decay time (ms), area J of one contact on each population (mV)."""

    source: int
    rise: float
    decay: float
    weights: Sequence[float]


def filters(synapses: Sequence[Synapse]) -> tuple[Filter, ...]:
    """One filter per distinct time constant, in the order in which they come up.

    Raises ValueError where the rise and the decay time of a synapse are equal.
    """
    found: dict[float, dict[int, list[float]]] = {}
    for synapse in synapses:
        if synapse.rise == synapse.decay:
            raise ValueError(f"rise and decay time differ, got {synapse.rise} ms for both")
        for time, sign in ((synapse.rise, -1), (synapse.decay, 1)):
            scale = sign / (synapse.decay - synapse.rise)
            weights = found.setdefault(time, {}).setdefault(synapse.source, [0.0] * len(synapse.weights))
            for a, weight in enumerate(synapse.weights):
                weights[a] += scale * float(weight)
    return tuple(Filter(time, {source: tuple(w) for source, w in of.items()}) for time, of in found.items())
