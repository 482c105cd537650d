"""Stages: ranks of random networks, decisive sets, fibers and walks on them, perturbations, silent units."""

import jax.numpy as jnp
import numpy as np
import xarray as xr

from replica.numerics import (
    levenberg_marquardt,
    numerical_rank,
    relu_networks,
    relu_regions,
    relu_silence,
    relu_symmetries,
    seeding,
)
from replica.paper import label, progress, stage

_PAPER = "grigsby2022_functional_dimension"
_SHOWN = 3.0  # half width of the boxes in which regions are drawn


def _variables(**rows):
    """Data variables from rows (dims, values, long name); everything is dimensionless."""
    return {name: (dims, values, label(long_name)) for name, (dims, values, long_name) in rows.items()}


def _coordinate(name, values, long_name):
    return (name, values, label(long_name))


def _seeds(count, name="network"):
    return _coordinate(name, np.arange(count), "seed of the network")


def _layers(architecture):
    return tuple(int(n) for n in architecture.split("-"))


def _bound(layers):
    return relu_networks.parameter_count(layers) - relu_networks.hidden_count(layers)


def _drawn(layers, seed):
    """Flat parameters under the He law; the stream belongs to the seed, whatever the architecture."""
    deviations = relu_networks.he_deviations(layers)
    return deviations * seeding.generator(_PAPER, "parameters", seed).standard_normal(deviations.size)


def _scattered(generator, count, inputs):
    """Points x = g e^u with g ~ N(0, 1), u uniform on [-1, 3]."""
    return generator.standard_normal((count, inputs)) * np.exp(generator.uniform(-1, 3, (count, 1)))


def _rank(layers, flat, points, activation=relu_networks.RELU):
    """Rank and gap of the Jacobian at points."""
    found = numerical_rank.rank_with_gap(relu_networks.jacobian_rows(layers, flat, points, activation))
    return int(found.rank), float(found.gap)


def _regions(layers, flat, half_width):
    return relu_regions.regions(relu_networks.unflatten(layers, flat), half_width)


def _with_dead_unit(layers, flat):
    """Unit 1 of the second hidden layer with weights and bias replaced by minus their absolute values."""
    parameters = [(w.copy(), b.copy()) for w, b in relu_networks.unflatten(layers, flat)]
    w, b = parameters[1]
    w[0], b[0] = -np.abs(w[0]), -np.abs(b[0])
    return relu_networks.flatten(parameters)


# --- ranks of random networks -------------------------------------------------------------------------------------


@stage(split="architectures")
def exact_ranks(architectures, networks, half_width):
    """Functional dimension of random networks with one or two inputs, on exact decisive sets."""
    table = np.empty((len(architectures), networks, 3))
    layers = [_layers(a) for a in architectures]
    for i, n in enumerate(layers):
        for seed in progress(range(networks), architectures[i]):
            flat = _drawn(n, seed)
            found = _regions(n, flat, half_width)
            table[i, seed] = *_rank(n, flat, relu_regions.decisive_set(found)), len(found)
    dims = ("architectures", "network")
    return xr.Dataset(
        _variables(
            rank=(dims, table[..., 0].astype(int), "functional dimension"),
            gap=(dims, table[..., 1], "gap of singular values at the rank"),
            region_count=(dims, table[..., 2].astype(int), "linear regions in the box"),
            **_counts("architectures", layers),
        ),
        coords={"architectures": architectures, "network": _seeds(networks)},
    )


def _counts(dim, layers):
    return {
        "bound": (dim, [_bound(n) for n in layers], "upper bound B = D - H"),
        "hidden_units": (dim, [relu_networks.hidden_count(n) for n in layers], "hidden units H"),
        "parameter_count": (dim, [relu_networks.parameter_count(n) for n in layers], "parameters D"),
    }


@stage(split="sampled_architectures")
def sampled_ranks(sampled_architectures, sampled_networks, sample_points):
    """Rank of random networks with three inputs or more on sampled points, also with a dead unit."""
    table = np.empty((len(sampled_architectures), sampled_networks, 4))
    layers = [_layers(a) for a in sampled_architectures]
    for i, n in enumerate(layers):
        for seed in progress(range(sampled_networks), sampled_architectures[i]):
            flat = _drawn(n, seed)
            points = _scattered(seeding.generator(_PAPER, "points", n[0], seed), sample_points, n[0])
            table[i, seed] = *_rank(n, flat, points), *_rank(n, _with_dead_unit(n, flat), points)
    dims = ("sampled_architectures", "network")
    return xr.Dataset(
        _variables(
            rank=(dims, table[..., 0].astype(int), "rank on sampled points"),
            gap=(dims, table[..., 1], "gap of singular values at the rank"),
            dead_rank=(dims, table[..., 2].astype(int), "rank with a dead unit in the second hidden layer"),
            dead_gap=(dims, table[..., 3], "gap of singular values at the rank with a dead unit"),
            **_counts("sampled_architectures", layers),
        ),
        coords={"sampled_architectures": sampled_architectures, "network": _seeds(sampled_networks)},
    )


@stage
def smooth_ranks(smooth_architectures, smooth_networks, sample_points):
    """Rank with smooth activations in place of ReLU, same weights."""
    activations = {"tanh": relu_networks.TANH, "softplus": relu_networks.SOFTPLUS}
    table = np.empty((len(activations), len(smooth_architectures), smooth_networks, 2))
    layers = [_layers(a) for a in smooth_architectures]
    for i, activation in enumerate(activations.values()):
        for j, n in enumerate(layers):
            for seed in range(smooth_networks):
                points = _scattered(seeding.generator(_PAPER, "points", n[0], seed), sample_points, n[0])
                table[i, j, seed] = _rank(n, _drawn(n, seed), points, activation)
    dims = ("activation", "smooth_architectures", "network")
    return xr.Dataset(
        _variables(
            rank=(dims, table[..., 0].astype(int), "rank on sampled points"),
            gap=(dims, table[..., 1], "gap of singular values at the rank"),
            **_counts("smooth_architectures", layers),
        ),
        coords={
            "activation": _coordinate("activation", list(activations), "activation of the hidden units"),
            "smooth_architectures": smooth_architectures,
            "network": _seeds(smooth_networks),
        },
    )


# --- decisive sets ------------------------------------------------------------------------------------------------


def _drawn_regions(found, prefix=""):
    """Polygons of regions, filled up to one number of vertices by repeating the last, and their active units."""
    most = max(len(region.vertices) for region in found)
    polygons = [np.concatenate([r.vertices, np.repeat(r.vertices[-1:], most - len(r.vertices), 0)]) for r in found]
    dim = f"{prefix}region"
    return {
        f"{prefix}polygon": ((dim, f"{prefix}vertex", "axis"), np.stack(polygons), "vertices of the region"),
        f"{prefix}active_units": (dim, [int(r.pattern.sum()) for r in found], "active hidden units"),
    }


@stage
def decisive_sets(decisive_architecture, decisive_networks, sample_sizes, half_width):
    """Rank on decisive sets, on one point per region, on random points and on unions; regions of one network."""
    n = _layers(decisive_architecture)
    ranks, gaps = np.empty((2, decisive_networks, 4 + len(sample_sizes)))
    for seed in progress(range(decisive_networks), "networks"):
        flat = _drawn(n, seed)
        found = _regions(n, flat, half_width)
        decisive, single = relu_regions.decisive_set(found), relu_regions.interior_points(found)
        random = _scattered(seeding.generator(_PAPER, "points", n[0], seed), max(sample_sizes), n[0])
        sets = [decisive, single, np.concatenate([decisive, random]), np.concatenate([single, random])]
        sets += [random[:size] for size in sample_sizes]
        for k, points in enumerate(sets):
            ranks[seed, k], gaps[seed, k] = _rank(n, flat, points)
    ranks = ranks.astype(int)
    shown = _regions(n, _drawn(n, _most_regions(n, decisive_networks)), _SHOWN)
    return xr.Dataset(
        _variables(
            decisive_rank=("network", ranks[:, 0], "rank on the decisive set"),
            single_rank=("network", ranks[:, 1], "rank on one point per region"),
            decisive_union_rank=("network", ranks[:, 2], "rank on the decisive set and all random points"),
            single_union_rank=("network", ranks[:, 3], "rank on one point per region and all random points"),
            random_rank=(("network", "sample_sizes"), ranks[:, 4:], "rank on random points"),
            smallest_gap=("network", gaps.min(axis=1), "smallest gap of singular values at these ranks"),
            bound=((), _bound(n), "upper bound B = D - H"),
            decisive_point=(("point", "axis"), relu_regions.decisive_set(shown), "points of the decisive set"),
            **_drawn_regions(shown),
        ),
        coords={"network": _seeds(decisive_networks), "sample_sizes": sample_sizes},
    )


def _most_regions(layers, count):
    """The seed with the most regions near the origin, small ones counting less: a network worth drawing."""

    def evenness(seed):
        share = np.array([relu_regions.size(r.vertices) for r in _regions(layers, _drawn(layers, seed), _SHOWN)])
        share /= share.sum()
        return -float(share @ np.log(share))

    return max(range(count), key=evenness)


# --- fibers -------------------------------------------------------------------------------------------------------

_SMALL = (1, 2, 1)
_TARGETS = {
    "clip": lambda x: np.clip(x, 0, 1),
    "two slopes": lambda x: np.maximum(x, 0) - 1.7 * np.maximum(x - 1, 0),
    "identity": lambda x: x,
}
_FIT_POINTS, _CHECK_POINTS, _RANK_POINTS = (-3, 4, 141), (-50, 50, 2001), (-20, 20, 400)
_EXACT = 1e-8  # largest difference of functions at which a solution counts as exact
_SAME = 1e-6  # PS distance below which two solutions are one


def _residual(layers):
    def residual(flat, points, target):
        return relu_networks.forward(relu_networks.unflatten(layers, flat), points)[:, 0] - target

    return residual


def _orbits(solutions):
    """Number of the PS orbit of each solution, by greedy clustering."""
    representatives, numbers = [], []
    for flat in solutions:
        p = relu_networks.unflatten(_SMALL, flat)
        near = (i for i, q in enumerate(representatives) if relu_symmetries.ps_distance(q, p) < _SAME)
        number = next(near, len(representatives))
        if number == len(representatives):
            representatives.append(p)
        numbers.append(number)
    return np.array(numbers, dtype=int)


@stage(nan=("breakpoints",))
def fibers(restarts, fiber_iterations):
    """Exact solutions of a network 1-2-1 for three targets: breakpoints, orientations, orbits, ranks.

    Breakpoints are NaN, labels, orbits and ranks -1 where a restart found no exact solution.
    """
    x, wide, line = (np.linspace(*grid)[:, None] for grid in (_FIT_POINTS, _CHECK_POINTS, _RANK_POINTS))
    residual, count = _residual(_SMALL), len(_TARGETS)
    shape = (count, restarts)
    error, breakpoints = np.empty(shape), np.full((*shape, 2), np.nan)
    label, orbit, rank, gap = (np.full(shape, -1, dtype=kind) for kind in (int, int, int, float))
    solved = np.empty((count, fiber_iterations))
    for i, (name, target) in enumerate(progress(_TARGETS.items(), "targets")):
        start = seeding.generator(_PAPER, "fibers", name).standard_normal((restarts, 7))
        start[:, :4] *= 1.5
        fit = levenberg_marquardt.levenberg_marquardt(
            residual,
            jnp.asarray(start),
            jnp.asarray(np.broadcast_to(x, (restarts, *x.shape))),
            jnp.asarray(np.broadcast_to(target(x)[:, 0], (restarts, x.size))),
            iterations=fiber_iterations,
        )
        found = np.asarray(fit.parameters)
        solved[i] = np.mean(2 * np.asarray(fit.loss_history) / x.size < 1e-26, axis=0)
        output = relu_networks.forward(relu_networks.unflatten(_SMALL, found), wide)[..., 0]
        error[i] = np.abs(output - target(wide)[:, 0]).max(axis=1)
        exact = np.flatnonzero(error[i] < _EXACT)
        w, b = found[exact, :2], found[exact, 2:4]
        t = -b / w
        breakpoints[i, exact] = t
        label[i, exact] = 4 * (w[:, 0] > 0) + 2 * (w[:, 1] > 0) + (t[:, 0] < t[:, 1])
        orbit[i, exact] = _orbits(found[exact])
        for k in exact:
            rank[i, k], gap[i, k] = _rank(_SMALL, found[k], line)
    dims = ("target", "solution")
    return xr.Dataset(
        _variables(
            error=(dims, error, "largest difference of the function from its target on [-50, 50]"),
            exact=(dims, error < _EXACT, "whether the solution is exact"),
            breakpoints=((*dims, "unit"), breakpoints, "breakpoint t of the unit"),
            label=(dims, label, "orientations and order of the units"),
            orbit=(dims, orbit, "orbit of the symmetries"),
            rank=(dims, rank, "rank at 400 points of [-20, 20]"),
            gap=(dims, gap, "gap of singular values at the rank"),
            solved=(("target", "try"), solved, "share of restarts with |r|²/N < 1e-26"),
            label_count=("target", [len(set(row[row >= 0])) for row in label], "different labels"),
            orbit_count=("target", [len(set(row[row >= 0])) for row in orbit], "different orbits"),
            breakpoint_distance=(
                "target",
                [_farthest(row[keep]) for row, keep in zip(breakpoints, error < _EXACT, strict=True)],
                "largest distance of a breakpoint from 0 and 1",
            ),
        ),
        coords={"target": _coordinate("target", list(_TARGETS), "target function")},
    )


def _farthest(t):
    return np.minimum(np.abs(t), np.abs(t - 1)).max(initial=0.0)


_PATH = (2, 2, 2, 1)


def _on_path(s, *, kept=False):
    """Flat parameters at s in [0, 2]: the outgoing weight of a dead unit goes to 0 (unless kept), then it revives."""
    u, v = min(s, 1.0), max(s - 1.0, 0.0)
    first = np.array([[1, 0.3], [-0.4, 1]]), np.array([0.2, -0.1])
    revived = (1 - v) * np.array([-1, -0.5]) + v * np.array([0.9, 0.6])
    second = np.stack([np.array([1, -0.7]), revived]), np.array([0.1, (1 - v) * -0.5 + v * -0.6])
    third = np.array([[1, 0.8 if kept else 0.8 * (1 - u)]]), np.array([0.3])
    return relu_networks.flatten((first, second, third))


@stage
def fiber_path(path_points, half_width):
    """Functional dimension along a path on a fiber, and along the same path with the outgoing weight kept."""
    s = np.linspace(0, 2, path_points)
    x = seeding.generator(_PAPER, "fiber_path").uniform(-20, 20, (5000, 2))
    table = np.empty((2, path_points, 3))
    for i, kept in enumerate((False, True)):
        at_start = relu_networks.forward(relu_networks.unflatten(_PATH, _on_path(0.0)), x)
        for j, place in enumerate(s):
            flat = _on_path(place, kept=kept)
            points = relu_regions.decisive_set(_regions(_PATH, flat, half_width))
            change = relu_networks.forward(relu_networks.unflatten(_PATH, flat), x) - at_start
            table[i, j] = *_rank(_PATH, flat, points), np.abs(change).max()
    dims = ("path", "place")
    return xr.Dataset(
        _variables(
            rank=(dims, table[..., 0].astype(int), "functional dimension"),
            gap=(dims, table[..., 1], "gap of singular values at the rank"),
            function_change=(dims, table[..., 2], "largest change of the function from s = 0"),
            bound=((), _bound(_PATH), "upper bound B = D - H"),
            **_drawn_regions(_regions(_PATH, _on_path(0.0), _SHOWN), "start_"),
            **_drawn_regions(_regions(_PATH, _on_path(2.0), _SHOWN), "end_"),
        ),
        coords={
            "path": _coordinate("path", ["on the fiber", "weight kept"], "path"),
            "place": _coordinate("place", s, "place s on the path"),
        },
    )


# --- walks and perturbations --------------------------------------------------------------------------------------

_WALK = (2, 3, 2, 1)
_RETURNED = 1e-9  # largest difference of functions at which a walk counts as back on the fiber
_DAMPING = 1e-6
_RANK_OF_WALKS = 8  # networks of a smaller rank are nearly constant functions
_TOGETHER = 20  # networks whose walks are run side by side
_LEFT = 1e-8  # length below which a direction has nothing beyond the scalings


def _observed(flat, half_width, generator):
    """Decisive set and 1500 uniform points of [-4, 4]², and whether a unit of the second hidden layer is silent."""
    found = _regions(_WALK, flat, half_width)
    points = np.concatenate([relu_regions.decisive_set(found), generator.uniform(-4, 4, (1500, 2))])
    return points, bool(relu_regions.silent_units(found)[_WALK[1] :].any())


def _kernel_direction(generator, flat, rows, rank):
    """A random unit vector of the kernel of the Jacobian, free of the scalings where there is more than those."""
    kernel = np.linalg.svd(np.linalg.qr(numerical_rank.scaled_rows(rows), mode="r"))[2][rank:]
    scalings = np.linalg.qr(relu_symmetries.scaling_directions(_WALK, flat).T)[0]
    direction = generator.standard_normal(flat.size)
    direction = kernel.T @ (kernel @ (direction / np.linalg.norm(direction)))
    rest = direction - scalings @ (scalings.T @ direction)
    direction = rest if np.linalg.norm(rest) > _LEFT else direction
    return direction / np.linalg.norm(direction)


def _walk_starts(count, half_width):
    """The first networks of sufficient rank: their seeds, parameters, points, ranks, gaps and silent units."""
    chosen, seed = [], 0
    while len(chosen) < count:
        flat = _drawn(_WALK, seed)
        points, silent = _observed(flat, half_width, seeding.generator(_PAPER, "walk points", seed))
        rank, gap = _rank(_WALK, flat, points)
        if rank >= _RANK_OF_WALKS:
            chosen.append((seed, flat, points, rank, gap, silent))
        seed += 1
    return chosen


@stage(nan=("distance",))
def fiber_walks(walk_networks, directions, walk_step, walk_iterations, walk_half_width):
    """Steps along the kernel and back to the fiber: PS distance from the start; NaN where a walk did not come back."""
    chosen = _walk_starts(walk_networks, walk_half_width)
    widest = max(len(points) for _, _, points, *_ in chosen)
    residual = _residual(_WALK)
    distance, error = np.empty((2, walk_networks, directions))
    for first in progress(range(0, walk_networks, _TOGETHER), "blocks of networks"):
        starts, seen, wanted = [], [], []
        for seed, flat, points, rank, *_ in chosen[first : first + _TOGETHER]:
            rows = relu_networks.jacobian_rows(_WALK, flat, points)
            padded = np.concatenate([points, np.repeat(points[-1:], widest - len(points), axis=0)])
            for d in range(directions):
                generator = seeding.generator(_PAPER, "walk direction", seed, d)
                starts.append(flat + walk_step * _kernel_direction(generator, flat, rows, rank))
                seen.append(padded)
                wanted.append(relu_networks.forward(relu_networks.unflatten(_WALK, flat), padded)[:, 0])
        fit = levenberg_marquardt.levenberg_marquardt(
            residual,
            *(jnp.asarray(np.stack(a)) for a in (starts, seen, wanted)),
            iterations=walk_iterations,
            damping=_DAMPING,
        )
        ends = np.asarray(fit.parameters)
        for k, end in enumerate(ends):
            i, d = first + k // directions, k % directions
            parameters = relu_networks.unflatten(_WALK, end)
            output = relu_networks.forward(parameters, seen[k])[:, 0]
            error[i, d] = np.abs(output - wanted[k]).max()
            distance[i, d] = relu_symmetries.ps_distance(relu_networks.unflatten(_WALK, chosen[i][1]), parameters)
    distance = np.where(error < _RETURNED, distance, np.nan)
    seeds, _, _, ranks, gaps, silent = zip(*chosen, strict=True)
    return xr.Dataset(
        _variables(
            distance=(("network", "direction"), distance, "PS distance between start and return"),
            error=(("network", "direction"), error, "largest difference of the functions of start and return"),
            rank=("network", np.array(ranks), "rank at the start"),
            gap=("network", np.array(gaps), "gap of singular values at the rank"),
            silent=("network", np.array(silent), "whether a unit of the second hidden layer is silent"),
            bound=((), _bound(_WALK), "upper bound B = D - H"),
        ),
        coords={"network": _coordinate("network", np.array(seeds), "seed of the network")},
    )


def _degenerate(seed):
    """A network with a duplicated unit (even seeds) or one without outgoing weights (odd), in layer 1 or 2."""
    parameters = [(w.copy(), b.copy()) for w, b in relu_networks.unflatten(_WALK, _drawn(_WALK, seed))]
    layer = seed // 2 % 2
    if seed % 2 == 0:
        w, b = parameters[layer]
        w[1], b[1] = w[0], b[0]
    else:
        parameters[layer + 1][0][:, 0] = 0.0
    return relu_networks.flatten(parameters)


@stage
def perturbed_ranks(degenerate_networks, perturbation, walk_half_width):
    """Ranks of degenerate networks before and after a small perturbation, on the same points.

    These are the points where the perturbation changes no sign: the rank is semicontinuous for parameters so near that
    no fold of the function passes over a point, where the Jacobian would jump.
    """
    table = np.empty((degenerate_networks, 5))
    for seed in progress(range(degenerate_networks), "networks"):
        flat, generator = _degenerate(seed), seeding.generator(_PAPER, "perturbed_ranks", seed)
        points, _ = _observed(flat, walk_half_width, generator)
        moved = flat + perturbation * generator.standard_normal(flat.size)
        before, after = (relu_networks.patterns(relu_networks.unflatten(_WALK, f), points) for f in (flat, moved))
        kept = np.all(before == after, axis=1)
        table[seed] = *_rank(_WALK, flat, points[kept]), *_rank(_WALK, moved, points[kept]), np.mean(kept)
    kind = np.where(np.arange(degenerate_networks) % 2 == 0, "duplicated unit", "no outgoing weight")
    return xr.Dataset(
        _variables(
            rank=("network", table[:, 0].astype(int), "rank before the perturbation"),
            gap=("network", table[:, 1], "gap of singular values before"),
            perturbed_rank=("network", table[:, 2].astype(int), "rank after the perturbation"),
            perturbed_gap=("network", table[:, 3], "gap of singular values after"),
            kept=("network", table[:, 4], "share of points where no sign changes"),
            kind=("network", kind, "how the network is degenerate"),
        ),
        coords={"network": _seeds(degenerate_networks)},
    )


# --- silent units -------------------------------------------------------------------------------------------------

_LAYERS = [(2, 2), (3, 3), (3, 2), (1, 2), (2, 3), (3, 4)]  # inputs and units of the first layer
_DRAWN_TOGETHER = 20000


def _silent(generator, inputs, units, draws, *, biases=None):
    """How many of several drawn units are silent; ``biases``: a value for all biases in place of N(0, 1)."""
    v, c = generator.standard_normal((draws, units)), generator.standard_normal(draws)
    c = c if biases is None else np.full_like(c, biases)
    if units <= inputs:  # the first layer maps onto the whole orthant, whatever its weights
        return int(relu_silence.silent_on_orthant(v, c).sum())
    w, b = generator.standard_normal((draws, units, inputs)), generator.standard_normal((draws, units))
    b = b if biases is None else np.full_like(b, biases)
    return int(relu_silence.silent_everywhere(w, b, v, c).sum())


@stage
def silent_units(orthant_draws, arrangement_draws):
    """Frequency of silent units in the second layer, its exact value, and the frequency with all biases at one."""
    rows = []
    for inputs, units in _LAYERS:
        draws = orthant_draws if units <= inputs else arrangement_draws
        counts = np.zeros(2, dtype=int)
        for start in progress(range(0, draws, _DRAWN_TOGETHER), f"{inputs} inputs, {units} units"):
            size = min(_DRAWN_TOGETHER, draws - start)
            for k, biases in enumerate((None, 1.0)):
                generator = seeding.generator(_PAPER, "silent_units", inputs, units, start)
                counts[k] += _silent(generator, inputs, units, size, biases=biases)
        share = counts / draws
        rows.append([*share, *np.sqrt(share * (1 - share) / draws), relu_silence.rate(inputs, units), draws])
    rows = np.array(rows).T
    return xr.Dataset(
        _variables(
            frequency=("layer", rows[0], "share of silent units"),
            frequency_error=("layer", rows[2], "standard error of the share"),
            positive_bias_frequency=("layer", rows[1], "share of silent units with all biases at one"),
            positive_bias_error=("layer", rows[3], "standard error of the share with all biases at one"),
            law=("layer", rows[4], "exact probability"),
            draws=("layer", rows[5].astype(int), "draws"),
        ),
        coords={"layer": _coordinate("layer", [f"{n}-{m}" for n, m in _LAYERS], "inputs and units of the first layer")},
    )
