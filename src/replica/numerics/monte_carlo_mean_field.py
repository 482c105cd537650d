"""Dynamical mean-field theory by Monte Carlo, for couplings with E[J_ij J_ji] = ε g²/N.

The reciprocal couplings feed a unit's own past back to it, so that its state is no longer Gaussian:

    dx/dt = -x + η(t) + ε g² ∫_0^t S_φ(t - s) φ(x(s)) ds,        ⟨η(t) η(t + τ)⟩ = g² C_φ(τ)

C_φ(τ) = ⟨φ(t) φ(t + τ)⟩ and S_φ(τ) = ⟨δφ(t + τ)/δη(t)⟩, the feedback included, are measured on many realisations and
put in again until they reproduce themselves (Clark, Abbott, Litwin-Kumar 2023).

S_φ is kept as a sum of exponentials Σ_k a_k e^{-r_k τ} with fixed rates: the memory term then is ε g² Σ_k a_k m_k with
dm_k/dt = -r_k m_k + φ(x), linear equations in place of an integral over the past.  The response is measured with unit
impulses into the tangent equation, one every ``IMPULSE_INTERVAL``: a single one per realisation is far too noisy.
Times in units of the membrane constant.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

RATES = np.array([0.05, 0.15, 0.3, 0.6, 1.0, 1.5, 2.2, 3.2, 5.0])
RIDGE = 1e-6
ZERO_BEYOND = 4  # the fit sees zeros up to this many intervals: a small slow part would shift S_φ(0), D's sorest point
IMPULSE_INTERVAL = 30.0  # the response has decayed by then
SETTLING = 60.0  # time dropped at the start of each realisation
# C_φ is noise beyond some lag.  It is led to zero between these multiples of its correlation time ∫ C(τ)/C(0) dτ, which
# for g = 5 is 2 τ at ε = -0.25 and 10 τ at ε = 0.3: a fixed window either cuts slow tails, which shortens the whole
# function through the iteration, or keeps noise.
TAPER = (10.0, 15.0)
LAG_MAX = 150.0
DAMPING = 0.3


class MonteCarloMeanField(NamedTuple):
    """Autocovariance C_φ on lags 0, Δt, ..., response S_φ = Σ_k a_k e^{-r_k τ}, and its measured values."""

    lags: np.ndarray
    rate: np.ndarray  # C_φ(τ)
    amplitudes: np.ndarray  # a_k
    response_lags: np.ndarray
    response: np.ndarray  # S_φ(τ) as measured
    fit_error: float  # largest deviation of the exponentials from it


def gaussian_process(key: Array, covariance: Array, shape: tuple[int, ...]) -> Array:
    """Periodic stationary Gaussian processes, shape ``(*shape, time)``, by circulant embedding.

    covariance: at lags 0..n of a period of 2n samples; small negative eigenvalues of a measured one count as zero.
    """
    period = 2 * (covariance.shape[0] - 1)
    eigenvalues = jnp.maximum(jnp.fft.rfft(jnp.concatenate([covariance, covariance[-2:0:-1]])).real, 0.0)
    real, imaginary = jax.random.normal(key, (2, *shape, period // 2 + 1))
    # The zero and the Nyquist frequency have no imaginary part, hence the whole variance in the real one.
    ends = np.isin(np.arange(period // 2 + 1), [0, period // 2])
    coefficients = jnp.where(_row(ends, real), real + 0j, (real + 1j * imaginary) * np.sqrt(0.5).item())
    return jnp.fft.irfft(coefficients * _row(jnp.sqrt(eigenvalues * period), real), period)


def _row(values: Array, like: Array) -> Array:
    return jnp.reshape(values, (1,) * (like.ndim - 1) + values.shape)


def exponential_fit(step: float, points: int) -> np.ndarray:
    """Matrix ``(rate, lag)`` that turns S(τ) at lags 0, Δt, ... into the amplitudes of its exponentials (ridge)."""
    design = np.exp(-np.outer(step * np.arange(ZERO_BEYOND * points), RATES))
    return np.linalg.solve(design.T @ design + RIDGE * np.eye(len(RATES)), design[:points].T)


def _advance(
    state: tuple[Array, Array], drive: Array, amplitudes: Array, transfer: Callable[[Array], Array], step: float
) -> tuple[Array, Array]:
    """Exponential step with the averaged drive: x ``(realisation,)``, memory ``(rate, realisation)``."""
    x, memory = state
    decay, memory_decay = np.exp(-step).item(), np.exp(-RATES * step)[:, None].astype(x.dtype)
    weight = ((1 - np.exp(-RATES * step)) / RATES)[:, None].astype(x.dtype)
    rate, feedback = transfer(x), amplitudes @ memory
    guess = decay * x + (1 - decay) * (drive + feedback)
    memory = memory_decay * memory + weight * ((rate + transfer(guess)) / 2)[None, :]
    return decay * x + (1 - decay) * (drive + (feedback + amplitudes @ memory) / 2), memory


def realisations(
    drive: Array, amplitudes: Array, transfer: Callable[[Array], Array], step: float, interval: int
) -> tuple[Array, Array]:
    """Rates φ(x) and impulse responses δφ of each realisation, both ``(time, realisation)``.

    drive: η, ``(time, realisation)``; amplitudes: of the feedback ε g² S_φ; an impulse comes every ``interval`` steps.
    """
    count = drive.shape[1]
    zero = (jnp.zeros(count, drive.dtype), jnp.zeros((len(RATES), count), drive.dtype))
    impulse = (jnp.ones(count, drive.dtype), zero[1])
    mean_drive = (drive + jnp.roll(drive, -1, axis=0)) / 2  # the process is periodic

    def advance(carry: tuple, inputs: tuple[Array, Array]) -> tuple[tuple, tuple[Array, Array]]:
        state, tangent = carry
        given, now = inputs
        tangent = jax.tree.map(lambda new, old: jnp.where(given, new, old), impulse, tangent)
        rate, response = jax.jvp(transfer, (state[0],), (tangent[0],))
        carry = jax.jvp(lambda *s: _advance(s, now, amplitudes, transfer, step), state, tangent)
        return carry, (rate, response)

    given = jnp.arange(drive.shape[0]) % interval == 0
    _, measured = jax.lax.scan(advance, (zero, zero), (given, mean_drive))
    return measured


def autocovariance(traces: Array, lags: int) -> Array:
    """⟨a(t) a(t + τ)⟩ at lags 0..``lags`` - 1, averaged over time and realisations; traces ``(time, realisation)``."""
    length = traces.shape[0]
    power = jnp.mean(jnp.abs(jnp.fft.rfft(traces, 2 * length, axis=0)) ** 2, axis=1)
    return jnp.fft.irfft(power)[:lags] / (length - jnp.arange(lags))


@partial(jax.jit, static_argnames=("transfer", "step", "steps", "count", "undamped", "averaged"))
def _iterate(key, covariance, amplitudes, gain, symmetry, fit, *, transfer, step, steps, count, undamped, averaged):
    lags, interval, settling = covariance.shape[0], fit.shape[1], round(SETTLING / step)
    lag = step * np.arange(lags, dtype=covariance.dtype)

    def taper(covariance: Array) -> Array:
        time = jnp.clip(step * (jnp.sum(covariance) / covariance[0] - 0.5), 0.5, LAG_MAX / TAPER[1])
        ramp = jnp.clip((lag / time - TAPER[0]) / (TAPER[1] - TAPER[0]), 0, 1)
        return 0.5 + 0.5 * jnp.cos(np.pi * ramp)

    def iterate(carry: tuple[Array, Array], inputs: tuple[Array, Array]) -> tuple[tuple[Array, Array], tuple]:
        key, keep = inputs
        covariance, amplitudes = carry
        full = jnp.zeros(steps // 2 + 1, covariance.dtype).at[:lags].set(covariance)
        drive = gain * gaussian_process(key, full, (count,)).T
        rate, response = realisations(drive, symmetry * gain**2 * amplitudes, transfer, step, interval)
        new = taper(covariance) * autocovariance(rate[settling:], lags)
        by_impulse = response[settling:].reshape(-1, interval, count)
        response = jnp.mean(by_impulse, axis=(0, 2))
        fitted = fit @ response
        mixed = keep * covariance + (1 - keep) * new, keep * amplitudes + (1 - keep) * fitted
        return mixed, (new, fitted, response)

    keep = jnp.where(jnp.arange(undamped + averaged) < undamped, 0.0, 1 - DAMPING)
    _, history = jax.lax.scan(iterate, (covariance, amplitudes), (jax.random.split(key, undamped + averaged), keep))
    return tuple(jnp.mean(values[undamped:], axis=0) for values in history)


def monte_carlo_mean_field(
    key: Array,
    transfer: Callable[[Array], Array],
    gain: float,
    symmetry: float,
    start: Callable[[np.ndarray], np.ndarray],
    response: float,
    *,
    count: int,
    duration: float,
    step: float = 0.1,
    undamped: int = 40,
    averaged: int = 20,
) -> MonteCarloMeanField:
    """Solve the mean-field theory with ``count`` fresh realisations of length ``duration`` in each iteration.

    start: C_φ(τ) to begin with, and response: γ in S_φ = γ e^{-τ}, those of independent couplings.  The plain iteration
    contracts by about 0.87 only; ``averaged`` damped iterations follow the ``undamped`` ones, and their estimates are
    averaged.  Raises ValueError where the duration is not a multiple of the time between impulses, or is too short.
    """
    interval = round(IMPULSE_INTERVAL / step)
    steps = round(duration / step)
    if steps % interval or steps // 2 < round(LAG_MAX / step):
        raise ValueError(f"a duration is a multiple of {IMPULSE_INTERVAL} and at least {2 * LAG_MAX}, got {duration}")
    lags = step * np.arange(round(LAG_MAX / step) + 1)
    fit = exponential_fit(step, interval)
    at = step * np.arange(interval)
    rate, amplitudes, measured = _iterate(
        key,
        jnp.asarray(start(lags)),
        jnp.asarray(fit @ (response * np.exp(-at))),
        gain,
        symmetry,
        jnp.asarray(fit),
        transfer=transfer,
        step=step,
        steps=steps,
        count=count,
        undamped=undamped,
        averaged=averaged,
    )
    rate, amplitudes, measured = (np.asarray(values, dtype=float) for values in (rate, amplitudes, measured))
    error = float(np.abs(np.exp(-np.outer(at, RATES)) @ amplitudes - measured).max())
    return MonteCarloMeanField(lags, rate, amplitudes, at, measured, error)


def response_spectrum(amplitudes: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """S_φ(ω) = Σ_k a_k / (r_k + iω)."""
    return (1 / (RATES[None, :] + 1j * frequencies[:, None])) @ amplitudes
