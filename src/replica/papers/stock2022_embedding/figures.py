"""Figures: bounds and predicted slopes are lines, networks are points."""

import numpy as np
from matplotlib.colors import ListedColormap

from replica.style import colors, panels, points

_FLOOR = 1e-17  # where an error of exactly zero is drawn
_LABELS = {
    "generic": "generic",
    "outside": "outside",
    "twin": "twins",
    "flip2": "two cancel",
    "flip3": "three cancel",
}


def _spread(axis, place, values, width=0.3, **options):
    """Points of one category side by side, in their order."""
    values = np.maximum(np.asarray(values, dtype=float).ravel(), _FLOOR)
    options = {"marker": "o", "linestyle": "none", "markersize": 2.5} | options
    axis.plot(place + np.linspace(-width, width, values.size), values, **options)


def linearity_in_the_embedding(invariance_and_linearity):
    """Errors of the models linear in Φ and in θ on inputs that keep their masks (a, medians and quartiles over
    networks; dotted: slope 2), share of those inputs (b), and change of Φ where units are rescaled or only layer 1 is
    doubled (c)."""
    figure, (error, share, change) = panels(1, 3, width=3.0, height=2.7)
    found = invariance_and_linearity
    sizes = found.perturbations.values
    shown = (
        ("taylor_error", "linear in $\\theta$ (Taylor)", "s"),
        ("local_error", "linear in $\\Phi$: $A(X,\\theta)\\Phi(\\theta')$", "o"),
    )
    for (name, label, marker), color in zip(shown, colors(2), strict=True):
        middle, low, high = np.nanquantile(found[name].values, [0.5, 0.25, 0.75], axis=(0, 1))
        middle, low, high = (np.maximum(values, _FLOOR) for values in (middle, low, high))
        points(error, sizes, middle, np.stack([middle - low, high - middle]), color=color, label=label, fmt=marker)
        if name == "taylor_error":
            at = len(sizes) // 2
            error.plot(sizes, middle[at] * (sizes / sizes[at]) ** 2, ":", color=color)
    error.set(xscale="log", yscale="log", xlabel="perturbation $\\varepsilon$", ylabel="largest error of the output")
    error.set_ylim(1e-17, 1e7)
    error.legend(loc="upper left")
    for architecture, color in zip(found.architecture.values, colors(found.architecture.size), strict=True):
        kept = found.kept_share.sel(architecture=architecture)
        deviation = kept.std("seeds", ddof=1) / np.sqrt(kept.sizes["seeds"])
        points(share, sizes, kept.mean("seeds"), deviation, color=color, label=architecture)
    share.set(xscale="log", xlabel="perturbation $\\varepsilon$", ylabel="share that keeps masks", ylim=(0, 1.05))
    share.legend(loc="lower left")
    names = found.architecture.values
    pairs = (("doubling_change", "only layer 1 doubled"), ("rescaling_change", "units rescaled"))
    for (name, label), color in zip(pairs, colors(2), strict=True):
        for i in range(len(names)):
            _spread(change, i, found[name][i], color=color, label=label if i == 0 else None)
    change.axhline(1e-12, color="0.5", linewidth=0.8, linestyle="--")
    change.set_xticks(range(len(names)), names, rotation=25, ha="right")
    change.set(yscale="log", ylabel="relative change of $\\Phi$", ylim=(1e-17, 1e6))
    change.legend(loc="upper left")
    return figure


def rank_of_the_derivative(image_dimension):
    """Rank of DΦ of random networks (points) against D - H (line), and where a unit of layer 1 has only zeros (crosses;
    a), and the gap of singular values behind the rank (b)."""
    figure, (rank, gap) = panels(1, 2, width=3.2, height=2.6)
    names, found = image_dimension.architecture.values, image_dimension
    blue, orange = colors(2)
    for i in range(len(names)):
        rank.plot([i - 0.4, i + 0.4], [found.bound[i]] * 2, color="0.5", label="$D-H$" if i == 0 else None)
        _spread(rank, i, found["rank"][i], color=blue, label="random network" if i == 0 else None)
        label = "dead unit in layer 1" if i == 0 else None
        _spread(rank, i, found.dead_rank[i], marker="x", color=orange, markersize=3.5, label=label)
        _spread(gap, i, found.gap[i], color=blue)
    rank.set(ylabel="rank of $D\\Phi$", ylim=(0.6 * float(found.dead_rank.min()), 1.4 * float(found.bound.max())))
    gap.axhline(1e4, color="0.5", linewidth=0.8, linestyle="--")
    gap.annotate("required of a rank", (0.02, 1.6e4), xycoords=("axes fraction", "data"), fontsize="small")
    gap.set(yscale="log", ylabel="gap $s_r/s_{r+1}$", ylim=(1e3, 1e17))
    for axis in (rank, gap):
        axis.set_xticks(range(len(names)), names, rotation=20, ha="right")
    rank.legend(loc="upper left")
    return figure


def converse_of_the_embedding(converse, converse_tolerance):
    """Solving Φ(θ') = Φ(θ) with the signs of θ: squared residual against iterations, one line a network (a), and the
    canonical distance to θ of start and solution (b).  A negated unit has the same Φ, but another function."""
    figure, (residual, distance) = panels(1, 2, width=3.4, height=2.7)
    residual.plot(converse.iteration, converse.residual_history.T, color=colors(1)[0], linewidth=0.7, alpha=0.7)
    residual.axhline(converse_tolerance, color="0.5", linewidth=0.8, linestyle="--")
    residual.set(yscale="log", xlabel="iteration", ylabel="$|\\Phi(\\theta')-\\Phi(\\theta)|^2$")
    shown = (
        ("start", converse.start_distance),
        ("solution", converse.distance),
        ("one unit\nnegated", converse.flipped_distance),
        ("change of $f$,\nunit negated", converse.flipped_function_change),
    )
    for i, ((_, values), color) in enumerate(zip(shown, colors(4), strict=True)):
        _spread(distance, i, values, color=color)
    distance.set_xticks(range(4), [name for name, _ in shown], fontsize="small")
    distance.set(yscale="log", ylabel="distance; change of $f$", ylim=(1e-17, 1e3))
    return figure


def finite_samples_identify(finite_samples):
    """Largest PS distance after a perturbation and the return to the same outputs on N samples, by the rank test (a),
    and the share of networks that pass the test (b, binomial errors); dotted: N = D - H."""
    figure, (distance, share) = panels(1, 2, width=3.4, height=2.7)
    sizes, bound = finite_samples.sample_sizes.values, finite_samples.bound.item()
    full = finite_samples["rank"] == finite_samples.bound
    largest = finite_samples.distance.max("direction")
    groups = ((~full, "rank below $D-H$", "x", 1.0), (full, "rank $=D-H$", "o", 1.0))
    for (chosen, label, marker, alpha), color in zip(groups, colors(2), strict=True):
        for i, size in enumerate(sizes):
            values = largest.sel(sample_sizes=size).values[chosen.sel(sample_sizes=size).values]
            values = np.maximum(values[np.isfinite(values)], _FLOOR)
            place = size * 1.12 ** np.linspace(-0.5, 0.5, values.size)
            distance.plot(
                place, values, marker, color=color, markersize=3, alpha=alpha, label=label if i == 0 else None
            )
    distance.axhline(1e-9, color="0.5", linewidth=0.8, linestyle="--")
    distance.set(xscale="log", yscale="log", xlabel="samples $N$", ylabel="PS distance", ylim=(1e-17, 1e2))
    distance.legend(loc="upper right", ncols=2, columnspacing=0.8, handletextpad=0.2)
    passed = full.mean("sample_seeds").values
    error = np.sqrt(passed * (1 - passed) / full.sizes["sample_seeds"])
    points(share, sizes, passed, error, color=colors(2)[1])
    share.set(xscale="log", xlabel="samples $N$", ylabel="share of rank $D-H$", ylim=(-0.02, None))
    for axis in (distance, share):
        axis.axvline(bound, color="0.5", linewidth=0.9, linestyle=":")
        axis.set_xticks([10, 20, 50, 100, 200], [10, 20, 50, 100, 200])
        axis.minorticks_off()
    return figure


def shallow_conditions(shallow_search, shallow_witnesses, shallow_solutions, function_tolerance):
    """Share of parameters of one hidden layer with another exact solution, by restarts and by an explicit edit (a);
    errors of all restarts in order, exact solutions standing apart (b); change of the function by the edits (c)."""
    figure, (bars, errors, change) = panels(1, 3, width=3.1, height=2.8)
    kinds, edits = shallow_search["class"].values, shallow_witnesses["class"].values
    networks = shallow_search.sizes["shallow_seeds"]
    by_restart = shallow_solutions.with_another.values / networks
    works = (shallow_witnesses.function_change <= 1e-12) & (shallow_witnesses.distance >= 1e-3)
    generic = (shallow_witnesses.generic_function_change <= 1e-12).mean().item()
    by_edit = [generic, *works.mean("witness").values]
    place = np.arange(len(kinds))
    labels = [_LABELS[kind] for kind in kinds]
    for shift, values, label, color in zip(
        (-0.2, 0.2), (by_restart, by_edit), ("restarts", "explicit edit"), colors(2), strict=True
    ):
        bars.bar(place + shift, values, 0.4, color=color, label=label)
    bars.set_xticks(place, labels, rotation=25, ha="right")
    bars.set(ylabel="share with another solution", ylim=(0, 1.28), yticks=[0, 0.25, 0.5, 0.75, 1])
    bars.legend(loc="upper left", ncols=2, columnspacing=1.0)
    for kind, label, color in zip(kinds, labels, colors(len(kinds)), strict=True):
        values = np.sort(shallow_search.function_error.sel({"class": kind}).values.ravel())
        errors.plot(np.linspace(0, 1, values.size), np.maximum(values, _FLOOR), color=color, label=label)
    errors.axhline(function_tolerance, color="0.5", linewidth=0.8, linestyle="--")
    errors.set(yscale="log", xlabel="share of the restarts", ylabel="largest error on the box", ylim=(1e-17, 1e11))
    errors.set_yticks([1e-15, 1e-10, 1e-5, 1])
    errors.legend(loc="upper left", ncols=2, columnspacing=1.0)
    for i in range(len(edits)):
        for name, label, color in (
            ("generic_function_change", "edit of generic parameters", colors(2)[1]),
            ("function_change", "edit where the condition fails", colors(2)[0]),
        ):
            values = np.sort(shallow_witnesses[name].values[i])
            _spread(change, i, values, color=color, markersize=1.2, label=label if i == 0 else None, rasterized=True)
    change.axhline(1e-12, color="0.5", linewidth=0.8, linestyle="--")
    change.set_xticks(range(len(edits)), [_LABELS[kind] for kind in edits], rotation=25, ha="right")
    change.set(yscale="log", ylabel="largest change of $f$ on the box", ylim=(1e-17, 1e8))
    change.legend(loc="upper left", markerscale=2.5)
    return figure


def _hyperplane(weight, bias):
    """End points of the line w·x + b = 0 in the square, or None."""
    found = []
    for axis in (0, 1):
        for side in (-1.0, 1.0):
            if weight[1 - axis] != 0:
                other = -(bias + weight[axis] * side) / weight[1 - axis]
                if abs(other) <= 1:
                    found.append((side, other) if axis == 0 else (other, side))
    return np.array([min(found), max(found)]) if len(found) >= 2 else None


def _draw_hyperplanes(axis, weight, bias, color, length=0.2, **options):
    """Lines of the units, with arrows to the side where a unit is active."""
    for w, b in zip(weight, bias, strict=True):
        ends = _hyperplane(w, b)
        if ends is None:
            continue
        axis.plot(*ends.T, color=color, **options)
        start, tip = ends.mean(axis=0), ends.mean(axis=0) + length * w / np.linalg.norm(w)
        axis.annotate("", tip, start, arrowprops={"arrowstyle": "-|>", "color": color, "shrinkA": 0, "shrinkB": 0})


def two_parameters_with_one_function(two_parameters_one_function):
    """One function with two parameters that no rescaling or permutation connects: the function and the hyperplanes with
    arrows to the active sides (a: θ black, θ' white), and the activation regions of θ (b) and θ' (c)."""
    found = two_parameters_one_function
    figure, axes = panels(1, 3, width=2.9, height=2.7, sharey=True)
    extent = (-1, 1, -1, 1)
    options = {"origin": "lower", "extent": extent, "interpolation": "nearest"}
    image = axes[0].imshow(found.function[0].values.T, cmap="viridis", rasterized=True, **options)
    figure.colorbar(image, ax=axes[0], label="$f(x)$", shrink=0.85)
    for i, color in enumerate(("black", "white")):
        style = {"linewidth": 1.8 - 0.8 * i, "linestyle": "-" if i == 0 else "--"}
        _draw_hyperplanes(axes[0], found.weight[i].values, found.bias[i].values, color, **style)
    shades = ListedColormap(colors(8))
    for i, axis in enumerate(axes[1:]):
        codes = found.pattern[i].values
        axis.imshow(codes.T, cmap=shades, vmin=-0.5, vmax=7.5, alpha=0.75, rasterized=True, **options)
        _draw_hyperplanes(axis, found.weight[i].values, found.bias[i].values, "black")
        for code in np.unique(codes):
            where = np.argwhere(codes == code)
            # The word stands at the point of the region that is deepest inside, by the distance to other points.
            others = np.argwhere(codes != code)
            if len(where) < 0.015 * codes.size:
                continue
            step = max(1, len(where) // 150)
            depth = [np.abs(others - at).max(axis=1).min() if len(others) else 0 for at in where[::step]]
            depth = np.minimum(depth, np.minimum(where[::step], codes.shape[0] - 1 - where[::step]).min(axis=1))
            first, second = where[::step][int(np.argmax(depth))]
            word = "".join(str((code >> unit) & 1) for unit in range(3))
            axis.text(found.first[first], found.second[second], word, ha="center", va="center", fontsize="x-small")
        axis.set_xlabel("$x_1$")
        axis.set_title("patterns of $\\theta$" if i == 0 else "patterns of $\\theta'$")
    axes[0].set(xlabel="$x_1$", ylabel="$x_2$")
    axes[0].set_title("function")
    for axis in axes:
        axis.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    return figure
