"""Figures: exact zeros lie on a floor of their own, theory is a line, computed cases are points."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from replica.style import colors, panels, points

_FLOOR = 1e-18  # where zeros are drawn on logarithmic axes of errors


def _zeros_at_floor(axis, floor, low):
    """Mark the floor of a logarithmic axis as the place of exact zeros."""
    axis.set_yscale("log")
    axis.axhline(floor, color="0.88", linewidth=7, zorder=0)
    axis.set_ylim(low, None)
    axis.text(
        0.995, floor, "exact zeros", transform=axis.get_yaxis_transform(), ha="right", va="center", size="xx-small"
    )


def depth_table(pairing_networks, programs):
    """Left: hidden layers of the pairing network for the maximum of n numbers and zero (points), ⌈log₂(n + 1)⌉ (line),
    and its largest error.  Right: optima of the lower-bound programs; filled: zero, the maximum is out of reach."""
    figure, (depth, error, optima) = panels(1, 3, height=2.7)
    p = pairing_networks
    first, second, third = colors(3)
    depth.step(p.depth_inputs, p.logarithm, where="mid", color="0.6", label="$\\lceil\\log_2(n+1)\\rceil$")
    points(depth, p.depth_inputs, p.layers, color=first, label="pairing network")
    depth.set(xlabel="numbers $n$", ylabel="hidden layers", ylim=(0, None))
    depth.yaxis.set_major_locator(MaxNLocator(integer=True))
    depth.legend(loc="lower right")
    points(error, p.depth_inputs, np.maximum(p.error, _FLOOR), color=first, label="ReLU in all layers")
    points(error, p.linear_layer_inputs, p.linear_layer_error, color=second, fmt="s", label="last one linear")
    _zeros_at_floor(error, _FLOOR, 1e-19)
    error.axhline(1e-12, color="0.6", linestyle=":", linewidth=0.9)
    error.set(xlabel="numbers $n$", ylabel="largest error", ylim=(1e-19, 1e3))
    error.legend(loc="center right", bbox_to_anchor=(1, 0.65))
    at = np.arange(programs.sizes["program"])
    for sense, shift, color in zip(programs.sense.values, (0.14, -0.14), (first, third), strict=True):
        values = programs.optimum.sel(sense=sense)
        for y, value in zip(at, values.values, strict=True):
            zero = abs(value) <= 1e-6
            optima.plot([0, value], [y + shift, y + shift], color=color, linewidth=0.8)
            optima.plot(
                [value], [y + shift], "o", color=color, markerfacecolor=color if zero else "white", markersize=4.5
            )
        optima.plot([], [], "o", color=color, label=f"{sense}")
    optima.axvline(0, color="0.8", linewidth=0.8, zorder=0)
    optima.set_yticks(
        at, [f"$n={n}$, $|M|\\leq{m}$" for n, m in zip(programs.inputs.values, programs.terms.values, strict=True)]
    )
    optima.set(xlabel="optimum of $\\varphi(\\mathrm{relu}(g))$", ylim=(at[-1] + 0.6, -1.6))
    optima.legend(loc="upper left")
    return figure


def strictness(edge_functionals, circle):
    """Left: |Ψ_u| in every direction of edges; each function that is not zero somewhere is no combination of maxima of
    four terms (grey: exact zeros).  Right: max{0, x₁, x₂} on the circle and what one hidden layer cannot fit of it."""
    figure, (psi, fit) = panels(1, 2, width=4.2, height=2.8, gridspec_kw={"width_ratios": [1.5, 1]})
    e = edge_functionals
    floor = 1e-2
    shown = list(e.function.values[:4])
    names = {shown[0]: "$\\max\\{0,x_1,..,x_4\\}$", shown[1]: "$f^*$", shown[2]: "$\\max\\{0,x_1,x_2,x_3\\}$"}
    names[shown[3]] = "random, four terms"
    index = np.arange(e.sizes["direction"])
    styles = zip(shown, colors(4), "osDx", (-0.2, 0.0, 0.2, 0.3), strict=True)
    for name, color, marker, shift in styles:
        values = abs(e.psi.sel(function=name)).values
        psi.plot(index + shift, np.maximum(values, floor), marker, color=color, label=names[name], markersize=4)
    _zeros_at_floor(psi, floor, 4e-3)
    psi.set_xticks(index, [u.replace(" ", "").strip("()") for u in e.direction.values], rotation=60, ha="right")
    psi.tick_params(axis="x", labelsize="x-small")
    psi.set(xlabel="direction $u$", ylabel="$|\\Psi_u|$", ylim=(4e-3, 1e7), xlim=(-0.7, len(index) + 1.1))
    psi.legend(ncols=2, loc="upper left", bbox_to_anchor=(0, 1.03))
    first, second, third = colors(3)
    shown = circle.isel(target=0)
    angle = np.degrees(shown.angle)
    fit.plot(angle, shown.curve, color=first, label="$\\max\\{0,x_1,x_2\\}$")
    fit.plot(angle, shown.odd_part, color=second, linewidth=3, alpha=0.4, label="odd, not linear")
    fit.plot(angle, shown.residual, color=third, linewidth=1, label="residual of the fit")
    fit.set(xlabel="angle (degrees)", ylabel="value", xticks=[0, 90, 180, 270, 360], ylim=(-0.3, 1.75))
    fit.legend(loc="upper right")
    return figure


def max_of_five(maximum_of_five, dictionary_search):
    """Left: largest error of the maximum of five for four dictionaries of one-layer functions.  Middle: sparse
    combination by linear programming (points) and over the rationals (bars).  Right: largest error of the identity as a
    network of two hidden layers."""
    figure, (search, sparse, error) = panels(1, 3, height=2.7)
    d, m = dictionary_search, maximum_of_five
    first, second, third = colors(3)
    at = np.arange(d.sizes["dictionary"])
    points(search, at, d.fit_error, color=third, fmt="s", markerfacecolor="white", label="fitted points")
    points(search, at, d.test_error, color=first, label="other points")
    texts = [
        f"{name}\n({n} orbits,\nrank {r})"
        for name, n, r in zip(d.dictionary.values, d.orbits.values, d.exact_rank.values, strict=True)
    ]
    search.set_xticks(at, texts, fontsize="x-small")
    search.set(yscale="log", ylabel="largest error", xlim=(-0.5, at[-1] + 0.5), ylim=(1e-16, 1e2))
    search.legend(loc="upper right")
    order = np.argsort(d.sparse_orbit.values, kind="stable")
    fractions = d.sparse_fraction.values[order]
    place = np.arange(len(order))
    sparse.bar(place, fractions, width=0.55, color=[first if c > 0 else second for c in fractions])
    points(sparse, place, d.sparse_coefficient.values[order], color="k")
    sparse.axhline(0, color="0.6", linewidth=0.8)
    sparse.set_xticks(place, d.sparse_orbit.values[order])
    sparse.set(xlabel="part of the identity", ylabel="coefficient of its average")
    sets = np.arange(m.sizes["point_set"])
    points(error, sets, np.maximum(m.error.sel(network="identity"), _FLOOR), color=first, label="identity")
    altered = m.error.sel(network="altered")
    points(error, sets, altered, color=second, fmt="s", label="1.3 in place of 4/3")
    error.set_xticks(sets, m.point_set.values)
    error.axhline(1e-9, color="0.6", linestyle=":", linewidth=0.9)
    error.set_yscale("log")
    error.set(ylabel="largest error", xlim=(-0.5, sets[-1] + 0.5), ylim=(1e-18, 1e3))
    error.legend(loc="center right", bbox_to_anchor=(1, 0.65))
    return figure


def width(reductions):
    """Left: maxima that remain after reduction (points, seeds), interior Delaunay faces (line) and the bound (dashed).
    Right: largest error of the reduction, and with the two sides of the dependency swapped."""
    figure, (terms, error) = panels(1, 2, width=3.6, height=2.8)
    r = reductions
    dimensions = sorted(set(r.inputs.values.tolist()))
    for n, color in zip(dimensions, colors(len(dimensions)), strict=True):
        shown = r.isel(case=np.flatnonzero(r.inputs.values == n))
        p = shown.pieces.values
        mean = shown.terms.mean("reduction_seeds").values
        power = np.polyfit(np.log(p), np.log(mean), 1)[0]
        terms.plot(p, shown.faces.mean("reduction_seeds"), color=color)
        terms.plot(p, shown.bound, "--", color=color, linewidth=0.9)
        points(terms, p, mean, shown.terms.std("reduction_seeds"), color=color, label=f"$n={n}$, $p^{{{power:.1f}}}$")
        places = p * (1 + 0.03 * (n - 2))
        points(error, places, np.maximum(shown.error.max("reduction_seeds"), _FLOOR), color=color, label=f"$n={n}$")
        points(error, places, shown.swapped_error.min("reduction_seeds"), color=color, fmt="x")
    ticks = [v for v in (5, 10, 20, 50, 100, 200) if r.pieces.min() <= v <= r.pieces.max()]
    for axis in (terms, error):
        axis.set(xscale="log", yscale="log", xlabel="pieces $p$")
        axis.set_xticks(ticks, ticks)
        axis.minorticks_off()
    terms.plot([], [], color="0.4", label="interior Delaunay faces")
    terms.plot([], [], "--", color="0.4", linewidth=0.9, label="bound")
    terms.set(ylabel="maxima of at most $n+1$ terms", ylim=(None, 20 * r.bound.max()))
    terms.legend(loc="upper left", ncols=2, columnspacing=1)
    _zeros_at_floor(error, _FLOOR, 1e-19)
    error.axhline(1e-10, color="0.6", linestyle=":", linewidth=0.9)
    error.set(ylabel="largest error", ylim=(1e-19, 1e6))
    error.annotate("U and V swapped", (0.5, 0.9), xycoords="axes fraction", ha="center", fontsize="small")
    error.legend(loc="center right", bbox_to_anchor=(1, 0.6))
    return figure
