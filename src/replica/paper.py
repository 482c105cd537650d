"""What a paper's files say about themselves: the marks on its functions, and the model of ``paper.yaml``.

The catalog reads the marks from the source text.  Nothing heavy is imported here: every paper imports this module.
"""

import functools
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from replica.error import ReplicaError


def stage(
    function: Callable | None = None,
    /,
    *,
    split: str | None = None,
    block: int = 1,
    gpu: bool = False,
    nan: tuple[str, ...] = (),
) -> Callable:
    """Mark a stage: ``@stage`` or ``@stage(...)``.  It then refuses to run in another precision than its paper's.

    split: name of a list-valued parameter; the stage is called with blocks of ``block`` values of it, and the datasets
        of the blocks are joined along the dimension of that name.  Shards are whole blocks, so that the result has the
        same bits for every number of shards.
    gpu: the stage asks for a GPU where the profile has one.
    nan: names of the variables that may hold values that are not finite.
    """

    def mark(function: Callable) -> Callable:
        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            _refuse_other_precision(function)
            return function(*args, **kwargs)

        return checked

    return mark if function is None else mark(function)


@functools.cache
def _precision(file: Path) -> str:
    """Precision of the paper that a stages.py belongs to; a stage in blocks is called many times."""
    from replica import catalog

    slug = file.parent.name
    return catalog.load([slug], root=file.parents[4])[slug].about["precision"]


def _refuse_other_precision(function: Callable) -> None:
    """In a notebook JAX is in the mode that the last caller left; half the digits would be lost without a word."""
    from jax import config

    file = Path(function.__code__.co_filename).resolve()
    wanted = _precision(file)
    if config.jax_enable_x64 != (wanted == "float64"):
        here = "float64" if config.jax_enable_x64 else "float32"
        raise ReplicaError(
            f"{file.parent.name} computes in {wanted}, but JAX is set to {here} here: call stage '{function.__name__}' "
            f"within `with jax.enable_x64({wanted == 'float64'}):`"
        )


def claim(id: str, *, core: bool = False, source: str, refutes: bool = False) -> Callable:
    """Mark a claim: ``id`` is its row in the paper's table, ``source`` where the paper makes it.

    refutes: the criterion is one that *refutes* the claim: where it passes and its control fails, the claim fails.
    """

    return lambda function: function


def label(long_name: str, units: str = "1") -> dict[str, str]:
    """Attributes of a variable or coordinate: its long name and its unit, "1" where it has none.

    No fingerprint follows this module: other attributes would want another ``fingerprint.FORMAT``.
    """
    return {"units": units, "long_name": long_name}


def progress(items: Iterable, what: str, every: float = 10.0) -> Iterator:
    """Pass ``items`` on and print a line to the job's log at most every ``every`` seconds: how many of how many."""
    items = list(items)
    started = printed = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if done == 0 or now - printed >= every:
            print(f"{what}: {done} of {len(items)} after {now - started:.0f} s", file=sys.stdout, flush=True)
            printed = now
        yield item
    print(f"{what}: {len(items)} of {len(items)} after {time.monotonic() - started:.0f} s", flush=True)
