"""What a job takes from the machine, and what it must not take: settings that would change a number.

``pin`` is called before NumPy or JAX are imported.  Whatever the user's shell says, results have the same bits.
"""

import hashlib
import os
import platform
from pathlib import Path

# Settings of JAX that say where it runs, not what it computes; every other JAX_ and XLA_ variable is dropped.
KEPT = {"JAX_PLATFORMS", "JAX_COMPILATION_CACHE_DIR", "XLA_PYTHON_CLIENT_PREALLOCATE", "XLA_PYTHON_CLIENT_MEM_FRACTION"}
CACHE_BYTES = 2 * 2**30
FIXED = {
    # One core per job: the number of cores changes the last bits of sums, and the cores are filled with jobs.
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    # A limit also turns on the lock that parallel jobs need.
    "JAX_COMPILATION_CACHE_MAX_SIZE": str(CACHE_BYTES),
    "JAX_THREEFRY_PARTITIONABLE": "1",
    "JAX_DEFAULT_PRNG_IMPL": "threefry2x32",
    # Full float32 products on GPUs, whose default keeps 10 bits.
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "MPLBACKEND": "agg",
}


def _kind_of_machine() -> str:
    """A name for this kind of processor: compiled code of one kind need not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        flags = platform.processor()
    return f"{platform.machine()}-{hashlib.sha256(flags.encode()).hexdigest()[:8]}"


def pin(cache: Path) -> list[str]:
    """Fix the environment of this process.  Returns the names of the variables that were dropped.

    cache: folder below which JAX keeps compiled programs; losing it changes no result.
    """
    dropped = sorted(
        name
        for name, value in os.environ.items()
        if name.startswith(("JAX_", "XLA_", "TF_CUDNN", "NVIDIA_TF32"))
        and name not in KEPT
        and FIXED.get(name) != value
    )
    for name in dropped:
        del os.environ[name]
    os.environ.update(FIXED)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache / "jax" / _kind_of_machine()))
    return dropped


def memory_mb() -> int:
    """Memory that jobs may use together: of the machine, or of the tightest control group that this process is in."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")]
    try:
        group = Path(Path("/proc/self/cgroup").read_text().splitlines()[-1].rpartition(":")[2].lstrip("/"))
        limits += [Path("/sys/fs/cgroup") / parent / "memory.max" for parent in (group, *group.parents)]
    except (OSError, IndexError):
        pass
    for limit in limits:
        try:
            total = min(total, int(limit.read_text()))
        except (OSError, ValueError):
            continue
    return total // 2**20
