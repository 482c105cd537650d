"""Couplings of an energy θ·U from samples, by score matching; conditional energies and their free energies.

Details c̄ = D y of a field y, given its coarse part G y: the mean of |∇_c̄ E|²/2 - Δ_c̄ E is least where

    M θ = ℓ,   M = E[∇_c̄ U ∇_c̄ U^T],   ℓ = E[Δ_c̄ U],

which needs no normalisation.  D = 1 is ordinary score matching.  The Laplacian of the energies of
``conditional_energies`` is exact, in closed form.  M is scaled to a unit diagonal and regularised by a small ridge.

Free energy F of the coarse part, e^{-F} = ∫ e^{-E} dc̄: ∇F = E[∇_c E | c], fitted in the same family of energies by
least squares over the samples.

Sources: Hyvärinen 2005, J. Mach. Learn. Res. 6, 695; Marchand, Ozawa, Biroli and Mallat 2022.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from replica.numerics import conditional_energies, orthogonal_wavelets
from replica.numerics.conditional_energies import Potentials


class Fit(NamedTuple):
    """couplings: ``(coupling,)``; condition: number of the matrix of unit diagonal, before the ridge."""

    couplings: Array
    condition: Array


def detail_weights(low_pass: np.ndarray | None, side: int) -> tuple[np.ndarray, np.ndarray]:
    """(D^T D)_xx ``(side, side)``, and tr(D S D^T) of the neighbour means S at the three shifts ``(3,)``.

    low_pass: filter of the wavelet step; None: D = 1.  With the projector R on the coarse part of a line of sites,
    D^T D = 1 - R⊗R.
    """
    line = np.zeros((side, side)) if low_pass is None else orthogonal_wavelets.coarse_projector(low_pass, side)
    unit, traces = np.eye(side), []
    for row, column in conditional_energies.SHIFTS:
        total = 0.0
        for along, across in ((row, column), (-row, -column), (column, -row), (-column, row)):
            first, second = (np.roll(unit, shift, axis=1) for shift in (along, across))
            total += np.trace(first) * np.trace(second) - np.trace(line @ first) * np.trace(line @ second)
        traces.append(total / 4)
    return 1 - np.outer(np.diag(line), np.diag(line)), np.array(traces)


def _solve(matrix: Array, vector: Array, ridge: float) -> Fit:
    scale = jnp.sqrt(jnp.diagonal(matrix))
    unit = matrix / (scale[:, None] * scale[None, :])
    values = jnp.linalg.eigvalsh(unit)
    couplings = jnp.linalg.solve(unit + ridge * jnp.eye(scale.size), vector / scale) / scale
    return Fit(couplings, values[-1] / values[0])


def _batch_means(function, fields: Array, batch: int):
    """Mean over batches of samples of what a function of a batch returns, batches one after the other."""
    samples = fields.shape[-1]
    if samples % batch:
        raise ValueError(f"{samples} samples are not batches of {batch}")
    batches = jnp.moveaxis(fields.reshape(*fields.shape[:-1], samples // batch, batch), -2, 0)
    zero = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(function, batches[0]))

    def add(total, part):
        return jax.tree.map(jnp.add, total, function(part)), None

    return jax.tree.map(lambda total: total * batch / samples, jax.lax.scan(add, zero, batches)[0])


def fit(
    potentials: Potentials,
    fields: Array,
    low_pass: np.ndarray | None,
    *,
    ridge: float,
    batch: int,
) -> Fit:
    """Couplings of the energy of the details of fields ``(row, column, sample)`` given their coarse part.

    low_pass: filter of the wavelet step; None: of the whole field.  batch: samples held at once, a divisor of theirs.
    """
    weights, traces = (jnp.asarray(part) for part in detail_weights(low_pass, fields.shape[0]))

    def moments(y: Array) -> tuple[Array, Array]:
        gradient = conditional_energies.gradients(potentials, y)
        if low_pass is not None:
            gradient = jax.vmap(lambda g: orthogonal_wavelets.without_coarse(g, low_pass))(gradient)
        gradient = gradient.reshape(gradient.shape[0], -1)
        curvature = conditional_energies.potential_derivatives(potentials, y)[2].mean(-1)
        laplacian = jnp.concatenate([2 * traces, (weights[None] * curvature).sum((1, 2))])
        return gradient @ gradient.T / batch, laplacian

    return _solve(*_batch_means(moments, fields, batch), ridge)


def free_energy(
    potentials: Potentials,
    couplings: Array,
    coarse_potentials: Potentials,
    fields: Array,
    low_pass: np.ndarray,
    *,
    ridge: float,
    batch: int,
) -> Fit:
    """Couplings of F on the coarse lattice for the energy with given couplings on fields ``(row, column, sample)``."""

    def moments(y: Array) -> tuple[Array, Array]:
        slope = conditional_energies.energy_and_gradient(potentials, couplings)(y)[1]
        target = orthogonal_wavelets.split(slope, low_pass)[0].reshape(-1)
        coarse = orthogonal_wavelets.split(y, low_pass)[0]
        gradient = conditional_energies.gradients(coarse_potentials, coarse)
        gradient = gradient.reshape(gradient.shape[0], -1)
        return gradient @ gradient.T / batch, gradient @ target / batch

    return _solve(*_batch_means(moments, fields, batch), ridge)
