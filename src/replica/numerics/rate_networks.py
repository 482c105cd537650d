"""Random rate networks: couplings, and their integration in time.

    dx_i/dt = -x_i + Σ_j J_ij φ(x_j) [+ √(2D) white noise],      time in units of the membrane constant

J_ij is Gaussian with variance g²/N, zero on the diagonal, and E[J_ij J_ji] = ε g²/N.  A unit of order n passes its
input through n such filters in a row, S_x(ω) = 1/(1 + iω)^n; for n = 2: x' = -x + y, y' = -y + J φ(x).

Several trajectories of one network are integrated side by side: the state has shape ``(order, unit, trajectory)``, so
that each stage of the Runge-Kutta step is one matrix product.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

Transfer = Callable[[Array], Array]


def erf_transfer(x: Array) -> Array:
    """φ(x) = erf(√π x / 2): slope 1 at the origin, saturates at ±1."""
    return jax.lax.erf(np.sqrt(np.pi).item() / 2 * x)


TRANSFERS: dict[str, Transfer] = {"erf": erf_transfer, "tanh": jnp.tanh}


def couplings(key: Array, units: int, gain: float, symmetry: float = 0.0) -> Array:
    """Coupling matrix J, shape ``(unit, unit)``: variance g²/N, E[J_ij J_ji] = ε g²/N, no self-coupling.

    J = (g/√N) (cos θ A + sin θ Aᵀ) with A of independent standard Gaussians and θ = ½ arcsin ε.
    Raises ValueError unless -1 <= symmetry <= 1.
    """
    if not -1 <= symmetry <= 1:
        raise ValueError(f"symmetry of the couplings lies in [-1, 1], got {symmetry}")
    return _couplings(key, units, gain, 0.5 * np.arcsin(symmetry).item())


@partial(jax.jit, static_argnames="units")
def _couplings(key: Array, units: int, gain: float, angle: float) -> Array:
    gaussian = jax.random.normal(key, (units, units))
    matrix = gain / np.sqrt(units).item() * (jnp.cos(angle) * gaussian + jnp.sin(angle) * gaussian.T)
    return jnp.fill_diagonal(matrix, 0.0, inplace=False)


def derivative(state: Array, coupling: Array, transfer: Transfer, added: Array | float = 0.0) -> Array:
    """Right-hand side for a state of shape ``(order, unit, trajectory)``; ``added`` is noise of the first filter."""
    drive = coupling @ transfer(state[0] + added)
    return jnp.concatenate([state[1:], drive[None]]) - state


def runge_kutta_step(
    state: Array, coupling: Array, transfer: Transfer, step: float, added: tuple[Array | float, ...] = (0.0, 0.0, 0.0)
) -> Array:
    """One classical Runge-Kutta step of fourth order; ``added`` are the noise parts at 0, ½ and 1 of the step."""
    start, middle, end = added
    k1 = derivative(state, coupling, transfer, start)
    k2 = derivative(state + step / 2 * k1, coupling, transfer, middle)
    k3 = derivative(state + step / 2 * k2, coupling, transfer, middle)
    k4 = derivative(state + step * k3, coupling, transfer, end)
    return state + step / 6 * (k1 + 2 * (k2 + k3) + k4)


def ornstein_uhlenbeck_step(key: Array, noise: Array, intensity: float, step: float) -> Array:
    """Exact increment of dn = -n dt + √(2D) dW, D the ``intensity``: n e^{-Δt} + √(D (1 - e^{-2Δt})) ξ."""
    decay = np.exp(-step).item()
    return decay * noise + np.sqrt(intensity * (1 - decay**2)).item() * jax.random.normal(key, noise.shape)


@partial(
    jax.jit,
    static_argnames=("transfer", "replicas", "step", "steps_per_sample", "burn_in", "samples", "order", "noise"),
)
def trajectories(
    key: Array,
    coupling: Array,
    initial_deviation: float,
    *,
    transfer: Transfer,
    replicas: int,
    step: float,
    steps_per_sample: int,
    burn_in: int,
    samples: int,
    order: int = 1,
    noise: float = 0.0,
) -> Array:
    """Sampled trajectories x of one network, shape ``(replica, time, unit)``.

    They start at x_i ~ N(0, initial_deviation²), independently for each replica; a sample is taken every
    ``steps_per_sample`` steps of length ``step`` (τ); the first ``burn_in`` samples are dropped, ``samples`` are kept.
    ``noise`` is the intensity D of white noise on the first filter: its Ornstein-Uhlenbeck part n of x = u + n is
    drawn exactly at half steps, and the rest u, which is smooth, is integrated as without noise.
    """
    units = coupling.shape[0]
    start_key, noise_key, path_key = jax.random.split(key, 3)
    state = (
        jnp.zeros((order, units, replicas))
        .at[0]
        .set(initial_deviation * jax.random.normal(start_key, (units, replicas)))
    )
    if noise:
        added = np.sqrt(noise).item() * jax.random.normal(noise_key, (units, replicas))

        def advance(carry: tuple[Array, Array], key: Array) -> tuple[tuple[Array, Array], None]:
            state, start = carry
            half_keys = jax.random.split(key)
            middle = ornstein_uhlenbeck_step(half_keys[0], start, noise, step / 2)
            end = ornstein_uhlenbeck_step(half_keys[1], middle, noise, step / 2)
            return (runge_kutta_step(state, coupling, transfer, step, (start, middle, end)), end), None
    else:
        added = 0.0

        def advance(carry: tuple[Array, float], key: Array) -> tuple[tuple[Array, float], None]:
            return (runge_kutta_step(carry[0], coupling, transfer, step), carry[1]), None

    def sample(carry: tuple[Array, Array | float], key: Array) -> tuple[tuple[Array, Array | float], Array]:
        step_keys = jax.random.split(key, steps_per_sample)
        (state, added), _ = jax.lax.scan(advance, carry, step_keys)
        return (state, added), state[0] + added

    _, x = jax.lax.scan(sample, (state, added), jax.random.split(path_key, burn_in + samples))
    return x[burn_in:].transpose(2, 0, 1)
