"""The φ⁴ model on a periodic square lattice, and its Metropolis sampling.

    E(φ) = Σ_x (φ_x⁴ - φ_x²) - β Σ_<xy> φ_x φ_y,   p(φ) ∝ e^{-E(φ)}.

The infinite lattice orders at β ≈ 0.6806, in the class of the Ising model.

Checkerboard updates: sites whose coordinates have an even sum do not interact, so that all of them are updated at once,
then the others.  Fields are held as four sublattices by the parity of row and column, two of each colour, so that every
neighbour is one shift away and no masked site is computed.  Sites are the first axes, chains the last.

Sources: Milchev, Heermann and Binder 1986, J. Stat. Phys. 44, 749; Metropolis et al. 1953.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from replica.numerics import counter_based_random
from replica.numerics.site_sum import site_sum

_JUMP = 1.6  # half width of the proposal


def neighbour_sum(field: Array) -> Array:
    """Sum over the four neighbours, of a field ``(row, column, ...)``."""
    return sum(jnp.roll(field, shift, axis) for axis in (0, 1) for shift in (1, -1))


def energy(field: Array, beta: float) -> Array:
    """E of fields ``(row, column, ...)``: ``(...)``."""
    square = field * field
    return site_sum(square * (square - 1) - 0.5 * beta * field * neighbour_sum(field))


def energy_and_gradient(field: Array, beta: float) -> tuple[Array, Array]:
    """E ``(...)`` and its gradient ``(row, column, ...)``."""
    neighbours = beta * neighbour_sum(field)
    square = field * field
    return (
        site_sum(square * (square - 1) - 0.5 * field * neighbours),
        field * (4 * square - 2) - neighbours,
    )


def _merged(parts: list[list[Array]]) -> Array:
    rows = [jnp.stack(row, axis=2) for row in parts]  # (m, m, 2, chain)
    m, _, _, *rest = rows[0].shape
    return jnp.stack(rows, axis=1).reshape(2 * m, 2 * m, *rest)


def _updated(key: Array, colour: Array, neighbours: Array, beta: Array) -> Array:
    """Both sublattices of one colour ``(2, m, m, chain)`` after one attempt at each site."""
    jumps, chances = counter_based_random.word_pairs(key, colour.shape)
    proposal = colour + _JUMP * counter_based_random.symmetric(jumps)

    def local(y: Array) -> Array:
        return y * (y * (y * y - 1) - beta * neighbours)

    chance = jnp.exp(local(colour) - local(proposal))
    return jnp.where(counter_based_random.uniform(chances) < chance, proposal, colour)


def _sweep(state: tuple[Array, Array], keys: Array, beta: Array) -> tuple[tuple[Array, Array], None]:
    even, odd = state  # sublattices (0,0) and (1,1); (0,1) and (1,0)
    (a, d), (b, c) = even, odd
    up, down, left, right = (partial(jnp.roll, shift=s, axis=k) for k, s in ((0, 1), (0, -1), (1, 1), (1, -1)))
    even = _updated(keys[0], even, jnp.stack([b + left(b) + c + up(c), c + right(c) + b + down(b)]), beta)
    a, d = even
    odd = _updated(keys[1], odd, jnp.stack([a + right(a) + d + up(d), d + left(d) + a + down(a)]), beta)
    return (even, odd), None


@partial(jax.jit, static_argnames=("side", "chains", "burn_in", "snapshots", "apart"))
def metropolis(
    key: Array, beta: float, *, side: int, chains: int, burn_in: int, snapshots: tuple[int, ...], apart: tuple[int, ...]
) -> tuple[Array, ...]:
    """Fields sampled by checkerboard Metropolis with jumps uniform on (-1.6, 1.6); float32.

    Chains start ordered, with a random sign each, and make ``burn_in`` sweeps.  Then come sets of snapshots: set i has
    ``snapshots[i]`` of them, ``apart[i]`` sweeps from each other and from what was before.  At the end the sign of each
    field is drawn anew, a symmetry of E.  Returns the sets, each ``(row, column, snapshot * chain)``.

    Raises ValueError for an odd side.
    """
    if side % 2:
        raise ValueError(f"a checkerboard on a periodic lattice needs an even side, got {side}")
    half, beta = side // 2, jnp.asarray(beta, jnp.float32)
    start_key, burn_key, *set_keys = jax.random.split(key, 2 + 2 * len(snapshots))

    def signs(key: Array, count: int) -> Array:
        words, _ = counter_based_random.word_pairs(jax.random.key_data(key), (count,))
        return 1.0 - 2.0 * (words >> 31).astype(jnp.float32)

    def advance(state: tuple[Array, Array], keys: Array) -> tuple[Array, Array]:
        return jax.lax.scan(partial(_sweep, beta=beta), state, keys)[0]

    def sweep_keys(key: Array, *shape: int) -> Array:
        return jax.random.key_data(jax.random.split(key, (*shape, 2)))

    start = jnp.broadcast_to(signs(start_key, chains), (2, half, half, chains))
    state = advance((start, start), sweep_keys(burn_key, burn_in))

    def snapshot(state: tuple[Array, Array], keys: Array) -> tuple[tuple[Array, Array], Array]:
        (a, d), (b, c) = state = advance(state, keys)
        return state, _merged([[a, b], [c, d]])

    sets = []
    for count, sweeps, walk_key, sign_key in zip(snapshots, apart, set_keys[::2], set_keys[1::2], strict=True):
        state, fields = jax.lax.scan(snapshot, state, sweep_keys(walk_key, count, sweeps))
        fields = fields.transpose(1, 2, 0, 3).reshape(side, side, count * chains)
        sets.append(fields * signs(sign_key, count * chains)[None, None, :])
    return tuple(sets)
