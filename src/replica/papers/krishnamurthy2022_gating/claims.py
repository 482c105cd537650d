"""Claims: spectra of gated networks, time scales, memory, dimension, and the discontinuous transition to chaos."""

import numpy as np

from replica.paper import claim
from replica.verdict import (
    Estimate,
    above,
    all_of,
    below,
    judge,
    monotone,
    share_at_least,
    within,
)

PROTOTYPE = "an independent run of the same network"
MEAN_FIELD = "mean-field theory"


def _over_seeds(dataset, seeds):
    """The dataset with its own seeds under the name over which criteria take means."""
    return dataset.rename({seeds: "seeds"})


def _at(spectra, update, output):
    """Index of the setting with these steepnesses."""
    chosen = (spectra.update_steepness == update) & (spectra.output_steepness == output)
    return int(np.flatnonzero(chosen.values)[0])


@claim("K1", core=True, source="paper")
def random_matrix_theory_gives_spectrum(spectra):
    """The random-matrix curve describes the spectrum of the Jacobian of the gated network, bulk and right edge."""
    spectra = _over_seeds(spectra, "spectrum_seeds")
    gated = spectra.isel(setting=_at(spectra, 0, 10))
    return judge(
        all_of(outside=below(0.01), edge=below(0.06)),
        measured={"outside": spectra.outside, "edge": spectra.edge_error},
        control={"outside": gated.ungated_outside, "edge": gated.ungated_edge_error},
        control_is="the curve that ignores the output gate, on the state with α_r = 10",
        expected={"outside": 0.0, "edge": 0.0},
        expected_source="random-matrix theory, up to fluctuations of finite size",
    )


@claim("K2", core=True, source="abstract")
def update_gate_controls_time_scales(time_scales):
    """The update gate controls the time scale of the activity: the steeper it is, the slower are the units."""
    width = time_scales.half_width.sel(update_steepnesses=[0, 2, 5, 10])
    contrast = time_scales.contrast_half_width
    steepest = contrast.contrast_steepnesses.values[-1]
    return judge(
        all_of(ratio=above(4.0), order=monotone("increasing", along="steepness")),
        measured={
            "ratio": width.sel(update_steepnesses=5) / width.sel(update_steepnesses=0),
            "order": width.rename(update_steepnesses="steepness"),
        },
        control={
            "ratio": contrast.sel(contrast_steepnesses=steepest) / contrast.sel(contrast_steepnesses=0),
            "order": contrast.rename(contrast_steepnesses="steepness"),
        },
        control_is="the steepness of the output gate swept in place of that of the update gate",
        expected={"ratio": 14.0, "order": [10, 20, 130, 390]},
        expected_source=PROTOTYPE,
    )


@claim("K3", core=True, source="abstract")
def steep_update_gate_is_marginally_stable(time_scales, spectra):
    """A steep update gate brings the network into a marginally stable state with many slow modes."""
    exponent = time_scales.exponent.sel(exponent_gains=5)
    slow = _over_seeds(spectra, "spectrum_seeds").slow
    shares = [slow.isel(setting=_at(spectra, update, output)) for update, output in ((0, 0), (10, 0), (50, 2))]
    chaotic = exponent.sel(exponent_steepnesses=0)
    return judge(
        all_of(without_gate=above(0.05), exponent=below(0.02), slow_at_10=above(0.07), slow_at_50=above(0.10)),
        measured={
            "without_gate": chaotic,
            "exponent": abs(exponent.sel(exponent_steepnesses=50)),
            "slow_at_10": shares[1],
            "slow_at_50": shares[2],
        },
        control={
            "without_gate": chaotic,
            "exponent": abs(chaotic),
            "slow_at_10": shares[0],
            "slow_at_50": shares[0],
        },
        control_is="the same quantities at α_z = 0",
        expected={"without_gate": 0.078, "exponent": 0.007, "slow_at_10": 0.11, "slow_at_50": 0.15},
        expected_source=PROTOTYPE,
    )


@claim("K4", core=True, source="abstract")
def network_integrates_without_fine_tuning(integrator):
    """With a steep update gate the network keeps the trace of an input, at any gain and without symmetry."""
    left = _over_seeds(integrator.retention.isel(time=-1), "integrator_seeds")
    return judge(
        above(0.25),
        measured=left.sel(integrator_steepnesses=50),
        control=left.sel(integrator_steepnesses=0),
        control_is="networks without an update gate (α_z = 0) at the same gains",
        expected=[0.37, 0.41, 0.39],
        expected_source=PROTOTYPE,
    )


@claim("K5", core=True, source="abstract")
def gates_reset_memory(reset):
    """Pulses to both gates erase the trace of a memory, which otherwise lasts."""
    left = _over_seeds(reset.distance.isel(time=-1), "reset_seeds")
    none = left.sel(pulse="none")
    return judge(
        all_of(pulse=below(0.01), none=above(0.6)),
        measured={"pulse": left.sel(pulse="both"), "none": none},
        control={"pulse": left.sel(pulse="output", reset_steepnesses=50), "none": none},
        control_is="a pulse to the output gate alone at α_z = 50",
        expected={"pulse": 0.0, "none": 0.87},
        expected_source=PROTOTYPE,
    )


def _ratio_of_means(numerator, denominator):
    """Ratio of two means over the same seeds, with the error to first order (single seeds may have a value of 0)."""
    a, b = (np.asarray(values.values, dtype=float) for values in (numerator, denominator))
    ratio = a.mean() / b.mean()
    error = np.std(a - ratio * b, ddof=1) / np.sqrt(a.size) / b.mean() if a.size > 1 else None
    return Estimate(ratio, error, a.size)


@claim("K6", core=True, source="abstract")
def output_gate_controls_dimension(dimension):
    """The output gate controls the dimension of the activity, beyond what a larger gain does."""
    dimension = _over_seeds(dimension, "dimension_seeds")
    quantities = ("participation_ratio", "kaplan_yorke")
    steep = int(np.flatnonzero(dimension.steepness.values == 20)[0])

    def ratios(setting):
        return {
            name: _ratio_of_means(dimension[name].isel(setting=setting), dimension[name].isel(setting=0))
            for name in quantities
        }

    return judge(
        all_of(participation_ratio=above(3.0), kaplan_yorke=above(3.0)),
        measured=ratios(steep),
        control=ratios(-1),
        control_is="no output gate and a gain that makes up for it, g_h = 3√2",
        expected={"participation_ratio": 7.4, "kaplan_yorke": 31.0},
        expected_source=PROTOTYPE,
    )


@claim("K7", core=True, source="abstract")
def transition_to_chaos_is_discontinuous(theory, transition):
    """With a steep output gate chaos sets in discontinuously, beside a stable silent state."""

    def data(steepness, gain):
        at = transition.sel(transition_steepnesses=steepness, transition_gains=gain)
        large, small = at.sel(condition="large"), at.sel(condition="small")
        return {
            "large_square": large.mean_square,
            "large_exponent": large.exponent,
            "small_square": small.mean_square,
            "small_exponent": small.exponent,
            "theory_jump": theory.first_variance.sel(branch_steepnesses=steepness).item(),
        }

    return judge(
        all_of(
            large_square=above(0.02, strict=True),
            large_exponent=above(0.08, strict=True),
            small_square=below(1e-3, strict=True),
            small_exponent=below(0.0, strict=True),
            theory_jump=above(0.01),
        ),
        measured=data(20, 1.9),
        control=data(0, 2.2),
        control_is="no output gate (α_r = 0), g_h = 2.2",
        expected={
            "large_square": theory.chaotic_variance.sel(branch_steepnesses=20, branch_gains=1.9, method="nearest"),
            "large_exponent": 0.128,
            "small_square": 0.0,
            "small_exponent": -0.025,
            "theory_jump": 0.0125,
        },
        expected_source="dynamical mean-field theory; silent state: λ = (-1 + g_h/2)/2; " + PROTOTYPE,
    )


@claim("K8", core=True, source="abstract")
def input_drives_chaos(driven):
    """A static input pushes a stable network with a steep output gate into strong chaos."""
    gated, plain = (driven.exponent.isel(case=i) for i in (0, 1))

    def data(exponent):
        return {"driven": exponent.sel(input_deviations=0.05), "silent": exponent.sel(input_deviations=0)}

    return judge(
        all_of(driven=above(0.05, strict=True), silent=below(-0.05, strict=True)),
        measured=data(gated),
        control=data(plain),
        control_is="no output gate (α_r = 0), g_h = 2.5",
        expected={"driven": 0.089, "silent": -0.075},
        expected_source="silent state: λ = (-1 + g_h/2)/2; " + PROTOTYPE,
    )


@claim("K9", core=True, source="abstract")
def complexities_are_decoupled(theory, complexity, transition):
    """Unstable fixed points proliferate at gains at which there is no chaos yet."""
    counted = _over_seeds(complexity.complexity, "complexity_seeds")
    gap = theory.chaos_onset - theory.fixed_point_onset

    def data(steepness, gains):
        at = transition.sel(transition_steepnesses=steepness, transition_gains=1.7, condition="large")
        return {
            "gap": gap.sel(line_steepnesses=steepness).item(),
            "complexity": counted.sel(branch_steepnesses=steepness, complexity_gains=gains),
            "exponent": at.exponent,
            "mean_square": at.mean_square,
        }

    low = [gain for gain in complexity.complexity_gains.values if gain <= 2.2]
    return judge(
        all_of(
            gap=above(0.08),
            complexity=above(0.02),
            exponent=below(0.0, strict=True),
            mean_square=below(1e-3, strict=True),
        ),
        measured=data(20, 1.7),
        control=data(0, low),
        control_is="no output gate (α_r = 0): both onsets at 2, no complexity up to g_h = 2.2",
        expected={"gap": 0.128, "complexity": 0.04, "exponent": -0.075, "mean_square": 0.0},
        expected_source=f"{MEAN_FIELD}; silent state: λ = (-1 + g_h/2)/2; {PROTOTYPE}",
    )


@claim("K10", source="derived: expansion of the mean-field equations at small variance")
def onset_turns_discontinuous_at_tricritical_point(theory):
    """Fixed points appear continuously at g_h = 2 up to α_r = √8, and by a fold at a smaller gain beyond."""
    onset = theory.fixed_point_onset
    shallow, steep = (onset.sel(line_steepnesses=steepness).item() for steepness in (2.5, 5))
    return judge(
        all_of(shallow=within(2.0, abs=0.002), steep=within(1.917, abs=0.005)),
        measured={"shallow": shallow, "steep": steep},
        control={"shallow": steep, "steep": steep},
        control_is="α_r = 5 in place of 2.5",
        expected={"shallow": 2.0, "steep": 1.917},
        expected_source=f"{MEAN_FIELD}: 1 = g²/4 + Δ g² (α_r² g²/16 - g²/2) at small Δ",
    )


@claim("K11", core=True, source="abstract")
def theory_gives_phase_diagram(theory, phase_diagram):
    """The onset of chaos of the mean-field theory separates silent from chaotic networks in the phase diagram."""
    rows, gains = (5, 10, 20, 40), (1.4, 1.6, 1.8, 1.85, 2.0, 2.3, 3.0)
    grid = phase_diagram.sel(
        map_output=phase_diagram.map_output.isin(rows), map_gains=phase_diagram.map_gains.isin(gains)
    )
    chaotic = grid.exponent.median("seeds") > 0
    lines = theory.chaos_onset.sel(line_steepnesses=grid.map_output.values).values

    def agreement(onset):
        distance = grid.map_gains.values - onset[:, None]
        return (chaotic.values == (distance > 0))[np.abs(distance) > 0.1]

    return judge(
        share_at_least(0.9),
        measured=agreement(lines),
        control=agreement(np.full(lines.shape, 2.0)),
        control_is="the onset without an output gate, g_h = 2, in every row",
        expected=1.0,
        expected_source="dynamical mean-field theory",
    )
