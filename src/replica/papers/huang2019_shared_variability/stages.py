"""Stages: a neural field, one spatial layer, three layers with slow, fast and broad inhibition, shared variability."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray as xr
from scipy import optimize

from replica.numerics import (
    count_correlations,
    double_exponential_synapse,
    factor_analysis,
    integrate_and_fire,
    packed_spikes,
    seeding,
    spatial_connectivity,
    spike_propagation,
    two_population_field,
)
from replica.numerics.double_exponential_synapse import Synapse
from replica.paper import label, progress, stage

_PAPER = "huang2019_shared_variability"
_E, _I, _OUTSIDE = range(3)  # sources of a layer
_REST, _SOFT_THRESHOLD, _THRESHOLD, _RESET, _FLOOR = -60.0, -50.0, -10.0, -65.0, -100.0  # mV
_CHUNK = 200  # ms simulated at a time, all runs on one input side by side
_ROWS = 256  # presynaptic neurons drawn at a time
_FINE = 5  # ms, bins of the population count
_BLOCKS = 20  # of a side, in maps of activity
_FRAMES = 5  # of the maps kept
_LAST_DISTANCE, _DISTANCE_BINS = 0.5, 10
_LARGEST_WAVENUMBER = 5
_START_RATES = (0.012, 0.010)  # kHz, of the iteration for the uniform state


# --- neural field -------------------------------------------------------------------------------------------------


@stage(nan=("unstable_wavenumber", "onset"))
def field(
    field_weights,
    field_drives,
    field_excitatory_drive,
    field_excitatory_time,
    field_excitatory_width,
    map_widths,
    map_times,
    curve_widths,
    curve_times,
):
    """Uniform states of the field, their stability at every wavenumber, and the onset of instability in τ_I.

    NaN: a map of the fastest wavenumber where nothing grows; an onset that is not at n = 0.
    """
    weights = np.array(field_weights)
    n = two_population_field.wavenumbers(_LARGEST_WAVENUMBER)
    states = [
        two_population_field.uniform_state(weights, [field_excitatory_drive, drive], _START_RATES)
        for drive in field_drives
    ]

    def growth(gains, width, time, n=n):
        times, widths = (field_excitatory_time, time), (field_excitatory_width, width)
        return two_population_field.growth_rates(weights, gains, times, widths, n)

    def first_unstable(gains, width):
        """Time at which, from the shortest of the map on, some mode first grows, and which does."""
        for time in map_times:
            curve = growth(gains, width, time)
            if curve.max() > 0:
                return time, n[curve.argmax()]
        raise ArithmeticError(f"no mode grows at σ_I = {width} up to τ_I = {map_times[-1]}")

    def onset(gains, width):
        time, wavenumber = first_unstable(gains, width)
        if wavenumber > 0:
            return np.nan
        return optimize.brentq(lambda t: growth(gains, width, t, np.zeros(1))[0], map_times[0], time, xtol=1e-10)

    shape = (len(field_drives), len(map_widths), len(map_times))
    unstable = np.full(shape, np.nan)
    for i, j, k in np.ndindex(shape):
        curve = growth(states[i][1], map_widths[j], map_times[k])
        if curve.max() > 0:
            unstable[i, j, k] = n[curve.argmax()]
    curves = np.array([[[growth(g, w, t) for t in curve_times] for w in curve_widths] for _, g in states])
    closed = [two_population_field.onset_time(weights, g, field_excitatory_time) for _, g in states]
    per_width = ("field_drives", "curve_widths")
    per_curve = (*per_width, "curve_times")
    return xr.Dataset(
        {
            "rate": (("field_drives", "population"), 1000 * np.array([r for r, _ in states]), label("rate", "Hz")),
            "onset_closed_form": (
                "field_drives",
                closed,
                label("inhibitory time constant at which the trace vanishes at n = 0", "ms"),
            ),
            "onset": (
                per_width,
                np.array([[onset(g, w) for w in curve_widths] for _, g in states]),
                label("inhibitory time constant at which the mode n = 0 begins to grow, where it is the first", "ms"),
            ),
            "first_wavenumber": (
                per_width,
                np.array([[first_unstable(g, w)[1] for w in curve_widths] for _, g in states]),
                label("wavenumber that grows first as the inhibitory time constant rises"),
            ),
            "growth_rate": (
                (*per_curve, "wavenumber"),
                curves,
                label("largest real part of the eigenvalues", "1/ms"),
            ),
            "fastest_wavenumber": (per_curve, n[curves.argmax(axis=-1)], label("wavenumber that grows fastest")),
            "unstable_wavenumber": (
                ("field_drives", "map_widths", "map_times"),
                unstable,
                label("wavenumber that grows fastest, where one grows"),
            ),
        },
        coords={
            "field_drives": field_drives,
            "curve_widths": curve_widths,
            "curve_times": curve_times,
            "map_widths": map_widths,
            "map_times": map_times,
            "wavenumber": ("wavenumber", n, label("wavenumber n")),
            "population": ("population", ["E", "I"], {"units": "", "long_name": "population"}),
        },
    )


# --- layers -------------------------------------------------------------------------------------------------------


class _Layer(NamedTuple):
    """Wiring and dynamics of one recurrent layer; the rows of its input are those of source ``_OUTSIDE``."""

    rows: tuple
    input_rows: object
    sizes: tuple[int, ...]
    targets: int


def _contacts(probability, reference_sizes):
    """Out-degrees onto each population: those of the network of reference size."""
    return [int(np.ceil(round(p * n, 6))) for p, n in zip(probability, reference_sizes, strict=True)]


def _rows(generator, source_side, sides, contacts, width):
    """Contacts of a square population on all targets, in the form that is the faster one for their number."""
    places = spatial_connectivity.positions(source_side)
    begins = integrate_and_fire.starts([n**2 for n in sides])
    as_counts = sum(contacts) > begins[-1] / 12
    index = np.uint16 if begins[-1] < 2**16 else np.int32  # 16 bits are faster by a tenth
    parts = []
    for first in range(0, len(places), _ROWS):
        drawn = [
            begin + spatial_connectivity.targets(generator, places[first : first + _ROWS], k, width, side)
            for begin, k, side in zip(begins, contacts, sides, strict=False)
        ]
        drawn = np.concatenate(drawn, axis=1)
        parts.append(spike_propagation.count_rows(drawn, begins[-1], 8) if as_counts else drawn.astype(index))
    return jnp.asarray(np.concatenate(parts))


def _layer(name, side, seed, widths, probability, input_side, input_width, input_probability, reference_sizes):
    """A layer of side² excitatory and a quarter as many inhibitory neurons; widths: of E and of I projections."""
    sides = (side, side // 2)
    sources = zip(("E", "I"), sides, widths, np.transpose(probability), strict=True)

    def rows(source, source_side, width, p):
        generator = seeding.generator(_PAPER, "wiring", name, source, side, float(width), seed)
        return _rows(generator, source_side, sides, _contacts(p, reference_sizes), width)

    sizes = tuple(n**2 for n in sides)
    recurrent = tuple(rows(*each) for each in sources)
    inputs = rows("input", input_side, input_width, input_probability)
    return _Layer(recurrent, inputs, sizes, integrate_and_fire.starts(sizes)[-1])


def _neurons(leak_rate, sharpness, refractory_time, step):
    return tuple(
        integrate_and_fire.Neuron(g, _REST, _THRESHOLD, _RESET, round(time / step), width, _SOFT_THRESHOLD, _FLOOR)
        for g, width, time in zip(leak_rate, sharpness, refractory_time, strict=True)
    )


def _filters(coupling, input_coupling, reference_sizes, excitation, inhibition, input_synapses):
    """Synaptic currents; an input synapse is (share, rise, decay)."""
    scale = np.sqrt(sum(reference_sizes))
    recurrent, inputs = np.asarray(coupling) / scale, np.asarray(input_coupling) / scale
    return double_exponential_synapse.filters(
        [
            Synapse(_E, *excitation, recurrent[:, 0]),
            Synapse(_I, *inhibition, recurrent[:, 1]),
            *(Synapse(_OUTSIDE, rise, decay, share * inputs) for share, rise, decay in input_synapses),
        ]
    )


class _Run:
    """One network in time: its state, and what it is made of."""

    def __init__(self, layer, neurons, filters, drive, step, *key):
        generator = seeding.generator(_PAPER, "start", *key)
        voltages = [
            integrate_and_fire.pad(generator.uniform(_RESET, _SOFT_THRESHOLD, n).astype(np.float32), _RESET)
            for n in layer.sizes
        ]
        self.layer, self.neurons, self.filters, self.step = layer, neurons, filters, step
        self.drives = tuple(
            jnp.asarray(integrate_and_fire.pad(np.full(n, current, np.float32)))
            for n, current in zip(layer.sizes, (0.0, drive), strict=True)
        )
        self.state = integrate_and_fire.start(voltages, filters)

    def advance(self, outside):
        """Packed spikes of both populations for one chunk of input: its rows, or None, and its lines."""
        self.state, words = integrate_and_fire.simulate(
            self.state,
            self.neurons,
            self.drives,
            self.filters,
            self.layer.rows,
            (outside,),
            steps=round(_CHUNK / self.step),
            step=self.step,
        )
        return words


def _chunks(duration, burn_in):
    """Truth value for each chunk of a run: whether it is kept."""
    if duration % _CHUNK or burn_in % _CHUNK:
        raise ValueError(f"durations are multiples of {_CHUNK} ms, got {duration} and {burn_in}")
    return [False] * (burn_in // _CHUNK) + [True] * (duration // _CHUNK)


def _poisson(generator, side, input_rate, step):
    return jnp.asarray(packed_spikes.poisson(generator, side**2, input_rate * step / 1000, round(_CHUNK / step)))


def _sample(layer, side, sampled, seed):
    """Excitatory neurons whose counts are kept, in random order."""
    return seeding.generator(_PAPER, "sample", layer, side, seed).permutation(side**2)[:sampled]


def _central(places):
    return np.all((places >= 0.25) & (places <= 0.75), axis=-1)


def _places(name, dims, places):
    return {
        f"{name}_{axis}": (dims, np.asarray(places)[..., i].astype(np.float32), label(f"place {axis} of a neuron"))
        for i, axis in enumerate("xy")
    }


# --- one layer ----------------------------------------------------------------------------------------------------


def _chosen(counts, places, windows_per_second, least_rate, most, *, central):
    """Numbers of the first ``most`` neurons of a sample that fire enough and, if asked, lie in the central square."""
    fires = counts.mean(axis=-1) * windows_per_second > least_rate
    return np.flatnonzero(fires & _central(places) if central else fires)[:most]


def _edges():
    return np.linspace(0, _LAST_DISTANCE, _DISTANCE_BINS + 1)


def _pair_correlation(x, y, bins, *, within):
    """Mean correlation of sliding counts of pairs up to the last distance, and its profile; x, y: counts, places."""
    (a, at), (b, bt) = x, y
    correlation = count_correlations.correlations(
        count_correlations.sliding_sums(a, bins), count_correlations.sliding_sums(b, bins)
    )
    profile, number = count_correlations.distance_profile(
        correlation, count_correlations.distances(at, bt), _edges(), within=within
    )
    return np.nansum(profile * number) / max(number.sum(), 1), profile


def _distance_coordinate():
    edges = _edges()
    return ("distance", (edges[1:] + edges[:-1]) / 2, label("distance of a pair, middle of the bin"))


@stage(split="layer_seeds", nan=("correlation_profile",))
def single_layer(
    layer_seeds,
    side,
    wirings,
    wiring_widths,
    inhibitory_decays,
    inhibitory_rise,
    layer_duration,
    burn_in,
    step,
    reference_sizes,
    connection_probability,
    coupling,
    input_probability,
    input_coupling,
    input_rate,
    excitatory_synapse,
    leak_rate,
    sharpness,
    refractory_time,
    bin_width,
    correlation_window,
    sampled,
    correlated,
    least_rate,
):
    """Layer two alone: correlations of pairs, Fano factors and the variation of the population count."""
    shape = (len(layer_seeds), len(wirings), len(inhibitory_decays))
    correlation, fano, variation = (np.empty(shape) for _ in range(3))
    rate = np.empty((*shape, 2))
    profile = np.empty((*shape, _DISTANCE_BINS))
    population = np.empty((*shape, layer_duration // _FINE), np.float32)
    neurons = _neurons(leak_rate, sharpness, refractory_time, step)
    bins = correlation_window // bin_width
    for i, j in progress(np.ndindex(shape[:2]), "single layers"):
        seed, (width, input_width) = layer_seeds[i], wiring_widths[j]
        layer = _layer(
            "layer two",
            side,
            seed,
            (width, width),
            connection_probability,
            side // 4,
            input_width,
            input_probability,
            reference_sizes,
        )
        sample = _sample("layer two", side, sampled, seed)
        places = spatial_connectivity.positions(side)[sample]
        for k, decay in enumerate(inhibitory_decays):
            filters = _filters(
                coupling,
                input_coupling,
                reference_sizes,
                excitatory_synapse,
                (inhibitory_rise, decay),
                [(1.0, *excitatory_synapse)],
            )
            run = _Run(layer, neurons, filters, 0.0, step, "single_layer", side, wirings[j], float(decay), seed)
            generator = seeding.generator(_PAPER, "input", "single_layer", side, seed)
            counts, fine, spikes = [], [], np.zeros(2)
            for kept in _chunks(layer_duration, burn_in):
                words = run.advance((layer.input_rows, _poisson(generator, side // 4, input_rate, step)))
                if kept:
                    counts.append(
                        np.asarray(packed_spikes.window_counts(words[_E], round(bin_width / step)))[:, sample]
                    )
                    by_time = [np.asarray(packed_spikes.population_counts(w, round(_FINE / step))) for w in words]
                    fine.append(by_time[_E])
                    spikes += [c.sum() for c in by_time]
            counts, fine = np.concatenate(counts).T, np.concatenate(fine)
            chosen = _chosen(counts, places, 1000 / bin_width, least_rate, correlated, central=True)
            pairs = counts[chosen], places[chosen]
            correlation[i, j, k], profile[i, j, k] = _pair_correlation(pairs, pairs, bins, within=True)
            fano[i, j, k] = np.nanmean(
                count_correlations.fano_factors(count_correlations.window_sums(counts[chosen], bins))
            )
            variation[i, j, k] = fine.std(ddof=1) / fine.mean()
            rate[i, j, k] = 1000 * spikes / layer_duration / layer.sizes
            population[i, j, k] = fine * (1000 / _FINE / layer.sizes[_E])
    dims = ("layer_seeds", "wirings", "inhibitory_decays")
    return xr.Dataset(
        {
            "correlation": (dims, correlation, label("mean correlation of pairs of excitatory neurons")),
            "fano_factor": (dims, fano, label("mean Fano factor of excitatory neurons")),
            "population_variation": (
                dims,
                variation,
                label("coefficient of variation of the count of the excitatory population in 5 ms"),
            ),
            "rate": ((*dims, "population"), rate, label("mean rate of a population", "Hz")),
            "correlation_profile": (
                (*dims, "distance"),
                profile,
                label("mean correlation of pairs at a distance"),
            ),
            "population_rate": (
                (*dims, "time"),
                population,
                label("rate of the excitatory population in 5 ms", "Hz"),
            ),
        },
        coords={
            "layer_seeds": layer_seeds,
            "wirings": wirings,
            "inhibitory_decays": inhibitory_decays,
            "population": ("population", ["E", "I"], {"units": "", "long_name": "population"}),
            "distance": _distance_coordinate(),
            "time": ("time", _FINE * np.arange(population.shape[-1]), label("time", "ms")),
        },
    )


# --- three layers -------------------------------------------------------------------------------------------------


class _Condition(NamedTuple):
    """A run of layer three: kind and time constants of inhibition, widths of E and I projections, drive of I."""

    kind: str
    inhibition: tuple[float, float]
    widths: tuple[float, float]
    drive: float


def _blocks(counts, side):
    """Counts of the excitatory neurons summed over squares of the lattice, ``(bin, x, y)``."""
    size = side // _BLOCKS
    return counts[:, : side**2].reshape(-1, _BLOCKS, size, _BLOCKS, size).sum(axis=(2, 4), dtype=np.uint16)


def _about_the_peak(maps):
    """The maps next in time to the one with the most spikes."""
    start = np.clip(maps.sum(axis=(1, 2)).argmax() - _FRAMES // 2, 0, len(maps) - _FRAMES)
    return maps[start : start + _FRAMES]


@stage(split="seeds")
def three_layers(
    seeds,
    control_seeds,
    side,
    slow_inhibition,
    fast_inhibition,
    layer_three_width,
    broad_widths,
    slow_drives,
    fast_drives,
    broad_drives,
    duration,
    burn_in,
    step,
    reference_sizes,
    connection_probability,
    coupling,
    layer_two_widths,
    input_probability,
    input_coupling,
    input_rate,
    excitatory_synapse,
    feedforward_probability,
    feedforward_coupling,
    feedforward_width,
    feedforward_synapses,
    leak_rate,
    sharpness,
    refractory_time,
    bin_width,
    sampled,
):
    """Layer three on the spikes of layer two, with slow, fast and broad inhibition, at several drives.

    A drive that stands twice is run from two initial states.  Fast and broad inhibition are run for the control seeds
    only; counts of what is not run are 0.
    """
    even = (layer_three_width, layer_three_width)
    conditions = [
        _Condition(kind, tuple(inhibition), tuple(widths), float(drive))
        for kind, inhibition, widths, drives in (
            ("slow", slow_inhibition, even, slow_drives),
            ("fast", fast_inhibition, even, fast_drives),
            ("broad", slow_inhibition, broad_widths, broad_drives),
        )
        for drive in drives
    ]
    neurons = _neurons(leak_rate, sharpness, refractory_time, step)
    window, lines = round(bin_width / step), duration // bin_width
    shape = (len(seeds), len(conditions))
    counts, input_counts = (np.zeros((*shape, sampled, lines), np.uint8) for _ in range(2))
    maps = np.zeros((*shape, lines, _BLOCKS, _BLOCKS), np.uint16)
    places, input_places = (np.empty((len(seeds), sampled, 2)) for _ in range(2))
    for i, seed in enumerate(seeds):
        width, input_width = layer_two_widths
        input_layer = _layer(
            "layer two",
            side,
            seed,
            (width, width),
            connection_probability,
            side // 4,
            input_width,
            input_probability,
            reference_sizes,
        )
        filters = _filters(
            coupling,
            input_coupling,
            reference_sizes,
            excitatory_synapse,
            slow_inhibition,
            [(1.0, *excitatory_synapse)],
        )
        source = _Run(input_layer, neurons, filters, 0.0, step, "layer two", side, seed)
        layers, runs = {}, {}
        for r, condition in enumerate(conditions):
            if condition.kind != "slow" and seed not in control_seeds:
                continue
            if condition.widths not in layers:
                layers[condition.widths] = _layer(
                    "layer three",
                    side,
                    seed,
                    condition.widths,
                    connection_probability,
                    side,
                    feedforward_width,
                    feedforward_probability,
                    reference_sizes,
                )
            layer = layers[condition.widths]
            filters = _filters(
                coupling,
                feedforward_coupling,
                reference_sizes,
                excitatory_synapse,
                condition.inhibition,
                feedforward_synapses,
            )
            repeat = conditions[:r].count(condition)
            key = ("layer three", side, condition.kind, condition.drive, repeat, seed)
            runs[r] = _Run(layer, neurons, filters, condition.drive, step, *key)
        samples = [_sample(name, side, sampled, seed) for name in ("layer two", "layer three")]
        input_places[i], places[i] = (spatial_connectivity.positions(side)[sample] for sample in samples)
        generator = seeding.generator(_PAPER, "input", "three_layers", side, seed)
        at = 0
        for kept in progress(_chunks(duration, burn_in), f"seed {seed}, {len(runs)} runs of layer three: chunks"):
            words = source.advance((input_layer.input_rows, _poisson(generator, side // 4, input_rate, step)))[_E]
            # All runs have the same contacts from layer two: its spikes are propagated once.
            reached = packed_spikes.contacts(words, layer.input_rows, layer.targets)
            bins = slice(at, at + _CHUNK // bin_width)
            before = np.asarray(packed_spikes.window_counts(words, window))[:, samples[0]].T
            for r, run in runs.items():
                own = run.advance((None, reached))[_E]
                if kept:
                    after = np.asarray(packed_spikes.window_counts(own, window))
                    input_counts[i, r, :, bins] = before
                    counts[i, r, :, bins] = after[:, samples[1]].T
                    maps[i, r, bins] = _blocks(after, side)
            at += kept * (_CHUNK // bin_width)
    frames = np.array([[_about_the_peak(of_run) for of_run in of_seed] for of_seed in maps])
    per_run, per_neuron = ("seeds", "run"), ("seeds", "run", "neuron", "bin")
    ran = [[c.kind == "slow" or seed in control_seeds for c in conditions] for seed in seeds]
    return xr.Dataset(
        {
            "ran": (per_run, np.array(ran, np.int8), label("whether this was run")),
            "counts": (per_neuron, counts, label("spikes of sampled excitatory neurons of layer three")),
            "input_counts": (per_neuron, input_counts, label("the same of layer two, from the spikes the run had")),
            "population_rate": (
                (*per_run, "bin"),
                (maps.sum(axis=(-1, -2)) * (1000 / bin_width / side**2)).astype(np.float32),
                label("rate of the excitatory population of layer three", "Hz"),
            ),
            "map_rate": (
                (*per_run, "frame", "block_x", "block_y"),
                (frames * (1000 / bin_width / (side // _BLOCKS) ** 2)).astype(np.float32),
                label("rate in squares of the sheet about the time of the highest population rate", "Hz"),
            ),
            **_places("neuron", ("seeds", "neuron"), places),
            **_places("input_neuron", ("seeds", "neuron"), input_places),
        },
        coords={
            "seeds": seeds,
            "inhibition": ("run", [c.kind for c in conditions], {"units": "", "long_name": "kind of inhibition"}),
            "drive": ("run", [c.drive for c in conditions], label("drive of inhibitory neurons", "mV/ms")),
            "bin": ("bin", bin_width * np.arange(lines), label("start of a bin", "ms")),
            "frame": ("frame", bin_width * (np.arange(_FRAMES) - _FRAMES // 2), label("time from the peak", "ms")),
        },
    )


# --- shared variability -------------------------------------------------------------------------------------------


def _eigenvalues(counts, chosen, bins, groups, group_size, factors):
    """Mean over groups of neurons of the shared eigenvalues of their counts; NaN where not one group is full."""
    samples = count_correlations.window_sums(counts[chosen], bins)
    samples = samples[samples.var(axis=-1) > 0]
    full = min(groups, len(samples) // group_size)
    if not full:
        return np.full(factors, np.nan)
    samples = samples[: full * group_size].reshape(full, group_size, -1)
    found = factor_analysis.fit(factor_analysis.covariance(samples), factors)
    return factor_analysis.shared_eigenvalues(found).mean(axis=0)


def _of_run(
    counts,
    input_counts,
    places,
    input_places,
    bin_width,
    correlation_window,
    factor_window,
    correlated,
    groups,
    group_size,
    factors,
    least_rate,
):
    """Statistics of one run, named as in the dataset."""
    bins = correlation_window // bin_width
    chosen = _chosen(counts, places, 1000 / bin_width, least_rate, correlated, central=True)
    inputs = _chosen(input_counts, input_places, 1000 / bin_width, least_rate, correlated, central=True)
    three, two = (counts[chosen], places[chosen]), (input_counts[inputs], input_places[inputs])
    within, profile = _pair_correlation(three, three, bins, within=True)
    between, between_profile = _pair_correlation(three, two, bins, within=False)
    active = _chosen(counts, places, 1000 / bin_width, least_rate, groups * group_size, central=False)
    eigenvalues = _eigenvalues(counts, active, factor_window // bin_width, groups, group_size, factors)
    return {
        "eigenvalue": eigenvalues,
        "first_share": eigenvalues[0] / eigenvalues.sum(),
        "within_correlation": within,
        "between_correlation": between,
        "input_correlation": _pair_correlation(two, two, bins, within=True)[0],
        "within_profile": profile,
        "between_profile": between_profile,
        "rate": counts.mean() * 1000 / bin_width,
    }


_STATISTICS = {
    "eigenvalue": ("eigenvalue of the shared covariance of counts", "1"),
    "first_share": ("first over all eigenvalues of the shared covariance", "1"),
    "within_correlation": ("mean correlation of pairs in layer three", "1"),
    "between_correlation": ("mean correlation of pairs of layers three and two", "1"),
    "input_correlation": ("mean correlation of pairs in layer two", "1"),
    "within_profile": ("mean correlation of pairs in layer three at a distance", "1"),
    "between_profile": ("mean correlation of pairs of layers three and two at a distance", "1"),
    "rate": ("mean rate of the sampled excitatory neurons of layer three", "Hz"),
    "locked_variance": ("covariance of the population rate of repeats on one input", "Hz²"),
    "total_variance": ("variance of the population rate", "Hz²"),
    "internal_share": ("share of the variance of the population rate that repeats do not have in common", "1"),
}
_FURTHER = {"eigenvalue": "factor", "within_profile": "distance", "between_profile": "distance"}


@stage(
    nan=(
        "eigenvalue",
        "first_share",
        "within_correlation",
        "between_correlation",
        "input_correlation",
        "within_profile",
        "between_profile",
        "rate",
        "locked_variance",
        "total_variance",
        "internal_share",
    )
)
def shared_variability(
    three_layers,
    bin_width,
    correlation_window,
    factor_window,
    correlated,
    groups,
    group_size,
    factors,
    least_rate,
):
    """Statistics of every kind of inhibition and drive, as means over repeats; NaN for what was not run."""
    rules = (bin_width, correlation_window, factor_window, correlated, groups, group_size, factors, least_rate)
    conditions = {}
    for r, (inhibition, drive) in enumerate(
        zip(three_layers.inhibition.values, three_layers.drive.values, strict=True)
    ):
        conditions.setdefault((str(inhibition), float(drive)), []).append(r)
    shape = (three_layers.sizes["seeds"], len(conditions))
    sizes = {"eigenvalue": (factors,)} | dict.fromkeys(("within_profile", "between_profile"), (_DISTANCE_BINS,))
    found = {name: np.full((*shape, *sizes.get(name, ())), np.nan) for name in _STATISTICS}
    for i, c in np.ndindex(shape):
        one, repeats = three_layers.isel(seeds=i), list(conditions.values())[c]
        if not one.ran.values[repeats[0]]:
            continue
        places = [np.stack([one[f"{name}_{axis}"] for axis in "xy"], axis=-1) for name in ("neuron", "input_neuron")]
        statistics = [_of_run(one.counts.values[r], one.input_counts.values[r], *places, *rules) for r in repeats]
        for name in statistics[0]:
            found[name][i, c] = np.mean([s[name] for s in statistics], axis=0)
        if len(repeats) > 1:
            bins = correlation_window // bin_width
            rates = count_correlations.sliding_sums(one.population_rate.values[repeats], bins) / bins
            locked, total = count_correlations.locked_and_total_variance(rates)
            found["locked_variance"][i, c], found["total_variance"][i, c] = locked, total
            found["internal_share"][i, c] = 1 - locked / total
    dims = ("seeds", "condition")
    return xr.Dataset(
        {
            name: ((*dims, _FURTHER[name]) if name in _FURTHER else dims, values, label(*_STATISTICS[name]))
            for name, values in found.items()
        },
        coords={
            "seeds": three_layers.seeds,
            "condition": (
                "condition",
                [f"{kind}, {drive:g}" for kind, drive in conditions],
                {"units": "", "long_name": "kind of inhibition, drive of inhibitory neurons"},
            ),
            "inhibition": ("condition", [k for k, _ in conditions], {"units": "", "long_name": "kind of inhibition"}),
            "drive": ("condition", [d for _, d in conditions], label("drive of inhibitory neurons", "mV/ms")),
            "factor": ("factor", np.arange(1, factors + 1), label("number of the eigenvalue")),
            "distance": _distance_coordinate(),
        },
    )
