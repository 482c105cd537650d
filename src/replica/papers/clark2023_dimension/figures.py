"""Figures: theory is a line, simulated networks are points with jackknife errors."""

import numpy as np
from matplotlib.ticker import LogLocator

from replica.style import colors, panels, points

LAG = "lag $\\tau$ (membrane times)"
GAINS = [1, 2, 5, 10, 20]
NAMES = {"state": "$x$", "rate": "$\\phi$"}


def autocovariance_of_units(theory, autocovariance):
    """Autocovariance of units over its theoretical variance (left) and of rates (right): mean-field theory (lines) and
    networks (points, standard errors over networks)."""
    figure, axes = panels(1, 2)
    gains = autocovariance.autocovariance_gains.values
    for axis, quantity in zip(axes, ("state", "rate"), strict=True):
        for gain, color in zip(gains, colors(len(gains), ordered=True), strict=True):
            curve = theory.autocovariance.sel(quantity=quantity, gains=gain, lag=slice(0, 20))
            unit = curve.sel(lag=0).item() if quantity == "state" else 1.0
            axis.plot(curve.lag, curve / unit, color=color)
            shown = autocovariance.autocovariance.sel(quantity=quantity, autocovariance_gains=gain) / unit
            error = shown.std("autocovariance_seeds", ddof=1) / np.sqrt(shown.sizes["autocovariance_seeds"])
            points(axis, shown.lag, shown.mean("autocovariance_seeds"), error, color=color, label=f"$g$ = {gain:g}")
        axis.set(xlabel=LAG)
    axes[0].set_ylabel("$C_x(\\tau)\\,/\\,C_0$ of the theory")
    axes[1].set_ylabel("$C_\\phi(\\tau)$")
    axes[1].legend()
    return figure


def dimension_against_gain(theory, comparison, gain):
    """Participation ratio against size (left) and per unit against gain (right): two-site theory (lines), networks
    (points, jackknife errors); inset: the onset of chaos."""
    figure, axes = panels(1, 2, width=3.4, height=2.7)
    size, dimension = axes
    gains = comparison.simulated_gains.values
    for value, color in zip(gains, colors(len(gains)), strict=True):
        slope = theory.dimension.sel(quantity="rate", gains=value).item()
        shown = comparison.sel(simulated_gains=value)
        at = np.array([shown.units.min() * 0.8, shown.units.max() * 1.25])
        size.plot(at, slope * at, color=color)
        label = f"$\\phi$, $g$ = {value:g}"
        points(size, shown.units, shown.participation_ratio, shown.participation_ratio_error, color=color, label=label)
    size.set(xscale="log", yscale="log", xlabel="network size $N$", ylabel="participation ratio")
    size.set_xticks(comparison.units.values, [f"{n}" for n in comparison.units.values])
    size.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    size.yaxis.set_major_formatter("{x:g}")
    size.minorticks_off()
    size.legend(loc="upper left")
    for quantity, color in zip(("rate", "state"), colors(2), strict=True):
        curve = theory.dimension.sel(quantity=quantity)
        dimension.plot(curve.gains, curve, color=color)
        shown = comparison.isel(units=-1).sel(quantity=quantity)
        label = NAMES[quantity]
        points(dimension, shown.simulated_gains, shown.dimension, shown.dimension_error, color=color, label=label)
    dimension.set(xscale="log", xlabel="gain $g$", ylabel="dimension per unit $D$", ylim=(0, None))
    dimension.set_xticks(GAINS, GAINS)
    dimension.minorticks_off()
    dimension.legend(loc="lower right")
    dimension.set_ylim(0, 0.17)
    inset = dimension.inset_axes([0.2, 0.66, 0.33, 0.33])
    near = theory.dimension.sel(quantity="rate", gains=slice(1.05, 1.5))
    distance = near.gains.values - 1
    inset.loglog(distance, near, color=colors(2)[0])
    inset.loglog(distance, near.values[0] * (distance / distance[0]) ** 3, "k:", linewidth=0.9)
    inset.minorticks_off()
    inset.set_xticks([0.05, 0.1, 0.5], [0.05, 0.1, 0.5])
    inset.set_xlabel("$g-1$", fontsize="x-small", labelpad=0)
    inset.tick_params(labelsize="x-small", pad=1)
    inset.annotate("$(g-1)^3$", (0.08, 0.8), xycoords="axes fraction", fontsize="x-small")
    return figure


def population_time_scale(theory, comparison, gain):
    """Decay of cross-covariances, Ψ(τ, τ), and of the squared autocovariance of single units: theory (lines), networks
    (points, jackknife errors); right: their 1/e times against gain, and 1/(1 - β)."""
    gains = comparison.simulated_gains.values
    shown_gains = [g for g in gains if g in (2.0, gain)]
    figure, axes = panels(1, len(shown_gains) + 1, width=3.2, height=2.6)
    for axis, value in zip(axes, shown_gains, strict=False):
        shown = comparison.isel(units=-1).sel(simulated_gains=value, quantity="rate")
        psi = theory.cross_covariance.sel(quantity="rate", gains=value)
        own = theory.autocovariance.sel(quantity="rate", gains=value) ** 2
        curves = (psi / psi.sel(lag=0), own / own.sel(lag=0))
        names = ("cross-covariances $\\Psi$", "single units $C^2$")
        for curve, name, label, color in zip(curves, ("cross_shape", "unit_shape"), names, colors(2), strict=True):
            axis.plot(curve.lag, curve, color=color)
            points(axis, shown.lags, shown[name], shown[name + "_error"], color=color, label=label)
        axis.set(xlabel=LAG, ylabel="relative to lag 0")
        axis.set_title(f"$g$ = {value:g}", loc="right")
        axis.legend()
    axis = axes[len(shown_gains)]
    cross, own = colors(2)
    axis.plot(theory.gains, theory.population_time, color=cross, label="1/e time of $\\Psi$")
    axis.plot(theory.gains, theory.unit_time, color=own, label="1/e time of $C^2$")
    axis.plot(theory.gains, 1 / theory.slow_rate, "k:", label="$1/(1-\\beta)$")
    shown = comparison.isel(units=-1).sel(quantity="rate")
    for name, color in (("population_time", cross), ("unit_time", own)):
        points(axis, shown.simulated_gains, shown[name], shown[name + "_error"], color=color)
    axis.set(xscale="log", yscale="log", xlabel="gain $g$", ylabel="time (membrane times)")
    axis.set_xticks(GAINS, GAINS)
    axis.minorticks_off()
    axis.legend(loc="upper right")
    return figure


def partially_symmetric_couplings(theory, symmetric_theory, comparison, gain, symmetries):
    """Partially symmetric couplings: autocovariance of the rate, dimension against symmetry, and decay of
    cross-covariances; theory (lines, diamonds), networks (points, jackknife errors)."""
    figure, (own, dimension, decay) = panels(1, 3)
    where = {"simulated_gains": gain, "units": comparison.units[-1].item(), "quantity": "rate"}
    middle = comparison.sel(**where)
    independent = theory.sel(gains=gain, quantity="rate")
    values = [min(symmetries), 0.0, 0.3]
    for symmetry, color in zip(values, colors(len(values), ordered=True), strict=True):
        curves = independent if symmetry == 0 else symmetric_theory.sel(symmetries=symmetry)
        label = f"$\\varepsilon$ = {symmetry:g}"
        own.plot(curves.lag, curves.autocovariance, color=color, label=label)
        decay.plot(curves.lag, curves.cross_covariance / curves.cross_covariance.sel(lag=0), color=color)
        if symmetry == 0:
            shape, error = middle.cross_shape, middle.cross_shape_error
            points(own, middle.lags, middle.autocovariance, middle.autocovariance_error, color=color)
        else:
            shown = comparison.sel(symmetries=symmetry)
            shape, error = shown.symmetric_cross_shape, shown.symmetric_cross_shape_error
            points(own, shown.lags, shown.symmetric_autocovariance, shown.symmetric_autocovariance_error, color=color)
        points(decay, shape.lags, shape, error, color=color, label=label)
    order = np.argsort([*symmetries, 0.0])
    at = np.array([*symmetries, 0.0])[order]
    predicted = np.array([*symmetric_theory.dimension.values, independent.dimension.item()])[order]
    simulated = np.array([*comparison.symmetric_dimension.values, middle.dimension.item()])[order]
    error = np.array([*comparison.symmetric_dimension_error.values, middle.dimension_error.item()])[order]
    first, second = colors(2)
    dimension.plot(at, predicted, color=first, marker="D", markersize=3, label="theory")
    points(dimension, at, simulated, error, color=second, label="networks")
    dimension.set(xlabel="symmetry $\\varepsilon$", ylabel="dimension per unit $D$", ylim=(0, None))
    dimension.legend(loc="lower left")
    own.set(xlabel=LAG, ylabel="autocovariance of $\\phi$", xlim=(-0.5, 20.5))
    own.legend()
    decay.set(xlabel=LAG, ylabel="$\\Psi(\\tau,\\tau)/\\Psi(0,0)$")
    decay.legend()
    return figure


def other_unit_dynamics(other_units_theory, comparison):
    """Dimension per unit for other unit dynamics: two-site theory (lines), networks (points, jackknife errors)."""
    figure, (axis,) = panels(width=4.2)
    place = np.arange(comparison.sizes["case"])
    line, point = colors(2)
    axis.hlines(other_units_theory.dimension, place - 0.3, place + 0.3, color=line, label="theory")
    simulated, error = comparison.other_units_dimension, comparison.other_units_dimension_error
    points(axis, place, simulated, error, color=point, label="networks")
    axis.set_xticks(place, [case.replace(", ", "\n") for case in comparison.case.values])
    axis.set(ylabel="dimension per unit $D$", yscale="log", ylim=(0.03, 2))
    axis.set_yticks([0.05, 0.1, 0.2, 0.5, 1], [0.05, 0.1, 0.2, 0.5, 1])
    axis.minorticks_off()
    axis.legend()
    return figure
