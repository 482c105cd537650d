"""Figures: theory is a line, simulated networks are points with standard errors over seeds."""

import numpy as np

from replica.style import colors, panels, points

EXPONENT = "leading exponent $\\lambda_1$ (1/τ)"
GAIN = "gain $g_h$"
MEMBRANE = "time (membrane times)"


def _mean_error(values, seeds="seeds"):
    """Mean over seeds and its standard error (none for a single seed)."""
    n = values.sizes[seeds]
    return values.mean(seeds), values.std(seeds, ddof=1) / np.sqrt(n) if n > 1 else None


def _mathematical(words):
    """Gain and steepnesses of a setting as they are set in formulas."""
    return words.replace("g = ", "$g_h$ = ").replace("α_z", "$\\alpha_z$").replace("α_r", "$\\alpha_r$")


def _spread(axis, x, values, seeds="seeds", **options):
    mean, error = _mean_error(values, seeds)
    points(axis, x, mean, error, **options)


def _zero(axis):
    axis.axhline(0, color="0.7", linewidth=0.8, zorder=0)


def jacobian_spectrum(spectra):
    """Eigenvalues of the Jacobian at a late state of one network (points), and the random-matrix boundary F = 1
    (line); the last panel: its right edge against the largest real part, all networks."""
    figure, axes = panels(2, 3, height=2.2)
    first = spectra.isel(spectrum_seeds=0)
    shown = (spectra.real_axis.min(), spectra.real_axis.max(), spectra.imaginary_axis.max())
    dot, line = colors(2)
    for axis, i in zip(axes, range(first.sizes["setting"]), strict=False):
        own = first.isel(setting=i)
        axis.scatter(own.real_part, own.imaginary_part, s=1.5, color=dot, linewidths=0, rasterized=True)
        axis.contour(own.real_axis, own.imaginary_axis, own.bulk, levels=[1], colors=[line], linewidths=1.2)
        axis.axvline(0, color="0.7", linewidth=0.8, zorder=0)
        axis.set(xlim=shown[:2], ylim=(-shown[2], shown[2]), xlabel="Re λ (1/τ)", ylabel="Im λ (1/τ)")
        axis.set_title(_mathematical(own.setting.item()), fontsize="small")
    edges = axes[5]
    for i, color in zip(range(first.sizes["setting"]), colors(first.sizes["setting"]), strict=True):
        own = spectra.isel(setting=i)
        edges.plot(own.edge, own.largest, "o", color=color, label=_mathematical(own.setting.item().partition(", ")[2]))
    low, high = float(min(spectra.edge.min(), 0)), float(max(spectra.edge.max(), spectra.largest.max()))
    edges.plot([low, high], [low, high], "k:", linewidth=0.9)
    edges.set(xlabel="edge of the bulk, theory", ylabel="largest Re λ", ylim=(low - 0.03, 1.9 * high))
    edges.legend(loc="upper left", ncols=2, fontsize="x-small", handletextpad=0.1, columnspacing=0.6)
    return figure


def update_gate_time_scales(time_scales):
    """Autocorrelation of h for several steepnesses of the update gate (mean over networks), its half-width (a value at
    the top is a lower bound), and the leading exponent; in the middle the output gate's steepness for contrast."""
    figure, (curves, widths, exponents) = panels(1, 3)
    steepnesses = time_scales.update_steepnesses.values
    for steepness, color in zip(steepnesses, colors(len(steepnesses), ordered=True), strict=True):
        own = time_scales.autocorrelation.sel(update_steepnesses=steepness).mean("seeds")
        curves.plot(own.lag, own, color=color, label=f"$\\alpha_z$ = {steepness:g}")
    curves.axhline(0.5, color="0.7", linewidth=0.8, zorder=0)
    longest = float(time_scales.lag[-1])
    curves.set(xlabel="lag (membrane times)", ylabel="autocorrelation of $h$", xlim=(0, min(150, longest)))
    curves.legend(loc="upper right", fontsize="x-small", ncols=2, columnspacing=0.8)
    curves.set_ylim(top=1.3)
    first, second = colors(2)
    _spread(widths, steepnesses, time_scales.half_width, color=first, label="update gate $\\alpha_z$")
    contrast = time_scales.contrast_half_width
    _spread(widths, contrast.contrast_steepnesses, contrast, color=second, label="output gate $\\alpha_r$", fmt="s")
    widths.axhline(longest, color="0.7", linestyle="--", linewidth=0.8, zorder=0)
    widths.set(yscale="log", xlabel="steepness", ylabel="half-width (membr. times)", ylim=(2, 3 * longest))
    widths.legend(loc="center right")
    for gain, color in zip(time_scales.exponent_gains.values, colors(2), strict=False):
        own = time_scales.exponent.sel(exponent_gains=gain)
        _spread(exponents, own.exponent_steepnesses, own, color=color, label=f"$g_h$ = {gain:g}")
    _zero(exponents)
    exponents.set(xlabel="steepness $\\alpha_z$", ylabel=EXPONENT)
    exponents.legend()
    return figure


def integrator_retention(integrator, spectra):
    """Projection of what is left of a kick of h on its direction at the largest gain (lines, mean over networks), the
    same at the last time against the steepness of the update gate (points), and moduli of slow eigenvalues."""
    figure, (course, retention, slow) = panels(1, 3)
    seeds, gains = "integrator_seeds", integrator.integrator_gains.values
    steepnesses = integrator.integrator_steepnesses.values
    for steepness, color in zip(steepnesses, colors(len(steepnesses), ordered=True), strict=True):
        own = integrator.retention.sel(integrator_steepnesses=steepness).isel(integrator_gains=-1)
        mean, error = _mean_error(own, seeds)
        course.plot(own.time, mean, color=color, label=f"$\\alpha_z$ = {steepness:g}")
        course.fill_between(own.time, mean - error, mean + error, color=color, alpha=0.25, linewidth=0)
    _zero(course)
    course.set(xlabel=MEMBRANE, ylabel="retained share of a kick", title=f"$g_h$ = {gains[-1]:g}", ylim=(None, 1.05))
    course.legend(loc="upper right")
    for shift, gain, color in zip(np.linspace(-0.8, 0.8, len(gains)), gains, colors(len(gains)), strict=True):
        own = integrator.retention.sel(integrator_gains=gain).isel(time=-1)
        _spread(retention, steepnesses + shift, own, seeds, color=color, label=f"$g_h$ = {gain:g}")
    _zero(retention)
    last = float(integrator.time[-1])
    retention.set(xlabel="steepness $\\alpha_z$", ylabel=f"retained share after {last:g} τ")
    retention.legend(loc="lower right")
    modulus = np.hypot(spectra.real_part, spectra.imaginary_part).transpose("setting", ...)
    edges = np.linspace(0, 0.5, 26)
    for i, color in zip((0, 1, 4), colors(3, ordered=True), strict=True):
        share = np.histogram(modulus[i], edges)[0] / modulus[i].size / (edges[1] - edges[0])
        steepness = spectra.update_steepness.values[i]
        slow.stairs(share, edges, color=color, label=f"$\\alpha_z$ = {steepness:g}", linewidth=1.3)
    slow.set(xlabel="modulus of an eigenvalue (1/τ)", ylabel="density of eigenvalues", yscale="log")
    slow.legend()
    return figure


def memory_reset(reset, pulse_time):
    """Distance of the states of one network that hold two memories, during (grey) and after a pulse to its gates, over
    the distance before; mean over networks and standard error."""
    steepnesses = reset.reset_steepnesses.values
    figure, axes = panels(1, len(steepnesses), sharey=True)
    names = {"none": "no pulse", "output": "to $r$", "update": "to $z$", "both": "to both"}
    for axis, steepness in zip(axes, steepnesses, strict=True):
        for kind, color in zip(names, colors(4), strict=True):
            mean, error = _mean_error(reset.distance.sel(reset_steepnesses=steepness, pulse=kind), "reset_seeds")
            axis.plot(reset.time, mean, color=color, label=names[kind])
            axis.fill_between(reset.time, mean - error, mean + error, color=color, alpha=0.25, linewidth=0)
        axis.axvspan(0, pulse_time, color="0.92", zorder=0)
        axis.set(xlabel=MEMBRANE, title=f"$\\alpha_z$ = {steepness:g}")
    axes[0].set(ylabel="distance of two memories", ylim=(-0.03, 1.4))
    axes[0].legend(loc="upper center", ncols=2)
    return figure


def output_gate_dimension(dimension):
    """Lyapunov spectra (mean over networks), and the Kaplan-Yorke dimension, the participation ratio of h and the
    leading exponent against the steepness of the output gate; open symbols: no gate, larger gain."""
    figure, (spectra, dimensions, exponents) = panels(1, 3)
    seeds, gated = "dimension_seeds", dimension.isel(setting=slice(0, -1))
    matched = dimension.isel(setting=-1)
    steepnesses = gated.steepness.values
    for i, color in enumerate(colors(len(steepnesses), ordered=True)):
        own = gated.spectrum.isel(setting=i).mean(seeds)
        spectra.plot(own.index, own, color=color, label=f"$\\alpha_r$ = {steepnesses[i]:g}")
    own = matched.spectrum.mean(seeds)
    spectra.plot(own.index, own, "k:", linewidth=1.0, label=f"0, $g_h$ = {matched.gain.item():.2f}")
    _zero(spectra)
    spectra.set(xlabel="index over $N$", ylabel="Lyapunov exponent (1/τ)")
    spectra.legend(fontsize="x-small", ncols=2, columnspacing=0.8, loc="upper right")
    low, high = spectra.get_ylim()
    spectra.set_ylim(low, high + 0.45 * (high - low))
    names = {"kaplan_yorke": "Kaplan-Yorke", "participation_ratio": "participation ratio"}
    for (name, label), color in zip(names.items(), colors(2), strict=True):
        _spread(dimensions, steepnesses, gated[name], seeds, color=color, label=label)
        _spread(dimensions, [0], matched[[name]].expand_dims("at")[name], seeds, color=color, mfc="white", fmt="s")
    dimensions.set(xlabel="steepness $\\alpha_r$", ylabel="dimension per unit", ylim=(0, None))
    dimensions.legend(loc="upper left")
    low, high = dimensions.get_ylim()
    dimensions.set_ylim(0, 1.3 * high)
    _spread(exponents, steepnesses, gated.exponent, seeds, color=colors(1)[0])
    _spread(
        exponents,
        [0],
        matched[["exponent"]].expand_dims("at").exponent,
        seeds,
        color=colors(1)[0],
        mfc="white",
        fmt="s",
    )
    _zero(exponents)
    exponents.set(xlabel="steepness $\\alpha_r$", ylabel=EXPONENT)
    return figure


def discontinuous_transition(theory, transition):
    """Mean square of h (line: chaotic solution of the mean-field theory) and leading exponent against the gain, from
    large and from small initial conditions, without and with a steep output gate; vertical: onsets of fixed points
    (dashed) and of chaos (dotted)."""
    steepnesses = transition.transition_steepnesses.values
    figure, axes = panels(2, len(steepnesses), sharex=True)
    for i, steepness in enumerate(steepnesses):
        square, exponent = axes[i], axes[len(steepnesses) + i]
        branch = theory.chaotic_variance.sel(branch_steepnesses=steepness)
        alive = branch.branch_gains[branch.values > 0]
        square.plot(alive, branch[branch.values > 0], color="0.3", label="theory")
        for condition, color, marker in zip(transition.condition.values, colors(2), "os", strict=True):
            own = transition.sel(transition_steepnesses=steepness, condition=condition)
            _spread(square, own.transition_gains, own.mean_square, color=color, fmt=marker, label=f"{condition} start")
            _spread(exponent, own.transition_gains, own.exponent, color=color, fmt=marker)
        _zero(exponent)
        line = theory.sel(line_steepnesses=steepness)
        for axis in (square, exponent):
            axis.axvline(line.fixed_point_onset.item(), color="0.6", linestyle="--", linewidth=0.9, zorder=0)
            axis.axvline(line.chaos_onset.item(), color="0.6", linestyle=":", linewidth=1.1, zorder=0)
        square.set(ylabel="mean of $h^2$, $C_h(0)$", title=f"$\\alpha_r$ = {steepness:g}")
        exponent.set(ylabel=EXPONENT, xlabel=GAIN)
    axes[0].legend(loc="upper left")
    return figure


def input_drives_chaos(driven):
    """Leading exponent against the standard deviation of a static random input to h: a silent network with a steep
    output gate, and a network without output gate."""
    figure, (axis,) = panels(width=3.8)
    for i, (color, marker) in enumerate(zip(colors(driven.sizes["case"]), "os", strict=False)):
        own = driven.isel(case=i)
        label = _mathematical(own.case.item())
        _spread(axis, own.input_deviations, own.exponent, color=color, fmt=marker, label=label)
    _zero(axis)
    axis.set(xlabel="standard deviation of the input $I^h$", ylabel=EXPONENT)
    axis.legend(loc="lower left")
    return figure


def _map(figure, axis, exponent, rows, columns, limit):
    image = axis.pcolormesh(
        np.arange(columns.size + 1), np.arange(rows.size + 1), exponent, cmap="RdBu_r", vmin=-limit, vmax=limit
    )
    axis.set_xticks(np.arange(columns.size) + 0.5, [f"{gain:g}" for gain in columns], fontsize="x-small", rotation=90)
    axis.set_yticks(np.arange(rows.size) + 0.5, [f"{steepness:g}" for steepness in rows])
    axis.set(xlabel=GAIN)
    return image


def phase_diagram(theory, complexity, phase_diagram):
    """Onsets of fixed points and of chaos against the steepness of the output gate, with the sign of the leading
    exponent of networks (a), its value and the onset of chaos (b, line), the same with an update gate (c), and the
    complexity Σ with the onset of chaos (d, dotted)."""
    figure, (lines, output, update, counted) = panels(1, 4, width=2.9, height=2.5)
    first, second = colors(2)
    lines.plot(theory.fixed_point_onset, theory.line_steepnesses, color=first, linestyle="--", label="$g_{FP}$")
    lines.plot(theory.chaos_onset, theory.line_steepnesses, color=second, label="$g_{dyn}$")
    lines.axvline(2, color="0.6", linestyle=":", linewidth=1, label="silence unstable")
    median = phase_diagram.exponent.median("seeds")
    update_median = phase_diagram.update_exponent.median("seeds")
    for chaotic, marker, words in ((True, "o", "chaotic"), (False, "x", "not chaotic")):
        at = np.argwhere((median.values > 0) == chaotic)
        lines.plot(
            phase_diagram.map_gains.values[at[:, 1]],
            phase_diagram.map_output.values[at[:, 0]],
            marker,
            color="0.3",
            markersize=3,
            label=words,
        )
    lines.set(xlabel=GAIN, ylabel="steepness $\\alpha_r$", xlim=(1.35, 3.05), ylim=(0, 52))
    lines.legend(fontsize="x-small", loc="upper right", bbox_to_anchor=(1.05, 0.72))
    limit = float(max(abs(median).max(), abs(update_median).max()))
    gains = phase_diagram.map_gains.values
    image = _map(figure, output, median, phase_diagram.map_output.values, gains, limit)
    onset = np.interp(phase_diagram.map_output, theory.line_steepnesses, theory.chaos_onset)
    place = np.interp(onset, gains, np.arange(gains.size) + 0.5)
    output.stairs(place, np.arange(place.size + 1), orientation="horizontal", baseline=None, color="k", linewidth=1.2)
    output.set(ylabel="steepness $\\alpha_r$")
    _map(figure, update, update_median, phase_diagram.map_update.values, gains, limit)
    update.set(ylabel="steepness $\\alpha_z$")
    figure.colorbar(image, ax=update, label=EXPONENT)
    for steepness, color in zip(complexity.branch_steepnesses.values, colors(2), strict=True):
        own = complexity.complexity.sel(branch_steepnesses=steepness)
        label = f"$\\alpha_r$ = {steepness:g}"
        _spread(counted, own.complexity_gains, own, "complexity_seeds", color=color, label=label)
        onset = theory.chaos_onset.sel(line_steepnesses=steepness).item()
        counted.axvline(onset, color=color, linestyle=":", linewidth=1)
    _zero(counted)
    counted.set(xlabel=GAIN, ylabel="complexity $\\Sigma$")
    counted.legend(loc="center right", bbox_to_anchor=(1.0, 0.4))
    return figure
