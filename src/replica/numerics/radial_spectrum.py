"""Radial power spectrum of fields on a periodic square lattice.

P(k) = E|φ̂_k|²/n² with the plain Fourier sum φ̂, so that white noise of unit variance has P = 1; averaged over the wave
numbers of a shell.  Shells are even in the logarithm of |k| (integer wave numbers) from 1 to the corner n/√2; the zero
wave number, n² times the variance of the field's mean, is a shell of its own.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array


def shells(side: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Shell of each wave number ``(side, side)``, 0 being the zero wave number, and mean |k| of each shell.

    Shells 1 to ``count`` share [1, n/√2].  Raises ValueError where one is empty.
    """
    along = np.fft.fftfreq(side, 1 / side)
    k = np.hypot(along[:, None], along[None, :])
    edges = np.geomspace(1, side / np.sqrt(2), count + 1)
    shell = np.clip(np.searchsorted(edges, k * (1 + 1e-9), side="right"), None, count)
    members = np.bincount(shell.ravel(), minlength=count + 1)
    if not members.all():
        raise ValueError(f"{count} shells are too many for a side of {side}: {members.tolist()} wave numbers in them")
    return shell, np.bincount(shell.ravel(), weights=k.ravel()) / members


def power(fields: Array) -> Array:
    """P(k), mean over samples, of fields ``(row, column, sample)``: ``(row, column)`` in the order of ``fftn``."""
    transform = jnp.fft.fft2(fields, axes=(0, 1))
    return (jnp.abs(transform) ** 2).mean(-1) / fields[..., 0].size


def radial(power: np.ndarray, count: int) -> np.ndarray:
    """Mean over each shell: ``(count + 1,)``, the zero wave number first."""
    shell, _ = shells(power.shape[0], count)
    members = np.bincount(shell.ravel())
    return np.bincount(shell.ravel(), weights=np.asarray(power, float).ravel()) / members
