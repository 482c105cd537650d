"""Figures of the experiments."""

import numpy as np
from matplotlib.colors import LogNorm

from replica.style import colors, panels, points

_MARKERS = {"critical point": "o", "breakpoint on a datum": "^", "not converged": "x"}


def _spread(values, seeds):
    return values.mean(seeds), values.std(seeds)


def densities_at_initialisation(initial_densities):
    """Density of breakpoints β and delta-slopes μ of random neurons: samples (bars), closed forms (lines).

    At the right their joint law.
    """
    figure, axes = panels(2, 3)
    d = initial_densities
    for i, law in enumerate(d.law.values):
        at = d.sel(law=law)
        reach = float(at.mu_reach)
        for axis, x, bars, line, name in (
            (axes[3 * i], d.fine_beta, at.beta_density, at.beta_law, "breakpoint β"),
            (axes[3 * i + 1], reach * d.fine_mu, at.mu_density, at.mu_law, "delta-slope μ"),
        ):
            axis.bar(x, bars, width=float(x[1] - x[0]), color="0.8", linewidth=0, label="samples")
            axis.plot(x, line, color=colors(1)[0], label="closed form")
            axis.set(xlabel=name, ylabel="density", title=f"{law} weights")
            axis.set_ylim(0, 1.15 * float(max(bars.max(), line.max())))
        axis = axes[3 * i + 2]
        floor = float(at.joint_law.max()) / 1e4
        mesh = axis.pcolormesh(
            d.beta_bin,
            reach * d.mu_bin,
            np.maximum(at.joint, floor).T,
            norm=LogNorm(floor),
            cmap="Greys",
            rasterized=True,
        )
        # The uniform law ends at an edge, where contours would follow the bins.
        levels = float(at.joint_law.max()) * np.array([0.1, 0.3, 0.6] if law == "uniform" else [1e-3, 1e-2, 1e-1, 0.5])
        axis.contour(d.beta_bin, reach * d.mu_bin, at.joint_law.T, levels=levels, colors=[colors(2)[1]], linewidths=0.8)
        figure.colorbar(mesh, ax=axis, label="density")
        axis.set(xlabel="breakpoint β", ylabel="delta-slope μ", title="samples, contours: law")
    axes[0].legend(loc="upper left", fontsize="x-small", handlelength=1)
    return figure


def flatness_of_initial_functions(initial_roughness):
    """Roughness of initial functions over width: mean and 5 to 95 % range (points), closed forms (lines).

    Its standard deviation and tail, the largest kink, and sample functions.
    """
    figure, axes = panels(2, 3)
    r = initial_roughness
    palette = colors(5)
    for color, init in zip(palette, r.standard.values, strict=False):
        at = r.sel(init=init)
        error = [at["mean"] - np.minimum(at["mean"], at.band[:, 0]), np.maximum(at["mean"], at.band[:, 1]) - at["mean"]]
        points(axes[0], r.widths, at["mean"], np.array(error), color=color, label=init)
        axes[0].plot(r.widths, r.mean_law.sel(standard=init), color=color)
    axes[0].set(xscale="log", yscale="log", xlabel="width H", ylabel="roughness ρ")
    axes[0].legend(loc="lower left", fontsize="x-small", handlelength=1)
    points(axes[1], r.widths, r.deviation.sel(init="He"), color=palette[0], label="He")
    points(axes[1], r.widths, r.deviation.sel(init="He, heavy tails"), color=palette[3], fmt="s", label="heavy tails")
    axes[1].plot(r.widths, r.deviation_law, color=palette[0], label=r"$\sqrt{128/H}$")
    tail = r.tail_probability.sel(init="He")
    twin = tail > 0
    points(axes[1], r.widths[twin], tail[twin], color="0.4", fmt="v", label="P(ρ > 5), He")
    axes[1].plot(r.widths, r.tail_bound, color="0.4", linestyle="--", label="its bound")
    axes[1].set(xscale="log", yscale="log", xlabel="width H", ylabel="s.d. of ρ, tail probability")
    axes[1].set_ylim(bottom=3e-4)
    axes[1].legend(loc="lower left", fontsize="x-small", handlelength=1)
    for color, init in ((palette[0], "He"), (palette[1], "Glorot"), (palette[4], "He, kinks of order 1")):
        points(axes[2], r.widths, r.largest_kink.sel(init=init), color=color, label=init)
    axes[2].set(xscale="log", yscale="log", xlabel="width H", ylabel="mean largest |μ|", ylim=(1e-4, 3e3))
    axes[2].legend(loc="upper left", fontsize="x-small", handlelength=1)
    for axis, color, init in zip(axes[3:], palette, r.standard.values, strict=False):
        axis.plot(r.x[::8], r.function.sel(standard=init)[:, ::8].T, color=color, linewidth=0.7)
        axis.plot(r.x[::8], np.sin(4 * r.x[::8]), color="0.2", linestyle="--", linewidth=1)
        axis.set(xlabel="x", ylabel="initial f(x), dashed: sin 4x", title=f"{init}, H = 1024")
    return figure


def critical_splines(critical_points):
    """Data with all critical splines; losses after descent against the enumerated levels (lines); the loss landscape.

    The landscape is over two breakpoints with all else optimised out; white: cell boundaries, points: critical splines.
    """
    figure, axes = panels(1, 3, width=3.4)
    c = critical_points
    palette = colors(3)
    axes[0].plot(c.datum, c.data, "o", color="0.3", markersize=3)
    for kinks in (0, 1, 2):
        of = (c.level_kinks == kinks).values
        lines = axes[0].plot(c.x[::2], c.level_function.values[of][:, ::2].T, color=palette[kinks], linewidth=0.9)
        lines[0].set_label(f"{kinks} kinks" if kinks != 1 else "1 kink")
        for level in c.level.values[of]:
            axes[1].axhline(level, color=palette[kinks], linewidth=0.8, zorder=0)
    axes[0].set(xlabel="x", ylabel="y, f(x)")
    axes[0].legend(loc="upper left", fontsize="x-small", handlelength=1)
    axes[0].set_ylim(top=float(c.data.max()) + 1.0)
    order = np.argsort(np.where(np.isfinite(c.loss.values), c.loss.values, np.inf))
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order))
    for color, (kind, marker) in zip(["k", palette[0], "0.55"], _MARKERS.items(), strict=True):
        at = (c.kind == kind).values & np.isfinite(c.loss.values)
        axes[1].plot(rank[at], c.loss.values[at], marker, color=color, markersize=3, label=kind, linestyle="none")
    axes[1].set(yscale="log", xlabel="run, sorted", ylabel="loss after descent")
    axes[1].legend(loc="center left", bbox_to_anchor=(0, 0.42), fontsize="x-small", handlelength=1)
    mesh = axes[2].pcolormesh(c.first, c.second, c.landscape.T, norm=LogNorm(), cmap="mako_r", rasterized=True)
    for datum in c.datum.values:
        axes[2].axvline(datum, color="w", linewidth=0.25)
        axes[2].axhline(datum, color="w", linewidth=0.25)
    two = c.level_breakpoint.values[(c.level_kinks == 2).values]
    for pair in (two, two[:, ::-1]):
        axes[2].plot(
            pair[:, 0], pair[:, 1], "o", color=palette[1], markersize=3.5, markeredgecolor="w", markeredgewidth=0.4
        )
    figure.colorbar(mesh, ax=axes[2], label="loss")
    axes[2].set(xlabel="breakpoint β1", ylabel="breakpoint β2")
    return figure


def hessian_and_spectrum(hessian):
    """Hessian against its Gram form; eigenvalues of its blocks (points) with their limits (lines).

    The number of zero eigenvalues with the rank law, and the sharpness under rescaling of one critical point.
    """
    figure, axes = panels(1, 4, width=2.8)
    palette = colors(3)
    for x, values in enumerate((hessian.deviation[hessian.landed], hessian.random_deviation)):
        spread = x + 0.25 * (np.arange(values.size) / max(values.size - 1, 1) - 0.5)
        axes[0].plot(spread, np.maximum(values, 1e-17), "o", color=palette[x], markersize=3)
    axes[0].set(yscale="log", ylabel="|Hessian - BᵀB| / |BᵀB|", xlim=(-0.5, 1.5))
    axes[0].set_xticks([0, 1], ["critical", "random"])
    for color, block in zip(palette, hessian.block.values, strict=False):
        axes[1].plot(hessian.number, hessian.spectrum.sel(block=block), "o", color=color, label=block)
        axes[1].plot(hessian.number, hessian.limit.sel(block=block), color=color)
    axes[1].set(xscale="log", yscale="log", xlabel="number k", ylabel="eigenvalue / (N H)")
    axes[1].set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes[1].minorticks_off()
    axes[1].legend(loc="lower left", fontsize="x-small", handlelength=1)
    units = np.repeat(hessian.rank_units.values, hessian.sizes["draw"])
    law = (2 * hessian.rank_units + 2 - hessian.rank_law).mean("draw")
    axes[2].plot(hessian.rank_units, law, color=palette[0], label="rank law")
    axes[2].plot(units, hessian.zero_eigenvalues.values.ravel(), "o", color=palette[1], markersize=3, label="measured")
    top = 1.5 * float(hessian.zero_eigenvalues.max())
    axes[2].set(xscale="log", yscale="symlog", xlabel="units H", ylabel="zero eigenvalues", ylim=(-0.3, top))
    axes[2].legend(loc="upper left", fontsize="x-small", handlelength=1)
    axes[3].plot(
        np.arange(1, hessian.sharpness.size + 1), np.sort(hessian.sharpness), "o", color=palette[1], label="weights"
    )
    axes[3].axhline(float(hessian.spline_sharpness), color=palette[0], label="spline")
    axes[3].set(yscale="log", xlabel="rescaling, sorted", ylabel="largest eigenvalue")
    axes[3].legend(loc="upper left", fontsize="x-small", handlelength=1)
    return figure


def gradient_flow_in_spline_coordinates(gradient_flow):
    """Breakpoints under both integrators (weights: grey, closed flow: dotted); distance of the functions.

    The drift of δ for two steps, and the displacement of breakpoints over the factor α.
    """
    figure, axes = panels(1, 4, width=2.8)
    g = gradient_flow
    palette = colors(g.sizes["weight_factors"], ordered=True)
    path, closed = (a.sel(weight_factors=1.0) for a in (g.trajectory, g.closed_trajectory))
    shown = np.flatnonzero((np.abs(path[0]) < 1.2).values)[:14]
    axes[0].plot(g.time, path[:, shown], color="0.6", linewidth=1.6)
    axes[0].plot(g.time, closed[:, shown], color=palette[1], linestyle=":", linewidth=1)
    axes[0].set(xlabel="time", ylabel="breakpoint β, α = 1", ylim=(-1.5, 1.5))
    for color, alpha in zip(palette, g.weight_factors.values, strict=True):
        at = g.sel(weight_factors=alpha)
        axes[1].plot(g.time[1:], at.function_error.median("flow_seeds")[1:], color=color, label=f"α = {alpha:g}")
        axes[1].plot(g.time[1:], at.naive_error.median("flow_seeds")[1:], color=color, linestyle="--")
        axes[2].plot(g.time[1:], at.drift.max("flow_seeds")[1:], color=color)
        axes[2].plot(g.time[1:], at.quarter_drift.max("flow_seeds")[1:], color=color, linestyle=":")
    axes[1].set(yscale="log", xlabel="time", ylabel="sup difference / sup |f|\n(dashed: naive flow)", ylim=(1e-11, 1e3))
    axes[1].legend(loc="upper left", fontsize="x-small", handlelength=1, ncol=3, columnspacing=0.8)
    axes[2].set(yscale="log", xlabel="time", ylabel="drift of δ (dotted: step / 4)")
    for color, moved, label in ((palette[1], g.moved, "first up, second down"), ("0.5", g.moved_all, "all weights")):
        mean, sd = _spread(np.log(moved), "flow_seeds")
        middle = np.exp(mean)
        error = np.array([middle - np.exp(mean - sd), np.exp(mean + sd) - middle])
        points(axes[3], g.weight_factors, middle, error, color=color, label=label)
    middle = np.exp(np.log(g.moved.sel(weight_factors=1.0)).mean())
    axes[3].plot(g.weight_factors, float(middle) * g.weight_factors**-2, color=palette[1], label="slope -2")
    axes[3].set(xscale="log", yscale="log", xlabel="factor α", ylabel="median |Δβ|")
    axes[3].set_xticks(g.weight_factors.values, [f"{a:g}" for a in g.weight_factors.values])
    axes[3].minorticks_off()
    axes[3].set_ylim(top=6 * float(max(g.moved.max(), g.moved_all.max())))
    axes[3].legend(loc="upper right", fontsize="x-small", handlelength=1)
    return figure


def kernel_and_adaptive_regime(regimes):
    """Trained functions for increasing weight scale M (first seed), and distances from splines and kernel interpolants.

    Grey: cubic and linear splines; dashes: kernel interpolant; bars: share of |μ| by breakpoint.  Triangles: beyond the
    panel, networks that these steps have not trained yet.
    """
    shown = [float(m) for m in regimes.weight_scales.values if m in (0.01, 1.0, 10.0, 1000.0)]
    columns = max(len(shown), 2)
    figure, axes = panels(3, columns, width=2.6, height=2.1)
    palette = colors(4)
    r = regimes.isel(regime_seeds=0)
    for row, ratio in enumerate(regimes.layer_ratios.values):
        for axis, scale in zip(axes[row * columns :], shown, strict=False):
            at = r.sel(layer_ratios=ratio, weight_scales=scale)
            axis.plot(r.x[::5], r.cubic[::5], color="0.75", linewidth=2)
            axis.plot(r.x[::5], r.linear[::5], color="0.75", linewidth=1)
            axis.plot(r.x[::5], at.kernel[::5], color=palette[2], linestyle="--", linewidth=1)
            axis.plot(r.x[::5], at.trained[::5], color=palette[0])
            axis.plot(r.datum, r.data, "ko", markersize=3)
            axis.bar(r.place, 2.5 * at.rug, width=0.025, bottom=-1.3, color=palette[3], linewidth=0)
            axis.set(xlim=(-1.1, 1.1), ylim=(-1.3, 1.4), title=f"r = {ratio:g}, M = {scale:g}")
            axis.set(xlabel="x", ylabel="f(x)" if axis is axes[row * columns] else "")
    tops = {"to_cubic": 1.7, "to_linear": 1.25, "knots": 1.25}
    for axis, (name, label) in zip(
        axes[2 * columns :],
        [
            ("to_cubic", "distance to cubic"),
            ("to_linear", "distance to linear"),
            ("to_kernel", "distance to kernel"),
            ("knots", "share of |μ| at data"),
        ],
        strict=False,
    ):
        for color, ratio in zip(palette, regimes.layer_ratios.values, strict=False):
            mean, sd = _spread(regimes[name].sel(layer_ratios=ratio), "regime_seeds")
            beyond = mean > tops.get(name, np.inf)
            points(
                axis, regimes.weight_scales[~beyond], mean[~beyond], sd[~beyond], color=color, label=f"r = {ratio:g}"
            )
            if beyond.any():
                at = regimes.weight_scales[beyond]
                axis.plot(at, np.full(at.size, 0.97 * tops[name]), "^", color=color, markersize=4)
        axis.set(xscale="log", xlabel="weight scale M", ylabel=label)
        if name in tops:
            axis.set(ylim=(0, tops[name]))
        else:
            axis.set(yscale="log")
    axes[2 * columns].legend(loc="upper left", fontsize="x-small", handletextpad=0.3)
    for axis in axes[2 * columns + 4 :]:
        axis.set_axis_off()
    return figure


def width_and_flatness(regularisation):
    """Test error over width and over the factor of the output weights (median, quartiles), and trained functions."""
    figure, axes = panels(1, 3)
    r = regularisation
    palette = colors(3)

    def quartiles(axis, x, values, **options):
        seeds = next(dim for dim in values.dims if dim.endswith("_seeds"))
        middle, low, high = (values.quantile(q, seeds) for q in (0.5, 0.25, 0.75))
        points(axis, x, middle, np.array([middle - low, high - middle]), **options)

    quartiles(axes[0], r.trained_widths, r.width_error, color=palette[0], label="He")
    for axis in axes[:2]:
        axis.axhline(float(r.cubic_error), color="0.4", linestyle="--", label="cubic spline")
        axis.axhline(float(r.linear_error), color="0.4", linestyle=":", label="linear interpolant")
    axes[0].set(xscale="log", yscale="log", xlabel="width H", ylabel="test mean squared error", ylim=(None, 0.2))
    axes[0].legend(loc="upper right", fontsize="x-small", handlelength=1.5)
    for i, (color, arm) in enumerate(zip(palette, r.arm.values, strict=True)):
        quartiles(axes[1], r.output_factors * 1.06 ** (i - 1), r.flat_error.sel(arm=arm), color=color, label=arm)
    axes[1].set(xscale="log", yscale="log", xlabel="factor c of output weights", ylabel="test mean squared error")
    handles, labels = axes[1].get_legend_handles_labels()
    axes[1].legend(handles[2:], labels[2:], loc="upper left", fontsize="x-small", handletextpad=0.3)
    for color, arm in zip(palette[:2], r.arm.values, strict=False):
        axes[2].plot(
            r.x[::3], r.flat_function.sel(arm=arm, output_factors=64.0)[::3], color=color, label=f"{arm}, c = 64"
        )
    axes[2].plot(r.x[::3], r.width_function[-1][::3], color=palette[2], label=f"He, H = {int(r.trained_widths[-1])}")
    axes[2].plot(r.x[::3], np.sin(4 * r.x[::3]), color="0.3", linestyle="--", linewidth=1, label="sin 4x")
    axes[2].plot(r.datum, r.data, "ko", markersize=3)
    top = float(np.abs(r.flat_function.sel(output_factors=64.0)[:2]).max())
    axes[2].set(xlabel="x", ylabel="f(x)", ylim=(-1.1 * top, 2.2 * top))
    axes[2].legend(loc="upper right", fontsize="x-small", handlelength=1, ncol=2, columnspacing=0.8)
    return figure


def where_breakpoints_start(breakpoint_origins):
    """Root mean squared residual over x for breakpoints of He and for evenly spread ones, and their densities."""
    b = breakpoint_origins
    figure, axes = panels(1, 2)
    at = b.isel(origin_widths=-1)
    for color, origin in zip(colors(2), b.origin.values, strict=True):
        rms = np.sqrt((at.residual.sel(origin=origin, target="everywhere") ** 2).mean("origin_seeds"))
        points(axes[0], b.x, rms, color=color, label=origin)
        axes[1].stairs(
            at.density.sel(origin=origin), np.linspace(-6.5, 6.5, b.sizes["place"] + 1), color=color, label=origin
        )
    axes[0].set(xlabel="x", ylabel=f"r.m.s. residual, H = {int(at.origin_widths)}")
    axes[0].legend(loc="upper center", fontsize="small", handletextpad=0.3)
    axes[1].set(xlabel="breakpoint β at the start", ylabel="density")
    axes[1].legend(loc="upper right", fontsize="small", handlelength=1)
    return figure
