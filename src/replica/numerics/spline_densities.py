"""Joint density of breakpoint β and delta-slope μ of a random ReLU neuron, in closed form.

The map (w, b, v) -> (w, β = -b/w, μ = w v) keeps volumes, so p(β, μ) = ∫ p_W(w) p_B(-β w) p_V(μ/w) dw:

    Gaussian, deviations σw, σb, σv, S(β) = √(σb² + σw² β²):
        p(β, μ) = exp(-|μ| S / (σw σb σv)) / (2π σv S),   β ~ Cauchy(0, σb/σw),   p(μ) = K_0(|μ|/(σw σv)) / (π σw σv)
    uniform on [-aw, aw], [-ab, ab], [-av, av], m(β) = min(aw, ab/|β|):
        p(β, μ) = max(0, m - |μ|/av) / (4 aw ab av),   p(β) = m² / (4 aw ab),   p(μ) = log(aw av/|μ|) / (2 aw av)

``scales`` are (σw, σb, σv) or (aw, ab, av); β, μ are arrays of one shape or scalars, in NumPy.

Source: Sahs et al., Frontiers in Artificial Intelligence 5:889981 (2022).
"""

import numpy as np
from scipy import special

Scales = tuple[float, float, float]
NODES = 24  # Gauss-Legendre nodes per cell; a cell is smooth in β apart from kinks of the uniform law


def gaussian_joint(breakpoint: np.ndarray, delta_slope: np.ndarray, scales: Scales) -> np.ndarray:
    """p(β, μ) for Gaussian weights."""
    w, b, v = scales
    spread = np.sqrt(b**2 + (w * breakpoint) ** 2)
    return np.exp(-np.abs(delta_slope) * spread / (w * b * v)) / (2 * np.pi * v * spread)


def gaussian_breakpoint(breakpoint: np.ndarray, scales: Scales) -> np.ndarray:
    """p(β) for Gaussian weights: Cauchy of width σb/σw."""
    width = scales[1] / scales[0]
    return width / (np.pi * (width**2 + np.asarray(breakpoint) ** 2))


def gaussian_delta_slope(delta_slope: np.ndarray, scales: Scales) -> np.ndarray:
    """p(μ) for Gaussian weights: a modified Bessel function."""
    width = scales[0] * scales[2]
    return special.k0(np.abs(delta_slope) / width) / (np.pi * width)


def uniform_joint(breakpoint: np.ndarray, delta_slope: np.ndarray, scales: Scales) -> np.ndarray:
    """p(β, μ) for uniform weights."""
    w, b, v = scales
    return np.maximum(0.0, _largest_weight(breakpoint, scales) - np.abs(delta_slope) / v) / (4 * w * b * v)


def uniform_breakpoint(breakpoint: np.ndarray, scales: Scales) -> np.ndarray:
    """p(β) for uniform weights."""
    return _largest_weight(breakpoint, scales) ** 2 / (4 * scales[0] * scales[1])


def uniform_delta_slope(delta_slope: np.ndarray, scales: Scales) -> np.ndarray:
    """p(μ) for uniform weights; zero from |μ| = aw av on."""
    bound = scales[0] * scales[2]
    return np.log(np.maximum(bound / np.abs(delta_slope), 1.0)) / (2 * bound)


JOINT = {"gaussian": gaussian_joint, "uniform": uniform_joint}
BREAKPOINT = {"gaussian": gaussian_breakpoint, "uniform": uniform_breakpoint}
DELTA_SLOPE = {"gaussian": gaussian_delta_slope, "uniform": uniform_delta_slope}


def cell_probabilities(
    law: str, breakpoint_edges: np.ndarray, delta_slope_edges: np.ndarray, scales: Scales
) -> np.ndarray:
    """Probability of each cell of a grid, shape ``(breakpoint cell, delta-slope cell)``.

    Over μ the density is integrated exactly, over β by Gauss-Legendre quadrature in each cell.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = np.diff(breakpoint_edges) / 2
    beta = breakpoint_edges[:-1, None] + half[:, None] * (1 + nodes)  # (cell, node)
    below = _integrated[law](beta[:, :, None], delta_slope_edges[None, None, :], scales)
    return half[:, None] * np.einsum("n,bnm->bm", weights, np.diff(below, axis=-1))


def breakpoint_probabilities(law: str, edges: np.ndarray, scales: Scales) -> np.ndarray:
    """Probability of each cell of a grid of breakpoints, all delta-slopes together; shape ``(cell,)``."""
    return np.diff(_breakpoint_cumulative[law](np.asarray(edges), scales))


def delta_slope_probabilities(law: str, edges: np.ndarray, scales: Scales) -> np.ndarray:
    """Probability of each cell of a grid of delta-slopes, all breakpoints together; shape ``(cell,)``."""
    return np.diff(_delta_slope_cumulative[law](np.asarray(edges), scales))


def _largest_weight(breakpoint: np.ndarray, scales: Scales) -> np.ndarray:
    """m(β) = min(aw, ab/|β|), the largest |w| whose bias can put a breakpoint at β."""
    return scales[1] / np.maximum(np.abs(breakpoint), scales[1] / scales[0])


def _gaussian_integrated(beta: np.ndarray, mu: np.ndarray, scales: Scales) -> np.ndarray:
    """∫_0^μ p(β, μ') dμ'."""
    w, b, v = scales
    spread = np.sqrt(b**2 + (w * beta) ** 2)
    return -np.sign(mu) * np.expm1(-np.abs(mu) * spread / (w * b * v)) * w * b / (2 * np.pi * spread**2)


def _uniform_integrated(beta: np.ndarray, mu: np.ndarray, scales: Scales) -> np.ndarray:
    w, b, v = scales
    largest = _largest_weight(beta, scales)
    reach = np.minimum(np.abs(mu), largest * v)
    return np.sign(mu) * (largest * reach - reach**2 / (2 * v)) / (4 * w * b * v)


def _gaussian_breakpoint_cumulative(beta: np.ndarray, scales: Scales) -> np.ndarray:
    return np.arctan(beta * scales[0] / scales[1]) / np.pi


def _uniform_breakpoint_cumulative(beta: np.ndarray, scales: Scales) -> np.ndarray:
    w, b, _ = scales
    knee = b / w
    inner = np.minimum(np.abs(beta), knee) * w / (4 * b)
    outer = (1 - knee / np.maximum(np.abs(beta), knee)) / 4
    return np.sign(beta) * (inner + outer)


def _gaussian_delta_slope_cumulative(mu: np.ndarray, scales: Scales) -> np.ndarray:
    _, integral = special.iti0k0(np.abs(mu) / (scales[0] * scales[2]))
    return np.sign(mu) * integral / np.pi


def _uniform_delta_slope_cumulative(mu: np.ndarray, scales: Scales) -> np.ndarray:
    share = np.minimum(np.abs(mu) / (scales[0] * scales[2]), 1.0)
    return np.sign(mu) * (share - special.xlogy(share, share)) / 2


_integrated = {"gaussian": _gaussian_integrated, "uniform": _uniform_integrated}
_breakpoint_cumulative = {"gaussian": _gaussian_breakpoint_cumulative, "uniform": _uniform_breakpoint_cumulative}
_delta_slope_cumulative = {"gaussian": _gaussian_delta_slope_cumulative, "uniform": _uniform_delta_slope_cumulative}
