"""Claims: functional dimension, its bound and its variation, decisive sets, and the shape of fibers."""

import numpy as np

from replica.paper import claim
from replica.verdict import (
    Against,
    Estimate,
    above,
    all_of,
    below,
    equal,
    judge,
    monotone,
    share_at_least,
    within_errors,
)

_COMMON = 0.05  # frequency from which a value of the rank counts


def _common_values(ranks):
    """Values of the rank seen in at least 5 % of the networks."""
    values, counts = np.unique(ranks, return_counts=True)
    return values[counts >= _COMMON * ranks.size].tolist()


def _at_bound(ranks, architectures=None):
    """1 where a network reaches the bound, else 0, for some of the architectures."""
    at = ranks if architectures is None else ranks.sel(architectures=architectures)
    return (at["rank"] == at.bound).astype(float)


@claim("c1_bound", core=True, source="abstract")
def bound_is_never_exceeded(exact_ranks, sampled_ranks, smooth_ranks):
    """Rescaling symmetries keep the functional dimension below the number of parameters: at most D - H everywhere."""

    def parts(*found):
        return {
            "excess": max(int((one["rank"] - one.bound).max()) for one in found),
            "smallest_gap": min(float(one.gap.min()) for one in found),
        }

    return judge(
        all_of(excess=below(0), smallest_gap=above(1e4)),
        measured=parts(exact_ranks, sampled_ranks),
        control=parts(smooth_ranks),
        control_is="the same weights with tanh and softplus in place of ReLU",
        expected={"excess": 0},
        expected_source="dim ≤ D - H, reached",
    )


@claim("c2_inhomogeneous", core=True, source="abstract")
def dimension_is_not_constant(exact_ranks):
    """The functional dimension is not constant: it takes several values on sets of parameters of positive measure."""
    deep, shallow = (_common_values(exact_ranks["rank"].sel(architectures=a).values) for a in ("2-3-3-1", "2-3-1"))
    return judge(
        above(3),
        measured=len(deep),
        control=len(shallow),
        control_is="the shallow architecture 2-3-1",
        expected=4,
        expected_source="ranks 14, 15, 18 and 19 of 200 networks in a box of half width 100",
    )


@claim("c3_max_reached", core=True, source="abstract and paper")
def bound_is_reached(sampled_ranks):
    """The bound is reached with positive probability for narrowing architectures."""
    narrowing = sampled_ranks.sel(sampled_architectures=["3-3-2-1", "4-3-2-1", "4-4-3-2", "5-4-3-1"])
    return judge(
        all_of(share=above(0.3, over="network"), gap=above(1e4)),
        measured={"share": _at_bound(narrowing), "gap": narrowing.gap.min()},
        control={
            "share": (narrowing.dead_rank == narrowing.bound).astype(float),
            "gap": narrowing.dead_gap.min(),
        },
        control_is="the same draws with a dead unit in the second hidden layer",
        expected={"share": [0.60, 0.75, 0.73, 0.85]},
        expected_source="60 networks of each architecture",
    )


@claim("c4_max_rarer", source="derived")
def bound_is_rarer_in_deep_networks(exact_ranks):
    """For two inputs the share of parameters at the bound falls with depth."""

    def parts(architectures):
        share = _at_bound(exact_ranks, architectures).rename(architectures="depth").transpose("network", "depth")
        return {"share": share, "deepest": share.isel(depth=-1)}

    return judge(
        all_of(
            share=monotone("decreasing", "depth", strict=True, over="network"),
            deepest=below(0.3, strict=True, over="network"),
        ),
        measured=parts(["2-3-1", "2-3-3-1", "2-3-3-3-1"]),
        control=parts(["2-3-1", "2-4-1", "2-5-1"]),
        control_is="growing width at one hidden layer: 2-3-1, 2-4-1, 2-5-1",
        expected={"share": [1.0, 0.47, 0.135], "deepest": 0.135},
        expected_source="200 networks of each architecture; shallow networks are at the bound (elementary proof)",
    )


@claim("c5_decisive", core=True, source="paper")
def decisive_sets_decide(decisive_sets):
    """A decisive set gives the full functional dimension: more points never add rank."""
    d = decisive_sets
    return judge(
        all_of(share=share_at_least(1.0), gap=above(1e4)),
        measured={"share": (d.decisive_union_rank == d.decisive_rank).values, "gap": d.smallest_gap.min()},
        control={"share": (d.single_union_rank == d.single_rank).values, "gap": d.smallest_gap.min()},
        control_is="one point per region in place of a decisive set",
        expected={"share": 1.0},
        expected_source="the Jacobian is affine on every region",
    )


@claim("c6_disconnected", core=True, source="abstract")
def fibers_can_be_disconnected(fibers):
    """Fibers can be disconnected: networks of the clipped ramp come in four classes that no continuous path joins."""

    def parts(target):
        at = fibers.sel(target=target)
        return {"labels": int(at.label_count), "breakpoint_distance": float(at.breakpoint_distance)}

    return judge(
        all_of(labels=equal(4), breakpoint_distance=below(1e-6)),
        measured=parts("clip"),
        control=parts("identity"),
        control_is="the identity as target: breakpoints fill an interval",
        expected={"labels": 4, "breakpoint_distance": 0.0},
        expected_source="two orientations and two orders of the units; breakpoints are at 0 and 1",
    )


@claim("c7_not_transitive", core=True, source="abstract")
def symmetries_are_not_transitive(fibers):
    """Rescalings and permutations do not act transitively on fibers: a fiber can hold several orbits."""
    orbits = {str(name): int(fibers.orbit_count.sel(target=name)) for name in fibers.target.values}
    return judge(
        all_of(clip=equal(2), identity=above(20)),
        measured={"clip": orbits["clip"], "identity": orbits["identity"]},
        control={"clip": orbits["two slopes"], "identity": orbits["two slopes"]},
        control_is="the target max(x, 0) - 1.7 max(x - 1, 0), whose fiber is one orbit",
        expected={"clip": 2, "identity": 66},
        expected_source="clip: units turned left, or right; identity: all of 66 were orbits of their own",
    )


@claim("c8_rank_varies_on_fiber", core=True, source="abstract")
def dimension_varies_on_a_fiber(fiber_path):
    """The functional dimension is not constant on fibers."""

    def parts(path):
        at = fiber_path.sel(path=path)
        return {
            "values": np.unique(at["rank"]).size,
            "difference": int(np.ptp(at["rank"].values)),
            "function_change": float(at.function_change.max()),
            "gap": float(at.gap.min()),
        }

    return judge(
        all_of(values=equal(2), difference=equal(1), function_change=below(1e-12), gap=above(1e4)),
        measured=parts("on the fiber"),
        control=parts("weight kept"),
        control_is="the same path with the outgoing weight of the unit kept",
        expected={"values": 2, "difference": 1, "function_change": 0.0},
        expected_source="8 while the unit is dead, 9 once it is alive",
    )


@claim("c9_fiber_dimension", core=True, source="derived from the definition and the quotient space of the abstract")
def rank_is_the_dimension_of_the_function_class(fiber_walks):
    """At the bound only symmetries leave the function as it is; below it there are further continuous freedoms."""
    walks = fiber_walks.assign(distance=fiber_walks.distance.max("direction")).dropna("network", subset=["distance"])
    at_bound = walks["rank"] == walks.bound

    def parts(only_symmetries, further_freedoms):
        return {
            "only_symmetries": walks.distance.values[only_symmetries.values],
            "further_freedoms": walks.distance.values[further_freedoms.values] >= 1e-3,
            "gap": walks.gap.min(),
        }

    return judge(
        all_of(only_symmetries=below(1e-8), further_freedoms=share_at_least(0.9), gap=above(1e4)),
        measured=parts(at_bound, ~at_bound),
        control=parts(~at_bound & walks.silent, at_bound),
        control_is="networks below the bound with a dead unit in the second layer; networks at the bound",
        expected={"only_symmetries": 0.0, "further_freedoms": 1.0},
        expected_source="kernel of the Jacobian: H scalings at the bound, more below it",
    )


@claim("c10_semicontinuous", source="paper")
def rank_does_not_drop(perturbed_ranks):
    """The rank on given points cannot drop under a small perturbation of the parameters."""
    before, after = perturbed_ranks["rank"].values, perturbed_ranks.perturbed_rank.values
    gap = np.minimum(perturbed_ranks.gap, perturbed_ranks.perturbed_gap).min()
    return judge(
        all_of(share=share_at_least(1.0), gap=above(1e4)),
        measured={"share": after >= before, "gap": gap},
        control={"share": before >= after, "gap": gap},
        control_is="the reverse inequality",
        expected={"share": 1.0},
        expected_source="lower semicontinuity of the rank where the Jacobian is continuous",
    )


@claim("c11_dead_unit_law", source="derived")
def silent_units_have_their_rate(silent_units):
    """Sampler check: dead units of the second layer occur at the known rate."""

    def against(name, error):
        return Against(
            Estimate(silent_units[name], silent_units[error], int(silent_units.draws.min())), silent_units.law
        )

    return judge(
        within_errors(4),
        measured=against("frequency", "frequency_error"),
        control=against("positive_bias_frequency", "positive_bias_error"),
        control_is="all biases set to one",
        expected=silent_units.law,
        expected_source="2^-(n_1+1) for n_1 ≤ n_0, (2^n_0 + 1)/4^(n_0+1) for n_1 = n_0 + 1",
    )
