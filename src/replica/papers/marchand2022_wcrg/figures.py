"""Figures: the Gaussian theory, the learnt energies, generated fields, relaxation, a long-range field."""

import numpy as np

from replica.style import colors, panels, points


def _mean_and_error(values):
    """Mean over seeds and its standard error (None for one seed)."""
    n = values.sizes["seeds"]
    return values.mean("seeds"), values.std("seeds", ddof=1) / np.sqrt(n) if n > 1 else None


def _sides_axis(axis, sides):
    axis.set(xscale="log", xlabel="side $L$ of the lattice")
    axis.set_xticks(sides, [f"{side}" for side in sides])
    axis.minorticks_off()


def _slope(axis, sides, start, slope, label):
    sides = np.asarray(sides, float)
    axis.plot(sides, start * (sides / sides[0]) ** slope, "k:", linewidth=0.9, label=label)


def conditioning_of_a_gaussian_field(conditioning):
    """Condition numbers for a Gaussian field of precision -Δ + m², against the side of the lattice: precision (left),
    Fisher and score-matching matrices of quadratic couplings, Haar (right). Whole field, and the worst scale of the
    details given the coarser field."""
    figure, (precision, matrices) = panels(1, 2, width=3.6, height=2.7)
    sides = conditioning.gaussian_sides.values
    whole, *shades = colors(4)
    precision.plot(sides, conditioning.direct_condition, "o-", color=whole, label="whole field")
    _slope(precision, sides, 1.5 * conditioning.direct_condition[0].item(), 2, "$L^2$")
    markers = ("o", "s", "^", "D", "v")
    for moments, color, marker in zip(conditioning.vanishing_moments.values, shades, markers, strict=False):
        worst = conditioning.conditional_condition.sel(vanishing_moments=moments).max("scale")
        label = f"details, $p$ = {moments}"
        precision.plot(sides, worst, marker=marker, color=color, linewidth=0.8, markerfacecolor="none", label=label)
    for name, style in (("fisher", "-"), ("score", "--")):
        matrices.plot(sides, conditioning[f"direct_{name}"], "o" + style, color=whole)
        matrices.plot(sides, conditioning[f"conditional_{name}"].max("scale"), "o" + style, color=shades[0])
    for color, label in ((whole, "whole field"), (shades[0], "details")):
        matrices.plot([], [], "o", color=color, label=label)
    for style, label in (("-", "Fisher"), ("--", "score matching")):
        matrices.plot([], [], style, color="0.3", label=label)
    _slope(matrices, sides, 1.7 * conditioning.direct_fisher[0].item(), 2, "$L^2$")
    for axis in (precision, matrices):
        _sides_axis(axis, sides)
        axis.set(yscale="log", ylabel="condition number")
    precision.set_ylim(1, 60 * conditioning.direct_condition.max().item())
    matrices.set_ylim(1, 300 * conditioning.direct_fisher.max().item())
    precision.legend(loc="upper left", ncols=2)
    matrices.legend(loc="upper left", ncols=2)
    return figure


def learnt_energies(energies, beta):
    """φ⁴ model. Left: couplings of the finest conditional energy against β, learnt (points, standard errors over seeds)
    and microscopic (lines). Middle: scalar potential at each scale. Right: sum over scales of the conditional energies
    less their free energies, and its finest term, against the true energy of test fields (one seed)."""
    figure, (couplings, potential, total) = panels(1, 3)
    side = energies.sides[-1].item()
    fitted = energies.sel(sides=side)
    betas = energies.betas.values
    span = np.array([betas.min() - 0.05, betas.max() + 0.05])
    terms = (
        ("neighbour (0,1)", -2 * span, "neighbours, $-2\\beta$"),
        ("power 2", -np.ones(2), "$\\varphi^2$, $-1$"),
        ("power 4", np.ones(2), "$\\varphi^4$, $1$"),
    )
    for (name, truth, label), color in zip(terms, colors(3), strict=True):
        couplings.plot(span, truth, color=color)
        mean, error = _mean_and_error(fitted.couplings.sel(scale=side, coupling=name))
        points(couplings, betas, mean, error, color=color, label=label)
    couplings.set(xlabel="$\\beta$", ylabel="coupling at the finest scale", ylim=(-1.9, 2.4))
    couplings.legend(loc="upper left", ncols=2, columnspacing=0.8, handletextpad=0.2)
    mean = fitted.sel(betas=beta).couplings.mean("seeds")
    scales = [n for n in energies.scale.values if np.isfinite(mean.sel(scale=n)).all()]
    for n, color in zip(scales, colors(len(scales), ordered=True), strict=True):
        y = np.linspace(-1, 1, 101) * 1.6 * (side / n) ** 0.875
        value = sum(mean.sel(scale=n, coupling=f"power {p}").item() * y**p for p in (2, 4, 6, 8))
        label = f"$\\varphi_{{{int(np.log2(side // n))}}}$, {n} × {n}"
        potential.plot(y, value, color=color, label=label)
    low = min(-0.3, *(line.get_ydata().min() for line in potential.lines))
    potential.set(xlabel="value of the field $\\varphi_j$", ylabel="scalar potential $v_{j+1}$", ylim=(low - 1.9, 3))
    potential.set_title(f"$\\beta$ = {beta:g}", loc="right")
    potential.legend(loc="lower center")
    shown = fitted.sel(betas=beta).isel(seeds=0)
    true = shown.true_energy.values
    for name, label, color in (
        ("finest_energy", "finest term", colors(2)[1]),
        ("summed_energy", "sum over scales", colors(2)[0]),
    ):
        modelled = shown[name].values
        centred = modelled - modelled.mean()
        total.scatter(true - true.mean(), centred, s=2, color=color, linewidths=0, rasterized=True, label=label)
    ends = np.array([true.min(), true.max()]) - true.mean()
    total.plot(ends, ends, "k", linewidth=0.7)
    total.set(xlabel="true energy, less its mean", ylabel="learnt energy, less its mean")
    total.legend(loc="upper left", markerscale=4, handletextpad=0.1)
    return figure


def _images(examples, **options):
    """Example fields: a column for each source, a row for each example, on one colour scale."""
    sources = examples.source.values
    rows, columns = examples.sizes["example"], len(sources)
    figure, axes = panels(rows, columns, width=1.65, height=1.6)
    for k, axis in enumerate(axes):
        example, source = divmod(k, columns)
        image = axis.imshow(examples.isel(example=example, source=source), interpolation="nearest", **options)
        axis.set_title("", loc="left")
        axis.set_title(_LABELS[sources[source]] if example == 0 else "", fontsize="small")
        axis.set(xticks=[], yticks=[])
        for spine in axis.spines.values():
            spine.set_visible(False)
    return figure, axes, image


def generated_fields(generation, sides, beta):
    """φ⁴ fields near the transition, three of each kind on one colour scale: Metropolis (test), drawn scale by scale
    from the learnt conditional energies given the coarsest field of the test field to the left, the same with too long
    steps at the finest scale, and Gaussian fields of the test spectrum."""
    side = sides[-1]
    label = f"field $\\varphi$ ($\\beta$ = {beta:g}, $L$ = {side})"
    figure, axes, image = _images(generation[f"example_{side}"], vmin=-1.8, vmax=1.8, cmap="RdBu_r")
    figure.colorbar(image, ax=list(axes), label=label, shrink=0.6)
    return figure


_LABELS = {
    "test": "test",
    "generated": "over scales",
    "over scales": "over scales",
    "badly mixed": "too long steps",
    "Gaussian": "Gaussian",
    "local": "local energy",
}


def _spectrum_panel(axis, shown, tones):
    error_of = shown.spectrum.sizes["seeds"] > 1
    for source, color in tones.items():
        mean, error = _mean_and_error(shown.spectrum.sel(source=source))
        k = shown.wave_number.values
        at = np.where(k > 0, k, k[1] / 1.8)  # the zero wave number has no place on a logarithmic axis
        if source == "test":
            axis.plot(at[1:], mean[1:], color=color, label=_LABELS[source])
            axis.plot(at[:1], mean[:1], "_", markersize=14, markeredgewidth=1.5, color=color)
        else:
            points(axis, at, mean, error if error_of else None, color=color, label=_LABELS[source])
    axis.set(xscale="log", yscale="log", xlabel="wave number $k L/2\\pi$", ylabel="power spectrum $P(k)$")
    axis.set_xticks([at[0], 1, 2, 5, 10], ["0", "1", "2", "5", "10"])
    axis.minorticks_off()
    axis.legend(loc="lower left")


def _ratio_panel(axis, shown, tones, ylabel="$P(k)$ over that of test fields"):
    for source, color in tones.items():
        if source == "test":
            continue
        ratio = shown.spectrum.sel(source=source) / shown.spectrum.sel(source="test")
        mean, error = _mean_and_error(ratio)
        points(axis, shown.shell, mean, error, color=color, label=_LABELS[source])
    axis.axhline(1, color=tones["test"], linewidth=0.8)
    axis.set_xticks(shown.shell.values)
    axis.set(xlabel="shell of wave numbers (0: zero)", ylabel=ylabel)


def _histogram_panel(axis, shown, tones, xlabel):
    shown = shown.isel(bin=slice(1, -1))  # the outer bins are open
    values = shown.bin.values
    width = values[1] - values[0]
    for source, color in tones.items():
        density = shown.share.sel(source=source).mean("seeds") / width
        if source == "test":
            axis.plot(values, density, color=color, label=_LABELS[source])
        else:
            points(axis, values, density, color=color, markersize=2.2, label=_LABELS[source])
    axis.set(xlabel=xlabel, ylabel="probability density")


def _tones(sources):
    """A colour for each source; the fields drawn over scales come last, to lie above the others."""
    tones = dict(zip(sources, ["0.25", *colors(len(sources) - 1)], strict=True))
    drawn = sources[1]
    return {source: tone for source, tone in tones.items() if source != drawn} | {drawn: tones[drawn]}


def statistics_of_generated_fields(generation, beta):
    """φ⁴ fields near the transition: radial power spectrum, its ratio to that of test fields (band: 5 %), histogram of
    values; test fields (lines), others (points, standard errors over seeds)."""
    figure, (spectrum, ratio, histogram) = panels(1, 3)
    shown = generation.isel(sides=-1)
    tones = _tones(shown.source.values)
    _spectrum_panel(spectrum, shown, tones)
    ratio.axhspan(0.95, 1.05, color="0.9", linewidth=0)
    _ratio_panel(ratio, shown, tones)
    ratio.set_ylim(0, 1.2)
    _histogram_panel(histogram, shown, tones, "field $\\varphi$")
    histogram.set_ylim(0, None)
    spectrum.set_title(f"$\\beta$ = {beta:g}", loc="right")
    return figure


def relaxation_times(relaxation):
    """Langevin dynamics of the critical φ⁴ model. Left: relaxation time (steps times step size ε) against the side of
    the lattice; arrows: longer than the run shows. Right: autocorrelation of abs(m) and of the slowest detail
    quantity at each side (one seed)."""
    figure, (times, curves) = panels(1, 2, width=3.6, height=2.7)
    sides = relaxation.relaxation_sides.values
    names = {"m": "$m$, whole field", "abs(m)": "$|m|$, whole field", "details": "details, coarse field held"}
    for (name, label), color in zip(names.items(), colors(3), strict=True):
        mean, error = _mean_and_error(relaxation.relaxation_time.sel(quantity=name))
        points(times, sides, mean, error, color=color, label=label)
        short = ~relaxation.reached.sel(quantity=name).all("seeds").values
        for side, value in zip(sides[short], mean.values[short], strict=True):
            arrow = {"arrowstyle": "->", "color": color}
            times.annotate("", (side, 2.2 * value), (side, value), arrowprops=arrow)
    size = relaxation.relaxation_time.sel(quantity="abs(m)").mean("seeds")
    _slope(times, sides, size[0].item(), 2, "$L^2$")
    _sides_axis(times, sides)
    times.set(yscale="log", ylabel="relaxation time $\\tau\\varepsilon$")
    times.set_ylim(0.3, 60 * times.get_ylim()[1])
    times.legend(loc="upper left", ncols=2, columnspacing=0.8)
    shades = colors(len(sides), ordered=True)
    for side, color in zip(sides, shades, strict=True):
        shown = relaxation.isel(seeds=0).sel(relaxation_sides=side)
        for name, style in (("abs(m)", "-"), ("details", "--")):
            at = shown.sel(quantity=name)
            label = f"$L$ = {side}" if style == "-" else None
            curves.plot(at.lag[1:], at.autocorrelation[1:], style, color=color, label=label)
    curves.axhline(np.exp(-1), color="k", linewidth=0.6, linestyle=":")
    curves.plot([], [], "k-", label="$|m|$")
    curves.plot([], [], "k--", label="details")
    longest = relaxation.relaxation_time.sel(quantity="abs(m)").max().item()
    curves.set(xscale="log", xlabel="lag times $\\varepsilon$", ylabel="autocorrelation", ylim=(-0.1, 1.75))
    curves.set_xlim(0.02, 8 * longest)
    curves.legend(loc="upper left", ncols=3, columnspacing=0.8)
    return figure


def long_range_fields(long_range, long_range_sides):
    """Log-normal fields with long-range correlations, two of each kind on one colour scale: test fields, drawn scale by
    scale given the coarsest field of the test field, drawn from one local energy starting at the test field."""
    examples = long_range[f"example_{long_range_sides[-1]}"].isel(example=slice(0, 2))
    figure, axes, image = _images(examples, vmin=-1, vmax=6, cmap="magma")
    figure.colorbar(image, ax=list(axes), label="field $\\kappa$", extend="max", shrink=0.7)
    return figure


def statistics_of_long_range_fields(long_range):
    """Log-normal fields: radial power spectrum, its ratio to that of test fields, histogram of values; test fields
    (lines), drawn over scales and from one local energy (points, standard errors over seeds)."""
    figure, (spectrum, ratio, histogram) = panels(1, 3)
    shown = long_range.isel(long_range_sides=-1)
    tones = _tones(shown.source.values)
    _spectrum_panel(spectrum, shown, tones)
    _ratio_panel(ratio, shown, tones)
    ratio.set(yscale="log")
    _histogram_panel(histogram, shown, tones, "field $\\kappa$")
    histogram.set(yscale="log", ylim=(1e-4, 3))
    histogram.legend(loc="upper right")
    return figure
