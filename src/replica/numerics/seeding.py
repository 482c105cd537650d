"""Random streams derived from values.

A stream belongs to what it is drawn for: ``key("clark2023_dimension", "simulation", 3)`` is the same key in every
shard, order, precision mode and process, and no two different tuples of values share one.  JAX's own
``jax.random.key(seed)`` keeps only the low 32 bits of a seed when 64-bit mode is off, so that 1 and 2**32 + 1 give one
stream; hashing the whole value avoids that.
"""

import hashlib
import json

import jax
import numpy as np

SEED_LIMIT = 2**32


def _digest(values: tuple) -> bytes:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float, str, np.integer, np.floating)):
            raise TypeError(f"a random stream is derived from numbers and words, got {value!r}")
        if isinstance(value, (int, np.integer)) and not 0 <= value < SEED_LIMIT:
            raise ValueError(f"a seed lies between 0 and 2**32 - 1, got {value}")
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    return hashlib.sha256(json.dumps(plain).encode()).digest()


def key(*values: int | float | str) -> jax.Array:
    """JAX key (threefry2x32) for a tuple of values; a scalar key array.

    Raises TypeError for values that are neither numbers nor words, ValueError for integers outside [0, 2**32).
    """
    words = np.frombuffer(_digest(values)[:8], dtype=np.uint32)
    return jax.random.wrap_key_data(words, impl="threefry2x32")


def keys(*values: int | float | str, seeds: list[int]) -> jax.Array:
    """Keys for several seeds under the same name, shape ``(seed,)``: entry i is ``key(*values, seeds[i])``."""
    words = np.stack([np.frombuffer(_digest((*values, seed))[:8], dtype=np.uint32) for seed in seeds])
    return jax.random.wrap_key_data(words, impl="threefry2x32")


def generator(*values: int | float | str) -> np.random.Generator:
    """NumPy generator (PCG64) for a tuple of values, independent of the JAX key of the same tuple."""
    return np.random.Generator(np.random.PCG64(int.from_bytes(_digest(values)[8:24])))
