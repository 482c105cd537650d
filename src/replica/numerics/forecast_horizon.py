"""How long a forecast holds: relative error against the lead time, and the time until it passes a threshold.

E(t) = |û(t) - u(t)| / |u(t)|  (Euclidean norms),    valid time = first t with E(t) > threshold
"""

import numpy as np


def windows(series: np.ndarray, starts: np.ndarray, steps: int) -> np.ndarray:
    """Stretches ``series[s : s + steps]``, shape ``(step, component, start)``; series ``(time, component)``.

    Raises ValueError where a stretch leaves the series.
    """
    series, starts = np.asarray(series), np.asarray(starts)
    if starts.min() < 0 or starts.max() + steps > len(series):
        span = f"{starts.min()} to {starts.max() + steps}"
        raise ValueError(f"forecasts need steps {span} of a series of {len(series)}")
    return series[starts[None, :] + np.arange(steps)[:, None]].transpose(0, 2, 1)


def relative_error(forecast: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """E, shape ``(step, start)``, of arrays ``(step, component, start)``; infinite where the forecast is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.linalg.norm(np.asarray(forecast, dtype=float) - truth, axis=1) / np.linalg.norm(truth, axis=1)
    return np.where(np.isfinite(error), error, np.inf)


def valid_time(error: np.ndarray, threshold: float, step: float) -> np.ndarray:
    """Valid time of each start; error ``(step, start)``, whose first row lies one step after the last known state.

    The whole horizon where the error never passes the threshold.
    """
    failed = error > threshold
    first = np.where(failed.any(0), failed.argmax(0) + 1, len(error))
    return first * step
