"""Smoothed spectral measures of an isometry by rational kernels of any order, through its resolvent.

Poles z_j = 1 + i (2j/(m+1) - 1), j = 1 .. m; σ_j = -z̄_j / (1 + ε z̄_j); c and d solve Σ_j c_j σ_j^i = δ_i0 and
Σ_j d_j z_j^i = δ_i0 for i = 0 .. m - 1.  With λ_j = e^{iθ} (1 + ε z_j) and I_j = (A - λ_j)⁻¹ f for an observable of
coefficients f, |f| = 1, in orthonormal coordinates,

    ν_ε(θ) = -(1/2π) Σ_j Re[c_j λ̄_j I_j* f + d_j f* A I_j].

The error is O(ε^m log 1/ε) where the measure is smooth; the dictionary must grow like 1/ε.  For m = 1 it is the Poisson
kernel with r = 1/(1 + ε).  From m = 4 on kernels have strongly sign-changing weights and amplify noise.

Source: Colbrook and Townsend, Commun. Pure Appl. Math. 77, 221 (2024), section 5.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg

BLOCK = 32  # rows of a triangular system that are solved one by one between two matrix products


class Kernel(NamedTuple):
    """Poles z_j and weights c_j, d_j, each complex ``(m,)``."""

    poles: np.ndarray
    inner: np.ndarray
    outer: np.ndarray


def kernel(order: int, epsilon: float) -> Kernel:
    """Kernel of order m.  Raises ValueError where the order is below 1 or ε is not positive."""
    if order < 1 or epsilon <= 0:
        raise ValueError(f"a rational kernel has order 1 or more and ε > 0, got {order} and {epsilon}")
    poles = 1 + 1j * (2 * np.arange(1, order + 1) / (order + 1) - 1)
    sigma = -poles.conj() / (1 + epsilon * poles.conj())
    first = np.eye(order)[0]
    c, d = (np.linalg.solve(np.vander(values, increasing=True).T, first) for values in (sigma, poles))
    return Kernel(poles, c, d)


def shifted_triangular_solve(triangle: np.ndarray, right: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """(T - s)⁻¹ b for many shifts at once, ``(n, shift)``; T upper triangular ``(n, n)``, b ``(n,)``.

    Back substitution side by side: all but the diagonal blocks are products of matrices.
    """
    n = len(triangle)
    solution = np.zeros((n, len(shifts)), dtype=complex)
    for stop in range(n, 0, -BLOCK):
        start = max(0, stop - BLOCK)
        known = right[start:stop, None] - triangle[start:stop, stop:] @ solution[stop:]
        for row in range(stop - 1, start - 1, -1):
            rest = triangle[row, row + 1 : stop] @ solution[row + 1 : stop]
            solution[row] = (known[row - start] - rest) / (triangle[row, row] - shifts)
    return solution


def smoothed_measure(
    operator: np.ndarray, observables: np.ndarray, angles: np.ndarray, cases: list[tuple[int, float]]
) -> np.ndarray:
    """ν_ε(θ) for coefficients ``(n, observable)`` and cases (order, ε), shape ``(case, observable, angle)``.

    One Schur form of the operator serves all angles, orders and observables.
    """
    triangle, unitary = scipy.linalg.schur(np.asarray(operator), output="complex")
    turned = unitary.conj().T @ observables
    density = np.empty((len(cases), observables.shape[1], len(angles)))
    for i, (order, epsilon) in enumerate(cases):
        chosen = kernel(order, epsilon)
        shifts = np.exp(1j * angles)[None, :] * (1 + epsilon * chosen.poles)[:, None]
        for k, f in enumerate(turned.T):
            inverse = shifted_triangular_solve(triangle, f, shifts.ravel())
            against = (f @ inverse.conj()).reshape(shifts.shape)  # I* f
            image = ((f.conj() @ triangle) @ inverse).reshape(shifts.shape)  # f* A I
            sums = chosen.inner[:, None] * shifts.conj() * against + chosen.outer[:, None] * image
            density[i, k] = -sums.real.sum(0) / (2 * np.pi)
    return density
