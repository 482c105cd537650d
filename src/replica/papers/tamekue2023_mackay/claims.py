"""Claims: rings across rays, and rings beside rays, in a neural field below the threshold of spontaneous patterns."""

from replica.paper import claim
from replica.verdict import Against, above, all_of, below, equal, judge, within

OWN = "a NumPy prototype of the same field"
LINEAR = [2.0, 3.0, 3.8]


def _rays(mackay, contrast, strength, transfers):
    where = {"stimulus": "rays", "contrasts": contrast, "strengths": strength, "transfers": transfers}
    chosen = mackay.sel(**where)
    return {"amplitude": chosen.ring_amplitude, "sign_changes": chosen.sign_changes}


def _largest_without(mackay, contrast, strength, transfers):
    """Of both controls together: no localised part, and no connections."""
    alone = _rays(mackay, 0.0, strength, transfers)
    unconnected = _rays(mackay, contrast, 0.0, transfers)
    return {name: max(alone[name].max().item(), unconnected[name].max().item()) for name in alone}


RINGS = all_of(amplitude=above(0.05), sign_changes=above(3))
WITHOUT = "the largest of: rays without the localised part; no connections, μ = 0"


@claim("T1", core=True, source="abstract")
def rings_across_rays(mackay, contrast, strength):
    """The field reproduces the MacKay effect: rays with a localised part give rings that cross them."""
    transfers = ["linear", "tanh"]
    return judge(
        RINGS,
        measured=_rays(mackay, contrast, strength, transfers),
        control=_largest_without(mackay, contrast, strength, transfers),
        control_is=WITHOUT,
        expected={"amplitude": [0.340, 0.134], "sign_changes": [6, 3]},
        expected_source=f"{OWN}: linear, tanh",
    )


@claim("T2", core=True, source="follow-up papers of the authors")
def mackay_effect_is_linear(mackay, contrast, strength):
    """The MacKay effect is essentially linear: a linear field shows it."""
    return judge(
        RINGS,
        measured=_rays(mackay, contrast, strength, "linear"),
        control=_largest_without(mackay, contrast, strength, "linear"),
        control_is=WITHOUT,
        expected={"amplitude": 0.340, "sign_changes": 6},
        expected_source=OWN,
    )


@claim("T3", core=True, source="derived: pole of the linear field")
def rings_follow_the_pole(mackay, theory, contrast):
    """Spacing and decay of the rings are those of the pole of the linear field."""
    rings = mackay.sel(stimulus="rays", contrasts=contrast, transfers="linear")
    names = ("half_period", "decay")
    right = theory.sel(linear_strength=LINEAR)
    return judge(
        all_of(half_period=within(rel=0.02), decay=within(rel=0.02)),
        measured={name: Against(rings[name].sel(strengths=LINEAR).values, right[name].values) for name in names},
        control={
            name: Against(rings[name].sel(strengths=3.8).item(), theory[name].sel(linear_strength=2.0).item())
            for name in names
        },
        control_is="the field at μ = 3.8 against the pole at μ = 2",
        expected={name: right[name] for name in names},
        expected_source="pole of 1/(1 - μω̂) at μ = 2, 3, 3.8",
    )


@claim("T4", core=True, source="abstract")
def rings_in_the_empty_surround(billock_tsou, strength):
    """The field reproduces the Billock-Tsou effect: rays in one part of the visual field give rings in the rest."""

    def data(transfer):
        chosen = billock_tsou.sel(surround_strengths=strength, surround_transfers=transfer)
        return {"ring": chosen.ring_amplitude, "ring_over_ray": chosen.ring_amplitude / chosen.ray_amplitude}

    odd = [data(transfer) for transfer in ("tanh", "clip")]
    return judge(
        all_of(ring=above(0.05), ring_over_ray=above(20)),
        measured=data("floor 0.2"),
        control={name: max(of[name].max().item() for of in odd) for name in ("ring", "ring_over_ray")},
        control_is="the largest of two odd functions, tanh and clip",
        expected={"ring": 0.120, "ring_over_ray": 0.120 / 0.0003},
        expected_source=OWN,
    )


@claim("T5", core=True, source="follow-up papers of the authors")
def shape_of_the_nonlinearity_matters(billock_tsou, strength):
    """The Billock-Tsou effect depends on the shape of the nonlinearity: it must not be odd, and needs inhibition."""
    chosen = billock_tsou.sel(place="fovea", surround_strengths=strength)

    def data(leaky):
        amplitude = {name: chosen.ring_amplitude.sel(surround_transfers=name) for name in ("clip", leaky)}
        changes = {name: chosen.sign_changes.sel(surround_transfers=name) for name in (leaky, "floor 0")}
        return {
            "odd_amplitude": amplitude["clip"],
            "amplitude": amplitude[leaky],
            "sign_changes": changes[leaky],
            "rectified_sign_changes": changes["floor 0"],
        }

    return judge(
        all_of(
            odd_amplitude=below(1e-6, strict=True),
            amplitude=above(0.08, strict=True),
            sign_changes=above(3),
            rectified_sign_changes=equal(0),
        ),
        measured=data("floor 0.2"),
        control=data("linear"),
        control_is="a linear function in place of the floor of 0.2",
        expected={"odd_amplitude": 0.0, "amplitude": 0.120, "sign_changes": 5, "rectified_sign_changes": 0},
        expected_source=f"symmetry; {OWN}",
    )


@claim("T6", source="paper")
def rays_across_rings(mackay, contrast, strength):
    """Rings with a localised column give rays that cross them (MacKay target)."""
    target = mackay.peak_to_peak.sel(stimulus="target", strengths=strength)
    return judge(
        above(0.3),
        measured=target.sel(contrasts=contrast),
        control=target.sel(contrasts=0.0),
        control_is="rings without the localised column",
        expected=[0.94, 0.68],
        expected_source=f"{OWN}: linear, tanh",
    )


@claim("T7", source="derived: μ max ω̂ < 1")
def no_spontaneous_patterns(spontaneous):
    """At the strengths of the effects there are no spontaneous patterns: without a stimulus activity dies out."""
    return judge(
        below(1e-3, strict=True, rule="each"),
        measured=spontaneous.largest_activity.sel(random_strengths=3.8),
        control=spontaneous.largest_activity.sel(random_strengths=4.5),
        control_is="μ = 4.5, above the threshold of 4",
        expected=0.0,
        expected_source="decay at the rate 1 - μ/4 of the slowest pattern",
    )
