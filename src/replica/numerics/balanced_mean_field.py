"""Balance of excitation and inhibition in networks whose neurons differ in their in-degrees.

Populations a, b are divided into M equal classes m, n.  In a network of N neurons with weights of order 1/√N the mean
input of class m of population a is √N times

    B_am = Σ_b w_ab (1/M) Σ_n G_mn r_bn + F_am .

As N grows, rates stay finite only where B vanishes for every class that fires and is negative for every class that is
silent: a linear complementarity problem in the rates.  Where all classes can fire the network is balanced; then
r_bn = ρ_b h_n with ρ = -w⁻¹ F and (1/M) Σ_n G_mn h_n = 1 if F does not depend on the class.  (van Vreeswijk and
Sompolinsky 1996 for one class; Landau et al. 2016, Pyle and Rosenbaum 2016 for broad in-degrees.)
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

TOLERANCE = 1e-9


class LargeNetwork(NamedTuple):
    """Limit of a large network: rates, and B, the mean input over √N; arrays of shape ``(population, class)``."""

    rates: np.ndarray
    inputs: np.ndarray
    balanced: bool


def _system(weights: np.ndarray, architecture: np.ndarray) -> np.ndarray:
    return np.kron(weights, np.asarray(architecture, dtype=float) / len(architecture))


def large_network(weights: np.ndarray, architecture: np.ndarray, drive: np.ndarray) -> LargeNetwork:
    """Rates and inputs as N → ∞: the largest set of classes that can fire together, the others silent.

    weights: w, shape ``(population, population)``; architecture: G, ``(class, class)``; drive: F, ``(population,)`` or
    ``(population, class)``.  Rates are those of least norm where the equations leave them open.
    Raises ValueError where no set of classes gives a solution.
    """
    weights = np.asarray(weights, dtype=float)
    matrix = _system(weights, architecture)
    shape = (len(weights), len(architecture))
    drive = np.broadcast_to(np.asarray(drive, dtype=float).reshape(len(weights), -1), shape).ravel()
    scale = np.abs(drive).max()
    everyone = range(drive.size)
    for silent_count in everyone:
        for silent in combinations(everyone, silent_count):
            active = np.setdiff1d(everyone, silent)
            rates = np.zeros(drive.size)
            rates[active] = np.linalg.lstsq(matrix[np.ix_(active, active)], -drive[active], rcond=TOLERANCE)[0]
            inputs = matrix @ rates + drive
            if (
                (rates[active] > 0).all()
                and np.abs(inputs[active]).max() < TOLERANCE * scale
                and (inputs[list(silent)] <= TOLERANCE * scale).all()
            ):
                return LargeNetwork(rates.reshape(shape), inputs.reshape(shape), silent_count == 0)
    raise ValueError(
        "no set of active classes is consistent: the drive is not excitatory enough, or inhibition too weak"
    )


def class_profile(architecture: np.ndarray) -> np.ndarray:
    """h of (1/M) G h = 1, shape ``(class,)``: the relative rates of the classes of a balanced network.

    Raises ValueError where the vector of ones is not in the range of G: no balanced state exists.
    """
    scaled = np.asarray(architecture, dtype=float) / len(architecture)
    profile = np.linalg.lstsq(scaled, np.ones(len(scaled)), rcond=TOLERANCE)[0]
    if np.abs(scaled @ profile - 1).max() > TOLERANCE:
        raise ValueError("the architecture has no balanced state: the vector of ones is not in its range")
    return profile


def growth_rate(weights: np.ndarray, architecture: np.ndarray) -> float:
    """Largest real part among the modes of w ⊗ G/M that are not zero, in units of the gain over the time constant.

    Negative: the balanced state is stable.  The modes are those of w times the eigenvalues of G/M, so that a negative
    eigenvalue of G makes a stable homogeneous network unstable.
    """
    modes = np.linalg.eigvals(_system(np.asarray(weights, dtype=float), architecture))
    return float(modes.real[np.abs(modes) > TOLERANCE * np.abs(modes).max()].max())
