"""Figures: eigenvalues coloured by their residual, pseudospectra, and spectral measures."""

import numpy as np
from matplotlib.colors import LogNorm

from replica.style import colors, panels, points

LEVELS = [0.001, 0.01, 0.1, 0.3]
ANGLE = "angle $\\theta$"
TICKS = ([-np.pi, 0, np.pi], ["$-\\pi$", "0", "$\\pi$"])
CIRCLE = np.exp(1j * np.linspace(-np.pi, np.pi, 361))


def _title(axis, words):
    axis.set_title(words, loc="right", fontsize="small")


def _plane(axis, half_width):
    axis.set(aspect="equal", xlim=(-half_width, half_width), ylim=(-half_width, half_width))
    axis.set(xlabel="Re $\\lambda$", ylabel="Im $\\lambda$")


def _eigenvalues(figure, axis, values, residuals, low=1e-4, high=1.0, **options):
    """Eigenvalues coloured by residual, those with the smallest on top."""
    order = np.argsort(-residuals)
    options = {"s": 9, "cmap": "viridis_r", "edgecolors": "none", "zorder": 3} | options
    drawn = axis.scatter(
        values.real[order],
        values.imag[order],
        c=np.clip(residuals[order], low, high),
        norm=LogNorm(low, high),
        **options,
    )
    figure.colorbar(drawn, ax=axis, label="residual", shrink=0.8)


def gauss_map_pseudospectrum(gauss_map, plane_half_width):
    """Gauss map: contours of τ and EDMD eigenvalues coloured by their residual, with the circle of radius e/2 up to
    which every point is an eigenvalue; τ at four points against the size of the dictionary."""
    figure, (plane, fall) = panels(1, 2, width=3.7, height=3.0)
    at = gauss_map["real"].values, gauss_map["imaginary"].values
    contours = plane.contour(*at, gauss_map.pseudospectrum, LEVELS, colors="0.4", linewidths=0.8)
    plane.clabel(contours, fontsize="xx-small")
    plane.plot(np.e / 2 * CIRCLE.real, np.e / 2 * CIRCLE.imag, ":", color="black", linewidth=0.9)
    _eigenvalues(figure, plane, gauss_map.eigenvalue.values, gauss_map.residual.values)
    _plane(plane, plane_half_width)
    names = {"1": "1", "multiplier": "$4/e^2$", "-0.5": "-0.5", "1.45": "1.45 (outside)"}
    for (probe, name), color in zip(names.items(), colors(len(names)), strict=True):
        curve = np.maximum(gauss_map.tau.sel(probe=probe), 1e-16)
        points(fall, gauss_map.gauss_sizes, curve, linestyle="-", color=color, label=f"$z$ = {name}")
    fall.set(xscale="log", yscale="log", xlabel="dictionary size $N$", ylabel="$\\tau(z)$", ylim=(1e-17, 3))
    fall.set_xticks(gauss_map.gauss_sizes.values, [f"{n}" for n in gauss_map.gauss_sizes.values])
    fall.minorticks_off()
    fall.legend(loc="center left", bbox_to_anchor=(0.0, 0.4))
    return figure


def quadrature_convergence(gauss_map):
    """Gauss map: largest error of an entry of A against the number of nodes for four quadrature rules (Monte Carlo:
    mean and standard deviation over seeds); lines of slope -1/2, -1 and -2."""
    figure, (axis,) = panels(width=4.2, height=3.0)
    nodes = gauss_map.quadrature_nodes.values.astype(float)
    for rule, color in zip(gauss_map.rule.values, colors(4), strict=True):
        error = gauss_map.quadrature_error.sel(rule=rule)
        mean, spread = error.mean("quadrature_seeds"), error.std("quadrature_seeds", ddof=1)
        points(axis, nodes, mean, spread if rule == "Monte Carlo" else None, color=color, label=rule)
        slope = {"trapezoid": -2, "Riemann": -1, "Monte Carlo": -0.5}.get(rule)
        if slope is not None:
            line = mean.values[-1] * (nodes / nodes[-1]) ** slope
            shown = nodes >= 200
            axis.plot(nodes[shown], line[shown], color=color, linewidth=0.9)
    axis.set(xscale="log", yscale="log", xlabel="nodes $M$", ylabel="$\\max|A - A_{exact}|$", ylim=(1e-14, 10))
    axis.legend(loc="center right")
    return figure


def pendulum_pseudospectra(pendulum, trusted):
    """Pendulum: EDMD eigenvalues coloured by residual, contours of τ and the unit circle, for the two smallest
    dictionaries; τ along the unit circle."""
    figure, axes = panels(1, 3, width=3.4, height=2.9)
    for axis, i in zip(axes, (0, 1), strict=False):
        chosen = pendulum.isel(pendulum_limits=i)
        pairs = chosen[["eigenvalue", "residual"]].dropna("pair")
        full = np.concatenate([-chosen.angle.values[::-1], chosen.angle.values])
        values = np.concatenate([chosen.pseudospectrum.values[::-1], chosen.pseudospectrum.values])
        z = chosen.radius.values[None, :] * np.exp(1j * full[:, None])
        contours = axis.contour(z.real, z.imag, values, [0.1, 0.25, 0.5], colors="0.4", linewidths=0.8)
        axis.clabel(contours, fontsize="xx-small")
        axis.plot(CIRCLE.real, CIRCLE.imag, ":", color="black", linewidth=0.9)
        _eigenvalues(figure, axis, pairs.eigenvalue.values, pairs.residual.values, low=1e-3)
        _plane(axis, 1.5)
        _title(axis, f"$N$ = {chosen.functions.item()}")
    limits = pendulum.pendulum_limits.values
    for i, color in zip(range(len(limits)), colors(len(limits), ordered=True), strict=True):
        chosen = pendulum.isel(pendulum_limits=i)
        curve = chosen.pseudospectrum.sel(radius=1.0)
        axes[2].plot(curve.angle, curve, color=color, label=f"$N$ = {chosen.functions.item()}")
        points(axes[2], np.abs(pendulum.direction), chosen.direction_residual, color=color)
    axes[2].axhline(trusted, color="0.7", linewidth=0.8, zorder=0)
    axes[2].set(xlabel="angle of $z$ on the unit circle", ylabel="$\\tau(z)$", ylim=(0, None))
    axes[2].set_xticks([0, np.pi / 2, np.pi], ["0", "$\\pi/2$", "$\\pi$"])
    axes[2].legend(loc="upper left")
    return figure


def pendulum_phase_portraits(pendulum):
    """Pendulum: pseudo-eigenfunctions of the largest dictionary at four points of the unit circle; real part over the
    largest modulus, and the residual."""
    figure, axes = panels(1, pendulum.sizes["direction"], width=2.5, height=2.5, sharey=True)
    last = pendulum.isel(pendulum_limits=-1)
    extent = (-np.pi, np.pi, pendulum.velocity.values[0], pendulum.velocity.values[-1])
    for i, axis in enumerate(axes):
        shown = last.portrait.isel(direction=i).real.transpose("velocity", "position")
        options = {"origin": "lower", "aspect": "auto", "cmap": "RdBu_r", "vmin": -1, "vmax": 1}
        image = axis.imshow(shown, extent=extent, **options)
        axis.set(xlabel="$x_1$")
        axis.set_xticks(*TICKS)
        angle, residual = pendulum.direction.values[i], last.direction_residual.values[i]
        _title(axis, f"$\\theta$ = {angle:.2f}, res {residual:.3f}")
    axes[0].set_ylabel("$x_2$")
    figure.colorbar(image, ax=axes.tolist(), label="Re $\\psi$", shrink=0.8)
    return figure


def tent_map_measures(tent_map, kernel_widths):
    """Tent map: spectral density by kernels of order 1 and 6 at the second ε (points) and exact (line); its largest
    error against ε for all orders; error of filtered Fourier sums beside a jump; mass of the atom against ε (line:
    true mass); density of |x - 1/3| + 1[x > 0.78] + sin 20x by the bump filter; the filters."""
    figure, axes = panels(2, 3, width=3.1, height=2.5)
    density, orders, filters, atom, dyadic, shapes = axes
    density.plot(tent_map.angle, tent_map.exact_density, color="black", label="exact")
    shown = tent_map.density.isel(kernel_widths=1)
    for order, color in zip((1, 6), colors(2), strict=True):
        points(
            density, tent_map.angle, shown.sel(kernel_orders=order), color=color, markersize=2, label=f"$m$ = {order}"
        )
    density.set(xlabel=ANGLE, ylabel="density $\\rho$")
    density.set_xticks(*TICKS)
    density.legend(loc="upper right")
    _title(density, f"$\\varepsilon$ = {kernel_widths[1]:g}")
    values = tent_map.kernel_orders.values
    for order, color in zip(values, colors(len(values), ordered=True), strict=True):
        error = tent_map.error.sel(kernel_orders=order)
        points(orders, error.kernel_widths, error, color=color, label=f"$m$ = {order}")
        width = error.kernel_widths.values
        orders.plot(width, error.values[-1] * (width / width[-1]) ** order, color=color, linewidth=0.9)
    orders.set(xscale="log", yscale="log", xlabel="smoothing $\\varepsilon$", ylabel="largest relative error")
    orders.set_xlim(None, 0.7)
    orders.set_xticks(kernel_widths, [f"{w:g}" for w in kernel_widths])
    orders.minorticks_off()
    orders.legend(loc="lower right")
    names = [name for name in tent_map.filter.values if name != "none"]
    for name, color in zip(names, colors(len(names)), strict=True):
        error = np.maximum(tent_map.filter_error.sel(filter=name), 1e-16)
        points(filters, error.filter_sizes, error, color=color, label=name)
        slope = {"Fejér": -1, "cosine": -3, "Vandeven": -5}.get(name)
        if slope is not None:
            size = error.filter_sizes.values
            filters.plot(size, error.values[0] * (size / size[0]) ** float(slope), color=color, linewidth=0.9)
    filters.set(xscale="log", yscale="log", xlabel="moments $N$", ylabel="largest relative error", xlim=(None, 4000))
    filters.legend(loc="upper right")
    for name, color in zip(tent_map.observable.values, colors(2), strict=True):
        points(atom, tent_map.atom_widths, tent_map.atom.sel(observable=name), color=color, label=name)
        points(atom, [0], [tent_map.atom_limit.sel(observable=name).item()], color=color, fmt="D", fillstyle="none")
    atom.axhline(0.25, color="black", linewidth=0.9, zorder=0)
    atom.set(xlabel="smoothing $\\varepsilon$", ylabel="mass of the atom at 0")
    atom.legend(loc="upper left", bbox_to_anchor=(0.0, 0.55))
    styles = iter(["-", ":"])
    for count, color in zip(tent_map.haar_moments.values, colors(2), strict=True):
        curve = tent_map.dyadic_density.sel(haar_moments=count)
        dyadic.plot(curve.dyadic_angle, curve, color=color, label=f"$N$ = {count}", linestyle=next(styles))
    dyadic.set(xlabel=ANGLE, ylabel="density")
    dyadic.set_xticks(*TICKS)
    dyadic.legend(loc="upper center")
    for name, color in zip(names, colors(len(names)), strict=True):
        curve = tent_map.filter_shape.sel(filter=name)
        shapes.plot(curve.position, curve, color=color, label=name)
    shapes.set(xlabel="$|n|/N$", ylabel="filter $\\varphi$")
    return figure


def tent_map_sampling(ergodic_sampling):
    """Tent map: largest error of the first moments from one orbit against its length, mean and standard deviation
    over seeds, for orbits from random bits and for orbits iterated in floating point; line of slope -1/2."""
    figure, (axis,) = panels(width=4.0, height=2.8)
    samples = ergodic_sampling.samples.values.astype(float)
    names = {"error": "random bits", "iterated_error": "floating point"}
    for (name, label), color in zip(names.items(), colors(2), strict=True):
        error = ergodic_sampling[name]
        points(axis, samples, error.mean("seeds"), error.std("seeds", ddof=1), color=color, label=label)
    first = ergodic_sampling.error.mean("seeds").values[-1]
    axis.plot(samples, first * (samples / samples[-1]) ** -0.5, color=colors(2)[0], linewidth=0.9)
    axis.set(xscale="log", yscale="log", xlabel="samples $M$", ylabel="largest error of $\\langle g, K^n g\\rangle$")
    axis.legend(loc="center right", bbox_to_anchor=(1.0, 0.65))
    return figure


def double_pendulum_measures(double_pendulum, double_orders, double_widths):
    """Double pendulum: smoothed spectral measures of four observables, kernels of first and highest order at the
    largest ε (lines), and from sampled moments with the Poisson kernel (dotted)."""
    figure, axes = panels(1, 4, width=2.5, height=2.4)
    width = max(double_widths)
    for axis, name in zip(axes, double_pendulum.observable.values, strict=True):
        chosen = double_pendulum.sel(observable=name, double_widths=width)
        for order, color in zip(double_orders, colors(len(double_orders)), strict=True):
            axis.plot(chosen.angle, chosen.density.sel(double_orders=order), color=color, label=f"$m$ = {order}")
        axis.plot(chosen.angle, chosen.reference, ":", color="black", label="moments")
        axis.set(xlabel=ANGLE)
        axis.set_xticks(*TICKS)
        _title(axis, f"{name}, $\\varepsilon$ = {width:g}")
    axes[0].set_ylabel("spectral measure $\\nu_\\varepsilon$")
    axes[0].legend(loc="upper left", fontsize="x-small", handlelength=1, borderaxespad=0)
    return figure


def convection_eigenvalues(lorenz, extended_lorenz, extended_limit):
    """EDMD eigenvalues coloured by residual over the exact ones (grey, all real): three and eleven convection modes;
    residual on fresh points against that on the points of the fit."""
    figure, axes = panels(1, 3, width=3.6, height=2.8)
    eleven = extended_lorenz.isel(extended_seeds=0).sel(extended_limits=extended_limit).dropna("pair")
    shown = {"Lorenz": (axes[0], lorenz), "extended Lorenz": (axes[1], eleven)}
    for name, (axis, dataset) in shown.items():
        lattice = np.unique(np.round(dataset.lattice.values.real, 3))
        lattice = lattice[(lattice > 0.05) & (lattice < 6)]
        axis.vlines(lattice, -0.5, 0.5, color="0.85", linewidth=0.5, zorder=0, rasterized=True)
        values = dataset.eigenvalue.values
        inside = np.abs(values) < 6
        _eigenvalues(figure, axis, values[inside], dataset.residual.values[inside])
        axis.set(xlabel="Re $\\lambda$", ylabel="Im $\\lambda$", xlim=(-0.2, 5.5), ylim=(-0.5, 0.5))
        _title(axis, f"{name}, $N$ = {dataset.sizes['pair']}")
    kept = np.abs(eleven.eigenvalue.values) > 0.05
    training, fresh = eleven.residual.values[kept], eleven.fresh_residual.values[kept]
    ends = np.array([max(training.min(), 1e-9), training.max()])
    axes[2].plot(ends, ends, color="black", linewidth=0.9)
    points(axes[2], training, fresh, color=colors(1)[0], markersize=2.5)
    axes[2].set(
        xscale="log", yscale="log", xlabel="residual on the points of the fit", ylabel="residual on fresh points"
    )
    return figure


def lorenz_attractor_functions(lorenz_attractor):
    """Lorenz attractor: real part of pseudo-eigenfunctions of 100 delays at nine angles, with their residuals; below:
    residuals of the attractor, of white noise and of a surrogate of the same spectra (standard deviation over seeds),
    and the residual that delays of any stationary series reach (line)."""
    angles = lorenz_attractor.attractor_angles.values
    rows = int(np.ceil((len(angles) + 1) / 5))
    figure, axes = panels(rows, 5, width=1.9, height=1.9)
    x, z = lorenz_attractor.point.sel(component="x"), lorenz_attractor.point.sel(component="z")
    for axis, angle in zip(axes, angles, strict=False):
        chosen = lorenz_attractor.sel(attractor_angles=angle)
        options = {"s": 2.5, "cmap": "RdBu_r", "vmin": -2, "vmax": 2, "edgecolors": "none", "rasterized": True}
        axis.scatter(x, z, c=chosen.function, **options)
        axis.set(xticks=[], yticks=[], xlabel="$x$", ylabel="$z$")
        axis.set_title(f"$\\theta$ = {angle:g}: {chosen.residual.item():.4f}", loc="right", fontsize="x-small")
    for axis in axes[len(angles) : -1]:
        axis.axis("off")
        axis.set_title("")
    axis = axes[-1]
    cases = {"residual": "attractor", "noise_residual": "white noise", "surrogate_residual": "surrogate"}
    for (name, label), color in zip(cases.items(), colors(3), strict=True):
        values, error = lorenz_attractor[name], None
        if "attractor_seeds" in values.dims:
            error = values.std("attractor_seeds", ddof=1) if values.sizes["attractor_seeds"] > 1 else None
            values = values.mean("attractor_seeds")
        marker = {"attractor": "s", "white noise": "o", "surrogate": "x"}[label]
        points(axis, angles, values, error, color=color, label=label, fmt=marker, fillstyle="none")
    axis.axhline(lorenz_attractor.shift_residual.item(), color="black", linewidth=0.9)
    axis.set(xlabel=ANGLE, ylabel="residual", ylim=(0, None))
    axis.legend(loc="lower left", fontsize="x-small", handletextpad=0.1)
    return figure


def ring_measures(ring, ring_size, ring_orders, beads):
    """Ring of oscillators: smoothed spectral measures by a Gaussian kernel dictionary, kernels of two orders (lines),
    and from autocorrelations with the Poisson kernel (dotted); L1 distance of the first-order measure against the
    size of the dictionary (standard deviation over seeds)."""
    figure, axes = panels(1, 4, width=2.6, height=2.4)
    first = ring.isel(ring_seeds=0).sel(kernel="Gaussian", ring_sizes=ring_size)
    for axis, name in zip(axes, ring.observable.values, strict=False):
        chosen = first.sel(observable=name)
        for order, color in zip(ring_orders, colors(len(ring_orders)), strict=True):
            axis.plot(chosen.angle, chosen.density.sel(ring_orders=order), color=color, label=f"$m$ = {order}")
        axis.plot(chosen.angle, chosen.reference, ":", color="black", label="lags")
        axis.set(xlabel=ANGLE)
        axis.set_xticks(*TICKS)
        _title(axis, f"{name}, $d$ = {6 * beads}" if name == "mean of x" else name)
    axes[0].set_ylabel("spectral measure $\\nu_\\varepsilon$")
    axes[1].legend(loc="upper right", fontsize="x-small")
    for name, color in zip(ring.observable.values, colors(3), strict=True):
        for kernel, marker in (("Gaussian", "o"), ("Laplacian", "^")):
            chosen = ring.distance.sel(kernel=kernel, ring_orders=1, observable=name)
            error = chosen.std("ring_seeds", ddof=1) if chosen.sizes["ring_seeds"] > 1 else None
            label = name if kernel == "Gaussian" else None
            mean = chosen.mean("ring_seeds")
            points(axes[3], chosen.ring_sizes, mean, error, color=color, fmt=marker, label=label, fillstyle="none")
    axes[3].set(yscale="log", xlabel="dictionary size $N$", ylabel="$L^1$ distance", ylim=(5e-5, 2))
    axes[3].legend(loc="lower left", fontsize="x-small")
    return figure


def wake_koopman_modes(wake, wake_radius, wake_centre):
    """Wake of a cylinder, Laplacian kernel dictionary: residual against angle of the eigenvalues, on the snapshots of
    the fit and on fresh ones, and the harmonics of the shedding frequency (dotted); distance of eigenvalues from the
    exact harmonics and their residual, its bound; velocity across and real parts of Koopman modes."""
    modes = wake.wake_modes.values
    figure, axes = panels(2, 3, width=2.9, height=1.9)
    chosen = wake.sel(kernel="Laplacian")
    angle, omega = np.angle(chosen.eigenvalue.values), wake.frequency.item()
    upper = angle >= 0
    for name, label, color in zip(("residual", "fresh_residual"), ("fit", "fresh"), colors(2), strict=True):
        points(
            axes[0],
            angle[upper],
            chosen[name].values[upper],
            color=color,
            label=label,
            fmt="o" if label == "fit" else "x",
        )
    for j in range(int(np.pi / omega) + 1):
        axes[0].axvline(j * omega, color="0.8", linestyle=":", linewidth=0.8, zorder=0)
    axes[0].set(yscale="log", xlabel="angle of $\\lambda$", ylabel="residual")
    axes[0].legend(loc="lower right")
    right = wake.sel(harmonic=slice(0, None))
    points(axes[1], right.harmonic, right.harmonic_residual, color=colors(2)[0], label="residual")
    points(axes[1], right.harmonic, right.harmonic_distance, color=colors(2)[1], fmt="D", label="distance")
    axes[1].set(yscale="log", xlabel="harmonic $j$", ylabel="$\\lambda_j$ against $e^{ij\\omega\\Delta t}$")
    axes[1].legend(loc="lower right")
    pictures = {f"velocity across, St = {wake.strouhal.item():.3f}": wake.snapshot}
    pictures |= {f"mode {j}": wake.mode.sel(wake_modes=j).real for j in modes}
    for axis, (name, field) in zip(axes[2:], pictures.items(), strict=False):
        largest = np.abs(field.values).max()
        options = {"origin": "lower", "cmap": "RdBu_r", "vmin": -largest, "vmax": largest, "aspect": "equal"}
        axis.imshow(field.transpose("y", "x"), **options)
        turn = wake_centre[0] + 1j * wake_centre[1] + wake_radius * CIRCLE
        axis.fill(turn.real, turn.imag, color="0.6")
        axis.set(xlabel="$x$ (cells)", ylabel="$y$ (cells)")
        _title(axis, name)
    for axis in axes[2 + len(pictures) :]:
        axis.axis("off")
        axis.set_title("")
    return figure
