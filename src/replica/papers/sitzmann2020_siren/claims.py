"""Claims: networks of sines against others on pictures, signals, distances and differential equations."""

import numpy as np

from replica.paper import claim
from replica.verdict import above, all_of, below, between, judge, within

PROTOTYPE = "an earlier run, with other starts and fewer seeds"
FEW, MANY = "few_seeds", "many_seeds"
OTHERS = ["ReLU", "tanh", "ReLU-PE"]


def _scores(dataset, name, kind):
    """Scores of the networks that there are of one kind, one for each seed."""
    (seeds,) = {"seeds", FEW, MANY} & set(dataset.dims)
    return dataset[name].sel(kind=kind).isel({seeds: slice(dataset.runs.sel(kind=kind).item())})


def _means(dataset, name, kinds):
    """Mean scores of kinds of networks."""
    return np.array([_scores(dataset, name, kind).values.mean() for kind in kinds])


def _in_place_of(kinds, values):
    """One and the same thing in the place of several kinds of networks."""
    return dict.fromkeys([kind.replace("-", "_") for kind in kinds], values)


def _each(dataset, name, kinds):
    return {kind.replace("-", "_"): _scores(dataset, name, kind) for kind in kinds}


@claim("C1", core=True, source="abstract")
def initialisation_keeps_statistics(statistics):
    """At the start pre-activations of hidden layers are of unit order, and activations nearly arcsine, at any depth."""
    wide = statistics.isel(width=-1)
    fixed = wide.fixed_point.sel(bias=False).item()

    def data(factor):
        at = wide.isel(factor=factor)
        plain, biased = at.sel(bias=False), at.sel(bias=True)
        return {
            "deviation": plain.deviation.sel(layer=slice(3, None)),
            "arcsine_distance": plain.arcsine_distance.sel(layer=slice(2, None)),
            "deviation_with_bias": biased.deviation.sel(layer=slice(2, None)),
        }

    return judge(
        all_of(
            deviation=within(0.893, abs=0.06, over=FEW),
            arcsine_distance=below(0.1, strict=True, over=FEW),
            deviation_with_bias=between(0.95, 1.1, over=FEW),
        ),
        measured=data(0),
        control=data(1),
        control_is="weights of the hidden layers times 0.2",
        expected={
            "deviation": fixed,
            "arcsine_distance": wide.theory_arcsine_distance.sel(bias=False),
            "deviation_with_bias": wide.theory.isel(factor=0).sel(bias=True, layer=slice(2, None)),
        },
        expected_source="σ² -> 1 - exp(-2σ²) + σ_b² at large width, and its fixed point",
    )


@claim("C2", core=True, source="abstract")
def represents_pictures_better(images):
    """A network of sines represents a picture better than networks of ReLU or tanh, with positional encoding or not."""
    plain = _means(images, "psnr", ["ReLU", "tanh"]).max()
    encoded = _scores(images, "psnr", "ReLU-PE")

    def data(kind):
        psnr = _scores(images, "psnr", kind)
        return {"over_plain": psnr - plain, "over_encoded": psnr - encoded}

    return judge(
        all_of(over_plain=above(10, strict=True), over_encoded=above(0, strict=True)),
        measured=data("SIREN"),
        control=data(images.kind.values[1]),
        control_is="a network of sines with ω0 = 1",
        expected={"over_plain": 36.3, "over_encoded": 17.2},
        expected_source=PROTOTYPE,
    )


@claim("C3", core=True, source="abstract")
def represents_derivatives(images):
    """A network of sines fitted to a picture has its second derivatives; those of other networks fail."""
    name = "laplacian_correlation"
    low = _scores(images, name, images.kind.values[1])
    return judge(
        all_of(SIREN=above(0.85, strict=True), **_in_place_of(OTHERS, below(0.3, strict=True))),
        measured={"SIREN": _scores(images, name, "SIREN"), **_each(images, name, OTHERS)},
        control={"SIREN": low, **_in_place_of(OTHERS, low)},
        control_is="a network of sines with ω0 = 1, also in the place of the other networks",
        expected={"SIREN": 0.93, "ReLU": 0, "tanh": 0.06, "ReLU_PE": 0.16},
        expected_source=PROTOTYPE + "; ReLU has no second derivative",
    )


@claim("C4", core=True, source="abstract")
def solves_poisson_equation(poisson):
    """A network of sines recovers a picture from its gradients alone, other networks do not."""
    best = _means(poisson, "psnr", OTHERS).max()

    def data(kind):
        psnr = _scores(poisson, "psnr", kind)
        return {"psnr": psnr, "over_others": psnr - best}

    return judge(
        all_of(psnr=above(25, strict=True), over_others=above(8, strict=True)),
        measured=data("SIREN"),
        control=data("SIREN, turned field"),
        control_is="the field of gradients turned by 90 degrees",
        expected={"psnr": 28.6, "over_others": 10.5},
        expected_source=PROTOTYPE,
    )


@claim("C5", core=True, source="abstract")
def represents_sound(sound):
    """A network of sines represents a sound, also between the samples it was fitted to; other networks do not."""
    kinds = ["ReLU", "ReLU-PE"]
    right = _scores(sound, "held_out", "SIREN, ω0 = 600")
    bounds = _in_place_of(kinds, above(0.1, strict=True, over=FEW))
    return judge(
        all_of(SIREN=below(1e-3, strict=True, over=FEW), **bounds),
        measured={"SIREN": right, **_each(sound, "held_out", kinds)},
        control={"SIREN": _scores(sound, "held_out", "shuffled"), **_in_place_of(kinds, right)},
        control_is="samples shuffled in time; the network of sines in the place of the others",
        expected={"SIREN": 1.6e-4, "ReLU": 0.98, "ReLU_PE": 0.57},
        expected_source=PROTOTYPE,
    )


@claim("C6", core=True, source="abstract")
def represents_video(video):
    """A network of sines represents a video, also in the voxels it was not shown; other networks do not."""
    best = _means(video, "held_out", ["ReLU", "ReLU-PE"]).min()

    def data(kind):
        error = _scores(video, "held_out", kind)
        return {"error": error, "of_others": error / best}

    return judge(
        all_of(error=below(0.06, strict=True, over=MANY), of_others=below(1 / 8, strict=True, over=MANY)),
        measured=data("SIREN, ω0 = 10"),
        control=data("shuffled"),
        control_is="voxels shuffled",
        expected={"error": 0.022, "of_others": 0.026},
        expected_source=PROTOTYPE,
    )


@claim("C7", core=True, source="abstract")
def solves_eikonal_equation(signed_distance):
    """A network of sines learns the signed distance of a detailed curve from oriented points, others do worse."""
    means = _means(signed_distance, "band_error", OTHERS)
    ratios = [f"of_{kind.replace('-', '_')}" for kind in OTHERS]

    def data(kind):
        error = _scores(signed_distance, "band_error", kind)
        normals = _scores(signed_distance, "normal_error", kind)
        return {"error": error, "normals": normals} | {
            name: error / mean for name, mean in zip(ratios, means, strict=True)
        }

    return judge(
        all_of(
            error=below(0.008, strict=True),
            normals=below(0.01, strict=True),
            **dict.fromkeys(ratios, below(0.5, strict=True)),
        ),
        measured=data("SIREN"),
        control=data("SIREN, turned normals"),
        control_is="the normals turned by 90 degrees",
        expected={"error": 0.0035, "normals": 8e-4, "of_ReLU": 0.123, "of_tanh": 0.139, "of_ReLU_PE": 0.257},
        expected_source=PROTOTYPE,
    )


@claim("C8", core=True, source="abstract")
def solves_helmholtz_equation(helmholtz):
    """A network of sines solves a Helmholtz equation, networks of tanh and ReLU do not."""
    kinds = ["tanh", "ReLU"]
    right = _scores(helmholtz, "error", "SIREN")
    return judge(
        all_of(SIREN=below(0.2, strict=True), **_in_place_of(kinds, above(0.8, strict=True))),
        measured={"SIREN": right, **_each(helmholtz, "error", kinds)},
        control={"SIREN": _scores(helmholtz, "error", "wrong operator"), **_in_place_of(kinds, right)},
        control_is="k = 10 in the operator; the network of sines in the place of the others",
        expected={"SIREN": 0.119, "tanh": 1.08, "ReLU": 1.22},
        expected_source=PROTOTYPE,
    )


@claim("C9", core=True, source="abstract")
def solves_wave_equation(wave):
    """A network of sines solves a wave equation, networks of tanh and ReLU do not."""
    tanh, relu = _means(wave, "error", ["tanh", "ReLU"])

    def data(kind):
        error = _scores(wave, "error", kind)
        return {"SIREN": error, "of_tanh": error / tanh, "of_ReLU": error / relu}

    return judge(
        all_of(
            SIREN=below(0.2, strict=True, over=MANY),
            of_tanh=below(0.4, strict=True, over=MANY),
            of_ReLU=below(0.4, strict=True, over=MANY),
        ),
        measured=data("SIREN"),
        control=data("wrong operator"),
        control_is="speed 1/2 in the operator",
        expected={"SIREN": 0.141, "of_tanh": 0.114, "of_ReLU": 0.082},
        expected_source=PROTOTYPE,
    )


@claim("C10", core=True, source="abstract")
def hypernetwork_learns_a_prior(prior, baseline_seeds):
    """A hypernetwork learns a prior over functions given by networks of sines: few pixels are enough for an image."""
    at = prior.sel(context_pixels=10)

    def data(error):
        return {
            "of_mean_image": error / at.mean_image_error.item(),
            "of_single_network": error / at.single_error.item(),
        }

    return judge(
        all_of(
            of_mean_image=below(0.75, strict=True, over=FEW),
            of_single_network=below(0.5, strict=True, over=FEW),
        ),
        measured=data(at.error),
        control=data(at.shuffled_error.isel(few_seeds=slice(baseline_seeds))),
        control_is="context pixels shuffled among their places, in training and test",
        expected={"of_mean_image": 0.68, "of_single_network": 0.35},
        expected_source=PROTOTYPE,
    )
