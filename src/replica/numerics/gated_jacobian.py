"""Jacobian of a gated random network and the boundary of the bulk of its spectrum.

With D = diag, q_i = σ_z'(z_i) (-h_i + (J^h (φ σ_r))_i + I_i), which vanishes at a fixed point, and blocks (h, z, r):

    M = [ D(σ_z) (-1 + J^h D(φ' σ_r))    D(q)      D(σ_z) J^h D(φ σ_r') ]
        [ J^z D(φ') / τ_z                -1/τ_z    0                    ]
        [ J^r D(φ') / τ_r                0         -1/τ_r               ]

Elimination of δz and δr leaves sums of independent Gaussian matrices, whose self-consistent variances give the bulk as
the region F(λ) >= 1 (random-matrix theory as in Can, Krishnamurthy, Schwab 2020):

    F(λ) = [⟨σ_r²⟩ + ⟨φ²⟩⟨σ_r'²⟩/|1 + τ_r λ|²] ⟨φ'² σ_z²/|λ + σ_z|²⟩ + ⟨φ'² q²/|λ + σ_z|²⟩ / |1 + τ_z λ|²

⟨.⟩ is the mean over units; φ' contains the gain, σ' the steepness.  Beside the bulk there are eigenvalues -1/τ_z and
-1/τ_r.  NumPy in float64; fields here are those of one state, ``(unit,)``, and parameters are numbers.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from replica.numerics.gated_networks import NO_INPUT, Fields, Gating

LARGEST = 1e6  # real part up to which the edge is looked for
SCANNED = -0.5  # real part down to which it is looked for


class LocalGains(NamedTuple):
    """What a state makes of its units, each of shape ``(unit,)``: transfer, gates and their derivatives."""

    rate: np.ndarray  # φ
    rate_slope: np.ndarray  # φ'
    update: np.ndarray  # σ_z
    output: np.ndarray  # σ_r
    output_slope: np.ndarray  # σ_r'
    residual: np.ndarray  # q


def _gate(field: np.ndarray | None, steepness: float, bias: float, units: int) -> tuple[np.ndarray, np.ndarray]:
    """σ and σ'; the derivative of a frozen gate is zero."""
    if field is None:
        return np.full(units, expit(-bias)), np.zeros(units)
    value = expit(steepness * np.asarray(field, dtype=float) - bias)
    return value, steepness * value * (1 - value)


def local_gains(fields: Fields, coupling: Fields, gating: Gating, inputs: Fields = NO_INPUT) -> LocalGains:
    """Transfer and gates of every unit at a state."""
    h = np.asarray(fields.h, dtype=float)
    rate = np.tanh(gating.gain * h)
    update, update_slope = _gate(fields.z, gating.update_steepness, gating.update_bias, h.size)
    output, output_slope = _gate(fields.r, gating.output_steepness, gating.output_bias, h.size)
    residual = update_slope * (np.asarray(coupling.h, dtype=float) @ (rate * output) - h + inputs.h)
    return LocalGains(rate, gating.gain * (1 - rate**2), update, output, output_slope, residual)


def jacobian(fields: Fields, coupling: Fields, gating: Gating, inputs: Fields = NO_INPUT) -> np.ndarray:
    """M at a state, with the blocks of the fields that are not None, in the order h, z, r."""
    g = local_gains(fields, coupling, gating, inputs)
    own = [None if j is None else np.asarray(j, dtype=float) for j in coupling]
    identity, zero = np.eye(g.rate.size), np.zeros((g.rate.size, g.rate.size))
    rows = [
        [g.update[:, None] * (own[0] * (g.rate_slope * g.output) - identity), np.diag(g.residual), None],
        [None, -identity / gating.update_time, zero],
        [None, zero, -identity / gating.output_time],
    ]
    if fields.r is not None:
        rows[0][2] = g.update[:, None] * own[0] * (g.rate * g.output_slope)
        rows[2][0] = own[2] * g.rate_slope / gating.output_time
    if fields.z is not None:
        rows[1][0] = own[1] * g.rate_slope / gating.update_time
    kept = [i for i, field in enumerate(fields) if field is not None]
    return np.block([[rows[i][j] for j in kept] for i in kept])


def bulk_function(eigenvalues: np.ndarray, gains: LocalGains, gating: Gating) -> np.ndarray:
    """F(λ) for an array of complex numbers; the bulk is where F >= 1."""
    at = np.asarray(eigenvalues, dtype=complex)
    distance = np.abs(at[..., None] + gains.update) ** 2
    sent = np.mean(gains.rate**2) * np.mean(gains.output_slope**2) / np.abs(1 + gating.output_time * at) ** 2
    sent = np.mean(gains.output**2) + sent
    through = np.mean((gains.rate_slope * gains.update) ** 2 / distance, axis=-1)
    by_update = np.mean((gains.rate_slope * gains.residual) ** 2 / distance, axis=-1)
    return sent * through + by_update / np.abs(1 + gating.update_time * at) ** 2


def spectral_edge(gains: LocalGains, gating: Gating) -> float:
    """Largest real part of the bulk: the largest real solution of F(λ) = 1.

    F falls with the imaginary part at every real part, so that the edge lies on the real axis; to the right of the
    origin it falls with the real part, too.  Raises ValueError where the bulk lies left of -½.
    """

    def excess(x: float) -> float:
        return float(bulk_function(np.array(x), gains, gating)) - 1

    if excess(0.0) > 0:
        return brentq(excess, 0.0, LARGEST)
    right = np.linspace(0.0, SCANNED, 1001)[:-1]
    inside = np.flatnonzero(bulk_function(right, gains, gating) >= 1)
    if not inside.size:
        raise ValueError(f"no part of the bulk lies right of {SCANNED}")
    return brentq(excess, right[inside[0]], right[inside[0] - 1]) if inside[0] else 0.0
