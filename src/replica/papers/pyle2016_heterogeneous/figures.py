"""Figures: theory is a line, simulated networks are points with standard errors over seeds."""

import numpy as np
import seaborn as sns
from matplotlib.ticker import NullLocator

from replica.style import colors, panels, points

SIZE = "number of neurons $N$"
SHOWN_WIDTH = 2.5  # ms, of a spike in the raster


def _over_seeds(array, seeds="seeds"):
    """Mean over seeds and its standard error; no error for one seed."""
    n = array.sizes[seeds]
    error = array.std(seeds, ddof=1) / np.sqrt(n) if n > 1 else 0 * array.isel({seeds: 0}, drop=True)
    return array.mean(seeds), error


def _size_axis(axis, units):
    axis.set(xscale="log", xlabel=SIZE)
    axis.set_xticks(units, [f"{n // 1000}k" for n in units])
    axis.xaxis.set_minor_locator(NullLocator())


def _inputs(axis, at, classes, limits):
    """Histograms of the excitatory input and of the size of the inhibitory input, one pair per class of in-degree."""
    bins = np.linspace(*limits, 60)
    excitatory, inhibitory = colors(4)[0], colors(4)[3]
    for m in range(classes):
        for values, color, name in (
            (at.excitatory_input, excitatory, "external and E"),
            (-at.inhibitory_input, inhibitory, "I, sign reversed"),
        ):
            style = {} if classes == 1 else {"linestyle": ("-", "--")[m]}
            label = name if classes == 1 else f"{name}, {('low', 'high')[m]} class"
            counts, _ = np.histogram(values.values[m::classes], bins, density=True)
            axis.stairs(counts, bins, color=color, label=label, **style)
    axis.set(xlabel="mean input (mV/ms)", ylabel="density (ms/mV)", xlim=limits)


def broken_balance(networks, mean_field, units, conditions):
    """Mean inputs of the excitatory neurons of the largest networks: homogeneous (a), with broad in-degrees (b).  Net
    input of the low less that of the high class (c; line: mean-field theory), and mean size of the net input over the
    excitatory input (d; line: exponent -1/2), against size; means over seeds with standard errors."""
    figure, axes = panels(2, 2, width=3.6, height=2.8)
    largest = networks.isel(seeds=0)
    high = np.ceil(1.05 * float(-largest.inhibitory_input.sel(conditions=conditions[:2]).min()))
    _inputs(axes[0], largest.sel(conditions="homogeneous"), 1, (0, high))
    _inputs(axes[1], largest.sel(conditions="broad in-degrees"), 2, (0, high))
    for axis, name in zip(axes[:2], ("homogeneous", "broad in-degrees"), strict=True):
        axis.set_title(name, loc="center")
        axis.set_ylim(0, axis.get_ylim()[1] * (1.6 if axis is axes[1] else 1.2))
        axis.legend(loc="upper right")
    for condition, color in zip(conditions, colors(len(conditions)), strict=True):
        at = networks.sel(conditions=condition)
        points(axes[2], units, *_over_seeds(abs(at.imbalance)), color=color)
        points(axes[3], units, *_over_seeds(at.ratio), color=color, label=condition)
    inputs = mean_field.input.sel(conditions="broad in-degrees", population="E")
    size = np.array([units[0] * 0.9, units[-1] * 1.1])
    predicted = np.sqrt(size) * (inputs[0] - inputs[1]).item()
    axes[2].plot(size, predicted, "k-", linewidth=0.9, label="theory, unbalanced")
    axes[2].set(yscale="log", ylabel="low less high class, |$\\Delta$| (mV/ms)")
    axes[2].legend(loc="upper left")
    axes[2].set_ylim(None, axes[2].get_ylim()[1] * 2)
    start = networks.ratio.sel(conditions="homogeneous").isel(units=0).mean().item()
    axes[3].plot(size, 0.8 * start * (size / units[0]) ** -0.5, "k-", linewidth=0.9, label="$N^{-1/2}$")
    axes[3].set(yscale="log", ylabel="net over excitatory input")
    axes[3].set_yticks([0.05, 0.1, 0.2, 0.5], ["0.05", "0.1", "0.2", "0.5"])
    axes[3].yaxis.set_minor_locator(NullLocator())
    for axis in axes[2:]:
        _size_axis(axis, units)
    figure.legend(*axes[3].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def rates_against_size(networks, scaling, mean_field, units, conditions):
    """Mean rates of the low and the high class of in-degree of excitatory (top) and inhibitory (bottom) neurons against
    1/√N: points are means over seeds with standard errors, dashed lines their extrapolation, triangles at 0 the
    mean-field theory of large networks (with proportional drive it fixes only the mean of the classes)."""
    figure, axes = panels(2, len(conditions), width=1.75, height=2.1, sharex=True)
    x = np.asarray(units, dtype=float) ** -0.5
    line = np.array([0.0, 1.1 * x.max()])
    both = colors(4)[0], colors(4)[1]
    for i, population in enumerate(("E", "I")):
        for j, condition in enumerate(conditions):
            axis = axes[i * len(conditions) + j]
            for m, (color, name) in enumerate(zip(both, ("low", "high"), strict=True)):
                where = {"conditions": condition, "population": population, "degree_class": m}
                limit, slope = (scaling[v].sel(where).mean("seeds").item() for v in ("rate_limit", "rate_slope"))
                axis.plot(line, limit + slope * line, "--", color=color, linewidth=0.8)
                theory = mean_field.rate.sel(where).item()
                axis.plot([0], [theory], ">", color=color, markersize=6, clip_on=False, markeredgecolor="black")
                points(axis, x, *_over_seeds(networks.class_rate.sel(where)), color=color, label=f"{name} class")
            axis.set(xlim=(0, line[1]), ylim=(min(0, axis.get_ylim()[0]), None))
            if i == 0:
                axis.set_title(condition, fontsize="small", loc="right")
            else:
                axis.set_xlabel("$1/\\sqrt{N}$")
        axes[i * len(conditions)].set_ylabel(f"rate of {population} (Hz)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def rates_against_in_degree(networks, profile_networks, mean_field, profile_architectures):
    """Rates of excitatory neurons against in-degree.  Five classes in the assortative network (a: neurons of one
    network without the 3 % that fire most, class means, mean-field theory); class means over the mean of the classes,
    there and with independent out-degrees (b); correlation within a class in the homogeneous network (c); two classes,
    assortative and with external drive in proportion to the in-degree (d).  Standard errors over seeds."""
    figure, axes = panels(2, 2, width=3.5, height=2.7)
    scatter, profile, correlation, boundary = axes
    main, other, third = colors(4)[0], colors(4)[1], colors(4)[2]
    one = profile_networks.isel(profile_seeds=0).sel(profile_conditions="assortative")
    classes = profile_networks.sizes["profile_class"]
    degree, rate = one.in_degree.values, one.rate.values
    most = np.quantile(rate, 0.97)
    scatter.scatter(*np.stack([degree, rate])[:, rate <= most], s=1, color="0.7", rasterized=True, linewidths=0)
    centres = np.array([degree[m::classes].mean() for m in range(classes)])
    theory = mean_field.profile_rate.sel(profile_conditions="assortative", population="E")
    scatter.plot(centres, theory, "-", color="black", label="theory, large $N$")
    means, errors = _over_seeds(profile_networks.class_rate.sel(population="E"), "profile_seeds")
    at = {"profile_conditions": "assortative"}
    points(scatter, centres, means.sel(at), errors.sel(at), color=main, label="class means")
    scatter.set(xlabel="recurrent in-degree", ylabel="rate (Hz)", ylim=(0, 1.35 * most))
    scatter.legend(loc="upper right")
    factor = np.mean(profile_architectures[0], axis=1)
    relative, error = _over_seeds(profile_networks.relative_rate.sel(population="E"), "profile_seeds")
    profile.plot(factor, mean_field.profile / mean_field.profile.mean(), "-", color="black", label="theory $h$")
    for condition, color in zip(profile_networks.profile_conditions.values, (main, other), strict=True):
        at = {"profile_conditions": condition}
        points(profile, factor, relative.sel(at), error.sel(at), color=color, label=condition)
    profile.set(xlabel="in-degree over its mean", ylabel="rate over mean of classes", ylim=(0, None))
    profile.legend(loc="upper right")
    at = networks.sel(conditions="homogeneous").isel(units=-1)
    names = [*at.inputs.values, "shuffled"]
    shown = [_over_seeds(at.correlation.sel(inputs=name)) for name in names[:-1]]
    shown.append(_over_seeds(at.shuffled_correlation))
    mean, error = (np.array([s[i].item() for s in shown]) for i in (0, 1))
    points(correlation, np.arange(len(names)), mean, error, color=main)
    correlation.axhline(0, color="black", linewidth=0.6)
    correlation.set_xticks(np.arange(len(names)), ["total", "from E", "from I", "shuffled"])
    correlation.set(xlabel="in-degree", ylabel="correlation with rate", xlim=(-0.5, len(names) - 0.5))
    place = np.arange(2)
    for condition, marker, color in (("assortative", "o", main), ("proportional drive", "s", third)):
        for population, fill in (("E", color), ("I", "white")):
            values = networks.class_rate.isel(units=-1).sel(conditions=condition, population=population)
            mean, error = _over_seeds(values)
            label = f"{population}, {condition}"
            points(
                boundary, place, mean, error, color=color, markerfacecolor=fill, fmt=marker, linestyle=":", label=label
            )
    boundary.set_xticks(place, ["low (0.7)", "high (1.3)"])
    boundary.set(xlabel="class of in-degree", ylabel="rate (Hz)", xlim=(-0.3, 1.3))
    boundary.set_ylim(0, boundary.get_ylim()[1] * 1.45)
    boundary.legend(loc="upper center", ncols=2, columnspacing=0.8, handletextpad=0.3)
    return figure


def irregular_activity(networks, unconnected_network, units):
    """Spikes of 100 excitatory and 25 inhibitory neurons of one of the largest networks, homogeneous (a) and
    assortative (b); coefficient of variation of the interspike intervals of excitatory neurons (c)."""
    figure, axes = panels(1, 3, width=3.1, height=2.6)
    kinds = ("homogeneous", "assortative")
    pair = colors(4)[0], colors(4)[3]
    for axis, condition in zip(axes, kinds, strict=False):
        raster = networks.raster.isel(seeds=0).sel(conditions=condition).values
        for rows, color in ((range(100), pair[0]), (range(100, 125), pair[1])):
            neuron, time = np.nonzero(raster[rows])
            axis.scatter(
                time, neuron + rows[0], s=SHOWN_WIDTH, color=color, marker="|", linewidths=0.6, rasterized=True
            )
        axis.set(xlabel="time (ms)", xlim=(0, raster.shape[1]), ylim=(-1, 125), ylabel="neuron")
        axis.set_yticks([50, 112], ["E", "I"])
        axis.set_title(condition, loc="right")
    bins = np.linspace(0, 2, 41)
    for values, name, color in (
        (networks.interval_variation.sel(conditions="homogeneous"), "homogeneous", colors(4)[0]),
        (networks.interval_variation.sel(conditions="assortative"), "assortative", colors(4)[1]),
        (unconnected_network.interval_variation, "unconnected", "0.5"),
    ):
        flat = values.values.ravel()
        sns.histplot(
            x=flat[np.isfinite(flat)],
            bins=bins,
            stat="proportion",
            element="step",
            fill=False,
            color=color,
            label=name,
            ax=axes[2],
        )
    axes[2].set(xlabel="CV of interspike intervals", ylabel="share of E neurons", xlim=(0, 2))
    axes[2].set_title(f"$N$ = {units[-1]}", loc="right")
    axes[2].set_ylim(0, 0.2)
    axes[2].annotate("unconnected:\nall at 0", (0.03, 0.19), xytext=(0.25, 0.17), fontsize="x-small", color="0.4")
    axes[2].legend(loc="upper right")
    return figure
