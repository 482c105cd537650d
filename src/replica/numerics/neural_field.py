"""Neural fields with a difference of Gaussians on a periodic grid: convolution, relaxation, linear states, poles.

    ∂a/∂t = -a + μ ω ∗ f(a) + I(x),      x ∈ ℝ², time in units of the membrane constant
    ω(x) = G(x; σ1) - κ G(x; σ2),        G(x; σ) = e^{-|x|²/2σ²}/(2πσ²)
    ω̂(k) = e^{-2π²σ1²|k|²} - κ e^{-2π²σ2²|k|²}      (Fourier transform with e^{-2πi x·k})

The convolution is a product with ω̂, which is known in closed form, so that the kernel is neither sampled nor cut off;
what the grid lacks are frequencies above its Nyquist frequency.  Fields have the shape ``(x1, x2)``, and the transform
that of ``jnp.fft.rfft2``: ``(x1, x2 // 2 + 1)``.

Source: Amari, Biol. Cybern. 27, 77 (1977); Ermentrout and Cowan, Biol. Cybern. 34, 137 (1979).
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

Transfer = Callable[..., Array]


class Kernel(NamedTuple):
    """Widths σ1 of excitation and σ2 of inhibition, and the weight κ of inhibition."""

    excitation: float
    inhibition: float
    weight: float


class State(NamedTuple):
    """A field, its largest rate of change max|∂a/∂t|, and the time it has evolved for."""

    field: Array
    rate: Array
    time: Array


def saturating(s: Array, low: Array, high: Array) -> Array:
    """f(s) = min(high, max(low, s)): linear where the limits are infinite, odd where low = -high."""
    return jnp.clip(s, low, high)


def hyperbolic_tangent(s: Array) -> Array:
    """f(s) = tanh(s)."""
    return jnp.tanh(s)


def fourier(kernel: Kernel, square):
    """ω̂ as a function of |k|², real or complex; same shape."""
    first, second = (-2 * np.pi**2 * width**2 for width in kernel[:2])
    return np.exp(first * square) - kernel.weight * np.exp(second * square)


def transform(kernel: Kernel, shape: tuple[int, int], spacing: tuple[float, float]) -> np.ndarray:
    """ω̂ at the frequencies of ``rfft2`` on a grid of that shape and spacing, shape ``(x1, x2 // 2 + 1)``."""
    first = np.fft.fftfreq(shape[0], spacing[0])
    second = np.fft.rfftfreq(shape[1], spacing[1])
    return fourier(kernel, first[:, None] ** 2 + second[None, :] ** 2)


def convolve(field: Array, transform: Array) -> Array:
    """ω ∗ a on the periodic grid, shape ``(x1, x2)``."""
    return jnp.fft.irfft2(jnp.fft.rfft2(field) * transform, s=field.shape)


def drive(field: Array, stimulus: Array, transform: Array, strength: Array, transfer: Transfer, *limits) -> Array:
    """I + μ ω ∗ f(a): what the field relaxes to at each moment."""
    return stimulus + strength * convolve(transfer(field, *limits), transform)


@partial(jax.jit, static_argnames="transfer")
def relax(
    field: Array,
    stimulus: Array,
    transform: Array,
    strength: float,
    transfer: Transfer,
    limits: tuple[float, ...] = (),
    *,
    step: float,
    duration: float,
    tolerance: float,
) -> State:
    """Evolve a field by exponential Euler steps until max|∂a/∂t| ≤ ``tolerance`` or ``duration`` is over.

    a ← e^{-Δt} a + (1 - e^{-Δt}) (I + μ ω ∗ f(a)).  Stationary states do not depend on the step.  For 0 ≤ f' ≤ 1 the
    steps converge at every Δt where μ max|ω̂| < 1: the mean square distance of two fields shrinks by the factor
    1 - (1 - e^{-Δt})(1 - μ max|ω̂|) or more in each.  With ``tolerance`` negative the whole duration is run.  A field
    that grows without bound ends as not finite.
    """
    kept = jnp.exp(-step)
    steps = jnp.round(duration / step).astype(int)

    def onwards(carry: tuple[Array, Array, Array]) -> Array:
        _, rate, done = carry
        return (done < steps) & (rate > tolerance)

    def advance(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        field, _, done = carry
        change = drive(field, stimulus, transform, strength, transfer, *limits) - field
        return field + (1 - kept) * change, jnp.abs(change).max(), done + 1

    start = (field, jnp.full((), jnp.inf, field.dtype), jnp.zeros((), steps.dtype))
    field, rate, done = jax.lax.while_loop(onwards, advance, start)
    return State(field, rate, done * step)


@jax.jit
def linear_state(stimulus: Array, transform: Array, strength: float) -> Array:
    """Stationary state for f(s) = s: â = Î/(1 - μ ω̂), shape ``(x1, x2)``; not finite where μ ω̂ = 1 on the grid."""
    return jnp.fft.irfft2(jnp.fft.rfft2(stimulus) / (1 - strength * transform), s=stimulus.shape)


def critical_strength(kernel: Kernel) -> tuple[float, float]:
    """μ_c = 1/max ω̂, at which spontaneous patterns arise for f'(0) = 1, and the frequency |k| of the maximum.

    |k|² = ln(κ σ2²/σ1²)/(2π²(σ2² - σ1²)).  Raises ValueError unless the maximum lies at |k| > 0.
    """
    wider = kernel.inhibition > kernel.excitation > 0
    ratio = kernel.weight * (kernel.inhibition / kernel.excitation) ** 2 if wider else 0.0
    if not ratio > 1:
        raise ValueError(f"the kernel needs wider inhibition, σ2 > σ1 > 0, and κ σ2² > σ1²; got {kernel}")
    square = np.log(ratio) / (2 * np.pi**2 * (kernel.inhibition**2 - kernel.excitation**2))
    return 1 / fourier(kernel, square).item(), np.sqrt(square).item()


def pole(kernel: Kernel, strength: float) -> complex:
    """Pole k* of 1/(1 - μ ω̂) nearest to the real axis, Re k* > 0, Im k* ≥ 0, for 0 < μ ≤ μ_c.

    Away from an edge the linear field oscillates with the half period 1/(2 Re k*) and decays at the rate 2π Im k*.
    Newton's method in k² from the parabola of ω̂ about its maximum, along a path of strengths from μ_c downwards.
    Raises ValueError where μ lies outside that range.
    """
    critical, frequency = critical_strength(kernel)
    if not 0 < strength <= critical:
        raise ValueError(f"the strength lies in (0, {critical:g}], got {strength}")
    first, second = (-2 * np.pi**2 * width**2 for width in kernel[:2])

    def slope(square: complex, order: int) -> complex:
        terms = first**order * np.exp(first * square), kernel.weight * second**order * np.exp(second * square)
        return terms[0] - terms[1]

    square = frequency**2
    for inverse in np.linspace(1 / critical, 1 / strength, 33)[1:] if strength < critical else []:
        if np.isreal(square):  # the first step leaves the double root at μ_c
            square = square - 1j * np.sqrt(2 * (inverse - 1 / critical) / -slope(square, 2).real)
        for _ in range(20):
            square = square - (slope(square, 0) - inverse) / slope(square, 1)
    return complex(np.conj(np.sqrt(complex(square))))
