"""Figures: simulated networks are points with standard errors over wirings, the authors' published values crosses."""

import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator

from replica.style import colors, panels, points

AUTHORS = {"linestyle": "none", "marker": "x", "markersize": 4.5}
KINDS = {"slow": 0, "fast": 1, "broad": 2}  # numbers of colours
DRIVE = "drive of inhibitory neurons $\\mu_I$ (mV/ms)"


def _over_seeds(array, seeds="seeds"):
    """Mean over the wirings for which there are values, and its standard error; no error for one."""
    n = array.notnull().sum(seeds)
    return array.mean(seeds), (array.std(seeds, ddof=1) / np.sqrt(n)).fillna(0) if array.sizes[seeds] > 1 else None


def _kinds(shared_variability, unattended_drive, attended_drive):
    """Conditions that are compared: their names, colours, and how full their markers are."""
    palette = colors(3)
    for condition in shared_variability.condition.values:
        kind, drive = condition.split(", ")
        if kind == "broad" and float(drive) != unattended_drive:
            continue
        if float(drive) in (unattended_drive, attended_drive):
            full = float(drive) == unattended_drive
            style = {"color": palette[KINDS[kind]], "markerfacecolor": palette[KINDS[kind]] if full else "white"}
            yield condition, f"{kind}, $\\mu_I$ = {drive}", style


def previous_models(single_layer, wirings, published_decays, published_correlations):
    """One layer against the decay time of inhibition, with uniform and local wiring: correlation of pairs (a; crosses:
    authors, full size), Fano factor (b), variation of the population count in 5 ms (c), correlation against distance at
    the decay of 8 ms (d), and population rates there (e, f); points are means over wirings with standard errors."""
    figure, axes = panels(2, 3, width=2.8, height=2.3)
    decay = single_layer.inhibitory_decays
    for i, (wiring, color) in enumerate(zip(wirings, colors(2), strict=True)):
        at = single_layer.sel(wirings=wiring)
        for axis, name in zip(axes, ("correlation", "fano_factor", "population_variation"), strict=False):
            points(axis, decay, *_over_seeds(at[name], "layer_seeds"), color=color, label=wiring)
        axes[0].plot(published_decays, published_correlations[i], color=color, label=f"{wiring}, authors", **AUTHORS)
        slow = at.sel(inhibitory_decays=8)
        profile = slow.correlation_profile
        points(axes[3], profile.distance, *_over_seeds(profile, "layer_seeds"), color=color)
        trace = slow.population_rate.isel(layer_seeds=0, time=slice(0, 200))
        axes[4 + i].plot(trace.time, trace, color=color, linewidth=0.8)
        axes[4 + i].set(xlabel="time (ms)", ylabel="rate of E (Hz)", ylim=(0, None))
        axes[4 + i].set_title(wiring)
    axes[0].set(ylabel="correlation of pairs", yscale="log", ylim=(1e-3, 1.5))
    axes[1].set(ylabel="Fano factor", ylim=(0, None))
    axes[2].set(ylabel="variation of the E count", yscale="log")
    axes[2].set_yticks([0.2, 0.5, 1, 2], ["0.2", "0.5", "1", "2"])
    axes[2].yaxis.set_minor_locator(NullLocator())
    for axis in axes[:3]:
        axis.set(xlabel="decay of inhibition (ms)", xlim=(0, 15.5))
    axes[3].set(
        xlabel="distance of the pair", ylabel="correlation of pairs", ylim=(min(0, axes[3].get_ylim()[0]), None)
    )
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def one_shared_dimension(
    shared_variability, unattended_drive, attended_drive, published_recorded, published_kinds, published_shares
):
    """Shared variability of layer three: eigenvalues of the shared covariance of counts in 140 ms (a; crosses: V4
    recordings, unattended), share of the first (b; crosses: authors, full size), and correlation of pairs in layer
    three (c) and of layers three and two (d) against distance; means over wirings with standard errors."""
    figure, axes = panels(2, 2, width=3.3, height=2.6)
    labels = []
    for i, (condition, label, style) in enumerate(_kinds(shared_variability, unattended_drive, attended_drive)):
        at = shared_variability.sel(condition=condition)
        shift = 0.08 * (i - 2)
        points(axes[0], at.factor + shift, *_over_seeds(at.eigenvalue), label=label, **style)
        mean, error = _over_seeds(at.first_share)
        points(axes[1], [i], [mean], None if error is None else [error], **style)
        labels.append(condition.replace(", ", "\n"))
        for axis, name in ((axes[2], "within_profile"), (axes[3], "between_profile")):
            profile = at[name]
            points(axis, profile.distance + 0.05 * shift, *_over_seeds(profile), **style)
    recorded = np.asarray(published_recorded[0])
    axes[0].plot(np.arange(len(recorded)) + 1, recorded, color="black", label="V4 recordings", **AUTHORS)
    axes[1].axhline(recorded[0] / recorded.sum(), color="black", linewidth=0.8, linestyle=":")
    known = dict(zip(published_kinds, published_shares, strict=True))
    found = [
        (i, known[label.split("\n")[0]]) for i, label in enumerate(labels) if label.endswith(f"{unattended_drive:g}")
    ]
    axes[1].plot(*zip(*found, strict=True), color="black", **AUTHORS)
    axes[0].set(yscale="log", xlabel="number of the eigenvalue", ylabel="eigenvalue (counts²)", ylim=(1, None))
    axes[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[1].set(ylim=(0, 1), ylabel="share of the first eigenvalue", xlim=(-0.5, len(labels) - 0.5))
    axes[1].set_xticks(range(len(labels)), labels)
    axes[1].annotate("V4", (0.99, recorded[0] / recorded.sum() + 0.02), xycoords=("axes fraction", "data"), ha="right")
    for axis, layers in ((axes[2], "within layer 3"), (axes[3], "of layers 3 and 2")):
        axis.set(xlabel="distance of the pair", ylabel=f"correlation {layers}")
        axis.axhline(0, color="grey", linewidth=0.6)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def population_events(three_layers, unattended_drive, attended_drive):
    """Rates of the excitatory neurons of layer three in squares of the sheet, in windows of 20 ms about the time of the
    highest population rate, for one wiring; one scale of colours per row."""
    first = three_layers.isel(seeds=0)
    wanted = [
        ("slow", unattended_drive),
        ("slow", attended_drive),
        ("fast", unattended_drive),
        ("broad", unattended_drive),
    ]
    labels = list(zip(first.inhibition.values, first.drive.values, strict=True))
    runs = [labels.index(label) for label in wanted]
    frames = first.frame.values
    figure, axes = panels(len(runs), len(frames), width=1.25, height=1.2)
    for row, run in enumerate(runs):
        rates = first.map_rate.isel(run=run).values
        line = axes[row * len(frames) : (row + 1) * len(frames)]
        for axis, rate, time in zip(line, rates, frames, strict=True):
            shown = axis.imshow(
                rate.T,
                origin="lower",
                extent=(0, 1, 0, 1),
                vmin=0,
                vmax=rates.max(),
                cmap="magma",
                interpolation="nearest",
            )
            axis.set(xticks=[], yticks=[])
            axis.set_title("", loc="left")
            if row == 0:
                axis.set_title(f"{time:+d} ms" if time else "peak")
        kind, drive = labels[run]
        line[0].set_ylabel(f"{kind}, $\\mu_I$ = {drive:g}", fontsize="small")
        figure.colorbar(shown, ax=list(line), label="rate (Hz)", pad=0.01)
    return figure


def attention_within_and_between(
    shared_variability, published_drives, published_within, published_between, published_eigenvalues
):
    """Slow inhibition against the drive of the inhibitory neurons of layer three: correlation of pairs within layer
    three and within layer two (a), of layers three and two (b), and first eigenvalue of the shared covariance (c);
    means over wirings with standard errors, thin lines: single wirings, crosses: authors, full size."""
    figure, axes = panels(1, 3)
    slow = shared_variability.isel(condition=shared_variability.inhibition.values == "slow")
    palette = colors(4)
    measures = (
        (axes[0], slow.within_correlation, "within layer three", palette[0], published_within),
        (axes[0], slow.input_correlation, "within layer two", palette[3], None),
        (axes[1], slow.between_correlation, "layers three and two", palette[2], published_between),
        (axes[2], slow.eigenvalue.sel(factor=1), "first eigenvalue", palette[1], published_eigenvalues),
    )
    for axis, variable, label, color, published in measures:
        order = np.argsort(slow.drive.values)
        drive = slow.drive.values[order]
        for seed in slow.seeds.values:
            axis.plot(drive, variable.sel(seeds=seed).values[order], color=color, linewidth=0.6, alpha=0.4)
        mean, error = _over_seeds(variable.isel(condition=order))
        points(axis, drive, mean, error, color=color, label=label)
        if published is not None:
            shown = published_drives[: len(published)]
            axis.plot(shown, published, color="black", label="authors", **AUTHORS)
        axis.set(xlabel=DRIVE, ylim=(0, None))
        axis.set_ylim(0, axis.get_ylim()[1] * 1.35)
        axis.legend(loc="upper right")
    axes[0].set_ylabel("correlation of pairs")
    axes[1].set_ylabel("correlation of pairs")
    axes[2].set_ylabel("first eigenvalue (counts²)")
    return figure


def internal_variability(three_layers, shared_variability, unattended_drive):
    """Runs of layer three on the same spikes of layer two from different initial states: rates of the excitatory
    population with slow (a) and fast (b) inhibition, and variances of the rate in 200 ms that repeats share and do not
    share (c), for every wiring; an estimate that is not positive stands at 1e-4."""
    figure, axes = panels(1, 3, width=3.2)
    palette = colors(4)
    first = three_layers.isel(seeds=0)
    for axis, kind in zip(axes, ("slow", "fast"), strict=False):
        chosen = (first.inhibition.values == kind) & (first.drive.values == unattended_drive)
        for trace, color, style in zip(
            first.population_rate.values[chosen], (palette[KINDS[kind]], "black"), "-:", strict=False
        ):
            axis.plot(first.bin, trace, style, color=color, linewidth=0.9)
        axis.set(xlabel="time (ms)", ylabel="rate of E (Hz)", ylim=(0, None), xlim=(0, min(2000, first.bin.values[-1])))
        axis.set_title(f"{kind}, $\\mu_I$ = {unattended_drive:g}")
    ticks = []
    for i, kind in enumerate(("slow", "fast")):
        at = shared_variability.sel(condition=f"{kind}, {unattended_drive:g}").dropna(
            "seeds", subset=["total_variance"]
        )
        internal, locked = at.total_variance - at.locked_variance, at.locked_variance
        for j, (values, name) in enumerate(((internal, "internal"), (locked, "locked"))):
            x = 2 * i + j + np.linspace(-0.1, 0.1, values.size) * (values.size > 1)
            style = {"markerfacecolor": palette[KINDS[kind]] if j == 0 else "white"}
            points(axes[2], x, np.maximum(values, 1e-4), color=palette[KINDS[kind]], **style)
            ticks.append(f"{kind},\n{name}")
    axes[2].set(yscale="log", ylabel="variance of the rate (Hz²)", xlim=(-0.5, 3.5))
    axes[2].set_xticks(range(4), ticks)
    return figure


def neural_field_stability(field, field_drives):
    """Neural field: wavenumber that grows fastest (a, b; white: the uniform state is stable; dotted: closed form of the
    onset at n = 0), and growth rate of every wavenumber for τ_I = 5 to 15 ms with equal widths (c) and with broad
    inhibition (d), without attention."""
    figure, axes = panels(2, 2, width=3.3, height=2.5)
    largest = field.unstable_wavenumber.max().item()
    for axis, drive in zip(axes, field_drives, strict=False):
        at = field.unstable_wavenumber.sel(field_drives=drive)
        shown = axis.pcolormesh(
            field.map_widths,
            field.map_times,
            at.T,
            vmin=0,
            vmax=largest,
            cmap="viridis",
            shading="nearest",
            rasterized=True,
        )
        axis.axhline(field.onset_closed_form.sel(field_drives=drive).item(), color="black", linestyle=":", linewidth=1)
        axis.set(xlabel="width of inhibition $\\sigma_I$", ylabel="$\\tau_I$ (ms)")
        axis.set_title(f"$\\mu_I$ = {drive:g}")
    figure.colorbar(shown, ax=list(axes[:2]), label="wavenumber $n$", pad=0.01)
    curves = field.growth_rate.sel(field_drives=field_drives[0])
    shades = colors(field.sizes["curve_times"], ordered=True)
    for axis, width in zip(axes[2:], field.curve_widths.values, strict=True):
        for time, color in zip(field.curve_times.values, shades, strict=True):
            curve = curves.sel(curve_widths=width, curve_times=time)
            axis.plot(curve.wavenumber, curve, ".-", color=color, linewidth=0.9, label=f"{time:g} ms")
        axis.axhline(0, color="grey", linewidth=0.6)
        axis.set(xlabel="wavenumber $n$", ylabel="growth rate (1/ms)", ylim=(-0.25, None))
        axis.set_title(f"$\\sigma_I$ = {width:g}")
    axes[2].legend(title="$\\tau_I$", loc="upper right")
    return figure
