"""What a paper's files say about themselves: the marks on its functions, and the model of ``paper.yaml``.

The marks change nothing about a function.  The catalog reads them from the source text; the runner reads them from the
function.  Nothing heavy is imported here, since every paper imports this module.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator


def stage(*, split: str | None = None, block: int = 1, gpu: bool = False, nan: tuple[str, ...] = ()) -> Callable:
    """Mark a stage.

    split: name of a list-valued parameter; the stage is called with blocks of ``block`` values of it, and the datasets
        of the blocks are joined along the dimension of that name.  Shards are whole blocks, so that the result has the
        same bits for every number of shards.
    gpu: the stage asks for a GPU where the profile has one.
    nan: names of the variables that may hold values that are not finite.
    """

    def mark(function: Callable) -> Callable:
        function.stage = {"split": split, "block": block, "gpu": gpu, "nan": tuple(nan)}
        return function

    return mark


def claim(id: str, *, core: bool = False, source: str, refutes: bool = False) -> Callable:
    """Mark a claim: ``id`` is its row in the paper's table, ``source`` where the paper makes it.

    refutes: the criterion is one that *refutes* the claim: where it passes and its control fails, the claim fails.
    """

    def mark(function: Callable) -> Callable:
        function.claim = {"id": id, "core": core, "source": source, "refutes": refutes}
        return function

    return mark


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
