"""Claims on the depth that ReLU networks need: exact ones are judged on integers beside the floats."""

from replica.paper import claim
from replica.verdict import Against, above, all_of, below, equal, judge

_FIVE = "max{0, x₁, x₂, x₃, x₄}"
_STAR = "f*"
_THREE = "max{0, x₁, x₂, x₃}"


@claim("c1_log_depth", core=True, source="paper (known upper bound)")
def logarithmic_depth_suffices(pairing_networks):
    """A network with ⌈log2(n + 1)⌉ hidden layers computes max{0, x_1, ..., x_n} exactly, for n = 1 to 31."""
    p = pairing_networks
    return judge(
        all_of(error=below(1e-12), integer_points=equal(0), layers=equal()),
        measured={
            "error": p.error,
            "integer_points": p.differences,
            "layers": Against(p.layers, p.logarithm),
        },
        control={
            "error": p.linear_layer_error.min(),
            "integer_points": p.linear_layer_differences,
            "layers": Against(p.linear_layer_layers, p.linear_layer_logarithm),
        },
        control_is="the last hidden layer made linear; the smallest error of several n",
        expected={"error": 0.0, "integer_points": 0, "layers": p.logarithm},
        expected_source="identity; rounding gives 9e-16",
    )


def _of_program(program):
    """Worst over both senses: optimum in absolute value, and status; patterns of signs that stay undecided."""
    return {
        "optimum": abs(program.optimum).max("sense", skipna=False),
        "status": program.status.max("sense"),
        "patterns": program.undecided,
    }


@claim("c2_three_layers_H", core=True, source="abstract")
def conforming_networks_need_three_layers(programs):
    """A third hidden layer is necessary for max{0, x_1, x_2, x_3, x_4} where all kinks lie on x_i = x_j and x_i = 0."""
    measured = _of_program(programs.isel(program=-1))
    control = _of_program(programs.isel(program=slice(1, -1)))
    smallest = {name: control[name].min(skipna=False).item() for name in ("optimum", "patterns")}
    return judge(
        all_of(optimum=below(1e-6), status=equal(0), patterns=equal(0)),
        measured=measured,
        control=smallest | {"status": control["status"]},
        control_is="smallest of three programs: n = 4 with maxima of three in the first layer, n = 3, n = 2",
        expected={"optimum": 0.0, "status": 0, "patterns": 0},
        expected_source="mixed-integer program of the paper; a combinatorial proof, arXiv 2502.09324",
    )


@claim("c3_two_layers_n2", source="paper")
def one_layer_is_not_enough_for_two_numbers(programs, circle):
    """One hidden layer cannot compute max{0, x_1, x_2}."""
    maximum, representable = (circle.relative_rms.isel(target=i).item() for i in (0, 1))

    def optimum(program):
        return abs(programs.optimum.isel(program=program)).max().item()

    return judge(
        all_of(optimum=below(1e-6), distance=above(0.1)),
        measured={"optimum": optimum(0), "distance": maximum},
        control={"optimum": optimum(1), "distance": representable},
        control_is="n = 2 with maxima of two in the first layer; a combination of two |⟨c, x⟩| as the target",
        expected={"optimum": 0.0, "distance": (circle.odd_rms / circle.residual_rms).isel(target=0).item() * maximum},
        expected_source="norm of the odd part without its linear part",
    )


@claim("c4_strict_hierarchy", core=True, source="abstract")
def two_layers_exceed_maxima_of_four(edge_functionals):
    """Two hidden layers compute functions that are no linear combination of maxima of four terms."""
    e = edge_functionals
    four = e.function.str.startswith("four terms")

    def parts(function):
        return {
            "directions": int((abs(e.psi.sel(function=function)) > 1e-3).sum()),
            "additivity": e.additivity,
            "four_terms": e.nonzero_directions[four.values],
            "two_layers": e.star_error,
            "integer_points": e.star_differences,
        }

    return judge(
        all_of(
            directions=above(1),
            additivity=below(1e-9, over="maximum_seeds", rule="each"),
            four_terms=equal(0),
            two_layers=below(1e-12),
            integer_points=equal(0),
        ),
        measured=parts(_STAR),
        control=parts(_THREE),
        control_is="max{0, x₁, x₂, x₃} in place of f*",
        expected={"directions": 11, "additivity": 0, "four_terms": 0, "two_layers": 0.0, "integer_points": 0},
        expected_source="edges of the Newton polytope of f*; Ψ is additive, and 0 on maxima of four terms",
    )


@claim("c5_wang_sun", core=True, source="paper")
def maximum_of_five_is_no_combination_of_maxima_of_four(edge_functionals):
    """max{0, x_1, x_2, x_3, x_4} is not a linear combination of maxima of four terms."""
    e = edge_functionals

    def count(function):
        return (abs(e.psi.sel(function=function)) > 1e-9).sum()

    return judge(
        equal(),
        measured=Against(count(_FIVE), e.edge_directions.sel(function=_FIVE)),
        control=Against(count("four terms 0"), e.edge_directions.sel(function=_FIVE)),
        control_is="a maximum of four terms",
        expected=10,
        expected_source="edges of the simplex in R⁴; Wang and Sun, IEEE Trans. Inf. Theory 51, 4425 (2005)",
    )


@claim("c6_unconditional", core=True, source="paper (conjecture)", refutes=True)
def third_layer_is_needed_without_conformity(maximum_of_five, dictionary_search):
    """Three hidden layers are needed for max{0, x_1, x_2, x_3, x_4} without any condition on the kinks: conjectured in
    the paper, whose lower bound for conforming networks holds (c2), but refuted in 2025 by a network of two layers."""
    identity, altered = (maximum_of_five.sel(network=name) for name in ("identity", "altered"))
    poorest = dictionary_search.test_error.sel(dictionary="units").item()
    return judge(
        all_of(error=below(1e-9), exact=equal(0)),
        measured={"error": identity.error.max(), "exact": identity.differences},
        control={"error": min(poorest, altered.error.max().item()), "exact": altered.differences},
        control_is="the smaller error of 1.3 for the coefficient 4/3 and of a fit without midpoints and half segments",
        expected={"error": 0.0, "exact": 0},
        expected_source="identity for the maximum of five; two layers suffice by arXiv 2505.14338",
    )


@claim("c7_width", core=True, source="abstract")
def polynomially_many_units_at_logarithmic_depth(reductions):
    """A convex function of p pieces on R^n is a combination of O(p^(n+1)) maxima of at most n + 1 pieces."""
    r = reductions
    every = {"over": "reduction_seeds", "rule": "each"}
    return judge(
        all_of(ratio=below(1, **every), faces=equal(), error=below(1e-10, **every), integer_points=equal(0)),
        measured={
            "ratio": r.ratio,
            "faces": Against(r.terms, r.faces),
            "error": r.error,
            "integer_points": r.differences,
        },
        control={
            "ratio": r.ratio,
            "faces": Against(r.terms, r.faces),
            "error": r.swapped_error.min(),
            "integer_points": r.swapped_differences,
        },
        control_is="U and V of the affine dependency swapped; the smallest error of all cases",
        expected={"ratio": (r.faces / r.bound).max(), "faces": r.faces, "error": 0.0, "integer_points": 0},
        expected_source="faces of the Delaunay triangulation of the tangent points inside their hull; largest of all",
    )
