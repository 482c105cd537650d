"""Claims: the path embedding of ReLU networks, and what finite samples and bounded sets say of the parameters."""

import numpy as np

from replica.paper import claim
from replica.verdict import Against, Estimate, above, all_of, below, equal, judge

DERIVED = "exact identity, up to rounding"


@claim("c1_scaling_invariant", core=True, source="abstract")
def embedding_is_invariant_to_rescaling(invariance_and_linearity):
    """The path embedding Φ is invariant to rescaling of the hidden units, for any depth."""
    return judge(
        below(1e-12, rule="each"),
        measured=invariance_and_linearity.rescaling_change,
        control=invariance_and_linearity.doubling_change.min("seeds"),
        control_is="layer 1 doubled while layer 2 is not halved; the smallest change over seeds",
        expected=0.0,
        expected_source=DERIVED,
    )


@claim("c2_locally_linear", core=True, source="abstract")
def output_is_locally_linear_in_embedding(invariance_and_linearity):
    """As long as no activation pattern changes, the output of the network is linear in the path embedding Φ."""
    return judge(
        below(1e-12, rule="each"),
        measured=invariance_and_linearity.local_error.sel(perturbations=1e-3),
        control=np.stack(
            [
                invariance_and_linearity.changed_error.min("seeds"),
                invariance_and_linearity.taylor_error.sel(perturbations=1e-3).min("seeds"),
            ]
        ),
        control_is=(
            "a large perturbation that changes activation patterns (first row); the first-order Taylor series in the "
            "parameters (second row); the smallest errors over seeds"
        ),
        expected=0.0,
        expected_source=DERIVED,
    )


@claim("c3_embedding", core=True, source="paper")
def embedding_and_signs_determine_parameters(converse):
    """Φ and the signs of the parameters determine these up to rescaling: Φ embeds the classes of equivalence."""

    def data(distance, solved):
        return {"distance": distance.where(solved, drop=True), "solved": solved.astype(float)}

    return judge(
        all_of(distance=below(1e-8, rule="each"), solved=above(0.9)),
        measured=data(converse.distance, converse.solved),
        control=data(converse.flipped_distance, converse.flipped_solved),
        control_is="signs not kept: all weights and the bias of one unit negated, which leaves Φ as it is",
        expected={"distance": 0.0, "solved": 1.0},
        expected_source="theorem of the paper",
    )


@claim("c4_rank_DPhi", source="paper, derived")
def image_has_the_dimension_of_the_classes(image_dimension):
    """The image of Φ has dimension D - H: one less for each hidden unit than there are parameters."""
    bound = image_dimension.bound.broadcast_like(image_dimension["rank"])
    return judge(
        all_of(rank=equal(), gap=above(1e4)),
        measured={"rank": Against(image_dimension["rank"], bound), "gap": image_dimension.gap.min()},
        control={"rank": Against(image_dimension.dead_rank, bound), "gap": image_dimension.gap.min()},
        control_is="a unit of layer 1 with only zeros in and out",
        expected={"rank": image_dimension.bound},
        expected_source="number of parameters less that of hidden units",
    )


@claim("c5_finite_samples", core=True, source="abstract")
def finite_samples_can_identify_locally(finite_samples):
    """A finite sample can identify a deep network locally up to rescaling: the rank condition is sufficient."""
    full, failed = _passes(finite_samples)
    largest = finite_samples.distance.max("direction")
    smallest = _cases(largest, failed)
    return judge(
        below(1e-9, at_least_n=5),
        measured=_cases(largest, full),
        control=Estimate(smallest.value.min(initial=np.inf), n=smallest.n),
        control_is="samples that fail the rank test; the smallest of their distances",
        expected=0.0,
        expected_source="rank condition",
    )


def _passes(finite_samples):
    """Where the rank is full, and where it is not; a rank whose gap is small counts as neither."""
    measured = finite_samples.gap >= 1e4
    full = finite_samples["rank"] == finite_samples.bound
    return full & measured, ~full & measured


def _cases(largest, chosen):
    """Distances of the chosen cases that came back; n counts those at the largest sample."""
    kept = chosen & largest.notnull()
    return Estimate(largest.values[kept.values], n=int(kept.sel(sample_sizes=200).sum()))


@claim("c6_too_few_samples", source="derived")
def few_samples_never_identify(finite_samples):
    """With fewer sampled outputs than D - H no network is locally identifiable."""
    full = _passes(finite_samples)[0]
    largest = finite_samples.distance.max("direction")

    def returned(chosen, sizes):
        """Distances after the return to the same outputs, of the chosen cases that came back."""
        distances = largest.where(chosen).sel(sample_sizes=sizes).values
        return distances[np.isfinite(distances)]

    return judge(
        all_of(share=equal(0), distance=above(1e-9)),
        measured={
            "share": full.mean("sample_seeds").sel(sample_sizes=[8, 12]),
            "distance": returned(True, [8, 12]),
        },
        control={"share": full.mean("sample_seeds").sel(sample_sizes=200), "distance": returned(full, [200])},
        control_is="200 samples; those that pass the rank test",
        expected={"share": 0},
        expected_source="the matrix of the rank test has fewer rows than D - H",
    )


@claim("c7_shallow_sufficient", core=True, source="abstract")
def shallow_conditions_are_sufficient(shallow_solutions):
    """One hidden layer: where the conditions hold, the function on a bounded set determines the parameters."""

    def count(solutions):
        return Estimate(solutions.with_another.min().item(), n=int(solutions.exact.sum()))

    return judge(
        below(0, at_least_n=20),
        measured=count(shallow_solutions.sel({"class": ["generic"]})),
        control=count(shallow_solutions.drop_sel({"class": "generic"})),
        control_is="the class, of the four that each fail one condition, with the fewest such parameters",
        expected=0,
        expected_source="theorem of the paper; parameters with another exact solution",
    )


@claim("c8_shallow_necessary", core=True, source="abstract")
def shallow_conditions_are_necessary(shallow_witnesses):
    """One hidden layer: each condition is necessary; where it fails there is another parameter with the function."""
    distant = (shallow_witnesses.distance >= 1e-3).mean("witness")
    return judge(
        all_of(function_change=below(1e-12), distant_share=above(0.99)),
        measured={"function_change": shallow_witnesses.function_change.max("witness"), "distant_share": distant},
        control={
            "function_change": shallow_witnesses.generic_function_change.min("witness"),
            "distant_share": distant,
        },
        control_is="the same edits of generic parameters; the smallest change in each class",
        expected={"function_change": np.zeros(4), "distant_share": np.ones(4)},
        expected_source="explicit second parameters",
    )
