"""Stages: pairing networks, lower-bound programs, edge functionals, the maximum of five, and reductions of maxima."""

from fractions import Fraction
from itertools import product

import numpy as np
import xarray as xr
from scipy.optimize import linprog

from replica.numerics import (
    braid_fan,
    conforming_programs,
    max_of_affine,
    newton_polytopes,
    rational_linear_algebra,
    relu_layers,
    seeding,
    two_layer_maximum,
)
from replica.paper import label, progress, stage

_PAPER = "hertrich2021_depth_bounds"
_CHUNK = 100_000  # points sent through a network at a time
_WHOLE = 9  # integer points have entries from -_WHOLE to _WHOLE where nothing else is said
_CUBE = 3  # points with entries 0, ..., _CUBE - 1 of the identity
_INTEGERS = 3  # largest entry of its random integer points
_SCALE = 10.0  # of its Gaussian points
_ALTERED = Fraction(13, 10)  # first coefficient of the altered identity, in place of 4/3
_DICTIONARIES = {
    "units": ("units",),
    "midpoints": ("midpoints",),
    "halves": ("halves",),
    "all": ("midpoints", "halves"),
}
_LIVE = 1e-8  # coefficient of a sparse combination that counts
_SMALL = 1e-10  # singular value, relative to the largest, below which a direction is left out
_EXACT_POINTS = 60  # integer points at which ranks and sparse combinations are taken over the rationals
_GRID = 1024  # tangent points are multiples of 1/_GRID
_SPREAD = 2.0  # standard deviation of the tangent points and of the points of evaluation


def _variables(**rows):
    """Data variables from rows (dims, values, long name) without units."""
    return {name: (dims, values, label(text)) for name, (dims, values, text) in rows.items()}


def _coordinate(dim, values, long_name):
    return (dim, list(values), label(long_name, ""))


def _generator(*values):
    return seeding.generator(_PAPER, *values)


def _floats(layers, divisor=1):
    *hidden, last = (weights.astype(float) for weights in layers)
    return [*hidden, last / divisor]


# --- networks of logarithmic depth --------------------------------------------------------------------------------


@stage
def pairing_networks(depth_inputs, linear_layer_inputs, depth_points):
    """max{0, x_1, ..., x_n} by pairs: depth, widths, errors; and with the last hidden layer made linear."""

    def errors(n, linear=None):
        layers = relu_layers.pairing(n)
        rng = _generator("pairing_networks", n)
        x = rng.standard_normal((n, depth_points))
        whole = rng.integers(-_WHOLE, _WHOLE + 1, (n, depth_points))
        exact = relu_layers.output(layers, whole, linear=linear)[0] - np.maximum(whole.max(axis=0), 0)
        error = relu_layers.output(_floats(layers), x, linear=linear)[0] - np.maximum(x.max(axis=0), 0)
        return np.abs(error).max(), np.count_nonzero(exact)

    networks = [relu_layers.pairing(n) for n in depth_inputs]
    depths = [relu_layers.depth(layers) for layers in networks]
    widths = np.array(
        [relu_layers.widths(layers) + [0] * (max(depths) - relu_layers.depth(layers)) for layers in networks]
    )
    measured = np.array([errors(n) for n in depth_inputs])
    hidden = [relu_layers.depth(relu_layers.pairing(n)) for n in linear_layer_inputs]
    control = np.array([errors(n, linear=k - 1) for n, k in zip(linear_layer_inputs, hidden, strict=True)])
    logarithm = {n: n.bit_length() for n in (*depth_inputs, *linear_layer_inputs)}  # log2(n + 1), rounded up
    own, linear = "depth_inputs", "linear_layer_inputs"
    return xr.Dataset(
        _variables(
            error=(own, measured[:, 0], "largest error at Gaussian points"),
            differences=(own, measured[:, 1].astype(int), "integer points at which the network is wrong"),
            layers=(own, depths, "hidden layers"),
            logarithm=(own, [logarithm[n] for n in depth_inputs], "⌈log2(n + 1)⌉"),
            width=((own, "layer"), widths, "units of the layer (0: no such layer)"),
            linear_layer_error=(linear, control[:, 0], "largest error with the last hidden layer made linear"),
            linear_layer_differences=(
                linear,
                control[:, 1].astype(int),
                "integer points at which that network is wrong",
            ),
            linear_layer_layers=(linear, [k - 1 for k in hidden], "hidden layers that are left of that network"),
            linear_layer_logarithm=(linear, [logarithm[n] for n in linear_layer_inputs], "⌈log2(n + 1)⌉"),
        ),
        coords={
            own: depth_inputs,
            linear: linear_layer_inputs,
            "layer": ("layer", np.arange(1, max(depths) + 1), label("hidden layer")),
        },
    )


# --- lower-bound programs -----------------------------------------------------------------------------------------


@stage(nan=("optimum", "bound", "incumbent"))
def programs(program_inputs, program_terms):
    """Largest and smallest φ(relu(g)) of conforming units of a second layer, by branch and bound and exactly."""
    senses = {"maximise": 1, "minimise": -1}
    cases = list(zip(program_inputs, program_terms, strict=True))
    solutions, patterns = {}, []
    for case in progress(cases, "programs"):
        for sense in senses.values():
            solutions[case, sense] = conforming_programs.solve(*case, sense)
        patterns.append(conforming_programs.undecided_patterns(*case))

    def table(value):
        return [[value(case, solutions[case, sense]) for sense in senses.values()] for case in cases]

    def incumbent(case, solution):
        value = conforming_programs.exact_value(*case, solution.coefficients)
        return np.nan if value is None else float(value)

    spans = [braid_fan.maxima(*case)[1] for case in cases]
    dims = ("program", "sense")
    texts = {
        "total": "maximal sign patterns",
        "orbits": "maximal sign patterns up to permutations of the coordinates",
        "vanishing": "of these, patterns on whose space φ(relu(g)) is zero",
        "contradictory": "of these, patterns whose signs leave only zero",
        "undecided": "of these, patterns that are neither",
    }
    return xr.Dataset(
        _variables(
            optimum=(dims, table(lambda _, s: s.optimum), "optimum of φ(relu(g))"),
            bound=(dims, table(lambda _, s: s.bound), "the solver's bound on the optimum"),
            status=(dims, table(lambda _, s: s.status), "status of the solver (0: optimal)"),
            nodes=(dims, table(lambda _, s: s.nodes), "nodes of branch and bound"),
            incumbent=(dims, table(incumbent), "φ(relu(g)) of the solution rounded to fractions, evaluated exactly"),
            inputs=("program", program_inputs, "dimension n"),
            terms=("program", program_terms, "largest number of terms of the maxima of the first layer"),
            rays=("program", [len(span) for span in spans], "rays of the fan"),
            dimension=(
                "program",
                [rational_linear_algebra.rank(span.tolist()) for span in spans],
                "dimension of the first layer",
            ),
            **{name: ("program", [getattr(p, name) for p in patterns], text) for name, text in texts.items()},
        ),
        coords={
            "program": _coordinate("program", [f"n = {n}, |M| ≤ {terms}" for n, terms in cases], "program"),
            "sense": _coordinate("sense", senses, "what is done with φ(relu(g))"),
        },
    )


@stage
def circle(circle_points, circle_directions):
    """Distance of two functions on the circle from combinations of |⟨c, x⟩| and linear functions."""
    angle = 2 * np.pi * np.arange(circle_points) / circle_points
    x = np.stack([np.cos(angle), np.sin(angle)])
    directions = np.pi * np.arange(circle_directions) / circle_directions
    kinks = np.abs(np.cos(angle[:, None] - directions[None, :]))
    basis = np.concatenate([kinks, x.T], axis=1)
    targets = {
        "max{0, x₁, x₂}": np.maximum(np.maximum(x[0], x[1]), 0),
        "representable": np.abs(0.3 * x[0] + 0.7 * x[1]) - np.abs(x[0] - 0.4 * x[1]),
    }
    target = np.stack(list(targets.values()))
    weights, *_ = np.linalg.lstsq(basis, target.T, rcond=_SMALL)
    residual = target - (basis @ weights).T
    # |⟨c, x⟩| is even: what is odd and not linear is out of reach.
    odd = 0.5 * (target - np.roll(target, circle_points // 2, axis=1))
    odd -= 2 * (odd @ x.T / circle_points) @ x

    def rms(values):
        return np.sqrt(np.mean(values**2, axis=-1))

    return xr.Dataset(
        _variables(
            curve=(("target", "angle"), target, "function on the circle"),
            residual=(("target", "angle"), residual, "residual of the least-squares fit"),
            odd_part=(("target", "angle"), odd, "odd part without its linear part"),
            residual_rms=("target", rms(residual), "root mean square of the residual"),
            odd_rms=("target", rms(odd), "root mean square of the odd part without its linear part"),
            relative_rms=(
                "target",
                rms(residual) / rms(target),
                "root mean square of the residual over the function's",
            ),
        ),
        coords={
            "target": _coordinate("target", targets, "function that is fitted"),
            "angle": ("angle", angle, label("angle on the circle", "rad")),
        },
    )


# --- functions outside MAX(4) -------------------------------------------------------------------------------------

_ORIGIN, _AXES = np.zeros((1, 4), dtype=int), np.eye(4, dtype=int)
_MAXIMUM = np.concatenate([_ORIGIN, _AXES])
_STAR = np.concatenate([_MAXIMUM, _AXES[2:3] + _AXES[3:]])
_FUNCTIONS = {
    "max{0, x₁, x₂, x₃, x₄}": _MAXIMUM,
    "f*": _STAR,
    "max{0, x₁, x₂, x₃}": _MAXIMUM[:-1],
}


def _star_errors(points):
    """Errors of f* as a network of two hidden layers: largest at Gaussian points, number of wrong integer points."""
    unit = [tuple(row.tolist()) for row in _AXES]
    zero = (0, 0, 0, 0)
    first, second = ((unit[0], unit[1]),), ((zero, unit[2]), (zero, unit[3]))
    layers = relu_layers.of_maxima([(1, first, second)])
    rng = _generator("star")
    x = rng.standard_normal((4, points))
    whole = rng.integers(-_WHOLE, _WHOLE + 1, (4, points))
    error = relu_layers.output(_floats(layers), x)[0] - (_STAR.astype(float) @ x).max(axis=0)
    return np.abs(error).max(), np.count_nonzero(relu_layers.output(layers, whole)[0] != (_STAR @ whole).max(axis=0))


def _relative(difference, reference):
    """Largest entry of one functional over that of another; the division is the only rounding."""
    size = max((abs(v) for v in reference.values()), default=Fraction(0))
    largest = max((abs(v) for v in difference.values()), default=Fraction(0))
    return float(largest / size) if size else float(largest != 0)


def _additivity(points):
    """Ψ of a maximum against the sum of Ψ over its reduction: relative difference, terms of five, Ψ not zero."""
    terms = max_of_affine.reduce(points, np.zeros(len(points), dtype=int))
    parts = [(c, newton_polytopes.edge_functional(points[sorted(members)])) for members, c in terms.items()]
    whole = newton_polytopes.edge_functional(points)
    difference = newton_polytopes.combination([(1, whole), (-1, newton_polytopes.combination(parts))])
    return _relative(difference, whole), len(terms), sum(v != 0 for v in whole.values())


def _identity_functional():
    """The same for the identity of the maximum of five at x_5 = 0: both sides are functions on R^4."""
    weighted, divisor = two_layer_maximum.weighted_terms(two_layer_maximum.COEFFICIENTS)

    def psi(*pair):
        points = np.concatenate([two_layer_maximum.vertices(g) for g in pair])
        return newton_polytopes.edge_functional(points[:, :4])

    parts = newton_polytopes.combination([(c, psi(*pair)) for c, *pair in weighted])
    whole = newton_polytopes.combination([(divisor, newton_polytopes.edge_functional(_MAXIMUM))])
    return _relative(newton_polytopes.combination([(1, whole), (-1, parts)]), whole)


@stage
def edge_functionals(random_maxima, maximum_seeds, maximum_terms, form_points):
    """Ψ of functions on R^4 in rational arithmetic, its additivity, and f* as a network of two hidden layers."""
    rng = _generator("random_maxima")
    four = {f"four terms {i}": rng.integers(-_WHOLE, _WHOLE + 1, (4, 4)) for i in range(random_maxima)}
    functions = _FUNCTIONS | four
    psi = {name: newton_polytopes.edge_functional(points) for name, points in functions.items()}
    directions = sorted({u for values in psi.values() for u in values})
    drawn = [
        _generator("reduced_maxima", seed).integers(-_WHOLE, _WHOLE + 1, (maximum_terms, 4)) for seed in maximum_seeds
    ]
    additivity = [_additivity(points) for points in progress(drawn, "reduced maxima")]
    star_error, star_differences = _star_errors(form_points)
    values = [[float(psi[name].get(u, 0)) for u in directions] for name in functions]
    edges = [len(psi[name]) for name in functions]
    nonzero = [sum(v != 0 for v in psi[name].values()) for name in functions]
    seeds = "maximum_seeds"
    return xr.Dataset(
        _variables(
            psi=(("function", "direction"), values, "functional Ψ_u"),
            edge_directions=("function", edges, "directions of edges where the Newton polytope spans R⁴, otherwise 0"),
            nonzero_directions=("function", nonzero, "directions in which Ψ_u is not zero, exactly"),
            additivity=(seeds, [a for a, _, _ in additivity], "Ψ minus its sum over the reduction, relative"),
            reduced_terms=(seeds, [n for _, n, _ in additivity], "terms of the reduction"),
            maximum_nonzero=(
                seeds,
                [n for _, _, n in additivity],
                "directions in which Ψ_u of the maximum is not zero",
            ),
            identity_additivity=(
                (),
                _identity_functional(),
                "Ψ of the maximum of five minus that of its identity, relative",
            ),
            star_error=((), star_error, "largest error of the two-layer form of f* at Gaussian points"),
            star_differences=((), star_differences, "integer points at which that form is wrong"),
        ),
        coords={
            "function": _coordinate("function", functions, "function"),
            "direction": _coordinate("direction", [str(u) for u in directions], "direction u of edges"),
            seeds: maximum_seeds,
        },
    )


# --- maximum of five ----------------------------------------------------------------------------------------------


def _in_chunks(layers, x):
    parts = [relu_layers.output(layers, x[:, i : i + _CHUNK])[0] for i in range(0, x.shape[1], _CHUNK)]
    return np.concatenate(parts)


@stage
def maximum_of_five(identity_points):
    """The identity for the maximum of five as a network of two hidden layers, in floats, in integers, and on the rays
    that decide; and the identity with an altered coefficient."""
    rng = _generator("maximum_of_five")
    five = two_layer_maximum.NUMBERS
    points = {
        "Gaussian": _SCALE * rng.standard_normal((five, identity_points)),
        "integer": rng.integers(-_INTEGERS, _INTEGERS + 1, (five, identity_points)),
        "cube": np.array(list(product(range(_CUBE), repeat=five))).T,
        "rays": two_layer_maximum.chamber_rays(),
    }
    right = two_layer_maximum.COEFFICIENTS
    networks = {}
    for name, coefficients in {"identity": right, "altered": right | {"A": _ALTERED}}.items():
        weighted, divisor = two_layer_maximum.weighted_terms(coefficients)
        networks[name] = relu_layers.of_maxima(weighted), divisor
    measured = [name for name in points if name != "rays"]
    exact = [name for name in points if name != "Gaussian"]
    error = [
        [
            np.abs(_in_chunks(_floats(layers, divisor), points[at].astype(float)) - points[at].max(axis=0)).max()
            for at in measured
        ]
        for layers, divisor in networks.values()
    ]
    differences = [
        [np.count_nonzero(_in_chunks(layers, points[at]) != divisor * points[at].max(axis=0)) for at in exact]
        for layers, divisor in networks.values()
    ]
    layers, _ = networks["identity"]
    names = two_layer_maximum.terms()
    return xr.Dataset(
        _variables(
            error=(("network", "point_set"), error, "largest error"),
            differences=(("network", "exact_set"), differences, "points at which the network is wrong, in integers"),
            count=("exact_set", [points[at].shape[1] for at in exact], "points"),
            width=("layer", relu_layers.widths(layers), "units of the layer"),
            coefficient=("part", [float(right[part]) for part in names], "coefficient"),
            choices=("part", [len(pairs) for pairs in names.values()], "choices that are averaged"),
        ),
        coords={
            "network": _coordinate("network", networks, "network"),
            "point_set": _coordinate("point_set", measured, "points"),
            "exact_set": _coordinate("exact_set", exact, "points"),
            "part": _coordinate("part", names, "part of the identity"),
            "layer": ("layer", [1, 2], label("hidden layer")),
        },
    )


def _sparse(sums, target):
    """Weights of smallest total size with sums·weights = target, by linear programming."""
    columns = sums.shape[1]
    result = linprog(np.ones(2 * columns), A_eq=np.concatenate([sums, -sums], axis=1), b_eq=target, method="highs")
    if result.status != 0:
        raise ArithmeticError(f"the program for a sparse combination ended with: {result.message}")
    return result.x[:columns] - result.x[columns:]


def _parts_of(live, sums, sizes, x):
    """Names of the orbits that are used: the part of the identity with the same average at integer points, or a number;
    one function can be written as the maximum of different pairs."""
    names = []
    for k in live:
        equal = [
            part
            for part, pairs in two_layer_maximum.terms().items()
            if np.array_equal(sizes[k] * _part_sum(pairs, x), len(pairs) * sums[:, k])
        ]
        names.append(equal[0] if equal else f"orbit {k}")
    return names


def _part_sum(pairs, x):
    """Sum of 2 max(g, g') over the pairs, in integers."""
    return sum(np.maximum(two_layer_maximum.values(g, x), two_layer_maximum.values(other, x)) for g, other in pairs)


@stage
def dictionary_search(search_points, fitted_points, sparse_points):
    """The maximum of five among combinations of max(g, g') averaged over permutations, for four sets of functions g."""
    rng = _generator("dictionary_search")
    x = rng.standard_normal((two_layer_maximum.NUMBERS, search_points))
    whole = rng.integers(-_WHOLE, _WHOLE + 1, (two_layer_maximum.NUMBERS, _EXACT_POINTS))
    target = x.max(axis=0)
    rows = []
    for kinds in progress(_DICTIONARIES.values(), "dictionaries"):
        functions = two_layer_maximum.one_layer_functions(kinds)
        orbits = two_layer_maximum.orbits(functions)
        sizes = np.array([len(orbit) for orbit in orbits])
        scale = two_layer_maximum.HALF * sizes
        averages = two_layer_maximum.orbit_sums(functions, orbits, x) / scale[None, :]
        weights, _, rank, singular = np.linalg.lstsq(averages[:fitted_points], target[:fitted_points], rcond=_SMALL)
        error = np.abs(averages @ weights - target)
        exact = two_layer_maximum.orbit_sums(functions, orbits, whole)
        rows.append(
            {
                "functions": len(functions),
                "orbits": len(orbits),
                "rank": int(rank),
                "exact_rank": rational_linear_algebra.rank(exact.T.tolist()),
                "smallest_kept": singular[rank - 1] / singular[0],
                "largest_dropped": singular[rank] / singular[0] if rank < len(singular) else 0.0,
                "fit_error": error[:fitted_points].max(),
                "test_error": error[fitted_points:].max(),
            }
        )
    # The last dictionary is the whole one.
    found = _sparse(averages[:sparse_points], target[:sparse_points])
    live = np.flatnonzero(np.abs(found) > _LIVE)
    fractions = rational_linear_algebra.solve(exact[:, live].tolist(), whole.max(axis=0).tolist())
    fractions = [Fraction(0)] * len(live) if fractions is None else fractions
    texts = {
        "functions": "functions of one hidden layer",
        "orbits": "orbits of pairs of functions",
        "rank": "rank of the averages over orbits at the fitted points",
        "exact_rank": "rank over the rationals of the sums over orbits at integer points",
        "smallest_kept": "smallest singular value that is kept over the largest",
        "largest_dropped": "largest singular value that is dropped over the largest",
        "fit_error": "largest error at fitted points",
        "test_error": "largest error at other points",
    }
    return xr.Dataset(
        _variables(
            **{name: ("dictionary", [row[name] for row in rows], text) for name, text in texts.items()},
            sparse_coefficient=("sparse_orbit", found[live], "coefficient of an average in the sparse combination"),
            sparse_fraction=(
                "sparse_orbit",
                [float(c * s) for c, s in zip(fractions, scale[live].tolist(), strict=True)],
                "the same from integer points over the rationals (0: no solution)",
            ),
            sparse_size=("sparse_orbit", sizes[live], "pairs in the orbit"),
            sparse_error=((), np.abs(averages @ found - target).max(), "largest error of the sparse combination"),
        ),
        coords={
            "dictionary": _coordinate("dictionary", _DICTIONARIES, "functions g"),
            "sparse_orbit": _coordinate("sparse_orbit", _parts_of(live, exact, sizes, whole), "part of the identity"),
        },
    )


# --- width --------------------------------------------------------------------------------------------------------


@stage
def reductions(reduction_inputs, reduction_pieces, reduction_seeds, reduction_points):
    """Maxima of tangent planes of |x|² as combinations of maxima of at most n + 1 of them: terms, errors, coefficients;
    and the reduction with the two sides of the affine dependency swapped."""
    cases = [(n, p) for n, pieces in zip(reduction_inputs, reduction_pieces, strict=True) for p in pieces]
    names = ("terms", "largest_coefficient", "error", "differences", "swapped_error", "swapped_differences")
    table = np.zeros((len(names), len(cases), len(reduction_seeds)))
    faces = np.zeros(table.shape[1:], dtype=int)
    for c, (n, p) in enumerate(progress(cases, "reductions")):
        for s, seed in enumerate(reduction_seeds):
            rng = _generator("reductions", n, p, seed)
            tangent = np.rint(_GRID * _SPREAD * rng.standard_normal((p, n))).astype(int)
            whole = np.rint(_GRID * _SPREAD * rng.standard_normal((n, reduction_points))).astype(int)
            x = _SPREAD * rng.standard_normal((n, reduction_points))
            faces[c, s] = max_of_affine.interior_delaunay_faces(tangent)
            slopes, offsets = 2 * tangent, -np.sum(tangent**2, axis=1)  # in units of 1/_GRID and its square
            exact = slopes @ whole + offsets[:, None]
            values = (slopes / _GRID) @ x + (offsets / _GRID**2)[:, None]
            errors = []
            for swapped in (False, True):
                terms = max_of_affine.reduce(slopes, offsets, swapped=swapped)
                if not swapped:
                    table[:2, c, s] = len(terms), max(abs(v) for v in terms.values())
                errors += [
                    np.abs(max_of_affine.evaluate(terms, values) - values.max(axis=0)).max(),
                    np.count_nonzero(max_of_affine.evaluate(terms, exact) != exact.max(axis=0)),
                ]
            table[2:, c, s] = errors
    columns = dict(zip(names, table, strict=True))
    dims = ("case", "reduction_seeds")
    bound = np.array([max_of_affine.term_bound(p, n) for n, p in cases])

    def counts(name):
        return columns[name].astype(int)

    return xr.Dataset(
        _variables(
            terms=(dims, counts("terms"), "maxima of at most n + 1 terms that remain"),
            ratio=(dims, columns["terms"] / bound[:, None], "maxima that remain over the bound"),
            faces=(dims, faces, "faces of the Delaunay triangulation of the tangent points inside their hull"),
            largest_coefficient=(dims, counts("largest_coefficient"), "largest coefficient in absolute value"),
            error=(dims, columns["error"], "largest error at Gaussian points"),
            differences=(dims, counts("differences"), "integer points at which the reduction is wrong"),
            swapped_error=(dims, columns["swapped_error"], "largest error with U and V swapped"),
            swapped_differences=(dims, counts("swapped_differences"), "integer points at which that is wrong"),
            bound=("case", bound, "number of sets of at most n + 1 pieces"),
            inputs=("case", [n for n, _ in cases], "dimension n"),
            pieces=("case", [p for _, p in cases], "pieces p"),
        ),
        coords={
            "case": _coordinate("case", [f"n = {n}, p = {p}" for n, p in cases], "dimension and pieces"),
            "reduction_seeds": reduction_seeds,
        },
    )
