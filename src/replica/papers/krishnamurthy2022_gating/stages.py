"""Stages: mean-field theory of fixed points and of chaos, spectra of Jacobians, time scales, memory, exponents.

Settings that differ in gains, steepnesses or initial conditions are columns of one state, so that all of them meet a
network's couplings in one matrix product.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from replica.numerics import (
    gated_fixed_points,
    gated_jacobian,
    gated_mean_field,
    gated_networks,
    lyapunov_spectrum,
    monte_carlo_mean_field,
    participation_ratio,
    seeding,
)
from replica.numerics.gated_networks import Fields, Gating
from replica.paper import label, progress, stage

_PAPER = "krishnamurthy2022_gating"
_FIRST, _LAST = 1.4, 2.4  # gains between which chaos sets in
_OWN = 0.15  # around the eigenvalues -1/τ_z, -1/τ_r that are not part of the bulk
_OUTSIDE = 0.85  # value of F below which an eigenvalue counts as outside the bulk
_SLOW = 0.05  # modulus of a slow eigenvalue
_REAL, _IMAGINARY = np.linspace(-2.205, 0.615, 95), np.linspace(-1.17, 1.17, 79)  # grid for the curve F = 1
_CONDITIONS = ["large", "small"]
_PULSES = {"none": (0, 0), "output": (1, 0), "update": (0, 1), "both": (1, 1)}


def _times(count):
    return ("time", np.arange(1.0, count + 1), label("time", "τ"))


def _grid(*axes):
    """Columns for all combinations of values: one flat float32 array for each axis."""
    return [jnp.asarray(values.ravel(), jnp.float32) for values in np.meshgrid(*axes, indexing="ij")]


def _sampled(fields, coupling, gating, inputs=gated_networks.NO_INPUT, *, step, duration):
    """The state after ``duration``, and h once per τ, ``(time, unit, column)``."""
    return gated_networks.trajectories(
        fields, coupling, gating, inputs, step=step, steps_per_sample=round(1 / step), samples=duration
    )


def _settled(fields, coupling, gating, inputs=gated_networks.NO_INPUT, *, step, duration):
    """The state after ``duration``."""
    return gated_networks.trajectories(
        fields, coupling, gating, inputs, step=step, steps_per_sample=round(duration / step), samples=1
    )[0]


@partial(jax.jit, static_argnames=("step", "count", "alignment", "duration"))
def _growth(key, fields, coupling, gating, inputs, *, step, count, alignment, duration):
    """Exponents ``(column, exponent)`` of a settled state, and the mean of h² over the same time ``(column,)``."""
    advance = lyapunov_spectrum.linearised(
        lambda state: gated_networks.runge_kutta_step(state, coupling, gating, step, inputs)
    )
    grown = lyapunov_spectrum.growth(
        advance,
        fields,
        lyapunov_spectrum.random_tangents(key, fields, count),
        steps=round(1 / step),
        intervals=alignment + duration,
        observe=lambda state: jnp.mean(state.h**2, axis=0),
    )
    return jnp.mean(grown.logarithms[alignment:], axis=0), jnp.mean(grown.observed[alignment:], axis=0)


def _leading(name, units, gating, *, update, output, step, settling, alignment, duration, deviation=1.0, pattern=None):
    """Leading exponent and mean h² of all columns of one network, from their initial conditions on.

    name: of the random stream; update, output: which gates move; deviation: of the initial condition (per column);
    pattern: standard deviations (per column) of a static Gaussian input.
    """
    keys = jax.random.split(seeding.key(_PAPER, *name), 4)
    coupling = gated_networks.couplings(keys[0], units, update=update, output=output)
    columns = jnp.broadcast_to(jnp.asarray(deviation, jnp.float32), gating.gain.shape)
    fields = gated_networks.initial_fields(keys[1], coupling, columns)
    inputs = gated_networks.NO_INPUT
    if pattern is not None:
        inputs = inputs._replace(h=pattern[None, :] * jax.random.normal(keys[3], (units, 1)))
    fields = _settled(fields, coupling, gating, inputs, step=step, duration=settling)
    exponents, square = _growth(
        keys[2], fields, coupling, gating, inputs, step=step, count=1, alignment=alignment, duration=duration
    )
    return np.asarray(exponents[:, 0]), np.asarray(square)


# --- theory -------------------------------------------------------------------------------------------------------


@stage
def theory(line_steepnesses, onset_tolerance, iterations, branch_steepnesses, branch_gains):
    """Onsets of fixed points and of chaos against α_r, and the variances of both kinds of solution against the gain."""
    fixed = [gated_fixed_points.onset_gain(steepness) for steepness in line_steepnesses]
    chaos = gated_mean_field.onset_of_chaos(line_steepnesses, _FIRST, _LAST, onset_tolerance, iterations=iterations)
    static = np.empty((3, len(branch_steepnesses), len(branch_gains)))
    dynamic = np.empty(static.shape[1:])
    first = np.zeros((2, len(branch_steepnesses)))
    for i, steepness in enumerate(progress(branch_steepnesses, "branches")):
        points = [gated_fixed_points.fixed_point(gain, steepness) for gain in branch_gains]
        static[0, i] = [point.state_variance for point in points]
        static[1, i] = [point.output_variance for point in points]
        static[2, i] = [gated_fixed_points.instability(point, steepness) for point in points]
        field = gated_mean_field.chaotic_state(
            branch_gains, np.full(len(branch_gains), steepness), iterations=iterations
        )
        dynamic[i] = np.where(field.chaotic, field.state[:, 0], 0.0)
        if field.chaotic.any():
            at = int(np.argmax(field.chaotic))
            first[:, i] = branch_gains[at], dynamic[i, at]
    branch = ("branch_steepnesses", "branch_gains")
    return xr.Dataset(
        {
            "fixed_point_onset": ("line_steepnesses", fixed, label("g_FP: onset of non-zero fixed points")),
            "chaos_onset": ("line_steepnesses", chaos, label("g_dyn: onset of chaos")),
            "fixed_point_variance": (branch, static[0], label("Δ_h of the non-zero fixed points")),
            "output_variance": (branch, static[1], label("Δ_r of the non-zero fixed points")),
            "instability": (branch, static[2], label("ρ of the non-zero fixed points")),
            "chaotic_variance": (branch, dynamic, label("C_h(0) of the chaotic solution")),
            "first_gain": ("branch_steepnesses", first[0], label("first gain with a chaotic solution")),
            "first_variance": ("branch_steepnesses", first[1], label("C_h(0) at the first gain with chaos")),
        },
        coords={
            "line_steepnesses": line_steepnesses,
            "branch_steepnesses": branch_steepnesses,
            "branch_gains": branch_gains,
        },
    )


@stage
def complexity(complexity_seeds, complexity_units, branch_steepnesses, complexity_gains):
    """Complexity Σ of the mean-field fixed points, ln|det| per unit of random draws."""
    values = np.empty((len(complexity_seeds), len(branch_steepnesses), len(complexity_gains)))
    for j, steepness in enumerate(progress(branch_steepnesses, "steepnesses")):
        for k, gain in enumerate(complexity_gains):
            point = gated_fixed_points.fixed_point(gain, steepness)
            for i, seed in enumerate(complexity_seeds):
                # The same draws at every gain: the curve is smooth, its offset is the sampling error.
                generator = seeding.generator(_PAPER, "complexity", seed)
                values[i, j, k] = gated_fixed_points.complexity_sample(generator, point, steepness, complexity_units)
    dims = ("complexity_seeds", "branch_steepnesses", "complexity_gains")
    return xr.Dataset(
        {"complexity": (dims, values, label("Σ: logarithm of the number of fixed points, per unit"))},
        coords=dict(zip(dims, (complexity_seeds, branch_steepnesses, complexity_gains), strict=True)),
    )


# --- spectra of Jacobians -----------------------------------------------------------------------------------------


def _spectrum(fields, coupling, gating):
    """All 3N eigenvalues; those of a frozen gate, -1/τ, are known and need no larger matrix."""
    moving = Fields(
        fields.h, fields.z if gating.update_steepness else None, fields.r if gating.output_steepness else None
    )
    found = np.linalg.eigvals(gated_jacobian.jacobian(moving, coupling, gating))
    return moving, np.concatenate([found, np.full(3 * fields.h.size - found.size, -1.0)])


def _against_theory(eigenvalues, gains, gating):
    """Edge of the bulk, its distance from the largest real part, and the share of eigenvalues outside."""
    edge = gated_jacobian.spectral_edge(gains, gating)
    bulk = eigenvalues[np.abs(eigenvalues + 1) > _OWN]
    outside = np.mean(gated_jacobian.bulk_function(bulk, gains, gating) < _OUTSIDE)
    return edge, abs(edge - eigenvalues.real.max()), outside


@stage(split="spectrum_seeds")
def spectra(
    spectrum_seeds, spectrum_units, spectrum_gains, spectrum_update, spectrum_output, spectrum_settling, fine_step
):
    """Eigenvalues of the Jacobian at a late state, and the random-matrix curve, with and without the output gate."""
    settings = [
        Gating(float(g), float(z), float(r))
        for g, z, r in zip(spectrum_gains, spectrum_update, spectrum_output, strict=True)
    ]
    shape = (len(spectrum_seeds), len(settings))
    eigenvalues = np.empty((*shape, 3 * spectrum_units), dtype=complex)
    boundary = np.empty((*shape, _IMAGINARY.size, _REAL.size))
    scalars = np.empty((8, *shape))
    plane = _REAL + 1j * _IMAGINARY[:, None]
    for i, seed in enumerate(spectrum_seeds):
        keys = jax.random.split(seeding.key(_PAPER, "spectra", seed))
        coupling = gated_networks.couplings(keys[0], spectrum_units)
        gating = Gating(*(jnp.asarray(v, jnp.float32) for v in (spectrum_gains, spectrum_update, spectrum_output)))
        start = gated_networks.initial_fields(keys[1], coupling, jnp.ones(len(settings)))
        state = _settled(start, coupling, gating, step=fine_step, duration=spectrum_settling)
        coupling, state = jax.tree.map(np.asarray, (coupling, state))
        for j, setting in enumerate(progress(settings, "spectra")):
            fields, values = _spectrum(Fields(*(field[:, j] for field in state)), coupling, setting)
            gains = gated_jacobian.local_gains(fields, coupling, setting)
            ungated = gated_jacobian.local_gains(fields._replace(r=None), coupling, setting)
            eigenvalues[i, j] = values[np.argsort(values.real, kind="stable")]
            boundary[i, j] = gated_jacobian.bulk_function(plane, gains, setting)
            scalars[:, i, j] = [
                *_against_theory(values, gains, setting),
                *_against_theory(values, ungated, setting),
                values.real.max(),
                np.mean(np.abs(values) < _SLOW),
            ]
    names = {
        "edge": "right edge of the bulk, random-matrix theory",
        "edge_error": "distance of the edge from the largest real part",
        "outside": f"share of eigenvalues with F < {_OUTSIDE}",
        "ungated_edge": "right edge of the bulk, theory without the output gate",
        "ungated_edge_error": "distance of that edge from the largest real part",
        "ungated_outside": f"share of eigenvalues with F < {_OUTSIDE}, theory without the output gate",
        "largest": "largest real part of an eigenvalue",
        "slow": f"share of eigenvalues of modulus below {_SLOW}",
    }
    dims = ("spectrum_seeds", "setting")
    f32 = np.float32
    words = [f"g = {s.gain:g}, α_z = {s.update_steepness:g}, α_r = {s.output_steepness:g}" for s in settings]
    return xr.Dataset(
        {
            "real_part": ((*dims, "mode"), eigenvalues.real.astype(f32), label("real part of eigenvalues", "1/τ")),
            "imaginary_part": ((*dims, "mode"), eigenvalues.imag.astype(f32), label("imaginary part", "1/τ")),
            "bulk": (
                (*dims, "imaginary_axis", "real_axis"),
                boundary.astype(f32),
                label("F, at least 1 in the bulk"),
            ),
            **{name: (dims, v, label(names[name])) for name, v in zip(names, scalars, strict=True)},
        },
        coords={
            "spectrum_seeds": spectrum_seeds,
            "setting": ("setting", words, {"units": "", "long_name": "gain and steepnesses"}),
            "update_steepness": ("setting", np.array(spectrum_update, float), label("α_z")),
            "output_steepness": ("setting", np.array(spectrum_output, float), label("α_r")),
            "real_axis": ("real_axis", _REAL, label("real part", "1/τ")),
            "imaginary_axis": ("imaginary_axis", _IMAGINARY, label("imaginary part", "1/τ")),
        },
    )


# --- time scales --------------------------------------------------------------------------------------------------


def _half_width(curve):
    """Lag at which an autocorrelation, one value per τ, has fallen to ½; the longest lag where it has not."""
    below = np.flatnonzero(curve < 0.5)
    if not below.size:
        return float(curve.size - 1)
    at = below[0]
    return at - 1 + (curve[at - 1] - 0.5) / (curve[at - 1] - curve[at])


def _correlations(name, units, gating, settings, *, update, output, step, settling, duration):
    """Autocorrelation of h, mean over units and trajectories, ``(setting, lag)``, up to 9/10 of the duration."""
    keys = jax.random.split(seeding.key(_PAPER, *name))
    coupling = gated_networks.couplings(keys[0], units, update=update, output=output)
    fields = gated_networks.initial_fields(keys[1], coupling, jnp.ones(gating.gain.shape))
    fields = _settled(fields, coupling, gating, step=step, duration=settling)
    h = _sampled(fields, coupling, gating, step=step, duration=duration)[1]
    by_setting = jnp.moveaxis(h.reshape(duration, units, settings, -1), 2, 0).reshape(settings, duration, -1)
    curves = [monte_carlo_mean_field.autocovariance(traces, round(0.9 * duration) + 1) for traces in by_setting]
    return np.stack([np.asarray(curve / curve[0]) for curve in curves])


@stage(split="seeds", gpu=True)
def time_scales(
    seeds,
    update_units,
    update_gain,
    update_steepnesses,
    contrast_steepnesses,
    replicas,
    step,
    fine_step,
    settling,
    duration,
    exponent_gains,
    exponent_steepnesses,
    alignment,
    exponent_duration,
):
    """Autocorrelation of h against the steepness of either gate; leading exponents against that of the update gate."""
    curves, contrast, exponents = [], [], []
    sweep = _grid(update_steepnesses, np.arange(replicas))[0]
    opposite = _grid(contrast_steepnesses, np.arange(replicas))[0]
    gains, steepnesses = _grid(exponent_gains, exponent_steepnesses)
    for seed in seeds:
        common = {"settling": settling, "duration": duration}
        curves.append(
            _correlations(
                ("time_scales", seed),
                update_units,
                Gating(jnp.full(sweep.shape, update_gain, jnp.float32), update_steepness=sweep),
                len(update_steepnesses),
                update=True,
                output=False,
                step=fine_step,
                **common,
            )
        )
        contrast.append(
            _correlations(
                ("time_scales", seed),
                update_units,
                Gating(jnp.full(opposite.shape, update_gain, jnp.float32), output_steepness=opposite),
                len(contrast_steepnesses),
                update=False,
                output=True,
                step=step,
                **common,
            )
        )
        found, _ = _leading(
            ("time_scales", "exponents", seed),
            update_units,
            Gating(gains, update_steepness=steepnesses),
            update=True,
            output=False,
            step=fine_step,
            settling=settling,
            alignment=alignment,
            duration=exponent_duration,
        )
        exponents.append(found.reshape(len(exponent_gains), -1))
    widths = [[_half_width(curve) for curve in of_seed] for of_seed in curves]
    contrast_widths = [[_half_width(curve) for curve in of_seed] for of_seed in contrast]
    lags = np.arange(np.shape(curves)[-1], dtype=float)
    c, w = "autocorrelation of h", "half-width of the autocorrelation of h"
    return xr.Dataset(
        {
            "autocorrelation": (("seeds", "update_steepnesses", "lag"), np.stack(curves), label(c)),
            "half_width": (("seeds", "update_steepnesses"), widths, label(w, "τ")),
            "contrast_autocorrelation": (("seeds", "contrast_steepnesses", "lag"), np.stack(contrast), label(c)),
            "contrast_half_width": (("seeds", "contrast_steepnesses"), contrast_widths, label(w, "τ")),
            "exponent": (
                ("seeds", "exponent_gains", "exponent_steepnesses"),
                np.stack(exponents),
                label("leading Lyapunov exponent", "1/τ"),
            ),
        },
        coords={
            "seeds": seeds,
            "update_steepnesses": update_steepnesses,
            "contrast_steepnesses": contrast_steepnesses,
            "exponent_gains": exponent_gains,
            "exponent_steepnesses": exponent_steepnesses,
            "lag": ("lag", lags, label("time lag", "τ")),
        },
    )


# --- memory -------------------------------------------------------------------------------------------------------


@stage(split="integrator_seeds", gpu=True)
def integrator(
    integrator_seeds,
    integrator_units,
    integrator_gains,
    integrator_steepnesses,
    fine_step,
    settling,
    kick,
    retention_time,
):
    """Projection of what is left of a small kick of h on its direction, over the kick, against time."""
    gains, steepnesses = _grid(integrator_gains, integrator_steepnesses)
    gating, both = Gating(gains, steepnesses), Gating(jnp.tile(gains, 2), jnp.tile(steepnesses, 2))
    retention = []
    for seed in integrator_seeds:
        keys = jax.random.split(seeding.key(_PAPER, "integrator", seed), 3)
        coupling = gated_networks.couplings(keys[0], integrator_units, output=False)
        fields = gated_networks.initial_fields(keys[1], coupling, jnp.ones(gains.shape))
        fields = _settled(fields, coupling, gating, step=fine_step, duration=settling)
        direction = jax.random.normal(keys[2], (integrator_units, 1))
        direction = direction / jnp.linalg.norm(direction)
        size = kick * np.sqrt(integrator_units).item()
        kicked = Fields(
            jnp.concatenate([fields.h, fields.h + size * direction], 1), jnp.concatenate([fields.z, fields.z], 1)
        )
        h = _sampled(kicked, coupling, both, step=fine_step, duration=retention_time)[1]
        left = np.asarray(h[..., gains.size :], float) - np.asarray(h[..., : gains.size], float)
        projected = np.einsum("tuc,u->ct", left, np.asarray(direction[:, 0], float)) / size
        retention.append(projected.reshape(len(integrator_gains), len(integrator_steepnesses), -1))
    dims = ("integrator_seeds", "integrator_gains", "integrator_steepnesses")
    return xr.Dataset(
        {"retention": ((*dims, "time"), np.stack(retention), label("projection left of a kick"))},
        coords={
            **dict(zip(dims, (integrator_seeds, integrator_gains, integrator_steepnesses), strict=True)),
            "time": _times(retention_time),
        },
    )


@stage(split="reset_seeds", gpu=True)
def reset(
    reset_seeds,
    reset_units,
    reset_gain,
    reset_output,
    reset_steepnesses,
    fine_step,
    memory_time,
    pulse_time,
    free_time,
    pulse_output,
    pulse_update,
):
    """Distance of two memories of one network during and after a pulse to its gates, over the distance before."""
    steepnesses, pulses, _ = _grid(reset_steepnesses, np.arange(len(_PULSES)), np.arange(2))
    weights = jnp.asarray(list(_PULSES.values()), jnp.float32)[pulses.astype(int)]  # column, (r, z)
    gating = Gating(jnp.full(steepnesses.shape, reset_gain, jnp.float32), steepnesses, float(reset_output))
    # Every column of one steepness starts at one of the same two states.
    chosen = np.arange(steepnesses.size) % 2
    inputs = Fields(0.0, pulse_update * weights[None, :, 1], pulse_output * weights[None, :, 0])
    none = Fields(0.0, jnp.zeros((1, 1)), jnp.zeros((1, 1)))
    shape = (len(reset_steepnesses), len(_PULSES), 2)
    distance = []
    for seed in reset_seeds:
        keys = jax.random.split(seeding.key(_PAPER, "reset", seed))
        coupling = gated_networks.couplings(keys[0], reset_units)
        start = gated_networks.initial_fields(keys[1], coupling, jnp.ones(2))
        fields = Fields(*(field[:, chosen] for field in start))
        fields = _settled(fields, coupling, gating, none, step=fine_step, duration=memory_time)
        memory = fields.h
        fields, during = _sampled(fields, coupling, gating, inputs, step=fine_step, duration=pulse_time)
        _, after = _sampled(fields, coupling, gating, none, step=fine_step, duration=free_time)
        h = np.concatenate([np.asarray(memory, float)[None], np.asarray(during, float), np.asarray(after, float)])
        h = h.reshape(h.shape[0], reset_units, *shape)
        apart = np.linalg.norm(h[..., 0] - h[..., 1], axis=1)
        distance.append(np.moveaxis(apart / apart[0], 0, -1))
    return xr.Dataset(
        {
            "distance": (
                ("reset_seeds", "reset_steepnesses", "pulse", "time"),
                np.stack(distance),
                label("distance of two memories over that before the pulse"),
            )
        },
        coords={
            "reset_seeds": reset_seeds,
            "reset_steepnesses": reset_steepnesses,
            "pulse": ("pulse", list(_PULSES), {"units": "", "long_name": "gates that get the pulse"}),
            "time": ("time", np.arange(pulse_time + free_time + 1.0), label("time after the onset", "τ")),
        },
    )


# --- exponents ----------------------------------------------------------------------------------------------------


@stage(split="dimension_seeds", gpu=True)
def dimension(
    dimension_seeds,
    dimension_units,
    exponents,
    dimension_gain,
    matched_gain,
    dimension_steepnesses,
    replicas,
    step,
    dimension_settling,
    alignment,
    dimension_duration,
    activity_duration,
):
    """Lyapunov spectra, Kaplan-Yorke dimension and participation ratio of h against α_r, and with a matched gain.

    Settings are the steepnesses at one gain, and last the control: a larger gain without an output gate.
    """
    gains = np.array([*[dimension_gain] * len(dimension_steepnesses), matched_gain], np.float32)
    steepnesses = np.array([*dimension_steepnesses, 0.0], np.float32)
    gating = Gating(jnp.asarray(gains), output_steepness=jnp.asarray(steepnesses))
    repeated = Gating(jnp.repeat(gating.gain, replicas), output_steepness=jnp.repeat(steepnesses, replicas))
    spectra, ratios = [], []
    for seed in dimension_seeds:
        keys = jax.random.split(seeding.key(_PAPER, "dimension", seed), 3)
        coupling = gated_networks.couplings(keys[0], dimension_units, update=False)
        fields = gated_networks.initial_fields(keys[1], coupling, jnp.ones(repeated.gain.shape))
        fields = _settled(fields, coupling, repeated, step=step, duration=dimension_settling)
        first = Fields(fields.h[:, ::replicas], None, fields.r[:, ::replicas])
        found, _ = _growth(
            keys[2],
            first,
            coupling,
            gating,
            gated_networks.NO_INPUT,
            step=step,
            count=exponents,
            alignment=alignment,
            duration=dimension_duration,
        )
        spectra.append(-np.sort(-np.asarray(found, float), axis=-1))
        h = _sampled(fields, coupling, repeated, step=step, duration=activity_duration)[1]
        by_trajectory = [
            float(participation_ratio.naive_participation_ratio(h[None, :, :, k])) for k in range(h.shape[-1])
        ]
        ratios.append(np.reshape(by_trajectory, (gains.size, replicas)).mean(axis=1) / dimension_units)
    spectra = np.stack(spectra)
    dims = ("dimension_seeds", "setting")
    words = [f"g = {g:g}, α_r = {a:g}" for g, a in zip(gains, steepnesses, strict=True)]
    return xr.Dataset(
        {
            "spectrum": ((*dims, "index"), spectra, label("Lyapunov exponents in falling order", "1/τ")),
            "exponent": (dims, spectra[..., 0], label("leading Lyapunov exponent", "1/τ")),
            "kaplan_yorke": (
                dims,
                lyapunov_spectrum.kaplan_yorke_dimension(spectra) / dimension_units,
                label("Kaplan-Yorke dimension per unit"),
            ),
            "participation_ratio": (dims, np.stack(ratios), label("participation ratio of h per unit")),
        },
        coords={
            "dimension_seeds": dimension_seeds,
            "setting": ("setting", words, {"units": "", "long_name": "gain and steepness of the output gate"}),
            "steepness": ("setting", steepnesses.astype(float), label("α_r")),
            "gain": ("setting", gains.astype(float), label("g_h")),
            "index": ("index", np.arange(1, exponents + 1) / dimension_units, label("index of the exponent over N")),
        },
    )


@stage(split="seeds", gpu=True)
def transition(
    seeds,
    transition_units,
    transition_gains,
    transition_steepnesses,
    small_deviation,
    step,
    transient,
    alignment,
    averaging,
):
    """Leading exponent and mean square of h against the gain, from large and from small initial conditions."""
    steepnesses, gains, deviations = _grid(transition_steepnesses, transition_gains, [1.0, small_deviation])
    found = [
        _leading(
            ("transition", seed),
            transition_units,
            Gating(gains, output_steepness=steepnesses),
            update=False,
            output=True,
            step=step,
            settling=transient,
            alignment=alignment,
            duration=averaging,
            deviation=deviations,
        )
        for seed in seeds
    ]
    shape = (len(seeds), len(transition_steepnesses), len(transition_gains), 2)
    exponent, square = (np.stack(values).reshape(shape) for values in zip(*found, strict=True))
    dims = ("seeds", "transition_steepnesses", "transition_gains", "condition")
    return xr.Dataset(
        {
            "exponent": (dims, exponent, label("leading Lyapunov exponent", "1/τ")),
            "mean_square": (dims, square, label("mean of h² over units and time")),
        },
        coords={
            "seeds": seeds,
            "transition_steepnesses": transition_steepnesses,
            "transition_gains": transition_gains,
            "condition": ("condition", _CONDITIONS, {"units": "", "long_name": "initial condition"}),
        },
    )


@stage(split="seeds", gpu=True)
def driven(seeds, driven_units, driven_gains, driven_output, input_deviations, step, transient, alignment, averaging):
    """Leading exponent against the standard deviation of a static Gaussian input to h."""
    case, deviations = _grid(np.arange(len(driven_gains)), input_deviations)
    case = np.asarray(case, int)
    gains, steepnesses = (jnp.asarray(np.array(values, np.float32)[case]) for values in (driven_gains, driven_output))
    found = [
        _leading(
            ("driven", seed),
            driven_units,
            Gating(gains, output_steepness=steepnesses),
            update=False,
            output=True,
            step=step,
            settling=transient,
            alignment=alignment,
            duration=averaging,
            pattern=deviations,
        )[0].reshape(len(driven_gains), -1)
        for seed in seeds
    ]
    words = [f"g = {g:g}, α_r = {a:g}" for g, a in zip(driven_gains, driven_output, strict=True)]
    return xr.Dataset(
        {
            "exponent": (
                ("seeds", "case", "input_deviations"),
                np.stack(found),
                label("leading Lyapunov exponent", "1/τ"),
            )
        },
        coords={
            "seeds": seeds,
            "case": ("case", words, {"units": "", "long_name": "gain and steepness of the output gate"}),
            "input_deviations": input_deviations,
        },
    )


@stage(split="seeds", gpu=True)
def phase_diagram(
    seeds,
    map_units,
    update_map_units,
    map_gains,
    map_output,
    map_update,
    step,
    fine_step,
    transient,
    alignment,
    averaging,
):
    """Leading exponent on grids of the gain and the steepness of one gate, the other gate being frozen."""
    common = {"settling": transient, "alignment": alignment, "duration": averaging}
    by_output, by_update = [], []
    output_steepnesses, output_gains = _grid(map_output, map_gains)
    update_steepnesses, update_gains = _grid(map_update, map_gains)
    for seed in seeds:
        gating = Gating(output_gains, output_steepness=output_steepnesses)
        name = ("phase_diagram", seed)
        found, _ = _leading(name, map_units, gating, update=False, output=True, step=step, **common)
        by_output.append(found.reshape(len(map_output), -1))
        gating = Gating(update_gains, update_steepness=update_steepnesses)
        found, _ = _leading(name, update_map_units, gating, update=True, output=False, step=fine_step, **common)
        by_update.append(found.reshape(len(map_update), -1))
    exponent = label("leading Lyapunov exponent", "1/τ")
    return xr.Dataset(
        {
            "exponent": (("seeds", "map_output", "map_gains"), np.stack(by_output), exponent),
            "update_exponent": (("seeds", "map_update", "map_gains"), np.stack(by_update), exponent),
        },
        coords={"seeds": seeds, "map_output": map_output, "map_update": map_update, "map_gains": map_gains},
    )
