"""Stages: mean-field theory, spiking networks with two and with five classes of in-degree, and their scaling."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray as xr

from replica.numerics import (
    balanced_mean_field,
    integrate_and_fire,
    seeding,
    sparse_connectivity,
    spike_propagation,
    spike_train_statistics,
)
from replica.paper import label, progress, stage

_SHARES = (0.8, 0.2)  # of excitatory and inhibitory neurons
_REST, _SOFT_THRESHOLD, _THRESHOLD, _RESET, _FLOOR = -60.0, -50.0, -10.0, -65.0, -100.0  # mV
_ROWS = 64  # presynaptic neurons drawn at a time
_BITS = 4  # of a contact count
_SHOWN = (100, 25)  # E and I neurons of the raster
_SHOWN_TIME = 500  # ms of it, at most
_INPUTS = ["total", "excitatory", "inhibitory"]
_POPULATION = ("population", ["E", "I"], {"units": "", "long_name": "excitatory or inhibitory population"})


def _class_coordinate(classes):
    return ("degree_class", np.arange(classes), label("class of in-degree, from the lowest"))


# --- theory -------------------------------------------------------------------------------------------------------


def _effective_weights(coupling, connection_probability):
    return np.asarray(coupling) * connection_probability * np.asarray(_SHARES)[None, :]


@stage
def mean_field(
    conditions,
    architectures,
    drive_factors,
    profile_conditions,
    profile_architectures,
    coupling,
    drive,
    connection_probability,
):
    """Mean-field theory of large networks: rates, mean inputs over √N, stability of the balanced state."""
    weights = _effective_weights(coupling, connection_probability)
    found, profiles = (
        [
            balanced_mean_field.large_network(weights, np.array(g), np.outer(drive, factors))
            for g, factors in zip(all_g, all_factors, strict=True)
        ]
        for all_g, all_factors in (
            (architectures, drive_factors),
            (profile_architectures, [np.ones(len(g)) for g in profile_architectures]),
        )
    )
    growth = [balanced_mean_field.growth_rate(weights, g) for g in architectures]
    dims = ("conditions", "population", "degree_class")
    profile_dims = ("profile_conditions", "population", "profile_class")
    rates = np.stack([f.rates for f in found])
    inputs = np.stack([f.inputs for f in found])
    profile_rates = np.stack([f.rates for f in profiles])
    return xr.Dataset(
        {
            "rate": (dims, 1000 * rates, label("rate in the limit of large N", "Hz")),
            "input": (dims, inputs, label("mean net input over √N in the limit of large N", "mV/ms")),
            "balanced": ("conditions", [int(f.balanced) for f in found], label("every class fires and is balanced")),
            "growth": ("conditions", growth, label("largest real part of the modes of w G/M", "mV")),
            "in_degree_factor": (
                ("conditions", "degree_class"),
                np.mean(architectures, axis=2),
                label("in-degree over the mean in-degree of a class"),
            ),
            "profile_rate": (profile_dims, 1000 * profile_rates, label("rate in the limit of large N", "Hz")),
            "profile": (
                "profile_class",
                balanced_mean_field.class_profile(profile_architectures[0]),
                label("relative rate h of the classes of the balanced network"),
            ),
        },
        coords={
            "conditions": conditions,
            "population": _POPULATION,
            "degree_class": _class_coordinate(len(architectures[0])),
            "profile_conditions": profile_conditions,
            "profile_class": (
                "profile_class",
                np.arange(len(profile_architectures[0])),
                label("class of in-degree, from the lowest"),
            ),
        },
    )


# --- networks -----------------------------------------------------------------------------------------------------


def _sizes(units):
    return tuple(round(share * units) for share in _SHARES)


def _contact_rows(generator, sizes, architecture, probability):
    """Rows of contact counts of both populations on all targets, and nothing else of the graph."""
    architecture = np.asarray(architecture)
    classes = len(architecture)
    begins = integrate_and_fire.starts(sizes)
    rows = []
    for sources in sizes:
        packed = np.zeros((sources, begins[-1] * _BITS // 8), np.uint8)
        degrees = [sparse_connectivity.out_degrees(probability, architecture, n) for n in sizes]
        for n in range(classes):
            own = packed[n::classes]
            for first in range(0, len(own), _ROWS):
                count = len(own[first : first + _ROWS])
                drawn = [
                    begin + sparse_connectivity.targets(generator, count, k[n], architecture[:, n], size)
                    for begin, k, size in zip(begins, degrees, sizes, strict=False)
                ]
                own[first : first + _ROWS] = spike_propagation.count_rows(
                    np.concatenate(drawn, axis=1), begins[-1], _BITS
                )
        rows.append(jnp.asarray(packed))
    return tuple(rows)


class _Network(NamedTuple):
    """What networks of one size N have in common: sizes, first target of each population, weights (mV), dynamics."""

    sizes: tuple[int, ...]
    begins: list[int]
    weights: np.ndarray
    neurons: tuple[integrate_and_fire.Neuron, ...]
    filters: tuple[integrate_and_fire.Filter, ...]
    step: float


def _network(units, coupling, leak_rate, sharpness, refractory_time, synaptic_time, step):
    sizes = _sizes(units)
    weights = np.asarray(coupling) / np.sqrt(units)
    neurons = tuple(
        integrate_and_fire.Neuron(g, _REST, _THRESHOLD, _RESET, round(time / step), width, _SOFT_THRESHOLD, _FLOOR)
        for g, width, time in zip(leak_rate, sharpness, refractory_time, strict=True)
    )
    filters = tuple(
        integrate_and_fire.Filter(tau, {b: tuple((weights[:, b] / tau).tolist())})
        for b, tau in enumerate(synaptic_time)
    )
    return _Network(sizes, integrate_and_fire.starts(sizes), weights, neurons, filters, step)


def _drives(network, units, drive, factors):
    """Constant current of each neuron of each population."""
    per_class = np.sqrt(units) * np.outer(drive, factors)
    return [np.tile(f, n // len(f)) for f, n in zip(per_class, network.sizes, strict=True)]


def _words(network, generator, rows, drives, burn_in, duration):
    """Packed spikes of each population after the burn-in; V starts evenly between reset and soft threshold."""
    voltages = [
        integrate_and_fire.pad(generator.uniform(_RESET, _SOFT_THRESHOLD, n).astype(np.float32), _RESET)
        for n in network.sizes
    ]
    padded = tuple(jnp.asarray(integrate_and_fire.pad(d.astype(np.float32))) for d in drives)
    skipped = round(burn_in / network.step)
    _, words = integrate_and_fire.simulate(
        integrate_and_fire.start(voltages, network.filters),
        network.neurons,
        padded,
        network.filters,
        rows,
        steps=skipped + round(duration / network.step),
        step=network.step,
    )
    return [np.asarray(w)[skipped:] for w in words]


def _sums(network, rows, values):
    """Σ over a neuron's contacts of a value of the presynaptic neuron: from E and from I on excitatory neurons."""
    of_all = [
        spike_propagation.weighted_sum(jnp.asarray(value, jnp.float32), row, network.begins[-1])
        for row, value in zip(rows, values, strict=True)
    ]
    return [np.asarray(total, dtype=float)[: network.sizes[0]] for total in of_all]


class _Run(NamedTuple):
    """What is measured of a run: rates (Hz) of both populations; of E neurons in-degrees, mean inputs; spikes."""

    rates: list[np.ndarray]
    degrees: list[np.ndarray]  # from E, from I
    excitatory: np.ndarray  # mV/ms, external drive and recurrent E
    inhibitory: np.ndarray
    spikes: list[tuple[np.ndarray, np.ndarray]]  # step and neuron, of both populations


def _run(network, generator, rows, drives, burn_in, duration):
    words = _words(network, generator, rows, drives, burn_in, duration)
    spikes = [spike_train_statistics.spikes(w, n) for w, n in zip(words, network.sizes, strict=True)]
    counts = [np.bincount(s[1], minlength=n) for s, n in zip(spikes, network.sizes, strict=True)]
    per_ms = [count / duration for count in counts]
    received = _sums(network, rows, per_ms)
    return _Run(
        rates=[1000 * r for r in per_ms],
        degrees=_sums(network, rows, [np.ones(n) for n in network.sizes]),
        excitatory=drives[0] + network.weights[0, 0] * received[0],
        inhibitory=network.weights[0, 1] * received[1],
        spikes=spikes,
    )


def _class_means(values, classes):
    return values.reshape(-1, classes).mean(axis=0)


def _raster(run, step, duration):
    """Truth values in bins of 1 ms of the first E and I neurons, ``(neuron, time)``."""
    time = min(_SHOWN_TIME, round(duration))
    parts = []
    for (at, neuron), shown in zip(run.spikes, _SHOWN, strict=True):
        counts = spike_train_statistics.window_counts(at, np.minimum(neuron, shown), shown + 1, round(1 / step), time)
        parts.append(counts[:shown] > 0)
    return np.concatenate(parts)


_MEASURES = {
    "class_rate": ("mean rate of a class", "Hz"),
    "imbalance": ("mean net input of the lowest less that of the highest class of excitatory neurons", "mV/ms"),
    "ratio": ("mean size of the net input over the mean excitatory input of excitatory neurons", "1"),
    "deviation": ("standard deviation of the net input over excitatory neurons", "mV/ms"),
    "correlation": ("correlation of in-degree and rate of excitatory neurons within a class", "1"),
    "shuffled_correlation": ("the same, total in-degrees shuffled within a class", "1"),
    "rank_correlation": ("rank correlation of in-degree and rate over excitatory neurons", "1"),
}
_SINGLE = {
    "rate": ("rate of an excitatory neuron", "Hz"),
    "in_degree": ("recurrent in-degree of an excitatory neuron", "1"),
    "excitatory_input": ("mean external and recurrent excitatory input of an excitatory neuron", "mV/ms"),
    "inhibitory_input": ("mean inhibitory input of an excitatory neuron", "mV/ms"),
    "interval_variation": ("coefficient of variation of interspike intervals of an excitatory neuron", "1"),
}


def _measures(classes):
    """Shape of each measure of one network."""
    return dict.fromkeys(_MEASURES, ()) | {"class_rate": (2, classes), "correlation": (len(_INPUTS),)}


def _measured(run, classes, generator):
    """The measures of one network."""
    net = run.excitatory + run.inhibitory
    by_class = _class_means(net, classes)
    degree = sum(run.degrees)
    labels = np.empty_like(degree)
    for m in range(classes):
        labels[m::classes] = generator.permutation(degree[m::classes])
    rate = run.rates[0]
    return {
        "class_rate": [_class_means(r, classes) for r in run.rates],
        "imbalance": by_class[0] - by_class[-1],
        "ratio": np.abs(net).mean() / run.excitatory.mean(),
        "deviation": net.std(),
        "correlation": [spike_train_statistics.within_class_pearson(x, rate, classes) for x in (degree, *run.degrees)],
        "shuffled_correlation": spike_train_statistics.within_class_pearson(labels, rate, classes),
        "rank_correlation": spike_train_statistics.spearman(degree, rate),
    }


@stage(split="seeds", nan=("interval_variation",))
def networks(
    seeds,
    units,
    realisations,
    conditions,
    architectures,
    drive_factors,
    duration,
    burn_in,
    step,
    connection_probability,
    coupling,
    drive,
    leak_rate,
    sharpness,
    refractory_time,
    synaptic_time,
):
    """Networks with two classes of in-degree: means over realisations of each size; neurons of one of the largest."""
    classes = len(architectures[0])
    shape = (len(seeds), len(conditions), len(units))
    found = {name: np.zeros((*shape, *rest)) for name, rest in _measures(classes).items()}
    shown = _sizes(units[-1])[0]
    single = {name: np.empty((*shape[:2], shown), np.float32) for name in _SINGLE}
    raster = np.empty((*shape[:2], sum(_SHOWN), min(_SHOWN_TIME, round(duration))), np.int8)
    runs = [at for at in np.ndindex(*shape, max(realisations)) if at[-1] < realisations[at[2]]]
    for *at, realisation in progress(runs, "networks"):
        i, j, k = at
        size = units[k]
        network = _network(size, coupling, leak_rate, sharpness, refractory_time, synaptic_time, step)
        generator = seeding.generator("pyle2016_heterogeneous", "networks", conditions[j], size, seeds[i], realisation)
        rows = _contact_rows(generator, network.sizes, architectures[j], connection_probability)
        drives = _drives(network, size, drive, drive_factors[j])
        run = _run(network, generator, rows, drives, burn_in, duration)
        for name, value in _measured(run, classes, generator).items():
            found[name][i, j, k] += np.asarray(value) / realisations[k]
        if k == len(units) - 1 and realisation == 0:
            variation = spike_train_statistics.interval_variation(*run.spikes[0], shown)
            of_one = (run.rates[0], sum(run.degrees), run.excitatory, run.inhibitory, variation)
            for name, values in zip(single, of_one, strict=True):
                single[name][i, j] = values
            raster[i, j] = _raster(run, step, duration)
    dims = ("seeds", "conditions", "units")
    further = {"class_rate": ("population", "degree_class"), "correlation": ("inputs",)}
    return xr.Dataset(
        {
            **{
                name: ((*dims, *further.get(name, ())), values, label(*_MEASURES[name]))
                for name, values in found.items()
            },
            **{
                name: (("seeds", "conditions", "neuron"), values, label(*_SINGLE[name]))
                for name, values in single.items()
            },
            "raster": (("seeds", "conditions", "shown_neuron", "time"), raster, label("spikes in bins of 1 ms")),
        },
        coords={
            "seeds": seeds,
            "conditions": conditions,
            "units": units,
            "population": _POPULATION,
            "degree_class": _class_coordinate(classes),
            "inputs": ("inputs", _INPUTS, {"units": "", "long_name": "presynaptic neurons counted"}),
            "time": ("time", np.arange(raster.shape[-1]), label("time", "ms")),
        },
    )


@stage(split="seeds", nan=("interval_variation",))
def unconnected_network(
    seeds,
    units,
    duration,
    burn_in,
    step,
    coupling,
    unconnected_drive,
    leak_rate,
    sharpness,
    refractory_time,
    synaptic_time,
):
    """Intervals of the excitatory neurons of the largest networks without recurrent connections."""
    size = units[-1]
    network = _network(size, coupling, leak_rate, sharpness, refractory_time, synaptic_time, step)
    # One contact with the place that holds padding.
    rows = tuple(jnp.full((n, 1), network.begins[-1], jnp.int32) for n in network.sizes)
    drives = _drives(network, size, unconnected_drive, [1.0])
    variation = []
    for seed in seeds:
        generator = seeding.generator("pyle2016_heterogeneous", "unconnected_network", size, seed)
        run = _run(network, generator, rows, drives, burn_in, duration)
        variation.append(spike_train_statistics.interval_variation(*run.spikes[0], network.sizes[0]))
    about = label("coefficient of variation of interspike intervals of an excitatory neuron")
    return xr.Dataset(
        {"interval_variation": (("seeds", "neuron"), np.array(variation, np.float32), about)},
        coords={"seeds": seeds},
    )


@stage(split="profile_seeds")
def profile_networks(
    profile_seeds,
    profile_units,
    profile_conditions,
    profile_architectures,
    duration,
    burn_in,
    step,
    connection_probability,
    coupling,
    drive,
    leak_rate,
    sharpness,
    refractory_time,
    synaptic_time,
):
    """Networks with five classes of in-degree: rates of classes and of single excitatory neurons."""
    network = _network(profile_units, coupling, leak_rate, sharpness, refractory_time, synaptic_time, step)
    classes = len(profile_architectures[0])
    drives = _drives(network, profile_units, drive, np.ones(classes))
    shape = (len(profile_seeds), len(profile_conditions))
    rates = np.empty((*shape, 2, classes))
    rate, degree = (np.empty((*shape, network.sizes[0]), np.float32) for _ in range(2))
    for i, j in progress(np.ndindex(shape), "networks with five classes"):
        generator = seeding.generator(
            "pyle2016_heterogeneous", "profile_networks", profile_conditions[j], profile_units, profile_seeds[i]
        )
        rows = _contact_rows(generator, network.sizes, profile_architectures[j], connection_probability)
        run = _run(network, generator, rows, drives, burn_in, duration)
        rates[i, j] = [_class_means(r, classes) for r in run.rates]
        rate[i, j], degree[i, j] = run.rates[0], sum(run.degrees)
    dims = ("profile_seeds", "profile_conditions")
    relative = rates / rates.mean(axis=-1, keepdims=True)
    by_class = (*dims, "population", "profile_class")
    return xr.Dataset(
        {
            "class_rate": (by_class, rates, label("mean rate of a class", "Hz")),
            "relative_rate": (by_class, relative, label("rate of a class over the mean of the classes")),
            "rate": ((*dims, "neuron"), rate, label("rate of an excitatory neuron", "Hz")),
            "in_degree": ((*dims, "neuron"), degree, label("recurrent in-degree of an excitatory neuron")),
        },
        coords={
            "profile_seeds": profile_seeds,
            "profile_conditions": profile_conditions,
            "population": _POPULATION,
            "profile_class": (
                "profile_class",
                np.arange(classes),
                label("class of in-degree, from the lowest"),
            ),
        },
    )


# --- scaling ------------------------------------------------------------------------------------------------------


def _fit(x, y):
    """Slope and intercept of a line along the last axis of y."""
    centred = x - x.mean()
    slope = y @ centred / (centred @ centred)
    return slope, y.mean(axis=-1) - slope * x.mean()


@stage(nan=("imbalance_exponent",))
def scaling(networks, fitted_from):
    """Exponents of the imbalance and of the ratio in N, and rates extrapolated to large N; NaN where Δ changes sign."""
    large = networks.sel(units=slice(fitted_from, None))
    logarithm = np.log(large.units.values)
    order = ("seeds", "conditions", "units")
    ratio, _ = _fit(logarithm, np.log(large.ratio.transpose(*order).values))
    with np.errstate(invalid="ignore"):
        imbalance, _ = _fit(logarithm, np.log(large.imbalance.transpose(*order).values))
    class_rate = networks.class_rate.transpose(..., "units")
    slope, limit = _fit(networks.units.values**-0.5, class_rate.values)
    dims = order[:2]
    return xr.Dataset(
        {
            "ratio_exponent": (dims, ratio, label("exponent of the ratio of net to excitatory input in N")),
            "imbalance_exponent": (dims, imbalance, label("exponent of the imbalance between the classes in N")),
            "rate_limit": (class_rate.dims[:-1], limit, label("rate extrapolated to 1/√N = 0", "Hz")),
            "rate_slope": (class_rate.dims[:-1], slope, label("slope of the rate against 1/√N", "Hz")),
        },
        coords={name: networks[name] for name in ("seeds", "conditions", "population", "degree_class")},
    )
