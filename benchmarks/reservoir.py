"""Echo state networks and polynomial regression on Lorenz data: here against reservoirpy, pysindy and scikit-learn.

    ./run python benchmarks/reservoir.py [--nodes 800] [--steps 20000] [--starts 100]

One core, float64, the same data, matrices and penalties on both sides.  Prints the times, each the best of three after
compilation; ends with an error where the results differ.

What bounds training is the product Σ r rᵀ, a row of its own: NumPy's (the peer's) is BLAS's symmetric product near the
peak of the core, ours does 5/8 of the whole product by XLA.  One network in a row is bound by gathers and tanh of one
state; many forecasts side by side are not, since neighbouring numbers are then gathered together.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from scipy import sparse  # noqa: E402

from replica.numerics import (  # noqa: E402
    echo_state_network,
    lorenz63,
    multiscale_lorenz96,
    polynomial_library,
    ridge_regression,
    runge_kutta,
    thresholded_least_squares,
)

RIDGE, WARM_UP, HORIZON = 1e-4, 50, 200
RIVAL_STARTS = 4  # forecast one after the other by reservoirpy; its time is per step and start


def timed(work: Callable, times: int = 3) -> tuple[object, float, float]:
    """Result, seconds of the best of ``times`` runs, seconds by which a first one took longer."""
    seconds = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        result = jax.block_until_ready(work())
        seconds.append(time.perf_counter() - begun)
    return result, min(seconds[1:]), max(seconds[0] - min(seconds[1:]), 0.0)


def lorenz96_series(steps: int) -> np.ndarray:
    start = multiscale_lorenz96.random_state(np.random.default_rng(0), (8, 8, 8))
    derivative = multiscale_lorenz96.derivative_of()
    observe = multiscale_lorenz96.slow_variables
    _, slow = runge_kutta.trajectory(derivative, start, 0.005, 2000 + steps, observe=observe)
    slow = np.asarray(slow[2000:])
    return (slow - slow.mean()) / slow.std()


def check(what: str, difference: float, bound: float) -> None:
    if not difference < bound:
        raise SystemExit(f"{what} differ: {difference:.1e}, expected less than {bound:.0e}")


def networks(nodes: int, steps: int, starts: int) -> list[tuple]:
    """States, training and forecasts of one network: rows of (what, unit, ours, theirs, name, compilation)."""
    import reservoirpy
    from reservoirpy.nodes import Reservoir, Ridge

    name = f"reservoirpy {reservoirpy.__version__}"
    gap = 20
    series = lorenz96_series(steps + WARM_UP + HORIZON + gap * starts + 1)
    options = {"radius": 0.1, "degree": 3, "input_scale": 0.5}
    own = echo_state_network.reservoir(np.random.default_rng(1), nodes, 8, **options)
    training = jnp.asarray(series[: steps + 1])
    plain = echo_state_network.plain

    matrix = np.zeros((nodes, nodes))
    for values, columns in zip(np.asarray(own.values), np.asarray(own.columns), strict=True):
        matrix[np.arange(nodes), columns] += values
    inputs = np.zeros((nodes, 8))
    inputs[np.arange(nodes), np.asarray(own.source)] = np.asarray(own.source_weight)

    def peer() -> Reservoir:
        return Reservoir(W=sparse.csr_array(matrix), Win=sparse.csr_array(inputs), bias=0.0, lr=1.0)

    @jax.jit
    def states(reservoir, inputs):
        def advance(r, u):
            r = echo_state_network.step(reservoir, r, u)
            return r, r

        return jax.lax.scan(advance, jnp.zeros(nodes), inputs)[1]

    rows = []
    driven, seconds, compiling = timed(lambda: states(own, training[:-1]))
    theirs, other, _ = timed(lambda: peer().run(series[:steps]))
    check("states", float(np.abs(driven - theirs).max()), 1e-10)
    rows.append(("states", "µs a step", seconds / steps * 1e6, other / steps * 1e6, name, compiling))

    def trained():
        return ridge_regression.solve(echo_state_network.training_sums(own, training, plain, 2000), RIDGE)

    def trained_by_peer():
        readout = Ridge(ridge=RIDGE, fit_bias=False)
        return readout.fit(peer().run(series[:steps]), series[1 : steps + 1])

    weights, seconds, compiling = timed(trained)
    readout, other, _ = timed(trained_by_peer)
    predictions = [np.asarray(driven) @ w for w in (np.asarray(weights).T, readout.Wout)]
    check("predictions after training", float(np.abs(predictions[0] - predictions[1]).max()), 1e-5)
    rows.append(("states and training", "µs a step", seconds / steps * 1e6, other / steps * 1e6, name, compiling))

    block = 2000
    add, sums, targets = jax.jit(ridge_regression.add), ridge_regression.zeros(nodes, 8), jnp.zeros((block, 8))
    some = driven[:block]
    rows_of_numpy = np.asarray(some)
    _, seconds, compiling = timed(lambda: add(sums, some, targets))
    _, other, _ = timed(lambda: rows_of_numpy.T @ rows_of_numpy)
    rows.append(("Σ r rᵀ alone", "µs a step", seconds / block * 1e6, other / block * 1e6, "NumPy", compiling))

    places = steps + gap * np.arange(starts)
    warm_up = jnp.asarray(np.stack([series[p : p + WARM_UP] for p in places], axis=2))
    own_weights = jnp.asarray(readout.Wout.T)
    forecast, seconds, compiling = timed(lambda: echo_state_network.forecast(own, own_weights, warm_up, plain, HORIZON))

    def forecast_by_peer():
        found = np.empty((HORIZON, 8, RIVAL_STARTS))
        for i, place in enumerate(places[:RIVAL_STARTS]):
            reservoir = peer()
            output = readout.step(reservoir.run(series[place : place + WARM_UP])[-1])
            for t in range(HORIZON):
                found[t, :, i] = output
                output = readout.step(reservoir.step(output))
        return found

    theirs, other, _ = timed(forecast_by_peer)
    check("forecasts", float(np.abs(forecast[:20, :, :RIVAL_STARTS] - theirs[:20]).max()), 1e-6)
    scale = 1e6 / (HORIZON + WARM_UP)
    rows.append(
        ("forecasts", "µs a step and start", seconds / starts * scale, other / RIVAL_STARTS * scale, name, compiling)
    )
    return rows


def regressions(steps: int) -> list[tuple]:
    """Ridge regression of degree 3 on Lorenz 96, and sparse regression of degree 2 on Lorenz 63."""
    import pysindy
    import sklearn
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import PolynomialFeatures

    name = f"pysindy {pysindy.__version__}"
    series = lorenz96_series(steps + 1)
    library = polynomial_library.library(8, 3)

    def own():
        sums = polynomial_library.training_sums(library, jnp.asarray(series), 2000)
        return ridge_regression.solve(sums, RIDGE)

    def by_pysindy():
        # A threshold of 0 and one round without a second fit: ridge regression, nothing dropped.
        optimizer = pysindy.STLSQ(threshold=0.0, alpha=RIDGE, max_iter=1, unbias=False)
        model = pysindy.DiscreteSINDy(optimizer=optimizer, feature_library=pysindy.PolynomialLibrary(degree=3))
        return model.fit(series, t=1).coefficients()

    def by_sklearn():
        features = PolynomialFeatures(3).fit_transform(series[:-1])
        return Ridge(RIDGE, fit_intercept=False, solver="cholesky").fit(features, series[1:]).coef_

    rows = []
    weights, seconds, compiling = timed(own)
    for rival, fit in ((name, by_pysindy), (f"scikit-learn {sklearn.__version__}", by_sklearn)):
        theirs, other, _ = timed(fit)
        check(f"coefficients of {rival}", float(np.abs(weights - theirs).max()), 1e-6)
        rows.append(("ridge regression, 165 features", "ms", seconds * 1e3, other * 1e3, rival, compiling))

    start = jnp.asarray([1.0, 1.0, 20.0])
    _, states = runge_kutta.trajectory(lorenz63.derivative, start, 0.005, steps + 1, runge_kutta.euler_step)
    states = np.asarray(states)
    small = polynomial_library.library(3, 2)
    rates = np.diff(states, axis=0) / 0.005
    evaluate = jax.jit(polynomial_library.evaluate)

    def own_sparse():
        features = np.asarray(evaluate(small, jnp.asarray(states[:-1].T))).T
        return thresholded_least_squares.fit(features, rates, 0.1)

    def sparse_by_pysindy():
        optimizer = pysindy.STLSQ(threshold=0.1, alpha=0.0, max_iter=10)
        model = pysindy.SINDy(optimizer=optimizer, feature_library=pysindy.PolynomialLibrary(degree=2))
        return model.fit(states[:-1], t=0.005, x_dot=rates).coefficients()

    found, seconds, compiling = timed(own_sparse)
    theirs, other, _ = timed(sparse_by_pysindy)
    check("sparse coefficients", float(np.abs(found - theirs).max()), 1e-8)
    rows.append(("sparse regression, 10 features", "ms", seconds * 1e3, other * 1e3, name, compiling))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for word, value in (("nodes", 800), ("steps", 20000), ("starts", 100)):
        parser.add_argument(f"--{word}", type=int, default=value)
    chosen = parser.parse_args()
    try:
        with jax.enable_x64(True):
            rows = networks(chosen.nodes, chosen.steps, chosen.starts) + regressions(chosen.steps)
    except ImportError as error:
        raise SystemExit(f"this comparison needs {error.name}: pip install reservoirpy pysindy") from None
    print(f"{chosen.nodes} nodes, {chosen.steps} steps, {chosen.starts} starts, float64, one thread\n")
    print("| | unit | replica | peer | peer | ratio | compilation, s |")
    print("|---|---|---|---|---|---|---|")
    for what, unit, ours, theirs, rival, compiling in rows:
        print(f"| {what} | {unit} | {ours:.3g} | {theirs:.3g} | {rival} | {theirs / ours:.1f} | {compiling:.1f} |")


if __name__ == "__main__":
    main()
