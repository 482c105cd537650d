"""Claims: conditioning over scales, energies learnt and sampled over scales, against direct learning and sampling."""

import numpy as np

from replica.paper import claim
from replica.verdict import Against, above, all_of, below, between, judge, slope_between, within

_PHYSICAL = ["neighbour (0,1)", "power 2", "power 4"]


@claim("C1", core=True, source="abstract")
def conditionals_are_well_conditioned(conditioning):
    """The conditional distributions of wavelet details stay well conditioned where the whole field does not."""
    conditional = conditioning.conditional_condition.sel(vanishing_moments=2)
    worst, direct = conditional.max("scale"), conditioning.direct_condition
    return judge(
        all_of(conditional=below(6), growth=slope_between(1.9, 2.1, along="gaussian_sides")),
        measured={"conditional": worst, "growth": direct},
        control={"conditional": direct, "growth": worst},
        control_is="precision of the whole field and of the details exchanged",
        expected={"conditional": [2.94, 4.25, 4.90], "growth": 2.0},
        expected_source="(8 + m²)/m² with m² in proportion to 1/L²; dense matrices",
    )


@claim("C2", core=True, source="abstract")
def microscopic_couplings_are_recovered(energies, beta, other_beta):
    """The energy of a critical φ⁴ field is estimated from samples: its finest conditional energy has its couplings."""
    side = energies.sides[-1].item()
    fitted = energies.couplings.sel(sides=side, scale=side)

    def data(of):
        neighbour, second, fourth = (fitted.sel(betas=of, coupling=name) for name in _PHYSICAL)
        return {"neighbour": neighbour, "second_power": second, "fourth_power": fourth}

    return judge(
        all_of(
            neighbour=within(-2 * beta, abs=0.05), second_power=within(-1, abs=0.08), fourth_power=within(1, abs=0.06)
        ),
        measured=data(beta),
        control=data(other_beta),
        control_is=f"energy learnt from fields at β = {other_beta:g}",
        expected={"neighbour": -2 * beta, "second_power": -1, "fourth_power": 1},
        expected_source="the microscopic energy",
    )


def _comparison(dataset, source, sides="sides"):
    chosen = dataset.isel({sides: -1}).sel(source=source)
    return {"spectrum": chosen.spectrum_ratio, "histogram": chosen.histogram_distance}


@claim("C3", core=True, source="abstract")
def critical_fields_are_generated(generation):
    """Fields drawn scale by scale have the spectrum and the histogram of the φ⁴ model near its transition."""
    bad = generation.isel(sides=-1).sel(source="badly mixed")
    gaussian = generation.isel(sides=-1).sel(source="Gaussian")
    # A run with far too long steps is not tuned, so that its comparisons are formed here from what it drew.
    test = generation.isel(sides=-1).sel(source="test")
    distance = np.abs(bad.share - test.share).sum("bin")
    return judge(
        all_of(spectrum=within(1, abs=0.05), histogram=below(0.03, strict=True)),
        measured=_comparison(generation, "generated"),
        control={
            "spectrum": bad.spectrum / test.spectrum,
            "histogram": np.minimum(distance, gaussian.histogram_distance),
        },
        control_is="details drawn with too long steps; histogram: the nearer of these and Gaussian fields",
        expected={"spectrum": 1.0, "histogram": 0.0},
        expected_source="the test fields",
    )


def _growth(times):
    return times.isel(relaxation_sides=-1) / times.isel(relaxation_sides=0)


def _spread(times):
    return times.max("relaxation_sides", skipna=False) / times.min("relaxation_sides", skipna=False)


@claim("C4", core=True, source="abstract")
def details_relax_without_slowing_down(relaxation):
    """Sampling the details of a critical field given its coarse part avoids critical slowing down."""
    times = relaxation.relaxation_time
    details, size, mean = (times.sel(quantity=name) for name in ("details", "abs(m)", "m"))
    return judge(
        all_of(details=below(1.3, strict=True), direct=above(5, strict=True)),
        measured={"details": _spread(details), "direct": _growth(size)},
        control={"details": _spread(mean), "direct": _growth(details)},
        control_is="the mean of whole fields in place of the details (a lower bound where it does not relax), and the "
        "details in place of whole fields",
        expected={"details": 1.0, "direct": 16.0},
        expected_source="a time of the details that does not depend on L; direct Langevin dynamics with exponent 2",
    )


@claim("C5", core=True, source="abstract")
def estimation_stays_well_conditioned(conditioning):
    """Estimating conditional energies avoids critical slowing down: their Fisher matrices stay well conditioned."""
    direct = conditioning.direct_fisher
    conditional = conditioning.conditional_fisher.max("scale")

    def growth(values):
        return values.isel(gaussian_sides=slice(1, None)).values / values.isel(gaussian_sides=slice(None, -1)).values

    return judge(
        all_of(conditional=below(20), growth=between(3.5, 4.5)),
        measured={"conditional": conditional, "growth": growth(direct)},
        control={"conditional": direct, "growth": growth(conditional)},
        control_is="Fisher matrices of the whole field and of the details exchanged",
        expected={"conditional": [4.96, 9.35, 13.78], "growth": 4.0},
        expected_source="the variance of the lowest mode, in proportion to L²; dense matrices",
    )


@claim("C6", core=True, source="abstract")
def long_range_fields_are_captured(long_range):
    """Conditional energies over scales capture long-range, heavy-tailed fields that one local energy does not."""
    last = long_range.isel(long_range_sides=-1)
    worst = np.abs(np.log(last.spectrum_ratio.isel(shell=slice(1, 3)))).max("shell", skipna=False)
    skewness = last.skewness.sel(source="test")

    def data(source):
        return {
            "quotient": worst.sel(source=source) / worst.sel(source="local"),
            "histogram": last.histogram_distance.sel(source=source),
            "skewness": Against(last.skewness.sel(source=source), skewness),
        }

    return judge(
        all_of(quotient=below(0.5), histogram=below(0.12, strict=True), skewness=within(rel=0.2)),
        measured=data("over scales"),
        control=data("local"),
        control_is="one microscopic local energy with the same terms",
        expected={"quotient": 0.0, "histogram": 0.0, "skewness": skewness.mean()},
        expected_source="the test fields",
    )


@claim("C7", core=True, source="abstract")
def conditional_energies_add_up(energies, beta):
    """The microscopic energy is the sum over scales of the conditional energies less their free energies."""
    at = energies.isel(sides=-1).sel(betas=beta)

    def data(part):
        return {"correlation": at[f"{part}_correlation"], "slope": at[f"{part}_slope"]}

    return judge(
        all_of(correlation=above(0.99, strict=True), slope=within(1, abs=0.05)),
        measured=data("summed"),
        control=data("finest"),
        control_is="the term of the finest scale alone",
        expected={"correlation": 1.0, "slope": 1.0},
        expected_source="the true energy of the test fields",
    )
