"""Sequentially thresholded least squares: fit, drop coefficients below a threshold, fit the rest again, and so on.

    min |y - F w|²   over w with support {j: |w_j| >= threshold}

S. L. Brunton, J. L. Proctor, J. N. Kutz, PNAS 113, 3932 (2016): sparse identification of nonlinear dynamics (SINDy).
"""

import numpy as np


def fit(features: np.ndarray, targets: np.ndarray, threshold: float, rounds: int = 10) -> np.ndarray:
    """Coefficients, shape ``(target, feature)``, zero where dropped.

    features ``(sample, feature)``, targets ``(sample, target)``; it ends where no term drops, or
    after ``rounds`` rounds.  All fits use the triangular factor of one QR decomposition of the features.
    """
    orthogonal, triangular = np.linalg.qr(features)
    projected = orthogonal.T @ targets
    coefficients = np.linalg.lstsq(triangular, projected, rcond=None)[0].T
    for _ in range(rounds):
        kept = np.abs(coefficients) >= threshold
        new = np.zeros_like(coefficients)
        for row, used, target in zip(new, kept, projected.T, strict=True):
            if used.any():
                row[used] = np.linalg.lstsq(triangular[:, used], target, rcond=None)[0]
        settled = np.array_equal(new != 0, coefficients != 0)
        coefficients = new
        if settled:
            break
    return coefficients
