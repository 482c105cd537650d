"""Figures of the experiments; regions are drawn as regions, coloured by how many hidden units are active."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.ticker import MaxNLocator

from replica.style import colors, panels, points

_ORIENTATIONS = {0: "both left", 1: "left, right", 2: "right, left", 3: "both right"}
_SMALLEST_DRAWN = 1e-17  # distances of exactly zero are drawn here


def _spread(values, dim="network"):
    """Mean and standard error over networks."""
    return values.mean(dim), values.std(dim, ddof=1) / np.sqrt(values.sizes[dim])


def _draw_regions(axis, polygons, active, most):
    """Regions of a network, shaded by the number of active hidden units out of ``most``."""
    polygons = np.asarray(polygons)
    shown = PolyCollection(polygons, array=np.asarray(active), edgecolor="white", linewidth=0.8)
    shown.set(cmap=plt.get_cmap("crest", most + 1), clim=(-0.5, most + 0.5))
    axis.add_collection(shown)
    reach = np.abs(polygons).max()
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    axis.figure.colorbar(shown, ax=axis, label="active hidden units", ticks=range(most + 1))


def rank_distribution(exact_ranks, sampled_ranks):
    """How far random networks stay below the bound B = D - H: share of networks by architecture and B - rank.

    Filled: decisive sets; open: sampled points. At the right the share at the bound against the width of the hidden
    layers, two inputs (standard errors).
    """
    figure, axes = panels(1, 2, width=3.7, height=4.2, gridspec_kw={"width_ratios": [1.5, 1]})
    names = [*exact_ranks.architectures.values, *sampled_ranks.sampled_architectures.values]
    exact = len(exact_ranks.architectures)
    axes[0].axvline(0, color="0.7", linewidth=1)
    for row in range(len(names)):
        at = (
            exact_ranks.isel(architectures=row)
            if row < exact
            else sampled_ranks.isel(sampled_architectures=row - exact)
        )
        deficit, counts = np.unique((at.bound - at["rank"]).values, return_counts=True)
        face = colors(2)[0] if row < exact else "none"
        axes[0].scatter(
            deficit,
            [row] * len(deficit),
            s=90 * counts / counts.sum(),
            facecolor=face,
            edgecolor=colors(2)[row >= exact],
        )
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set(xlabel="B - rank", ylabel="architecture", ylim=(len(names) - 0.5, -0.5))
    for share in (0.1, 0.5, 1.0):
        axes[0].scatter([], [], s=90 * share, color="0.5", label=f"{share:.0%}")
    axes[0].legend(title="networks", loc="lower right")

    share = (exact_ranks["rank"] == exact_ranks.bound).mean("network")
    error = np.sqrt(share * (1 - share) / exact_ranks.sizes["network"])
    layers = [tuple(map(int, name.split("-"))) for name in exact_ranks.architectures.values]
    for depth, color in zip((1, 2, 3), colors(3, ordered=True), strict=True):
        of_depth = [n[0] == 2 and len(n) == depth + 2 and n[1] == n[-2] for n in layers]
        chosen = [i for i, n in enumerate(layers) if of_depth[i] and len(set(n[1:-1])) == 1]
        points(
            axes[1],
            [layers[i][1] for i in chosen],
            share.values[chosen],
            error.values[chosen],
            color=color,
            linestyle="-",
            label=f"{depth} hidden layer{'s' * (depth > 1)}",
        )
    axes[1].set(xlabel="width of the hidden layers", ylabel="P(rank = B)", ylim=(-0.03, 1.35), yticks=[0, 0.5, 1])
    axes[1].xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[1].legend(loc="upper right")
    return figure


def rank_against_sample_size(decisive_sets):
    """Rank of the Jacobian on N random points, on one point per region, and on decisive sets (means, standard errors).

    At the right the regions of one network and its decisive set, which needs four points in each.
    """
    figure, axes = panels(1, 2, width=3.7, height=2.9)
    d = decisive_sets
    mean, error = _spread(d.decisive_rank)
    axes[0].axhspan(mean - error, mean + error, color="0.85", linewidth=0)
    axes[0].axhline(mean, color="0.3", label="decisive set")
    axes[0].axhline(d.single_rank.mean(), color=colors(2)[1], linestyle="--", label="one point per region")
    points(axes[0], d.sample_sizes, *_spread(d.random_rank), color=colors(1)[0], label="random points")
    axes[0].axhline(float(d.bound), color="0.3", linestyle=":", label="bound B")
    axes[0].set(xscale="log", xlabel="random points N", ylabel="mean rank")
    axes[0].legend(loc="lower right")
    _draw_regions(axes[1], d.polygon, d.active_units, int(d.active_units.max()))
    axes[1].scatter(*d.decisive_point.values.T, s=2.5, color="black", linewidth=0)
    return figure


def breakpoints_of_a_fiber(fibers):
    """Breakpoints of all exact solutions of a network 1-2-1 for three targets; the colour is the orientation.

    Up to rescaling the fiber of the clipped ramp is four points, that of the identity a continuum.  At the
    right the share of restarts whose residual on the fitted points vanishes.
    """
    figure, axes = panels(1, 4, width=2.6, height=2.9)
    styles = {0: (90, "none"), 3: (22, None), 1: (14, None), 2: (14, None)}
    titles = {
        "clip": "clip(x, 0, 1)",
        "two slopes": "max(x, 0) - 1.7 max(x - 1, 0)",
        "identity": "x",
    }
    palette = dict(zip(_ORIENTATIONS, colors(4), strict=True))
    for axis, name in zip(axes, fibers.target.values, strict=False):
        at = fibers.sel(target=name)
        for kind, (area, face) in styles.items():
            chosen = (at.label.values >= 0) & (at.label.values // 2 == kind)
            t = at.breakpoints.values[chosen]
            if len(t) == 0:
                continue
            axis.scatter(
                *t.T,
                s=area,
                facecolor=face or palette[kind],
                edgecolor=palette[kind],
                linewidth=1.2 if face else 0,
                label=f"{_ORIENTATIONS[kind]} ({len(t)})",
            )
        axis.set(xlabel="breakpoint $t_1$", ylabel="breakpoint $t_2$")
        axis.set_title(titles[name], fontsize="small")
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), fontsize="x-small")
        if name != "identity":
            axis.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), xticks=[0, 1], yticks=[0, 1])
    tries = np.arange(1, fibers.sizes["try"] + 1)
    for name, color in zip(fibers.target.values, colors(3, ordered=True), strict=True):
        axes[3].plot(tries, fibers.solved.sel(target=name), color=color, label=titles[name])
    axes[3].set(xscale="log", xlabel="tries of the solver", ylabel="restarts with $|r|^2/N < 10^{-26}$", ylim=(0, 1))
    axes[3].legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), fontsize="x-small")
    return figure


def rank_along_a_fiber(fiber_path):
    """Functional dimension along a path: to s = 1 the outgoing weight of a dead unit goes to zero, then it revives.

    The unit can be active from s = 1.4545 (line) on. Control: its outgoing weight is kept. Below, the regions of the
    network at both ends of the path, which compute the same function.
    """
    figure, axes = panels(2, 2, width=3.5, height=2.6)
    revival = 1 + 0.5 / 1.1  # the first of its incoming weights turns positive
    for path, color, style in zip(fiber_path.path.values, colors(2), ("-", "--"), strict=True):
        at = fiber_path.sel(path=path)
        axes[0].plot(at.place, at["rank"], color=color, linestyle=style, marker=".", markersize=3, label=path)
        axes[1].plot(at.place, at.function_change, color=color, linestyle=style, marker=".", markersize=3, label=path)
    axes[0].axhline(float(fiber_path.bound), color="0.3", linestyle=":", label="bound B")
    axes[0].set(ylabel="functional dimension", ylim=(7.5, 11.5), yticks=[8, 9, 10, 11])
    axes[1].set(ylabel="change of the function")
    for axis in axes[:2]:
        axis.axvline(revival, color="0.7", linewidth=1)
        axis.set_xlabel("place s on the path")
    axes[0].legend(loc="upper left", bbox_to_anchor=(0, 0.9))
    most = int(max(fiber_path.start_active_units.max(), fiber_path.end_active_units.max()))
    for axis, end, name in ((axes[2], "start", "s = 0"), (axes[3], "end", "s = 2")):
        _draw_regions(axis, fiber_path[f"{end}_polygon"], fiber_path[f"{end}_active_units"], most)
        axis.set_title(name)
    return figure


def walks_on_fibers(fiber_walks, perturbed_ranks):
    """PS distance between start and return of walks along the kernel: only symmetries at the bound, more below it.

    At the right the ranks of degenerate networks before and after a small perturbation; none lies below the diagonal.
    """
    figure, axes = panels(1, 2, width=3.5)
    deficit = (fiber_walks.bound - fiber_walks["rank"]).values
    largest = np.maximum(fiber_walks.distance.max("direction").values, _SMALLEST_DRAWN)
    for silent, color, name in ((False, colors(2)[0], "none silent"), (True, colors(2)[1], "silent unit in layer 2")):
        chosen = fiber_walks.silent.values == silent
        # Networks of one deficit stand side by side, in the order of their seeds.
        shift = np.zeros(len(deficit))
        for value in set(deficit):
            members = np.flatnonzero(deficit == value)
            shift[members] = np.linspace(-0.3, 0.3, len(members)) if len(members) > 1 else 0
        axes[0].plot((deficit + shift)[chosen], largest[chosen], "o", color=color, markersize=3, label=name)
    axes[0].axhline(1e-8, color="0.3", linestyle=":", linewidth=1)
    axes[0].axhline(1e-3, color="0.3", linestyle="--", linewidth=1)
    axes[0].set(yscale="log", xlabel="B - rank", ylabel="PS distance after return", ylim=(1e-16, 3))
    axes[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].legend(loc="lower right")

    low, high = int(perturbed_ranks["rank"].min()), int(perturbed_ranks.perturbed_rank.max())
    axes[1].plot([low, high], [low, high], color="0.7", linewidth=1)
    for kind, color, shift in zip(np.unique(perturbed_ranks.kind), colors(2), (-0.12, 0.12), strict=True):
        at = perturbed_ranks.isel(network=np.flatnonzero(perturbed_ranks.kind.values == kind))
        pairs, counts = np.unique(np.stack([at["rank"], at.perturbed_rank]), axis=1, return_counts=True)
        axes[1].scatter(pairs[0] + shift, pairs[1], s=8 * counts, color=color, alpha=0.8, linewidth=0, label=kind)
    axes[1].set(xlabel="rank before the perturbation", ylabel="rank after")
    for axis in (axes[1].xaxis, axes[1].yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    legend = axes[1].legend(loc="lower right")
    for handle in legend.legend_handles:
        handle.set_sizes([20])
    return figure


def silent_units_of_the_second_layer(silent_units):
    """Probability that a unit of the second layer is silent on the whole input space: draws and exact values.

    Errors are four standard errors; control: the same draws with all biases at one.
    """
    figure, axes = panels(1, 2, width=3.1, gridspec_kw={"width_ratios": [1.4, 1]})
    s = silent_units
    place = np.arange(s.sizes["layer"])
    names = [name.replace("-", " → ") for name in s.layer.values]
    axes[0].hlines(s.law, place - 0.35, place + 0.35, color="0.3", label="exact")
    points(axes[0], place, s.frequency, 4 * s.frequency_error, color=colors(2)[0], label="draws")
    axes[0].plot(place, s.positive_bias_frequency, "x", color=colors(2)[1], label="all biases one")
    axes[0].set_ylabel("share of silent units")
    axes[0].set_ylim(-0.01, 0.3)
    axes[0].legend(loc="upper left", ncols=3, columnspacing=0.8, handletextpad=0.3)
    deviation = (s.frequency - s.law) / s.frequency_error
    axes[1].axhspan(-4, 4, color="0.9", linewidth=0)
    axes[1].axhline(0, color="0.3")
    axes[1].plot(place, deviation, "o", color=colors(2)[0])
    axes[1].set(ylabel="deviation / standard error", ylim=(-5, 5))
    for axis in axes:
        axis.set_xticks(place, names, rotation=45)
        axis.set_xlabel("inputs → units")
    return figure
