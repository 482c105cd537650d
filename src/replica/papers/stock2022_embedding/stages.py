"""Stages: invariance and linearity in the path embedding, its converse, finite samples, one hidden layer on a box."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from replica.numerics import (
    numerical_rank,
    path_embedding,
    relu_networks,
    relu_symmetries,
    seeding,
    shallow_identifiability,
)
from replica.numerics.levenberg_marquardt import levenberg_marquardt
from replica.paper import label, progress, stage

_PAPER = "stock2022_embedding"
_CLASSES = ["generic", "outside", "twin", "flip2", "flip3"]
_EDITS = _CLASSES[1:]
_BIAS = 0.7  # biases of shallow networks lie in [-0.7, 0.7]
_STEPS = (0.3, 0.5)  # rotation and shift of a unit outside of the box; moves δ of output weights of twins
_CLASS = label("condition that the parameters fail", "")
_COORDINATE = label("coordinate of the input")


def _name(architecture):
    return "-".join(map(str, architecture))


def _pair(parameters, index):
    return tuple((w[index], b[index]) for w, b in parameters)


def _stacked(parameters):
    """Shallow networks drawn one by one, as one with a leading dimension."""
    return tuple(
        tuple(np.stack(parts) for parts in zip(*layer, strict=True)) for layer in zip(*parameters, strict=True)
    )


def _networks(architecture, seeds):
    """He networks with a leading dimension for the seeds."""
    drawn = relu_networks.random_parameters(seeding.keys(_PAPER, "networks", seeds=seeds), architecture)
    return relu_symmetries.as_numpy(drawn)


def _grid(points, dimension):
    """Points of a grid on [-1, 1]^d, shape (points^d, d)."""
    axis = np.linspace(-1, 1, points)
    return np.stack(np.meshgrid(*[axis] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)


# --- invariance and linearity ---------------------------------------------------------------------------------------


def _relative_change(one, two):
    return np.abs(one - two).max(axis=-1) / np.abs(one).max(axis=-1)


def _largest(error, where):
    """Largest error over the last dimension, of points ``where``; NaN where there are none."""
    largest = np.where(where, error, -1.0).max(axis=-1)
    return np.where(largest < 0, np.nan, largest)


def _linearity(architecture, seeds, inputs, perturbations, large_perturbation):
    """The quantities of one architecture, each (seed,) or (seed, perturbation)."""
    parameters = _networks(architecture, seeds)
    flat = relu_networks.flatten(parameters)
    generators = [seeding.generator(_PAPER, "linearity", seed) for seed in seeds]
    x = np.stack([g.standard_normal((inputs, architecture[0])) for g in generators])
    factors = [np.exp(np.stack([g.standard_normal(n) for g in generators])) for n in architecture[1:-1]]
    small, large = (np.stack([g.standard_normal(flat.shape[-1]) for g in generators]) for _ in range(2))
    phi = path_embedding.path_embedding(parameters)
    matrix = path_embedding.path_matrix(parameters, x)
    output = relu_networks.forward(parameters, x)
    pattern = relu_networks.patterns(parameters, x)
    rows = relu_networks.jacobian_rows(architecture, flat, x)

    def in_paths(embedded):
        return (matrix @ embedded[:, None, :, None])[..., 0]

    def at(change):
        """At θ + change: errors of the models linear in Φ and in θ, both (seed, point), and which points keep masks."""
        moved = relu_networks.unflatten(architecture, flat + change)
        exact = relu_networks.forward(moved, x)
        taylor = output + (rows @ change[:, :, None]).reshape(output.shape)
        kept = (relu_networks.patterns(moved, x) == pattern).all(axis=-1)
        models = (in_paths(path_embedding.path_embedding(moved)), taylor)
        return *(np.abs(exact - model).max(axis=-1) for model in models), kept

    swept = [at(size * small) for size in perturbations]
    rescaled = relu_symmetries.rescaled(parameters, factors)
    doubled = ((2 * parameters[0][0], 2 * parameters[0][1]), *parameters[1:])
    norm = np.abs(phi).sum(axis=-1)
    return {
        "rescaling_change": _relative_change(phi, path_embedding.path_embedding(rescaled)),
        "doubling_change": _relative_change(phi, path_embedding.path_embedding(doubled)),
        "norm_error": np.abs(path_embedding.path_norm(parameters) - norm) / norm,
        "output_error": np.abs(in_paths(phi) - output).max(axis=(-2, -1)),
        "changed_error": at(large_perturbation * large)[0].max(axis=-1),
        "local_error": np.stack([_largest(error, kept) for error, _, kept in swept], axis=-1),
        "taylor_error": np.stack([_largest(error, kept) for _, error, kept in swept], axis=-1),
        "kept_share": np.stack([kept.mean(axis=-1) for _, _, kept in swept], axis=-1),
    }


@stage(split="seeds", block=20, nan=("local_error", "taylor_error"))
def invariance_and_linearity(architectures, seeds, inputs, perturbations, large_perturbation):
    """Φ under rescaling, A Φ against the output, and the errors of the models that are linear in Φ and in θ."""
    each = [
        _linearity(architecture, seeds, inputs, perturbations, large_perturbation)
        for architecture in progress(architectures, "architectures")
    ]
    found = {name: np.stack([one[name] for one in each]) for name in each[0]}
    names = {
        "rescaling_change": "relative change of Φ under rescaling of the hidden units",
        "doubling_change": "relative change of Φ where layer 1 is doubled and layer 2 is not halved",
        "output_error": "largest error of A Φ against the output of the network",
        "norm_error": "relative error of the path norm, a forward pass against the sum of |Φ|",
        "changed_error": "largest error of A(X, θ) Φ(θ') at the large perturbation",
        "local_error": "largest error of A(X, θ) Φ(θ') on inputs that keep their masks",
        "taylor_error": "largest error of the Taylor series of first order in θ on the same inputs",
        "kept_share": "share of inputs that keep their masks",
    }
    dims = ("architecture", "seeds", "perturbations")
    return xr.Dataset(
        {name: (dims[: values.ndim], values, label(names[name])) for name, values in found.items()},
        coords={
            "architecture": ("architecture", list(map(_name, architectures)), label("widths of the layers", "")),
            "seeds": seeds,
            "perturbations": perturbations,
        },
    )


@stage(split="seeds", block=20)
def image_dimension(architectures, seeds):
    """Rank of D Φ against D - H, and where one unit of layer 1 has only zeros in and out."""
    shape = (len(architectures), len(seeds))
    found = {name: np.empty(shape, dtype) for name, dtype in (("rank", int), ("gap", float), ("dead_rank", int))}
    bounds = np.empty(len(architectures), int)
    for i, architecture in enumerate(progress(architectures, "architectures")):
        parameters = _networks(architecture, seeds)
        bounds[i] = relu_networks.parameter_count(architecture) - relu_networks.hidden_count(architecture)
        (w, b), (v, c), *deeper = ((w.copy(), b.copy()) for w, b in parameters)
        w[:, 0], b[:, 0], v[:, :, 0] = 0, 0, 0
        dead = ((w, b), (v, c), *deeper)
        for j in range(len(seeds)):
            slopes = [
                path_embedding.derivative(architecture, relu_networks.flatten(_pair(p, j))) for p in (parameters, dead)
            ]
            rank, gap, _ = numerical_rank.rank_with_gap(slopes[0])
            found["rank"][i, j], found["gap"][i, j] = rank, gap
            found["dead_rank"][i, j] = numerical_rank.rank_with_gap(slopes[1]).rank
    names = {
        "rank": "rank of D Φ",
        "gap": "gap of singular values behind the rank of D Φ",
        "dead_rank": "rank of D Φ where a unit of layer 1 has only zeros in and out",
    }
    dims = ("architecture", "seeds")
    return xr.Dataset(
        {name: (dims, values, label(names[name])) for name, values in found.items()}
        | {"bound": ("architecture", bounds, label("number of parameters less that of hidden units, D - H"))},
        coords={
            "architecture": ("architecture", list(map(_name, architectures)), label("widths of the layers", "")),
            "seeds": seeds,
        },
    )


# --- converse -------------------------------------------------------------------------------------------------------


@functools.cache
def _embedding_residual(architecture):
    def residual(logarithm, sign, target):
        flat = sign * jnp.exp(logarithm)
        return path_embedding.path_embedding(relu_networks.unflatten(architecture, flat)) - target

    return residual


@stage(split="seeds", block=20)
def converse(converse_architecture, seeds, inputs, spread, converse_iterations, converse_tolerance):
    """Solutions of Φ(θ') = Φ(θ) with the signs of θ; and one unit with all its weights and its bias negated."""
    architecture = tuple(converse_architecture)
    parameters = _networks(architecture, seeds)
    flat = relu_networks.flatten(parameters)
    phi = path_embedding.path_embedding(parameters)
    generators = [seeding.generator(_PAPER, "converse", seed) for seed in seeds]
    start = np.log(np.abs(flat)) + spread * np.stack([g.standard_normal(flat.shape[-1]) for g in generators])
    x = np.stack([g.standard_normal((inputs, architecture[0])) for g in generators])
    sign = np.sign(flat)
    fit = levenberg_marquardt(
        _embedding_residual(architecture),
        jnp.asarray(start),
        jnp.asarray(sign),
        jnp.asarray(phi),
        iterations=converse_iterations,
        damping=1e-2,
    )
    solved = relu_networks.unflatten(architecture, sign * np.exp(np.asarray(fit.parameters)))
    started = relu_networks.unflatten(architecture, sign * np.exp(start))
    (w, b), (v, c), *deeper = ((w.copy(), b.copy()) for w, b in parameters)
    w[:, 0], b[:, 0], v[:, :, 0] = -w[:, 0], -b[:, 0], -v[:, :, 0]
    flipped = ((w, b), (v, c), *deeper)
    flipped_change = path_embedding.path_embedding(flipped) - phi

    def distances(others):
        pairs = [(_pair(parameters, i), _pair(others, i)) for i in range(len(seeds))]
        return np.array([relu_symmetries.canonical_distance(*pair) for pair in pairs])

    found = {
        "squared_residual": (2 * np.asarray(fit.loss), "squared residual |Φ(θ') - Φ(θ)|² of the solution"),
        "distance": (distances(solved), "canonical distance of the solution"),
        "start_distance": (distances(started), "canonical distance of the start"),
        "flipped_squared_residual": ((flipped_change**2).sum(axis=-1), "|Φ(θ') - Φ(θ)|² of the flipped unit"),
        "flipped_distance": (distances(flipped), "canonical distance of the flipped unit"),
        "flipped_function_change": (
            np.abs(relu_networks.forward(flipped, x) - relu_networks.forward(parameters, x)).max(axis=(-2, -1)),
            "largest change of the output by the flipped unit",
        ),
    }
    flags = {
        "solved": (found["squared_residual"][0] < converse_tolerance, "squared residual below the tolerance"),
        "flipped_solved": (found["flipped_squared_residual"][0] < converse_tolerance, "the same of the flipped unit"),
    }
    history = 2 * np.asarray(fit.loss_history)
    return xr.Dataset(
        {name: ("seeds", values, label(long_name)) for name, (values, long_name) in (found | flags).items()}
        | {"residual_history": (("seeds", "iteration"), history, label("squared residual"))},
        coords={
            "seeds": seeds,
            "iteration": ("iteration", np.arange(1, history.shape[1] + 1), label("iteration")),
        },
    )


# --- finite samples -------------------------------------------------------------------------------------------------


@functools.cache
def _sample_residual(architecture):
    def residual(flat, x, target, weight):
        output = relu_networks.forward(relu_networks.unflatten(architecture, flat), x)
        return ((output - target) * weight[:, None]).ravel()

    return residual


@stage(split="sample_seeds", block=30, nan=("distance",))
def finite_samples(
    sample_architecture,
    sample_seeds,
    sample_sizes,
    box,
    directions,
    return_perturbation,
    return_iterations,
    return_tolerance,
):
    """Rank test on samples of several sizes, and the distance of what a perturbation comes back to on the samples."""
    architecture = tuple(sample_architecture)
    drawn = relu_networks.random_parameters(seeding.keys(_PAPER, "samples", seeds=sample_seeds), architecture)
    parameters = relu_symmetries.as_numpy(drawn)
    flat = relu_networks.flatten(parameters)
    generators = [seeding.generator(_PAPER, "samples", seed) for seed in sample_seeds]
    x = np.stack([g.uniform(-box, box, (max(sample_sizes), architecture[0])) for g in generators])
    target = relu_networks.forward(parameters, x)
    shape = (len(sample_seeds), len(sample_sizes), directions)
    moves = np.stack([g.standard_normal((*shape[1:], flat.shape[-1])) for g in generators])
    moves *= return_perturbation / np.linalg.norm(moves, axis=-1, keepdims=True)
    starts = flat[:, None, None, :] + moves

    ranks = [
        numerical_rank.rank_with_gap(relu_networks.jacobian_rows(architecture, flat, x[:, :size]))
        for size in sample_sizes
    ]
    # Samples of every size are the first ones of the largest: the others weigh nothing, so that one program serves all.
    used = np.arange(max(sample_sizes)) < np.array(sample_sizes)[:, None]
    weights = used / np.sqrt(np.array(sample_sizes))[:, None]

    def repeated(values, own):
        """One row for every start, of values that have the leading dimensions ``own`` of (seed, size, direction)."""
        tail = values.shape[len(own) :]
        wide = values.reshape(*(n if axis in own else 1 for axis, n in enumerate(shape)), *tail)
        return jnp.asarray(np.broadcast_to(wide, (*shape, *tail)).reshape(-1, *tail))

    fit = levenberg_marquardt(
        _sample_residual(architecture),
        repeated(starts, (0, 1, 2)),
        repeated(x, (0,)),
        repeated(target, (0,)),
        repeated(weights, (1,)),
        iterations=return_iterations,
        damping=1e-8,
    )
    mean_square = (2 * np.asarray(fit.loss)).reshape(shape)
    ends = np.asarray(fit.parameters).reshape(*shape, -1)
    distance = np.full(shape, np.nan)
    for at in np.argwhere(mean_square < return_tolerance):
        end = relu_networks.unflatten(architecture, ends[tuple(at)])
        distance[tuple(at)] = relu_symmetries.ps_distance(_pair(parameters, at[0]), end)
    dims = ("sample_seeds", "sample_sizes")
    bound = relu_networks.parameter_count(architecture) - relu_networks.hidden_count(architecture)
    return xr.Dataset(
        {
            "rank": (dims, np.stack([r.rank for r in ranks], axis=1), label("rank of ∂f(X)/∂θ")),
            "gap": (dims, np.stack([r.gap for r in ranks], axis=1), label("gap of singular values behind the rank")),
            "bound": ((), bound, label("number of parameters less that of hidden units, D - H")),
            "mean_square": ((*dims, "direction"), mean_square, label("squared residual over N after the return")),
            "distance": ((*dims, "direction"), distance, label("PS distance of the return, where it succeeded")),
        },
        coords={
            "sample_seeds": sample_seeds,
            "sample_sizes": sample_sizes,
            "direction": ("direction", np.arange(directions), label("number of the random direction")),
        },
    )


# --- one hidden layer on a box --------------------------------------------------------------------------------------


def _draw(generator, kind, units, dimension):
    """Shallow parameters that fail exactly the wanted condition."""
    wanted = {
        "generic": ([], [], []),
        "outside": ([0], [], []),
        "twin": ([], [(0, 1)], []),
        "flip2": ([], [], [(0, 1)]),
        "flip3": ([], [], [(0, 1, 2)]),
    }[kind]
    while True:
        w = generator.standard_normal((units, dimension))
        b = generator.uniform(-_BIAS, _BIAS, units)
        v = generator.standard_normal((1, units))
        v = np.sign(v) * (np.abs(v) + 0.3)
        if kind == "outside":
            b[0] = np.sign(b[0]) * 3 * np.linalg.norm(w[0])
        elif kind == "twin":
            w[1], b[1] = 2 * w[0], 2 * b[0]
        elif kind == "flip2":
            w[1] = -v[0, 0] / v[0, 1] * w[0]
        elif kind == "flip3":
            w[2] = -(v[0, 0] * w[0] + v[0, 1] * w[1]) / v[0, 2]
        parameters = ((w, b), (v, generator.standard_normal(1)))
        if tuple(shallow_identifiability.failed_conditions(parameters)) == wanted:
            return parameters


def _shallow(kind, seed, units, dimension):
    return _draw(seeding.generator(_PAPER, "shallow", kind, seed), kind, units, dimension)


def _edited(parameters, edit, step):
    """Another parameter that has the same function on the box, where the condition of the edit fails."""
    (w, b), (v, c) = parameters
    if edit in ("flip2", "flip3"):
        return shallow_identifiability.reflected(parameters, range(int(edit[-1])))
    w, b, v, c = w.copy(), b.copy(), v.copy(), c.copy()
    if edit == "twin":
        v[0, 0] += 2 * step
        v[0, 1] -= step
    elif b[0] > 0:
        b[0] += 0.5
        c -= 0.5 * v[:, 0]
    else:
        w[0, :2] += 0.3 * np.array([w[0, 1], -w[0, 0]])
    return (w, b), (v, c)


@functools.cache
def _box_residual(units, dimension, points):
    grid = _grid(points, dimension)

    def residual(flat, target):
        output = relu_networks.forward(relu_networks.unflatten((dimension, units, 1), flat), jnp.asarray(grid))
        return (output[:, 0] - target) / np.sqrt(len(grid))

    return residual


@functools.partial(jax.jit, static_argnames=("units", "dimension", "points", "iterations"))
def _search(starts, targets, units, dimension, points, iterations):
    """End points and their losses, of starts (network, restart, parameter); network after network."""

    def of_one(pair):
        start, target = pair
        repeated = jnp.broadcast_to(target[None], (start.shape[0], target.size))
        fit = levenberg_marquardt(
            _box_residual(units, dimension, points), start, repeated, iterations=iterations, damping=1e-2
        )
        return fit.parameters, fit.loss

    return jax.lax.map(of_one, (starts, targets))


@stage(split="shallow_seeds", block=4, gpu=True, nan=("distance",))
def shallow_search(
    shallow_units,
    shallow_dimension,
    shallow_seeds,
    restarts,
    restart_iterations,
    grid_points,
    check_points,
    function_tolerance,
):
    """Parameters with the same function on the box, from random restarts, and their PS distance to the true ones."""
    units, dimension = shallow_units, shallow_dimension
    architecture = (dimension, units, 1)
    cases = list(itertools.product(_CLASSES, shallow_seeds))
    parameters = [_shallow(kind, seed, units, dimension) for kind, seed in cases]
    starts = []
    for kind, seed in cases:
        g = seeding.generator(_PAPER, "restarts", kind, seed)
        first = g.standard_normal((restarts, units, dimension)), g.uniform(-1, 1, (restarts, units))
        second = g.standard_normal((restarts, 1, units)), g.standard_normal((restarts, 1))
        starts.append(relu_networks.flatten((first, second)))
    grid, check = _grid(grid_points, dimension), _grid(check_points, dimension)
    targets = relu_networks.forward(_stacked(parameters), grid)[..., 0]
    settings = {"units": units, "dimension": dimension, "points": grid_points, "iterations": restart_iterations}
    ends, losses = map(np.asarray, _search(jnp.asarray(np.stack(starts)), jnp.asarray(targets), **settings))
    shape = (len(_CLASSES), len(shallow_seeds), restarts)
    error, distance = np.empty(losses.shape), np.full(losses.shape, np.nan)
    for i, true in enumerate(progress(parameters, "parameters")):
        wanted = relu_networks.forward(true, check)
        for j in range(restarts):
            end = relu_networks.unflatten(architecture, ends[i, j])
            error[i, j] = np.abs(relu_networks.forward(end, check) - wanted).max()
            if error[i, j] <= function_tolerance:
                distance[i, j] = relu_symmetries.ps_distance(true, end)
    dims = ("class", "shallow_seeds", "restart")
    return xr.Dataset(
        {
            "loss": (dims, losses.reshape(shape), label("half the mean square of the residual")),
            "function_error": (dims, error.reshape(shape), label("largest difference of outputs on the fine grid")),
            "distance": (dims, distance.reshape(shape), label("PS distance to the true parameters, if exact")),
        },
        coords={
            "class": ("class", _CLASSES, _CLASS),
            "shallow_seeds": shallow_seeds,
            "restart": ("restart", np.arange(restarts), label("number of the restart")),
        },
    )


@stage
def shallow_solutions(shallow_search, equivalence_distance):
    """Counts of exact solutions, and of parameters that have one which is not PS-equivalent."""
    found = shallow_search.distance
    exact = found.notnull()
    other = found > equivalence_distance
    over = ["shallow_seeds", "restart"]
    counts = {
        "exact": (exact.sum(over), "number of exact solutions"),
        "with_another": (other.any("restart").sum("shallow_seeds"), "parameters with an exact solution not equivalent"),
        "found_share": (exact.any("restart").mean("shallow_seeds"), "share of parameters with an exact solution"),
        "equivalent_distance": (
            found.where(~other).max(over).fillna(0.0),
            "largest PS distance of equivalent solutions, 0 where there are none",
        ),
    }
    return xr.Dataset(
        {name: ("class", values.values, label(long_name)) for name, (values, long_name) in counts.items()},
        coords={"class": ("class", found["class"].values, _CLASS)},
    )


@stage
def shallow_witnesses(shallow_units, shallow_dimension, witness_count, check_points):
    """Explicit second parameters of each class, and the same edits of generic parameters."""
    x = _grid(check_points, shallow_dimension)
    change, distance, generic_change = np.empty((3, len(_EDITS), witness_count))
    for i, kind in enumerate(progress(_EDITS, "classes")):
        steps = _STEPS if kind == "twin" else _STEPS[:1]
        for j in range(witness_count):
            true, generic = (_shallow(drawn, j, shallow_units, shallow_dimension) for drawn in (kind, "generic"))
            others = [_edited(true, kind, step) for step in steps]
            # Of two moves of twins one may come near an exchange of the two.
            apart = [relu_symmetries.ps_distance(true, other) for other in others]
            best = int(np.argmax(apart))
            distance[i, j] = apart[best]
            for values, one, two in (
                (change, true, others[best]),
                (generic_change, generic, _edited(generic, kind, steps[best])),
            ):
                values[i, j] = np.abs(relu_networks.forward(one, x) - relu_networks.forward(two, x)).max()
    dims = ("class", "witness")
    return xr.Dataset(
        {
            "function_change": (dims, change, label("largest difference of outputs on the box")),
            "distance": (dims, distance, label("PS distance of the two parameters")),
            "generic_function_change": (dims, generic_change, label("the same edit of generic parameters")),
        },
        coords={
            "class": ("class", _EDITS, _CLASS),
            "witness": ("witness", np.arange(witness_count), label("number of the parameters")),
        },
    )


@stage
def two_parameters_one_function(example_seed, example_points):
    """A network of three units on a square, its function, and its reflected partner with the same one."""
    true = _shallow("flip3", example_seed, 3, 2)
    both = [true, _edited(true, "flip3", 0.0)]
    axis = np.linspace(-1, 1, example_points)
    x = _grid(example_points, 2)
    values = [relu_networks.forward(p, x).reshape(example_points, example_points) for p in both]
    powers = 2 ** np.arange(3)
    codes = [(relu_networks.patterns(p, x) @ powers).reshape(example_points, example_points) for p in both]
    dims = ("parameter", "first", "second")
    return xr.Dataset(
        {
            "function": (dims, np.stack(values), label("output")),
            "pattern": (dims, np.stack(codes), label("activation pattern, bit i for unit i")),
            "weight": (("parameter", "unit", "coordinate"), np.stack([p[0][0] for p in both]), label("weights w")),
            "bias": (("parameter", "unit"), np.stack([p[0][1] for p in both]), label("biases b")),
            "output_weight": (("parameter", "unit"), np.stack([p[1][0][0] for p in both]), label("weights v")),
        },
        coords={
            "parameter": ("parameter", ["θ", "θ'"], label("which of two parameters", "")),
            "first": ("first", axis, _COORDINATE),
            "second": ("second", axis, _COORDINATE),
            "unit": ("unit", np.arange(3), label("hidden unit")),
            "coordinate": ("coordinate", np.arange(2), label("number of the coordinate")),
        },
    )
