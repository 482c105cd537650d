"""Stages: both Lorenz systems, forecasts by polynomial regression and by echo state networks, and what networks are."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from replica.numerics import (
    echo_state_network,
    forecast_horizon,
    lorenz63,
    low_precision,
    multiscale_lorenz96,
    polynomial_library,
    ridge_regression,
    runge_kutta,
    seeding,
    thresholded_least_squares,
    truncated_reservoir,
)
from replica.paper import label, progress, stage

_SLUG = "pyle2021_d2r2"
_BLOCK = 2000  # training steps whose features are held at once
_MARGIN = 60  # steps between training and the first start
_WORST = 2.0  # errors are cut here in means over starts: two unrelated states are about 1.4 apart, diverging ones more
_INTEGRATORS = {"rk4": runge_kutta.runge_kutta_step, "euler": runge_kutta.euler_step}
_LORENZ63_ORDERS = [1, 2, 3, 4]
_ROUNDED = ["low", "high"]  # regimes that also forecast in short number formats
_START = {"units": "1", "long_name": "number of the start"}
_LEAD = {"units": "MTU", "long_name": "lead time"}
_REGIME = {"units": "", "long_name": "regime of the network"}
_FORMAT = {"units": "", "long_name": "number format"}
_MODE = {"units": "", "long_name": "what is rounded"}
_VALID = "time until the relative error passes its threshold"
_ERROR = "relative error, mean over starts of the error or 2 where it is larger"


# --- data ---------------------------------------------------------------------------------------------------------


@stage()
def lorenz96(tiers, forcing, damping, step, transient, data_seed, duration):
    """Slow variables of the three-tier Lorenz 96 system, less one mean, over one standard deviation."""
    derivative = multiscale_lorenz96.derivative_of(forcing=forcing, damping=damping)
    start = multiscale_lorenz96.random_state(seeding.generator(_SLUG, "lorenz96", data_seed), tuple(tiers))
    _, slow = runge_kutta.trajectory(
        derivative, start, step, transient + duration, observe=multiscale_lorenz96.slow_variables
    )
    slow = np.asarray(slow[transient:])
    mean, deviation = slow.mean(), slow.std()
    return xr.Dataset(
        {
            "state": (("time", "site"), (slow - mean) / deviation, label("X, normalised")),
            "mean": ((), mean, label("mean of X")),
            "deviation": ((), deviation, label("standard deviation of X")),
        },
        coords={
            "time": ("time", np.arange(duration) * step, label("time", "MTU")),
            "site": ("site", np.arange(1, tiers[0] + 1), label("site k")),
        },
    )


@stage()
def lorenz63_data(step, transient, data_seed, lorenz63_duration):
    """Lorenz 63 by Runge-Kutta and by Euler's method, each component over its standard deviation."""
    generator = seeding.generator(_SLUG, "lorenz63", data_seed)
    start = jnp.asarray(1 + 0.01 * generator.normal(size=3))
    series = np.empty((len(_INTEGRATORS), lorenz63_duration, 3))
    for i, method in enumerate(_INTEGRATORS.values()):
        whole = runge_kutta.trajectory(lorenz63.derivative, start, step, transient + lorenz63_duration, method=method)
        series[i] = whole[1][transient:]
    scale = series.std(1)
    return xr.Dataset(
        {
            "state": (("integrator", "time", "component"), series / scale[:, None], label("x, y, z, normalised")),
            "scale": (("integrator", "component"), scale, label("standard deviation")),
        },
        coords={
            "integrator": ("integrator", list(_INTEGRATORS), label("method of integration", "")),
            "time": ("time", np.arange(lorenz63_duration) * step, label("time", "time units")),
            "component": ("component", ["x", "y", "z"], label("component", "")),
        },
    )


# --- forecasts ----------------------------------------------------------------------------------------------------


def _starts(training_steps, gap, count):
    return training_steps + _MARGIN + gap * np.arange(count)


class _Test:
    """Starts of forecasts in a series, and the measures of forecasts from them."""

    def __init__(self, series, starts, horizon, threshold, step):
        self.series, self.starts, self.horizon = np.asarray(series), starts, horizon
        self.truth = forecast_horizon.windows(series, starts, horizon)
        self.threshold, self.step = threshold, step

    def before(self, count):
        """The ``count`` true states before each start, shape (time, component, start)."""
        return jnp.asarray(forecast_horizon.windows(self.series, self.starts - count, count))

    def error(self, forecast):
        return forecast_horizon.relative_error(forecast, self.truth)

    def valid_time(self, forecast):
        return forecast_horizon.valid_time(self.error(forecast), self.threshold, self.step)

    def curve(self, forecast):
        return np.minimum(self.error(forecast), _WORST).mean(1)

    def sample(self, forecast):
        """The first component from the first start, nothing after a forecast has diverged."""
        first = np.asarray(forecast)[:, 0, 0]
        return np.where(np.abs(first) < 10, first, np.nan)


def _roundings(formats, modes):
    """Place of the format, place of the mode, (format of weights, format of everything else)."""
    exact = low_precision.FORMATS["float32"]
    for i, name in enumerate(formats):
        short = low_precision.FORMATS[name]
        pairs = {"all": (short, short), "weights": (short, exact), "all but weights": (exact, short)}
        for j, mode in enumerate(modes):
            yield i, j, pairs[mode]


_polynomial_run = partial(jax.jit, static_argnames="steps")(polynomial_library.free_run)


@partial(jax.jit, static_argnames="steps")
def _rounded_polynomial_run(library, weights, state, of_weights, of_rest, steps):
    weights = low_precision.round_to(of_weights, weights)
    return polynomial_library.free_run(library, weights, state, steps, partial(low_precision.round_to, of_rest))


def _polynomial_forecasts(series, orders, windows, test, training_steps, ridge, formats, modes):
    """Measures of all libraries, as arrays with the library first."""
    n = series.shape[1]
    count, starts = len(orders), len(test.starts)
    found = {
        "valid_time": np.empty((count, starts)),
        "error": np.empty((count, test.horizon)),
        "sample": np.empty((count, test.horizon)),
        "features": np.empty(count, dtype=int),
        "operations": np.empty(count, dtype=int),
        "rounded_valid_time": np.empty((count, len(formats), len(modes), starts)),
    }
    last = test.before(1)[0]
    for i, (order, window) in enumerate(zip(progress(orders, "libraries"), windows, strict=True)):
        library = polynomial_library.library(n, order, window or None)
        sums = polynomial_library.training_sums(library, jnp.asarray(series[: training_steps + 1]), _BLOCK)
        weights = jnp.asarray(ridge_regression.solve(sums, ridge))
        forecast = _polynomial_run(library, weights, last, test.horizon)
        for name, measure in (("valid_time", test.valid_time), ("error", test.curve), ("sample", test.sample)):
            found[name][i] = measure(forecast)
        found["features"][i] = polynomial_library.size(library, n)
        found["operations"][i] = n * found["features"][i] + polynomial_library.multiplications(library)
        short = weights.astype(jnp.float32), last.astype(jnp.float32)
        for f, m, pair in _roundings(formats, modes):
            forecast = _rounded_polynomial_run(library, *short, *pair, test.horizon)
            found["rounded_valid_time"][i, f, m] = test.valid_time(forecast)
    return found


def _library_name(order, window):
    return f"p = {order}" + (f", w = {window}" if window else "")


def _polynomial_dataset(found, names, formats, modes, test):
    rows = {
        "valid_time": (("start",), label(_VALID, "MTU")),
        "error": (("lead_time",), label(_ERROR)),
        "sample": (("lead_time",), label("forecast of the first component from the first start")),
        "features": ((), label("number of features")),
        "operations": ((), label("multiplications and additions a step")),
        "rounded_valid_time": (("formats", "modes", "start"), label(_VALID + ", short number formats", "MTU")),
    }
    coords = {
        "library": ("library", names, label("degree p, and window w where there is one", "")),
        "formats": ("formats", formats, _FORMAT),
        "modes": ("modes", modes, _MODE),
        "start": ("start", np.arange(len(test.starts)), _START),
        "lead_time": ("lead_time", (np.arange(test.horizon) + 1) * test.step, _LEAD),
    }
    data = {name: (("library", *rows[name][0]), values, rows[name][1]) for name, values in found.items()}
    data["truth"] = (("lead_time",), test.truth[:, 0, 0], label("first component from the first start"))
    return xr.Dataset(data, coords=coords)


@stage(nan=("sample",))
def polynomials(
    lorenz96, orders, windows, formats, modes, training_steps, starts, gap, horizon, threshold, ridge, step
):
    """D2R2 on Lorenz 96: polynomial ridge regression of the next state, forecasts in all number formats."""
    series = lorenz96.state.values
    test = _Test(series, _starts(training_steps, gap, starts), horizon, threshold, step)
    found = _polynomial_forecasts(series, orders, windows, test, training_steps, ridge, formats, modes)
    names = [_library_name(*pair) for pair in zip(orders, windows, strict=True)]
    return _polynomial_dataset(found, names, formats, modes, test)


@stage(nan=("sample",))
def lorenz63_polynomials(
    lorenz63_data,
    formats,
    lorenz63_training_steps,
    lorenz63_starts,
    lorenz63_gap,
    lorenz63_horizon,
    threshold,
    ridge,
    step,
):
    """D2R2 on Lorenz 63."""
    series = lorenz63_data.state.sel(integrator="rk4").values
    starts = _starts(lorenz63_training_steps, lorenz63_gap, lorenz63_starts)
    test = _Test(series, starts, lorenz63_horizon, threshold, step)
    windows = [0] * len(_LORENZ63_ORDERS)
    training = lorenz63_training_steps, ridge
    found = _polynomial_forecasts(series, _LORENZ63_ORDERS, windows, test, *training, formats, ["all"])
    names = [_library_name(order, 0) for order in _LORENZ63_ORDERS]
    return _polynomial_dataset(found, names, formats, ["all"], test)


def _reservoir(regime, nodes, inputs, seed, radius, degree, input_scale):
    generator = seeding.generator(_SLUG, "reservoir", regime, nodes, seed)
    options = {"radius": radius, "degree": degree, "input_scale": input_scale}
    return echo_state_network.reservoir(generator, nodes, inputs, **options)


def _trained(reservoir, series, training_steps, ridge, features, activation=jnp.tanh):
    """Readout weights of a network driven by the series."""
    seen = jnp.asarray(series[: training_steps + 1])
    sums = echo_state_network.training_sums(reservoir, seen, features, _BLOCK, activation)
    return jnp.asarray(ridge_regression.solve(sums, ridge))


@jax.jit
def _driven(reservoir, inputs):
    return echo_state_network.drive(reservoir, inputs, jnp.zeros((reservoir.source.size, inputs.shape[2])))


_run = partial(jax.jit, static_argnames=("features", "steps", "activation"))(echo_state_network.free_run)


@partial(jax.jit, static_argnames=("features", "steps"))
def _rounded_run(reservoir, weights, state, of_weights, of_rest, features, steps):
    short = partial(low_precision.round_to, of_weights)
    reservoir = reservoir._replace(values=short(reservoir.values), source_weight=short(reservoir.source_weight))
    rounding = partial(low_precision.round_to, of_rest)
    return echo_state_network.free_run(reservoir, short(weights), state, features, steps, rounding=rounding)


def _network_forecasts(series, reservoir, features, test, training_steps, ridge, warm_ups, roundings=()):
    """Measures of one network: trained, warmed up for each of ``warm_ups`` steps, and rounded after the first."""
    weights = _trained(reservoir, series, training_steps, ridge, features)
    states = [_driven(reservoir, test.before(count)) for count in warm_ups]
    forecasts = [_run(reservoir, weights, state, features, test.horizon) for state in states]
    short = echo_state_network.as_type((reservoir, weights, states[0]), jnp.float32)
    rounded = [test.valid_time(_rounded_run(*short, *pair, features, test.horizon)) for *_, pair in roundings]
    return {
        "valid_time": np.stack([test.valid_time(forecast) for forecast in forecasts]),
        "error": test.curve(forecasts[0]),
        "sample": test.sample(forecasts[0]),
        "operations": echo_state_network.operations(reservoir, features, series.shape[1]),
        "rounded_valid_time": np.stack(rounded) if rounded else None,
    }


def _network_dataset(found, regimes, test, split, values, warm_ups, formats, modes):
    """Dataset of measures of networks, ``found[i][j]`` of regime j for value i of the parameter ``split``."""
    rows = {
        "valid_time": (("warm_ups", "start"), label(_VALID, "MTU")),
        "error": (("lead_time",), label(_ERROR)),
        "sample": (("lead_time",), label("forecast of the first component from the first start")),
        "operations": ((), label("multiplications and additions a step")),
    }
    data = {
        name: ((split, "regime", *dims), np.stack([[each[name] for each in row] for row in found]), attributes)
        for name, (dims, attributes) in rows.items()
    }
    if modes:
        short = np.stack(
            [[each["rounded_valid_time"] for each in row if each["rounded_valid_time"] is not None] for row in found]
        )
        dims = (split, "rounded_regime", "formats", "modes", "start")
        short = short.reshape(*short.shape[:2], len(formats), len(modes), -1)
        data["rounded_valid_time"] = (dims, short, label(_VALID + ", short number formats", "MTU"))
    coords = {
        split: values,
        "regime": ("regime", regimes, _REGIME),
        "warm_ups": ("warm_ups", warm_ups, label("true inputs before the forecast", "steps")),
        "start": ("start", np.arange(len(test.starts)), _START),
        "lead_time": ("lead_time", (np.arange(test.horizon) + 1) * test.step, _LEAD),
    }
    if modes:
        coords |= {
            "rounded_regime": ("rounded_regime", _ROUNDED, _REGIME),
            "formats": ("formats", formats, _FORMAT),
            "modes": ("modes", modes, _MODE),
        }
    return xr.Dataset(data, coords=coords)


@stage(split="seeds", gpu=True, nan=("sample",))
def reservoirs(
    lorenz96,
    seeds,
    nodes,
    regimes,
    radii,
    degrees,
    input_scales,
    formats,
    modes,
    training_steps,
    few_starts,
    gap,
    horizon,
    threshold,
    ridge,
    step,
    warm_up,
    long_warm_up,
):
    """Echo state networks of each regime on Lorenz 96, forecasts in all number formats."""
    series = lorenz96.state.values
    test = _Test(series, _starts(training_steps, gap, few_starts), horizon, threshold, step)
    warm_ups = [warm_up, long_warm_up]
    found = []
    for seed in seeds:
        row = []
        for regime, *options in progress(list(zip(regimes, radii, degrees, input_scales, strict=True)), "regimes"):
            reservoir = _reservoir(regime, nodes, series.shape[1], seed, *options)
            roundings = list(_roundings(formats, modes)) if regime in _ROUNDED else []
            features = echo_state_network.products
            row.append(
                _network_forecasts(series, reservoir, features, test, training_steps, ridge, warm_ups, roundings)
            )
        found.append(row)
    return _network_dataset(found, regimes, test, "seeds", seeds, warm_ups, formats, modes)


@stage(split="sizes", gpu=True, nan=("sample",))
def reservoir_sizes(
    lorenz96,
    sizes,
    size_seeds,
    regimes,
    radii,
    degrees,
    input_scales,
    training_steps,
    starts,
    gap,
    horizon,
    threshold,
    ridge,
    step,
    warm_up,
):
    """Networks of low and high spectral radius of other sizes, from all starts."""
    series = lorenz96.state.values
    test = _Test(series, _starts(training_steps, gap, starts), horizon, threshold, step)
    features = echo_state_network.products
    datasets = []
    for seed in size_seeds:
        found = []
        for size in sizes:
            row = []
            for regime in progress(_ROUNDED, "regimes"):
                i = regimes.index(regime)
                reservoir = _reservoir(regime, size, series.shape[1], seed, radii[i], degrees[i], input_scales[i])
                row.append(_network_forecasts(series, reservoir, features, test, training_steps, ridge, [warm_up]))
            found.append(row)
        datasets.append(_network_dataset(found, _ROUNDED, test, "sizes", sizes, [warm_up], [], []))
    joined = xr.concat(datasets, "size_seeds", coords="minimal", compat="identical", combine_attrs="identical")
    return joined.assign_coords(size_seeds=size_seeds).transpose("sizes", "size_seeds", ...)


@stage(split="lorenz63_seeds", nan=("sample",))
def lorenz63_reservoirs(
    lorenz63_data,
    lorenz63_seeds,
    lorenz63_nodes,
    regimes,
    radii,
    degrees,
    lorenz63_input_scales,
    formats,
    lorenz63_training_steps,
    lorenz63_starts,
    lorenz63_gap,
    lorenz63_horizon,
    threshold,
    ridge,
    step,
    warm_up,
):
    """Echo state networks of each regime on Lorenz 63, forecasts with everything rounded."""
    series = lorenz63_data.state.sel(integrator="rk4").values
    starts = _starts(lorenz63_training_steps, lorenz63_gap, lorenz63_starts)
    test = _Test(series, starts, lorenz63_horizon, threshold, step)
    features = echo_state_network.squares
    training = lorenz63_training_steps, ridge, [warm_up]
    found = []
    for seed in lorenz63_seeds:
        row = []
        for regime, *options in zip(regimes, radii, degrees, lorenz63_input_scales, strict=True):
            reservoir = _reservoir(regime, lorenz63_nodes, 3, seed, *options)
            roundings = list(_roundings(formats, ["all"])) if regime in _ROUNDED else []
            row.append(_network_forecasts(series, reservoir, features, test, *training, roundings))
        found.append(row)
    return _network_dataset(found, regimes, test, "lorenz63_seeds", lorenz63_seeds, [warm_up], formats, ["all"])


# --- what the networks are ----------------------------------------------------------------------------------------


@partial(jax.jit, static_argnames="elapsed")
def _distances(reservoir, inputs, states, elapsed):
    """Largest distance of a copy to the first one over the size of its state, after each time; states (node, copy)."""
    found = []
    for begin, end in zip((0, *elapsed[:-1]), elapsed, strict=True):
        states = echo_state_network.drive(reservoir, inputs[begin:end], states)
        apart = jnp.linalg.norm(states - states[:, :1], axis=0) / jnp.linalg.norm(states[:, 0])
        found.append(apart.max())
    return jnp.stack(found)


def _forgetting(reservoir, series, copies, elapsed, *stream):
    generator = seeding.generator(_SLUG, "forgetting", *stream)
    states = generator.uniform(-1, 1, (reservoir.source.size, copies))
    states[:, 0] = 0
    inputs = jnp.asarray(series[: elapsed[-1], :, None])
    return np.asarray(_distances(reservoir, inputs, jnp.asarray(states), tuple(elapsed)))


@stage()
def forgetting(lorenz96, forgetting_seeds, nodes, regimes, radii, degrees, input_scales, copies, elapsed):
    """How far apart copies of a network are that started in other states and saw the same input."""
    series = lorenz96.state.values
    low, high = (regimes.index(regime) for regime in _ROUNDED)
    found = np.empty((len(forgetting_seeds), 3, len(elapsed)))
    for i, seed in enumerate(progress(forgetting_seeds, "networks")):
        for j, regime in enumerate((low, high, high)):
            options = radii[regime], degrees[regime], input_scales[regime]
            reservoir = _reservoir(regimes[regime], nodes, series.shape[1], seed, *options)
            if j == 2:
                reservoir = reservoir._replace(values=reservoir.values * (radii[low] / radii[high]))
            found[i, j] = _forgetting(reservoir, series, copies, elapsed, nodes, seed)
    dims = ("forgetting_seeds", "case", "elapsed")
    return xr.Dataset(
        {"distance": (dims, found, label("largest relative distance of a copy to the first"))},
        coords={
            "forgetting_seeds": forgetting_seeds,
            "case": ("case", [*_ROUNDED, "high, rescaled"], _REGIME),
            "elapsed": elapsed,
        },
    )


@stage(split="sweep_radii", gpu=True)
def radius_sweep(
    lorenz96,
    sweep_radii,
    sweep_nodes,
    sweep_seeds,
    regimes,
    degrees,
    input_scales,
    copies,
    elapsed,
    ablation_training_steps,
    ablation_starts,
    gap,
    horizon,
    threshold,
    ridge,
    step,
    warm_up,
    long_warm_up,
):
    """Forecasts and forgetting against spectral radius, at the degree and input weights of the low regime."""
    series = lorenz96.state.values
    test = _Test(series, _starts(ablation_training_steps, gap, ablation_starts), horizon, threshold, step)
    warm_ups = [warm_up, long_warm_up]
    low = regimes.index("low")
    times = np.empty((len(sweep_radii), len(sweep_seeds), len(warm_ups), ablation_starts))
    distances = np.empty((len(sweep_radii), len(sweep_seeds), len(elapsed)))
    features = echo_state_network.products
    for i, j in np.ndindex(distances.shape[:2]):
        options = sweep_radii[i], degrees[low], input_scales[low]
        reservoir = _reservoir("sweep", sweep_nodes, series.shape[1], sweep_seeds[j], *options)
        found = _network_forecasts(series, reservoir, features, test, ablation_training_steps, ridge, warm_ups)
        times[i, j] = found["valid_time"]
        distances[i, j] = _forgetting(reservoir, series, copies, elapsed, sweep_nodes, sweep_seeds[j])
    dims = ("sweep_radii", "sweep_seeds")
    words = "largest relative distance of a copy to the first"
    return xr.Dataset(
        {
            "valid_time": ((*dims, "warm_ups"), times.mean(-1), label(_VALID + ", mean over starts", "MTU")),
            "distance": ((*dims, "elapsed"), distances, label(words)),
        },
        coords={
            "sweep_radii": sweep_radii,
            "sweep_seeds": sweep_seeds,
            "warm_ups": ("warm_ups", warm_ups, label("true inputs before the forecast", "steps")),
            "elapsed": elapsed,
        },
    )


@partial(jax.jit, static_argnames=("features", "activation"))
def _outputs(reservoir, weights, series, features, activation=jnp.tanh):
    """Forecasts û(t) of the driven network, t = 1 .. N, for a series u(0) .. u(N - 1)."""

    def advance(state, u):
        state = echo_state_network.step(reservoir, state, u, activation)
        return state, weights @ features(state)

    return jax.lax.scan(advance, jnp.zeros(reservoir.source.size), series)[1]


def _share_unexplained(library, inputs, targets, samples, ridge):
    """1 - R² on the second half of the samples of a polynomial fitted to the first half."""
    features = np.asarray(polynomial_library.evaluate(library, jnp.asarray(inputs.T)).T)
    weights = ridge_regression.fit(features[:samples], targets[:samples], ridge)
    held_out = targets[samples:]
    residual = held_out - features[samples:] @ weights.T
    return (residual**2).sum() / ((held_out - held_out.mean(0)) ** 2).sum()


@stage()
def polynomial_fits(
    lorenz96,
    regimes,
    radii,
    degrees,
    input_scales,
    ablation_nodes,
    ablation_seed,
    ablation_training_steps,
    samples,
    fitted_orders,
    ridge,
):
    """How well polynomials of the last inputs explain the increments û(t) - u(t-1) of driven networks."""
    series = lorenz96.state.values
    low, high = (regimes.index(regime) for regime in _ROUNDED)
    memories = [1, 2]
    features = echo_state_network.products
    stretch = jnp.asarray(series[ablation_training_steps:][: _MARGIN + 2 * samples])
    found = np.empty((2, len(memories), len(fitted_orders)))
    for i, radius in enumerate((radii[low], radii[high])):
        reservoir = _reservoir(
            "low", ablation_nodes, series.shape[1], ablation_seed, radius, degrees[low], input_scales[low]
        )
        weights = _trained(reservoir, series, ablation_training_steps, ridge, features)
        outputs = _outputs(reservoir, weights, stretch, features)
        increments = np.asarray(outputs - stretch)[-2 * samples :]
        for j, memory in enumerate(memories):
            end = len(stretch)
            last = [np.asarray(stretch[end - 2 * samples - m : end - m]) for m in range(memory)]
            for k, order in enumerate(fitted_orders):
                library = polynomial_library.library(memory * series.shape[1], order)
                found[i, j, k] = _share_unexplained(library, np.concatenate(last, axis=1), increments, samples, ridge)
    dims = ("radius", "memory", "fitted_orders")
    return xr.Dataset(
        {"unexplained": (dims, found, label("share of the variance of held-out increments not explained, 1 - R²"))},
        coords={
            "radius": ("radius", [radii[low], radii[high]], label("spectral radius")),
            "memory": ("memory", memories, label("number of last inputs")),
            "fitted_orders": fitted_orders,
        },
    )


@stage()
def ablations(
    lorenz96,
    regimes,
    radii,
    degrees,
    input_scales,
    ablation_nodes,
    ablation_seed,
    ablation_training_steps,
    ablation_starts,
    memories,
    gap,
    horizon,
    threshold,
    ridge,
    step,
    warm_up,
):
    """Valid times of networks of finite memory, and of low-radius networks that lack one of their pieces."""
    series = lorenz96.state.values
    test = _Test(series, _starts(ablation_training_steps, gap, ablation_starts), horizon, threshold, step)
    networks = [
        _reservoir(regime, ablation_nodes, series.shape[1], ablation_seed, radii[i], degrees[i], input_scales[i])
        for regime in _ROUNDED
        for i in [regimes.index(regime)]
    ]
    seen = jnp.asarray(series)
    products = echo_state_network.products

    def whole(reservoir, features=products, activation=jnp.tanh):
        weights = _trained(reservoir, series, ablation_training_steps, ridge, features, activation)
        return test.valid_time(
            echo_state_network.forecast(reservoir, weights, test.before(warm_up), features, horizon, activation)
        )

    def truncated(reservoir, memory):
        training = seen[: ablation_training_steps + memory]
        sums = truncated_reservoir.training_sums(reservoir, training, products, memory, ablation_training_steps, _BLOCK)
        weights = jnp.asarray(ridge_regression.solve(sums, ridge))
        return test.valid_time(truncated_reservoir.forecast(reservoir, weights, test.before(memory), products, horizon))

    low = networks[0]
    pieces = {
        "none": lambda: whole(low),
        "output nonlinearity": lambda: whole(low, echo_state_network.plain),
        "recurrence": lambda: whole(low._replace(values=0 * low.values)),
        "activation": lambda: whole(low, activation=echo_state_network.identity),
        "products, but squares": lambda: whole(low, echo_state_network.squares),
    }
    lacking = [piece() for piece in progress(pieces.values(), "pieces")]
    of_memory = [[truncated(reservoir, memory) for memory in memories] for reservoir in progress(networks, "memories")]
    return xr.Dataset(
        {
            "valid_time": (("regime", "memories", "start"), np.array(of_memory), label(_VALID, "MTU")),
            "whole_valid_time": (
                ("regime", "start"),
                np.array([lacking[0], whole(networks[1])]),
                label(_VALID + ", memory not limited", "MTU"),
            ),
            "ablated_valid_time": (("lacking", "start"), np.array(lacking), label(_VALID, "MTU")),
        },
        coords={
            "regime": ("regime", _ROUNDED, _REGIME),
            "memories": memories,
            "lacking": ("lacking", list(pieces), label("what the network lacks", "")),
            "start": ("start", np.arange(ablation_starts), _START),
        },
    )


@stage()
def coefficients(lorenz63_data, lorenz63_training_steps, cutoff, step):
    """Coefficients of Lorenz 63 from its data: D2R2's map, ridge regression of differences, and sparse regression."""
    library = polynomial_library.library(3, 2)
    powers = polynomial_library.exponents(library, 3)
    true = lorenz63.coefficients(powers)
    found = np.empty((len(_INTEGRATORS), 3, *true.shape))
    for i, integrator in enumerate(lorenz63_data.integrator.values):
        series = lorenz63_data.state.sel(integrator=integrator).values[: lorenz63_training_steps + 1]
        scale = lorenz63_data.scale.sel(integrator=integrator).values
        features = np.asarray(polynomial_library.evaluate(library, jnp.asarray(series[:-1].T)).T)
        units = scale[:, None] / np.prod(scale[None, :] ** powers, axis=1)[None, :]
        identity = (powers[None] == np.eye(3, dtype=int)[:, None]).all(2)
        map_weights = ridge_regression.fit(features, series[1:], 0.0)
        found[i, 0] = units * (map_weights - identity) / step
        found[i, 1] = units * ridge_regression.fit(features, np.diff(series, axis=0) / step, 0.0)
        physical = series * scale
        plain = np.asarray(polynomial_library.evaluate(library, jnp.asarray(physical[:-1].T)).T)
        found[i, 2] = thresholded_least_squares.fit(plain, np.diff(physical, axis=0) / step, cutoff)
    error = np.abs(found - true).max((2, 3))
    dims = ("integrator", "regression")
    methods = ["D2R2 map", "ridge regression", "thresholded"]
    names = ["1", "x", "y", "z", "x²", "xy", "xz", "y²", "yz", "z²"]
    return xr.Dataset(
        {
            "coefficient": ((*dims, "component", "term"), found, label("coefficient of a term")),
            "true": (("component", "term"), true, label("coefficient of the equations")),
            "error": (dims, error, label("largest difference to the coefficients of the equations")),
            "terms": (dims, (found != 0).sum((2, 3)), label("terms that are not zero")),
            "disagreement": (
                "integrator",
                np.abs(found[:, 0] - found[:, 1]).max((1, 2)),
                label("largest difference between the D2R2 map and ridge regression"),
            ),
        },
        coords={
            "integrator": ("integrator", lorenz63_data.integrator.values, label("method of integration", "")),
            "regression": ("regression", methods, label("method of regression", "")),
            "component": ("component", ["x", "y", "z"], label("component", "")),
            "term": ("term", names, label("term", "")),
        },
    )
