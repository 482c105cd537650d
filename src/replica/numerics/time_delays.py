"""Delay embedding: the past of several series as one vector, and the spectra and angles that go with it."""

import numpy as np


def delay_vectors(series: np.ndarray, delays: int) -> np.ndarray:
    """Vectors (x_t, x_{t+1}, ..., x_{t+delays-1}) of every series, ``(time - delays + 1, delays · series)``.

    series: ``(time, series)``; the series of one delay stand side by side.  Raises ValueError where there are fewer
    samples than delays.
    """
    if len(series) < delays:
        raise ValueError(f"{delays} delays need as many samples, got {len(series)}")
    windows = np.lib.stride_tricks.sliding_window_view(series, delays, axis=0)
    return windows.transpose(0, 2, 1).reshape(len(windows), -1)


def truncated_shift_residual(delays: int) -> float:
    """2 sin(π/(2 (n + 1))): residual that n delays of *any* stationary series reach at every angle of the circle.

    The delays of white noise are orthonormal and the operator shifts them; the best pseudo-eigenfunction of a truncated
    shift has sine-shaped coefficients.
    """
    return float(2 * np.sin(np.pi / (2 * (delays + 1))))


def phase_randomised(generator: np.random.Generator, series: np.ndarray) -> np.ndarray:
    """Surrogate ``(time, series)`` with the spectra and cross-spectra of the series and random phases."""
    spectrum = np.fft.rfft(series - series.mean(0), axis=0)
    turn = np.exp(2j * np.pi * generator.random(len(spectrum)))
    turn[0] = 1.0
    return np.fft.irfft(spectrum * turn[:, None], n=len(series), axis=0)
