"""Gaussian random fields by spectral synthesis.

On the unit torus, at the points j/s of a grid with s points a side and dimension d,

    φ(x) = Σ_k √P_k ζ_k e^{2πi k·x},   E|ζ_k|² = 1,   ζ_{-k} = ζ_k*:   E φ² = Σ_k P_k,

drawn as white noise that is filtered, so that the law is exact on the grid.

Source: Lord, Powell and Shardlow 2014, An introduction to computational stochastic PDEs, section 7.2.
"""

import jax
import jax.numpy as jnp
from jax import Array


def wave_numbers(size: int, dimensions: int) -> tuple[Array, ...]:
    """Integer wave numbers along each axis, each ``(size,) * dimensions``, in the order of ``jnp.fft.fftn``."""
    k = jnp.fft.fftfreq(size, 1 / size)
    return tuple(jnp.meshgrid(*[k] * dimensions, indexing="ij"))


def periodic(key: Array, power: Array) -> Array:
    """One field with the given power ``P_k``, shape ``(s,) * d`` in the order of ``fftn``; its law needs P_{-k} = P_k.

    The field has the same shape and a real dtype; ``jax.vmap`` over keys draws many.
    """
    white = jax.random.normal(key, power.shape, power.dtype)
    return jnp.fft.ifftn(jnp.sqrt(power * power.size) * jnp.fft.fftn(white)).real
