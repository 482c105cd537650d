"""Where the time of a job goes: the computation, compilation, and the rest (start, imports, reading and writing)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

STARTED = time.monotonic()  # imported first of all by ``python -m replica``
_computing: list[tuple[float, float]] = []
_compiling: list[tuple[float, float]] = []


def _note_compilation(event: str, duration: float, **_: object) -> None:
    if event.startswith("/jax/core/compile/"):
        now = time.monotonic()
        _compiling.append((now - duration, now))


@contextmanager
def computing() -> Iterator[None]:
    """Count what runs within as computation, except what JAX says that it spent on tracing and compiling."""
    from jax import monitoring

    monitoring.register_event_duration_secs_listener(_note_compilation)
    started = time.monotonic()
    try:
        yield
    finally:
        _computing.append((started, time.monotonic()))
        monitoring.unregister_event_duration_listener(_note_compilation)


def length(intervals: list[tuple[float, float]]) -> float:
    """Length of a union of intervals: a program is traced while another is, and both say how long it took."""
    total, end = 0.0, float("-inf")
    for start, stop in sorted(intervals):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total


def report() -> str:
    """One line for the job's log."""
    total, compiling = time.monotonic() - STARTED, length(_compiling)
    computed = length(_computing) - compiling
    rest = total - computed - compiling
    return f"took {total:.2f} s: {computed:.2f} s computing, {compiling:.2f} s compiling, {rest:.2f} s start and files"
