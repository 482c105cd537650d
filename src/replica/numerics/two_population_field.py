"""Linear stability of the uniform state of a field of excitatory and inhibitory neurons on the unit torus.

    τ_a dr_a/dt = -r_a + [Σ_b w_ab ∗ r_b + μ_a]₊²,      a, b = E, I
    ŵ_ab(n) = w_ab e^{-2π² n² σ_b²}

Wavenumbers of the torus are n = √(i² + j²) with integers i, j.  In the uniform state the slope of a is
g_a = 2 [Σ_b w_ab r_b + μ_a]₊, and the mode n obeys the Jacobian

    A(n) = [[(g_E ŵ_EE - 1)/τ_E, g_E ŵ_EI/τ_E], [g_I ŵ_IE/τ_I, (g_I ŵ_II - 1)/τ_I]].

At n = 0 its trace vanishes at τ_I = τ_E (1 + g_I |w_II|)/(g_E w_EE - 1); where the determinant is positive, that is the
onset of oscillations of the whole field.

Source: Rosenbaum and Doiron, Phys. Rev. X 4, 021039 (2014); Huang et al., Neuron 101, 337 (2019).
"""

import numpy as np


def wavenumbers(largest: int) -> np.ndarray:
    """Distinct n = √(i² + j²) with 0 ≤ i, j ≤ ``largest``, increasing."""
    i = np.arange(largest + 1)
    return np.sqrt(np.unique(i[:, None] ** 2 + i[None, :] ** 2))


def uniform_state(
    weights: np.ndarray, drive: np.ndarray, start: np.ndarray, step: float = 0.05, tolerance: float = 1e-13
) -> tuple[np.ndarray, np.ndarray]:
    """Rates r and gains g of the uniform state, by damped iteration of r ← [w r + μ]₊² from ``start``; shape ``(2,)``.

    Raises ArithmeticError where 100 000 iterations do not converge.
    """
    weights, drive, rates = (np.asarray(x, dtype=float) for x in (weights, drive, start))
    for _ in range(100_000):
        total = np.maximum(weights @ rates + drive, 0)
        change = total**2 - rates
        rates = rates + step * change
        if np.abs(change).max() <= tolerance:
            return rates, 2 * total
    raise ArithmeticError(f"the uniform state does not converge: rates {rates}, change {change}")


def growth_rates(
    weights: np.ndarray, gains: np.ndarray, times: tuple[float, float], widths: tuple[float, float], n: np.ndarray
) -> np.ndarray:
    """Largest real part of the eigenvalues of A(n), in units of 1 over those of the times; same shape as n.

    times: τ_E, τ_I; widths: σ_E, σ_I.
    """
    profile = np.exp(-2 * np.pi**2 * np.asarray(n)[..., None] ** 2 * np.asarray(widths) ** 2)
    matrix = np.asarray(gains)[:, None] * weights * profile[..., None, :]
    jacobian = (matrix - np.eye(2)) / np.asarray(times)[:, None]
    return np.linalg.eigvals(jacobian).real.max(axis=-1)


def onset_time(weights: np.ndarray, gains: np.ndarray, excitatory_time: float) -> float:
    """τ_I at which the trace of A(0) vanishes.  Raises ValueError unless g_E w_EE > 1: without that it never does."""
    own = gains[0] * weights[0, 0]
    if own <= 1:
        raise ValueError(f"the excitatory population is stable by itself: g w = {own:g}, more than 1 is needed")
    return excitatory_time * (1 - gains[1] * weights[1, 1]) / (own - 1)
