"""Quadrature rules: nodes and weights.

One-dimensional rules have nodes ``(node,)``; ``tensor`` and ``sobol_normal`` give ``(component, node)``.  Errors for
smooth integrands and n nodes: Gauss e^{-cn}, trapezoid n^-2, Riemann n^-1, Monte Carlo n^-1/2.
"""

from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.stats import qmc


class Rule(NamedTuple):
    nodes: np.ndarray
    weights: np.ndarray


def gauss_legendre(n: int, low: float = -1.0, high: float = 1.0) -> Rule:
    """Gauss-Legendre rule on [low, high]."""
    nodes, weights = special.roots_legendre(n)
    return Rule((low + high) / 2 + (high - low) / 2 * nodes, (high - low) / 2 * weights)


def trapezoid(n: int, low: float = -1.0, high: float = 1.0) -> Rule:
    """Trapezoidal rule with n nodes, both ends included.  Raises ValueError for fewer than two."""
    if n < 2:
        raise ValueError(f"the trapezoidal rule needs two nodes, got {n}")
    weights = np.full(n, (high - low) / (n - 1))
    weights[[0, -1]] /= 2
    return Rule(np.linspace(low, high, n), weights)


def riemann(n: int, low: float = -1.0, high: float = 1.0) -> Rule:
    """Left Riemann sum with n nodes."""
    return Rule(low + (high - low) / n * np.arange(n), np.full(n, (high - low) / n))


def midpoint(n: int, low: float = -1.0, high: float = 1.0) -> Rule:
    """Midpoints of n equal cells: exact for the Fourier modes |a| < n of a periodic interval."""
    return Rule(low + (high - low) / n * (np.arange(n) + 0.5), np.full(n, (high - low) / n))


def monte_carlo(generator: np.random.Generator, n: int, low: float = -1.0, high: float = 1.0) -> Rule:
    """n independent uniform nodes."""
    return Rule(generator.uniform(low, high, n), np.full(n, (high - low) / n))


def gauss_hermite(n: int) -> Rule:
    """Gauss-Hermite rule for the weight π^{-1/2} e^{-y²}; the weights sum to 1."""
    nodes, weights = special.roots_hermite(n)
    return Rule(nodes, weights / np.sqrt(np.pi))


def tensor(*rules: Rule) -> Rule:
    """Product rule: nodes ``(component, node)``, the last component fastest."""
    nodes = np.stack([grid.ravel() for grid in np.meshgrid(*(rule.nodes for rule in rules), indexing="ij")])
    weights = rules[0].weights
    for rule in rules[1:]:
        weights = np.multiply.outer(weights, rule.weights)
    return Rule(nodes, weights.ravel())


def sobol_normal(generator: np.random.Generator, power: int, dimension: int) -> Rule:
    """2^power scrambled Sobol points for the weight π^{-d/2} e^{-|y|²}: the normal quantile, divided by √2."""
    uniform = qmc.Sobol(dimension, rng=generator).random_base2(power)
    nodes = special.ndtri(np.clip(uniform, 2.0**-33, 1 - 2.0**-33)).T / np.sqrt(2)
    return Rule(np.ascontiguousarray(nodes), np.full(2**power, 2.0**-power))
