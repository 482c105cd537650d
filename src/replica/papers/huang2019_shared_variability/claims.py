"""Claims: low-dimensional shared variability, where it comes from, and what attention does to it."""

from replica.paper import claim
from replica.verdict import Against, above, all_of, below, between, equal, judge, within

FULL_SIZE = "the authors' published results at full size"
NEAR = 0.05  # ms, of a bifurcation


def _of(variable, kind, drive):
    """Values of one kind of inhibition at one drive, of the wirings for which it was run."""
    return variable.sel(condition=f"{kind}, {drive:g}").dropna("seeds")


def _ratio(variable, kind, attended, unattended):
    return _of(variable, kind, attended) / _of(variable, kind, unattended)


def _difference(variable, kind, attended, unattended):
    return _of(variable, kind, attended) - _of(variable, kind, unattended)


@claim("C1", core=True, source="abstract")
def nonspatial_networks_are_silent_or_synchronous(single_layer):
    """Networks without spatial wiring give either no shared variability or pathological synchrony."""

    def of(wiring):
        found = single_layer.correlation.sel(wirings=wiring).rename(layer_seeds="seeds")
        return {"fast_inhibition": found.sel(inhibitory_decays=0.5), "slow_inhibition": found.sel(inhibitory_decays=8)}

    return judge(
        all_of(fast_inhibition=below(0.03, strict=True), slow_inhibition=above(0.4, strict=True)),
        measured=of("uniform"),
        control=of("local"),
        control_is="local wiring",
        expected={"fast_inhibition": 0.002, "slow_inhibition": 0.69},
        expected_source=FULL_SIZE,
    )


@claim("C2", source="abstract")
def local_slow_networks_fluctuate_moderately(single_layer):
    """With local wiring and slow inhibition the network fluctuates moderately, not pathologically."""

    def of(wiring):
        at = single_layer.sel(wirings=wiring).rename(layer_seeds="seeds")
        variation = at.population_variation
        return {
            "correlation": at.correlation.sel(inhibitory_decays=8),
            "variation_ratio": variation.sel(inhibitory_decays=8) / variation.sel(inhibitory_decays=0.5),
        }

    return judge(
        all_of(correlation=between(0.01, 0.1), variation_ratio=above(1.8)),
        measured=of("local"),
        control=of("uniform"),
        control_is="uniform wiring",
        expected={"correlation": 0.031, "variation_ratio": 2.5},
        expected_source=f"{FULL_SIZE}; for the ratio an independent simulation",
    )


@claim("C3", core=True, source="abstract")
def shared_variability_has_one_dimension(shared_variability, unattended_drive):
    """Shared variability is low-dimensional when inhibition is local and slow."""
    return judge(
        above(0.55),
        measured=_of(shared_variability.first_share, "slow", unattended_drive),
        control=_of(shared_variability.first_share, "fast", unattended_drive),
        control_is="fast inhibition",
        expected=0.67,
        expected_source=FULL_SIZE,
    )


@claim("C4", core=True, source="abstract")
def variability_arises_within(shared_variability, unattended_drive):
    """The shared variability is generated inside the network."""
    return judge(
        above(0.8),
        measured=_of(shared_variability.internal_share, "slow", unattended_drive),
        control=_of(shared_variability.internal_share, "fast", unattended_drive),
        control_is="fast inhibition",
        expected=0.97,
        expected_source="an independent simulation with three repeats",
    )


@claim("C5", core=True, source="abstract")
def attention_reduces_variability_within(shared_variability, unattended_drive, attended_drive):
    """Attention, more drive to the inhibitory neurons, reduces the variability shared within the area."""

    def of(kind):
        first = shared_variability.eigenvalue.sel(factor=1)
        return {
            "first_eigenvalue": _ratio(first, kind, attended_drive, unattended_drive),
            "correlation": _ratio(shared_variability.within_correlation, kind, attended_drive, unattended_drive),
        }

    return judge(
        all_of(first_eigenvalue=below(0.6), correlation=below(0.75)),
        measured=of("slow"),
        control=of("fast"),
        control_is="fast inhibition, the same step of the drive",
        expected={"first_eigenvalue": 0.34, "correlation": 0.89},
        expected_source=f"{FULL_SIZE}, drives 0.2 and 0.35",
    )


@claim("C6", core=True, source="abstract")
def attention_raises_variability_between(shared_variability, unattended_drive, attended_drive):
    """Attention raises the variability shared between the areas."""

    def of(kind):
        return _difference(shared_variability.between_correlation, kind, attended_drive, unattended_drive)

    return judge(
        above(0.004, strict=True),
        measured=of("slow"),
        control=of("fast"),
        control_is="fast inhibition, the same step of the drive",
        expected=0.007,
        expected_source=f"{FULL_SIZE}, drives 0.2 and 0.35",
    )


@claim("C7", core=True, source="derived: the neural field of the paper")
def attention_moves_the_bifurcation(field, field_drives):
    """Attention moves the bifurcation of the neural field: slower inhibition is needed for it."""
    local, broad = field.curve_widths.values
    expected = (11.39, 14.99)

    def of(width):
        found = {}
        for name, drive, reference in zip(("unattended", "attended"), field_drives, expected, strict=True):
            at = field.sel(field_drives=drive)
            found[name] = Against(at.onset.sel(curve_widths=width), reference)
            found[f"{name}_closed_form"] = Against(at.onset_closed_form, reference)
        return found

    names = ("unattended", "unattended_closed_form", "attended", "attended_closed_form")
    return judge(
        all_of(**dict.fromkeys(names, within(abs=NEAR))),
        measured=of(local),
        control=of(broad),
        control_is="broader inhibition, which has no onset at n = 0",
        expected=dict(zip(("unattended", "attended"), expected, strict=True)),
        expected_source="the trace of the Jacobian at n = 0",
    )


@claim("C8", source="derived")
def broad_inhibition_gives_patterns(field, shared_variability, field_drives, unattended_drive):
    """Broader inhibition gives patterns, wavenumbers above 0, and not one shared dimension."""
    local, broad = field.curve_widths.values
    fastest = field.fastest_wavenumber.sel(field_drives=field_drives[0])

    def of(width, time, kind):
        return {
            "wavenumber": fastest.sel(curve_widths=width, curve_times=time),
            "first_share": _of(shared_variability.first_share, kind, unattended_drive),
        }

    return judge(
        all_of(wavenumber=within(2.83, abs=0.005), first_share=below(0.45, strict=True)),
        measured=of(broad, 7.5, "broad"),
        control=of(local, 12.5, "slow"),
        control_is="inhibition as wide as excitation",
        expected={"wavenumber": 8**0.5, "first_share": 0.30},
        expected_source=f"eigenvalues of the Jacobian; {FULL_SIZE}",
    )


@claim("C9", source="derived: layer three does not project back")
def layer_two_does_not_see_attention(shared_variability, unattended_drive, attended_drive):
    """The statistics of layer two do not depend on the attended state of layer three."""
    unattended, attended = (
        _of(shared_variability.input_correlation, "slow", drive) for drive in (unattended_drive, attended_drive)
    )
    return judge(
        equal(),
        measured=Against(attended, unattended),
        control=Against(attended.roll(seeds=1), unattended),
        control_is="layer two of another wiring",
        expected=0,
        expected_source="no connection leads back; the number of values that differ",
    )
