"""Metropolis-adjusted Langevin algorithm (MALA), many chains side by side.

    y = x - ε ∇E(x) + √(2ε) ξ,   accepted with probability min(1, e^{E(x) - E(y)} q(x|y)/q(y|x)),
    q(y|x) ∝ exp(-|y - x + ε ∇E(x)|²/4ε).

The energy and its gradient come from one function; with the state both are kept, so that a step evaluates it once.
ξ lies in the space in which the chain moves: the whole one, or the details of a wavelet step where the coarse part of
a field stands still; the gradient must lie there too.  ε is tuned to an acceptance of 0.6 while the chains warm up,
by stochastic approximation on its logarithm, and then held.

Chains are the last axis.  Random numbers are float32; the precision is that of the positions.

Source: Roberts and Tweedie 1996, Bernoulli 2, 341.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from replica.numerics import counter_based_random
from replica.numerics.site_sum import site_sum

ACCEPTANCE = 0.6  # aim of the tuning; the optimum of long chains in many dimensions is 0.574
Energy = Callable[[Array], tuple[Array, Array]]


class Chains(NamedTuple):
    """position: ``(..., chain)``; energy: ``(chain,)``; gradient: like position."""

    position: Array
    energy: Array
    gradient: Array


def start(energy: Energy, position: Array) -> Chains:
    """Chains at their positions."""
    return Chains(position, *energy(position))


def identity(noise: Array) -> Array:
    """Moves in the whole space."""
    return noise


def step(
    key: Array, chains: Chains, step_size: Array, energy: Energy, confine: Callable[[Array], Array] = identity
) -> tuple[Chains, Array]:
    """One step; also whether each chain accepted it, ``(chain,)``.  key: raw, ``(2,)``.

    energy: position -> energy ``(chain,)`` (infinite: never entered) and gradient; confine: projection of noise on the
    space of the moves.
    """
    x, kind = chains.position, chains.position.dtype
    step_size = jnp.asarray(step_size, kind)
    noise_key, chance_key = counter_based_random.word_pairs(key, (2,))
    noise = confine(counter_based_random.normal(noise_key, x.shape).astype(kind))
    moved = jnp.sqrt(2 * step_size) * noise
    proposal = x - step_size * chains.gradient + moved
    proposed = start(energy, proposal)
    # q(x|y)/q(y|x): with b = ε (∇E(x) + ∇E(y)), the way back is b - moved.
    both = step_size * (chains.gradient + proposed.gradient)
    log_ratio = chains.energy - proposed.energy - site_sum(both * (both - 2 * moved), x.ndim - 1) / (4 * step_size)
    chance = counter_based_random.uniform(counter_based_random.word_pairs(chance_key, x.shape[-1:])[0])
    accepted = chance < jnp.exp(log_ratio.astype(jnp.float32))
    return jax.tree.map(lambda new, old: jnp.where(accepted, new, old), proposed, chains), accepted


def tune(
    key: Array,
    chains: Chains,
    step_size: float | Array,
    energy: Energy,
    steps: int,
    confine: Callable[[Array], Array] = identity,
) -> tuple[Chains, Array]:
    """Chains after a warm-up, and ε tuned in it: log ε moves by the excess of the accepted share over the aim.

    The gain of the moves falls as 1/√t; ε is averaged geometrically over the last half of the steps.
    """

    def advance(carry: tuple, now: tuple) -> tuple:
        chains, logarithm, total = carry
        key, time = now
        chains, accepted = step(key, chains, jnp.exp(logarithm), energy, confine)
        excess = accepted.astype(logarithm.dtype).mean() - ACCEPTANCE
        logarithm = logarithm + excess / jnp.sqrt(1 + 0.1 * time)
        return (chains, logarithm, total + jnp.where(time >= steps // 2, logarithm, 0)), None

    logarithm = jnp.log(jnp.asarray(step_size, jnp.float32))
    now = counter_based_random.step_keys(key, steps), jnp.arange(steps, dtype=jnp.float32)
    (chains, _, total), _ = jax.lax.scan(advance, (chains, logarithm, jnp.zeros_like(logarithm)), now)
    return chains, jnp.exp(total / (steps - steps // 2))


def sample(
    key: Array,
    chains: Chains,
    step_size: float | Array,
    energy: Energy,
    steps: int,
    confine: Callable[[Array], Array] = identity,
    record: Callable[[Array], Array] | None = None,
    dropped: int = 0,
) -> tuple[Chains, Array, Array | None]:
    """Chains after ``steps`` steps, the accepted share, and what ``record`` makes of each position, in time.

    dropped: steps at the beginning that the accepted share leaves out.
    """

    def advance(carry: tuple, now: tuple) -> tuple:
        chains, total = carry
        key, time = now
        chains, accepted = step(key, chains, step_size, energy, confine)
        kept = None if record is None else record(chains.position)
        return (chains, total + jnp.where(time >= dropped, accepted.astype(jnp.float32).mean(), 0)), kept

    now = counter_based_random.step_keys(key, steps), jnp.arange(steps, dtype=jnp.int32)
    (chains, total), kept = jax.lax.scan(advance, (chains, jnp.zeros((), jnp.float32)), now)
    return chains, total / (steps - dropped), kept
