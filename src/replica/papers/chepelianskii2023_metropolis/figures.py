"""Figures: spectra and localisation against jump length, the transition, shapes of the error, walkers, the optimum."""

import numpy as np

from replica.style import colors, panels, points

LENGTH = "jump length $a$"


def _title(axis, words):
    axis.set_title(words, loc="right", fontsize="small")


def spectrum_against_jump_length(spectra, critical):
    """Three largest eigenvalues (points) and largest rejection probability (line) against jump length, with the
    diffusive limit 1 - a²/6 (dashed) and a* (dotted); below: inverse participation ratio of the leading mode (points,
    left axis; in the box R is flat above a*, and modes are degenerate) and acceptance in equilibrium (line, right
    axis)."""
    cases = spectra.cases.values
    figure, axes = panels(2, len(cases), width=2.35, height=2.3)
    shades = colors(3, ordered=True)
    ipr_color, acceptance_color = colors(2)
    for i, case in enumerate(cases):
        shown = spectra.sel(cases=case)
        potential, jump = case.split(", ")
        upper, lower = axes[i], axes[len(cases) + i]
        for rank, color in zip((3, 2, 1), shades, strict=True):
            values = shown.eigenvalue.sel(rank=rank)
            points(upper, shown.lengths, values, color=color, markersize=2.5, label=f"eigenvalue {rank + 1}")
        upper.plot(shown.lengths, shown.largest_rejection, color="black", linewidth=0.9, label="largest $R$")
        if potential == "harmonic":
            a = np.linspace(0.05, 2.2, 50)
            upper.plot(a, 1 - a**2 / 6, "--", color="0.4", linewidth=0.9, label="$1-a^2/6$")
        points(lower, shown.lengths, shown.ipr, color=ipr_color, markersize=2.5)
        right = lower.twinx()
        right.spines["right"].set_visible(True)
        right.plot(shown.lengths, shown.acceptance, color=acceptance_color)
        right.set(ylim=(0, 1))
        right.tick_params(axis="y", colors=acceptance_color)
        lower.tick_params(axis="y", which="both", colors=ipr_color)
        lower.set(yscale="log", ylim=(0.08, 300), xlabel=LENGTH)
        upper.set(ylim=(0, 1.05))
        if jump == "uniform":
            transition = critical.critical_length.sel(potentials=potential).isel(critical_cells=-1).item()
            for axis in (upper, lower):
                axis.axvline(transition, color="black", linestyle=":", linewidth=0.9)
        _title(upper, case)
        if i == 0:
            lower.set_ylabel("inverse participation ratio", color=ipr_color)
        if i == len(cases) - 1:
            right.set_ylabel("acceptance", color=acceptance_color)
    axes[0].set_ylabel("eigenvalue")
    axes[cases.tolist().index("harmonic, gaussian")].legend(loc="lower right", fontsize="x-small")
    return figure


def critical_jump_length(critical):
    """Odd leading eigenvalue less the largest rejection probability against jump length (points: numbers of cells),
    and the line whose zero is the critical length a*."""
    names = critical.potentials.values
    figure, axes = panels(1, len(names), height=2.4)
    for axis, name in zip(axes, names, strict=True):
        shown = critical.sel(potentials=name)
        counts = shown.critical_cells.values
        for count, color, marker in zip(counts, colors(len(counts)), ("o", "x", "+"), strict=False):
            chosen = shown.sel(critical_cells=count)
            points(axis, shown.length, chosen.gap, color=color, fmt=marker, label=f"$N$ = {count}")
        zero, slope = chosen.critical_length.item(), chosen.slope.item()
        a = np.array([shown.length.values[0], zero])
        axis.plot(a, slope * (a - zero), color="black", linewidth=0.9, zorder=0)
        axis.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        axis.set(xlabel=LENGTH, ylabel="$\\Lambda_{\\mathrm{odd}} - \\max R$")
        _title(axis, f"{name}, $a^*$ = {zero:.3f}")
        axis.legend(loc="upper right")
    return figure


def error_profile(profiles, shown_times):
    """Deviation from equilibrium after n steps, evolved by itself (lines, below and above a*); its width at half
    maximum and its inverse participation ratio against n (points), with the slopes -1/2 and 1/2 (dotted)."""
    figure, axes = panels(1, 4, width=2.8, height=2.5)
    lengths = profiles.profile_lengths.values
    chosen = [max(a for a in lengths if a < 3.3), min(a for a in lengths if a > 3.4)]
    for axis, length in zip(axes, chosen, strict=False):
        for n, color in zip(shown_times, colors(len(shown_times), ordered=True), strict=True):
            curve = profiles["shape"].sel(profile_lengths=length, shown_times=n)
            curve = curve.sel(x=slice(-3.5, 3.5))
            axis.plot(curve.x, curve, color=color, label=f"$n$ = {n}", linewidth=1.0)
        axis.set(xlabel="place $x$", ylabel="deviation, $\\int|d|\\,dx = 1$")
        _title(axis, f"$a$ = {length:g}")
    axes[0].legend(loc="lower right")
    for length, color in zip(lengths, colors(len(lengths), ordered=True), strict=True):
        shown = profiles.sel(profile_lengths=length)
        points(axes[2], shown.times, shown.width, color=color, label=f"$a$ = {length:g}")
        points(axes[3], shown.times, shown.ipr, color=color)
    n = np.array([100.0, max(profiles.times.values)])
    last = profiles.sel(profile_lengths=chosen[1], times=100)
    axes[2].plot(n, 0.75 * last.width.item() * (n / 100) ** -0.5, "k:", linewidth=0.9)
    axes[3].plot(n, 1.4 * last.ipr.item() * (n / 100) ** 0.5, "k:", linewidth=0.9)
    for axis, name in zip(axes[2:], ("width at half maximum", "inverse participation ratio"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="step $n$", ylabel=name)
    axes[2].legend(loc="lower left", fontsize="x-small")
    return figure


def walkers_against_master_equation(agreement, prediction, walker_count):
    """Share of walkers in a bin less that in equilibrium (points: mean over seeds, standard deviation) and the master
    equation (line), for two jump lengths and two times; grey: walkers that accept every jump."""
    lengths, times = agreement.walker_lengths.values, agreement.walker_times.values
    figure, axes = panels(len(times), len(lengths), width=3.4, height=2.2)
    width = np.diff(prediction.bin.values[:2]).item()
    line, dot = colors(2)
    for i, n in enumerate(times):
        for j, length in enumerate(lengths):
            axis, where = axes[i * len(lengths) + j], {"walker_lengths": length, "walker_times": n}
            predicted = (prediction.probability.sel(**where) - prediction.equilibrium) / width
            observed = agreement.deviation.sel(**where) / width
            every = max(1, agreement.sizes["bin"] // 60)
            seeds = observed.sel(rule="metropolis").isel(bin=slice(every // 2, None, every))
            spread = seeds.std("seeds") if seeds.sizes["seeds"] > 1 else None
            free = observed.sel(rule="always").mean("seeds")
            axis.plot(free.bin, free, color="0.7", linewidth=0.9, label="always accepted")
            axis.plot(predicted.bin, predicted, color=line, label="master equation")
            points(axis, seeds.bin, seeds.mean("seeds"), spread, color=dot, markersize=2.5, label="walkers")
            limit = 1.4 * np.abs(predicted).max().item()
            axis.set(xlabel="place $x$", ylabel="density less equilibrium", ylim=(-limit, limit))
            _title(axis, f"$a$ = {length:g}, $n$ = {n}")
    axes[0].legend(loc="lower right", fontsize="x-small")
    return figure


def best_jump_length(spectra, optimum, critical):
    """Rate of convergence -ln Λ against jump length for uniform and Gaussian jumps in the harmonic potential, and
    against acceptance; dotted: a* of uniform jumps; dashed: acceptance at the best length."""
    figure, (rate, near, acceptance) = panels(1, 3)
    jumps = optimum.optimum_jumps.values
    transition = critical.critical_length.sel(potentials="harmonic").isel(critical_cells=-1).item()
    for jump, color in zip(jumps, colors(len(jumps)), strict=True):
        shown, fine = spectra.sel(cases=f"harmonic, {jump}"), optimum.sel(optimum_jumps=jump)
        coarse = -np.log(shown.eigenvalue.sel(rank=1))
        points(rate, shown.lengths, coarse, color=color, label=jump)
        points(acceptance, shown.acceptance, coarse, color=color)
        every = slice(None, None, max(1, fine.sizes["length"] // 70))
        points(near, fine.length[every], -np.log(fine.eigenvalue)[every], color=color, markersize=2)
        acceptance.axvline(fine.best_acceptance.item(), color=color, linestyle="--", linewidth=0.9)
    for axis in (rate, near):
        axis.axvline(transition, color="black", linestyle=":", linewidth=0.9)
        axis.set(xlabel=LENGTH, ylabel="rate $-\\ln\\Lambda$")
    rate.legend(loc="lower right")
    acceptance.set(xlabel="acceptance in equilibrium", ylabel="rate $-\\ln\\Lambda$", xlim=(0, 1))
    return figure
