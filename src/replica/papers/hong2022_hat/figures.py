"""Figures of the experiments."""

import numpy as np
from matplotlib.colors import LogNorm

from replica.style import colors, panels, points

_SETTINGS = [("relu", 1.0), ("relu", 40.0), ("tanh", 40.0), ("hat", 1.0), ("hat", 10.0), ("hat", 40.0)]
_NAMES = {"relu": "ReLU", "hat": "hat", "tanh": "tanh"}
_OPTIMISERS = {"adam": "Adam", "sgd": "SGD"}


def _thinned(count, most=24):
    """About ``most`` of ``count`` places, even in the logarithm."""
    return np.unique(np.round(np.geomspace(1, count, most)).astype(int)) - 1


def finite_element_spectra(gram_spectra):
    """Eigenvalues of the Gram matrices of ramps and hats for the largest number of cells, and condition numbers.

    Quadrature (points), closed forms (lines); dotted: powers of k and n.
    """
    figure, (spectrum, condition) = panels(1, 2, width=3.4, height=2.7)
    cells = gram_spectra.cells
    for basis, color in zip(("ramps", "hats"), colors(2), strict=True):
        last = gram_spectra.sel(basis=basis).isel(cells=-1)
        present = int((last.eigenvalue_law > 0).sum())
        at = _thinned(present)
        label = f"{basis}, n = {cells[-1].item()}"
        spectrum.plot(last.number[:present], last.eigenvalue_law[:present], color=color)
        points(spectrum, last.number[at], last.eigenvalue[at], color=color, label=label)
        law = gram_spectra.eigenvalue_law.sel(basis=basis)
        ratio = law.max("number") / law.where(law > 0).min("number")
        condition.plot(cells, ratio, color=color)
        points(condition, cells, gram_spectra.condition_number.sel(basis=basis), color=color, label=basis)
    first = gram_spectra.eigenvalue.sel(basis="ramps").isel(cells=-1)[0].item()
    k = np.array([2.0, cells[-1].item()])
    spectrum.plot(k, 8 * first * k**-4.0, "k:", linewidth=0.9)
    spectrum.annotate("$k^{-4}$", (8, 16 * first * 8.0**-4), fontsize="small")
    spectrum.set(xscale="log", yscale="log", xlabel="number k of the eigenvalue", ylabel="eigenvalue")
    spectrum.legend(loc="lower left")
    n = cells.values.astype(float)
    condition.plot(n, 0.3 * n**4, "k:", linewidth=0.9)
    condition.annotate("$n^4$", (n[-2], 0.05 * n[-2] ** 4), fontsize="small")
    condition.set(xscale="log", yscale="log", xlabel="cells n", ylabel="condition number", ylim=(1, None))
    condition.set_xticks(cells.values, [str(c) for c in cells.values])
    condition.minorticks_off()
    condition.legend(loc="center left", bbox_to_anchor=(0, 0.3))
    return figure


def linear_descent_by_mode(linear_training):
    """Errors of sine modes during gradient descent on the coefficients: steps taken (points), closed form (lines).

    Ramps, hats, and ramps with steps preconditioned by the inverse of their Gram matrix.
    """
    figure, axes = panels(1, 3, sharex=True, sharey=True)
    modes = linear_training.descent_modes.values
    at = np.unique(np.append(np.arange(0, linear_training.sizes["step"], 3), linear_training.sizes["step"] - 1))
    for axis, case in zip(axes, linear_training.case.values, strict=True):
        for mode, color in zip(modes, colors(len(modes), ordered=True), strict=True):
            shown = linear_training.mode_error.sel(case=case, descent_modes=mode)
            points(axis, shown.step[at], shown[at], color=color, label=f"k = {mode}")
            if case in linear_training.basis.values:
                law = linear_training.mode_error_law.sel(basis=case, descent_modes=mode)
                axis.plot(law.step, law, color=color)
        axis.set(xscale="log", yscale="log", xlabel="step", title=case)
    axes[0].set_ylabel("error of the mode")
    axes[0].legend(loc="lower left")
    return figure


def _setting(shallow_training, activation, optimiser, scale):
    """The setting of an activation, an optimiser and an input scale whose rate leaves the least error."""
    d = shallow_training
    chosen = (d.activation == activation) & (d.optimiser == optimiser) & (d.input_scale == scale)
    at = d.isel(arm=np.flatnonzero(chosen.values))
    last = at.relative_error.sel(target="all").isel(iteration=-1).median("seeds")
    return at.isel(arm=int(last.fillna(np.inf).argmin("arm")))


def _power(rate):
    mantissa, exponent = f"{rate:.1e}".split("e")
    return f"${float(mantissa):g}\\cdot 10^{{{int(exponent)}}}$"


def error_per_frequency_during_training(shallow_training):
    """Error E of shallow networks at each frequency over training, median over seeds, at the best of the rates tried.

    White circles: first iteration with E below 1/2 at a frequency of the target. Upper row Adam, lower row SGD.
    """
    figure, axes = panels(2, len(_SETTINGS), width=1.95, height=2.1, sharex=True, sharey=True)
    frequencies = shallow_training.frequencies.values
    places = [(optimiser, *setting) for optimiser in _OPTIMISERS for setting in _SETTINGS]
    iterations = shallow_training.iteration.values
    for number, (axis, (optimiser, activation, scale)) in enumerate(zip(axes, places, strict=True)):
        arm = _setting(shallow_training, activation, optimiser, scale)
        error = arm.mode_error.median("seeds").transpose("frequency", "iteration")
        mesh = axis.pcolormesh(
            iterations,
            shallow_training.frequency,
            np.clip(error, 0.02, 1.0),
            norm=LogNorm(0.02, 1.0),
            cmap="magma",
            shading="nearest",
            rasterized=True,
        )
        half = arm.half_iteration.fillna(np.inf).median("seeds").values
        reached = np.isfinite(half)
        axis.plot(half[reached], frequencies[reached], "o", color="white", markersize=3, markeredgecolor="black")
        axis.set_title(f"{_NAMES[activation]}, s = {scale:g}", fontsize="small")
        axis.annotate(
            f"{_OPTIMISERS[optimiser]}, {_power(arm.rate.item())}",
            (0.96, 0.95),
            xycoords="axes fraction",
            ha="right",
            va="top",
            color="white",
            fontsize="x-small",
        )
        axis.set_yticks(frequencies)
        axis.set_ylim(-0.5, 1.4 * frequencies.max())
        if number >= len(_SETTINGS):
            axis.set_xlabel("iteration")
        if number % len(_SETTINGS) == 0:
            axis.set_ylabel("frequency k")
    figure.colorbar(mesh, ax=list(axes), label="error $E_k$", fraction=0.02, pad=0.01)
    return figure


def loss_of_shallow_networks(shallow_training):
    """Squared error over the variance of the target, at the best of the rates tried: median and quartiles over seeds.

    Dashed: ReLU; dotted: a quarter of the variance.
    """
    figure, axes = panels(1, 2, width=3.2, height=2.7, sharex=True, sharey=True)
    shades = [*colors(2, ordered=True), "0.6", *colors(3)]
    for axis, (optimiser, name) in zip(axes, _OPTIMISERS.items(), strict=True):
        for (activation, scale), color in zip(_SETTINGS, shades, strict=True):
            arm = _setting(shallow_training, activation, optimiser, scale)
            error = arm.relative_error.sel(target="all")
            label = f"{_NAMES[activation]}, s = {scale:g}"
            line = "--" if activation == "relu" else "-"
            axis.plot(error.iteration, error.median("seeds"), line, color=color, label=label)
            low, high = (error.quantile(q, "seeds") for q in (0.25, 0.75))
            axis.fill_between(error.iteration, low, high, color=color, alpha=0.2, linewidth=0)
        axis.axhline(0.25, color="black", linestyle=":", linewidth=0.8)
        axis.set(yscale="log", xlabel="iteration", title=name)
        axis.set_ylim(top=10)
    axes[0].set_ylabel("squared error / variance")
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def two_inputs(plane_training):
    """A sum of four plane waves, the trained networks of the first seed, their errors, and the error of each wave.

    The last panel shows hats as solid and ReLU as dashed lines, mean over seeds.
    """
    figure, axes = panels(2, 3, width=2.7, height=2.4)
    first = plane_training.isel(plane_seeds=0)
    reach = float(np.abs(first.target).max())
    fits = {name: first.output.sel(plane_activations=name) for name in ("relu", "hat")}
    pictures = [
        (axes[0], first.target, "target"),
        *((axis, fits[name], _NAMES[name]) for axis, name in zip(axes[1:3], fits, strict=True)),
        *(
            (axis, fits[name] - first.target, f"{_NAMES[name]}, error")
            for axis, name in zip(axes[4:], fits, strict=True)
        ),
    ]
    for axis, picture, title in pictures:
        mesh = axis.pcolormesh(
            picture.second,
            picture.first,
            picture.transpose("first", "second"),
            cmap="vlag",
            vmin=-reach,
            vmax=reach,
            rasterized=True,
        )
        axis.set(xlabel="$x_2$", ylabel="$x_1$", title=title, aspect="equal")
        axis.set_xticks([0, 0.5])
        axis.set_yticks([0, 0.5])
    figure.colorbar(mesh, ax=list(axes[[2, 5]]), label="y, f(x), f(x) - y")
    curve = axes[3]
    norms = plane_training.norm.values
    for norm, color in zip(norms, colors(len(norms), ordered=True), strict=True):
        error = plane_training.mode_error.sel(norm=norm).mean("plane_seeds")
        curve.plot(error.iteration, error.sel(plane_activations="hat"), color=color, label=f"|k| = {norm:g}")
        curve.plot(error.iteration, error.sel(plane_activations="relu"), color=color, linestyle="--")
    curve.set(xlabel="iteration", ylabel="error of the wave", ylim=(0, 1.9))
    curve.legend(loc="upper right", ncol=2, columnspacing=0.8, handlelength=1)
    return figure


def digits_during_training(digit_classification):
    """Test accuracy (upper) and training loss (lower) of digit classifiers: mean and standard error over seeds.

    Right: hat minus ReLU, test accuracy of each step (upper) and of each seed at the end (lower, dots: means).
    """
    d = digit_classification.isel(training_images=-1)
    figure, axes = panels(2, 3, width=3.0, height=2.3)
    n = d.sizes["class_seeds"]
    cases, optimisers = d.case.values, d.class_optimisers.values
    for column, optimiser in enumerate(optimisers[:2]):
        for case, color in zip(cases, colors(len(cases)), strict=True):
            at = d.sel(class_optimisers=optimiser, case=case)
            for axis, values in ((axes[column], 100 * at.test_accuracy), (axes[3 + column], at.training_loss)):
                mean, error = values.mean("class_seeds"), values.std("class_seeds", ddof=1) / np.sqrt(n)
                axis.plot(at.step, mean, color=color, label=case)
                axis.fill_between(at.step, mean - error, mean + error, color=color, alpha=0.25, linewidth=0)
        axes[column].set(ylim=(80, 100), title=_OPTIMISERS[optimiser], xlabel="step")
        axes[3 + column].set(yscale="log", xlabel="step")
    axes[0].set_ylabel("test accuracy (%)")
    axes[3].set_ylabel("training loss")
    lines, names = axes[1].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncol=len(names))
    accuracy = 100 * d.test_accuracy
    difference = accuracy.sel(case="hat") - accuracy.sel(case="ReLU")
    for place, (optimiser, color) in enumerate(zip(optimisers[:2], colors(2), strict=True)):
        at = difference.sel(class_optimisers=optimiser)
        error = at.std("class_seeds", ddof=1) / np.sqrt(n)
        shown = at.step[len(at.step) // 4 :]
        name = _OPTIMISERS[optimiser]
        axes[2].plot(shown, at.mean("class_seeds").sel(step=shown), color=color, label=name)
        low, high = (at.mean("class_seeds") + sign * error for sign in (-1, 1))
        axes[2].fill_between(shown, low.sel(step=shown), high.sel(step=shown), color=color, alpha=0.25, linewidth=0)
        last = np.sort(at.isel(step=-1).values)
        axes[5].plot(place + np.linspace(-0.3, 0.3, n), last, "o", color=color, markersize=2, alpha=0.6)
        points(axes[5], [place], [last.mean()], [float(error.isel(step=-1))], color="black", zorder=3)
    for axis in (axes[2], axes[5]):
        axis.axhline(0, color="0.5", linewidth=0.8)
        axis.set_ylabel("hat - ReLU (points)")
    axes[2].set_xlabel("step")
    axes[2].legend(loc="lower right")
    axes[5].set_xticks(range(len(optimisers[:2])), [_OPTIMISERS[o] for o in optimisers[:2]])
    axes[5].set(xlabel="each seed at the end, sorted", xlim=(-0.5, len(optimisers[:2]) - 0.5))
    return figure
