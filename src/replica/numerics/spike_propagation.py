"""Propagation of spikes through sparse connections, at a cost per time step in proportion to the number of spikes.

    c_i = Σ_{j that spiked} A_ij,      A_ij the number of contacts of neuron j on neuron i

**Packed spikes.**  The spikes of n neurons in one step are n/32 words of 32 bits: bit b of word k is neuron
b n/32 + k, so that packing and unpacking run along the words.  n is a multiple of ``LANE``; a population is padded to
it with neurons that never spike.  A raster of 10⁴ neurons and 10⁵ steps is 125 MB, with no buffer that could overflow.

**Rows.**  A matrix of contacts is an array with one row for each presynaptic neuron, in one of two forms:

- contact counts, ``uint8``, shape ``(source, target · bits / 8)``: all targets, 2, 4 or 8 bits each;
- target indices, ``int32`` or ``uint16``, shape ``(source, contact)``, padded with the number of targets.

On one core a spike costs about 0.3 µs and 0.1 ns per target with counts, 1 to 1.4 ns per contact with indices.  Counts
are the faster form where a neuron reaches more than about a twelfth of the targets.

Only the rows of neurons that spiked are read.  Finding them with ``jnp.nonzero`` or ``top_k`` would cost more than the
rest of a step; a product with the whole matrix touches every synapse at every step.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

LANE = 256  # neurons: whole words, and whole vectors of words
_WORD = 32


def padded(units: int) -> int:
    """The next multiple of ``LANE``."""
    return -(-units // LANE) * LANE


def pack(spikes: Array) -> Array:
    """Words of 32 neurons, shape ``(word,)``, of truth values of shape ``(neuron,)``."""
    bits = jnp.arange(_WORD, dtype=jnp.uint32)[:, None]
    return jnp.sum(spikes.reshape(_WORD, -1).astype(jnp.uint32) << bits, axis=0, dtype=jnp.uint32)


def unpack(words: Array) -> Array:
    """Truth values of shape ``(..., neuron)`` of words of shape ``(..., word)``."""
    bits = jnp.arange(_WORD, dtype=jnp.uint32)[:, None]
    spikes = jnp.right_shift(*jnp.broadcast_arrays(words[..., None, :], bits)) & 1
    return spikes.reshape(*words.shape[:-1], -1).astype(bool)


def count_rows(targets: np.ndarray, size: int, bits: int = 4) -> np.ndarray:
    """Rows of contact counts, ``uint8``, of target indices ``(source, contact)``; an index of ``size`` is padding.

    Target t of the row stands in byte t mod (size · bits / 8), so that unpacking runs along the bytes.
    Raises ValueError where a count needs more than ``bits`` (2, 4 or 8), or where size is not a multiple of ``LANE``.
    """
    if bits not in (2, 4, 8):
        raise ValueError(f"a count takes 2, 4 or 8 bits, got {bits}")
    if size % LANE:
        raise ValueError(f"the number of targets is a multiple of {LANE}, got {size}")
    sources = targets.shape[0]
    flat = targets + (size + 1) * np.arange(sources)[:, None]
    counts = np.bincount(flat.ravel(), minlength=sources * (size + 1)).reshape(sources, size + 1)[:, :size]
    if counts.size and counts.max() >= 2**bits:
        raise ValueError(f"{counts.max()} contacts between two neurons do not fit into {bits} bits")
    fields = 8 // bits
    packed = np.zeros((sources, size // fields), np.uint8)
    for field, part in enumerate(np.split(counts.astype(np.uint8), fields, axis=1)):
        packed |= part << np.uint8(bits * field)
    return packed


def _counts(row: Array, size: int) -> Array:
    """Contact counts of packed rows, shape ``(..., field, byte)``."""
    fields = size // row.shape[-1]
    shift = (8 // fields * np.arange(fields, dtype=np.uint8))[:, None]
    return (row[..., None, :] >> shift) & jnp.uint8(2 ** (8 // fields) - 1)


@partial(jax.jit, static_argnames="size")
def propagate(words: Array, rows: Array, size: int) -> Array:
    """Number of contacts c on each of ``size`` targets that spikes reach; ``uint16`` or ``int32``, shape ``(target,)``.

    words: packed spikes of the presynaptic neurons; rows: of either form, one per presynaptic neuron without padding.
    With packed counts a target's contacts from one presynaptic population may number 65 535 at most.
    """
    packed = rows.dtype == jnp.uint8
    count = words.shape[0]
    place = jnp.arange(count, dtype=jnp.int32)

    def add(total: Array, neuron: Array) -> Array:
        row = lax.dynamic_index_in_dim(rows, neuron, keepdims=False)
        if packed:
            return total + _counts(row, size).astype(total.dtype)
        return total.at[row].add(1, mode="promise_in_bounds")

    def spike(_: Array, carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        at, word, total = carry  # the word in hand, with the bits that are left of it
        following = jnp.argmax((words != 0) & (place > at)).astype(jnp.int32)
        at = jnp.where(word != 0, at, following)
        word = jnp.where(word != 0, word, words[at])
        lowest = word & (~word + 1)
        neuron = lax.population_count(lowest - 1).astype(jnp.int32) * count + at
        return at, word ^ lowest, add(total, neuron)

    empty = jnp.zeros((size // rows.shape[1], rows.shape[1]), jnp.uint16) if packed else jnp.zeros(size + 1, jnp.int32)
    spikes = jnp.sum(lax.population_count(words)).astype(jnp.int32)
    total = lax.fori_loop(0, spikes, spike, (jnp.int32(-1), jnp.uint32(0), empty))[2]
    return total.reshape(-1) if packed else total[:size]


@partial(jax.jit, static_argnames="size")
def weighted_sum(values: Array, rows: Array, size: int) -> Array:
    """Σ_j A_ij values_j for each target i: rates give the mean input, ones the in-degree.  Shape ``(target,)``.

    values: one per presynaptic neuron, shape ``(source,)``; rows: of either form.
    """

    def add(source: Array, total: Array) -> Array:
        if rows.dtype == jnp.uint8:
            return total + values[source] * _counts(rows[source], size).reshape(-1).astype(values.dtype)
        return total.at[rows[source]].add(values[source], mode="drop")

    return lax.fori_loop(0, rows.shape[0], add, jnp.zeros(size, values.dtype))
