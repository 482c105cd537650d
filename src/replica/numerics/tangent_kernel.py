"""Empirical tangent kernel of a one-input ReLU network, and interpolation with it.

    K(x, x') = Σ_i [φ_i(x) φ_i(x') + v_i² A_i(x) A_i(x') (1 + x x')],   φ_i(x) = max(w_i x + b_i, 0)

the sum over w, b, v of the products of ∂f(x)/∂θ and ∂f(x')/∂θ; offset and skip are held fixed.  For a large layer ratio
|w|/|v| the first term is the larger one; with evenly spread breakpoints it is a C² piecewise cubic in x, knots at x'.
Arrays are NumPy; leading dimensions (...) are networks.
Source: Jacot, Gabriel & Hongler (2018); Sahs et al. (2022).
"""

import numpy as np

from replica.numerics.relu_splines import Network, network_output


def _features(theta: Network, x):
    z = theta.weight[..., None, :] * np.asarray(x)[:, None] + theta.bias[..., None, :]
    return np.maximum(z, 0), (z > 0).astype(z.dtype)


def tangent_kernel(theta: Network, x, other):
    """K between places x (place,) and other (other,): shape (..., place, other)."""
    (phi, gate), (other_phi, other_gate) = _features(theta, x), _features(theta, other)
    gates = (theta.readout[..., None, :] ** 2 * gate) @ np.swapaxes(other_gate, -1, -2)
    return phi @ np.swapaxes(other_phi, -1, -2) + gates * (1 + np.outer(x, other))


def interpolant(theta: Network, x, y, places):
    """Where training of the linearised network to zero loss ends: f0 + K(·, X) K(X, X)⁻¹ (y - f0(X)), (..., place).

    x: data (datum,); y: targets (datum,).  Raises numpy.linalg.LinAlgError where K(X, X) is singular.
    """
    missing = np.asarray(y) - network_output(theta, np.asarray(x))
    weights = np.linalg.solve(tangent_kernel(theta, x, x), missing[..., None])
    return network_output(theta, np.asarray(places)) + (tangent_kernel(theta, places, x) @ weights)[..., 0]
