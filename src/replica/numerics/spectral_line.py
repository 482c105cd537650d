"""Frequency of the strongest line of a sampled signal, from the phases of its two halves.

Each half times a Hann window is demodulated at a first guess ω0 (a parabola through the peak of the spectrum): the
phase turns by (ω - ω0) n/2 from one half to the other.  For a periodic signal of n samples the error is far below 1/n,
since a Hann window suppresses the other lines as the cube of their distance.
"""

import numpy as np

REFINEMENTS = 3


def strongest_frequency(values: np.ndarray) -> float:
    """ω in radians per sample, in (0, π), of real values ``(sample,)``.  Raises ValueError for fewer than 8 samples."""
    if len(values) < 8:
        raise ValueError(f"a spectral line needs 8 samples, got {len(values)}")
    values = np.asarray(values, dtype=float) - np.mean(values)
    power = np.log(np.abs(np.fft.rfft(values * np.hanning(len(values)))) + 1e-300)
    peak = int(np.clip(np.argmax(power[1:]) + 1, 1, len(power) - 2))
    left, middle, right = power[peak - 1 : peak + 2]
    curvature = left - 2 * middle + right
    omega = 2 * np.pi / len(values) * (peak + (0.5 * (left - right) / curvature if curvature else 0.0))
    half = len(values) // 2
    window, time = np.hanning(half), np.arange(2 * half)
    for _ in range(REFINEMENTS):
        turned = values[: 2 * half] * np.exp(-1j * omega * time)
        omega += np.angle((window @ turned[half:]) / (window @ turned[:half])) / half
    return float(omega)
