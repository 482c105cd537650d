"""Claims: cross-covariances, dimension and time scales of random networks, theory against simulation."""

import numpy as np

from replica.paper import claim
from replica.verdict import (
    Against,
    Estimate,
    above,
    all_of,
    below,
    judge,
    monotone,
    slope_between,
    within,
)

CAVITY = "two-site cavity theory"


def _estimate(comparison, name, n, **where):
    return Estimate(comparison[name].sel(**where), comparison[name + "_error"].sel(**where), n)


def _largest(comparison, gain):
    """The largest networks at the gain of the claims, and how many there are."""
    return {"units": comparison.units[-1].item(), "simulated_gains": gain}, int(comparison.networks_used[-1])


def _both(comparison, gain, reference):
    where, n = _largest(comparison, gain)
    return {
        quantity: Against(
            _estimate(comparison, "dimension", n, quantity=quantity, **where),
            reference.dimension.sel(quantity=quantity).item(),
        )
        for quantity in ("rate", "state")
    }


@claim("C1", core=True, source="abstract")
def two_site_theory_gives_dimension(theory, comparison, gain):
    """The two-site cavity theory gives the cross-covariances of random networks and with them their dimension."""
    right, wrong = theory.sel(gains=gain), theory.sel(gains=3.0)
    return judge(
        all_of(rate=within(rel=0.12), state=within(rel=0.12)),
        measured=_both(comparison, gain, right),
        control=_both(comparison, gain, wrong),
        control_is="the theory evaluated at g = 3",
        expected={quantity: right.dimension.sel(quantity=quantity) for quantity in ("rate", "state")},
        expected_source=CAVITY,
    )


@claim("C2", core=True, source="abstract")
def dimension_is_extensive(comparison, gain):
    """The dimension of activity grows in proportion to the number of units."""
    n = int(comparison.networks_used.min())
    return judge(
        slope_between(0.8, 1.2, along="units"),
        measured=_estimate(comparison, "participation_ratio", n, simulated_gains=gain),
        control=_estimate(comparison, "projected_participation_ratio", n, simulated_gains=gain),
        control_is="activity projected on three fixed random directions",
        expected=1.0,
        expected_source="two-site cavity theory: PR = N D",
    )


@claim("C3", core=True, source="abstract")
def dimension_is_a_small_fraction(theory, comparison, gain):
    """The dimension of activity is a small fraction of the number of units at every gain."""
    where, n = _largest(comparison, gain)
    curves = {f"{quantity}_theory": theory.dimension.sel(quantity=quantity) for quantity in ("rate", "state")}
    return judge(
        all_of(
            simulation=below(0.11, strict=True),
            rate_theory=below(0.13, strict=True),
            state_theory=below(0.065, strict=True),
        ),
        measured={"simulation": _estimate(comparison, "dimension", n, quantity="rate", **where), **curves},
        control={"simulation": _estimate(comparison, "shifted_dimension", n, **where), **curves},
        control_is="the trace of each unit circularly shifted by a random time",
        expected={
            "simulation": theory.dimension.sel(quantity="rate", gains=gain),
            "rate_theory": theory.dimension.sel(quantity="rate").max(),
            "state_theory": theory.dimension.sel(quantity="state").max(),
        },
        expected_source=CAVITY,
    )


@claim("C4", core=True, source="abstract")
def population_time_scale_is_long(theory, comparison, gain):
    """Cross-covariances decay on a time scale several times longer than that of the activity of a single unit."""
    where, n = _largest(comparison, gain)
    at = theory.sel(gains=gain)
    ratio = (at.population_time / at.unit_time).item()
    measured = _estimate(comparison, "time_ratio", n, quantity="rate", **where)
    control = _estimate(comparison, "shifted_time_ratio", n, **where)
    return judge(
        all_of(ratio=above(3.0), of_theory=within(ratio, rel=0.25)),
        measured={"ratio": measured, "of_theory": measured},
        control={"ratio": control, "of_theory": control},
        control_is="circularly shifted traces, whose cross-covariances do not decay to 1/e",
        expected=ratio,
        expected_source=CAVITY,
    )


@claim("C5", core=True, source="abstract")
def shape_of_cross_covariances_is_predicted(theory, comparison, gain):
    """The two-site cavity theory predicts how cross-covariances decay with the time lag."""
    where, n = _largest(comparison, gain)
    where |= {"quantity": "rate", "lags": [5, 10, 20]}
    curve = theory.cross_covariance.sel(quantity="rate", gains=gain)
    expected = (curve / curve.sel(lag=0)).sel(lag=[5, 10, 20]).values
    return judge(
        within(expected, abs=0.06),
        measured=_estimate(comparison, "cross_shape", n, **where),
        control=_estimate(comparison, "unit_shape", n, **where),
        control_is="the squared autocovariance of single units",
        expected=expected,
        expected_source="two-site cavity theory at lags 5, 10 and 20 τ",
    )


def _above_onset(values, low, high):
    """Values at gains in [low, high] against the distance of the gain from the onset of chaos."""
    chosen = values.sel(gains=slice(low, high))
    return chosen.rename(gains="distance").assign_coords(distance=chosen.gains.values - 1)


@claim("C6", source="derived: the denominator of the two-site formula vanishes at rate 1 - β")
def long_time_diverges_at_onset(theory):
    """Cross-covariances decay at rate 1 - β, which vanishes as the square of the distance from the onset of chaos."""
    middle = theory.sel(gains=slice(1.5, 3.0))
    return judge(
        all_of(tail_rate=within(middle.slow_rate.values, rel=0.15), slope=slope_between(1.7, 2.05, along="distance")),
        measured={"tail_rate": middle.tail_rate, "slope": _above_onset(theory.slow_rate, 1.05, 1.1)},
        control={"tail_rate": middle.unit_tail_rate, "slope": _above_onset(theory.slow_rate, 5.0, 20.0)},
        control_is="slope on g from 5 to 20; the tail of the squared autocovariance",
        expected={"tail_rate": middle.slow_rate, "slope": 2.0},
        expected_source="1 - β; expansion about g = 1, where the slope tends to 2",
    )


@claim("C7", source="derived: expansion of the two-site formula about the onset")
def dimension_vanishes_at_onset(theory):
    """The dimension vanishes at the onset of chaos as the third power of the distance from it."""
    dimension = theory.dimension.sel(quantity="rate")
    return judge(
        slope_between(2.5, 3.2, along="distance"),
        measured=_above_onset(dimension, 1.05, 1.1),
        control=_above_onset(dimension, 5.0, 20.0),
        control_is="slope on g from 5 to 20",
        expected=3.0,
        expected_source="limit g → 1",
    )


@claim("C8", core=True, source="abstract")
def holds_for_other_units(theory, other_units_theory, comparison, unit_networks):
    """The theory holds for other single units: another nonlinearity, filters of second order, white noise."""
    cases = dict(zip(("tanh", "second_order", "noise"), comparison.case.values[:3], strict=True))
    simulated = {
        name: _estimate(comparison, "other_units_dimension", min(unit_networks), case=case)
        for name, case in cases.items()
    }
    expected = {name: other_units_theory.dimension.sel(case=case).item() for name, case in cases.items()}
    first_order = theory.dimension.sel(quantity="rate", gains=5.0).item()
    return judge(
        all_of(tanh=within(rel=0.15), second_order=within(rel=0.15), noise=within(rel=0.03)),
        measured={name: Against(simulated[name], expected[name]) for name in cases},
        control={name: Against(simulated[name], first_order) for name in cases},
        control_is="the theory of erf units of first order without noise at g = 5",
        expected=expected,
        expected_source=CAVITY,
    )


@claim("C9", core=True, source="abstract")
def holds_for_partially_symmetric_couplings(symmetric_theory, comparison, symmetries, symmetric_networks):
    """The theory extends to couplings that are not independent: partially symmetric ones."""
    at = symmetric_theory.sel(symmetries=0.3)
    simulated = _estimate(comparison, "symmetric_dimension", symmetric_networks[symmetries.index(0.3)], symmetries=0.3)
    return judge(
        within(rel=0.15),
        measured=Against(simulated, at.dimension.item()),
        control=Against(simulated, at.independent_dimension.item()),
        control_is="the formula of independent couplings with the same single-unit functions",
        expected=at.dimension,
        expected_source="two-site cavity theory with Monte Carlo mean-field theory",
    )


@claim("C10", source="derived")
def symmetry_lowers_dimension(theory, symmetric_theory, comparison, gain, symmetries, symmetric_networks):
    """The dimension falls as couplings become more symmetric, from negative to positive symmetry."""
    where, _ = _largest(comparison, gain)
    chosen = [-0.25 if -0.25 in symmetries else -0.3, 0.3]
    independent = theory.dimension.sel(quantity="rate", gains=gain).item()
    own = [comparison[name].sel(quantity="rate", **where).item() for name in ("dimension", "dimension_error")]

    def around_zero(array, middle):
        low, high = array.sel(symmetries=chosen).values
        return np.array([low, middle, high])

    simulated = Estimate(
        around_zero(comparison.symmetric_dimension, own[0]),
        around_zero(comparison.symmetric_dimension_error, own[1]),
        min(symmetric_networks),
    )

    def data(formula):
        values = around_zero(formula, independent)
        curve = formula.sel(symmetries=chosen).reindex(symmetries=[chosen[0], 0.0, chosen[1]]).copy(data=values)
        return {"simulation": Against(simulated, values), "order": curve}

    return judge(
        all_of(simulation=within(rel=0.2), order=monotone("decreasing", along="symmetries", strict=True)),
        measured=data(symmetric_theory.dimension),
        control=data(symmetric_theory.opposite_dimension),
        control_is="the formula with the sign of the symmetry swapped",
        expected=data(symmetric_theory.dimension)["order"],
        expected_source="two-site cavity theory with Monte Carlo mean-field theory",
    )
