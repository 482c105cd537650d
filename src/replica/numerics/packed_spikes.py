"""Packed spikes (see ``spike_propagation``) over time: Poisson trains, contacts reached, counts in windows.

All arrays have one line per time step; words have the shape ``(time, word)``.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from replica.numerics import spike_propagation


def poisson(generator: np.random.Generator, units: int, rate: float, steps: int) -> np.ndarray:
    """Words of neurons with independent spikes, of probability 1 - e^{-rate} in each step; ``uint32``.

    rate: expected number of events of a neuron per step; several in one step are one spike.  Padding never spikes.
    """
    count = spike_propagation.padded(units) // 32
    events = generator.poisson(rate * units * steps)
    step, neuron = generator.integers(0, steps, events), generator.integers(0, units, events)
    words = np.zeros((steps, count), np.uint32)
    bit, word = np.divmod(neuron, count)
    np.bitwise_or.at(words, (step, word), np.uint32(1) << bit.astype(np.uint32))
    return words


@partial(jax.jit, static_argnames="size")
def contacts(words: Array, rows: Array, size: int) -> Array:
    """Contacts that the spikes of each step reach on each of ``size`` targets, ``uint16``, shape ``(time, target)``."""

    def of_step(_: None, line: Array) -> tuple[None, Array]:
        return None, spike_propagation.propagate(line, rows, size).astype(jnp.uint16)

    return lax.scan(of_step, None, words)[1]


@partial(jax.jit, static_argnames="window")
def window_counts(words: Array, window: int) -> Array:
    """Spike counts in consecutive windows of ``window`` steps, ``uint8``, shape ``(window, neuron)``.

    Every fourth of the bits of a word are counted at once, in the four bytes of a word.
    Raises ValueError where the time is not a multiple of the window, or where that has more than 255 steps.
    """
    steps, count = words.shape
    if steps % window or window > 255:
        raise ValueError(f"{steps} steps do not divide into windows of {window}, or these have more than 255 steps")
    lines = words.reshape(-1, window, count)
    low = np.uint32(0x01010101)
    four = jnp.stack([((lines >> np.uint32(bit)) & low).sum(axis=1, dtype=jnp.uint32) for bit in range(8)], axis=1)
    byte = [((four >> np.uint32(8 * place)) & np.uint32(255)).astype(jnp.uint8) for place in range(4)]
    return jnp.concatenate(byte, axis=1).reshape(-1, 32 * count)


@partial(jax.jit, static_argnames="window")
def population_counts(words: Array, window: int) -> Array:
    """Spikes of all neurons in consecutive windows of ``window`` steps, ``int32``, shape ``(window,)``."""
    per_step = jnp.sum(lax.population_count(words), axis=1, dtype=jnp.int32)
    return per_step.reshape(-1, window).sum(axis=1, dtype=jnp.int32)
