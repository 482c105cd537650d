"""Stages: conditioning of a Gaussian field, the φ⁴ model learnt and sampled over scales, a long-range field."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from replica.numerics import (
    conditional_energies,
    gaussian_conditionals,
    gaussian_random_field,
    langevin,
    lattice_field,
    orthogonal_wavelets,
    radial_spectrum,
    relaxation_time,
    score_matching,
    seeding,
)
from replica.paper import label, progress, stage

_PAPER = "marchand2022_wcrg"
_HAAR = orthogonal_wavelets.daubechies(1)
_SHELLS = 6  # of the radial spectrum, beside the zero wave number
_BATCH = 128  # fields whose features are held, or that are sampled, at once
_EXAMPLES = 3  # fields kept for the figures
_KNOTS = 8193  # of the table of a potential with ramps
_STEP_SIZE = 0.02  # from which the tuning of ε starts
_ACCEPTANCE = (0.5, 0.7)  # outside of which a run counts for nothing
_LAGS = 120  # of an autocorrelation that are kept
_SCALE = label("side of the lattice that is split into coarse field and details")
_COUPLINGS = ["neighbour (0,1)", "neighbour (1,1)", "neighbour (0,2)", "power 2", "power 4", "power 6", "power 8"]


def _scales(side, coarsest):
    """Sides of the lattices from the finest to the one before the coarsest."""
    return [side >> j for j in range(int(np.log2(side // coarsest)))]


# --- Gaussian field -----------------------------------------------------------------------------------------------


@stage(nan=("conditional_condition", "conditional_fisher", "conditional_score"))
def conditioning(gaussian_sides, vanishing_moments, mass_factor, coarsest_side):
    """Condition numbers of a Gaussian field of precision -Δ + m²: direct, and of the details at each scale given the
    coarser field; the same of the Fisher and score-matching matrices of quadratic couplings (Haar)."""
    scales = sorted({n for side in gaussian_sides for n in _scales(side, coarsest_side)}, reverse=True)
    direct = np.empty((3, len(gaussian_sides)))
    condition = np.full((len(vanishing_moments), len(gaussian_sides), len(scales)), np.nan)
    matrices = np.full((2, len(gaussian_sides), len(scales)), np.nan)
    for i, side in enumerate(gaussian_sides):
        precision = gaussian_conditionals.laplacian_symbol(side) + mass_factor * (2 * np.pi / side) ** 2
        both = gaussian_conditionals.direct_matrices(1 / precision)
        direct[0, i] = precision.max() / precision.min()
        direct[1:, i] = [gaussian_conditionals.unit_diagonal_condition(m) for m in both]
        for j, moments in enumerate(vanishing_moments):
            power, low_pass = 1 / precision, orthogonal_wavelets.daubechies(moments)
            for n in _scales(side, coarsest_side):
                step, at = gaussian_conditionals.split(power, low_pass), scales.index(n)
                condition[j, i, at] = gaussian_conditionals.condition_number(step.precision)
                if moments == 1:
                    both = gaussian_conditionals.conditional_matrices(power, step)
                    matrices[:, i, at] = [gaussian_conditionals.unit_diagonal_condition(m) for m in both]
                power = step.coarse
    number = "condition number of the "
    each = ("gaussian_sides", "scale")
    return xr.Dataset(
        {
            "direct_condition": ("gaussian_sides", direct[0], label(number + "precision")),
            "direct_fisher": ("gaussian_sides", direct[1], label(number + "Fisher matrix")),
            "direct_score": ("gaussian_sides", direct[2], label(number + "score-matching matrix")),
            "conditional_condition": (
                ("vanishing_moments", *each),
                condition,
                label(number + "precision of the details given the coarse field"),
            ),
            "conditional_fisher": (each, matrices[0], label(number + "Fisher matrix of the details")),
            "conditional_score": (each, matrices[1], label(number + "score-matching matrix of the details")),
        },
        coords={
            "gaussian_sides": gaussian_sides,
            "vanishing_moments": vanishing_moments,
            "scale": ("scale", scales, _SCALE),
        },
    )


# --- φ⁴ -----------------------------------------------------------------------------------------------------------


def _grid(side):
    place = {"units": "lattice spacings"}
    return {
        f"row_{side}": (f"row_{side}", np.arange(side), place | {"long_name": "row"}),
        f"column_{side}": (f"column_{side}", np.arange(side), place | {"long_name": "column"}),
    }


def _index(name, count, long_name):
    return (name, np.arange(count), label(long_name))


@stage(split="seeds", gpu=True)
def lattice_fields(
    seeds,
    betas,
    sides,
    chains,
    burn_in,
    training_snapshots,
    training_spacing,
    test_snapshots,
    test_spacing,
):
    """Training and test fields of the φ⁴ model, by checkerboard Metropolis."""
    variables, coords = {}, {"seeds": seeds, "betas": betas}
    names = {"training": training_snapshots * chains, "test": test_snapshots * chains}
    for side in sides:
        fields = {
            name: np.empty((len(seeds), len(betas), count, side, side), np.float32) for name, count in names.items()
        }
        for i, seed in enumerate(seeds):
            for j, beta in enumerate(betas):
                sets = lattice_field.metropolis(
                    seeding.key(_PAPER, "lattice_fields", side, beta, seed),
                    beta,
                    side=side,
                    chains=chains,
                    burn_in=burn_in,
                    snapshots=(training_snapshots, test_snapshots),
                    apart=(training_spacing, test_spacing),
                )
                for name, drawn in zip(names, sets, strict=True):
                    fields[name][i, j] = np.moveaxis(np.asarray(drawn), -1, 0)
        for name, values in fields.items():
            dims = ("seeds", "betas", f"{name}_sample", f"row_{side}", f"column_{side}")
            variables[f"{name}_{side}"] = (dims, values, label(f"field φ, {name} set"))
        coords |= _grid(side)
    for name, count in names.items():
        coords[f"{name}_sample"] = _index(f"{name}_sample", count, f"{name} field")
    return xr.Dataset(variables, coords)


def _sites_first(fields):
    """``(sample, row, column)`` to ``(row, column, sample)``."""
    return jnp.moveaxis(jnp.asarray(fields), 0, -1)


def _coarser(fields, side, coarsest):
    """Fields ``(row, column, sample)`` at every scale, finest first, the coarsest one included."""
    levels = [fields]
    for _ in _scales(side, coarsest):
        levels.append(orthogonal_wavelets.split(levels[-1], _HAAR)[0])
    return levels


@partial(jax.jit, static_argnames=("coarsest", "ridge"))
def _fitted(training, test, beta, *, coarsest, ridge):
    """Couplings in the field's own unit, those of the free energies, condition numbers, and energies of test fields.

    One row for each lattice, the coarsest last: couplings (scale, coupling) twice, condition (scale,), E_j - F_j
    (scale, sample), the true energy (sample,).
    """
    side = training.shape[0]
    levels, shown = _coarser(training.astype(float), side, coarsest), _coarser(test.astype(float), side, coarsest)
    powers = [conditional_energies.Powers(jnp.std(level)) for level in levels]
    own, free, condition, terms = [], [], [], []

    def unit(fit, potentials):
        return fit.couplings / conditional_energies.units(potentials)

    for j, level in enumerate(levels):
        last = j == len(levels) - 1
        options = {"ridge": ridge, "batch": int(np.gcd(training.shape[-1], _BATCH))}
        fit = score_matching.fit(powers[j], level, None if last else _HAAR, **options)
        term = conditional_energies.energy_and_gradient(powers[j], fit.couplings)(shown[j])[0]
        if last:
            free.append(jnp.zeros_like(fit.couplings))
        else:
            free_fit = score_matching.free_energy(powers[j], fit.couplings, powers[j + 1], level, _HAAR, **options)
            free_term = conditional_energies.energy_and_gradient(powers[j + 1], free_fit.couplings)
            term -= free_term(shown[j + 1])[0]
            free.append(unit(free_fit, powers[j + 1]))
        own.append(unit(fit, powers[j]))
        condition.append(fit.condition)
        terms.append(term)
    return *(jnp.stack(part) for part in (own, free, condition, terms)), lattice_field.energy(shown[0], beta)


def _agreement(modelled, true):
    """Correlation of two energies, and slope of the first on the second."""
    return np.corrcoef(modelled, true)[0, 1], np.polyfit(true, modelled, 1)[0]


@stage(nan=("couplings", "free_couplings", "condition"))
def energies(lattice_fields, seeds, betas, sides, coarsest_side, ridge):
    """Conditional energies at each scale by score matching, their free energies, and their sum over scales."""
    scales = sorted({n for side in sides for n in [*_scales(side, coarsest_side), coarsest_side]}, reverse=True)
    shape = (len(seeds), len(betas), len(sides))
    own, free = np.full((2, *shape, len(scales), len(_COUPLINGS)), np.nan)
    condition = np.full((*shape, len(scales)), np.nan)
    samples = lattice_fields.sizes["test_sample"]
    true, summed, finest = np.empty((3, *shape, samples))
    agreement = np.empty((2, 2, *shape))  # of the sum or the finest term; correlation or slope
    for k, side in enumerate(progress(sides, "sides")):
        at = [scales.index(n) for n in [*_scales(side, coarsest_side), coarsest_side]]
        for i in range(len(seeds)):
            for j, beta in enumerate(betas):
                training, test = (
                    _sites_first(lattice_fields[f"{name}_{side}"].values[i, j]) for name in ("training", "test")
                )
                fitted = _fitted(training, test, beta, coarsest=coarsest_side, ridge=ridge)
                own[i, j, k, at], free[i, j, k, at], condition[i, j, k, at], terms, true[i, j, k] = fitted
                summed[i, j, k], finest[i, j, k] = terms.sum(0), terms[0]
                for part, modelled in enumerate((summed, finest)):
                    agreement[part, :, i, j, k] = _agreement(modelled[i, j, k], true[i, j, k])
    free[..., scales.index(coarsest_side), :] = np.nan
    dims = ("seeds", "betas", "sides")
    of = ["summed", "finest"]
    long_names = ["sum over scales of conditional energies less free energies", "term of the finest scale alone"]
    measures = [
        (f"{name}_{measure}", (dims, agreement[i, j], label(f"{words} of the true energy and the {long_name}")))
        for i, (name, long_name) in enumerate(zip(of, long_names, strict=True))
        for j, (measure, words) in enumerate((("correlation", "correlation"), ("slope", "slope of regression")))
    ]
    return xr.Dataset(
        {
            "couplings": ((*dims, "scale", "coupling"), own, label("coupling of the conditional energy")),
            "free_couplings": ((*dims, "scale", "coupling"), free, label("coupling of its free energy")),
            "condition": ((*dims, "scale"), condition, label("condition number of the score-matching matrix")),
            "true_energy": ((*dims, "test_sample"), true, label("energy of a test field")),
            "summed_energy": ((*dims, "test_sample"), summed, label(long_names[0])),
            "finest_energy": ((*dims, "test_sample"), finest, label(long_names[1])),
            **dict(measures),
        },
        coords={
            "seeds": seeds,
            "betas": betas,
            "sides": sides,
            "scale": ("scale", scales, _SCALE),
            "coupling": ("coupling", _COUPLINGS, label("term of the energy", "")),
            "test_sample": _index("test_sample", samples, "test field"),
        },
    )


# --- sampling over scales -----------------------------------------------------------------------------------------


def _moving_details(energy_and_gradient):
    """The energy as a function of the details alone: its gradient without the coarse part."""

    def evaluate(y):
        energy, gradient = energy_and_gradient(y)
        return energy, orthogonal_wavelets.without_coarse(gradient, _HAAR)

    return evaluate


_without_coarse = partial(orthogonal_wavelets.without_coarse, low_pass=_HAAR)


def _no_details(coarse):
    """Fields with the given coarse part and no details, in float32."""
    coarse = jnp.asarray(coarse, jnp.float32)
    return orthogonal_wavelets.join(coarse, jnp.zeros((3, *coarse.shape), coarse.dtype), _HAAR)


def _run(key, position, energy, steps, warm_up, confine, step_size):
    """Position, step size and acceptance of a Langevin run after a warm-up; the step size is given, or tuned on the
    first batch of chains.  Batches run one after the other, since they fit the cache of a processor."""
    batch = int(np.gcd(position.shape[-1], _BATCH))
    tune_key, run_key = jax.random.split(key)
    positions = jnp.moveaxis(position.reshape(*position.shape[:-1], -1, batch), -2, 0)
    if step_size is None:
        first = langevin.start(energy, positions[0])
        _, step_size = langevin.tune(tune_key, first, _STEP_SIZE, energy, warm_up, confine)

    def run(batch):
        key, position = batch
        chains = langevin.start(energy, position)
        chains, acceptance, _ = langevin.sample(
            key, chains, step_size, energy, warm_up + steps, confine, dropped=warm_up
        )
        return chains.position, acceptance

    ends, acceptance = jax.lax.map(run, (jax.random.split(run_key, positions.shape[0]), positions))
    return jnp.moveaxis(ends, 0, -2).reshape(position.shape), jnp.asarray(step_size), acceptance.mean()


@partial(jax.jit, static_argnames=("steps", "warm_up", "step_size"))
def _details_of_powers(key, coarse, couplings, *, steps, warm_up, step_size=None):
    """Fields whose details are drawn given the coarse fields ``(row, column, sample)``, couplings in physical units."""
    potentials = conditional_energies.Powers(jnp.float32(1))
    energy = conditional_energies.energy_and_gradient(potentials, couplings.astype(jnp.float32))
    return _run(key, _no_details(coarse), _moving_details(energy), steps, warm_up, _without_coarse, step_size)


def _proper(acceptance):
    return bool(np.all((np.asarray(acceptance) >= _ACCEPTANCE[0]) & (np.asarray(acceptance) <= _ACCEPTANCE[1])))


def _shares(fields, edges):
    """Share of the sites in each bin of values, the outer bins open."""
    return np.histogram(np.clip(fields, edges[0], edges[-1]), edges)[0] / fields.size


def _statistics(sets, edges):
    """Of the first set and the others: radial spectra (set, shell), shares (set, bin), moments (set, 4), examples."""
    sets = [np.asarray(fields, float) for fields in sets]
    spectra = [radial_spectrum.radial(radial_spectrum.power(jnp.asarray(fields)), _SHELLS) for fields in sets]
    shares = [_shares(fields, edges) for fields in sets]

    def moments(x):
        return x.mean(), x.std(), np.mean((x - x.mean()) ** 3) / x.std() ** 3, np.mean(x**4)

    examples = np.stack([np.moveaxis(fields[..., :_EXAMPLES], -1, 0) for fields in sets])
    return np.stack(spectra), np.stack(shares), np.array([moments(x) for x in sets]), examples


_SOURCE = label("where the fields come from", "")


def _statistics_dataset(gathered, dims, sources, sides, edges, proper):
    """Dataset of ``_statistics``; dims: those before ``sides``.  Comparisons are NaN where a run is not proper."""
    spectrum, shares, moments = (np.stack(part) for part in list(zip(*gathered, strict=True))[:3])
    lead = proper.shape
    spectrum, shares, moments = (part.reshape(*lead, *part.shape[1:]) for part in (spectrum, shares, moments))
    ratio = spectrum / spectrum[..., :1, :]
    distance = np.abs(shares - shares[..., :1, :]).sum(-1)
    drawn = np.array([source not in ("test", "Gaussian") for source in sources])
    void = ~proper[..., None] & drawn
    ratio[void], distance[void] = np.nan, np.nan
    wave_numbers = np.stack([radial_spectrum.shells(side, _SHELLS)[1] for side in sides])
    to = "fields to that of test fields"
    return xr.Dataset(
        {
            "spectrum": ((*dims, "source", "shell"), spectrum, label("radial power spectrum")),
            "spectrum_ratio": ((*dims, "source", "shell"), ratio, label(f"ratio of the spectrum of {to}")),
            "share": ((*dims, "source", "bin"), shares, label("share of the sites in a bin of values")),
            "histogram_distance": ((*dims, "source"), distance, label(f"L1 distance of the histogram of {to}")),
            "skewness": ((*dims, "source"), moments[..., 2], label("skewness of the values")),
            "deviation": ((*dims, "source"), moments[..., 1], label("standard deviation of the values")),
            "fourth_moment": ((*dims, "source"), moments[..., 3], label("mean fourth power of the values")),
            "wave_number": ((dims[-1], "shell"), wave_numbers, label("mean wave number of a shell")),
        },
        coords={
            "source": ("source", sources, _SOURCE),
            "shell": _index("shell", _SHELLS + 1, "shell of wave numbers, 0: the zero wave number"),
            "bin": ("bin", (edges[1:] + edges[:-1]) / 2, label("middle of a bin of values")),
        },
    )


def _examples(gathered, sides, sources):
    """The example fields of the first seed: variables named by side, and their coordinates."""
    variables, coords = {}, {"example": _index("example", _EXAMPLES, "example")}
    for k, side in enumerate(sides):
        dims = ("source", "example", f"row_{side}", f"column_{side}")
        variables[f"example_{side}"] = (dims, gathered[k][3].astype(np.float32), label("field"))
        coords |= _grid(side)
    return variables, coords


@stage(gpu=True, nan=("spectrum_ratio", "histogram_distance", "step_size", "acceptance"))
def generation(lattice_fields, energies, seeds, sides, beta, coarsest_side, warm_up, sampling_steps, long_step_size):
    """φ⁴ fields drawn scale by scale from the conditional energies, starting at the coarsest test fields.

    Controls: the details of the finest scale drawn with too long steps, and Gaussian fields of the test spectrum.
    """
    scales = sorted({n for side in sides for n in _scales(side, coarsest_side)}, reverse=True)
    sources = ["test", "generated", "badly mixed", "Gaussian"]
    edges = np.linspace(-2.2, 2.2, 45)
    step_size, acceptance = np.full((2, len(seeds), len(sides), len(scales)), np.nan)
    bad_acceptance = np.empty((len(seeds), len(sides)))
    gathered = []
    for i, seed in enumerate(progress(seeds, "seeds")):
        for k, side in enumerate(sides):
            test = _sites_first(lattice_fields[f"test_{side}"].sel(seeds=seed, betas=beta).values)
            drawn = _coarser(test, side, coarsest_side)[-1]
            where = {"seeds": seed, "betas": beta, "sides": side}
            for n in _scales(side, coarsest_side)[::-1]:
                couplings = jnp.asarray(energies.couplings.sel(**where, scale=n).values)
                coarse, name = drawn, (_PAPER, "generation", side, n, seed)
                drawn, *run = _details_of_powers(
                    seeding.key(*name), coarse, couplings, steps=sampling_steps, warm_up=warm_up
                )
                step_size[i, k, scales.index(n)], acceptance[i, k, scales.index(n)] = run
            badly, _, bad_acceptance[i, k] = _details_of_powers(
                seeding.key(*name, "badly mixed"),
                coarse,
                couplings,
                steps=sampling_steps,
                warm_up=warm_up,
                step_size=long_step_size,
            )
            power = radial_spectrum.power(test.astype(float))
            keys = jax.random.split(seeding.key(*name, "Gaussian"), test.shape[-1])
            gaussian = jax.vmap(gaussian_random_field.periodic, (0, None), -1)(keys, power / power.size)
            gathered.append(_statistics([test, drawn, badly, gaussian], edges))
    dims = ("seeds", "sides")
    proper = np.all(np.isnan(acceptance) | ((acceptance >= _ACCEPTANCE[0]) & (acceptance <= _ACCEPTANCE[1])), axis=-1)
    dataset = _statistics_dataset(gathered, dims, sources, sides, edges, proper)
    variables, coords = _examples(gathered, sides, sources)
    return dataset.assign(
        step_size=((*dims, "scale"), step_size, label("step size ε")),
        acceptance=((*dims, "scale"), acceptance, label("accepted share of the steps")),
        bad_acceptance=(dims, bad_acceptance, label("accepted share of the steps of the badly mixed run")),
        **variables,
    ).assign_coords(seeds=seeds, sides=sides, scale=("scale", scales, _SCALE), **coords)


# --- critical slowing down ----------------------------------------------------------------------------------------


@partial(jax.jit, static_argnames=("steps", "warm_up", "details"))
def _recorded(key, fields, beta, *, steps, warm_up, details):
    """Step size, acceptance, and what is recorded of each step: the mean of whole fields ``(step, 1, chain)``, or the
    value at one site and the mean of each detail map ``(step, 6, chain)``."""
    energy = partial(lattice_field.energy_and_gradient, beta=jnp.float32(beta))
    confine = _without_coarse if details else langevin.identity
    energy = _moving_details(energy) if details else energy

    def record(y):
        if not details:
            return y.mean((0, 1))[None]
        maps = orthogonal_wavelets.split(y, _HAAR)[1]
        return jnp.concatenate([maps[:, 0, 0], maps.mean((1, 2))])

    tune_key, run_key = jax.random.split(key)
    chains, step_size = langevin.tune(tune_key, langevin.start(energy, fields), _STEP_SIZE, energy, warm_up, confine)
    _, acceptance, kept = langevin.sample(run_key, chains, step_size, energy, steps, confine, record)
    return step_size, acceptance, kept


def _time_and_curve(correlation, step_size):
    """Relaxation time in units of ε, or the longest lag where it is not reached; whether it is; a thinned curve."""
    correlation = np.asarray(correlation)
    lag = relaxation_time.first_below(correlation)
    reached = np.isfinite(lag)
    shown = np.unique(np.round(np.geomspace(1, correlation.size, _LAGS)).astype(int) - 1)
    chosen = np.interp(np.linspace(0, shown.size - 1, _LAGS), np.arange(shown.size), shown).round().astype(int)
    return (lag if reached else correlation.size - 1) * step_size, reached, chosen * step_size, correlation[chosen]


@stage(split="seeds", gpu=True, nan=("relaxation_time",))
def relaxation(
    seeds, relaxation_sides, beta, relaxation_chains, burn_in, warm_up, direct_steps, detail_chains, detail_steps
):
    """Relaxation times of Langevin dynamics on the φ⁴ energy, τ·ε: of whole fields, and of the details at the finest
    scale with the coarse field held; NaN where the acceptance is not as tuned."""
    quantities = ["m", "abs(m)", "details"]
    shape = (len(seeds), len(relaxation_sides), len(quantities))
    times, lags, curves = np.empty(shape), *np.empty((2, *shape, _LAGS))
    reached = np.empty(shape, int)
    step_size, acceptance = np.empty((2, *shape[:2], 2))
    for i, seed in enumerate(seeds):
        for k, (side, steps) in enumerate(zip(relaxation_sides, direct_steps, strict=True)):
            name = (_PAPER, "relaxation", side, beta, seed)
            (fields,) = lattice_field.metropolis(
                seeding.key(*name),
                beta,
                side=side,
                chains=max(relaxation_chains, detail_chains),
                burn_in=burn_in,
                snapshots=(1,),
                apart=(1,),
            )
            correlations = []
            for j, details in enumerate((False, True)):
                step_size[i, k, j], acceptance[i, k, j], kept = _recorded(
                    seeding.key(*name, int(details)),
                    fields[..., : detail_chains if details else relaxation_chains],
                    beta,
                    steps=detail_steps if details else steps,
                    warm_up=warm_up,
                    details=details,
                )
                kept = kept.astype(float)
                if details:
                    each = np.asarray(relaxation_time.autocorrelation(kept, detail_steps // 10))
                    slowest = np.argmax([relaxation_time.first_below(each[:, q]) for q in range(each.shape[1])])
                    correlations.append(each[:, slowest])
                else:
                    # Both signs are equally likely, so that the mean of m is known to be zero.
                    size = jnp.abs(kept)
                    correlations += [
                        relaxation_time.autocorrelation(kept, steps // 2, mean=0.0)[:, 0],
                        relaxation_time.autocorrelation(size, steps // 2, mean=size.mean())[:, 0],
                    ]
            for q, correlation in enumerate(correlations):
                j = int(q == 2)
                found = _time_and_curve(correlation, step_size[i, k, j])
                times[i, k, q], reached[i, k, q], lags[i, k, q], curves[i, k, q] = found
                if not _proper(acceptance[i, k, j]):
                    times[i, k, q] = np.nan
    dims = ("seeds", "relaxation_sides", "quantity")
    runs = ("seeds", "relaxation_sides", "moved")
    return xr.Dataset(
        {
            "relaxation_time": (dims, times, label("relaxation time τ·ε; longest lag where it is not reached")),
            "reached": (dims, reached, label("1 where the autocorrelation fell below 1/e")),
            "lag": ((*dims, "point"), lags, label("lag times ε")),
            "autocorrelation": ((*dims, "point"), curves, label("autocorrelation")),
            "step_size": (runs, step_size, label("step size ε")),
            "acceptance": (runs, acceptance, label("accepted share of the steps")),
        },
        coords={
            "seeds": seeds,
            "relaxation_sides": relaxation_sides,
            "quantity": ("quantity", quantities, label("what relaxes", "")),
            "moved": ("moved", ["fields", "details"], label("what moves", "")),
            "point": _index("point", _LAGS, "point of the curve"),
        },
    )


# --- long-range field ---------------------------------------------------------------------------------------------


@partial(jax.jit, static_argnames=("count", "side"))
def _log_normal(key, cutoff, *, count, side):
    """κ = exp(0.8 g - 0.32) - 1 with a Gaussian g of spectrum (k² + k0²)^{-3/2}: ``(row, column, sample)``."""
    square = jnp.asarray(gaussian_conditionals.laplacian_symbol(side))
    square = square.at[0, 0].set(square[0, 1])
    power = (square + cutoff**2) ** -1.5
    draw = jax.vmap(gaussian_random_field.periodic, (0, None), -1)
    return jnp.exp(0.8 * draw(jax.random.split(key, count), power / power.sum()) - 0.32) - 1


@partial(jax.jit, static_argnames=("local", "ridge"))
def _ramps_fitted(fields, *, local, ridge):
    """Potentials, fit and range of the data; of the whole energy (local), or of the details given the coarse field."""
    potentials = conditional_energies.ramps(fields)
    batch = int(np.gcd(fields.shape[-1], _BATCH))
    fit = score_matching.fit(potentials, fields, None if local else _HAAR, ridge=ridge, batch=batch)
    return potentials, fit, (fields.min(), fields.max())


@partial(jax.jit, static_argnames=("local", "steps", "warm_up"))
def _drawn_with_ramps(key, start, potentials, couplings, bounds, *, local, steps, warm_up):
    """Fields drawn from start (local), or whose details are drawn given start; none leaves the range of the data."""
    energy = conditional_energies.confined_energy_and_gradient(potentials, couplings, *bounds, _KNOTS)
    if local:
        return _run(key, start.astype(jnp.float32), energy, steps, warm_up, langevin.identity, None)
    return _run(key, _no_details(start), _moving_details(energy), steps, warm_up, _without_coarse, None)


@stage(gpu=True, nan=("spectrum_ratio", "histogram_distance", "step_size", "acceptance"))
def long_range(
    seeds,
    long_range_sides,
    cutoffs,
    training_fields,
    test_fields,
    coarsest_side,
    ramp_ridge,
    warm_up,
    sampling_steps,
    local_steps,
):
    """Log-normal fields with long-range correlations: drawn scale by scale from conditional energies, starting at the
    coarsest test fields, and from one microscopic local energy with the same terms, starting at the test fields."""
    scales = sorted({n for side in long_range_sides for n in _scales(side, coarsest_side)}, reverse=True)
    sources, runs = ["test", "over scales", "local"], [*(f"side {n}" for n in scales), "local"]
    edges = np.linspace(-1, 8, 61)
    step_size, acceptance, condition = np.full((3, len(seeds), len(long_range_sides), len(runs)), np.nan)
    gathered = []
    for i, seed in enumerate(progress(seeds, "seeds")):
        for k, (side, cutoff) in enumerate(zip(long_range_sides, cutoffs, strict=True)):
            name = (_PAPER, "long_range", side, seed)
            fields = _log_normal(seeding.key(*name), cutoff, count=training_fields + test_fields, side=side)
            training, test = fields[..., :training_fields], fields[..., training_fields:]
            levels = _coarser(training, side, coarsest_side)
            drawn = _coarser(test, side, coarsest_side)[-1]
            for n, level in list(zip(_scales(side, coarsest_side), levels, strict=False))[::-1]:
                at = (i, k, scales.index(n))
                potentials, fit, bounds = _ramps_fitted(level, local=False, ridge=ramp_ridge)
                drawn, step_size[at], acceptance[at] = _drawn_with_ramps(
                    seeding.key(*name, n),
                    drawn,
                    potentials,
                    fit.couplings,
                    bounds,
                    local=False,
                    steps=sampling_steps,
                    warm_up=warm_up,
                )
                condition[at] = fit.condition
            potentials, fit, bounds = _ramps_fitted(training, local=True, ridge=ramp_ridge)
            inside = jnp.clip(test, *bounds)
            local, step_size[i, k, -1], acceptance[i, k, -1] = _drawn_with_ramps(
                seeding.key(*name, "local"),
                inside,
                potentials,
                fit.couplings,
                bounds,
                local=True,
                steps=local_steps,
                warm_up=warm_up,
            )
            condition[i, k, -1] = fit.condition
            gathered.append(_statistics([test, drawn, local], edges))
    dims = ("seeds", "long_range_sides")
    proper = np.all(np.isnan(acceptance) | ((acceptance >= _ACCEPTANCE[0]) & (acceptance <= _ACCEPTANCE[1])), axis=-1)
    dataset = _statistics_dataset(gathered, dims, sources, long_range_sides, edges, proper)
    variables, coords = _examples(gathered, long_range_sides, sources)
    return dataset.assign(
        step_size=((*dims, "run"), step_size, label("step size ε")),
        acceptance=((*dims, "run"), acceptance, label("accepted share of the steps")),
        condition=((*dims, "run"), condition, label("condition number of the score-matching matrix")),
        **variables,
    ).assign_coords(
        seeds=seeds,
        long_range_sides=long_range_sides,
        run=("run", runs, label("scale of the details, or the local model", "")),
        **coords,
    )
