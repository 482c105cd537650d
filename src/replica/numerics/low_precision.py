"""Rounding of float32 values to a shorter floating-point format, to nearest, ties to even.

A format of p significant bits and smallest normal number 2^m holds multiples of 2^(e-p+1) for 2^e <= |x| < 2^(e+1),
e >= m, and multiples of 2^(m-p+1) below (subnormal numbers); beyond its largest number lies infinity.  The format is
data, not type: one compiled program serves all formats.  Results stay in float32, which holds each of them exactly.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


class Format(NamedTuple):
    """dropped: bits dropped of float32's 24; overflow: magnitude from which on infinity is nearer than the largest
    number; smallest: smallest normal number; magic: number whose last place is the spacing of subnormal numbers."""

    dropped: Array
    overflow: Array
    smallest: Array
    magic: Array


def _format(bits: int, low: int, high: int) -> Format:
    """Format of ``bits`` significant bits with exponents ``low`` to ``high``."""
    return Format(
        np.uint32(24 - bits),
        # Of float32 and bfloat16 the exponents are float32's own, so that nothing is left to do at either end.
        np.float32(2.0**high * (2 - 2.0**-bits) if high < 127 else np.inf),
        np.float32(2.0**low if low > -126 else 0.0),
        np.float32(1.5 * 2.0 ** (low - bits + 1 + 23) if low > -126 else 0.0),
    )


FORMATS = {"float32": _format(24, -126, 127), "float16": _format(11, -14, 15), "bfloat16": _format(8, -126, 127)}


def round_to(format: Format, values: Array) -> Array:
    """float32 values rounded to a format; raises TypeError for other types."""
    if values.dtype != jnp.float32:
        raise TypeError(f"rounding works on float32 values, got {values.dtype}")
    bits = jax.lax.bitcast_convert_type(values, jnp.uint32)
    unit = jnp.uint32(1) << format.dropped
    last = (bits >> format.dropped) & 1
    # Half a unit, less one bit where the last kept bit is 0: a tie then stays below and goes to the even neighbour.
    half = jnp.where(format.dropped > 0, (unit >> 1) - 1 + last, 0)
    normal = jax.lax.bitcast_convert_type((bits + half) & ~(unit - 1), jnp.float32)
    subnormal = (values + format.magic) - format.magic
    size = jnp.abs(values)
    rounded = jnp.where(size < format.smallest, subnormal, normal)
    rounded = jnp.where(size >= format.overflow, jnp.copysign(jnp.float32(jnp.inf), values), rounded)
    return jnp.where(jnp.isfinite(values), rounded, values)
