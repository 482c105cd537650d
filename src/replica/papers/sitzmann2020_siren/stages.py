"""Stages: statistics of activations, then networks of sines and others fitted to pictures, signals and equations."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jax.flatten_util import ravel_pytree

from replica.numerics import coordinate_networks, seeding, sinusoidal_networks, training
from replica.numerics.float32_sine import sine
from replica.paper import label, progress, stage

_PAPER = "sitzmann2020_siren"
_KINDS = ["SIREN", "ReLU", "tanh", "ReLU-PE"]
_ACTIVATIONS = {
    "ReLU": coordinate_networks.relu,
    "tanh": coordinate_networks.tanh,
    "ReLU-PE": coordinate_networks.relu,
}
_KIND = label("network", "")
_RECORDS = 200  # at most, of a run


# --- networks and training ----------------------------------------------------------------------------------------


def _network(kind, layers, octaves, first=None, hidden=None):
    if kind == "SIREN":
        return sinusoidal_networks.network(first, hidden, layers)
    return coordinate_networks.Network((_ACTIVATIONS[kind],) * layers, octaves if kind == "ReLU-PE" else 0)


def _start(kind, stream, sizes, octaves, hidden):
    rng = seeding.generator(_PAPER, *stream)
    if kind == "SIREN":
        return sinusoidal_networks.start(rng, sizes, hidden)
    if kind == "tanh":
        return coordinate_networks.glorot_normal(rng, sizes)
    inputs = coordinate_networks.features(sizes[0], octaves if kind == "ReLU-PE" else 0)
    return coordinate_networks.he_normal(rng, [inputs, *sizes[1:]])


def _stacked(trees):
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


def _starts(kind, stage_name, seeds, sizes, octaves, hidden):
    """Starts of one kind for all seeds, stacked."""
    return _stacked([_start(kind, (stage_name, kind, seed), sizes, octaves, hidden) for seed in seeds])


def _every(steps):
    """Steps between records: the least divisor of their number that leaves at most 200 of them."""
    return next(n for n in range(math.ceil(steps / _RECORDS), steps + 1) if steps % n == 0)


def _recorded(steps):
    return training.recorded_steps(steps, _every(steps))


def _trained(loss, starts, keys, data, rates, steps, *, decay=False, measure=None, after=None, together=False):
    """Adam runs in one program.  loss(layers, key, datum); rates: one number, or one for each run.

    data: pytree with one entry for each run; measure(layers, datum) at every record, after(layers, datum) at the end.
    together: side by side, for many small networks; otherwise one after the other, so that a step stays in the cache.
    Returns losses (run, record), and what ``measure`` and ``after`` gave, with the run first.
    """

    def one(run):
        start, key, datum, rate = run
        schedule = optax.cosine_decay_schedule(1.0, steps) if decay else lambda count: 1.0
        optimiser = optax.chain(optax.scale_by_adam(), optax.scale_by_schedule(schedule), optax.scale(-rate))
        trained = training.train(
            lambda layers, key: loss(layers, key, datum),
            start,
            optimiser,
            key,
            steps=steps,
            every=_every(steps),
            measure=(lambda layers: measure(layers, datum)) if measure else lambda layers: (),
        )
        return trained.loss, trained.measured, after(trained.parameters, datum) if after else ()

    rates = np.broadcast_to(np.float32(rates), len(keys))
    each = jax.vmap(one) if together else partial(jax.lax.map, one)
    return jax.tree.map(np.asarray, jax.jit(each)((starts, keys, data, rates)))


def _plan(counts):
    """Condition and place among the seeds of every run (2, run): condition i with the first counts[i] seeds."""
    return np.array([(i, seed) for i, count in enumerate(counts) for seed in range(count)]).T


def _taken(tree, at):
    return jax.tree.map(lambda leaf: leaf[at], tree)


def _drawn(uniform, count):
    """Integers below ``count`` from uniform numbers in [0, 1): a draw for all that a step needs compiles fastest."""
    return (uniform * count).astype(jnp.int32)


def _by_seed(values, plan, seeds):
    """Results of runs as (condition, seed, ...), NaN where there was no run."""
    condition, seed = plan
    table = np.full((condition.max() + 1, len(seeds), *values.shape[1:]), np.nan)
    table[condition, seed] = values
    return table


def _count(plan):
    """How many networks each condition has."""
    return np.bincount(plan[0])


def _psnr(error):
    """Peak signal-to-noise ratio in dB of a mean squared error, for signals in [-1, 1]."""
    return 10 * np.log10(4 / error)


def _correlation(measured, exact):
    """Correlation over the last axis; 0 where what was measured is constant."""
    measured, exact = (x - x.mean(-1, keepdims=True) for x in (measured, exact))
    norms = np.sqrt((measured**2).sum(-1) * (exact**2).sum(-1))
    return np.where(norms == 0, 0.0, (measured * exact).sum(-1) / np.where(norms == 0, 1, norms))


# --- activation statistics ----------------------------------------------------------------------------------------


@partial(jax.jit, static_argnames="frequencies")
def _propagated(layers, x, factor, bias, frequencies):
    """Of a SIREN with weights (but the first) times ``factor`` and biases times ``bias``: pre-activations and
    activations (layer, point, unit), and the r.m.s. gradient (layer) of the output by a pre-activation."""

    def output(shifts):
        h, z, activations = x, [], []
        factors = [1.0] + [factor] * (len(frequencies) - 1)
        for layer, own, frequency, shift in zip(layers[:-1], factors, frequencies, shifts, strict=True):
            z.append(frequency * (own * (h @ layer.weight) + bias * layer.bias[None, :]) + shift)
            h = sine(z[-1])
            activations.append(h)
        return jnp.sum(factor * (h @ layers[-1].weight)), (jnp.stack(z), jnp.stack(activations))

    none = jnp.zeros((len(frequencies), x.shape[0], layers[0].weight.shape[1]))
    gradient, (z, h) = jax.grad(output, has_aux=True)(none)
    return z, h, jnp.sqrt(jnp.mean(gradient**2, axis=(1, 2)))


@stage()
def statistics(
    few_seeds,
    first_frequency,
    hidden_frequency,
    statistics_layers,
    statistics_widths,
    statistics_points,
    weight_factor,
    bins,
):
    """Pre-activations and activations of SIRENs at their start, with and without biases, and with weights too small."""
    x = np.linspace(-1, 1, statistics_points, dtype=np.float32)[:, None]
    frequencies = (first_frequency, *[hidden_frequency] * (statistics_layers - 1))
    biases, factors = [False, True], [1.0, weight_factor]
    shape = (len(statistics_widths), len(factors), len(biases), len(few_seeds), statistics_layers)
    deviation, gradient, distance = np.empty((3, *shape))
    edges = np.linspace(-4, 4, bins + 1), np.linspace(-1, 1, bins + 1)
    histograms = np.zeros((2, len(biases), statistics_layers, bins))
    power = np.zeros((len(biases), statistics_layers, statistics_points // 2 + 1))
    for width, seed in progress(list(np.ndindex(len(statistics_widths), len(few_seeds))), "networks"):
        sizes = [1, *[statistics_widths[width]] * statistics_layers, 1]
        rng = seeding.generator(_PAPER, "statistics", statistics_widths[width], few_seeds[seed])
        layers = jax.tree.map(jnp.asarray, sinusoidal_networks.start(rng, sizes, hidden_frequency))
        for factor, bias in np.ndindex(len(factors), len(biases)):
            found = _propagated(layers, x, factors[factor], float(biases[bias]), frequencies)
            z, h, slopes = (np.asarray(a) for a in found)
            at = width, factor, bias, seed
            deviation[at], gradient[at] = z.std(axis=(1, 2)), slopes
            distance[at] = [sinusoidal_networks.arcsine_distance(a) for a in h]
            if width == len(statistics_widths) - 1 and factor == seed == 0:
                for layer in range(statistics_layers):
                    for i, values in enumerate((z[layer], h[layer])):
                        histograms[i, bias, layer] = np.histogram(values, edges[i])[0] / values.size
                spectrum = np.abs(np.fft.rfft(h - h.mean(axis=1, keepdims=True), axis=1)) ** 2
                power[bias] = spectrum.mean(axis=2) / statistics_points
    widest = statistics_widths[-1]
    theory, theory_gradient = np.empty((2, len(factors), len(biases), statistics_layers))
    for factor, bias in np.ndindex(len(factors), len(biases)):
        added = sinusoidal_networks.bias_variance(widest, hidden_frequency) * biases[bias]
        first = first_frequency**2 * (1 / 9 + biases[bias] / 3)
        variances = sinusoidal_networks.pre_activation_variances(first, statistics_layers, added, factors[factor])
        theory[factor, bias] = np.sqrt(variances)
        growth = factors[factor] ** 2 * sinusoidal_networks.gradient_growth(variances)
        backwards = np.cumprod(growth[::-1])[::-1] / (hidden_frequency**2 * widest)
        theory_gradient[factor, bias] = np.sqrt(backwards)
    dims = ("width", "factor", "bias", "few_seeds", "layer")
    binned = ("bias", "layer")
    per_bin = [np.diff(e)[0] for e in edges]
    middles = [(e[1:] + e[:-1]) / 2 for e in edges]
    fixed = [
        sinusoidal_networks.fixed_point(b * sinusoidal_networks.bias_variance(widest, hidden_frequency)) for b in biases
    ]
    gaussian = [sinusoidal_networks.arcsine_distance_of_gaussian(s) for s in fixed]
    return xr.Dataset(
        {
            "deviation": (dims, deviation, label("standard deviation of the pre-activations")),
            "arcsine_distance": (dims, distance, label("Kolmogorov-Smirnov distance of activations to arcsine")),
            "gradient": (dims, gradient, label("r.m.s. gradient of the output by a pre-activation")),
            "theory": (("factor", "bias", "layer"), theory, label("deviation at the largest width, theory")),
            "theory_gradient": (
                ("factor", "bias", "layer"),
                theory_gradient,
                label("r.m.s. gradient at the largest width, theory"),
            ),
            "fixed_point": ("bias", fixed, label("deviation that every layer keeps, theory")),
            "theory_arcsine_distance": ("bias", gaussian, label("distance of sin z to arcsine at the fixed point")),
            "pre_activation_density": (
                (*binned, "z"),
                histograms[0] / per_bin[0],
                label("their density"),
            ),
            "activation_density": ((*binned, "s"), histograms[1] / per_bin[1], label("density of activations")),
            "power": ((*binned, "frequency"), power, label("power of the activations along x, mean over units")),
        },
        coords={
            "width": ("width", statistics_widths, label("width of the layers")),
            "factor": ("factor", factors, label("factor of the weights of the hidden layers")),
            "bias": ("bias", biases, label("with biases", "")),
            "few_seeds": few_seeds,
            "layer": ("layer", np.arange(1, statistics_layers + 1), label("layer")),
            "z": ("z", middles[0], label("pre-activation")),
            "s": ("s", middles[1], label("activation")),
            "frequency": (
                "frequency",
                np.arange(statistics_points // 2 + 1) / 2,
                label("frequency, cycles per unit x"),
            ),
        },
    )


# --- pictures -----------------------------------------------------------------------------------------------------


def _picture(name, resolution):
    """A grey picture in [-1, 1], (row, column)."""
    from PIL import Image

    if name == "china":
        from sklearn.datasets import load_sample_image

        grey = Image.fromarray(load_sample_image("china.jpg")).convert("L")
        grey = grey.crop((0, 0, grey.height, grey.height))
    else:
        from skimage.data import camera

        grey = Image.fromarray(camera())
    small = grey.resize((resolution, resolution), Image.Resampling.LANCZOS)
    return np.asarray(small, dtype=np.float64) / 127.5 - 1


def _pixels(resolution):
    """Coordinates (pixel, 2) of the pixels, row and column both from -1 to 1, and their distance."""
    side = np.linspace(-1, 1, resolution)
    return np.stack(np.meshgrid(side, side, indexing="ij"), -1).reshape(-1, 2).astype(np.float32), 2 / (resolution - 1)


def _five_point(picture, distance):
    """Laplacian of a picture by the five-point formula; 0 on the border."""
    inner = picture[2:, 1:-1] + picture[:-2, 1:-1] + picture[1:-1, 2:] + picture[1:-1, :-2] - 4 * picture[1:-1, 1:-1]
    return np.pad(inner / distance**2, 1)


@stage(gpu=True, nan=("psnr", "history", "gradient_correlation", "laplacian_correlation", "fields"))
def images(
    seeds,
    hidden_layers,
    octaves,
    first_frequency,
    hidden_frequency,
    low_frequency,
    siren_rate,
    baseline_seeds,
    baseline_rate,
    picture,
    resolution,
    image_width,
    image_iterations,
):
    """Networks fitted to a picture; their gradients and Laplacians against finite differences of the picture."""
    target = _picture(picture, resolution)
    x, distance = _pixels(resolution)
    gradients = np.stack(np.gradient(target, distance))
    exact = np.stack([target, np.sqrt((gradients**2).sum(0)), _five_point(target, distance)])
    flat = target.reshape(-1).astype(np.float32)
    sizes = [2, *[image_width] * hidden_layers, 1]
    inner = (..., slice(2, -2), slice(2, -2))

    def run(kind):
        frequencies = np.float32([first_frequency, low_frequency] if kind == "SIREN" else [1.0])
        plan = _plan(
            [len(seeds), baseline_seeds] if kind == "SIREN" else [len(seeds) if kind == "ReLU-PE" else baseline_seeds]
        )

        def network(frequency):
            return _network(kind, hidden_layers, octaves, frequency, hidden_frequency)

        def loss(layers, key, frequency):
            return jnp.mean((coordinate_networks.evaluate(network(frequency), layers, x)[:, 0] - flat) ** 2)

        def after(layers, frequency):
            return coordinate_networks.jet(network(frequency), layers, x, (1.0, 1.0))

        losses, _, jet = _trained(
            loss,
            _taken(_starts(kind, "images", seeds, sizes, octaves, hidden_frequency), plan[1]),
            seeding.keys(_PAPER, "images", kind, seeds=seeds)[plan[1]],
            frequencies[plan[0]],
            siren_rate if kind == "SIREN" else baseline_rate,
            image_iterations,
            after=after,
        )
        square = (resolution, resolution)
        slopes = np.moveaxis(jet.gradient.reshape(-1, *square, 2), -1, 1)
        found = losses, jet.value.reshape(-1, *square), slopes, jet.second.reshape(-1, *square)
        return _count(plan), *(_by_seed(values, plan, seeds) for values in found)

    found = [run(kind) for kind in progress(_KINDS, "kinds of networks")]
    runs, history, value, slopes, laplacian = (np.concatenate(parts) for parts in zip(*found, strict=True))
    names = ["SIREN", f"SIREN, ω0 = {low_frequency:g}", *_KINDS[1:]]
    cases = (len(names), len(seeds))
    dims = ("kind", "seeds")
    slope_correlation = _correlation(slopes[inner].reshape(*cases, -1), gradients[inner].reshape(1, 1, -1))
    second_correlation = _correlation(laplacian[inner].reshape(*cases, -1), exact[2][inner].reshape(1, 1, -1))
    fields = np.stack([value[:, 0], np.sqrt((slopes[:, 0] ** 2).sum(1)), laplacian[:, 0]], axis=1)
    return xr.Dataset(
        {
            "runs": ("kind", runs, label("number of networks")),
            "psnr": (dims, _psnr(((value - target) ** 2).mean((-2, -1))), label("peak signal-to-noise ratio", "dB")),
            "history": ((*dims, "iteration"), _psnr(history), label("peak signal-to-noise ratio", "dB")),
            "gradient_correlation": (dims, slope_correlation, label("correlation of the gradients")),
            "laplacian_correlation": (dims, second_correlation, label("correlation of the Laplacians")),
            "fields": (
                ("kind", "quantity", "row", "column"),
                fields.astype(np.float32),
                label("network of the first seed"),
            ),
            "exact": (
                ("quantity", "row", "column"),
                exact.astype(np.float32),
                label("picture, by finite differences"),
            ),
        },
        coords={
            "seeds": seeds,
            "kind": ("kind", names, _KIND),
            "iteration": ("iteration", _recorded(image_iterations), label("iteration")),
            "quantity": ("quantity", ["value", "gradient", "laplacian"], label("f, |∇f| or Δf", "")),
        },
    )


@stage(gpu=True, nan=("psnr", "history", "fields"))
def poisson(
    seeds,
    hidden_layers,
    octaves,
    first_frequency,
    hidden_frequency,
    siren_rate,
    baseline_seeds,
    baseline_rate,
    picture,
    resolution,
    poisson_width,
    poisson_iterations,
    gradient_scale,
):
    """Networks fitted to the gradients of a picture only, and a SIREN to the gradients turned by 90 degrees."""
    target = _picture(picture, resolution)
    x, distance = _pixels(resolution)
    slopes = np.stack(np.gradient(target, distance), -1).reshape(-1, 2).astype(np.float32) / np.float32(gradient_scale)
    turned = np.stack([-slopes[:, 1], slopes[:, 0]], -1)
    sizes = [2, *[poisson_width] * hidden_layers, 1]

    def run(kind):
        network = _network(kind, hidden_layers, octaves, first_frequency, hidden_frequency)
        plan = _plan([len(seeds), baseline_seeds] if kind == "SIREN" else [baseline_seeds])

        def loss(layers, key, field):
            _, gradient = coordinate_networks.value_and_gradient(network, layers, x)
            return jnp.mean(jnp.sum((gradient - field) ** 2, axis=1))

        def after(layers, field):
            return coordinate_networks.evaluate(network, layers, x)[:, 0]

        losses, _, value = _trained(
            loss,
            _taken(_starts(kind, "poisson", seeds, sizes, octaves, hidden_frequency), plan[1]),
            seeding.keys(_PAPER, "poisson", kind, seeds=seeds)[plan[1]],
            np.stack([slopes, turned])[plan[0]],
            siren_rate if kind == "SIREN" else baseline_rate,
            poisson_iterations,
            after=after,
        )
        found = losses, value.reshape(-1, resolution, resolution)
        return _count(plan), *(_by_seed(values, plan, seeds) for values in found)

    found = [run(kind) for kind in progress(_KINDS, "kinds of networks")]
    runs, history, value = (np.concatenate(parts) for parts in zip(*found, strict=True))
    value = gradient_scale * value
    value += target.mean() - value.mean((-2, -1), keepdims=True)
    names = ["SIREN", "SIREN, turned field", *_KINDS[1:]]
    dims = ("kind", "seeds")
    return xr.Dataset(
        {
            "runs": ("kind", runs, label("number of networks")),
            "psnr": (dims, _psnr(((value - target) ** 2).mean((-2, -1))), label("peak signal-to-noise ratio", "dB")),
            "history": ((*dims, "iteration"), history, label("mean squared error of the gradient")),
            "fields": (("kind", "row", "column"), value[:, 0].astype(np.float32), label("network of the first seed")),
            "exact": (("row", "column"), target.astype(np.float32), label("picture")),
        },
        coords={
            "seeds": seeds,
            "kind": ("kind", names, _KIND),
            "iteration": ("iteration", _recorded(poisson_iterations), label("iteration")),
        },
    )


# --- sound and video ----------------------------------------------------------------------------------------------


def _sound(t):
    chirp = np.sin(2 * np.pi * (60 * t + 40 * t**2)) * np.exp(-2 * (t + 0.4) ** 2)
    return chirp + 0.5 * np.sin(300 * np.pi * t) * np.exp(-8 * (t - 0.4) ** 2)


def _video(shape):
    """Voxels' coordinates (voxel, 3): time, row, column, and their values."""
    t, a, b = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    blob = np.exp(-((a - 0.5 * np.cos(3 * t)) ** 2 + (b - 0.5 * np.sin(3 * t)) ** 2) / 0.02)
    values = np.sin(12 * a + 6 * t) * np.cos(9 * b - 4 * t) + blob
    return np.stack([t, a, b], -1).reshape(-1, 3).astype(np.float32), values.reshape(-1)


def _signal_runs(
    stage_name,
    x,
    values,
    shown,
    frequencies,
    rates,
    seeds,
    baseline_seeds,
    sizes,
    octaves,
    hidden,
    baseline_rate,
    batch,
    steps,
    decay,
):
    """SIRENs of several first frequencies, ReLU and ReLU-PE networks on a signal, and the first SIREN on it shuffled.

    shown: which samples are trained on; batch: samples of a step, 0 for all of them.  Returns names, numbers of
    networks, held-out and training errors over the variance (name, seed), losses (name, seed, record), outputs of the
    first seed, targets.
    """
    train, test = np.flatnonzero(shown), np.flatnonzero(~shown)
    shuffled = seeding.generator(_PAPER, stage_name, "shuffled").permutation(values)
    targets = np.stack([values, shuffled]).astype(np.float32)
    inputs = jnp.asarray(x[train])
    names, found = [], []
    for kind in progress(["SIREN", "ReLU", "ReLU-PE"], "kinds of networks"):
        own = [*frequencies, frequencies[0]] if kind == "SIREN" else [1.0]
        rate = [*rates, rates[0]] if kind == "SIREN" else [baseline_rate]
        which = np.array([0] * len(frequencies) + [1] if kind == "SIREN" else [0])
        names += [f"SIREN, ω0 = {w:g}" for w in frequencies] + ["shuffled"] if kind == "SIREN" else [kind]

        def network(frequency, kind=kind):
            return _network(kind, len(sizes) - 2, octaves, frequency, hidden)

        def loss(layers, key, datum, network=network):
            frequency, target = datum
            points, wanted = inputs, target[train]
            if batch:
                chosen = _drawn(jax.random.uniform(key, (batch,)), train.size)
                points, wanted = inputs[chosen], wanted[chosen]
            return jnp.mean((coordinate_networks.evaluate(network(frequency), layers, points)[:, 0] - wanted) ** 2)

        def after(layers, datum, network=network):
            return coordinate_networks.evaluate(network(datum[0]), layers, jnp.asarray(x))[:, 0]

        counts = [len(seeds)] * (len(own) - 1) + [baseline_seeds]
        condition, seed = plan = _plan(counts)
        losses, _, output = _trained(
            loss,
            _taken(_starts(kind, stage_name, seeds, sizes, octaves, hidden), seed),
            seeding.keys(_PAPER, stage_name, kind, seeds=seeds)[seed],
            (np.float32(own)[condition], targets[which[condition]]),
            np.array(rate)[condition],
            steps,
            decay=decay,
            after=after,
        )
        output = _by_seed(output, plan, seeds)
        squares = (output - targets[which][:, None, :]) ** 2 / values.var()
        errors = squares[..., test].mean(-1), squares[..., train].mean(-1)
        found.append((_count(plan), *errors, _by_seed(losses, plan, seeds), output[:, 0]))
    return names, *(np.concatenate(parts) for parts in zip(*found, strict=True)), targets


@stage(gpu=True, nan=("held_out", "training", "history", "output"))
def sound(
    few_seeds,
    hidden_layers,
    octaves,
    hidden_frequency,
    baseline_seeds,
    baseline_rate,
    sound_samples,
    sound_width,
    sound_frequencies,
    sound_rate,
    sound_iterations,
):
    """Networks fitted to every other sample of a sound, scored on the samples between; a SIREN on shuffled samples."""
    t = np.linspace(-1, 1, sound_samples)
    names, runs, held_out, training_error, losses, output, targets = _signal_runs(
        "sound",
        t[:, None].astype(np.float32),
        _sound(t),
        np.arange(sound_samples) % 2 == 0,
        sound_frequencies,
        [sound_rate] * len(sound_frequencies),
        few_seeds,
        baseline_seeds,
        [1, *[sound_width] * hidden_layers, 1],
        octaves,
        hidden_frequency,
        baseline_rate,
        0,
        sound_iterations,
        True,
    )
    return xr.Dataset(
        {
            **_signal_variables("few_seeds", runs, held_out, training_error, losses),
            "output": (("kind", "time"), output.astype(np.float32), label("network of the first seed")),
            "exact": ("time", targets[0], label("sound")),
        },
        coords={
            "few_seeds": few_seeds,
            "kind": ("kind", names, _KIND),
            "time": ("time", t, label("time, half the length of the sound")),
            "iteration": ("iteration", _recorded(sound_iterations), label("iteration")),
        },
    )


def _signal_variables(seeds, runs, held_out, training_error, losses):
    dims = ("kind", seeds)
    return {
        "runs": ("kind", runs, label("number of networks")),
        "held_out": (dims, held_out, label("held-out mean squared error over the variance")),
        "training": (dims, training_error, label("training mean squared error over the variance")),
        "history": ((*dims, "iteration"), losses, label("mean squared error of a step")),
    }


@stage(gpu=True, nan=("held_out", "training", "history", "output"))
def video(
    many_seeds,
    hidden_layers,
    octaves,
    hidden_frequency,
    baseline_seeds,
    baseline_rate,
    video_shape,
    video_share,
    video_width,
    video_frequencies,
    video_rates,
    video_batch,
    video_iterations,
):
    """Networks fitted to some voxels of a video, scored on the others; a SIREN on shuffled voxels."""
    x, values = _video(video_shape)
    rng = seeding.generator(_PAPER, "video", "voxels")
    shown = rng.permutation(values.size) < round(video_share * values.size)
    names, runs, held_out, training_error, losses, output, targets = _signal_runs(
        "video",
        x,
        values,
        shown,
        video_frequencies,
        video_rates,
        many_seeds,
        baseline_seeds,
        [3, *[video_width] * hidden_layers, 1],
        octaves,
        hidden_frequency,
        baseline_rate,
        video_batch,
        video_iterations,
        False,
    )
    frames = ("frame", "row", "column")
    return xr.Dataset(
        {
            **_signal_variables("many_seeds", runs, held_out, training_error, losses),
            "output": (
                ("kind", *frames),
                output.reshape(-1, *video_shape).astype(np.float32),
                label("network of the first seed"),
            ),
            "exact": (frames, targets[0].reshape(video_shape), label("video")),
        },
        coords={
            "many_seeds": many_seeds,
            "kind": ("kind", names, _KIND),
            "iteration": ("iteration", _recorded(video_iterations), label("iteration")),
        },
    )


# --- signed distance ----------------------------------------------------------------------------------------------


def _gear(radius, amplitude, lobes):
    """The closed curve r = radius + amplitude cos(lobes θ): points and outward normals at the angles θ."""

    def curve(angles):
        r, slope = radius + amplitude * np.cos(lobes * angles), -lobes * amplitude * np.sin(lobes * angles)
        cos, sin = np.cos(angles), np.sin(angles)
        normal = np.stack([r * cos + slope * sin, r * sin - slope * cos], -1)
        return np.stack([r * cos, r * sin], -1), normal / np.linalg.norm(normal, axis=-1, keepdims=True)

    return curve


def _gear_distance(curve, points, *, radius, amplitude, lobes, reference_points):
    """Signed distance of points to the gear, negative inside: to the nearest of many points of the curve."""
    from scipy.spatial import cKDTree

    on_curve, _ = curve(2 * np.pi * np.arange(reference_points) / reference_points)
    distance, _ = cKDTree(on_curve).query(points)
    own = np.hypot(*points.T)
    inside = own < radius + amplitude * np.cos(lobes * np.arctan2(points[:, 1], points[:, 0]))
    return np.where(inside, -distance, distance)


@stage(gpu=True, nan=("band_error", "plane_error", "normal_error", "sign_accuracy", "history", "loss", "fields"))
def signed_distance(
    seeds,
    hidden_layers,
    octaves,
    first_frequency,
    hidden_frequency,
    siren_rate,
    baseline_seeds,
    baseline_rate,
    gear,
    curve_points,
    reference_points,
    distance_weights,
    distance_width,
    distance_batch,
    distance_iterations,
    averaged_share,
    distance_grid,
    band,
    band_points,
):
    """Networks fitted to the Eikonal equation with oriented points of a gear; a SIREN with normals turned by 90°."""
    radius, amplitude, lobes = gear
    curve = _gear(radius, amplitude, lobes)
    on_curve, normals = curve(2 * np.pi * np.arange(curve_points) / curve_points)
    turned = np.stack([-normals[:, 1], normals[:, 0]], -1)
    surfaces = np.stack([np.concatenate([on_curve, by], axis=-1) for by in (normals, turned)]).astype(np.float32)
    distance = partial(
        _gear_distance, curve, radius=radius, amplitude=amplitude, lobes=lobes, reference_points=reference_points
    )
    grid, _ = _pixels(distance_grid)
    exact = distance(grid)
    # Scored at random points near the curve: as many as asked for come from some times as many in the square.
    square = seeding.generator(_PAPER, "signed_distance", "band").uniform(-1, 1, (20 * band_points, 2))
    square = square[np.abs(np.hypot(*square.T) - radius) < amplitude + band].astype(np.float32)
    of_square = distance(square)
    near = np.flatnonzero(np.abs(of_square) < band)[:band_points]
    near_points, near_distances = jnp.asarray(square[near]), jnp.asarray(of_square[near], jnp.float32)
    on, off, normal, eikonal = distance_weights
    sizes = [2, *[distance_width] * hidden_layers, 1]

    def cosine(gradient, directions):
        return jnp.sum(gradient * directions, axis=1) / jnp.sqrt(jnp.sum(gradient**2, axis=1) + 1e-12)

    def run(kind):
        network = _network(kind, hidden_layers, octaves, first_frequency, hidden_frequency)

        def loss(layers, key, surface):
            uniform = jax.random.uniform(key, (distance_batch, 3))
            chosen = surface[_drawn(uniform[:, 0], curve_points)]
            points = jnp.concatenate([chosen[:, :2], 2 * uniform[:, 1:] - 1])
            value, gradient = coordinate_networks.value_and_gradient(network, layers, points)
            norm = jnp.sqrt(jnp.sum(gradient**2, axis=1) + 1e-12)
            return (
                on * jnp.mean(jnp.abs(value[:distance_batch]))
                + off * jnp.mean(jnp.exp(-100 * jnp.abs(value[distance_batch:])))
                + normal * jnp.mean(1 - cosine(gradient[:distance_batch], chosen[:, 2:]))
                + eikonal * jnp.mean(jnp.abs(norm - 1))
            )

        def measure(layers, surface):
            value = coordinate_networks.evaluate(network, layers, near_points)[:, 0]
            return jnp.mean(jnp.abs(value - near_distances))

        def after(layers, surface):
            # Scored by the true normals, also where the network was given turned ones.
            points = jnp.concatenate([grid, surfaces[0, :, :2]])
            value, gradient = coordinate_networks.value_and_gradient(network, layers, points)
            return value[: len(grid)], jnp.mean(1 - cosine(gradient[len(grid) :], surfaces[0, :, 2:]))

        count = len(seeds) if kind in ("SIREN", "ReLU") else baseline_seeds
        plan = _plan([count, baseline_seeds] if kind == "SIREN" else [count])
        losses, errors, (value, away) = _trained(
            loss,
            _taken(_starts(kind, "signed_distance", seeds, sizes, octaves, hidden_frequency), plan[1]),
            seeding.keys(_PAPER, "signed_distance", kind, seeds=seeds)[plan[1]],
            surfaces[plan[0]],
            siren_rate if kind == "SIREN" else baseline_rate,
            distance_iterations,
            measure=measure,
            after=after,
        )
        return _count(plan), *(_by_seed(values, plan, seeds) for values in (losses, errors, away, value))

    found = [run(kind) for kind in progress(_KINDS, "kinds of networks")]
    runs, losses, errors, away, value = (np.concatenate(parts) for parts in zip(*found, strict=True))
    averaged = max(1, round(averaged_share * errors.shape[-1]))
    dims = ("kind", "seeds")
    side = (distance_grid, distance_grid)
    return xr.Dataset(
        {
            "runs": ("kind", runs, label("number of networks")),
            "band_error": (
                dims,
                errors[..., -averaged:].mean(-1),
                label("mean error of the distance near the curve, averaged over the last records"),
            ),
            "plane_error": (dims, np.abs(value - exact).mean(-1), label("mean error of the distance on the square")),
            "normal_error": (dims, away, label("mean of 1 - cos between gradient and normal on the curve")),
            "sign_accuracy": (
                dims,
                np.where(np.isnan(away), np.nan, (np.sign(value) == np.sign(exact)).mean(-1)),
                label("share of the square with the right sign"),
            ),
            "loss": ((*dims, "iteration"), losses, label("loss")),
            "history": ((*dims, "iteration"), errors, label("mean error of the distance near the curve")),
            "fields": (
                ("kind", "row", "column"),
                value[:, 0].reshape(-1, *side).astype(np.float32),
                label("network of the first seed"),
            ),
            "exact": (("row", "column"), exact.reshape(side).astype(np.float32), label("signed distance")),
        },
        coords={
            "seeds": seeds,
            "kind": ("kind", ["SIREN", "SIREN, turned normals", *_KINDS[1:]], _KIND),
            "iteration": ("iteration", _recorded(distance_iterations), label("iteration")),
        },
    )


# --- differential equations ---------------------------------------------------------------------------------------


def _equation_runs(
    stage_name, loss_of, output_of, exact, kinds, conditions, seeds, baseline_seeds, sizes, octaves, setting, steps
):
    """Networks trained on an equation: SIREN under the right and the wrong condition, others under the right one.

    conditions: (right, wrong) number in the operator; setting: first and hidden frequency, rates of SIREN and others.
    Returns names, numbers of networks, losses, relative errors at the records, outputs of the first seed.
    """
    first, hidden, siren_rate, baseline_rate = setting
    names, found = [], []
    for kind in progress(kinds, "kinds of networks"):
        plan = _plan([len(seeds), baseline_seeds] if kind == "SIREN" else [baseline_seeds])
        names += ["SIREN", "wrong operator"] if kind == "SIREN" else [kind]
        network = _network(kind, len(sizes) - 2, octaves, first, hidden)

        def error(layers, condition, network=network):
            apart = output_of(network, layers) - exact
            return jnp.sqrt(jnp.sum(apart**2) / jnp.sum(exact**2))

        def loss(layers, key, condition, network=network):
            return loss_of(network, layers, key, condition)

        def after(layers, condition, network=network):
            return output_of(network, layers)

        losses, errors, output = _trained(
            loss,
            _taken(_starts(kind, stage_name, seeds, sizes, octaves, hidden), plan[1]),
            seeding.keys(_PAPER, stage_name, kind, seeds=seeds)[plan[1]],
            np.float32(conditions)[plan[0]],
            siren_rate if kind == "SIREN" else baseline_rate,
            steps,
            decay=True,
            measure=error,
            after=after,
        )
        tables = [_by_seed(values, plan, seeds) for values in (losses, errors, output)]
        found.append((_count(plan), *tables[:2], tables[2][:, 0]))
    return names, *(np.concatenate(parts) for parts in zip(*found, strict=True))


def _equation_variables(seeds, runs, losses, errors):
    dims = ("kind", seeds)
    return {
        "runs": ("kind", runs, label("number of networks")),
        "error": (dims, errors[..., -1], label("relative L2 error")),
        "loss": ((*dims, "iteration"), losses, label("loss")),
        "history": ((*dims, "iteration"), errors, label("relative L2 error")),
    }


@stage(gpu=True, nan=("error", "loss", "history", "output"))
def helmholtz(
    seeds,
    hidden_layers,
    octaves,
    first_frequency,
    hidden_frequency,
    baseline_seeds,
    baseline_rate,
    wave_numbers,
    boundary_weight,
    equation_width,
    helmholtz_points,
    helmholtz_rate,
    helmholtz_iterations,
    helmholtz_grid,
):
    """Networks trained on u'' + k²u = g with Dirichlet values; a SIREN with another k in the operator."""
    k = wave_numbers[0]

    def solution(x):
        return np.sin(k * x) + 0.5 * np.cos(1.7 * k * x)

    grid = np.linspace(-1, 1, helmholtz_grid)
    ends = np.array([-1.0, 1.0])
    at_ends = jnp.asarray(solution(ends), jnp.float32)
    points = jnp.asarray(grid[:, None], jnp.float32)

    def loss(network, layers, key, wave_number):
        inside = jax.random.uniform(key, (helmholtz_points, 1), minval=-1, maxval=1)
        jet = coordinate_networks.jet(network, layers, jnp.concatenate([inside, jnp.float32(ends[:, None])]), (1.0,))
        source = 0.5 * (k**2 - (1.7 * k) ** 2) * jnp.cos(1.7 * k * inside[:, 0])
        residual = jet.second[:-2] + wave_number**2 * jet.value[:-2] - source
        return jnp.mean((residual / k**2) ** 2) + boundary_weight * jnp.mean((jet.value[-2:] - at_ends) ** 2)

    names, runs, losses, errors, output = _equation_runs(
        "helmholtz",
        loss,
        lambda network, layers: coordinate_networks.evaluate(network, layers, points)[:, 0],
        jnp.asarray(solution(grid), jnp.float32),
        ["SIREN", "ReLU", "tanh"],
        wave_numbers,
        seeds,
        baseline_seeds,
        [1, *[equation_width] * hidden_layers, 1],
        octaves,
        (first_frequency, hidden_frequency, helmholtz_rate, baseline_rate),
        helmholtz_iterations,
    )
    return xr.Dataset(
        {
            **_equation_variables("seeds", runs, losses, errors),
            "output": (("kind", "x"), output, label("network of the first seed")),
            "exact": ("x", solution(grid), label("solution u")),
        },
        coords={
            "seeds": seeds,
            "kind": ("kind", names, _KIND),
            "x": ("x", grid, label("place x")),
            "iteration": ("iteration", _recorded(helmholtz_iterations), label("iteration")),
        },
    )


@stage(gpu=True, nan=("error", "loss", "history", "output"))
def wave(
    many_seeds,
    hidden_layers,
    octaves,
    wave_frequency,
    hidden_frequency,
    baseline_seeds,
    baseline_rate,
    speeds,
    pulse_width,
    half_length,
    residual_scale,
    boundary_weight,
    velocity_weight,
    equation_width,
    wave_points,
    wave_rate,
    wave_iterations,
    wave_grid,
):
    """Networks trained on u_tt = c² u_xx with c = 1 and a pulse at rest at t = 0; a SIREN with another c."""
    t, x = np.linspace(0, 1, wave_grid[0]), np.linspace(-half_length, half_length, wave_grid[1])

    def pulse(x):
        return jnp.exp(-(x**2) / (2 * pulse_width**2))

    tt, xx = np.meshgrid(t, x, indexing="ij")
    exact = np.asarray(0.5 * (pulse(xx - tt) + pulse(xx + tt)))  # d'Alembert
    points = jnp.asarray(np.stack([tt.ravel(), xx.ravel()], -1), jnp.float32)
    inside, initial = wave_points
    scale, offset = jnp.float32([[1, 2 * half_length]]), jnp.float32([[0, -half_length]])

    def loss(network, layers, key, speed):
        places = jax.random.uniform(key, (inside + initial, 2))
        places = places * jnp.where(jnp.arange(inside + initial)[:, None] < inside, 1.0, jnp.float32([[0, 1]]))
        at = places * scale + offset
        jet = coordinate_networks.jet(network, layers, at, (1.0, -(speed**2)))
        start = at[inside:, 1]
        return (
            jnp.mean((jet.second[:inside] / residual_scale) ** 2)
            + boundary_weight * jnp.mean((jet.value[inside:] - pulse(start)) ** 2)
            + velocity_weight * jnp.mean(jet.gradient[inside:, 0] ** 2)
        )

    names, runs, losses, errors, output = _equation_runs(
        "wave",
        loss,
        lambda network, layers: coordinate_networks.evaluate(network, layers, points)[:, 0],
        jnp.asarray(exact.reshape(-1), jnp.float32),
        ["SIREN", "ReLU", "tanh"],
        speeds,
        many_seeds,
        baseline_seeds,
        [2, *[equation_width] * hidden_layers, 1],
        octaves,
        (wave_frequency, hidden_frequency, wave_rate, baseline_rate),
        wave_iterations,
    )
    return xr.Dataset(
        {
            **_equation_variables("many_seeds", runs, losses, errors),
            "output": (("kind", "t", "x"), output.reshape(-1, *wave_grid), label("network of the first seed")),
            "exact": (("t", "x"), exact, label("solution u")),
        },
        coords={
            "many_seeds": many_seeds,
            "kind": ("kind", names, _KIND),
            "t": ("t", t, label("time t")),
            "x": ("x", x, label("place x")),
            "iteration": ("iteration", _recorded(wave_iterations), label("iteration")),
        },
    )


# --- prior over functions -----------------------------------------------------------------------------------------


def _context(scores, images, count, shuffled):
    """Masks of the ``count`` pixels with the lowest scores of each image (image, pixel), and the pixels there, where
    wanted shuffled among them."""
    # Ranks are counted, since sorting such short rows takes longer than all the rest of a step; no two scores tie.
    pixels = images.shape[1]
    distinct = pixels * (2.0**17 * scores).astype(jnp.int32) + jnp.arange(pixels)[None, :]
    rank = jnp.sum((distinct[:, :, None] < distinct[:, None, :]).astype(jnp.int32), axis=1)
    mask = rank < count[:, None]
    # A pixel of the context comes from the place in it, in the order of the image, that is its rank.
    place = jnp.where(mask, jnp.cumsum(mask, axis=1) - 1, -1)
    moved = jnp.sum(jnp.where(place[:, :, None] == rank[:, None, :], images[:, :, None], 0.0), axis=1)
    return mask, jnp.where(mask, jnp.where(shuffled, moved, images), 0.0)


@stage(gpu=True, nan=("error", "shuffled_error", "single_error", "history", "examples"))
def prior(
    few_seeds,
    baseline_seeds,
    prior_images,
    prior_frequency,
    prior_width,
    code_size,
    encoder_width,
    output_scale,
    code_penalty,
    prior_rate,
    prior_batch,
    prior_iterations,
    context_pixels,
    context_range,
    single_images,
    single_rate,
    single_iterations,
    shown_images,
):
    """A hypernetwork that makes SIRENs of few pixels of a digit; SIRENs fitted to the pixels alone; the mean image."""
    from sklearn.datasets import load_digits

    pictures = (load_digits().images.reshape(-1, 64) / 8 - 1).astype(np.float32)
    train, test = jnp.asarray(pictures[:prior_images]), jnp.asarray(pictures[prior_images:])
    places = jnp.asarray(_pixels(8)[0])
    siren = sinusoidal_networks.network(prior_frequency, prior_frequency, 2)
    sizes = [2, prior_width, prior_width, 1]
    encoder = coordinate_networks.Network((coordinate_networks.relu,) * 2)
    decoder = coordinate_networks.Network((coordinate_networks.relu,))

    def siren_start(*stream):
        return sinusoidal_networks.start(seeding.generator(_PAPER, "prior", *stream), sizes, prior_frequency)

    unravel = ravel_pytree(siren_start("shape"))[1]

    def start(seed):
        flat = np.concatenate([leaf.ravel() for layer in siren_start("siren", seed) for leaf in layer])
        rng = seeding.generator(_PAPER, "prior", "hypernetwork", seed)
        encoding = coordinate_networks.he_normal(rng, [128, encoder_width, encoder_width, code_size])
        decoding = coordinate_networks.he_normal(rng, [code_size, encoder_width, flat.size])
        small = output_scale / np.sqrt(encoder_width) * rng.standard_normal((encoder_width, flat.size))
        return encoding, [decoding[0], coordinate_networks.Layer(small.astype(np.float32), flat)]

    def render(flat):
        return coordinate_networks.evaluate(siren, unravel(flat), places)[:, 0]

    def reconstructed(parameters, mask, context):
        encoding, decoding = parameters
        code = coordinate_networks.evaluate(encoder, encoding, jnp.concatenate([context, mask.astype(jnp.float32)], 1))
        return jax.vmap(render)(coordinate_networks.evaluate(decoder, decoding, code)), code

    def loss(parameters, key, shuffled):
        uniform = jax.random.uniform(key, (prior_batch, 66))
        batch = train[_drawn(uniform[:, 0], prior_images)]
        count = context_range[0] + _drawn(uniform[:, 1], context_range[1] + 1 - context_range[0])
        found, code = reconstructed(parameters, *_context(uniform[:, 2:], batch, count, shuffled))
        return jnp.mean((found - batch) ** 2) + code_penalty * jnp.mean(code**2)

    scores = jnp.stack(
        [jax.random.uniform(seeding.key(_PAPER, "prior", "test", count), test.shape) for count in context_pixels]
    )

    def masks(scores, count, shuffled):
        return _context(scores, test, jnp.full(len(test), count), shuffled)

    def after(parameters, shuffled):
        def one(case):
            found, _ = reconstructed(parameters, *masks(*case, shuffled))
            return jnp.mean((found - test) ** 2), found[:shown_images]

        return jax.lax.map(one, (scores, jnp.array(context_pixels)))

    plan = _plan([len(few_seeds), baseline_seeds])
    starts = _taken(_stacked([start(seed) for seed in few_seeds]), plan[1])
    keys = seeding.keys(_PAPER, "prior", seeds=few_seeds)[plan[1]]
    losses, _, (errors, outputs) = _trained(loss, starts, keys, plan[0] == 1, prior_rate, prior_iterations, after=after)

    # One SIREN for each image and number of pixels.
    found = jax.lax.map(lambda case: masks(*case, False), (scores, jnp.array(context_pixels)))
    mask, context = (np.asarray(part)[:, :single_images] for part in found)
    single_starts = _stacked([siren_start("single", c, i) for c, i in np.ndindex(*mask.shape[:2])])

    def single_loss(layers, key, datum):
        shown, wanted = datum
        square = (coordinate_networks.evaluate(siren, layers, places)[:, 0] - wanted) ** 2
        return jnp.sum(jnp.where(shown, square, 0.0)) / jnp.sum(shown)

    data = mask.reshape(-1, 64), context.reshape(-1, 64)
    single_keys = jax.random.split(seeding.key(_PAPER, "prior", "single"), len(data[0]))
    _, _, single = _trained(
        single_loss,
        single_starts,
        single_keys,
        data,
        single_rate,
        single_iterations,
        after=lambda layers, datum: coordinate_networks.evaluate(siren, layers, places)[:, 0],
        together=True,
    )
    single = single.reshape(mask.shape)
    truth = np.asarray(test)
    single_error = ((single - truth[:single_images]) ** 2).mean((-2, -1))
    mean_error = float(np.mean((np.asarray(train).mean(0) - truth) ** 2))
    errors, histories = _by_seed(errors, plan, few_seeds), _by_seed(losses, plan, few_seeds)
    examples = np.stack([context[:, :shown_images], single[:, :shown_images], outputs[0]])
    dims = ("few_seeds", "context_pixels")
    return xr.Dataset(
        {
            "error": (dims, errors[0], label("test mean squared error of the prior")),
            "shuffled_error": (dims, errors[1], label("the same with context pixels shuffled among their places")),
            "single_error": ("context_pixels", single_error, label("the same of SIRENs fitted to the context pixels")),
            "mean_image_error": ((), mean_error, label("the same of the mean image")),
            "history": (("context", "few_seeds", "iteration"), histories, label("loss")),
            "examples": (
                ("maker", "context_pixels", "image", "pixel"),
                examples,
                label("context, and what was made of it by a SIREN alone and by the prior"),
            ),
            "masks": (
                ("context_pixels", "image", "pixel"),
                mask[:, :shown_images],
                label("pixels that are in the context", ""),
            ),
            "exact": (("image", "pixel"), truth[:shown_images], label("test image")),
        },
        coords={
            "few_seeds": few_seeds,
            "context_pixels": context_pixels,
            "context": ("context", ["right", "shuffled"], label("context pixels", "")),
            "maker": ("maker", ["context", "single", "prior"], label("what made the image", "")),
            "iteration": ("iteration", _recorded(prior_iterations), label("iteration")),
        },
    )
