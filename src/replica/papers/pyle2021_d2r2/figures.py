"""Figures: forecasts by polynomial regression (D2R2) and by networks of low (LSR) and high (HSR) spectral radius."""

import numpy as np
from matplotlib.colors import LogNorm

from replica.style import colors, panels, points

NAMES = {"low": "LSR", "high": "HSR", "middle": "radius 0.5"}
VALID = "valid time (MTU)"
LEAD = "lead time (MTU)"
LIBRARIES = ["p = 2", "p = 3", "p = 4"]
SHORT = {"float32": "32", "float16": "16", "bfloat16": "bf16"}


def _own(of_system):
    """Colours of D2R2, LSR, HSR and of a third kind of network."""
    return dict(zip(("regression", "low", "high", "middle"), colors(4), strict=True))[of_system]


def _title(axis, words):
    axis.set_title(words, loc="right", fontsize="small")


def _error_panel(axis, polynomials, networks, split, threshold):
    for library, style in zip(LIBRARIES, (":", "--", "-"), strict=True):
        curve = polynomials.error.sel(library=library)
        axis.plot(curve.lead_time, curve, style, color=_own("regression"), label=f"D2R2, ${library}$")
    for regime in ("low", "high"):
        curves = networks.error.sel(regime=regime)
        axis.plot(curves.lead_time, curves.mean(split), color=_own(regime), label=NAMES[regime])
        around = curves.min(split), curves.max(split)
        axis.fill_between(curves.lead_time, *around, color=_own(regime), alpha=0.25, linewidth=0)
    axis.axhline(threshold, color="0.4", linestyle="--", linewidth=0.8)
    axis.set(yscale="log", ylabel="relative error $E$", ylim=(1e-4, 3))


def _sample_panel(axis, polynomials, networks, split):
    truth = polynomials.truth
    axis.plot(truth.lead_time, truth, color="black", linewidth=2.5, alpha=0.35, label="truth")
    curve = polynomials.sample.sel(library="p = 4")
    axis.plot(curve.lead_time, curve, color=_own("regression"))
    for regime in ("low", "high"):
        curve = networks.sample.sel(regime=regime).isel({split: 0})
        axis.plot(curve.lead_time, curve, color=_own(regime), linewidth=0.9)
    low, high = truth.min().item(), truth.max().item()
    axis.set_ylim(low - 0.3 * (high - low), high + 0.3 * (high - low))


def error_growth(polynomials, lorenz63_polynomials, reservoirs, lorenz63_reservoirs, threshold):
    """Relative error against lead time, mean over starts of min(E, 2) (bands: smallest to largest over networks), and a
    forecast of the first component, for Lorenz 96 (a, b) and Lorenz 63 (c, d); dashed: failure."""
    figure, axes = panels(2, 2, width=4.0)
    systems = {
        "Lorenz 96": (polynomials, reservoirs, "seeds", LEAD, "$X_1$ (normalised)"),
        "Lorenz 63": (lorenz63_polynomials, lorenz63_reservoirs, "lorenz63_seeds", "lead time", "$x$ (normalised)"),
    }
    for i, (name, (regression, networks, split, lead, first)) in enumerate(systems.items()):
        _error_panel(axes[2 * i], regression, networks, split, threshold)
        _sample_panel(axes[2 * i + 1], regression, networks, split)
        for axis in axes[2 * i : 2 * i + 2]:
            _title(axis, name)
            axis.set_xlabel(lead)
        axes[2 * i + 1].set_ylabel(first)
    axes[0].legend(loc="lower right", ncols=2)
    return figure


def two_regimes(radius_sweep, forgetting):
    """Valid time against spectral radius after a short and a long warm-up (a; bars: standard deviation over networks),
    largest relative distance of copies of a network that started in other states (b), and the same against time for
    networks of each regime (c; each point a network; 0 is drawn at the bottom)."""
    figure, (time, distance, regimes) = panels(1, 3, width=3.3, height=2.6)
    split = "sweep_seeds"
    for count, color in zip(radius_sweep.warm_ups.values, colors(2), strict=True):
        chosen = radius_sweep.valid_time.sel(warm_ups=count)
        points(time, chosen.sweep_radii, chosen.mean(split), chosen.std(split), color=color, label=f"warm-up {count}")
    time.set(xlabel="spectral radius", ylabel=VALID, ylim=(0, None))
    time.legend(loc="lower right")
    floor = 1e-18
    for steps, color in zip(
        radius_sweep.elapsed.values, colors(radius_sweep.sizes["elapsed"], ordered=True), strict=True
    ):
        chosen = radius_sweep.distance.sel(elapsed=steps).median(split)
        points(distance, chosen.sweep_radii, np.maximum(chosen, floor), color=color, label=f"{steps} steps")
    distance.set(xlabel="spectral radius", ylabel="distance of copies", yscale="log", ylim=(floor / 10, 1e9))
    distance.legend(loc="upper left", ncols=2)
    cases = {"low": "LSR", "high": "HSR", "high, rescaled": "HSR at radius 0.1"}
    for i, ((case, label), color) in enumerate(zip(cases.items(), colors(len(cases)), strict=True)):
        chosen = forgetting.distance.sel(case=case)
        place = np.arange(chosen.sizes["elapsed"]) + 0.15 * (i - 1)
        where = np.broadcast_to(place, chosen.shape).ravel()
        points(regimes, where, np.maximum(chosen.values, floor).ravel(), color=color, label=label, alpha=0.7)
    regimes.set_xticks(range(forgetting.sizes["elapsed"]), [f"{steps}" for steps in forgetting.elapsed.values])
    regimes.set(xlabel="steps", ylabel="distance of copies", yscale="log", ylim=(floor / 10, 1e9))
    regimes.legend(loc="upper right")
    return figure


def networks_as_polynomials(polynomial_fits, ablations):
    """Share of a driven network's increments that polynomials of its last m inputs leave unexplained, on held-out data
    (a); valid time of networks rebuilt from their last m inputs (b; lines: whole networks) and of low-radius networks
    that lack a piece (c); bars are standard errors over starts."""
    figure, (share, memory, pieces) = panels(1, 3, width=3.3, height=2.7)
    orders = polynomial_fits.fitted_orders.values
    cases = [(radius, m) for radius in polynomial_fits.radius.values for m in polynomial_fits["memory"].values]
    for i, ((radius, m), color) in enumerate(zip(cases, colors(len(cases)), strict=True)):
        heights = polynomial_fits.unexplained.sel(radius=radius, memory=m)
        place = orders + 0.2 * (i - 1.5)
        share.bar(place, heights, 0.2, color=color, label=f"radius {radius:g}, $m$ = {m}")
    share.set(yscale="log", xlabel="degree of the polynomial", ylabel="$1 - R^2$", ylim=(None, 60))
    share.set_xticks(orders)
    share.legend(loc="upper right")
    starts = np.sqrt(ablations.sizes["start"])
    for regime in ("low", "high"):
        chosen = ablations.valid_time.sel(regime=regime)
        error = chosen.std("start") / starts
        points(memory, chosen.memories, chosen.mean("start"), error, color=_own(regime), label=NAMES[regime])
        whole = ablations.whole_valid_time.sel(regime=regime).mean()
        memory.axhline(whole, color=_own(regime), linestyle="--", linewidth=0.9)
    memory.set(xlabel="last inputs kept, $m$", ylabel=VALID, ylim=(0, None))
    memory.set_xticks(ablations.memories.values)
    memory.legend(loc="lower right")
    chosen = ablations.ablated_valid_time
    names = {"none": "nothing", "products, but squares": "products\n(squares instead)"}
    labels = [names.get(name, name) for name in chosen.lacking.values]
    pieces.barh(range(len(labels)), chosen.mean("start"), xerr=chosen.std("start") / starts, color=colors(1)[0])
    pieces.set_yticks(range(len(labels)), labels, fontsize="small")
    pieces.invert_yaxis()
    pieces.set(xlabel=VALID, ylabel="LSR without")
    return figure


def recovered_equations(coefficients):
    """Coefficients of Lorenz 63 found by three regressions less the true ones, from data of Euler's method (top) and of
    the Runge-Kutta method (bottom); number of terms that are not zero."""
    figure, axes = panels(2, 3, width=3.4, height=1.5)
    difference = np.abs(coefficients.coefficient - coefficients.true)
    methods = coefficients.regression.values
    for axis, (integrator, method) in zip(axes, [(i, m) for i in ("euler", "rk4") for m in methods], strict=True):
        chosen = difference.sel(integrator=integrator, regression=method)
        shown = axis.imshow(np.maximum(chosen.values, 1e-16), norm=LogNorm(1e-16, 10), cmap="rocket_r", aspect="auto")
        terms = coefficients.terms.sel(integrator=integrator, regression=method).item()
        _title(axis, f"{method}, {'Euler' if integrator == 'euler' else 'RK4'}, {terms} terms")
        axis.set_xticks(range(len(chosen.term)), chosen.term.values, fontsize="x-small")
        axis.set_yticks(range(3), [f"${name}'$" for name in chosen.component.values])
    figure.colorbar(shown, ax=list(axes), label="|difference|", ticks=[1e-16, 1e-12, 1e-8, 1e-4, 1])
    return figure


def _precision_panel(axis, models, forms):
    """Valid time in float64 (first) and in shorter formats; models: name -> (float64, shorter, colour)."""
    for i, (label, (full, rounded, color)) in enumerate(models.items()):
        values = [full] + [rounded.sel(formats=form, modes="all") for form in forms]
        height = [each.mean().item() for each in values]
        error = [_error(each) for each in values]
        place = np.arange(len(values)) + 0.12 * (i - (len(models) - 1) / 2)
        points(axis, place, height, error, color=color, label=label, fmt="osD^v"[i])
    axis.set_xticks(range(len(forms) + 1), ["64", *(SHORT[form] for form in forms)])
    axis.set(xlabel="bits of the format", ylabel=VALID, ylim=(0, None))


def _error(values):
    """Standard error over networks, over starts where there is one model."""
    others = [dim for dim in values.dims if dim != "start"]
    if others:
        values = values.mean("start")
    return (values.std() / np.sqrt(values.size)).item()


def number_formats(polynomials, lorenz63_polynomials, reservoirs, lorenz63_reservoirs, warm_up):
    """Valid time with everything rounded, on Lorenz 96 (a) and Lorenz 63 (b), and share of it that float16 keeps where
    all, only weights, or all but weights are rounded, on Lorenz 96 (c); bars are standard errors."""
    figure, (own, other, modes) = panels(1, 3, width=3.4, height=2.7)
    shades = colors(len(LIBRARIES) + 1, ordered=True)
    for axis, regression, networks, name in (
        (own, polynomials, reservoirs, "Lorenz 96"),
        (other, lorenz63_polynomials, lorenz63_reservoirs, "Lorenz 63"),
    ):
        models = {
            f"D2R2, ${library}$": (
                regression.valid_time.sel(library=library),
                regression.rounded_valid_time.sel(library=library),
                shade,
            )
            for library, shade in zip(LIBRARIES, shades, strict=False)
        } | {
            NAMES[regime]: (
                networks.valid_time.sel(regime=regime, warm_ups=warm_up),
                networks.rounded_valid_time.sel(rounded_regime=regime),
                _own(regime),
            )
            for regime in ("low", "high")
        }
        _precision_panel(axis, models, regression.formats.values)
        _title(axis, name)
    other.set_ylabel("valid time")
    top = own.get_ylim()[1]
    own.set_ylim(0, 1.5 * top)
    own.legend(loc="upper left", ncols=2)
    names = polynomials.modes.values
    cases = {f"D2R2, ${name}$": (name, shade) for name, shade in zip(LIBRARIES, shades, strict=False)}
    for i, (label, (name, color)) in enumerate((cases | {NAMES[r]: (r, _own(r)) for r in ("low", "high")}).items()):
        if name in LIBRARIES:
            chosen = polynomials.sel(library=name)
            kept = chosen.rounded_valid_time.sel(formats="float16").mean("start") / chosen.valid_time.mean()
            spread = None
        else:
            chosen = reservoirs.rounded_valid_time.sel(rounded_regime=name, formats="float16").mean("start")
            each = chosen / reservoirs.valid_time.sel(regime=name, warm_ups=warm_up).mean("start")
            kept, spread = each.mean("seeds"), each.std("seeds")
        place = np.arange(len(names)) + 0.12 * (i - 2)
        points(modes, place, kept.sel(modes=names), spread, color=color, label=label, fmt="osD^v"[i])
    modes.set_xticks(range(len(names)), names)
    modes.set(xlabel="rounded to float16", ylabel="valid time over that of float64", ylim=(0, 1.2))
    return figure


def accuracy_against_cost(polynomials, reservoirs, reservoir_sizes, compared_size, warm_up):
    """Valid time on Lorenz 96 against bits times multiply-accumulate operations a step: D2R2 of all degrees and
    windows, and networks of all sizes, in 64, 32 and 16 bits; the pair of the claim on cost is joined by a line."""
    figure, (axis,) = panels(width=5.2, height=3.2)
    bits = {"float64": (64, "o"), "float32": (32, "s"), "float16": (16, "^")}
    for form, (count, marker) in bits.items():
        options = {"linestyle": "none", "marker": marker, "markersize": 5, "markerfacecolor": "none"}
        if form == "float64":
            time = polynomials.valid_time.mean("start")
        else:
            time = polynomials.rounded_valid_time.sel(formats=form, modes="all").mean("start")
        label = f"D2R2, {count} bits"
        axis.plot(polynomials.operations * count, time, color=_own("regression"), label=label, **options)
        for regime in ("low", "high"):
            if form == "float64":
                time = reservoirs.valid_time.sel(regime=regime, warm_ups=warm_up).mean("start")
            else:
                time = reservoirs.rounded_valid_time.sel(rounded_regime=regime, formats=form, modes="all").mean("start")
            cost = count * reservoirs.operations.sel(regime=regime)
            axis.plot(cost, time, color=_own(regime), label=f"{NAMES[regime]}, {count} bits", **options)
            if form == "float64":
                other = reservoir_sizes.sel(regime=regime, warm_ups=warm_up)
                cost = count * other.operations
                axis.plot(
                    cost.values.ravel(), other.valid_time.mean("start").values.ravel(), color=_own(regime), **options
                )
    own = polynomials.sel(library="p = 2, w = 3")
    network = reservoir_sizes.sel(sizes=compared_size, regime="low", warm_ups=warm_up).isel(size_seeds=0)
    pair = [64 * own.operations.item(), 64 * network.operations.item()]
    heights = [own.valid_time.mean().item(), network.valid_time.mean().item()]
    axis.plot(pair, heights, color="0.5", linewidth=0.8, zorder=0)
    words = f"{pair[1] / pair[0]:.0f} times"
    middle = (np.sqrt(pair[0] * pair[1]), np.mean(heights))
    axis.annotate(words, middle, xytext=(0, 4), textcoords="offset points", ha="center", fontsize="small")
    axis.set(xscale="log", xlabel="bits × operations a step", ylabel=VALID, ylim=(0, None))
    figure.legend(loc="outside right center")
    return figure
