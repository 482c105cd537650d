"""Claims of the paper on initialisation, loss surface, Hessian, gradient flow and regularisation."""

from replica.paper import claim
from replica.verdict import Against, Estimate, above, all_of, below, equal, judge, slope_between, within

_NARROW, _WIDE = 16, 4096  # widths between which the largest kink is compared
_WIDTH = 1024  # width of the mean roughness


@claim("C1", core=True, source="abstract")
def spline_coordinates_remove_the_rescaling(coordinates):
    """Breakpoints, delta-slopes and orientations describe the network fully and do not change under rescaling."""
    small = below(1e-10, strict=True, over="coordinate_seeds", rule="each")
    kept = {"rescaling": coordinates.rescaling_error, "change_of_coordinates": coordinates.coordinate_change}
    return judge(
        all_of(spline=small, rescaling=small, change_of_coordinates=small),
        measured={"spline": coordinates.spline_error} | kept,
        control={"spline": coordinates.wrong_sign_error} | kept,
        control_is="s μ in place of μ",
        expected=0.0,
        expected_source="identity; rounding gives 1e-14",
    )


@claim("C2", core=True, source="paper")
def joint_law_at_initialisation(initial_densities):
    """Initial breakpoints and delta-slopes follow closed-form joint laws, for Gaussian and for uniform weights."""
    ratio = initial_densities.total_variation / initial_densities.monte_carlo
    return judge(
        below(2, strict=True),
        measured=ratio,
        control=initial_densities.product_variation / initial_densities.monte_carlo,
        control_is="the product of the marginals in place of the joint law",
        expected=1.0,
        expected_source="total variation expected from the number of draws",
    )


@claim("C3", core=True, source="abstract")
def initial_functions_are_flat(initial_roughness):
    """Total squared kink stays bounded (He) or vanishes (Glorot) with width, and every single kink vanishes."""
    r = initial_roughness

    def parts(he, glorot):
        at, largest = r.sel(widths=_WIDTH), r.largest_kink.sel(init=he)
        return {
            "He": Estimate(at["mean"].sel(init=he).item(), at.mean_error.sel(init=he).item()),
            "Glorot": Against(
                Estimate(at["mean"].sel(init=glorot).item(), at.mean_error.sel(init=glorot).item()),
                at.mean_law.sel(standard="Glorot").item(),
            ),
            "largest_kink": (largest.sel(widths=_WIDE) / largest.sel(widths=_NARROW)).item(),
        }

    return judge(
        all_of(He=within(4, rel=0.03), Glorot=within(rel=0.03), largest_kink=below(0.25, strict=True)),
        measured=parts("He", "Glorot"),
        control=parts("He, kinks of order 1", "He, kinks of order 1"),
        control_is="output weights that do not shrink with width, v ~ N(0, 2)",
        expected={"He": 4.0, "Glorot": r.mean_law.sel(standard="Glorot", widths=_WIDTH).item(), "largest_kink": 0.18},
        expected_source="exact means; 0.236/1.28 measured in a trial for the largest kink",
    )


@claim("C4", source="paper")
def roughness_concentrates(initial_roughness):
    """The roughness of a He network concentrates as 1/H."""
    r = initial_roughness.sel(widths=initial_roughness.widths >= 64)
    return judge(
        within(rel=0.05),
        measured=Against(r.deviation.sel(init="He"), r.deviation_law),
        control=Against(r.deviation.sel(init="He, heavy tails"), r.deviation_law),
        control_is="output weights of the same variance with heavy tails (Student t, 3 degrees of freedom)",
        expected=r.deviation_law,
        expected_source="sqrt(128/H)",
    )


@claim("C5", core=True, source="abstract")
def critical_points_are_least_squares_fits(critical_points):
    """Every critical point in a cell is a continuous piecewise least-squares fit, so the critical set can be listed."""
    ended = critical_points.kind.values == "critical point"
    return judge(
        below(1e-6, strict=True, at_least_n=20),
        measured=critical_points.excess.values[ended],
        control=critical_points.permuted_excess.values[ended],
        control_is="levels enumerated from the targets with alternating signs",
        expected=0.0,
        expected_source="theorem: loss of an enumerated spline",
    )


@claim("C6", core=True, source="abstract")
def hessian_is_a_gram_matrix(hessian):
    """At critical points the Hessian is the Gram matrix of truncated basis functions, whatever the residual."""
    landed = hessian.isel(point=hessian.landed.values)
    return judge(
        all_of(deviation=below(1e-8, strict=True), smallest_eigenvalue=above(-1e-9, strict=True)),
        measured={"deviation": landed.deviation, "smallest_eigenvalue": landed.smallest},
        control={"deviation": hessian.random_deviation, "smallest_eigenvalue": hessian.random_smallest},
        control_is="the same at random parameters",
        expected={"deviation": 0.0, "smallest_eigenvalue": 0.0},
        expected_source="exact: Hessian = BᵀB, which is singular where flat directions exist",
    )


@claim("C7", core=True, source="derived")
def runs_of_data_count_the_rank(hessian):
    """Flat directions are counted by the runs of data between breakpoints: rank = Σ min(2, n)."""
    return judge(
        equal(),
        measured=Against(hessian["rank"], hessian.rank_law),
        control=Against(hessian.dead_rank, hessian.dead_rank_law),
        control_is="one delta-slope set to 0, 5 units",
        expected="Σ min(2, n)",
        expected_source="rank law",
    )


@claim("C8", core=True, source="abstract")
def rescaling_accounts_for_null_directions(hessian, marquardt_units):
    """Weights have exactly H null directions more than spline coordinates, and a sharpness that is not invariant."""
    live = hessian.isel(point=hessian.live.values)
    sharpness = {"sharpness_ratio": live.sharpness_ratio}
    return judge(
        all_of(
            extra_null_directions=equal(marquardt_units),
            sharpness_ratio=above(2, strict=True, over="point", rule="median"),
        ),
        measured={"extra_null_directions": live.extra_null.values} | sharpness,
        control={"extra_null_directions": hessian.random_extra_null.values} | sharpness,
        control_is="the same count at random weights",
        expected={"extra_null_directions": marquardt_units, "sharpness_ratio": 2.5},
        expected_source="one rescaling orbit per unit; 816/331 measured in a trial for the sharpness",
    )


@claim("C9", core=True, source="derived")
def spectrum_follows_beam_and_brownian_laws(hessian):
    """Eigenvalues of the blocks of the Hessian fall as k^-4 (beam) and k^-2 (Brownian motion)."""
    return judge(
        within(1, rel=0.005),
        measured=hessian.spectrum / hessian.limit,
        control=hessian.cauchy_spectrum / hessian.limit,
        control_is="Cauchy breakpoints in place of even ones",
        expected=1.0,
        expected_source="κ^-4 with cos κ cosh κ = -1, and 1/((k - ½) π)²",
    )


@claim("C10", core=True, source="paper")
def gradient_flow_closes(gradient_flow):
    """Gradient flow closes in breakpoints and delta-slopes with one conserved number per neuron."""
    flow = gradient_flow.sel(weight_factors=[1.0, 2.0])
    return judge(
        all_of(
            function=below(5e-3, strict=True, over="flow_seeds", rule="each"),
            drift=below(1e-3, strict=True, over="flow_seeds", rule="each"),
        ),
        measured={"function": flow.function_error.max("time", skipna=False), "drift": flow.drift.max("time")},
        control={"function": flow.naive_error.max("time", skipna=False), "drift": flow.wrong_drift.max("time")},
        control_is="steepest descent in the coordinates themselves; w² + b² + v² for the conserved number",
        expected={"function": 0.0, "drift": 0.0},
        expected_source="exact up to the step",
    )


@claim("C11", core=True, source="abstract")
def scale_sets_the_mobility_of_breakpoints(gradient_flow):
    """The larger the first layer against the second, the less breakpoints move: as the inverse square of its factor."""
    return judge(
        slope_between(-2.6, -1.6, along="weight_factors", over="flow_seeds"),
        measured=gradient_flow.moved,
        control=gradient_flow.moved_all,
        control_is="all weights multiplied by the factor",
        expected=-2.0,
        expected_source="mobility v/w",
    )


def _regime(regimes, ratio, scale):
    return regimes.sel(layer_ratios=ratio, weight_scales=scale)


@claim("C12", core=True, source="abstract")
def scale_selects_cubic_or_linear_splines(regimes):
    """Large scale gives the kernel regime and nearly a cubic spline, small scale kinks at the data, nearly linear."""
    seeds = {"over": "regime_seeds"}

    def parts(large, small):
        return {
            "large_cubic": large.to_cubic,
            "large_nearer_cubic": large.to_linear / 2 - large.to_cubic,
            "large_kernel": large.to_kernel,
            "large_knots": large.knots,
            "small_linear": small.to_linear,
            "small_nearer_linear": 0.7 * small.to_cubic - small.to_linear,
            "small_knots": small.knots,
        }

    return judge(
        all_of(
            large_cubic=below(0.35, strict=True, **seeds),
            large_nearer_cubic=above(0, strict=True, **seeds),
            large_kernel=below(0.05, strict=True, **seeds),
            large_knots=below(0.35, strict=True, **seeds),
            small_linear=below(0.6, strict=True, **seeds),
            small_nearer_linear=above(0, strict=True, **seeds),
            small_knots=above(0.6, strict=True, **seeds),
        ),
        measured=parts(_regime(regimes, 30, 1000), _regime(regimes, 30, 0.01)),
        control=parts(_regime(regimes, 1, 1000), _regime(regimes, 30, 10)),
        control_is="equal layers at the large scale; a middle scale in place of the small one",
        expected={
            "large_cubic": 0.25,
            "large_kernel": 0.002,
            "large_knots": 0.21,
            "small_linear": 0.37,
            "small_knots": 0.83,
        },
        expected_source="trials (300 kernel interpolants for the first); a cubic and a linear spline in the limits",
    )


@claim("C13", source="derived")
def equal_layers_give_another_kernel_spline(regimes):
    """With equal layers a large scale is the kernel regime too, but its spline is not cubic."""
    equal_layers, unequal = _regime(regimes, 1, 1000), _regime(regimes, 30, 1000)
    return judge(
        all_of(kernel=below(0.2, strict=True, over="regime_seeds"), cubic=above(0.7, strict=True, over="regime_seeds")),
        measured={"kernel": equal_layers.to_kernel, "cubic": equal_layers.to_cubic},
        control={"kernel": unequal.to_kernel, "cubic": unequal.to_cubic},
        control_is="a first layer 30 times the second",
        expected={"kernel": 0.097, "cubic": 1.07},
        expected_source="measured in a trial",
    )


@claim("C14", core=True, source="abstract")
def width_strengthens_regularisation(regularisation):
    """Overparametrisation strengthens the regularisation: 128 units generalise better than 8."""
    gain, error = regularisation.width_gain, regularisation.width_gain_error
    n = regularisation.sizes["width_seeds"]

    def estimate(labels):
        return Estimate(gain.sel(labels=labels).item(), error.sel(labels=labels).item(), n)

    return judge(
        above(4, strict=True),
        measured=estimate("given"),
        control=estimate("permuted"),
        control_is="trained on permuted targets",
        expected=11.0,
        expected_source="measured in a trial",
    )


@claim("C15", core=True, source="abstract")
def flatness_is_responsible(regularisation):
    """Flatness of the start, at equal weight scale, is what makes the regularisation strong."""
    n = regularisation.sizes["flatness_seeds"]

    def parts(numerator):
        at = regularisation.sel(numerator=numerator)
        return {
            name: Estimate(*(at[v].sel(output_factors=c).item() for v in ("flat_ratio", "flat_ratio_error")), n)
            for name, c in (("rough", 64.0), ("standard", 1.0))
        }

    return judge(
        all_of(rough=above(20, strict=True), standard=below(2, strict=True)),
        measured=parts("unpaired"),
        control=parts("subtracted"),
        control_is="the same weights with the initial function subtracted: a flat start",
        expected={"rough": 61, "standard": 1.24},
        expected_source="measured in a trial",
    )


@claim("C16", source="paper")
def breakpoints_near_zero_leave_far_curvature(breakpoint_origins):
    """Breakpoints of He gather near 0 and leave curvature far away unfitted."""
    at = breakpoint_origins.sel(origin_widths=120)
    n = at.sizes["origin_seeds"]

    def estimate(target):
        return Estimate(at.ratio.sel(target=target).item(), at.ratio_error.sel(target=target).item(), n)

    return judge(
        above(3, strict=True),
        measured=estimate("everywhere"),
        control=estimate("centre only"),
        control_is="a target that is curved near 0 only",
        expected=7.7,
        expected_source="measured in a trial",
    )
