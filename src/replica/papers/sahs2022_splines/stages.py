"""Stages: initial functions, critical points and their Hessian, gradient flow, regimes and regularisation."""

import jax.numpy as jnp
import numpy as np
import xarray as xr
from scipy.interpolate import CubicSpline

from replica.numerics import (
    gradient_descent,
    levenberg_marquardt,
    relu_splines,
    seeding,
    spline_critical_points,
    spline_densities,
    spline_gradient_flow,
    tangent_kernel,
    truncated_power_spectrum,
)
from replica.paper import label, progress, stage

_PAPER = "sahs2022_splines"
_DENSITY_BINS = 30  # of the joint histogram, in each direction
_MARGINAL_BINS = 60
_CHUNK = 2**22  # normal numbers drawn at a time
_SHOWN = 10  # functions drawn in a figure
_CRITICAL = 1e-6  # gradient norm at which a run of descent counts as at a critical point
_LANDED = 1e-9  # the same for Levenberg-Marquardt
_ON_DATUM = 2e-3  # distance of a breakpoint from a datum
_LIVE = 1e-6  # delta-slope of a kink that counts
_NULL = 1e-9  # eigenvalue that counts as zero, relative to the largest magnitude
_RESCALINGS = 20  # random rescalings of each critical point, and random networks of the control
_EIGENVALUES = 8
_FLOW_POINTS = 16  # data of the gradient flow
_FLOW_FRAMES = 100
_X = np.array([-0.9, -0.55, -0.2, 0.1, 0.5, 0.85])  # data of the regimes
_Y = np.array([0.3, -0.4, 0.5, 0.8, -0.3, 0.2])
_NEAR = 0.03  # distance from a datum within which a breakpoint counts as being at it


def _variables(**rows):
    """Data variables from rows (dims, values, units, long name)."""
    return {name: (dims, values, label(long_name, units)) for name, (dims, values, units, long_name) in rows.items()}


def _coordinate(name, values, long_name, units="1"):
    return (name, values, label(long_name, units))


def _each(function, theta, *arguments):
    """A function of one network for each of many, one after the other: a wide batch at once would not fit in memory."""
    return np.array([function(type(theta)(*(a[i] for a in theta)), *arguments) for i in range(len(theta.offset))])


def _generator(*values):
    return seeding.generator(_PAPER, *values)


# --- coordinates --------------------------------------------------------------------------------------------------


@stage
def coordinates(coordinate_seeds, coordinate_units):
    """The same function from weights, from rescaled weights, and from spline coordinates; a wrong sign as control."""
    x = np.linspace(-3, 3, 1001)
    rows = []
    for seed in coordinate_seeds:
        rng = _generator("coordinates", seed)
        w, b, v = rng.standard_normal((3, coordinate_units)) * np.array([1, 1, coordinate_units**-0.5])[:, None]
        theta = relu_splines.network(w, b, v)
        spline = relu_splines.to_spline(theta)
        other = relu_splines.rescaled(theta, np.exp(rng.standard_normal(coordinate_units)))
        other_spline = relu_splines.to_spline(other)
        wrong = spline._replace(delta_slope=spline.orientation * spline.delta_slope)
        f = relu_splines.network_output(theta, x)
        change = [
            # Breakpoints are unbounded (Cauchy): their change counts relative to their size.
            np.abs(getattr(spline, name) - getattr(other_spline, name)) / np.maximum(1, np.abs(getattr(spline, name)))
            for name in ("breakpoint", "delta_slope")
        ]
        differences = [
            f - relu_splines.spline_output(spline, x),
            f - relu_splines.network_output(other, x),
            np.concatenate(change),
            f - relu_splines.spline_output(wrong, x),
        ]
        rows.append([np.abs(d).max() for d in differences])
    rows = np.array(rows).T
    dims = "coordinate_seeds"
    return xr.Dataset(
        _variables(
            spline_error=(dims, rows[0], "1", "largest difference of f from weights and from spline coordinates"),
            rescaling_error=(dims, rows[1], "1", "largest difference of f under a rescaling of the weights"),
            coordinate_change=(dims, rows[2], "1", "largest change of spline coordinates under a rescaling"),
            wrong_sign_error=(dims, rows[3], "1", "largest difference of f with s μ in place of μ"),
        ),
        coords={dims: coordinate_seeds},
    )


# --- initial functions --------------------------------------------------------------------------------------------


_ROOT = float(np.sqrt(2))
_LAWS = {"gaussian": ((_ROOT, _ROOT, 1.0), 3.0), "uniform": ((1.0, 1.0, 1.0), 1.0)}  # scales; half width of the μ grid


def _scaled_weights(rng, law, scales, count):
    if law == "gaussian":
        unit = rng.standard_normal((3, count), dtype=np.float32)
    else:
        unit = 2 * rng.random((3, count), dtype=np.float32) - 1
    return unit * np.array(scales, np.float32)[:, None]


def _counts(beta, mu, beta_edges, mu_edges):
    """Histogram on an even grid, with one bin more on each side for what lies outside."""
    place = [
        np.clip(np.floor((a - edges[0]) * np.float32((len(edges) - 1) / (edges[-1] - edges[0]))), -1, len(edges) - 1)
        for a, edges in ((beta, beta_edges), (mu, mu_edges))
    ]
    shape = (len(beta_edges) + 1, len(mu_edges) + 1)
    flat = ((place[0] + 1) * shape[1] + place[1] + 1).astype(np.int64)
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)


@stage
def initial_densities(samples):
    """Histograms of breakpoints and delta-slopes at initialisation, and their closed forms."""
    columns = {name: [] for name in ("joint", "joint_law", "beta", "beta_law", "mu", "mu_law", "edge", "tv")}
    beta_edges, fine_beta = np.linspace(-3, 3, _DENSITY_BINS + 1), np.linspace(-3, 3, _MARGINAL_BINS + 1)
    for law, (scales, reach) in _LAWS.items():
        mu_edges, fine_mu = (np.linspace(-reach, reach, bins + 1) for bins in (_DENSITY_BINS, _MARGINAL_BINS))
        fine = np.zeros((_MARGINAL_BINS + 2, _MARGINAL_BINS + 2))
        rng = _generator("initial_densities", law)
        for start in range(0, samples, _CHUNK):
            w, b, v = _scaled_weights(rng, law, scales, min(_CHUNK, samples - start))
            fine += _counts(-b / w, w * v, fine_beta, fine_mu)
        # Two fine bins make one of the joint grid; the outer rows and columns hold what lies outside of it.
        inner = fine[1:-1, 1:-1].reshape(_DENSITY_BINS, 2, _DENSITY_BINS, 2).sum((1, 3)) / samples
        cells = spline_densities.cell_probabilities(law, beta_edges, mu_edges, scales)
        of_beta, of_mu = (fine.sum(axis)[1:-1].reshape(-1, 2).sum(1) / samples for axis in (1, 0))
        product = np.outer(of_beta, of_mu)
        monte_carlo = np.sqrt(cells * (1 - cells) / samples).sum() / np.sqrt(2 * np.pi)
        area = np.diff(beta_edges)[0] * np.diff(mu_edges)[0]
        columns["tv"].append([0.5 * np.abs(inner - cells).sum(), 0.5 * np.abs(inner - product).sum(), monte_carlo])
        columns["joint"].append(inner / area)
        columns["joint_law"].append(cells / area)
        columns["beta"].append(fine.sum(1)[1:-1] / samples / np.diff(fine_beta))
        columns["mu"].append(fine.sum(0)[1:-1] / samples / np.diff(fine_mu))
        for key, edges in (("beta", fine_beta), ("mu", fine_mu)):
            of_cell = getattr(spline_densities, {"beta": "breakpoint", "mu": "delta_slope"}[key] + "_probabilities")
            columns[f"{key}_law"].append(of_cell(law, edges, scales) / np.diff(edges))
        columns["edge"].append(reach)
    c = {name: np.array(values) for name, values in columns.items()}
    fraction = (np.arange(_MARGINAL_BINS) + 0.5) / _MARGINAL_BINS * 2 - 1
    coarse = (np.arange(_DENSITY_BINS) + 0.5) / _DENSITY_BINS * 2 - 1
    return xr.Dataset(
        _variables(
            joint=(("law", "beta_bin", "mu_bin"), c["joint"], "1", "sampled density of (β, μ)"),
            joint_law=(("law", "beta_bin", "mu_bin"), c["joint_law"], "1", "closed form, mean over the bin"),
            beta_density=(("law", "fine_beta"), c["beta"], "1", "sampled density of the breakpoint β"),
            beta_law=(("law", "fine_beta"), c["beta_law"], "1", "closed form, mean over the bin"),
            mu_density=(("law", "fine_mu"), c["mu"], "1", "sampled density of the delta-slope μ"),
            mu_law=(("law", "fine_mu"), c["mu_law"], "1", "closed form, mean over the bin"),
            mu_reach=("law", c["edge"], "1", "half width of the grid in μ"),
            total_variation=("law", c["tv"][:, 0], "1", "total variation between histogram and closed form"),
            product_variation=("law", c["tv"][:, 1], "1", "the same with the product of the marginals"),
            monte_carlo=("law", c["tv"][:, 2], "1", "total variation expected from the number of draws"),
        ),
        coords={
            "law": _coordinate("law", list(_LAWS), "law of the weights", ""),
            "beta_bin": _coordinate("beta_bin", 3 * coarse, "breakpoint β"),
            "mu_bin": _coordinate("mu_bin", coarse, "delta-slope μ over half width of the grid"),
            "fine_beta": _coordinate("fine_beta", 3 * fraction, "breakpoint β"),
            "fine_mu": _coordinate("fine_mu", fraction, "delta-slope μ over half width of the grid"),
        },
    )


_INITS = ["He", "Glorot", "uniform", "He, heavy tails", "He, kinks of order 1"]


def _initial_weights(rng, init, count, units):
    """w, b, v (draw, unit) of a named initialisation."""
    if init == "uniform":
        w, b, v = 2 * rng.random((3, count, units), dtype=np.float32) - 1
        return w, b, v / np.sqrt(units, dtype=np.float32)
    w, b, v = rng.standard_normal((3, count, units), dtype=np.float32)
    if init == "He, heavy tails":  # Student t with 3 degrees of freedom has variance 3
        v = rng.standard_t(3, (count, units)).astype(np.float32) / np.float32(np.sqrt(3))
    scale = {"Glorot": (2 / (1 + units), 2 / (1 + units)), "He, kinks of order 1": (2, 2)}.get(init, (2, 2 / units))
    first, second = (np.float32(np.sqrt(s)) for s in scale)
    return first * w, first * b, second * v


def _delta_slopes(rng, init, count, units):
    """The same numbers without the bias, which roughness does not need."""
    if init == "uniform":
        both = 2 * rng.random((2, count, units), dtype=np.float32) - 1
        return both[0] * both[1] / np.sqrt(units, dtype=np.float32)
    product = rng.standard_normal((count, units), dtype=np.float32)
    if init == "He, heavy tails":
        product *= rng.standard_t(3, (count, units)).astype(np.float32) / np.float32(np.sqrt(3))
    else:
        product *= rng.standard_normal((count, units), dtype=np.float32)
    return product * np.float32({"Glorot": 2 / (1 + units), "He, kinks of order 1": 2}.get(init, 2 / np.sqrt(units)))


@stage
def initial_roughness(widths, draws, drawn_functions):
    """Roughness, largest kink and curvedness of initial functions over widths: three initialisations, two controls."""
    x = np.linspace(-1, 1, 401)
    line = np.linalg.qr(np.stack([np.ones_like(x), x], axis=1))[0].astype(np.float32)
    shape = (len(_INITS), len(widths))
    mean, sd, error, tail, largest, curved, curved_high = np.empty((7, *shape))
    quantiles = np.empty((*shape, 2))
    functions = np.empty((3, _SHOWN, x.size))
    for i, init in enumerate(_INITS):
        for j, (units, count) in enumerate(zip(widths, draws, strict=True)):
            rng = _generator("initial_roughness", init, units)
            rough, kink = [], []
            for start in range(0, count, max(1, _CHUNK // units)):
                mu = _delta_slopes(rng, init, min(count - start, max(1, _CHUNK // units)), units)
                rough.append(relu_splines.roughness(mu.astype(np.float64) if units < 64 else mu))
                kink.append(np.abs(mu).max(-1))
            rough = np.concatenate(rough).astype(np.float64)
            mean[i, j], sd[i, j], error[i, j] = rough.mean(), rough.std(ddof=1), rough.std(ddof=1) / np.sqrt(count)
            tail[i, j] = np.mean(rough - 4 > 1)
            largest[i, j] = np.concatenate(kink).mean()
            quantiles[i, j] = np.quantile(rough, [0.05, 0.95])
            f = []
            for _ in range(drawn_functions):
                w, b, v = _initial_weights(rng, init, 1, units)
                f.append(np.maximum(x[:, None].astype(np.float32) * w + b, 0) @ v[0])
            f = np.array(f)
            rest = f - f @ line @ line.T
            unexplained = (rest**2).sum(1) / ((f - f.mean(1, keepdims=True)) ** 2).sum(1)
            curved[i, j], curved_high[i, j] = np.median(unexplained), np.quantile(unexplained, 0.9)
            if i < 3 and units == 1024:
                functions[i] = f[:_SHOWN]
    width = np.array(widths, float)
    target = np.sin(4 * x)
    target_rest = target - line @ (line.T @ target)
    law = np.stack([np.full(width.size, 4.0), 4 * width / (width + 1) ** 2, np.full(width.size, 1 / 9)])
    dims = ("init", "widths")
    return xr.Dataset(
        _variables(
            mean=(dims, mean, "1", "mean roughness ρ"),
            mean_error=(dims, error, "1", "standard error of the mean roughness"),
            deviation=(dims, sd, "1", "standard deviation of the roughness"),
            tail_probability=(dims, tail, "1", "share of networks with ρ > 5"),
            largest_kink=(dims, largest, "1", "mean largest |μ|"),
            band=((*dims, "bound"), quantiles, "1", "quantiles of the roughness"),
            curved=(dims, curved, "1", "median share of the variance of f that is not a straight line"),
            curved_high=(dims, curved_high, "1", "the same, 0.9 quantile"),
            mean_law=(("standard", "widths"), law, "1", "closed form of the mean roughness"),
            deviation_law=("widths", np.sqrt(128 / width), "1", "closed form of the standard deviation, He"),
            tail_bound=("widths", 1 / (1 + width / 128), "1", "Cantelli bound on P(ρ > 5), He"),
            function=(("standard", "draw", "x"), functions, "1", "initial function, 1024 units"),
            target_curved=((), (target_rest**2).sum() / (target**2).sum(), "1", "the same share for sin(4x)"),
        ),
        coords={
            "init": _coordinate("init", _INITS, "initialisation", ""),
            "standard": _coordinate("standard", _INITS[:3], "standard initialisation", ""),
            "widths": widths,
            "bound": _coordinate("bound", [0.05, 0.95], "quantile"),
            "draw": _coordinate("draw", np.arange(_SHOWN), "network"),
            "x": _coordinate("x", x, "input x"),
        },
    )


# --- critical points ----------------------------------------------------------------------------------------------


def _kink_data():
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(-1, 1, 24))
    return x, np.sin(3 * x) + 0.1 * rng.standard_normal(24)


def _nearest(loss, levels):
    """Loss minus the nearest level; infinite where the loss is not finite."""
    difference = np.abs(loss[:, None] - levels).min(1)
    return np.where(np.isfinite(difference), difference, np.inf)


@stage(
    nan=(
        "loss",
        "history",
        "gradient_history",
        "breakpoint",
        "excess",
        "permuted_excess",
        "gradient_norm",
        "level_breakpoint",
    )
)
def critical_points(
    descent_inits,
    descent_steps,
    descent_rate,
    marquardt_units,
    marquardt_inits,
    marquardt_iterations,
    landscape_points,
):
    """Critical splines enumerated, approached by gradient descent, and landed on by Levenberg-Marquardt."""
    x, y = _kink_data()
    found = [spline_critical_points.enumerate_critical_splines(x, y, kinks) for kinks in (0, 1, 2)]
    flipped = y * (-1.0) ** np.arange(len(y))
    levels = np.concatenate([f.loss for f in found])
    listed, other = (
        np.concatenate(
            [
                losses
                for kinks in (0, 1, 2)
                for losses in (
                    spline_critical_points.enumerate_critical_splines(x, targets, kinks).loss,
                    spline_critical_points.critical_families(x, targets, kinks),
                )
            ]
        )
        for targets in (y, flipped)
    )
    kinks = np.repeat([0, 1, 2], [len(f.loss) for f in found])
    knots = np.full((len(levels), 2), np.nan)
    fine = np.linspace(-1, 1, 201)
    curves = []
    for f in found:
        for knot, intercept, slope in zip(f.breakpoint, f.intercept, f.slope, strict=True):
            piece = np.searchsorted(knot, fine)
            curves.append(intercept[piece] + slope[piece] * fine)
            knots[len(curves) - 1, : len(knot)] = knot

    rng = _generator("critical_points", "descent")
    w, v = rng.standard_normal((2, descent_inits, 2))
    theta = relu_splines.network(w, np.abs(w) * rng.uniform(-1, 1, w.shape), v)
    at = gradient_descent.frames(descent_steps)
    run = gradient_descent.descend(theta, x, y, at, step=descent_rate, train_offset=True, train_skip=True)
    spline = relu_splines.to_spline(relu_splines.as_numpy(run.network))
    loss, norm = np.asarray(run.loss), np.asarray(run.gradient_norm)
    critical = norm[:, -1] < _CRITICAL
    live = np.abs(spline.delta_slope) > _LIVE
    on_datum = ((np.abs(spline.breakpoint[..., None] - x).min(-1) < _ON_DATUM) & live).any(-1)
    kind = np.where(critical, "critical point", np.where(on_datum, "breakpoint on a datum", "not converged"))

    rng = _generator("critical_points", "marquardt")
    shape = (marquardt_inits, marquardt_units)
    line = np.zeros((marquardt_inits, 2))
    start = np.concatenate([rng.uniform(-1, 1, shape), rng.standard_normal(shape), line], axis=1)
    orientation = rng.choice([-1.0, 1.0], shape)
    batch = [np.broadcast_to(a, (marquardt_inits, len(a))) for a in (x, y)]
    landed = levenberg_marquardt.levenberg_marquardt(
        spline_critical_points.residual, start, orientation, *batch, iterations=marquardt_iterations
    )
    grid = np.linspace(x[0], x[-1], landscape_points)
    return xr.Dataset(
        _variables(
            data=("datum", y, "1", "target y"),
            level=("level_number", levels, "1", "loss of an enumerated critical spline"),
            listed=("listed_number", np.sort(listed), "1", "all listed losses, families included"),
            level_kinks=("level_number", kinks, "1", "its number of kinks"),
            level_breakpoint=(("level_number", "kink"), knots, "1", "its breakpoints, NaN where fewer"),
            level_function=(("level_number", "x"), np.array(curves), "1", "its function"),
            history=(("run", "frame"), loss, "1", "loss during descent"),
            gradient_history=(("run", "frame"), norm, "1", "norm of the gradient during descent"),
            loss=("run", loss[:, -1], "1", "loss after descent"),
            gradient_norm=("run", norm[:, -1], "1", "norm of the gradient after descent"),
            breakpoint=(("run", "kink"), spline.breakpoint, "1", "breakpoints after descent"),
            kind=("run", kind, "", "where descent ended"),
            excess=("run", _nearest(loss[:, -1], listed), "1", "distance of the loss from the nearest listed level"),
            permuted_excess=("run", _nearest(loss[:, -1], other), "1", "the same, targets of alternating sign"),
            parameters=(
                ("point", "parameter"),
                np.asarray(landed.parameters),
                "1",
                "(β, μ, b0, c) where Levenberg-Marquardt ended",
            ),
            start=(("point", "parameter"), start, "1", "(β, μ, b0, c) before it"),
            orientation=(("point", "unit"), orientation, "1", "orientation s"),
            landed_gradient=("point", np.asarray(landed.gradient_norm), "1", "norm of the gradient there"),
            landed_loss=("point", np.asarray(landed.loss), "1", "loss there"),
            landscape=(
                ("first", "second"),
                spline_critical_points.profile_loss(grid, grid, x, y),
                "1",
                "loss, rest optimised",
            ),
        ),
        coords={
            "datum": _coordinate("datum", x, "input x"),
            "x": _coordinate("x", fine, "input x"),
            "frame": _coordinate("frame", at, "step of descent"),
            "first": _coordinate("first", grid, "first breakpoint β1"),
            "second": _coordinate("second", grid, "second breakpoint β2"),
        },
    )


@stage
def hessian(critical_points, rank_units, rank_points, rank_draws, spectrum_size):
    """Hessian at and away from critical points, its rank and its null directions, and its spectrum in the limit."""
    x, y = critical_points.datum.values, critical_points.data.values
    orientation = critical_points.orientation.values
    parameters, start = critical_points.parameters.values, critical_points.start.values
    points, h = orientation.shape
    scales = np.exp(_generator("hessian", "scales").standard_normal((points, h)))
    live = (critical_points.landed_gradient.values < _LANDED) & (np.abs(parameters[:, h : 2 * h]).min(1) > _LIVE)
    landed = critical_points.landed_gradient.values < _LANDED

    # One call for all: critical points and where the runs began, both at random scales of the weights; critical points
    # balanced, |v|² = w² + b², and with the first layer five times as large; one critical point at many scales.
    first = int(np.flatnonzero(live)[0]) if live.any() else 0
    mu, beta = parameters[:, h : 2 * h], parameters[:, :h]
    balanced = np.sqrt(np.maximum(np.abs(mu), _LIVE)) / (1 + beta**2) ** 0.25
    random_scales = np.exp(_generator("hessian", "rescalings").standard_normal((_RESCALINGS, h)))
    one = np.full(_RESCALINGS, first)
    all_parameters = np.concatenate([parameters, start, parameters, parameters, parameters[one]])
    all_orientation = np.concatenate([orientation] * 4 + [orientation[one]])
    all_scales = np.concatenate([scales, scales, balanced, 5 * balanced, random_scales])
    result = [np.asarray(a) for a in spline_critical_points.hessians(all_parameters, all_orientation, all_scales, x, y)]
    spline, gram, weights = result
    deviation = np.abs(spline - gram).max((1, 2)) / np.abs(gram).max((1, 2))
    eigenvalues, weight_eigenvalues = np.linalg.eigvalsh(spline), np.linalg.eigvalsh(weights)

    def nullity(values):
        return (np.abs(values) < _NULL * np.abs(values).max(1, keepdims=True)).sum(1)

    extra = nullity(weight_eigenvalues) - nullity(eigenvalues)
    top = weight_eigenvalues[:, -1]
    change = np.exp(np.abs(np.log(top[3 * points : 4 * points] / top[2 * points : 3 * points])))

    shape = (len(rank_units), rank_draws)
    rank, law, zeros = np.empty((3, *shape), int)
    for i, units in enumerate(progress(rank_units, "widths")):
        for j in range(rank_draws):
            rng = _generator("hessian", "rank", units, j)
            places, breakpoint = np.sort(rng.uniform(-1, 1, rank_points)), rng.uniform(-1, 1, units)
            p = np.concatenate([breakpoint, rng.standard_normal(units), np.zeros(2)])
            rank[i, j] = np.linalg.matrix_rank(spline_critical_points.basis(p, np.ones(units), places))
            law[i, j] = spline_critical_points.rank_law(breakpoint, places)
            zeros[i, j] = 2 * units + 2 - rank[i, j]
    control = np.empty((2, 2 * _RESCALINGS), int)
    for j in range(2 * _RESCALINGS):
        rng = _generator("hessian", "dead kink", j)
        places, breakpoint = np.sort(rng.uniform(-1, 1, rank_points)), rng.uniform(-1, 1, 5)
        p = np.concatenate([breakpoint, [0.0], rng.standard_normal(4), np.zeros(2)])
        control[:, j] = (
            np.linalg.matrix_rank(spline_critical_points.basis(p, np.ones(5), places)),
            spline_critical_points.rank_law(breakpoint, places),
        )

    grid = truncated_power_spectrum.midpoints(spectrum_size)
    cauchy = 0.5 + _generator("hessian", "spectrum").standard_cauchy(spectrum_size)
    spectra, shifted = np.empty((2, 2, _EIGENVALUES))
    for into, places in ((spectra, grid), (shifted, cauchy)):
        difference = grid[:, None] - places[None, :]
        into[0] = truncated_power_spectrum.gram_spectrum(np.maximum(difference, 0), _EIGENVALUES)
        into[1] = truncated_power_spectrum.gram_spectrum((difference > 0).astype(float), _EIGENVALUES)
    laws = (truncated_power_spectrum.ramp_limit, truncated_power_spectrum.step_limit)
    limit = np.stack([law(_EIGENVALUES) for law in laws])
    a, b = slice(0, points), slice(points, 2 * points)
    return xr.Dataset(
        _variables(
            landed=("point", landed, "1", "whether the gradient vanishes at the point"),
            live=("point", live, "1", "whether all delta-slopes differ from 0 there too"),
            deviation=("point", deviation[a], "1", "|Hessian - BᵀB|/|BᵀB| after Levenberg-Marquardt"),
            random_deviation=("point", deviation[b], "1", "|Hessian - BᵀB|/|BᵀB| before it"),
            smallest=(
                "point",
                eigenvalues[a, 0] / eigenvalues[a, -1],
                "1",
                "smallest over largest eigenvalue after it",
            ),
            random_smallest=("point", eigenvalues[b, 0] / eigenvalues[b, -1], "1", "the same before it"),
            extra_null=("point", extra[a], "1", "null directions in weights less those in spline coordinates"),
            random_extra_null=("point", extra[b], "1", "the same before Levenberg-Marquardt"),
            sharpness_ratio=(
                "point",
                change,
                "1",
                "factor between largest eigenvalues in weights, first layer times 5",
            ),
            sharpness=("rescaling", top[4 * points :], "1", "largest eigenvalue in weights"),
            spline_sharpness=((), eigenvalues[first, -1], "1", "largest eigenvalue in spline coordinates"),
            rank=(("rank_units", "draw"), rank, "1", "rank of BᵀB"),
            rank_law=(("rank_units", "draw"), law, "1", "Σ min(2, n) over the runs of data"),
            zero_eigenvalues=(("rank_units", "draw"), zeros, "1", "number of zero eigenvalues"),
            dead_rank=("dead_draw", control[0], "1", "rank of BᵀB with one delta-slope 0"),
            dead_rank_law=("dead_draw", control[1], "1", "Σ min(2, n) for it"),
            spectrum=(("block", "number"), spectra, "1", "eigenvalues over N H"),
            cauchy_spectrum=(("block", "number"), shifted, "1", "the same with Cauchy breakpoints"),
            limit=(("block", "number"), limit, "1", "limit of the eigenvalues"),
        ),
        coords={
            "rank_units": rank_units,
            "block": _coordinate("block", ["delta-slopes", "breakpoints"], "block of the Hessian", ""),
            "number": _coordinate("number", np.arange(1, _EIGENVALUES + 1), "number k of the eigenvalue"),
        },
    )


# --- gradient flow ------------------------------------------------------------------------------------------------


@stage(nan=("function_error", "naive_error", "quarter_error", "closed_trajectory"))
def gradient_flow(flow_seeds, weight_factors, flow_units, flow_step, flow_duration):
    """The flow in weights, the closed flow in spline coordinates, and the naive flow, for several weight scales."""
    cases = [(both, alpha, seed) for both in (False, True) for alpha in weight_factors for seed in flow_seeds]
    thetas, data = [], []
    for both, alpha, seed in cases:
        rng = _generator("gradient_flow", seed)  # the same draw for every scale
        x = np.sort(rng.uniform(-1, 1, _FLOW_POINTS))
        w, b, v = rng.standard_normal((3, flow_units)) * np.array([2**0.5, 0.5, (2 / flow_units) ** 0.5])[:, None]
        thetas.append((alpha * w, alpha * b, v * alpha if both else v / alpha))
        data.append(x)
    theta = relu_splines.network(*(jnp.asarray(a) for a in np.moveaxis(np.array(thetas), 1, 0)))
    x = np.array(data)
    y = np.sin(3 * x)
    count = round(flow_duration / flow_step)
    ends = np.unique(np.linspace(0, count, _FLOW_FRAMES + 1).round().astype(int))
    places = np.linspace(-1, 1, 201)
    errors, drifts = [], []
    for refine in progress((4, 1), "step sizes"):
        flows = spline_gradient_flow.integrate(theta, x, y, flow_step / refine, jnp.asarray(ends * refine))
        weights = relu_splines.as_numpy(flows.weights)
        f = _each(relu_splines.network_output, weights, places)
        size = np.abs(f).max((1, 2))[:, None]
        other = [_each(relu_splines.spline_output, relu_splines.as_numpy(state), places) for state in flows[1:]]
        errors.append([np.abs(f - g).max(2) / size for g in other])
        norm = weights.weight**2 + weights.bias**2 + weights.readout**2
        quantities = (relu_splines.imbalance(weights), norm)
        drifts.append([np.abs((q - q[:, :1]) / norm[:, :1]).max(2) for q in quantities])
    spline = relu_splines.to_spline(weights)
    flips = (np.sign(weights.weight) != np.sign(weights.weight[:, :1])).any(1).sum(1)
    moved = np.median(np.abs(spline.breakpoint[:, -1] - spline.breakpoint[:, 0]), axis=-1)
    at_data = [relu_splines.network_output(relu_splines.Network(*(a[i] for a in weights)), x[i]) for i in range(len(x))]
    loss = 0.5 * ((np.array(at_data) - y[:, None]) ** 2).mean(-1)
    grid = (2, len(weight_factors), len(flow_seeds))

    def arranged(values, scaling=0):
        return np.asarray(values).reshape(*grid, *np.shape(values)[1:])[scaling]

    def of_first_seed(values):
        return np.clip(arranged(values)[:, 0], -1e3, 1e3)

    dims = ("weight_factors", "flow_seeds")
    return xr.Dataset(
        _variables(
            function_error=((*dims, "time"), arranged(errors[1][0]), "1", "sup |f - f of the closed flow| / sup |f|"),
            quarter_error=((*dims, "time"), arranged(errors[0][0]), "1", "the same with a quarter of the step"),
            naive_error=((*dims, "time"), arranged(errors[1][1]), "1", "sup |f - f of the naive flow| / sup |f|"),
            drift=((*dims, "time"), arranged(drifts[1][0]), "1", "largest relative change of δ"),
            quarter_drift=((*dims, "time"), arranged(drifts[0][0]), "1", "the same with a quarter of the step"),
            wrong_drift=((*dims, "time"), arranged(drifts[1][1]), "1", "largest relative change of w² + b² + v²"),
            loss=((*dims, "time"), arranged(loss), "1", "loss of the flow in weights"),
            flips=(dims, arranged(flips), "1", "neurons whose orientation flips"),
            moved=(dims, arranged(moved), "1", "median displacement of a breakpoint"),
            moved_all=(dims, arranged(moved, 1), "1", "the same with all weights multiplied by the factor"),
            trajectory=(
                ("weight_factors", "time", "unit"),
                of_first_seed(spline.breakpoint),
                "1",
                "breakpoints, flow in weights",
            ),
            closed_trajectory=(
                ("weight_factors", "time", "unit"),
                of_first_seed(flows.closed.breakpoint),
                "1",
                "breakpoints, closed flow",
            ),
        ),
        coords={
            "weight_factors": weight_factors,
            "flow_seeds": flow_seeds,
            "time": _coordinate("time", ends * flow_step, "time t"),
        },
    )


# --- regimes ------------------------------------------------------------------------------------------------------


def _rms(values):
    return np.sqrt((values**2).mean(-1))


@stage(
    split="regime_seeds",
    block=3,
    gpu=True,
    nan=("trained", "history", "to_cubic", "to_linear", "to_kernel", "knots", "rug"),
)
def regimes(regime_seeds, layer_ratios, weight_scales, regime_units, regime_steps):
    """Networks that start at 0, for every layer ratio and weight scale, against splines and kernel interpolants."""
    shape = (len(regime_seeds), len(layer_ratios), len(weight_scales))
    pairs = regime_units // 2
    weights = np.empty((3, *shape, pairs))
    for i, seed in enumerate(regime_seeds):
        rng = _generator("regimes", seed)
        signs, beta = rng.choice([-1.0, 1.0], (2, pairs)), rng.uniform(-1.5, 1.5, pairs)
        for j, ratio in enumerate(layer_ratios):
            for k, scale in enumerate(weight_scales):
                w = signs[0] * np.sqrt(scale * ratio / regime_units)
                weights[:, i, j, k] = w, -beta * w, signs[1] * np.sqrt(scale / (ratio * regime_units))
    theta = relu_splines.paired(relu_splines.network(*weights.reshape(3, -1, pairs)))
    at = gradient_descent.frames(regime_steps)
    run = gradient_descent.descend(theta, _X, _Y, at)
    end = relu_splines.as_numpy(run.network)
    x = np.linspace(_X[0], _X[-1], 701)
    cubic, linear = CubicSpline(_X, _Y, bc_type="natural")(x), np.interp(x, _X, _Y)
    kernel = _each(tangent_kernel.interpolant, theta, _X, _Y, x)
    trained = _each(relu_splines.network_output, end, x)
    size = _rms(cubic - linear)
    spline = relu_splines.to_spline(end)
    mass = np.abs(spline.delta_slope) * (np.abs(spline.breakpoint) < 0.95)
    near = np.abs(spline.breakpoint[..., None] - _X).min(-1) < _NEAR
    rug = np.linspace(-1.5, 1.5, 121)
    total = np.abs(spline.delta_slope)
    histogram = np.array([np.histogram(b, rug, weights=m)[0] for b, m in zip(spline.breakpoint, total, strict=True)])
    histogram /= total.sum(1, keepdims=True)
    dims = ("regime_seeds", "layer_ratios", "weight_scales")

    def arranged(values):
        return values.reshape(*shape, *values.shape[1:])

    return xr.Dataset(
        _variables(
            trained=((*dims, "x"), arranged(trained), "1", "trained function"),
            kernel=((*dims, "x"), arranged(kernel), "1", "kernel interpolant at the start"),
            cubic=("x", cubic, "1", "natural cubic spline"),
            linear=("x", linear, "1", "linear interpolant"),
            data=("datum", _Y, "1", "target y"),
            to_cubic=(dims, arranged(_rms(trained - cubic)) / size, "1", "distance from the natural cubic spline"),
            to_linear=(dims, arranged(_rms(trained - linear)) / size, "1", "distance from the linear interpolant"),
            to_kernel=(dims, arranged(_rms(trained - kernel)) / size, "1", "distance from the kernel interpolant"),
            knots=(dims, arranged((mass * near).sum(1) / mass.sum(1)), "1", "share of |μ| within 0.03 of a datum"),
            history=((*dims, "frame"), arranged(np.asarray(run.loss)), "1", "loss during descent"),
            rug=((*dims, "place"), arranged(histogram), "1", "share of |μ| by breakpoint"),
        ),
        coords={
            "regime_seeds": regime_seeds,
            "layer_ratios": layer_ratios,
            "weight_scales": weight_scales,
            "x": _coordinate("x", x, "input x"),
            "datum": _coordinate("datum", _X, "input x"),
            "frame": _coordinate("frame", at, "step of descent"),
            "place": _coordinate("place", (rug[1:] + rug[:-1]) / 2, "breakpoint β"),
        },
    )


# --- regularisation -----------------------------------------------------------------------------------------------


def _he(rng, units, factor=1.0):
    w, b, v = rng.standard_normal((3, units))
    return np.sqrt(2) * w, np.sqrt(2) * b, factor * np.sqrt(2 / units) * v


def _median_ratio(above, below):
    """Ratio of two medians over the last axis, and its standard error.

    That of a median is sqrt(π/2) σ/sqrt(n), with σ from the quartiles, which one bad run does not rule.
    """
    n = above.shape[-1]
    ratio = np.median(above, -1) / np.median(below, -1)
    sigma = [np.subtract(*np.quantile(a, [0.75, 0.25], axis=-1)) / 1.349 / np.median(a, -1) for a in (above, below)]
    return ratio, ratio * np.sqrt(np.pi / 2 / n * (sigma[0] ** 2 + sigma[1] ** 2))


@stage(
    nan=(
        "width_error",
        "width_history",
        "width_function",
        "width_gain",
        "width_gain_error",
        "permuted_error",
        "flat_error",
        "flat_history",
        "flat_function",
        "flat_ratio",
        "flat_ratio_error",
    )
)
def regularisation(
    width_seeds, trained_widths, width_steps, flatness_seeds, output_factors, flatness_units, flatness_steps
):
    """Test error of trained networks: by width, and by flatness of the start at equal weight scale."""
    x, places = np.linspace(-1, 1, 8), np.linspace(-1, 1, 401)
    y, target = np.sin(4 * x), np.sin(4 * places)
    n = len(width_seeds)
    at, flat_at = gradient_descent.frames(width_steps), gradient_descent.frames(flatness_steps)

    def trained(theta, y, at):
        run = gradient_descent.descend(theta, x, y, at)
        return _each(relu_splines.network_output, relu_splines.as_numpy(run.network), places), np.asarray(run.loss)

    orders = np.array([_generator("regularisation", "permutation", seed).permutation(8) for seed in width_seeds])
    error, permuted, function, history = [], [], [], []
    for units in progress(trained_widths, "widths"):
        starts = [_he(_generator("regularisation", "width", seed, units), units) for seed in width_seeds]
        w, b, v = np.array(starts).swapaxes(0, 1)
        theta = relu_splines.network(*(np.concatenate([a, a]) for a in (w, b, v)))
        f, loss = trained(theta, np.concatenate([np.tile(y, (n, 1)), y[orders]]), at)
        both = ((f - target) ** 2).mean(1)
        error.append(both[:n])
        permuted.append(both[n:])
        function.append(f[0])
        history.append(loss[:n].T)

    starts, targets = [], []
    for arm in ("unpaired", "paired", "subtracted"):
        for factor in output_factors:
            for seed in flatness_seeds:
                rng = _generator("regularisation", "flatness", seed, "paired" if arm == "paired" else "unpaired")
                if arm == "paired":
                    half = relu_splines.network(*_he(rng, flatness_units // 2, factor / np.sqrt(2)))
                    theta = relu_splines.paired(half)
                else:
                    theta = relu_splines.network(*_he(rng, flatness_units, factor))
                starts.append(theta)
                targets.append(y + relu_splines.network_output(theta, x) * (arm == "subtracted"))
    theta = relu_splines.Network(*map(np.array, zip(*starts, strict=True)))
    f, loss = trained(theta, np.array(targets), flat_at)
    arms = (3, len(output_factors), len(flatness_seeds))
    f = f.reshape(*arms, places.size)
    f[2] -= _each(relu_splines.network_output, theta, places).reshape(f.shape)[2]
    flat = ((f - target) ** 2).mean(-1)
    ratio, ratio_error = np.moveaxis([_median_ratio(flat[i], flat[1]) for i in (0, 2)], 0, 1)
    error, permuted = np.array(error), np.array(permuted)
    references = (CubicSpline(x, y, bc_type="natural")(places), np.interp(places, x, y))
    reference = [((values - target) ** 2).mean() for values in references]
    narrow, wide = trained_widths.index(8), trained_widths.index(128)
    gain = [_median_ratio(e[narrow], e[wide]) for e in (error, permuted)]
    dims = ("trained_widths", "width_seeds")
    arm_dims = ("arm", "output_factors", "flatness_seeds")
    return xr.Dataset(
        _variables(
            width_error=(dims, error, "1", "test mean squared error"),
            permuted_error=(dims, permuted, "1", "the same, trained on permuted targets"),
            width_gain=("labels", [g[0] for g in gain], "1", "median test error, 8 over 128 units"),
            width_gain_error=("labels", [g[1] for g in gain], "1", "its standard error"),
            width_function=(("trained_widths", "x"), np.array(function), "1", "trained function, first seed"),
            width_history=(("trained_widths", "frame", "width_seeds"), np.array(history), "1", "loss during descent"),
            flat_error=(arm_dims, flat, "1", "test mean squared error"),
            flat_ratio=(("numerator", "output_factors"), ratio, "1", "median test error over that of paired"),
            flat_ratio_error=(("numerator", "output_factors"), ratio_error, "1", "its standard error"),
            flat_function=(("arm", "output_factors", "x"), f[:, :, 0], "1", "trained function, first seed"),
            flat_history=((*arm_dims, "flat_frame"), loss.reshape(*arms, -1), "1", "loss during descent"),
            cubic_error=((), reference[0], "1", "test error of the natural cubic spline"),
            linear_error=((), reference[1], "1", "test error of the linear interpolant"),
            data=("datum", y, "1", "target y"),
        ),
        coords={
            "trained_widths": trained_widths,
            "width_seeds": width_seeds,
            "flatness_seeds": flatness_seeds,
            "output_factors": output_factors,
            "labels": _coordinate("labels", ["given", "permuted"], "labels of the data", ""),
            "arm": _coordinate("arm", ["unpaired", "paired", "subtracted"], "kind of start", ""),
            "numerator": _coordinate("numerator", ["unpaired", "subtracted"], "kind of start", ""),
            "x": _coordinate("x", places, "input x"),
            "datum": _coordinate("datum", x, "input x"),
            "frame": _coordinate("frame", at, "step of descent"),
            "flat_frame": _coordinate("flat_frame", flat_at, "step of descent"),
        },
    )


def _mean_ratio(above, below):
    """Ratio of two means over the last axis, and its standard error."""
    n = above.shape[-1]
    ratio = above.mean(-1) / below.mean(-1)
    relative = [a.std(-1, ddof=1) / np.sqrt(n) / a.mean(-1) for a in (above, below)]
    return ratio, ratio * np.sqrt(relative[0] ** 2 + relative[1] ** 2)


@stage(nan=("residual", "history", "outer_error", "ratio", "ratio_error"))
def breakpoint_origins(origin_seeds, origin_widths, origin_steps):
    """Residual far from the origin for breakpoints of He and for evenly spread ones, on two targets."""
    x = np.linspace(-6, 6, 40)
    inner = np.where(np.abs(x) < 1.5, np.sin(2 * np.pi * x / 1.5), 0.0)
    y = np.stack([np.sin(1.5 * x), inner])
    n = len(origin_seeds)
    at = gradient_descent.frames(origin_steps)
    edges = np.linspace(-6.5, 6.5, 53)
    residual, outer, history, density = [], [], [], []
    for units in progress(origin_widths, "widths"):
        starts = []
        for kind in ("He", "uniform"):
            for seed in origin_seeds:
                rng = _generator("breakpoint_origins", kind, seed, units)
                w, b, v = _he(rng, units)
                starts.append((w, b if kind == "He" else -rng.uniform(-6.5, 6.5, units) * w, v))
        starts = np.array(starts)
        theta = relu_splines.network(*np.concatenate([starts, starts]).swapaxes(0, 1))
        run = gradient_descent.descend(theta, x, np.repeat(y, 2 * n, 0), at)
        f = relu_splines.network_output(relu_splines.as_numpy(run.network), x)
        rest = (f - np.repeat(y, 2 * n, 0)).reshape(2, 2, n, -1)
        residual.append(rest)
        outer.append((rest[..., np.abs(x) > 4] ** 2).mean(-1))
        history.append(np.asarray(run.loss).reshape(2, 2, n, -1))
        beta = (-starts[:, 1] / starts[:, 0]).reshape(2, -1)
        density.append([np.histogram(b, edges)[0] / b.size / np.diff(edges) for b in beta])
    outer = np.moveaxis(outer, 0, 2)  # target, origin, width, seed
    ratio, ratio_error = _mean_ratio(outer[:, 0], outer[:, 1])
    dims = ("target", "origin", "origin_widths", "origin_seeds")
    return xr.Dataset(
        _variables(
            residual=((*dims, "x"), np.moveaxis(residual, 0, 2), "1", "residual f - y after training"),
            outer_error=(dims, outer, "1", "mean squared residual at |x| > 4"),
            ratio=(("target", "origin_widths"), ratio, "1", "mean squared residual at |x| > 4, He over uniform"),
            ratio_error=(("target", "origin_widths"), ratio_error, "1", "its standard error"),
            history=((*dims, "frame"), np.moveaxis(history, 0, 2), "1", "loss during descent"),
            density=(("origin", "origin_widths", "place"), np.moveaxis(density, 0, 1), "1", "density of breakpoints"),
        ),
        coords={
            "target": _coordinate("target", ["everywhere", "centre only"], "where the target is curved", ""),
            "origin": _coordinate("origin", ["He", "uniform"], "law of the breakpoints", ""),
            "origin_widths": origin_widths,
            "origin_seeds": origin_seeds,
            "x": _coordinate("x", x, "input x"),
            "place": _coordinate("place", (edges[1:] + edges[:-1]) / 2, "breakpoint β"),
            "frame": _coordinate("frame", at, "step of descent"),
        },
    )
