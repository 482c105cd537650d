"""Cheap float32 random numbers from a counter-based generator.

One Threefry block of a key and a counter gives two random words of 32 bits.  ``jax.random`` spends a block on each
number, and inverts the error function for a normal one; here both words of a block are used, and two words become two
normal numbers by the method of Box and Muller,

    z = √(-2 ln u) (cos 2πt, sin 2πt),   u, t uniform,

with polynomials for the cosine and the sine (errors below 1e-8).  |z| is at most √(48 ln 2) = 5.8.

Sources: Salmon, Moraes, Dror and Shaw 2011, Parallel random numbers: as easy as 1, 2, 3; Box and Muller 1958.
"""

from math import prod

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.random import threefry_2x32

# Least squares in Chebyshev points on [-π/2, π/2]: sin a = a P(a²), cos a = Q(a²).
_NODES = np.cos(np.pi * (np.arange(200) + 0.5) / 200) * np.pi / 2
_SINE, _COSINE = (
    np.linalg.lstsq(_NODES[:, None] ** (2 * np.arange(terms) + odd), function(_NODES))[0].tolist()
    for function, odd, terms in ((np.sin, 1, 5), (np.cos, 0, 6))
)


def step_keys(key: Array, steps: int) -> Array:
    """Raw keys for the steps of a scan, ``(steps, 2)`` of 32 bits."""
    return jax.random.key_data(jax.random.split(key, steps))


def word_pairs(key: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Two independent arrays of random 32-bit words from a raw key ``(2,)``.

    Raises ValueError for 2^31 pairs or more, whose counters would repeat.
    """
    count = prod(shape)
    if count >= 2**31:
        raise ValueError(f"at most 2^31 - 1 pairs have counters of their own in one call, got {count}")
    first, second = threefry_2x32(key, jnp.arange(2 * count, dtype=jnp.uint32)).reshape(2, *shape)
    return first, second


def uniform(words: Array) -> Array:
    """Uniform on [0, 1), 24 bits."""
    return (words >> 8).astype(jnp.float32) * 2.0**-24


def symmetric(words: Array) -> Array:
    """Uniform on (-1, 1), symmetric, 23 bits."""
    return ((words >> 9).astype(jnp.float32) + 0.5) * 2.0**-22 - 1


def _polynomial(coefficients: list[float], x: Array) -> Array:
    value = jnp.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * x + coefficient
    return value


def normal_pair(first: Array, second: Array) -> tuple[Array, Array]:
    """Two arrays of independent standard normal numbers from two arrays of words."""
    radius = jnp.sqrt(-2 * jnp.log(((first >> 9).astype(jnp.float32) + 0.5) * 2.0**-23))
    half = second.astype(jnp.int32).astype(jnp.float32) * (np.pi * 2.0**-32)  # half the angle, in [-π/2, π/2)
    square = half * half
    sine, cosine = half * _polynomial(_SINE, square), _polynomial(_COSINE, square)
    return radius * (1 - 2 * sine * sine), 2 * radius * sine * cosine


def normal(key: Array, shape: tuple[int, ...]) -> Array:
    """Standard normal numbers from a raw key ``(2,)``.  The first axis is even.

    Raises ValueError where it is not.
    """
    if shape[0] % 2:
        raise ValueError(f"normal numbers come in pairs: the first axis must be even, got {shape}")
    return jnp.concatenate(normal_pair(*word_pairs(key, (shape[0] // 2, *shape[1:]))))
