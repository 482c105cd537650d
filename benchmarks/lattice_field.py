"""φ⁴ lattice: replica's samplers against BlackJAX's MALA and NumPy Metropolis loops, on one core, in one run.

    PYTHONPATH=src PEERS/bin/python benchmarks/lattice_field.py [--side 16] [--beta 0.68] [--chains 64]

Langevin: `numerics.langevin` with the gradient in closed form against BlackJAX's MALA, a scan over steps of a vmap over
chains, with the gradient by automatic differentiation of the same energy; same step size, float32.  Metropolis: the
checkerboard of `numerics.lattice_field` against the same updates in NumPy, on strided slices of all chains at once, and
against NumPy site by site, vectorised over chains.

Effective samples are those of the absolute mean field abs(m): steps times chains over the integrated autocorrelation
time (`numerics.relaxation_time`, Sokal's window) of each sampler's own chains.  Samplers of a kind obey one law: their
autocorrelation times differ by chance only (about 15 %), and the time per site and step is the sharper comparison.  The
runs take turns, the best of each counts.  Ends with an error where acceptance or the mean of φ² disagree.
"""

import argparse
import time
from functools import partial
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from replica.numerics import langevin, lattice_field, relaxation_time  # noqa: E402

STEP_SIZE, REPEATS = 0.015, 3
JUMP = 1.6
STEPS = {"langevin": 80_000, "metropolis": 5_000}  # for the autocorrelation
TIMED = {"langevin": 2_000, "metropolis": 500, "site by site": 20}
STRIDE = {"langevin": 10, "metropolis": 5}  # of what is recorded


def best_times(runs: dict) -> dict:
    """Seconds of the best of several rounds, after one that compiles."""
    times: dict = {name: [] for name in runs}
    for _ in range(REPEATS + 1):
        for name, run in runs.items():
            begun = time.perf_counter()
            jax.block_until_ready(run())
            times[name].append(time.perf_counter() - begun)
    return {name: min(taken[1:]) for name, taken in times.items()}


@partial(jax.jit, static_argnames=("steps", "beta"))
def own_langevin(key, fields, *, steps, beta):
    """Acceptance, and (step, 2, chain): mean field and mean of φ²."""
    energy = partial(lattice_field.energy_and_gradient, beta=jnp.float32(beta))

    def record(y):
        return jnp.stack([y.mean((0, 1)), (y * y).mean((0, 1))])

    _, acceptance, kept = langevin.sample(
        key, langevin.start(energy, fields), jnp.float32(STEP_SIZE), energy, steps, record=record
    )
    return acceptance, kept


def blackjax_langevin(blackjax, beta):
    algorithm = blackjax.mala(lambda y: -lattice_field.energy(y, jnp.float32(beta)), STEP_SIZE)

    @partial(jax.jit, static_argnames="steps")
    def run(key, fields, *, steps):
        def advance(state, key):
            state, info = jax.vmap(algorithm.step)(jax.random.split(key, fields.shape[-1]), state)
            y = state.position
            kept = jnp.stack([y.mean((1, 2)), (y * y).mean((1, 2))])
            return state, (info.is_accepted.astype(jnp.float32).mean(), kept)

        state = jax.vmap(algorithm.init)(jnp.moveaxis(fields, -1, 0))
        _, (acceptance, kept) = jax.lax.scan(advance, state, jax.random.split(key, steps))
        return acceptance.mean(), kept

    return run


def numpy_checkerboard(fields: np.ndarray, beta: float, sweeps: int, stride: int) -> np.ndarray:
    """(sweep/stride, 2, chain): mean field and mean of φ², all sites of one colour and all chains at once."""
    rng, y = np.random.default_rng(0), fields.copy()
    kept = []
    for sweep in range(sweeps):
        for colour in (((0, 0), (1, 1)), ((0, 1), (1, 0))):
            neighbours = np.roll(y, 1, 0) + np.roll(y, -1, 0) + np.roll(y, 1, 1) + np.roll(y, -1, 1)
            for row, column in colour:
                at = (slice(row, None, 2), slice(column, None, 2))
                update(rng, y, at, neighbours[at], beta)
        if sweep % stride == stride - 1:
            kept.append([y.mean((0, 1)), (y * y).mean((0, 1))])
    return np.array(kept)


def numpy_site_by_site(fields: np.ndarray, beta: float, sweeps: int) -> np.ndarray:
    rng, y = np.random.default_rng(0), fields.copy()
    n = y.shape[0]
    for _ in range(sweeps):
        for row in range(n):
            for column in range(n):
                neighbours = (
                    y[(row + 1) % n, column] + y[row - 1, column] + y[row, (column + 1) % n] + y[row, column - 1]
                )
                update(rng, y, (row, column), neighbours, beta)
    return y


def update(rng, y: np.ndarray, at: tuple, neighbours: np.ndarray, beta: float) -> None:
    old = y[at]
    new = old + np.float32(JUMP) * (2 * rng.random(old.shape, np.float32) - 1)
    energies = [z * (z * (z * z - 1) - np.float32(beta) * neighbours) for z in (old, new)]
    accepted = rng.random(old.shape, np.float32) < np.exp(np.minimum(0, energies[0] - energies[1]))
    y[at] = np.where(accepted, new, old)


@partial(jax.jit, static_argnames=("side", "chains", "beta", "snapshots", "stride"))
def own_metropolis(key, *, side, chains, beta, snapshots, stride):
    """(snapshot, 2, chain); the signs that are drawn anew do not touch abs(m) and φ²."""
    options = {"side": side, "chains": chains, "burn_in": 2_000, "snapshots": (snapshots,), "apart": (stride,)}
    (fields,) = lattice_field.metropolis(key, beta, **options)
    kept = jnp.stack([fields.mean((0, 1)), (fields * fields).mean((0, 1))])
    return jnp.moveaxis(kept.reshape(2, snapshots, chains), 1, 0)


def autocorrelation_time(kept, stride: int) -> float:
    """Of abs(m), in steps."""
    size = np.abs(np.asarray(kept, np.float32)[:, :1])
    with jax.enable_x64(True):
        series = jnp.asarray(size, jnp.float64)
        correlation = relaxation_time.autocorrelation(series, series.shape[0] // 2, mean=series.mean())
        return stride * relaxation_time.integrated(np.asarray(correlation)[:, 0])


def row(name: str, taken: float, steps: int, sites: int, chains: int, tau: float, reference: float) -> str:
    per_step = taken / steps
    samples = chains / tau / per_step
    return (
        f"| {name} | {per_step / sites / chains * 1e9:.1f} | {tau:.0f} | {samples:.1f} | {per_step / reference:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("side", 16), ("beta", 0.68), ("chains", 64)):
        parser.add_argument(f"--{name}", type=type(value), default=value)
    chosen = parser.parse_args()
    try:
        import blackjax
    except ImportError:
        raise SystemExit("this comparison needs BlackJAX: pip install blackjax") from None
    side, beta, chains = chosen.side, chosen.beta, chosen.chains
    sites = side * side
    options = {"side": side, "chains": chains, "burn_in": 3_000, "snapshots": (1,), "apart": (1,)}
    (fields,) = lattice_field.metropolis(jax.random.key(0), beta, **options)
    start = np.asarray(fields)
    key = jax.random.key(1)
    heading = "| | ns per site and step | τ of abs(m) | effective samples per s | time per step over replica's |"
    print(f"φ⁴, L = {side}, β = {beta:g}, {chains} chains, float32, one core\n\n{heading}\n|---|---|---|---|---|")

    peer = f"BlackJAX {blackjax.__version__} MALA"
    runs = {
        "replica MALA": partial(own_langevin, beta=beta),
        peer: blackjax_langevin(blackjax, beta),
    }
    long, timed = STEPS["langevin"], TIMED["langevin"]
    found = {name: run(key, fields, steps=long) for name, run in runs.items()}
    accepted = [float(acceptance) for acceptance, _ in found.values()]
    squares = [float(kept[:, 1].mean()) for _, kept in found.values()]
    if abs(accepted[0] - accepted[1]) > 0.01 or abs(squares[0] - squares[1]) > 0.02:
        raise SystemExit(f"the samplers disagree: acceptance {accepted}, mean of φ² {squares}")
    stride = STRIDE["langevin"]
    taus = {name: autocorrelation_time(kept[::stride], stride) for name, (_, kept) in found.items()}
    times = best_times({name: partial(run, key, fields, steps=timed) for name, run in runs.items()})
    for name, taken in times.items():
        print(row(name, taken, timed, sites, chains, taus[name], times["replica MALA"] / timed))

    stride, sweeps = STRIDE["metropolis"], STEPS["metropolis"]
    own = own_metropolis(key, side=side, chains=chains, beta=beta, snapshots=sweeps // stride, stride=stride)
    other = numpy_checkerboard(start, beta, sweeps, stride)
    squares.extend(float(kept[:, 1].mean()) for kept in (own, other))
    if max(squares) - min(squares) > 0.02:
        raise SystemExit(f"the samplers disagree: mean of φ² {squares}")
    timed, slow = TIMED["metropolis"], TIMED["site by site"]
    options = {"side": side, "chains": chains, "snapshots": (1,), "apart": (1,)}
    runs = {
        "replica Metropolis": lambda: lattice_field.metropolis(key, beta, burn_in=timed - 1, **options),
        "NumPy checkerboard": lambda: numpy_checkerboard(start, beta, timed, stride),
        "NumPy site by site": lambda: numpy_site_by_site(start, beta, slow),
    }
    times = best_times(runs)
    times["NumPy site by site"] *= timed / slow
    # Site by site the sweeps are in another order; its own time of abs(m) is taken to be that of the checkerboard.
    taus = dict(zip(runs, [autocorrelation_time(own, stride), *[autocorrelation_time(other, stride)] * 2], strict=True))
    for name, taken in times.items():
        print(row(name, taken, timed, sites, chains, taus[name], times["replica Metropolis"] / timed))
    print(f"\nMALA with ε = {STEP_SIZE}: acceptance {accepted[0]:.2f} and {accepted[1]:.2f}.")
    print(f"Mean of φ²: {', '.join(f'{square:.3f}' for square in squares)}.")


if __name__ == "__main__":
    main()
