"""Pseudospectrum of an operator known by two matrices: τ(z), the smallest singular value of [A - z; D].

A ``(n, n)`` is its compression to a dictionary, D ``(k, n)`` what leaves the dictionary, so that τ(z) is the smallest
residual |(K - z) g| over unit functions g of the dictionary; D = 0 gives the pseudospectrum of the matrix A.
"""

import numpy as np

SINGULAR_BELOW = 1e-3  # values of τ below this are found again as singular values: squares leave 1e-16/τ of error
BATCH = 256  # points z whose matrices are held at once


def pseudospectrum(operator: np.ndarray, defect: np.ndarray, points: np.ndarray) -> np.ndarray:
    """τ at complex points of any shape.

    Smallest eigenvalue of (A - z)* (A - z) + D* D, four times cheaper than a singular value; where its root is below
    ``SINGULAR_BELOW`` the singular value itself.
    """
    n = operator.shape[1]
    z = np.asarray(points, dtype=complex).ravel()
    image = operator.conj().T @ operator + defect.conj().T @ defect
    if np.isrealobj(operator) and np.isrealobj(defect):  # τ(z̄) = τ(z)
        z, place = np.unique(np.where(z.imag < 0, z.conj(), z), return_inverse=True)
    else:
        place = np.arange(z.size)
    tau = np.empty(z.size)
    batch = max(1, min(BATCH, 2**22 // n**2))
    diagonal = np.arange(n)
    for start in range(0, z.size, batch):
        at = z[start : start + batch]
        hermitian = image - at[:, None, None] * operator.conj().T - at.conj()[:, None, None] * operator
        hermitian[:, diagonal, diagonal] += np.abs(at[:, None]) ** 2
        tau[start : start + batch] = np.sqrt(np.maximum(np.linalg.eigvalsh(hermitian)[:, 0], 0))
    for i in np.flatnonzero(tau < SINGULAR_BELOW):
        tau[i] = minimiser(operator, defect, z[i])[0]
    return tau[place].reshape(np.shape(points))


def minimiser(operator: np.ndarray, defect: np.ndarray, z: complex) -> tuple[float, np.ndarray]:
    """τ(z) and the pseudo-eigenfunction that attains it, a unit vector ``(n,)``, by singular values."""
    stacked = np.concatenate([operator - z * np.eye(operator.shape[1]), defect])
    _, sizes, right = np.linalg.svd(stacked, full_matrices=False)
    return float(sizes[-1]), right[-1].conj()


def unitary_pseudospectrum(operator: np.ndarray, angles: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """τ(r e^{iφ}) where the operator is unitary and the dictionary orthonormal, G = L = 1, shape ``(angle, radius)``.

    τ² = 1 + r² - r λ_max(e^{-iφ} A + e^{iφ} A*): one eigenvalue serves all radii.
    """
    largest = np.empty(len(angles))
    for i, angle in enumerate(angles):
        turned = np.exp(-1j * angle) * operator
        largest[i] = np.linalg.eigvalsh(turned + turned.conj().T)[-1]
    square = 1 + radii[None, :] ** 2 - radii[None, :] * largest[:, None]
    return np.sqrt(np.maximum(square, 0))
