"""Residual DMD: replica's against the same computation in NumPy and SciPy, on one core.

    ./run python benchmarks/residual_dmd.py

Pendulum: flow map, dictionary of 356 functions at 14,400 nodes, G, A, L, eigenpairs and their residuals. Gauss map: τ
at 3721 points of the plane for 40 functions, for SciPy by singular values and by squared matrices (which lose half
the digits), one point after another. Tent map: smoothed spectral measure of order 1 to 6 at 81 angles with 1000
functions, for SciPy one Schur form and then one triangular solve for each pole. CPU seconds, which other jobs on the
machine change least.  Prints a table; ends with an error where results differ.
"""

import time
from functools import partial
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402
import numpy as np  # noqa: E402
import scipy.linalg  # noqa: E402

from replica.numerics import (  # noqa: E402
    flow_map,
    interval_maps,
    orthogonal_functions,
    pendulums,
    pseudospectra,
    quadrature,
    rational_kernels,
    residual_dmd,
)

LIMIT, NODES, INTERVAL, STEPS, REPEATS = 40, 120, 0.5, 25, 3
ROWS = orthogonal_functions.hyperbolic_cross(LIMIT, 2, signed=1)
ORDERS, WIDTH, ANGLES = (1, 2, 3, 4, 6), 0.025, np.linspace(-np.pi, np.pi, 81)


def timed(function):
    """Best of several runs, after one that is not counted, and the result."""
    result, times = function(), []
    for _ in range(REPEATS):
        begun = time.process_time()
        function()
        times.append(time.process_time() - begun)
    return min(times), result


def jax_dictionary(state):
    factors = [
        orthogonal_functions.fourier(state[0], LIMIT),
        orthogonal_functions.hermite_functions(state[1], LIMIT),
    ]
    return orthogonal_functions.products(factors, [ROWS[:, 0] + LIMIT, ROWS[:, 1] - 1])


IMAGE = partial(flow_map.flow, pendulums.simple, duration=INTERVAL, steps=STEPS)


def pendulum_replica(grid):
    data = residual_dmd.matrices(jax_dictionary, IMAGE, *grid)
    return residual_dmd.eigenpairs(residual_dmd.pencil(data))


def pendulum_scipy(grid):
    """The same with the whole dictionary at once and complex products of matrices."""

    def derivative(state):
        return np.stack([state[1], -np.sin(state[0])])

    state, size = grid.nodes.copy(), INTERVAL / STEPS
    for _ in range(STEPS):
        k1 = derivative(state)
        k2 = derivative(state + size / 2 * k1)
        k3 = derivative(state + size / 2 * k2)
        k4 = derivative(state + size * k3)
        state = state + size / 6 * (k1 + 2 * (k2 + k3) + k4)

    def dictionary(x):
        fourier = orthogonal_functions.fourier(x[0], LIMIT)
        hermite = orthogonal_functions.hermite_functions(x[1], LIMIT)
        return (fourier[ROWS[:, 0] + LIMIT] * hermite[ROWS[:, 1] - 1]).T

    before, after = dictionary(grid.nodes), dictionary(state)
    weighted = grid.weights[:, None] * after
    gram = before.conj().T @ (grid.weights[:, None] * before)
    cross, image = before.conj().T @ weighted, after.conj().T @ weighted
    values, vectors = scipy.linalg.eig(cross, gram)
    form = image @ vectors - values * (cross.conj().T @ vectors) - values.conj() * (cross @ vectors)
    form += np.abs(values) ** 2 * (gram @ vectors)
    square = np.sum(vectors.conj() * form, 0).real / np.sum(vectors.conj() * (gram @ vectors), 0).real
    return values, np.sqrt(np.maximum(square, 0))


def plane_singular(pencil, points):
    identity = np.eye(pencil.operator.shape[1])
    return np.array(
        [scipy.linalg.svdvals(np.concatenate([pencil.operator - z * identity, pencil.defect]))[-1] for z in points]
    )


def plane_squared(pencil, points):
    operator = pencil.operator
    image, identity = operator.T @ operator + pencil.defect.T @ pencil.defect, np.eye(len(operator))
    squares = [
        scipy.linalg.eigvalsh(
            image - z * operator.T - np.conj(z) * operator + abs(z) ** 2 * identity, subset_by_index=[0, 0]
        )[0]
        for z in points
    ]
    return np.sqrt(np.maximum(squares, 0))


def measure_scipy(operator, observable):
    triangle, unitary = scipy.linalg.schur(operator, output="complex")
    f = unitary.conj().T @ observable[:, 0]
    density = np.empty((len(ORDERS), len(ANGLES)))
    for i, order in enumerate(ORDERS):
        kernel = rational_kernels.kernel(order, WIDTH)
        for k, angle in enumerate(ANGLES):
            total = 0.0
            for pole, c, d in zip(*kernel, strict=True):
                shift = np.exp(1j * angle) * (1 + WIDTH * pole)
                inverse = scipy.linalg.solve_triangular(triangle - shift * np.eye(len(f)), f)
                total += (c * shift.conj() * np.vdot(inverse, f) + d * (f.conj() @ (triangle @ inverse))).real
            density[i, k] = -total / (2 * np.pi)
    return density


def row(name, ours, other, note, apart):
    print(f"| {name} | {ours:.3f} | {other:.3f} | {other / ours:.1f} | {note} | {apart:.0e} |")


def main() -> None:
    jax.config.update("jax_enable_x64", True)
    print("float64, CPU seconds of one core, best of three\n")
    print("| | replica | NumPy and SciPy | ratio | peer | largest difference |")
    print("|---|---|---|---|---|---|")
    grid = quadrature.tensor(quadrature.midpoint(NODES, -np.pi, np.pi), quadrature.trapezoid(NODES, -15, 15))
    grid = quadrature.Rule(np.ascontiguousarray(grid.nodes), grid.weights)
    ours, pairs = timed(lambda: pendulum_replica(grid))
    other, (values, residuals) = timed(lambda: pendulum_scipy(grid))
    nearest = np.abs(pairs.values[:, None] - values[None, :]).argmin(1)
    kept = pairs.residuals < 0.3  # the others are ill-conditioned eigenvalues, which differ between methods
    apart = [np.abs(pairs.residuals - residuals[nearest])[kept].max()]
    row("pendulum, eigenpairs with residuals", ours, other, "`eig`", apart[0])

    rule = quadrature.gauss_legendre(160, -1.0, 0.0)
    states = rule.nodes, interval_maps.gauss_map(rule.nodes)
    dictionary = [orthogonal_functions.legendre(2 * x + 1, 40).T for x in states]
    pencil = residual_dmd.pencil_from_values(*dictionary, rule.weights)
    axis = np.linspace(-1.5, 1.5, 61)
    points = (axis[None, :] + 1j * axis[:, None]).ravel()
    ours, tau = timed(lambda: pseudospectra.pseudospectrum(*pencil[:2], points))
    for name, peer in (("`svdvals`", plane_singular), ("`eigvalsh` of squares", plane_squared)):
        other, found = timed(partial(peer, pencil, points))
        apart.append(np.abs(tau - found).max())
        row("Gauss map, pseudospectrum", ours, other, name, apart[-1])

    size = round(25 / WIDTH)
    operator = np.eye(size, k=-1)
    observable = (0.8 * 0.6 ** np.arange(size))[:, None]
    cases = [(order, WIDTH) for order in ORDERS]
    ours, density = timed(lambda: rational_kernels.smoothed_measure(operator, observable, ANGLES, cases)[:, 0])
    begun = time.process_time()
    found = measure_scipy(operator, observable)
    apart.append(np.abs(density - found).max())
    row("tent map, smoothed measures", ours, time.process_time() - begun, "`schur`, `solve_triangular`", apart[-1])
    if not max(apart) < 1e-6:
        raise SystemExit(f"the results differ: {apart}")


if __name__ == "__main__":
    main()
