"""Stages: theory, simulated networks, and the comparison of both."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from replica.numerics import (
    dynamical_mean_field,
    monte_carlo_mean_field,
    participation_ratio,
    rate_networks,
    seeding,
    two_site_cavity,
)
from replica.paper import label, progress, stage

_FREQUENCIES = 512  # points of the frequency integral on each side
_RESOLUTION = 4  # frequency steps in 1 - β
_TIME_STEP = 0.25  # of the theory's curves, τ
_QUANTITIES = ["state", "rate"]  # x and φ
_DIRECTIONS = 3  # of the control with projected activity
_LAG = {"units": "τ", "long_name": "time lag"}
_QUANTITY = {"units": "", "long_name": "state x or rate φ of a unit"}


# --- theory -------------------------------------------------------------------------------------------------------


def _grid(beta):
    """Longest lag, and number of lags, that give the frequency integral its step of (1 - β)/4."""
    lag_max = _RESOLUTION * np.pi / (1 - beta)
    return lag_max, 2 ** int(np.ceil(np.log2(max(lag_max / 0.05, 2 * _FREQUENCIES))))


def _four_point(mean_field, filtered=None):
    """Ψ^φ and the part of Ψ^x beyond C_x C_x of independent couplings; filtered: S_x(ω), 1/(1 + iω) where None."""
    step = np.pi / mean_field.lags[-1]
    frequencies = step * np.arange(_FREQUENCIES + 1)
    response = mean_field.response * (1 / (1 + 1j * frequencies) if filtered is None else filtered(frequencies))
    rate, state = (
        dynamical_mean_field.spectrum(values, mean_field.lags[1])[: _FREQUENCIES + 1]
        for values in (mean_field.rate, mean_field.state)
    )
    return (
        two_site_cavity.state_function(state, response, mean_field.gain, step),
        two_site_cavity.rate_function(rate, response, mean_field.gain, step),
    )


def _decay_time(values, times):
    """Time at which a curve that starts at 1 reaches 1/e, linear in its logarithm; NaN where it does not."""
    below = np.flatnonzero(values < np.exp(-1))
    if not below.size or below[0] == 0:
        return np.nan
    at = slice(below[0] - 1, below[0] + 1)
    # A value past zero has no logarithm: there the line is drawn to a value that is small, but positive.
    logarithm = np.log(np.maximum(values[at], 1e-6))
    return np.interp(1.0, -logarithm, times[at])


@stage
def theory(gains, lag_max):
    """Mean-field theory and two-site theory for φ = erf: autocovariances, Ψ(τ, τ), dimension, time scales."""
    lags = np.arange(0, lag_max + _TIME_STEP / 2, _TIME_STEP)
    curves = np.empty((2, 2, len(gains), lags.size))  # autocovariance or Ψ, quantity, gain, lag
    scalars = np.empty((7, len(gains)))
    for i, gain in enumerate(progress(gains, "gains")):
        kernel = dynamical_mean_field.erf_kernel
        variance = dynamical_mean_field.chaotic_variance(kernel, gain)
        slow = 1 - (gain * kernel(variance).response) ** 2
        field = dynamical_mean_field.chaotic_state(kernel, gain, *_grid(1 - slow))
        long_lags = np.linspace(0, 6 / slow, 601)
        psi = []
        for j, (function, own) in enumerate(zip(_four_point(field), (field.state, field.rate), strict=True)):
            added = [np.interp(at, field.lags, own) ** 2 if j == 0 else 0 for at in (lags, long_lags)]
            curves[0, j, i] = np.interp(lags, field.lags, own)
            curves[1, j, i] = two_site_cavity.equal_lags(function, lags) + added[0]
            psi.append(two_site_cavity.equal_lags(function, long_lags) + added[1])
        shape, own_shape = psi[1] / psi[1][0], (field.rate / field.rate[0]) ** 2
        tail, own_tail = long_lags >= 3 / slow, (own_shape < 1e-2) & (own_shape > 1e-5)
        scalars[:, i] = [
            variance,
            1 - slow,
            _decay_time(shape, long_lags),
            _decay_time(own_shape, field.lags),
            -np.polyfit(long_lags[tail], np.log(shape[tail]), 1)[0],
            -np.polyfit(field.lags[own_tail], np.log(own_shape[own_tail]), 1)[0],
            slow,
        ]
    dims = ("quantity", "gains")
    dimension = two_site_cavity.dimension(curves[0, :, :, 0], curves[1, :, :, 0])
    return xr.Dataset(
        {
            "autocovariance": ((*dims, "lag"), curves[0], label("autocovariance C of a unit")),
            "cross_covariance": ((*dims, "lag"), curves[1], label("four-point function Ψ(τ, τ)")),
            "dimension": (dims, dimension, label("participation ratio per unit D")),
            "variance": ("gains", scalars[0], label("variance of the state")),
            "beta": ("gains", scalars[1], label("β = g²⟨φ'⟩²")),
            "population_time": ("gains", scalars[2], label("1/e time of Ψ(τ, τ) of the rate", "τ")),
            "unit_time": ("gains", scalars[3], label("1/e time of the squared autocovariance of the rate", "τ")),
            "tail_rate": ("gains", scalars[4], label("decay rate of the tail of Ψ(τ, τ) of the rate", "1/τ")),
            "unit_tail_rate": ("gains", scalars[5], label("decay rate of the tail of C² of the rate", "1/τ")),
            "slow_rate": ("gains", scalars[6], label("1 - β", "1/τ")),
        },
        coords={"gains": gains, "lag": ("lag", lags, _LAG), "quantity": ("quantity", _QUANTITIES, _QUANTITY)},
    )


def _case_names(kinds, gains):
    return [f"{kind}, g = {gain:g}" for kind, gain in zip(kinds, gains, strict=True)]


def _case(names):
    return ("case", names, {"units": "", "long_name": "unit dynamics and gain"})


@stage
def other_units_theory(unit_kinds, unit_gains, unit_noise):
    """Dimension of the rate for other unit dynamics: φ = tanh, filters of second order, white noise."""
    dimension, variance = [], []
    for kind, gain, noise in zip(unit_kinds, unit_gains, unit_noise, strict=True):
        order = 2 if kind == "second order" else 1
        kernel = dynamical_mean_field.hermite_kernel(np.tanh) if kind == "tanh" else dynamical_mean_field.erf_kernel
        field = dynamical_mean_field.filtered_state(kernel, gain, order=order, noise=noise)
        # The lags of the iteration end where C has vanished; more of them, all zero, refine the frequencies.
        spacing = field.lags[1]
        lags = spacing * np.arange(max(field.lags.size, round(_RESOLUTION * np.pi / (1 - field.beta) / spacing) + 1))
        padded = np.zeros((2, lags.size))
        padded[:, : field.lags.size] = field.state, field.rate
        field = field._replace(lags=lags, state=padded[0], rate=padded[1])
        _, function = _four_point(field, lambda w, order=order: (1 + 1j * w) ** -order)
        dimension.append(two_site_cavity.dimension(field.rate[0], two_site_cavity.equal_lags(function, [0.0])[0]))
        variance.append(field.variance)
    return xr.Dataset(
        {
            "dimension": ("case", dimension, label("participation ratio per unit D of the rate")),
            "variance": ("case", variance, label("variance of the state")),
        },
        coords={"case": _case(_case_names(unit_kinds, unit_gains))},
    )


@stage(split="symmetries")
def symmetric_theory(symmetries, gain, lag_max, realisations, realisation_duration, iterations, averaged_iterations):
    """Monte Carlo mean-field theory and two-site theory for partially symmetric couplings.

    Beside the formula itself, with the same C_φ and S_φ: that of independent couplings, and that of the symmetry -ε.
    """
    lags = np.arange(0, lag_max + _TIME_STEP / 2, _TIME_STEP)
    start = dynamical_mean_field.chaotic_state(dynamical_mean_field.erf_kernel, gain, lag_max, 1000)
    curves = np.empty((2, len(symmetries), lags.size))
    scalars = np.empty((5, len(symmetries)))
    for i, symmetry in enumerate(symmetries):
        field = monte_carlo_mean_field.monte_carlo_mean_field(
            seeding.key("clark2023_dimension", "symmetric_theory", symmetry),
            rate_networks.erf_transfer,
            gain,
            symmetry,
            lambda at: np.interp(at, start.lags, start.rate, right=0.0),
            start.response,
            count=realisations,
            duration=realisation_duration,
            undamped=iterations,
            averaged=averaged_iterations,
        )
        spacing = field.lags[1]
        padded = np.zeros(round(_RESOLUTION * np.pi / (1 - start.beta) / spacing) + 1)
        size = min(padded.size, field.rate.size)
        padded[:size] = field.rate[:size]
        step = np.pi / (spacing * (padded.size - 1))
        frequencies = step * np.arange(min(_FREQUENCIES + 1, padded.size))
        spectrum = dynamical_mean_field.spectrum(padded, spacing)[: frequencies.size]
        response = monte_carlo_mean_field.response_spectrum(field.amplitudes, frequencies)
        functions = [
            two_site_cavity.rate_function(spectrum, response, gain, step, used) for used in (symmetry, 0.0, -symmetry)
        ]
        curves[:, i] = np.interp(lags, field.lags, field.rate), two_site_cavity.equal_lags(functions[0], lags)
        cross = [two_site_cavity.equal_lags(function, [0.0])[0] for function in functions]
        scalars[:, i] = [
            *two_site_cavity.dimension(padded[0], np.array(cross)),
            field.fit_error,
            gain * np.abs(response).max(),
        ]
    d = "participation ratio per unit D of the rate"
    return xr.Dataset(
        {
            "autocovariance": (("symmetries", "lag"), curves[0], label("autocovariance C of the rate of a unit")),
            "cross_covariance": (("symmetries", "lag"), curves[1], label("Ψ(τ, τ) of the rate")),
            "dimension": ("symmetries", scalars[0], label(d)),
            "independent_dimension": ("symmetries", scalars[1], label(d + ", formula of independent couplings")),
            "opposite_dimension": ("symmetries", scalars[2], label(d + ", formula of the opposite symmetry")),
            "fit_error": ("symmetries", scalars[3], label("error of the response as a sum of exponentials")),
            "largest_response": ("symmetries", scalars[4], label("largest g|S_φ(ω)|")),
        },
        coords={"symmetries": symmetries, "lag": ("lag", lags, _LAG)},
    )


# --- simulation ---------------------------------------------------------------------------------------------------


def _simulated(key, units, gain, symmetry=0.0, *, transfer=rate_networks.erf_transfer, step, **options):
    """Sampled states of one network, one sample per τ, ``(replica, time, unit)``."""
    coupling_key, path_key = jax.random.split(key)
    coupling = rate_networks.couplings(coupling_key, units, gain, symmetry)
    return rate_networks.trajectories(
        path_key, coupling, gain, transfer=transfer, step=step, steps_per_sample=round(1 / step), **options
    )


@partial(jax.jit, static_argnames=("transfer", "lags"))
def _both_moments(x, transfer, lags):
    """Moments of the state and of the rate: ``(quantity, moment, lag)``."""
    moments = [participation_ratio.cross_trajectory_moments(traces, lags) for traces in (x, transfer(x))]
    return jnp.stack([jnp.stack(m) for m in moments])


def _autocovariances(x, lags):
    """Autocovariances of the state and of the rate for φ = erf, mean over units and trajectories."""
    flat = x.transpose(1, 0, 2).reshape(x.shape[1], -1)
    return [monte_carlo_mean_field.autocovariance(a, lags) for a in (flat, rate_networks.erf_transfer(flat))]


@partial(jax.jit, static_argnames=("transfer", "lags"))
def _control_moments(key, x, transfer, lags):
    """Moments of circularly shifted rates ``(moment, lag)``, and of rates projected on random directions ``(2,)``."""
    shift_key, direction_key = jax.random.split(key)
    rate = transfer(x)
    shifted = participation_ratio.circularly_shifted(shift_key, rate)
    directions = jnp.linalg.qr(jax.random.normal(direction_key, (x.shape[-1], _DIRECTIONS)))[0]
    projected = participation_ratio.cross_trajectory_moments(rate @ directions, (0,))
    return (
        jnp.stack(participation_ratio.cross_trajectory_moments(shifted, lags)),
        jnp.stack([projected.autocovariance[0], projected.covariance_square[0]]),
    )


def _moments_dataset(values, dims, coords, prefix="", of=""):
    """Dataset of moments whose axis ``moment`` stands before the last one."""
    names = ["autocovariance", "covariance_square", "cross_covariance"]
    long_names = ["autocovariance C of a unit", "tr C², per unit", "four-point function Ψ(τ, τ)"]
    return xr.Dataset(
        {
            prefix + name: ((*dims, "lags"), values[..., i, :], label(long_name + of))
            for i, (name, long_name) in enumerate(zip(names, long_names, strict=True))
        },
        coords=coords,
    )


@stage(
    split="seeds",
    block=4,
    gpu=True,
    nan=(
        "autocovariance",
        "covariance_square",
        "cross_covariance",
        "shifted_autocovariance",
        "shifted_covariance_square",
        "shifted_cross_covariance",
        "projected_autocovariance",
        "projected_covariance_square",
    ),
)
def simulation(seeds, networks, simulated_gains, units, replicas, step, burn_in, duration, lags):
    """Second moments of networks of several sizes, and of two controls; NaN where a size has fewer networks."""
    shape = (len(seeds), len(simulated_gains), len(units))
    moments = np.full((*shape, 2, 3, len(lags)), np.nan)
    shifted = np.full((*shape, 3, len(lags)), np.nan)
    projected = np.full((*shape, 2), np.nan)
    transfer, lags_in_samples = rate_networks.erf_transfer, tuple(lags)
    for i, seed in enumerate(seeds):
        for j, gain in enumerate(simulated_gains):
            for k, (size, count) in enumerate(zip(units, networks, strict=True)):
                if seed >= count:
                    continue
                name = ("clark2023_dimension", "simulation", gain, size, seed)
                x = _simulated(
                    seeding.key(*name), size, gain, step=step, replicas=replicas, burn_in=burn_in, samples=duration
                )
                at = (i, j, k)
                moments[at] = _both_moments(x, transfer, lags_in_samples)
                shifted[at], projected[at] = _control_moments(
                    seeding.key(*name, "controls"), x, transfer, lags_in_samples
                )
    dims = ("seeds", "simulated_gains", "units")
    coords = {
        "seeds": seeds,
        "simulated_gains": simulated_gains,
        "units": units,
        "lags": lags,
        "quantity": ("quantity", _QUANTITIES, _QUANTITY),
    }
    directions = f" of {_DIRECTIONS} random projections of the rate"
    return xr.merge(
        [
            _moments_dataset(moments, (*dims, "quantity"), coords),
            _moments_dataset(shifted, dims, coords, "shifted_", " of circularly shifted rates"),
            xr.Dataset(
                {
                    "projected_autocovariance": (dims, projected[..., 0], label("variance" + directions)),
                    "projected_covariance_square": (dims, projected[..., 1], label("tr C² / 3" + directions)),
                },
                coords,
            ),
        ]
    )


@stage(split="autocovariance_seeds", gpu=True)
def autocovariance(
    autocovariance_seeds,
    autocovariance_gains,
    autocovariance_units,
    replicas,
    step,
    long_burn_in,
    autocovariance_duration,
):
    """Autocovariance of networks with several gains, mean over units and trajectories, at lags up to 20 τ."""
    lags = np.arange(21)
    values = np.empty((len(autocovariance_seeds), len(autocovariance_gains), 2, lags.size))
    for i, seed in enumerate(autocovariance_seeds):
        for j, gain in enumerate(autocovariance_gains):
            x = _simulated(
                seeding.key("clark2023_dimension", "autocovariance", gain, seed),
                autocovariance_units,
                gain,
                step=step,
                replicas=replicas,
                burn_in=long_burn_in,
                samples=autocovariance_duration,
            )
            values[i, j] = _autocovariances(x, lags.size)
    dims = ("autocovariance_seeds", "autocovariance_gains", "quantity", "lag")
    return xr.Dataset(
        {"autocovariance": (dims, values, label("autocovariance C, mean over units"))},
        coords={
            "autocovariance_seeds": autocovariance_seeds,
            "autocovariance_gains": autocovariance_gains,
            "lag": ("lag", lags, _LAG),
            "quantity": ("quantity", _QUANTITIES, _QUANTITY),
        },
    )


@stage(
    split="symmetric_seeds",
    block=4,
    gpu=True,
    nan=("autocovariance", "covariance_square", "cross_covariance"),
)
def symmetric_simulation(
    symmetric_seeds,
    symmetric_networks,
    symmetries,
    gain,
    symmetric_units,
    replicas,
    step,
    long_burn_in,
    duration,
    lags,
):
    """Second moments of networks with partially symmetric couplings; NaN where a symmetry has fewer networks."""
    moments = np.full((len(symmetric_seeds), len(symmetries), 2, 3, len(lags)), np.nan)
    for i, seed in enumerate(symmetric_seeds):
        for j, (symmetry, count) in enumerate(zip(symmetries, symmetric_networks, strict=True)):
            if seed >= count:
                continue
            x = _simulated(
                seeding.key("clark2023_dimension", "symmetric_simulation", symmetry, seed),
                symmetric_units,
                gain,
                symmetry,
                step=step,
                replicas=replicas,
                burn_in=long_burn_in,
                samples=duration,
            )
            moments[i, j] = _both_moments(x, rate_networks.erf_transfer, tuple(lags))
    coords = {"symmetric_seeds": symmetric_seeds, "symmetries": symmetries, "lags": lags}
    coords["quantity"] = ("quantity", _QUANTITIES, _QUANTITY)
    return _moments_dataset(moments, ("symmetric_seeds", "symmetries", "quantity"), coords)


@stage(
    split="unit_seeds",
    block=4,
    gpu=True,
    nan=("autocovariance", "covariance_square", "cross_covariance"),
)
def other_units_simulation(
    unit_seeds,
    unit_networks,
    unit_kinds,
    unit_gains,
    unit_noise,
    unit_sizes,
    replicas,
    step,
    burn_in,
    duration,
    lags,
):
    """Second moments of networks of other units: φ = tanh, filters of second order, white noise; NaN as above."""
    moments = np.full((len(unit_seeds), len(unit_kinds), 2, 3, len(lags)), np.nan)
    cases = list(zip(unit_kinds, unit_gains, unit_noise, unit_sizes, unit_networks, strict=True))
    for i, seed in enumerate(unit_seeds):
        for j, (kind, gain, noise, size, count) in enumerate(cases):
            if seed >= count:
                continue
            transfer = jnp.tanh if kind == "tanh" else rate_networks.erf_transfer
            x = _simulated(
                seeding.key("clark2023_dimension", "other_units_simulation", kind, gain, seed),
                size,
                gain,
                transfer=transfer,
                step=step,
                replicas=replicas,
                burn_in=burn_in,
                samples=duration,
                order=2 if kind == "second order" else 1,
                noise=noise,
            )
            moments[i, j] = _both_moments(x, transfer, tuple(lags))
    coords = {"unit_seeds": unit_seeds, "case": _case(_case_names(unit_kinds, unit_gains)), "lags": lags}
    coords["quantity"] = ("quantity", _QUANTITIES, _QUANTITY)
    return _moments_dataset(moments, ("unit_seeds", "case", "quantity"), coords)


# --- comparison ---------------------------------------------------------------------------------------------------


def _dimension(autocovariance, square):
    return autocovariance[0] ** 2 / square[0]


def _times(lags):
    """1/e times of Ψ(τ, τ) and of the squared autocovariance, and their ratio, from means over networks."""

    def times(autocovariance, cross):
        population = _decay_time(cross / cross[0], lags)
        unit = _decay_time((autocovariance / autocovariance[0]) ** 2, lags)
        return np.array([population, unit, population / unit])

    return times


def _pooled(dataset, seeds, function, *names):
    """A function of means over networks for every element of the other dimensions, with its jackknife error."""
    arrays = [dataset[name] for name in names]
    other = [dim for dim in arrays[0].dims if dim not in (seeds, "lags")]
    stacked = [array.transpose(*other, seeds, ...).values for array in arrays]
    shape = stacked[0].shape[: len(other)]
    found = {}
    for at in np.ndindex(*shape):
        samples = [values[at] for values in stacked]
        present = np.isfinite(samples[0].reshape(len(samples[0]), -1)).all(axis=1)
        found[at] = participation_ratio.jackknife(function, *(sample[present] for sample in samples))
    value, error = (np.stack([found[at][i] for at in np.ndindex(*shape)]) for i in (0, 1))
    return other, value.reshape(*shape, *value.shape[1:]), error.reshape(*shape, *error.shape[1:])


_TIMES = ("population_time", "unit_time", "time_ratio")


@stage(
    nan=(
        "population_time",
        "population_time_error",
        "unit_time",
        "unit_time_error",
        "time_ratio",
        "time_ratio_error",
        "shifted_population_time",
        "shifted_population_time_error",
        "shifted_unit_time",
        "shifted_unit_time_error",
        "shifted_time_ratio",
        "shifted_time_ratio_error",
    )
)
def comparison(simulation, symmetric_simulation, other_units_simulation, units):
    """Estimates from all networks together: second moments are averaged first; errors are those of the jackknife."""
    variables = {}

    def add(name, dims, value, error, long_name, units="1"):
        variables[name] = (dims, value, label(long_name, units))
        variables[name + "_error"] = (dims, error, label("jackknife error of: " + long_name, units))

    d = "participation ratio per unit D"
    lags = simulation.lags.values.astype(float)
    moments = ("autocovariance", "covariance_square")
    add("dimension", *_pooled(simulation, "seeds", _dimension, *moments), d)
    shifted = [f"shifted_{name}" for name in moments]
    add("shifted_dimension", *_pooled(simulation, "seeds", _dimension, *shifted), d + " of circularly shifted rates")
    dims, value, error = _pooled(
        simulation, "seeds", lambda c, square: c**2 / square, "projected_autocovariance", "projected_covariance_square"
    )
    value, error = _DIRECTIONS * value, _DIRECTIONS * error
    add("projected_participation_ratio", dims, value, error, "participation ratio of rates projected on 3 directions")
    for prefix, of in (("", ""), ("shifted_", " of circularly shifted rates")):
        cross = f"{prefix}cross_covariance"
        own = f"{prefix}autocovariance"
        dims, value, error = _pooled(simulation, "seeds", lambda psi: psi / psi[0], cross)
        add(f"{prefix}cross_shape", (*dims, "lags"), value, error, "Ψ(τ, τ)/Ψ(0, 0)" + of)
        dims, value, error = _pooled(simulation, "seeds", _times(lags), own, cross)
        long_names = ("1/e time of Ψ(τ, τ)", "1/e time of the squared autocovariance", "ratio of the two 1/e times")
        for i, (name, long_name) in enumerate(zip(_TIMES, long_names, strict=True)):
            add(prefix + name, dims, value[..., i], error[..., i], long_name + of, "1" if i == 2 else "τ")
    dims, value, error = _pooled(simulation, "seeds", lambda c: c, "autocovariance")
    add("autocovariance", (*dims, "lags"), value, error, "autocovariance C")
    dims, value, error = _pooled(simulation, "seeds", lambda c: (c / c[0]) ** 2, "autocovariance")
    add("unit_shape", (*dims, "lags"), value, error, "(C(τ)/C(0))²")
    further = (
        ("symmetric", symmetric_simulation, "symmetric_seeds"),
        ("other_units", other_units_simulation, "unit_seeds"),
    )
    for name, dataset, seeds in further:
        rate = dataset.sel(quantity="rate")
        add(f"{name}_dimension", *_pooled(rate, seeds, _dimension, *moments), d + " of the rate")
        dims, value, error = _pooled(rate, seeds, lambda psi: psi / psi[0], "cross_covariance")
        add(f"{name}_cross_shape", (*dims, "lags"), value, error, "Ψ(τ, τ)/Ψ(0, 0) of the rate")
    dims, value, error = _pooled(
        symmetric_simulation.sel(quantity="rate"), "symmetric_seeds", lambda c: c, "autocovariance"
    )
    add("symmetric_autocovariance", (*dims, "lags"), value, error, "autocovariance C of the rate")
    count = np.isfinite(simulation.autocovariance.isel(quantity=0, lags=0)).sum("seeds").min("simulated_gains")
    variables["networks_used"] = ("units", count.values, label("number of networks"))
    result = xr.Dataset(
        variables,
        coords={
            **simulation.drop_dims("seeds").coords,
            "symmetries": symmetric_simulation.symmetries,
            "case": other_units_simulation.case,
        },
    )
    for name in ("participation_ratio", "participation_ratio_error"):
        source = result[name.replace("participation_ratio", "dimension")].sel(quantity="rate", drop=True)
        result[name] = (source * result.units).assign_attrs(label("participation ratio of the rates"))
    return result
