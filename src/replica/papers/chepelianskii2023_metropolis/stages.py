"""Stages: spectra of the Metropolis operator, critical and best jump length, profiles of the error, walkers."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from scipy.special import ndtr

from replica.numerics import localization, master_equation, metropolis_operator, metropolis_walkers, seeding
from replica.paper import label, progress, stage

_ENERGIES = {
    "harmonic": metropolis_walkers.harmonic,
    "quartic": metropolis_walkers.quartic,
    "box": metropolis_walkers.box,
}
_GAP = 1e-3  # an odd mode nearer to the largest rejection than this does not serve the extrapolation
_RULES = ["metropolis", "always"]
_NAME = "chepelianskii2023_metropolis"


_X = label("place x")


def _cells(potential, potentials, half_widths, count):
    """Centres, width and energies of the cells of a potential."""
    centres, width = metropolis_operator.cells(count, half_widths[potentials.index(potential)])
    return jnp.asarray(centres), width, _ENERGIES[potential](jnp.asarray(centres))


def _rejected(centres, width, energy, jump, length):
    """Largest rejection probability, and the acceptance in the stationary state."""
    jumps = metropolis_operator.jump_matrix(centres, width, jump, length)
    rejection = metropolis_operator.rejection(jumps, energy)
    return rejection.max(), 1 - metropolis_operator.stationary(energy) @ rejection


_largest_rejection = jax.jit(_rejected, static_argnames="jump")


def _modes(centres, width, energy, jump, length):
    """Moduli of three eigenvalues, largest odd one, ipr and parity of the leading mode, largest R, acceptance."""
    spectrum = metropolis_operator.spectrum(centres, width, energy, jump, length)
    rejection, acceptance = _largest_rejection(centres, width, energy, jump, length)
    ipr = localization.inverse_participation_ratio(np.asarray(spectrum.mode), width)
    return (*np.asarray(spectrum.moduli), spectrum.odd, ipr, spectrum.is_odd, rejection, acceptance)


@stage
def spectra(cases, lengths, potentials, half_widths, cells, small_lengths, small_cells, wall, wall_length):
    """Leading eigenvalues, localisation of the leading mode, largest rejection and acceptance against jump length."""
    found = np.empty((8, len(cases), len(lengths)))
    for i, case in enumerate(progress(cases, "cases")):
        potential, jump = case.split(", ")
        grid = _cells(potential, potentials, half_widths, cells)
        for j, length in enumerate(lengths):
            found[:, i, j] = _modes(*grid, metropolis_operator.JUMPS[jump], length)
    grid = _cells("harmonic", potentials, half_widths, small_cells)
    small = [
        metropolis_operator.spectrum(*grid, metropolis_operator.uniform, length).leading for length in small_lengths
    ]
    centres, width = metropolis_operator.cells(cells - cells % 2, 1.0)
    allowed = jnp.asarray(centres[np.abs(centres) > wall])
    divided = metropolis_operator.spectrum(
        allowed, width, jnp.zeros_like(allowed), metropolis_operator.uniform, wall_length
    )
    dims = ("cases", "lengths")
    return xr.Dataset(
        {
            "eigenvalue": (
                ("rank", *dims),
                found[:3],
                label("modulus of the largest eigenvalues but that of the stationary state"),
            ),
            "ipr": (dims, found[4], label("inverse participation ratio of the leading mode")),
            "is_odd": (dims, found[5].astype(int), label("1 where the leading mode is odd")),
            "largest_rejection": (dims, found[6], label("largest rejection probability")),
            "acceptance": (dims, found[7], label("acceptance in the stationary state")),
            "small_eigenvalue": ("small_lengths", np.array(small), label("largest eigenvalue Λ on finer cells")),
            "divided_eigenvalue": ((), float(divided.leading), label("largest eigenvalue Λ of the divided box")),
        },
        coords={
            "cases": cases,
            "lengths": lengths,
            "small_lengths": small_lengths,
            "rank": ("rank", [1, 2, 3], label("rank of the eigenvalue")),
        },
    )


def _zero(lengths, gaps):
    """Where the line through the last two gaps above the threshold crosses zero, and its slope."""
    last = np.flatnonzero(gaps > _GAP)[-2:]
    slope = np.diff(gaps[last]).item() / np.diff(lengths[last]).item()
    return lengths[last[1]] - gaps[last[1]] / slope, slope


@stage
def critical(potentials, half_widths, critical_lengths, critical_cells):
    """Critical jump length: where the odd leading eigenvalue meets the largest rejection probability."""
    lengths = np.array(critical_lengths)
    gap = np.empty((len(critical_cells), *lengths.shape))
    zero = np.empty((2, len(critical_cells), len(potentials)))
    for i, count in enumerate(critical_cells):
        for j, potential in enumerate(potentials):
            grid = _cells(potential, potentials, half_widths, count)
            for k, length in enumerate(lengths[j]):
                spectrum = metropolis_operator.spectrum(*grid, metropolis_operator.uniform, length)
                gap[i, j, k] = spectrum.odd - _largest_rejection(*grid, metropolis_operator.uniform, length)[0]
            zero[:, i, j] = _zero(lengths[j], gap[i, j])
    dims = ("critical_cells", "potentials")
    return xr.Dataset(
        {
            "gap": ((*dims, "place"), gap, label("odd leading eigenvalue less the largest rejection probability")),
            "length": (("potentials", "place"), lengths, label("jump length a")),
            "critical_length": (dims, zero[0], label("critical jump length a*")),
            "slope": (dims, zero[1], label("slope of the gap at a*")),
        },
        coords={
            "critical_cells": critical_cells,
            "potentials": potentials,
            "place": ("place", np.arange(lengths.shape[1]), label("place in the list of jump lengths")),
        },
    )


@stage
def optimum(potentials, half_widths, cells, optimum_range, optimum_points, optimum_jumps):
    """Jump length at which the harmonic potential relaxes fastest, on a fine grid of lengths."""
    lengths = np.linspace(*optimum_range, optimum_points)
    grid = _cells("harmonic", potentials, half_widths, cells)
    found = np.empty((2, len(optimum_jumps), len(lengths)))
    for i, jump in enumerate(progress(optimum_jumps, "jump densities")):
        density = metropolis_operator.JUMPS[jump]
        for j, length in enumerate(lengths):
            found[0, i, j] = metropolis_operator.spectrum(*grid, density, length).leading
            found[1, i, j] = _largest_rejection(*grid, density, length)[1]
    best = found[0].argmin(1)
    dims = ("optimum_jumps", "length")
    return xr.Dataset(
        {
            "eigenvalue": (dims, found[0], label("largest eigenvalue Λ")),
            "acceptance": (dims, found[1], label("acceptance in the stationary state")),
            "best_length": ("optimum_jumps", lengths[best], label("jump length of the smallest Λ")),
            "best_acceptance": (
                "optimum_jumps",
                found[1][np.arange(len(best)), best],
                label("acceptance at that length"),
            ),
        },
        coords={"optimum_jumps": optimum_jumps, "length": ("length", lengths, label("jump length a"))},
    )


def _gaussian_start(centres, width, start):
    """Probabilities of the cells of the Gaussian start."""
    edges = np.append(np.asarray(centres) - width / 2, centres[-1] + width / 2)
    return np.diff(ndtr((edges - start[0]) / start[1]))


@stage
def profiles(potentials, half_widths, profile_lengths, profile_cells, start, times, shown_times):
    """Shape of the deviation from the harmonic equilibrium, evolved by itself: localisation and width against time."""
    centres, width, energy = _cells("harmonic", potentials, half_widths, profile_cells)
    stationary = metropolis_operator.stationary(energy)
    initial = jnp.asarray(_gaussian_start(centres, width, start))
    x = np.asarray(centres)
    ipr, fwhm = (np.empty((len(profile_lengths), len(times))) for _ in range(2))
    shapes = np.empty((len(profile_lengths), len(shown_times), profile_cells))
    factor = np.empty(len(profile_lengths))
    for i, length in enumerate(progress(profile_lengths, "jump lengths")):
        jumps = metropolis_operator.jump_matrix(centres, width, metropolis_operator.uniform, length)
        transition = metropolis_operator.transition_matrix(jumps, energy)
        deviation = master_equation.deviations(transition, stationary, initial, max(*times, *shown_times))
        shape = np.asarray(deviation.shape)
        ipr[i] = localization.inverse_participation_ratio(shape[np.array(times) - 1], width)
        fwhm[i] = [localization.full_width_at_half_maximum(x, shape[n - 1]) for n in times]
        shapes[i] = shape[np.array(shown_times) - 1] / width
        factor[i] = deviation.factor[-1]
    dims = ("profile_lengths", "times")
    return xr.Dataset(
        {
            "ipr": (dims, ipr, label("inverse participation ratio of the deviation")),
            "width": (dims, fwhm, label("full width at half maximum of the deviation")),
            "shape": (
                ("profile_lengths", "shown_times", "x"),
                shapes,
                label("deviation from equilibrium, of unit integral of its modulus"),
            ),
            "factor": ("profile_lengths", factor, label("factor of the deviation in the last step")),
        },
        coords={
            "profile_lengths": profile_lengths,
            "times": times,
            "shown_times": shown_times,
            "x": ("x", x, _X),
        },
    )


@stage
def prediction(potentials, half_widths, walker_lengths, walker_times, start, bins, bin_edge, prediction_cells):
    """Probabilities of the bins of the walkers' histogram by the master equation, and in equilibrium."""
    centres, width, energy = _cells("harmonic", potentials, half_widths, prediction_cells)
    edges = np.append(np.asarray(centres) - width / 2, centres[-1] + width / 2)
    bin_edges = np.linspace(-bin_edge, bin_edge, bins + 1)

    def binned(p):
        return np.diff(np.interp(bin_edges, edges, np.concatenate([[0.0], np.cumsum(p)])))

    initial = jnp.asarray(_gaussian_start(centres, width, start))
    found = np.empty((len(walker_lengths), len(walker_times), bins))
    for i, length in enumerate(walker_lengths):
        jumps = metropolis_operator.jump_matrix(centres, width, metropolis_operator.uniform, length)
        transition = metropolis_operator.transition_matrix(jumps, energy)
        after = master_equation.distributions(transition, initial, max(walker_times))
        found[i] = [binned(np.asarray(after[n])) for n in walker_times]
    return xr.Dataset(
        {
            "probability": (("walker_lengths", "walker_times", "bin"), found, label("probability of a bin")),
            "equilibrium": (
                "bin",
                binned(np.asarray(metropolis_operator.stationary(energy))),
                label("probability of a bin in equilibrium"),
            ),
        },
        coords={
            "walker_lengths": walker_lengths,
            "walker_times": walker_times,
            "bin": ("bin", (bin_edges[1:] + bin_edges[:-1]) / 2, label("middle of a bin")),
        },
    )


def _counts(x, bins, bin_edge):
    """Histogram of the places on [-edge, edge]; those outside are not counted."""
    at = np.floor((np.asarray(x) + bin_edge) * (bins / (2 * bin_edge))).astype(int)
    return np.bincount(at[(at >= 0) & (at < bins)], minlength=bins)


@stage(split="seeds", block=1)
def walkers(seeds, walker_lengths, walker_times, walker_count, batch, start, bins, bin_edge):
    """Histograms of walkers in the harmonic potential, with the Metropolis rule and with every jump accepted."""
    counts = np.zeros((len(seeds), len(_RULES), len(walker_lengths), len(walker_times), bins), dtype=int)
    sizes = [min(batch, walker_count - done) for done in range(0, walker_count, batch)]
    for s, seed in enumerate(seeds):
        for b, size in enumerate(progress(sizes, "batches")):
            for i, length in enumerate(walker_lengths):
                key = seeding.key(_NAME, "walkers", length, seed, b)
                draw, *keys = jax.random.split(key, 1 + len(walker_times))
                first = start[0] + start[1] * jax.random.normal(draw, (size,), jnp.float32)
                for r, rule in enumerate(_RULES):
                    x, done = first, 0
                    for t, (n, step_key) in enumerate(zip(walker_times, keys, strict=True)):
                        x = metropolis_walkers.walk(step_key, x, length, steps=n - done, always=rule == "always")
                        counts[s, r, i, t] += _counts(x, bins, bin_edge)
                        done = n
    return xr.Dataset(
        {
            "count": (
                ("seeds", "rule", "walker_lengths", "walker_times", "bin"),
                counts,
                label("walkers in a bin"),
            )
        },
        coords={
            "seeds": seeds,
            "rule": ("rule", _RULES, label("acceptance rule", "")),
            "walker_lengths": walker_lengths,
            "walker_times": walker_times,
        },
    )


@stage
def agreement(prediction, walkers, walker_count):
    """Walkers against master equation: chi² per bin, and correlation of the deviations from equilibrium."""
    expected = walker_count * prediction.probability
    chi_square = ((walkers["count"] - expected) ** 2 / expected).mean("bin")
    observed = walkers["count"] / walker_count - prediction.equilibrium
    predicted = prediction.probability - prediction.equilibrium
    dims = ("seeds", "rule", "walker_lengths", "walker_times")
    return xr.Dataset(
        {
            "chi_square": (dims, chi_square.transpose(*dims).values, label("chi² per bin")),
            "correlation": (
                dims,
                xr.corr(observed, predicted, "bin").transpose(*dims).values,
                label("correlation of the deviations from equilibrium"),
            ),
            "deviation": (
                (*dims, "bin"),
                observed.transpose(*dims, "bin").values,
                label("share of the walkers in a bin less that in equilibrium"),
            ),
            "smallest_count": ((), expected.min().item(), label("smallest count expected in a bin")),
        },
        coords={name: walkers[name] for name in dims} | {"bin": prediction.bin},
    )
