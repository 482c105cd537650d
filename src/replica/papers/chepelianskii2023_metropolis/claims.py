"""Claims: how a Metropolis sampler converges changes at a critical jump length."""

import numpy as np

from replica.paper import claim
from replica.verdict import Against, above, all_of, below, between, equal, judge, monotone, slope_between, within

PROTOTYPE = "a NumPy prototype of the same operator"
HARMONIC = "harmonic, uniform"


def _gap(spectra, case, **where):
    chosen = spectra.sel(cases=case, **where)
    return (chosen.eigenvalue.sel(rank=1) - chosen.largest_rejection).values


@claim("C1", core=True, source="abstract")
def localization_transition(spectra, critical):
    """Deviations from the target show a localization transition in the jump length."""
    ipr = spectra.ipr.sel(cases=HARMONIC)
    length = critical.critical_length
    return judge(
        all_of(ratio=above(50, strict=True), critical_length=within(3.33, abs=0.03)),
        measured={
            "ratio": (ipr.sel(lengths=3.6) / ipr.sel(lengths=3.2)).item(),
            "critical_length": length.sel(potentials="harmonic"),
        },
        control={
            "ratio": (ipr.sel(lengths=2.5) / ipr.sel(lengths=3.2)).item(),
            "critical_length": length.sel(potentials="quartic"),
        },
        control_is="a = 2.5 against 3.2, both below the transition; the quartic potential",
        expected={"ratio": 40 / 0.166, "critical_length": 3.330},
        expected_source=PROTOTYPE,
    )


@claim("C2", core=True, source="abstract")
def diffusion_limits_short_jumps(spectra):
    """Below the critical jump length relaxation is limited by diffusion."""
    share = (1 - spectra.small_eigenvalue) / (spectra.small_lengths**2 / 6)
    smooth = slice(None, 3.2)
    beyond = slice(3.5, None)
    odd = spectra.is_odd.sel(cases=HARMONIC)
    return judge(
        all_of(
            share_of_diffusion=within(np.array([0.97, 0.94]), abs=0.02),
            leading_mode_is_odd=equal(1),
            gap=above(0.01, strict=True),
        ),
        measured={
            "share_of_diffusion": share.sel(small_lengths=[0.1, 0.2]).values,
            "leading_mode_is_odd": odd.sel(lengths=smooth),
            "gap": _gap(spectra, HARMONIC, lengths=smooth),
        },
        control={
            "share_of_diffusion": share.sel(small_lengths=[2.5, 2.5]).values,
            "leading_mode_is_odd": odd.sel(lengths=beyond),
            "gap": _gap(spectra, HARMONIC, lengths=beyond),
        },
        control_is="a = 2.5 in the share of diffusion, a ≥ 3.5 in the mode and its gap",
        expected={"share_of_diffusion": [0.969, 0.937], "leading_mode_is_odd": 1, "gap": 0.022},
        expected_source=f"diffusive limit 1 - Λ → a²/6; its correction, and the gap at a = 3.2, from {PROTOTYPE}",
    )


@claim("C3", core=True, source="abstract")
def rejection_limits_long_jumps(spectra):
    """Above the critical jump length relaxation is limited by rejection: Λ is the largest rejection probability."""
    cases = {"harmonic": 3.5, "quartic": 3.0, "box": 2.1}
    gaps = [np.abs(_gap(spectra, f"{name}, uniform", lengths=slice(low, None))) for name, low in cases.items()]
    return judge(
        below(5e-4, strict=True),
        measured=np.concatenate(gaps),
        control=np.abs(_gap(spectra, HARMONIC, lengths=2.5)),
        control_is="a = 2.5, below the transition",
        expected=0.0,
        expected_source="the range of R is a singular continuum of the operator",
    )


@claim("C4", core=True, source="abstract")
def shape_of_the_error_changes(profiles):
    """The asymptotic shape of the error changes: above a* it narrows as the square root of time, below it is fixed."""
    options = {"along": "times", "start": 100, "stop": 1000}
    width = profiles.width
    return judge(
        all_of(localised=slope_between(-0.55, -0.45, **options), smooth=slope_between(-0.02, 0.02, **options)),
        measured={
            "localised": width.sel(profile_lengths=[4.0, 5.0]),
            "smooth": width.sel(profile_lengths=[1.5, 2.5, 3.0]),
        },
        control={"localised": width.sel(profile_lengths=3.0), "smooth": width.sel(profile_lengths=4.0)},
        control_is="a = 3, below the transition, in the first part, a = 4 in the second",
        expected={"localised": -0.5, "smooth": 0.0},
        expected_source="the error is ∝ R(x)^n about the maximum of R",
    )


@claim("C5", core=True, source="abstract")
def every_jump_length_converges(spectra):
    """The sampler converges at every jump length: Λ < 1."""
    return judge(
        above(1e-3, strict=True),
        measured=(1 - spectra.eigenvalue.sel(rank=1)).values.ravel(),
        control=1 - spectra.divided_eigenvalue.item(),
        control_is="a box whose forbidden middle is wider than the jumps",
        expected=0.0016,
        expected_source=f"1 - Λ at a = 0.1, harmonic, from {PROTOTYPE}",
    )


@claim("C6", core=True, source="abstract")
def walkers_follow_the_master_equation(agreement):
    """Analytic and numerical results agree: walkers are distributed as the master equation says."""

    def data(rule):
        chosen = agreement.sel(rule=rule)
        return {
            "chi_square": chosen.chi_square.mean(["walker_lengths", "walker_times"]),
            "correlation": chosen.correlation.sel(walker_times=4),
        }

    return judge(
        all_of(chi_square=between(0.8, 1.2), correlation=above(0.98, strict=True)),
        measured=data("metropolis"),
        control=data("always"),
        control_is="walkers that accept every jump",
        expected={"chi_square": 1.0, "correlation": [0.998, 0.9996]},
        expected_source=f"counts are multinomial; correlation from {PROTOTYPE}",
    )


@claim("C7", source="paper")
def other_potentials(critical):
    """The transition exists in other potentials, at other jump lengths."""
    length = critical.critical_length
    harmonic = length.sel(potentials="harmonic")
    return judge(
        all_of(quartic=within(2.89, abs=0.03), box=within(2.0, abs=0.02)),
        measured={name: length.sel(potentials=name) for name in ("quartic", "box")},
        control={"quartic": harmonic, "box": harmonic},
        control_is="the critical length of the harmonic potential",
        expected={"quartic": 2.892, "box": 2.0},
        expected_source=f"{PROTOTYPE}; for the box R = 1 - 1/a everywhere from a = 2 on",
    )


@claim("C8", source="title")
def transition_is_optimal(optimum, critical):
    """The sampler converges fastest at the transition (harmonic potential, uniform jumps)."""
    transition = critical.critical_length.sel(potentials="harmonic").isel(critical_cells=-1).item()

    def data(jump):
        chosen = optimum.sel(optimum_jumps=jump)
        return {"length": Against(chosen.best_length.item(), transition), "acceptance": chosen.best_acceptance.item()}

    return judge(
        all_of(length=within(abs=0.05), acceptance=within(0.456, abs=0.01)),
        measured=data("uniform"),
        control=data("gaussian"),
        control_is="Gaussian jumps, whose best length is not at this transition",
        expected={"length": transition, "acceptance": 0.456},
        expected_source=f"the critical length; {PROTOTYPE}",
    )


@claim("C9", source="derived")
def smooth_jumps_soften_the_transition(spectra):
    """Smooth jump densities soften the transition: the leading mode narrows slowly with the jump length."""

    def data(jump):
        ipr = spectra.ipr.sel(cases=f"harmonic, {jump}", lengths=[4.0, 5.0, 6.0])
        return {"rises": ipr, "bounded": ipr}

    return judge(
        all_of(rises=monotone("increasing", along="lengths", strict=True), bounded=below(3, strict=True)),
        measured=data("gaussian"),
        control=data("uniform"),
        control_is="uniform jumps",
        expected=[0.165, 0.56, 1.43],
        expected_source=PROTOTYPE,
    )
