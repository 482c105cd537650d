"""The Metropolis rule on the line as an operator: transition matrix, rejection probability, spectrum by parity.

A walker at x attempts a jump η from an even density w and is moved with probability min(1, e^{-(U(x+η) - U(x))}):

    P_{n+1}(x) = ∫ P_n(y) w(x - y) min(1, e^{-(U(x) - U(y))}) dy + R(x) P_n(x)

on cells of width h about x_i: T_ij = W_ij min(1, e^{-(U_i - U_j)}) + δ_ij R_j, with W_ij the probability of a jump from
the centre of cell j into cell i, and R_j the probability of rejection, which makes the columns sum to 1.  W_ij is exact
for every density, so that a jump density with an edge makes no error of first order in h.  Jumps out of the cells are
rejected.  The stationary state is p ∝ e^{-U}, and S = p^{-1/2} T p^{1/2} is symmetric: S_ij = W_ij e^{-|U_i - U_j|/2}
off the diagonal.  For an even potential S falls into an even and an odd block of half the size.

Jump densities are scaled to the variance a²/3 of the uniform one on [-a, a], a being the jump length.

Source: Chepelianskii, Majumdar, Schawe and Trizac, arXiv:2207.10488.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

Jump = Callable[[Array, Array], Array]


class Spectrum(NamedTuple):
    """Relaxation modes: eigenvalues other than that of the stationary state, and the leading mode.

    leading: the eigenvalue Λ that is largest in modulus; moduli: of the largest ones, falling; odd: the largest
    eigenvalue of odd modes; mode: the normalised eigenvector of S at Λ, ``(cell,)``; is_odd: whether it is odd.
    """

    leading: Array
    moduli: Array
    odd: Array
    mode: Array
    is_odd: Array


def uniform(z: Array, length: Array) -> Array:
    """Probability of a jump below z, uniform on [-a, a]."""
    return jnp.clip(0.5 + z / (2 * length), 0.0, 1.0)


def gaussian(z: Array, length: Array) -> Array:
    """Probability of a jump below z, Gaussian of standard deviation a/√3."""
    return 0.5 * jax.scipy.special.erfc(-z * np.sqrt(1.5).item() / length)


def exponential(z: Array, length: Array) -> Array:
    """Probability of a jump below z, double exponential e^{-|z|/s}/2s with s = a/√6."""
    tail = 0.5 * jnp.exp(-jnp.abs(z) * np.sqrt(6).item() / length)
    return jnp.where(z < 0, tail, 1 - tail)


JUMPS: dict[str, Jump] = {"uniform": uniform, "gaussian": gaussian, "exponential": exponential}


def cells(count: int, half_width: float) -> tuple[np.ndarray, float]:
    """Centres x_i = (i + ½) h - X of equal cells on [-X, X], antisymmetric to the bit, and their width h = 2X/N."""
    width = 2 * half_width / count
    return (np.arange(count) - (count - 1) / 2) * width, width


def stationary(energy: Array) -> Array:
    """Stationary probabilities p ∝ e^{-U} of the cells, ``(cell,)``."""
    weight = jnp.exp(jnp.min(energy) - energy)
    return weight / weight.sum()


def jump_matrix(centres: Array, width: float, jump: Jump, length: Array) -> Array:
    """W, ``(to, from)``: probability of a jump from the centre of a cell into another."""
    distance = jnp.abs(centres[:, None] - centres[None, :])
    return jump(distance + width / 2, length) - jump(distance - width / 2, length)


def transition_matrix(jumps: Array, energy: Array) -> Array:
    """T, ``(to, from)``, from W and the energies of the cells; its columns sum to 1."""
    moved = jumps * jnp.exp(jnp.minimum(0.0, energy[None, :] - energy[:, None]))
    return moved + jnp.diag(1 - moved.sum(0))


def rejection(jumps: Array, energy: Array) -> Array:
    """R, ``(cell,)``: probability that a jump from there is rejected."""
    return 1 - (jumps * jnp.exp(jnp.minimum(0.0, energy[None, :] - energy[:, None]))).sum(0)


def symmetric_matrix(jumps: Array, energy: Array) -> Array:
    """S = p^{-1/2} T p^{1/2}, ``(cell, cell)``."""
    return jumps * jnp.exp(-0.5 * jnp.abs(energy[:, None] - energy[None, :])) + jnp.diag(rejection(jumps, energy))


def parity_blocks(matrix: Array) -> tuple[Array, Array]:
    """Even and odd block of a symmetric matrix that commutes with the reflection of the cells.

    Bases: (e_k ± e_{-k})/√2 for the cells k right of the middle, outwards; for an odd number of cells the even block
    begins with the middle cell itself.
    """
    count = matrix.shape[0]
    odd = count % 2
    right = matrix[count // 2 :, count // 2 :]
    left = matrix[count // 2 :, : count - count // 2][:, ::-1]
    scale = np.ones(count - count // 2)
    scale[:odd] = np.sqrt(0.5)
    even = (right + left) * (scale[:, None] * scale[None, :])
    return even, (right - left)[odd:, odd:]


def unfolded(half: Array, count: int, odd: bool) -> Array:
    """Vector over all cells of one in the basis of the even or the odd block."""
    middle = count % 2
    outer = half[middle * (not odd) :] * np.sqrt(0.5).item()
    centre = jnp.zeros(middle, half.dtype) if odd else half[:middle]
    return jnp.concatenate([(-1 if odd else 1) * outer[::-1], centre, outer])


@partial(jax.jit, static_argnames=("jump", "number"))
def spectrum(centres: Array, width: float, energy: Array, jump: Jump, length: Array, number: int = 3) -> Spectrum:
    """Modes of the Metropolis operator for an even potential on symmetric cells; ``number`` moduli are returned.

    The cells need not be contiguous: those that are left out are walls.  The largest even eigenvalue, 1, belongs to the
    stationary state and is left out.
    """
    matrix = symmetric_matrix(jump_matrix(centres, width, jump, length), energy)
    blocks = parity_blocks(matrix)
    (even, even_vectors), (odd, odd_vectors) = (jnp.linalg.eigh(block) for block in blocks)
    values = jnp.stack([even[-2], odd[-1], even[0], odd[0]])
    count = matrix.shape[0]
    modes = jnp.stack(
        [
            unfolded(vectors[:, at], count, is_odd)
            for vectors, at, is_odd in (
                (even_vectors, -2, False),
                (odd_vectors, -1, True),
                (even_vectors, 0, False),
                (odd_vectors, 0, True),
            )
        ]
    )
    first = jnp.argmax(jnp.abs(values))
    moduli = jnp.sort(jnp.abs(jnp.concatenate([even[:-1], odd])))[::-1][:number]
    return Spectrum(values[first], moduli, odd[-1], modes[first], first % 2 == 1)
