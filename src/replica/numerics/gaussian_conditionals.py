"""Gaussian fields over wavelet scales: the conditionals of the details, in closed form by Fourier transform.

y is a stationary Gaussian field on a periodic n × n lattice with power C(k) (its covariance is diagonal in
Fourier space).  One orthogonal wavelet step (``orthogonal_wavelets``) maps the four wave numbers
k_e = q + m e, e in {0, 1}², m = n/2, that are aliases of each other on the coarse lattice, to the coarse value and the
three details at q by a unitary 4 × 4 matrix

    W_{b,e}(q) = conj f̂_b(k_e)/2.

So the rows G (coarse) and D (details) turn every stationary operator into 4 × 4 blocks: the precision of the details
given the coarse field is K = D C^{-1} D^†, their mean is B c with B = -K^{-1} D C^{-1} G^†, and the coarse field is
stationary with power G C G^†.  Everything costs O(n²), where dense matrices cost O(n⁶).

Source: Marchand, Ozawa, Biroli and Mallat 2022, for the conditionals.

Arrays ``(row, column)`` of wave numbers stand in the order of ``numpy.fft``; blocks are ``(m, m, 4, 4)``.
"""

from typing import NamedTuple

import numpy as np

from replica.numerics import orthogonal_wavelets

SHIFTS = ((0, 0), (0, 1), (1, 1), (0, 2))


class Step(NamedTuple):
    """One step: ``unitary`` (m, m, band, alias), band 0 being coarse; ``precision`` K (m, m, 3, 3); ``mean`` B (m, m,
    3, 1); ``coarse`` power of the coarse field (m, m)."""

    unitary: np.ndarray
    precision: np.ndarray
    mean: np.ndarray
    coarse: np.ndarray


def laplacian_symbol(side: int) -> np.ndarray:
    """-Δ of the five-point stencil: Σ 4 sin²(ω/2), ``(side, side)``."""
    along = 4 * np.sin(np.pi * np.arange(side) / side) ** 2
    return along[:, None] + along[None, :]


def neighbour_symbol(side: int, shift: tuple[int, int]) -> np.ndarray:
    """Mean over the four neighbours at a shift: its eigenvalues ``(side, side)``."""
    angle = 2 * np.pi * np.arange(side) / side
    first, second = (np.cos(s * angle) for s in shift)
    return (first[:, None] * second[None, :] + second[:, None] * first[None, :]) / 2


def aliases(symbol: np.ndarray) -> np.ndarray:
    """Values at the four aliases of each coarse wave number: ``(m, m, 4)``."""
    m = symbol.shape[0] // 2
    return symbol.reshape(2, m, 2, m).transpose(1, 3, 0, 2).reshape(m, m, 4)


def unitary(low_pass: np.ndarray, side: int) -> np.ndarray:
    """W ``(m, m, 4, 4)`` of the filter on a lattice of a given side."""
    angle = 2 * np.pi * np.arange(side)[:, None] * np.arange(low_pass.size)[None, :] / side
    low, high = (np.exp(1j * angle) @ f for f in (low_pass, orthogonal_wavelets.high_pass(low_pass)))
    bands = [np.outer(rows, columns) for rows, columns in ((low, low), (low, high), (high, low), (high, high))]
    return np.stack([aliases(band) for band in bands], axis=2) / 2


def _block(step_unitary: np.ndarray, symbol: np.ndarray) -> np.ndarray:
    """W diag(symbol) W^†: ``(m, m, 4, 4)``."""
    return np.einsum("xybe,xye,xyce->xybc", step_unitary, aliases(symbol), step_unitary.conj(), optimize=True)


def split(power: np.ndarray, low_pass: np.ndarray) -> Step:
    """One step of a field with the given power.  Raises ValueError for powers that are not positive."""
    if not np.all(power > 0):
        raise ValueError("every wave number needs a positive power")
    w = unitary(low_pass, power.shape[0])
    inverse = _block(w, 1 / power)
    precision = inverse[..., 1:, 1:]
    mean = -np.linalg.solve(precision, inverse[..., 1:, :1])
    return Step(w, precision, mean, _block(w, power)[..., 0, 0].real)


def condition_number(precision: np.ndarray) -> float:
    """Condition number of the precision of the details after its diagonal is scaled to one.

    The diagonal is the same for all places of a band.
    """
    scale = np.sqrt(np.einsum("xybb->b", precision).real / precision[..., 0, 0].size)
    values = np.linalg.eigvalsh(precision / (scale[:, None] * scale[None, :]))
    return float(values.max() / values.min())


def unit_diagonal_condition(matrix: np.ndarray) -> float:
    """Condition number of a symmetric matrix scaled to a unit diagonal."""
    scale = np.sqrt(np.diag(matrix))
    values = np.linalg.eigvalsh(matrix / np.outer(scale, scale))
    return float(values[-1] / values[0])


def direct_matrices(power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fisher matrix ½ tr(S_s C S_s' C) and score-matching matrix tr(S_s S_s' C) of quadratic couplings ``SHIFTS``."""
    symbols = np.stack([neighbour_symbol(power.shape[0], shift) for shift in SHIFTS])
    return (
        np.einsum("sxy,txy,xy->st", symbols, symbols, power**2) / 2,
        np.einsum("sxy,txy,xy->st", symbols, symbols, power),
    )


def conditional_matrices(power: np.ndarray, step: Step) -> tuple[np.ndarray, np.ndarray]:
    """The same of the details given the coarse field: with A_s = D S_s D^†, M_s = D S_s G^† + A_s B, coarse power C_c,

    ½ tr(K^{-1} A_s K^{-1} A_s') + tr(K^{-1} M_s C_c M_s'^†), and tr(D S_s C S_s' D^†).
    """
    symbols = [neighbour_symbol(power.shape[0], shift) for shift in SHIFTS]
    blocks = np.stack([_block(step.unitary, symbol) for symbol in symbols])
    inner = blocks[..., 1:, 1:]
    response = blocks[..., 1:, :1] + inner @ step.mean
    covariance_inner = np.linalg.solve(step.precision, inner)
    covariance_response = np.linalg.solve(step.precision, response)
    fisher = (
        np.einsum("sxyab,txyba->st", covariance_inner, covariance_inner, optimize=True) / 2
        + np.einsum("sxyai,txyai,xy->st", covariance_response, response.conj(), step.coarse, optimize=True)
    ).real
    details = step.unitary[..., 1:, :]
    weight = np.einsum("xybe,xybe->xye", details, details.conj()).real * aliases(power)
    alias = np.stack([aliases(symbol) for symbol in symbols])
    return fisher, np.einsum("sxye,txye,xye->st", alias, alias, weight, optimize=True)
