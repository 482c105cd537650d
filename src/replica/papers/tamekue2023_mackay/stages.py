"""Stages: stationary fields for MacKay and Billock-Tsou stimuli, linear theory, no stimulus, threshold scan."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from replica.numerics import damped_oscillation, log_polar, neural_field, seeding
from replica.paper import label, progress, stage

# Words of paper.yaml: the function, and the limits of one that saturates.
_TRANSFERS = {
    "linear": (neural_field.saturating, (-np.inf, np.inf)),
    "tanh": (neural_field.hyperbolic_tangent, ()),
    "clip": (neural_field.saturating, (-1.0, 1.0)),
    "floor 0.5": (neural_field.saturating, (-0.5, 1.0)),
    "floor 0.2": (neural_field.saturating, (-0.2, 1.0)),
    "floor 0": (neural_field.saturating, (0.0, 1.0)),
}
_STIMULI = ["rays", "target"]
_PLACES = ["fovea", "periphery"]
_NOISE = 1e-8  # activity below which extrema are rounding and the rest of the relaxation


_X1 = label("cortical coordinate x1 = ln r")
_X2 = label("cortical coordinate x2 = θ")
_STIMULUS = label("stimulus: background of rays or of rings (target)", "")
_PLACE = label("where the stimulus is", "")


def _grid(points, half_length, half_width):
    """x1, x2 and the spacing; 0 is a grid point of both."""
    spacing = (2 * half_length / points[0], 2 * half_width / points[1])
    x1, x2 = (step * (np.arange(n) - n // 2) for n, step in zip(points, spacing, strict=True))
    return x1, x2, spacing


def _kernel(excitation, inhibition, weight):
    """Kernel from 2π²σ² of both parts."""
    return neural_field.Kernel(np.sqrt(excitation / 2) / np.pi, np.sqrt(inhibition / 2) / np.pi, weight)


def _mackay_stimulus(kind, contrast, x1, x2, frequency, edge, column):
    """Rays with a brighter fovea, or rings with a brighter column."""
    if kind == "rays":
        return np.cos(2 * np.pi * frequency * x2)[None, :] + contrast * (x1 < edge)[:, None]
    return np.cos(2 * np.pi * frequency * x1)[:, None] + contrast * (np.abs(x2) < column)[None, :]


def _surround_stimulus(place, x1, x2, frequency, edge):
    """Rays in the fovea or in the periphery only."""
    return np.cos(2 * np.pi * frequency * x2)[None, :] * (x1 < edge if place == "fovea" else x1 > edge)[:, None]


def _stationary(stimulus, transform, strength, transfer, step, duration, tolerance):
    """The stationary field as NumPy array and its remaining rate of change."""
    function, limits = _TRANSFERS[transfer]
    stimulus = jnp.asarray(stimulus)
    options = {"step": step, "duration": duration, "tolerance": tolerance}
    state = neural_field.relax(stimulus, stimulus, transform, strength, function, limits, **options)
    return np.asarray(state.field), float(state.rate)


def _ring(field):
    """Ring component A0(x1): mean over x2."""
    return field.mean(1)


def _ray(field, x2, frequency):
    """Ray component A_λ(x1): twice the mean of a cos(2πλ x2)."""
    return 2 * (field * np.cos(2 * np.pi * frequency * x2)[None, :]).mean(1)


def _within(x, limits):
    return (x >= limits[0]) & (x <= limits[1])


@stage
def theory(strengths, excitation, inhibition, inhibition_weight):
    """Pole of the linear field: half period and rate of decay of rings away from an edge."""
    kernel = _kernel(excitation, inhibition, inhibition_weight)
    critical, frequency = neural_field.critical_strength(kernel)
    linear = [strength for strength in strengths if 0 < strength < critical]
    curve = np.linspace(0.2, 0.9975 * critical, 200)

    def rows(values, dim):
        poles = np.array([neural_field.pole(kernel, value) for value in values])
        return (dim, 1 / (2 * poles.real)), (dim, 2 * np.pi * poles.imag)

    half_period, decay = rows(linear, "linear_strength")
    curve_half_period, curve_decay = rows(curve, "curve_strength")
    words = "half period of rings in x1, linear theory", "rate of decay of rings in x1, linear theory"
    strength = label("connection strength μ")
    return xr.Dataset(
        {
            "half_period": (*half_period, label(words[0])),
            "decay": (*decay, label(words[1])),
            "curve_half_period": (*curve_half_period, label(words[0])),
            "curve_decay": (*curve_decay, label(words[1])),
            "critical_strength": ((), critical, label("strength at which spontaneous patterns arise")),
            "critical_frequency": ((), frequency, label("their frequency |k|")),
        },
        coords={
            "linear_strength": ("linear_strength", linear, strength),
            "curve_strength": ("curve_strength", curve, strength),
        },
    )


@stage(nan=("half_period", "decay", "closed_form_difference"))
def mackay(
    points,
    half_length,
    half_width,
    excitation,
    inhibition,
    inhibition_weight,
    frequency,
    edge,
    column,
    contrasts,
    contrast,
    strengths,
    shown_strength,
    transfers,
    outside,
    fitted,
    visible,
    step,
    tolerance,
    duration,
    shown,
):
    """Stationary fields for rays and target, with and without the localised part; NaN where there are no rings."""
    x1, x2, spacing = _grid(points, half_length, half_width)
    transform = jnp.asarray(neural_field.transform(_kernel(excitation, inhibition, inhibition_weight), points, spacing))
    picture, beyond, fit = (_within(x1, limits) for limits in (shown, outside, fitted))
    size = (len(_STIMULI), len(contrasts), len(transfers), len(strengths))
    rings, angular = np.empty((*size, len(x1))), np.empty((*size, len(x2)))
    scalars = np.full((4, *size), np.nan)
    pictures = np.empty((2, len(_STIMULI), len(transfers), picture.sum(), len(x2)))
    for at in progress(list(np.ndindex(*size)), "states"):
        kind, transfer = _STIMULI[at[0]], transfers[at[2]]
        stimulus = _mackay_stimulus(kind, contrasts[at[1]], x1, x2, frequency, edge, column)
        mu = strengths[at[3]]
        field, rate = _stationary(stimulus, transform, mu, transfer, step, duration, tolerance)
        rings[at], angular[at] = _ring(field), field.mean(0)
        scalars[0][at] = rate
        if kind == "rays" and contrasts[at[1]]:
            scalars[1:3, *at] = damped_oscillation.half_period_and_decay(x1[fit], rings[at][fit], _NOISE)
        if transfer == "linear":
            exact = neural_field.linear_state(jnp.asarray(stimulus), transform, mu)
            scalars[3][at] = np.abs(field - np.asarray(exact)).max()
        if contrasts[at[1]] == contrast and mu == shown_strength:
            pictures[:, at[0], at[2]] = stimulus[picture], field[picture]
    dims = ("stimulus", "contrasts", "transfers", "strengths")
    return xr.Dataset(
        {
            "ring": ((*dims, "x1"), rings, label("ring component A0, mean of the activity over x2")),
            "angular": ((*dims, "x2"), angular, label("mean of the activity over x1")),
            "ring_amplitude": (
                dims,
                np.abs(rings[..., beyond]).max(-1),
                label("largest |A0| outside the localised part"),
            ),
            "sign_changes": (
                dims,
                damped_oscillation.sign_changes(rings[..., beyond], visible),
                label("visible sign changes of A0 outside"),
            ),
            "peak_to_peak": (dims, np.ptp(angular, axis=-1), label("peak to peak over x2 of the mean over x1")),
            "rate": (dims, scalars[0], label("largest rate of change left", "1/τ")),
            "half_period": (dims, scalars[1], label("half period of A0 in x1")),
            "decay": (dims, scalars[2], label("rate of decay of A0 in x1")),
            "closed_form_difference": (
                dims,
                scalars[3],
                label("largest difference to the closed form of the linear field"),
            ),
            "input": (
                ("stimulus", "shown_x1", "x2"),
                pictures[0, :, 0],
                label("stimulus I"),
            ),
            "percept": (
                ("stimulus", "transfers", "shown_x1", "x2"),
                pictures[1],
                label("stationary activity at the strength of the pictures"),
            ),
        },
        coords={
            "stimulus": ("stimulus", _STIMULI, _STIMULUS),
            "contrasts": contrasts,
            "transfers": transfers,
            "strengths": strengths,
            "x1": ("x1", x1, _X1),
            "x2": ("x2", x2, _X2),
            "shown_x1": ("shown_x1", x1[picture], _X1),
        },
    )


@stage
def billock_tsou(
    points,
    half_length,
    half_width,
    excitation,
    inhibition,
    inhibition_weight,
    frequency,
    edge,
    surround_strengths,
    surround_transfers,
    strength,
    outside,
    visible,
    step,
    tolerance,
    duration,
    shown,
):
    """Stationary fields for rays in the fovea or periphery only; for the latter "outside" is mirrored at the edge."""
    x1, x2, spacing = _grid(points, half_length, half_width)
    transform = jnp.asarray(neural_field.transform(_kernel(excitation, inhibition, inhibition_weight), points, spacing))
    picture = _within(x1, shown)
    size = (len(_PLACES), len(surround_transfers), len(surround_strengths))
    rings, rates = np.empty((*size, len(x1))), np.empty(size)
    ring_amplitude, ray_amplitude, changes = np.empty(size), np.empty(size), np.empty(size, dtype=int)
    pictures = np.empty((2, *size[:2], picture.sum(), len(x2)))
    for at in progress(list(np.ndindex(*size)), "states"):
        place, transfer, mu = _PLACES[at[0]], surround_transfers[at[1]], surround_strengths[at[2]]
        stimulus = _surround_stimulus(place, x1, x2, frequency, edge)
        field, rates[at] = _stationary(stimulus, transform, mu, transfer, step, duration, tolerance)
        rings[at] = _ring(field)
        empty = _within(x1 if place == "fovea" else 2 * edge - x1, outside)
        ring_amplitude[at] = np.abs(rings[at][empty]).max()
        ray_amplitude[at] = np.abs(_ray(field, x2, frequency)[empty]).max()
        changes[at] = damped_oscillation.sign_changes(rings[at][empty], visible)
        if mu == strength:
            pictures[:, at[0], at[1]] = stimulus[picture], field[picture]
    dims = ("place", "surround_transfers", "surround_strengths")
    return xr.Dataset(
        {
            "ring": ((*dims, "x1"), rings, label("ring component A0, mean of the activity over x2")),
            "ring_amplitude": (dims, ring_amplitude, label("largest |A0| where the stimulus is empty")),
            "ray_amplitude": (dims, ray_amplitude, label("largest |A_λ| where the stimulus is empty")),
            "sign_changes": (dims, changes, label("visible sign changes of A0 where the stimulus is empty")),
            "rate": (dims, rates, label("largest rate of change left", "1/τ")),
            "input": (("place", "shown_x1", "x2"), pictures[0, :, 0], label("stimulus I")),
            "percept": (
                ("place", "surround_transfers", "shown_x1", "x2"),
                pictures[1],
                label("stationary activity at the strength of the claims"),
            ),
        },
        coords={
            "place": ("place", _PLACES, _PLACE),
            "surround_transfers": surround_transfers,
            "surround_strengths": surround_strengths,
            "x1": ("x1", x1, _X1),
            "x2": ("x2", x2, _X2),
            "shown_x1": ("shown_x1", x1[picture], _X1),
        },
    )


@stage
def retina(mackay, billock_tsou, retina_edge, retina_copies, pixels):
    """Stimuli and percepts seen in the retina."""
    options = {"pixels": pixels, "largest": retina_edge, "copies": retina_copies}
    x1, x2 = mackay.shown_x1.values, mackay.x2.values
    images = {}
    for name in ("input", "percept"):
        images |= {(name, kind): mackay[name].sel(stimulus=kind).values for kind in _STIMULI}
        images |= {(name, place): billock_tsou[name].sel(place=place).values for place in _PLACES}
    seen = {
        at: np.stack([log_polar.retinal_image(f, x1, x2, **options)[0] for f in np.atleast_3d(fields.T).T])
        for at, fields in images.items()
    }
    axis = log_polar.retinal_image(images["input", "rays"], x1, x2, **options)[1]

    def joined(name, kinds):
        return np.stack([seen[name, kind] for kind in kinds]).astype(np.float32)

    square = ("second", "first")
    about = "stationary activity in the retina"
    return xr.Dataset(
        {
            "mackay_input": (
                ("stimulus", *square),
                joined("input", _STIMULI)[:, 0],
                label("stimulus in the retina"),
            ),
            "mackay_percept": (("stimulus", "transfers", *square), joined("percept", _STIMULI), label(about)),
            "surround_input": (("place", *square), joined("input", _PLACES)[:, 0], label("stimulus in the retina")),
            "surround_percept": (("place", "surround_transfers", *square), joined("percept", _PLACES), label(about)),
        },
        coords={
            "stimulus": mackay.stimulus,
            "transfers": mackay.transfers,
            "place": billock_tsou.place,
            "surround_transfers": billock_tsou.surround_transfers,
            "first": ("first", axis, label("retinal coordinate r cos θ")),
            "second": ("second", axis, label("retinal coordinate r sin θ")),
        },
    )


@stage
def spontaneous(
    points,
    half_length,
    half_width,
    excitation,
    inhibition,
    inhibition_weight,
    random_strengths,
    random_start,
    seeds,
    step,
    duration,
):
    """Largest activity without a stimulus after the whole duration, from a random start, f = tanh."""
    x1, x2, spacing = _grid(points, half_length, half_width)
    transform = jnp.asarray(neural_field.transform(_kernel(excitation, inhibition, inhibition_weight), points, spacing))
    still = jnp.zeros((len(x1), len(x2)))
    largest = np.empty((len(seeds), len(random_strengths)))
    # A rate of change is never below a negative tolerance: the whole duration is run.
    options = {"step": step, "duration": duration, "tolerance": -1.0}
    for i, seed in enumerate(progress(seeds, "starts")):
        start = random_start * jax.random.normal(seeding.key("tamekue2023_mackay", "spontaneous", seed), still.shape)
        for j, strength in enumerate(random_strengths):
            state = neural_field.relax(
                start, still, transform, strength, neural_field.hyperbolic_tangent, (), **options
            )
            largest[i, j] = jnp.abs(state.field).max()
    return xr.Dataset(
        {"largest_activity": (("seeds", "random_strengths"), largest, label("largest |a| without a stimulus"))},
        coords={"seeds": seeds, "random_strengths": random_strengths},
    )


@stage(
    split="scan_strengths",
    block=5,
    gpu=True,
    nan=("mackay_half_period", "mackay_decay", "surround_half_period", "surround_decay"),
)
def scan(
    points,
    half_length,
    half_width,
    excitation,
    inhibition,
    inhibition_weight,
    frequency,
    edge,
    column,
    scan_strengths,
    scan_contrasts,
    scan_transfers,
    outside,
    fitted,
    visible,
    step,
    tolerance,
    scan_duration,
):
    """Rings outside against strength, for rays of several contrasts and for rays in the fovea only; NaN: no rings."""
    x1, x2, spacing = _grid(points, half_length, half_width)
    transform = jnp.asarray(neural_field.transform(_kernel(excitation, inhibition, inhibition_weight), points, spacing))
    beyond, fit = _within(x1, outside), _within(x1, fitted)
    stimuli = [_mackay_stimulus("rays", contrast, x1, x2, frequency, edge, column) for contrast in scan_contrasts]
    stimuli.append(_surround_stimulus("fovea", x1, x2, frequency, edge))
    size = (len(scan_strengths), len(scan_transfers), len(stimuli))
    found = np.empty((5, *size))
    for at in progress(list(np.ndindex(*size)), "states"):
        strength, transfer, stimulus = scan_strengths[at[0]], scan_transfers[at[1]], stimuli[at[2]]
        if transfer == "linear":
            field = np.asarray(neural_field.linear_state(jnp.asarray(stimulus), transform, strength))
            rate = 0.0
        else:
            field, rate = _stationary(stimulus, transform, strength, transfer, step, scan_duration, tolerance)
        ring = _ring(field)
        fits = damped_oscillation.half_period_and_decay(x1[fit], ring[fit], _NOISE)
        changes = damped_oscillation.sign_changes(ring[beyond], visible)
        found[:, *at] = np.abs(ring[beyond]).max(), changes, *fits, rate
    names = {
        "ring_amplitude": label("largest |A0| outside"),
        "sign_changes": label("visible sign changes of A0 outside"),
        "half_period": label("half period of A0 in x1"),
        "decay": label("rate of decay of A0 in x1"),
        "rate": label("largest rate of change left", "1/τ"),
    }
    dims = ("scan_strengths", "scan_transfers")
    variables = {}
    for values, (name, about) in zip(found, names.items(), strict=True):
        variables[f"mackay_{name}"] = ((*dims, "scan_contrasts"), values[..., :-1], about)
        variables[f"surround_{name}"] = (dims, values[..., -1], about)
    coords = {"scan_strengths": scan_strengths, "scan_transfers": scan_transfers, "scan_contrasts": scan_contrasts}
    return xr.Dataset(variables, coords=coords)
