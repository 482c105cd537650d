"""Stages: one per system; each finds spectra, pseudospectra or spectral measures from data, and its controls."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from scipy.spatial import cKDTree

from replica.numerics import (
    convection_modes,
    flow_map,
    interval_maps,
    kernel_dictionary,
    lattice_boltzmann,
    orthogonal_functions,
    oscillator_ring,
    pendulums,
    pseudospectra,
    quadrature,
    rational_kernels,
    residual_dmd,
    seeding,
    spectral_line,
    spectral_moments,
    time_delays,
)
from replica.paper import label, progress, stage

_SLUG = "colbrook2024_resdmd"


_RESIDUAL = "residual of the eigenpair"
_PAIR = label("number of the eigenpair")


# --- Gauss map ----------------------------------------------------------------------------------------------------


def _gauss_values(size, rule):
    """Legendre dictionary at the nodes and at their images, (node, function)."""
    nodes = (rule.nodes, interval_maps.gauss_map(rule.nodes))
    return [orthogonal_functions.legendre(2 * x + 1, size).T for x in nodes]


@stage(nan=("quadrature_error",))
def gauss_map(gauss_sizes, gauss_size, gauss_nodes, plane_points, plane_half_width, quadrature_nodes, quadrature_seeds):
    """Pseudospectrum of the Gauss map, its convergence, and the errors of quadrature rules."""

    def pencil(size):
        rule = quadrature.gauss_legendre(max(gauss_nodes, 4 * size), -1.0, 0.0)
        return residual_dmd.pencil_from_values(*_gauss_values(size, rule), rule.weights)

    chosen = pencil(gauss_size)
    axis = np.linspace(-plane_half_width, plane_half_width, plane_points)
    plane = pseudospectra.pseudospectrum(*chosen[:2], axis[None, :] + 1j * axis[:, None])
    pairs = residual_dmd.eigenpairs(chosen)
    probes = np.array([1.0, 4 * np.exp(-2.0), -0.5, 1.45])
    tau = np.stack([pseudospectra.pseudospectrum(*pencil(size)[:2], probes) for size in gauss_sizes])

    def cross(rule):
        before, after = _gauss_values(gauss_size, rule)
        return before.T @ (rule.weights[:, None] * after)

    rules = ["Gauss-Legendre", "trapezoid", "Riemann", "Monte Carlo"]
    exact = cross(quadrature.gauss_legendre(400, -1.0, 0.0))
    error = np.full((len(quadrature_seeds), len(rules), len(quadrature_nodes)), np.nan)
    for k, nodes in enumerate(quadrature_nodes):
        plain = [quadrature.gauss_legendre, quadrature.trapezoid, quadrature.riemann]
        for j, rule in enumerate(plain):
            if j or nodes <= 200:
                error[:, j, k] = np.abs(cross(rule(nodes, -1.0, 0.0)) - exact).max()
        for i, seed in enumerate(quadrature_seeds):
            drawn = quadrature.monte_carlo(seeding.generator(_SLUG, "nodes", nodes, seed), nodes, -1.0, 0.0)
            error[i, -1, k] = np.abs(cross(drawn) - exact).max()
    return xr.Dataset(
        {
            "pseudospectrum": (("imaginary", "real"), plane, label("τ(z)")),
            "eigenvalue": ("pair", pairs.values, label("EDMD eigenvalue")),
            "residual": ("pair", pairs.residuals, label(_RESIDUAL)),
            "tau": (("gauss_sizes", "probe"), tau, label("τ at points of the plane")),
            "quadrature_error": (
                ("quadrature_seeds", "rule", "quadrature_nodes"),
                error,
                label("largest error of an entry of A"),
            ),
        },
        coords={
            "real": ("real", axis, label("Re z")),
            "imaginary": ("imaginary", axis, label("Im z")),
            "pair": ("pair", np.arange(gauss_size), _PAIR),
            "gauss_sizes": gauss_sizes,
            "probe": ("probe", ["1", "multiplier", "-0.5", "1.45"], label("point z; multiplier: 4/e²", "")),
            "quadrature_seeds": quadrature_seeds,
            "quadrature_nodes": quadrature_nodes,
            "rule": ("rule", rules, label("quadrature rule", "")),
        },
    )


# --- pendulum -----------------------------------------------------------------------------------------------------


def _pendulum_dictionary(rows, state):
    """Fourier times Hermite functions, (function, node)."""
    angle, velocity = state
    highest, degrees = int(np.abs(rows[:, 0]).max()), int(rows[:, 1].max())
    factors = [orthogonal_functions.fourier(angle, highest), orthogonal_functions.hermite_functions(velocity, degrees)]
    return orthogonal_functions.products(factors, [rows[:, 0] + highest, rows[:, 1] - 1])


def _pendulum_portraits(rows, operator, angles, points):
    """Minimisers of the residual at points of the unit circle, (direction, x1, x2), and the axes x1 and x2."""
    position = -np.pi + 2 * np.pi / points * (np.arange(points) + 0.5)
    velocity = np.linspace(-4.0, 4.0, points)
    states = quadrature.tensor(quadrature.Rule(position, position), quadrature.Rule(velocity, velocity)).nodes
    values = _pendulum_dictionary(rows, states)
    portraits = []
    for angle in angles:
        turned = np.exp(-1j * angle) * operator
        portrait = np.linalg.eigh(turned + turned.conj().T)[1][:, -1] @ values
        portraits.append(portrait / portrait[np.argmax(np.abs(portrait))])
    return np.array(portraits).reshape(len(angles), points, points), position, velocity


@stage(nan=("eigenvalue", "residual"))
def pendulum(
    pendulum_limits,
    pendulum_nodes,
    pendulum_interval,
    pendulum_velocity,
    pendulum_steps,
    circle_points,
    directions,
    portrait_points,
):
    """Pseudospectra, eigenpairs and pseudo-eigenfunctions of the pendulum; NaN beyond the number of functions."""
    angles, probes = np.linspace(0, np.pi, circle_points), np.array([0.5, 1.2])
    toward = np.angle([complex(*direction) for direction in directions])
    radii = np.round(np.linspace(0.0, 1.5, 76), 10)
    image = partial(flow_map.flow, pendulums.simple, duration=pendulum_interval, steps=pendulum_steps)
    found = []
    for limit, nodes in progress(list(zip(pendulum_limits, pendulum_nodes, strict=True)), "dictionaries"):
        rows = orthogonal_functions.hyperbolic_cross(limit, 2, signed=1)
        grid = quadrature.tensor(
            quadrature.midpoint(nodes, -np.pi, np.pi),
            quadrature.trapezoid(nodes, -pendulum_velocity, pendulum_velocity),
        )
        data = residual_dmd.matrices(partial(_pendulum_dictionary, rows), image, *grid)
        operator, identity = data.cross, np.eye(len(rows))
        pairs = residual_dmd.eigenpairs(residual_dmd.pencil(residual_dmd.Matrices(identity, operator, identity)))
        plain = residual_dmd.Pencil(operator, np.zeros((1, len(rows))), identity)
        found.append(
            {
                "functions": len(rows),
                "eigenvalue": pairs.values,
                "residual": pairs.residuals,
                "pseudospectrum": pseudospectra.unitary_pseudospectrum(operator, angles, radii),
                "tau": pseudospectra.unitary_pseudospectrum(operator, np.zeros(1), probes)[0],
                "plain_tau": pseudospectra.pseudospectrum(*plain[:2], probes),
                "plain_circle": pseudospectra.pseudospectrum(*plain[:2], np.exp(1j * angles)).max(),
                "direction_residual": pseudospectra.unitary_pseudospectrum(operator, toward, np.ones(1))[:, 0],
                "gram_error": np.abs(data.gram - identity).max(),
            }
        )
    portraits, position, velocity = _pendulum_portraits(rows, operator, toward, portrait_points)
    most = max(result["functions"] for result in found)

    def stacked(name):
        values = [np.asarray(result[name]) for result in found]
        if name in ("eigenvalue", "residual"):
            values = [np.concatenate([v, np.full(most - len(v), np.nan)]) for v in values]
        return np.stack(values)

    tau = stacked("pseudospectrum")
    dim, pair, probe = "pendulum_limits", ("pendulum_limits", "pair"), ("pendulum_limits", "probe")
    plain_words = "with A*A in place of L"
    return xr.Dataset(
        {
            "functions": (dim, stacked("functions"), label("dictionary size N")),
            "eigenvalue": (pair, stacked("eigenvalue"), label("EDMD eigenvalue")),
            "residual": (pair, stacked("residual"), label(_RESIDUAL)),
            "pseudospectrum": ((dim, "angle", "radius"), tau, label("τ(z)")),
            "circle": (dim, tau[:, :, radii == 1.0].max((1, 2)), label("largest τ on the unit circle")),
            "plain_circle": (dim, stacked("plain_circle"), label(f"largest τ on the unit circle {plain_words}")),
            "tau": (probe, stacked("tau"), label("τ at 0.5 and 1.2")),
            "plain_tau": (probe, stacked("plain_tau"), label(f"τ at 0.5 and 1.2 {plain_words}")),
            "direction_residual": (
                (dim, "direction"),
                stacked("direction_residual"),
                label("residual of the pseudo-eigenfunction"),
            ),
            "gram_error": (dim, stacked("gram_error"), label("largest entry of G - 1")),
            "portrait": (("direction", "position", "velocity"), portraits, label("pseudo-eigenfunction")),
        },
        coords={
            "pendulum_limits": pendulum_limits,
            "pair": ("pair", np.arange(most), _PAIR),
            "angle": ("angle", angles, label("angle of z", "rad")),
            "radius": ("radius", radii, label("modulus of z")),
            "probe": ("probe", probes, label("point z")),
            "direction": ("direction", toward, label("angle of z", "rad")),
            "position": ("position", position, label("angle x1", "rad")),
            "velocity": ("velocity", velocity, label("angular velocity x2")),
        },
    )


# --- tent map -----------------------------------------------------------------------------------------------------


def _filter_errors(filter_sizes, filter_window):
    """Largest relative error at angle 0 over consecutive N for the density 1[|θ| < 1]/2π, (filter, N)."""
    n = np.arange(1, max(filter_sizes) + filter_window)
    moments = np.concatenate([[1 / (2 * np.pi**2)], np.sin(n) / (2 * np.pi**2 * n)])
    errors = np.empty((len(spectral_moments.FILTERS), len(filter_sizes)))
    for i, filter in enumerate(spectral_moments.FILTERS.values()):
        for k, size in enumerate(filter_sizes):
            found = [
                spectral_moments.filtered_density(moments[: last + 1], np.zeros(1), filter)[0]
                for last in range(size, size + filter_window)
            ]
            errors[i, k] = np.abs(2 * np.pi * np.array(found) - 1).max()
    return errors


def _dyadic_moments(level, count):
    """Moments of |x - 1/3| + 1[x > 0.78] + sin 20x without its mean, |g| = 1, averaged over dyadic cells."""
    cells = 2**level
    x = (np.arange(cells) + 0.5) / cells
    g = np.abs(x - 1 / 3) + (x > 0.78) + np.sin(20 * x)
    g = g - g.mean()
    g /= np.sqrt(np.mean(g**2))
    moments, image = np.zeros(count), g
    for n in range(min(count, level + 2)):
        moments[n] = np.mean(g * image) / (2 * np.pi)
        pairs = image.reshape(-1, 2).mean(1)
        image = np.concatenate([pairs, pairs[::-1]])
    return moments


@stage
def tent_map(
    tent_rate,
    kernel_orders,
    kernel_widths,
    functions_per_width,
    error_angles,
    atom_mass,
    atom_widths,
    atom_functions,
    filter_sizes,
    filter_window,
    haar_level,
    haar_moments,
    measure_angles,
):
    """Smoothed spectral measures of the tent map: rational kernels of several orders, an atom, filters."""
    angles = np.linspace(-np.pi, np.pi, error_angles)
    exact = interval_maps.poisson_density(angles, tent_rate)

    def observable(size):
        return np.sqrt(1 - tent_rate**2) * tent_rate ** np.arange(size)

    error, shown = np.empty((len(kernel_orders), len(kernel_widths))), []
    for k, width in enumerate(progress(kernel_widths, "widths")):
        shift = np.eye(round(functions_per_width / width), k=-1)  # K φ_k = φ_{k+1}
        cases = [(order, width) for order in kernel_orders]
        found = rational_kernels.smoothed_measure(shift, observable(len(shift))[:, None], angles, cases)[:, 0]
        error[:, k] = np.abs(found - exact[None, :]).max(1) / exact.max()
        shown.append(found)
    size = atom_functions
    operator = np.zeros((size, size))
    operator[0, 0] = 1.0
    operator[1:, 1:] = np.eye(size - 1, k=-1)
    rest = observable(size - 1)
    with_atom = np.concatenate([[np.sqrt(atom_mass)], np.sqrt(1 - atom_mass) * rest])
    without = np.concatenate([[0.0], rest])
    cases = [(1, width) for width in atom_widths]
    atoms = rational_kernels.smoothed_measure(operator, np.stack([with_atom, without], 1), np.zeros(1), cases)[:, :, 0]
    widths = np.array(atom_widths)
    atoms = 2 * np.pi * widths[:, None] * atoms / (2 + widths[:, None])
    extrapolated = atoms[-1] - widths[-1] * (atoms[-2] - atoms[-1]) / (widths[-2] - widths[-1])
    dyadic_angles = spectral_moments.angle_grid(measure_angles)
    moments = _dyadic_moments(haar_level, max(haar_moments) + 1)
    position = np.linspace(0, 1, 101)
    dyadic = [
        spectral_moments.filtered_density(moments[: n + 1], dyadic_angles, spectral_moments.bump) for n in haar_moments
    ]
    return xr.Dataset(
        {
            "error": (
                ("kernel_orders", "kernel_widths"),
                error,
                label("largest error of the density over its maximum"),
            ),
            "density": (("kernel_widths", "kernel_orders", "angle"), np.stack(shown), label("smoothed density")),
            "exact_density": ("angle", exact, label("spectral density")),
            "atom": (("atom_widths", "observable"), atoms, label("estimated mass of the atom at angle 0")),
            "atom_limit": ("observable", extrapolated, label("its linear extrapolation to ε = 0")),
            "filter_error": (
                ("filter", "filter_sizes"),
                _filter_errors(filter_sizes, filter_window),
                label("largest relative error at angle 0"),
            ),
            "filter_shape": (
                ("filter", "position"),
                np.stack([filter(position) for filter in spectral_moments.FILTERS.values()]),
                label("filter φ"),
            ),
            "dyadic_density": (("haar_moments", "dyadic_angle"), np.stack(dyadic), label("spectral density")),
        },
        coords={
            "kernel_orders": kernel_orders,
            "kernel_widths": kernel_widths,
            "atom_widths": atom_widths,
            "angle": ("angle", angles, label("angle θ", "rad")),
            "observable": ("observable", ["with constant", "without"], label("observable g", "")),
            "filter": ("filter", list(spectral_moments.FILTERS), label("filter φ", "")),
            "filter_sizes": filter_sizes,
            "position": ("position", position, label("n/N")),
            "haar_moments": haar_moments,
            "dyadic_angle": ("dyadic_angle", dyadic_angles, label("angle θ", "rad")),
        },
    )


@stage
def ergodic_sampling(tent_rate, ergodic_samples, ergodic_lags, seeds):
    """Errors of moments of the tent map from single orbits: from random bits, and iterated in floating point."""
    exact = tent_rate ** np.arange(ergodic_lags)
    extra = interval_maps.TERMS - 1

    def error(orbit):
        values = interval_maps.tent_observable(orbit, tent_rate)
        return np.abs(2 * np.pi * spectral_moments.ergodic_moments(values, ergodic_lags) - exact).max()

    drawn, iterated = np.empty((2, len(seeds), len(ergodic_samples)))
    for i, seed in enumerate(progress(seeds, "seeds")):
        for k, samples in enumerate(ergodic_samples):
            stream = seeding.generator(_SLUG, "orbit", samples, seed)
            drawn[i, k] = error(interval_maps.tent_orbit(stream, samples + extra))
            iterated[i, k] = error(interval_maps.iterate_tent_map(stream.random(), samples + extra))
    words = "largest error of the first moments, times 2π"
    return xr.Dataset(
        {
            "error": (("seeds", "samples"), drawn, label(f"{words}, orbits from random bits")),
            "iterated_error": (("seeds", "samples"), iterated, label(f"{words}, orbits in floating point")),
        },
        coords={"seeds": seeds, "samples": ("samples", ergodic_samples, label("samples M"))},
    )


# --- double pendulum ----------------------------------------------------------------------------------------------

_OBSERVABLES = ["θ1", "θ2", "p1", "p2"]
_LOWEST = {"θ1": (1, 0, 1, 1), "θ2": (0, 1, 1, 1), "p1": (0, 0, 2, 1), "p2": (0, 0, 1, 2)}


def _double_dictionary(rows, state):
    """Fourier modes of both angles times Hermite functions of both momenta, (function, node)."""
    highest, degrees = int(np.abs(rows[:, :2]).max()), int(rows[:, 2:].max())
    factors = [orthogonal_functions.fourier(angle, highest) for angle in state[:2]]
    factors += [orthogonal_functions.hermite_functions(momentum, degrees) for momentum in state[2:]]
    return orthogonal_functions.products(factors, [*(rows[:, :2] + highest).T, *(rows[:, 2:] - 1).T])


@partial(jax.jit, static_argnames=("steps", "lags"))
def _double_moments(starts, weights, steps, lags):
    """<g, K^n g> of the four lowest observables by importance sampling, (lag, observable)."""
    rows = np.array(list(_LOWEST.values()))
    first = jnp.conj(_double_dictionary(rows, starts)) * weights[None, :]

    def advance(state, _):
        return flow_map.flow(pendulums.double, state, 1.0, steps), (first * _double_dictionary(rows, state)).mean(1)

    return jax.lax.scan(advance, starts, length=lags)[1]


@stage(gpu=True)
def double_pendulum(
    double_limit,
    double_nodes,
    double_momentum,
    double_steps,
    double_widths,
    double_orders,
    reference_starts,
    reference_lags,
    reference_spread,
    reference_seed,
    measure_angles,
):
    """Spectral measures of the double pendulum, and the same measures from sampled moments."""
    rows = orthogonal_functions.hyperbolic_cross(double_limit - 1, 4, signed=2)
    angle = quadrature.midpoint(double_nodes[0], -np.pi, np.pi)
    momentum = quadrature.trapezoid(double_nodes[1], -double_momentum, double_momentum)
    grid = quadrature.tensor(angle, angle, momentum, momentum)
    image = partial(flow_map.flow, pendulums.double, duration=1.0, steps=double_steps)
    data = residual_dmd.matrices(partial(_double_dictionary, rows), image, *grid)
    print(f"{len(rows)} functions, {grid.weights.size} nodes", flush=True)
    chosen = [int(np.flatnonzero((rows == _LOWEST[name]).all(1))[0]) for name in _OBSERVABLES]
    angles = spectral_moments.angle_grid(measure_angles)
    cases = [(order, width) for order in double_orders for width in double_widths]
    density = rational_kernels.smoothed_measure(data.cross, np.eye(len(rows))[:, chosen], angles, cases)
    density = density.reshape(len(double_orders), len(double_widths), len(chosen), -1)
    stream = seeding.generator(_SLUG, "starts", reference_seed)
    momenta = reference_spread * stream.standard_normal((2, reference_starts))
    starts = np.concatenate([stream.uniform(-np.pi, np.pi, (2, reference_starts)), momenta])
    likelihood = np.exp(-(momenta**2).sum(0) / (2 * reference_spread**2)) / (2 * np.pi * reference_spread**2)
    weights = 4 * np.pi**2 / likelihood
    moments = np.asarray(_double_moments(jnp.asarray(starts), jnp.asarray(weights), double_steps, reference_lags))
    moments = (moments / moments[:1].real).T / (2 * np.pi)
    reference = np.stack([spectral_moments.poisson_density(moments, angles, width) for width in double_widths])
    away = spectral_moments.distance(density[0][:, :, None], reference[:, None, :1])[:, :]
    identity = np.eye(len(rows))
    return xr.Dataset(
        {
            "density": (
                ("double_orders", "double_widths", "observable", "angle"),
                density,
                label("smoothed spectral measure"),
            ),
            "reference": (
                ("double_widths", "observable", "angle"),
                reference,
                label("spectral measure from sampled moments, Poisson kernel"),
            ),
            "mass": (
                ("double_orders", "double_widths", "observable"),
                density.mean(-1) * 2 * np.pi,
                label("mass of the measure"),
            ),
            "distance": (
                ("double_widths", "observable"),
                away[:, :, 0],
                label("L1 distance of the first-order measure from the reference of θ1"),
            ),
            "gram_error": ((), np.abs(data.gram - identity).max(), label("largest entry of G - 1")),
            "image_error": ((), np.abs(data.image - identity).max(), label("largest entry of L - 1")),
        },
        coords={
            "double_orders": double_orders,
            "double_widths": double_widths,
            "observable": ("observable", _OBSERVABLES, label("observable g", "")),
            "angle": ("angle", angles, label("angle θ", "rad")),
        },
    )


# --- convection modes ---------------------------------------------------------------------------------------------


def _hermite_dictionary(rows, state):
    """Products of Hermite polynomials, (function, node)."""
    factors = [orthogonal_functions.hermite(component, int(rows.max())) for component in state]
    return orthogonal_functions.products(factors, list((rows - 1).T))


def _nearest(values, lattice):
    """Distance of every value from the lattice."""
    tree = cKDTree(np.stack([lattice.real, lattice.imag], axis=1))
    return tree.query(np.stack([values.real, values.imag], axis=1))[0]


@stage
def lorenz(lorenz_limit, lorenz_nodes, convection_rho, convection_scale, convection_interval, convection_steps):
    """Eigenpairs of three convection modes by Gauss-Hermite quadrature, and the exact eigenvalues."""
    derivative = partial(convection_modes.three, rho=convection_rho, scale=convection_scale)
    rows = orthogonal_functions.hyperbolic_cross(lorenz_limit, 3)
    rule = quadrature.gauss_hermite(lorenz_nodes)
    grid = quadrature.tensor(rule, rule, rule)
    after = np.asarray(flow_map.flow(derivative, jnp.asarray(grid.nodes), convection_interval, convection_steps))
    values = [_hermite_dictionary(rows, states).T for states in (grid.nodes, after)]
    pencil = residual_dmd.pencil_from_values(*values, grid.weights)
    pairs = residual_dmd.eigenpairs(pencil)
    factors = convection_modes.multipliers(derivative, 3, convection_interval)
    lattice = convection_modes.eigenvalue_lattice(factors, lorenz_limit - 1, 1e-6)
    return xr.Dataset(
        {
            "eigenvalue": ("pair", pairs.values, label("EDMD eigenvalue")),
            "residual": ("pair", pairs.residuals, label(_RESIDUAL)),
            "distance": ("pair", _nearest(pairs.values, lattice), label("distance from the exact eigenvalues")),
            "multiplier": ("direction", np.sort(factors.real)[::-1], label("multiplier of the origin")),
            "lattice": ("product", lattice, label("exact eigenvalue")),
        },
        coords={
            "pair": ("pair", np.arange(len(rows)), _PAIR),
            "direction": ("direction", np.arange(3), label("eigendirection of the origin")),
            "product": ("product", np.arange(len(lattice)), label("product of multipliers")),
        },
    )


@stage(split="extended_seeds", block=1, gpu=True, nan=("eigenvalue", "residual", "fresh_residual", "distance"))
def extended_lorenz(
    extended_limits,
    extended_power,
    extended_seeds,
    convection_rho,
    convection_scale,
    convection_interval,
    convection_steps,
):
    """Eigenpairs of eleven convection modes from Sobol points, their residuals there and on fresh points, and the exact
    eigenvalues; NaN beyond the number of functions."""
    derivative = partial(convection_modes.eleven, rho=convection_rho, scale=convection_scale)
    factors = convection_modes.multipliers(derivative, 11, convection_interval)
    image = partial(flow_map.flow, derivative, duration=convection_interval, steps=convection_steps)
    streams = [seeding.generator(_SLUG, name, *extended_seeds) for name in ("points", "fresh points")]
    training, fresh = (quadrature.sobol_normal(stream, extended_power, 11) for stream in streams)
    crosses = [orthogonal_functions.hyperbolic_cross(limit, 11) for limit in extended_limits]
    sizes = [len(rows) for rows in crosses]
    found = np.full((4, 1, len(crosses), max(sizes)), np.nan, complex)
    for i, (limit, rows) in enumerate(zip(extended_limits, crosses, strict=True)):
        dictionary = partial(_hermite_dictionary, rows)
        pencil = residual_dmd.pencil(residual_dmd.matrices(dictionary, image, *training))
        pairs = residual_dmd.eigenpairs(pencil)
        again = residual_dmd.matrices(dictionary, image, *fresh)
        residuals = residual_dmd.matrix_residuals(again, pairs.values, pencil.basis @ pairs.vectors)
        lattice = convection_modes.eigenvalue_lattice(factors, limit - 1, 0.01)
        columns = pairs.values, pairs.residuals, residuals, _nearest(pairs.values, lattice)
        found[:, 0, i, : len(pairs.values)] = columns
    dims = ("extended_seeds", "extended_limits", "pair")
    return xr.Dataset(
        {
            "functions": ("extended_limits", sizes, label("dictionary size N")),
            "eigenvalue": (dims, found[0], label("EDMD eigenvalue")),
            "residual": (dims, found[1].real, label(_RESIDUAL)),
            "fresh_residual": (dims, found[2].real, label("residual on fresh points")),
            "distance": (dims, found[3].real, label("distance from the exact eigenvalues")),
            "lattice": ("product", lattice, label("exact eigenvalue")),
        },
        coords={
            "extended_seeds": extended_seeds,
            "extended_limits": extended_limits,
            "pair": ("pair", np.arange(max(sizes)), _PAIR),
            "product": ("product", np.arange(len(lattice)), label("product of multipliers")),
        },
    )


# --- Lorenz attractor ---------------------------------------------------------------------------------------------


def _delay_pencil(series, delays):
    """Pencil of the delays of series (time, series) without their means."""
    vectors = time_delays.delay_vectors((series - series.mean(0)) / series.std(), delays)
    before, after = vectors[:-1], vectors[1:]
    count = len(before)
    data = residual_dmd.Matrices(before.T @ before / count, before.T @ after / count, after.T @ after / count)
    return residual_dmd.pencil(data, 1e-10), before


@stage
def lorenz_attractor(
    attractor_samples, attractor_dropped, attractor_delays, attractor_angles, attractor_shown, attractor_seeds
):
    """Pseudo-eigenfunctions of delays on the Lorenz attractor, and the residuals that white noise and a surrogate of
    the same spectra reach."""
    derivative = partial(convection_modes.three, rho=28.0)
    samples = attractor_dropped + attractor_samples + attractor_delays
    series = np.asarray(flow_map.trajectory(derivative, jnp.ones(3), 0.05, 10, samples))[attractor_dropped:]
    angles = np.array(attractor_angles)
    points = np.concatenate([np.exp(1j * angles), [0.5]])
    pencil, vectors = _delay_pencil(series, attractor_delays)
    tau = pseudospectra.pseudospectrum(*pencil[:2], points)
    shown = np.arange(0, len(vectors), max(1, len(vectors) // attractor_shown))[:attractor_shown]
    functions = []
    for point in points[:-1]:
        values = vectors[shown] @ (pencil.basis @ pseudospectra.minimiser(*pencil[:2], point)[1])
        square = np.mean(values**2)  # turned so that the real part is as large as it can be
        functions.append((values * np.exp(-0.5j * np.angle(square))).real / np.sqrt(np.mean(np.abs(values) ** 2)))
    noise, surrogate = [], []
    for seed in progress(attractor_seeds, "seeds"):
        white = seeding.generator(_SLUG, "white noise", seed).standard_normal(series.shape)
        noise.append(pseudospectra.pseudospectrum(*_delay_pencil(white, attractor_delays)[0][:2], points))
        random = time_delays.phase_randomised(seeding.generator(_SLUG, "phases", seed), series)
        surrogate.append(pseudospectra.pseudospectrum(*_delay_pencil(random, attractor_delays)[0][:2], points))
    noise, surrogate = np.stack(noise), np.stack(surrogate)
    dims = ("attractor_seeds", "attractor_angles")
    return xr.Dataset(
        {
            "residual": ("attractor_angles", tau[:-1], label("τ on the unit circle")),
            "inside": ((), tau[-1], label("τ(0.5)")),
            "noise_residual": (dims, noise[:, :-1], label("τ on the unit circle for white noise")),
            "noise_inside": ("attractor_seeds", noise[:, -1], label("τ(0.5) for white noise")),
            "surrogate_residual": (dims, surrogate[:, :-1], label("τ for the surrogate of the same spectra")),
            "shift_residual": (
                (),
                time_delays.truncated_shift_residual(attractor_delays),
                label("residual that delays of any stationary series reach"),
            ),
            "point": (("component", "shown"), series[shown].T, label("component of the state")),
            "function": (
                ("attractor_angles", "shown"),
                np.stack(functions),
                label("Re ψ over the root mean square of ψ"),
            ),
        },
        coords={
            "attractor_angles": attractor_angles,
            "attractor_seeds": attractor_seeds,
            "component": ("component", ["x", "y", "z"], label("component", "")),
            "shown": ("shown", shown, label("sample")),
        },
    )


# --- ring of beads ------------------------------------------------------------------------------------------------

_RING_OBSERVABLES = ["mean of x", "x of bead 0", "mean of xyz"]


def _ring_snapshots(beads, step, every, snapshots, seed):
    """Snapshots (time, component) in float32, the observables (time, observable), the drift of the energy."""
    angle = 2 * np.pi * np.arange(beads) / beads
    position = np.stack([np.full(beads, 0.6), 0.42 * np.cos(40 * angle), 0.3 * np.sin(90 * angle)])
    noise = 0.01 * seeding.generator(_SLUG, "momenta", seed).standard_normal((3, beads))
    momentum = np.stack([0.2 * np.sin(20 * angle), np.zeros(beads), np.zeros(beads)]) + noise
    start = oscillator_ring.State(jnp.asarray(position), jnp.asarray(momentum))
    states, energies = oscillator_ring.trajectory(start, step, every, snapshots)
    q = np.asarray(states.position)
    observables = np.stack([q[:, 0].mean(1), q[:, 0, 0], (q[:, 0] * q[:, 1] * q[:, 2]).mean(1)], axis=1)
    parts = [np.asarray(part, np.float32).reshape(snapshots, -1) for part in states]
    energies = np.asarray(energies)
    return np.concatenate(parts, axis=1), observables, np.abs(energies / energies[0] - 1).max()


@stage(split="ring_seeds", block=1)
def ring(
    beads,
    ring_step,
    ring_every,
    ring_dropped,
    ring_snapshots,
    ring_centres,
    ring_stride,
    ring_sizes,
    ring_width,
    ring_orders,
    ring_lags,
    ring_seeds,
    measure_angles,
):
    """Spectral measures of a ring of oscillators by kernel dictionaries, and from autocorrelations."""
    first = ring_dropped + ring_centres * ring_stride
    count = first + ring_snapshots + 1
    state, observables, drift = _ring_snapshots(beads, ring_step, ring_every, count, *ring_seeds)
    centres = jnp.asarray(state[ring_dropped:first:ring_stride])
    used = slice(first, None)
    between = np.asarray(kernel_dictionary.squared_distances(centres, centres))
    square = np.asarray(kernel_dictionary.squared_distances(jnp.asarray(state[used]), centres))
    scale = kernel_dictionary.scale_of(centres)
    angles = spectral_moments.angle_grid(measure_angles)
    values = observables[used]
    moments = spectral_moments.ergodic_moments(values.T, ring_lags)
    moments = moments / moments[:, :1] / (2 * np.pi)
    reference = spectral_moments.poisson_density(moments, angles, ring_width)
    cases = [(order, ring_width) for order in ring_orders]
    measures, captured, kept = [], [], []
    for name in kernel_dictionary.KERNELS:
        for size in ring_sizes:
            functions = kernel_dictionary.evaluate(kernel_dictionary.dictionary(between, name, scale, size), square)
            before, after = functions[:-1], functions[1:]
            data = residual_dmd.Matrices(
                *(
                    first.T @ second / ring_snapshots
                    for first, second in ((before, before), (before, after), (after, after))
                )
            )
            pencil = residual_dmd.isometric_pencil(data)
            orthonormal = before @ pencil.basis
            coefficients = np.linalg.lstsq(orthonormal, values[:-1])[0]
            projected = orthonormal @ coefficients
            captured.append((projected**2).sum(0) / (values[:-1] ** 2).sum(0))
            coefficients = coefficients / np.linalg.norm(coefficients, axis=0)
            measures.append(rational_kernels.smoothed_measure(pencil.operator, coefficients, angles, cases))
            kept.append(pencil.operator.shape[0])
    shape = (len(kernel_dictionary.KERNELS), len(ring_sizes))
    measure = np.stack(measures).reshape(*shape, len(ring_orders), 3, -1)
    away = spectral_moments.distance(measure, reference)
    half = angles > 0
    peaks = [angles[half][np.argmax(np.abs(m[..., half]), axis=-1)] for m in (measure, reference)]
    dims = ("kernel", "ring_sizes", "ring_orders", "observable")
    found = xr.Dataset(
        {
            "density": ((*dims, "angle"), measure, label("smoothed spectral measure")),
            "reference": (
                ("observable", "angle"),
                reference,
                label("spectral measure from autocorrelations, Poisson kernel"),
            ),
            "distance": (dims, away, label("L1 distance from the measure of the autocorrelations")),
            "peak": (dims, peaks[0], label("angle of the peak", "rad")),
            "reference_peak": ("observable", peaks[1], label("angle of the peak of the autocorrelations", "rad")),
            "captured": (
                ("kernel", "ring_sizes", "observable"),
                np.stack(captured).reshape(*shape, 3),
                label("share of the variance in reach of the dictionary"),
            ),
            "kept": (("kernel", "ring_sizes"), np.reshape(kept, shape), label("directions kept")),
            "energy_drift": ((), drift, label("largest relative change of the energy")),
        },
        coords={
            "kernel": ("kernel", list(kernel_dictionary.KERNELS), label("kernel", "")),
            "ring_sizes": ring_sizes,
            "ring_orders": ring_orders,
            "observable": ("observable", _RING_OBSERVABLES, label("observable g", "")),
            "angle": ("angle", angles, label("angle θ", "rad")),
        },
    )
    return found.expand_dims(ring_seeds=ring_seeds)


# --- wake ---------------------------------------------------------------------------------------------------------


def _wake_snapshots(cells, radius, centre, speed, reynolds, transient, every, snapshots, seed):
    """Velocities (snapshot, component, x, y) of the wake of a cylinder, float32."""
    solid = lattice_boltzmann.cylinder(tuple(cells), tuple(centre), radius)
    geometry = lattice_boltzmann.channel(solid, speed, reynolds, 2 * radius)
    wave = 1 + 0.05 * np.sin(2 * np.pi * np.arange(cells[1]) / cells[1])
    along = np.broadcast_to(speed * wave, tuple(cells))
    noise = 1e-3 * speed * seeding.generator(_SLUG, "wake", seed).standard_normal((2, *cells))
    velocity = jnp.asarray(np.stack([along, np.zeros(cells)]) + noise, jnp.float32)
    populations = lattice_boltzmann.equilibrium(jnp.ones(tuple(cells), jnp.float32), velocity)
    populations = lattice_boltzmann.advance(populations, geometry, transient)
    return np.asarray(lattice_boltzmann.record(populations, geometry, every, snapshots))


@stage(gpu=True, nan=("own_ratio",))
def wake(
    wake_cells,
    wake_radius,
    wake_centre,
    wake_speed,
    wake_reynolds,
    wake_transient,
    wake_every,
    wake_snapshots,
    wake_centres,
    wake_gap,
    wake_training,
    wake_fresh,
    wake_size,
    wake_harmonics,
    wake_modes,
    wake_seed,
):
    """Koopman eigenpairs and modes of the wake of a cylinder by a kernel dictionary, with residuals on fresh
    snapshots."""
    flow = _wake_snapshots(
        wake_cells,
        wake_radius,
        wake_centre,
        wake_speed,
        wake_reynolds,
        wake_transient,
        wake_every,
        wake_snapshots,
        wake_seed,
    )
    probe = int(wake_centre[0] + 4 * wake_radius), int(wake_centre[1])
    omega = spectral_line.strongest_frequency(flow[:, 1, *probe])
    state = flow.reshape(wake_snapshots, -1)
    starts = np.cumsum([wake_centres + wake_gap, wake_training])
    centres = jnp.asarray(state[:wake_centres])
    square = np.asarray(kernel_dictionary.squared_distances(jnp.asarray(state), centres))
    scale = kernel_dictionary.scale_of(centres)

    def decomposition(name, size, training):
        """Eigenpairs, their residuals on the fresh snapshots, and eigenfunctions at all snapshots."""
        chosen = kernel_dictionary.dictionary(square[:wake_centres], name, scale, size)
        values = kernel_dictionary.evaluate(chosen, square)
        before, after = values[training], values[training.start + 1 : training.stop + 1]
        pencil = residual_dmd.pencil_from_values(before, after, np.full(len(before), 1 / len(before)))
        pairs = residual_dmd.eigenpairs(pencil)
        coefficients = pencil.basis @ pairs.vectors
        weights = np.full(wake_fresh, 1 / wake_fresh)
        span = slice(starts[1] + 1, starts[1] + 1 + wake_fresh)
        ahead = values[span.start + 1 : span.stop + 1]
        fresh = residual_dmd.data_residuals(values[span], ahead, weights, pairs.values, coefficients)
        return pairs, fresh, values @ coefficients

    training = slice(starts[0], starts[1])
    found = {name: decomposition(name, wake_size, training) for name in kernel_dictionary.KERNELS}
    own, own_fresh, _ = decomposition("Laplacian", wake_centres, slice(0, wake_centres))
    harmonics = np.arange(-wake_harmonics, wake_harmonics + 1)
    pairs, _, functions = found["Laplacian"]
    exact = np.exp(1j * omega * harmonics)
    nearest, own_nearest = (np.abs(p.values[None, :] - exact[:, None]).argmin(1) for p in (pairs, own))
    modes = np.linalg.lstsq(functions[training], state[training].astype(complex))[0]
    shown = modes[nearest[wake_harmonics + np.array(wake_modes)]].reshape(len(wake_modes), *flow.shape[1:])[:, 1]
    shown = shown / np.abs(shown).max((1, 2), keepdims=True)
    own_ratio = own_fresh / own.residuals
    dims = ("kernel", "pair")
    return xr.Dataset(
        {
            "eigenvalue": (dims, np.stack([f[0].values for f in found.values()]), label("EDMD eigenvalue")),
            "residual": (dims, np.stack([f[0].residuals for f in found.values()]), label(_RESIDUAL)),
            "fresh_residual": (dims, np.stack([f[1] for f in found.values()]), label("residual on fresh snapshots")),
            "harmonic_eigenvalue": (
                "harmonic",
                pairs.values[nearest],
                label("EDMD eigenvalue nearest to e^{ijωΔt}"),
            ),
            "harmonic_residual": ("harmonic", pairs.residuals[nearest], label("its residual")),
            "harmonic_distance": (
                "harmonic",
                np.abs(pairs.values[nearest] - exact),
                label("its distance from e^{ijωΔt}"),
            ),
            "own_harmonic_residual": (
                "harmonic",
                own.residuals[own_nearest],
                label("residual on the dictionary's own snapshots, N = M1, of the eigenvalue nearest to e^{ijωΔt}"),
            ),
            "own_harmonic_distance": (
                "harmonic",
                np.abs(own.values[own_nearest] - exact),
                label("its distance from e^{ijωΔt}"),
            ),
            "own_residual": ("own_pair", own.residuals, label("residual on the dictionary's own snapshots, N = M1")),
            "own_fresh_residual": ("own_pair", own_fresh, label("the same pairs on fresh snapshots")),
            "own_ratio": ("own_pair", own_ratio, label("fresh over own residual")),
            "frequency": ((), omega, label("shedding frequency ωΔt", "rad")),
            "strouhal": (
                (),
                omega / (2 * np.pi * wake_every) * 2 * wake_radius / wake_speed,
                label("Strouhal number"),
            ),
            "mode": (("wake_modes", "x", "y"), shown.astype(np.complex64), label("Koopman mode, velocity across")),
            "snapshot": (("x", "y"), flow[-1, 1], label("velocity across", "cells per step")),
        },
        coords={
            "kernel": ("kernel", list(kernel_dictionary.KERNELS), label("kernel", "")),
            "pair": ("pair", np.arange(wake_size), _PAIR),
            "own_pair": ("own_pair", np.arange(wake_centres), _PAIR),
            "harmonic": ("harmonic", harmonics, label("harmonic j")),
            "wake_modes": wake_modes,
            "x": ("x", np.arange(wake_cells[0]), label("along the channel", "cells")),
            "y": ("y", np.arange(wake_cells[1]), label("across the channel", "cells")),
        },
    )
