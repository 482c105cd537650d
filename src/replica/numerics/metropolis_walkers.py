"""Many independent Metropolis walkers on the line, side by side.

A walker at x attempts a jump to y = x + η and moves there with probability min(1, e^{-(U(y) - U(x))}).  Jumps have the
variance a²/3 of the uniform density on [-a, a], a being the jump length.

One Threefry block gives a walker both random words of a step, 2 x 32 bits, and the key of a step serves all walkers;
``jax.random`` would use a block for each number, and a key for each walker one more.  Some 2^18 walkers or fewer in one
call fit the cache.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.random import threefry_2x32

Energy = Callable[[Array], Array]
Jump = Callable[[Array], Array]


def harmonic(x: Array) -> Array:
    """U = x²/2."""
    return 0.5 * x**2


def quartic(x: Array) -> Array:
    """U = x⁴/4."""
    return 0.25 * x**4


def box(x: Array) -> Array:
    """U = 0 on [-1, 1], infinite outside."""
    return jnp.where(jnp.abs(x) <= 1, 0.0, jnp.inf).astype(x.dtype)


def uniform(v: Array) -> Array:
    """Jump of length a = 1 from v, uniform on (-1, 1): v itself."""
    return v


def gaussian(v: Array) -> Array:
    """Gaussian jump, standard deviation 1/√3, from v, uniform on (-1, 1)."""
    return np.sqrt(2 / 3).item() * jax.lax.erf_inv(v)


def exponential(v: Array) -> Array:
    """Double exponential jump, scale 1/√6, from v, uniform on (-1, 1)."""
    return -np.sqrt(1 / 6).item() * jnp.sign(v) * jnp.log1p(-jnp.abs(v))


@partial(jax.jit, static_argnames=("steps", "energy", "jump", "always"))
def walk(
    key: Array,
    position: Array,
    length: float,
    *,
    steps: int,
    energy: Energy = harmonic,
    jump: Jump = uniform,
    always: bool = False,
) -> Array:
    """Positions ``(walker,)`` after ``steps`` attempts, in the precision of ``position``.

    ``always`` accepts every jump, whatever the energy.  Raises ValueError for 2^31 walkers or more, whose counters
    would repeat.
    """
    walkers, kind = position.size, position.dtype
    if walkers >= 2**31:
        raise ValueError(f"at most 2^31 - 1 walkers have counters of their own in one call, got {walkers}")
    length = jnp.asarray(length, kind)
    counters = jnp.arange(2 * walkers, dtype=jnp.uint32)

    def attempt(x: Array, key: Array) -> tuple[Array, None]:
        first, second = threefry_2x32(key, counters).reshape(2, walkers)
        # 23 bits and a half, so that ±1, where the quantiles of the jumps are infinite, is not among them.
        v = ((first >> 9).astype(kind) + 0.5) * 2.0**-22 - 1
        y = x + length * jump(v)
        if always:
            return y, None
        u = (second >> 8).astype(kind) * 2.0**-24
        return jnp.where(u < jnp.exp(energy(x) - energy(y)), y, x), None

    step_keys = jax.random.key_data(jax.random.split(key, steps))
    return jax.lax.scan(attempt, position, step_keys)[0]
