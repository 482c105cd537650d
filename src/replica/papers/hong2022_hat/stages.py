"""Stages: spectra of two bases, linear descent, training of shallow networks, classification of digits."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

from replica.numerics import (
    finite_elements,
    linear_descent,
    perceptron_classifier,
    quadrature,
    seeding,
    shallow_networks,
    training,
)
from replica.paper import label, progress, stage

_PAPER = "hong2022_hat"
_BASES = {"ramps": finite_elements.ramps, "hats": finite_elements.hats}
_OPTIMISERS = {"adam": optax.adam, "sgd": optax.sgd}
_HE = math.sqrt(2)
_CLASSES = 10
_TEST_IMAGES = 797  # of the 1797 digits


def _variables(**rows):
    """Data variables from rows (dims, values, units, long name)."""
    return {name: (dims, values, label(long_name, units)) for name, (dims, values, units, long_name) in rows.items()}


def _coordinate(name, values, long_name, units="1"):
    return (name, values, label(long_name, units))


def _runs(function, *arguments):
    """``function`` of each row of the arguments: on a CPU one after the other, which stays in its cache."""
    if jax.default_backend() == "cpu":
        return jax.lax.map(lambda row: function(*row), arguments)
    return jax.vmap(function)(*arguments)


# --- linear theory ------------------------------------------------------------------------------------------------


@stage
def gram_spectra(cells, points_per_cell):
    """Eigenvalues of the Gram matrices of ramps and hats by quadrature, and their closed forms; 0 past the last."""
    shape = (2, len(cells), max(cells))
    found, law = np.zeros(shape), np.zeros(shape)
    condition, error = np.empty((2, 2, len(cells)))
    for j, n in enumerate(progress(cells, "Gram matrices")):
        rule = quadrature.midpoint(points_per_cell * n, 0.0, 1.0)
        formula = finite_elements.hat_eigenvalues(n)
        for i, (name, basis) in enumerate(_BASES.items()):
            values = finite_elements.eigenvalues(finite_elements.gram(basis(rule.nodes, n), rule.weights))
            found[i, j, : len(values)] = values
            closed = formula if name == "hats" else finite_elements.ramp_eigenvalues(n)
            law[i, j, : len(closed)] = closed
            condition[i, j] = values[0] / values[-1]
            error[i, j] = np.abs(values[: n - 1] - formula).max() / values[0]
    dims = ("basis", "cells")
    return xr.Dataset(
        _variables(
            eigenvalue=((*dims, "number"), found, "1", "eigenvalue of the Gram matrix, 0 past the last"),
            eigenvalue_law=((*dims, "number"), law, "1", "its closed form"),
            condition_number=(dims, condition, "1", "condition number of the Gram matrix"),
            formula_error=(dims, error, "1", "largest difference from the hats' closed form over largest eigenvalue"),
        ),
        coords={
            "basis": _coordinate("basis", list(_BASES), "basis", ""),
            "cells": cells,
            "number": _coordinate("number", np.arange(1, max(cells) + 1), "number k of the eigenvalue"),
        },
    )


@stage
def linear_training(descent_cells, descent_points, descent_modes, descent_steps):
    """Errors of sine modes during gradient descent on the coefficients of a basis, step by step and in closed form."""
    x = quadrature.midpoint(descent_points, 0.0, 1.0).nodes
    y = np.sin(np.pi * np.array(descent_modes)[:, None] * x[None, :]).sum(0)
    at = linear_descent.frames(descent_steps)
    features = {name: basis(x, descent_cells) for name, basis in _BASES.items()}
    cases = {
        "ramps": linear_descent.descend(features["ramps"], y, at),
        "hats": linear_descent.descend(features["hats"], y, at),
        "ramps, preconditioned": linear_descent.descend(features["ramps"], y, at, preconditioned=True),
    }
    exact = [linear_descent.exact_residual(features[name], y, at) for name in _BASES]
    errors, law = (linear_descent.sine_errors(np.array(r), x, descent_modes) for r in (list(cases.values()), exact))
    return xr.Dataset(
        _variables(
            mode_error=(("case", "step", "descent_modes"), errors, "1", "error of a sine mode"),
            mode_error_law=(("basis", "step", "descent_modes"), law, "1", "its closed form"),
        ),
        coords={
            "case": _coordinate("case", list(cases), "basis and preconditioner", ""),
            "basis": _coordinate("basis", list(_BASES), "basis", ""),
            "step": _coordinate("step", at, "step of gradient descent"),
            "descent_modes": descent_modes,
        },
    )


# --- shallow networks ---------------------------------------------------------------------------------------------


@partial(jax.jit, static_argnames=("activation", "optimiser", "units", "points", "modes", "steps", "every"))
def _trained(keys, targets, scales, rates, *, activation, optimiser, units, points, modes, steps, every):
    """Mean squared error and errors per frequency ``(run, frame, ...)``, and last outputs ``(run, point)``."""
    function, modes = shallow_networks.ACTIVATIONS[activation], np.array(modes)
    grid = shallow_networks.grid(points, modes.shape[1])
    x = jnp.asarray(grid, targets.dtype)

    def run(key, y, scale, rate):
        def measure(network):
            residual = shallow_networks.output(network, x, function) - y
            return jnp.mean(residual**2), shallow_networks.error_per_frequency(residual, grid, modes)

        done = training.train(
            lambda network, _: shallow_networks.mean_squared_error(network, x, y, function),
            shallow_networks.initial(key, units, modes.shape[1], scale, x.dtype),
            _OPTIMISERS[optimiser](rate),
            key,
            steps=steps,
            every=every,
            measure=measure,
        )
        return *done.measured, shallow_networks.output(done.parameters, x, function)

    return _runs(run, keys, targets, scales, rates)


def _single(values):
    """Networks are trained in single precision: the same results, twice as fast."""
    return jnp.asarray(np.asarray(values), jnp.float32)


def _first(reached, iterations):
    """First recorded iteration at which ``reached`` (..., frame) is true, NaN where never."""
    return np.where(reached.any(-1), np.asarray(iterations, float)[reached.argmax(-1)], np.nan)


@stage(split="seeds", block=8, gpu=True, nan=("relative_error", "mode_error", "half_iteration", "quarter_iteration"))
def shallow_training(
    seeds, activations, optimisers, input_scales, rates, units, points, frequencies, iterations, record_every
):
    """Shallow networks on a sum of sines, and on its lowest alone: errors per frequency over training; NaN: never."""
    arms = list(zip(activations, optimisers, input_scales, rates, strict=True))
    at = training.recorded_steps(iterations, record_every)
    shown = np.arange(2 * max(frequencies) + 1)
    x = shallow_networks.grid(points)
    wave = np.array(frequencies)[:, None]
    phases = [seeding.generator(_PAPER, "phases", seed).uniform(0, 1, len(frequencies)) for seed in seeds]
    y = np.array(
        [[shallow_networks.sum_of_sines(x, wave[:n], phase[:n]) for phase in phases] for n in (len(frequencies), 1)]
    )
    runs = (2, len(seeds))  # target, seed
    keys = jnp.tile(seeding.keys(_PAPER, "network", seeds=seeds), 2)
    mse = np.empty((len(arms), *runs, len(at)))
    errors = np.empty((len(arms), len(seeds), len(at), shown.size), np.float32)
    kinds = sorted({(activation, optimiser) for activation, optimiser, _, _ in arms})
    for activation, optimiser in progress(kinds, "activations and optimisers"):
        own = [i for i, arm in enumerate(arms) if arm[:2] == (activation, optimiser)]
        each = len(keys)
        loss, error, _ = _trained(
            jnp.tile(keys, len(own)),
            _single(np.tile(y.reshape(each, -1), (len(own), 1))),
            _single(np.repeat([input_scales[i] for i in own], each)),
            _single(np.repeat([rates[i] for i in own], each)),
            activation=activation,
            optimiser=optimiser,
            units=units,
            points=points,
            modes=tuple((int(k),) for k in shown),
            steps=iterations,
            every=record_every,
        )
        mse[own] = np.asarray(loss).reshape(len(own), *runs, -1)
        errors[own] = np.asarray(error).reshape(len(own), *runs, len(at), -1)[:, 0]
    relative = mse / y.var(-1)[None, :, :, None]
    half = _first(np.moveaxis(errors[..., frequencies] < 0.5, 2, 3), at)
    dims = ("arm", "target", "seeds")
    return xr.Dataset(
        _variables(
            relative_error=((*dims, "iteration"), relative, "1", "mean squared error over variance of the target"),
            mode_error=(("arm", "seeds", "iteration", "frequency"), errors, "1", "error E at a frequency, all sines"),
            half_iteration=(("arm", "seeds", "frequencies"), half, "1", "first recorded iteration with E < 1/2"),
            quarter_iteration=(dims, _first(relative < 0.25, at), "1", "first with an error below 1/4 of the variance"),
        ),
        coords={
            "seeds": seeds,
            "frequencies": frequencies,
            "target": _coordinate("target", ["all", "lowest"], "sines in the target", ""),
            "iteration": _coordinate("iteration", at, "iteration of training"),
            "frequency": _coordinate("frequency", shown, "frequency k"),
            "activation": _coordinate("arm", activations, "activation", ""),
            "optimiser": _coordinate("arm", optimisers, "optimiser", ""),
            "input_scale": _coordinate("arm", input_scales, "input scale s"),
            "rate": _coordinate("arm", rates, "learning rate"),
        },
    )


@stage(split="plane_seeds", gpu=True, nan=("relative_error", "mode_error", "output"))
def plane_training(
    plane_seeds,
    plane_activations,
    plane_scale,
    plane_rate,
    plane_units,
    plane_points,
    plane_frequencies,
    plane_iterations,
    plane_record_every,
):
    """Shallow networks with two inputs, trained with Adam on a sum of plane waves: errors per wave, last outputs."""
    at = training.recorded_steps(plane_iterations, plane_record_every)
    grid = shallow_networks.grid(plane_points, 2)
    count = len(plane_frequencies)
    phases = [seeding.generator(_PAPER, "plane phases", seed).uniform(0, 1, count) for seed in plane_seeds]
    y = np.array([shallow_networks.sum_of_sines(grid, np.array(plane_frequencies), phase) for phase in phases])
    ones = np.ones(len(plane_seeds))
    mse, errors, images = [], [], []
    for activation in progress(plane_activations, "activations"):
        loss, error, last = _trained(
            seeding.keys(_PAPER, "plane network", seeds=plane_seeds),
            _single(y),
            _single(plane_scale * ones),
            _single(plane_rate * ones),
            activation=activation,
            optimiser="adam",
            units=plane_units,
            points=plane_points,
            modes=tuple(tuple(k) for k in plane_frequencies),
            steps=plane_iterations,
            every=plane_record_every,
        )
        mse.append(np.asarray(loss))
        errors.append(np.asarray(error))
        images.append(np.asarray(last).reshape(-1, plane_points, plane_points))
    norms = np.linalg.norm(plane_frequencies, axis=1)
    place = np.arange(plane_points) / plane_points
    dims = ("plane_activations", "plane_seeds")
    relative = np.array(mse) / y.var(-1)[None, :, None]
    return xr.Dataset(
        _variables(
            target=(("plane_seeds", "first", "second"), y.reshape(-1, *place.shape * 2), "1", "target y"),
            output=((*dims, "first", "second"), np.array(images), "1", "trained network f"),
            relative_error=((*dims, "iteration"), relative, "1", "mean squared error over variance of the target"),
            mode_error=((*dims, "iteration", "norm"), np.array(errors), "1", "error E of a plane wave"),
        ),
        coords={
            "plane_activations": plane_activations,
            "plane_seeds": plane_seeds,
            "iteration": _coordinate("iteration", at, "iteration of training"),
            "norm": _coordinate("norm", norms, "norm of the wave vector"),
            "first": _coordinate("first", place, "first input"),
            "second": _coordinate("second", place, "second input"),
        },
    )


# --- classification -----------------------------------------------------------------------------------------------


def _digits(seed, training_images):
    """Training images and labels, test images and labels, of one random split; the mean training image removed."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = seeding.generator(_PAPER, "split", seed).permutation(len(digits.target))
    train, test = order[_TEST_IMAGES:][:training_images], order[:_TEST_IMAGES]
    images = digits.data / 16
    images = images - images[train].mean(0)
    return [part for rows in (train, test) for part in (images[rows], digits.target[rows])]


@partial(jax.jit, static_argnames=("activation", "optimiser", "hidden", "batch", "steps", "every"))
def _classifiers(keys, data, gains, rates, *, activation, optimiser, hidden, batch, steps, every):
    """Mean training loss and test accuracy ``(run, frame)``."""
    function = shallow_networks.ACTIVATIONS[activation]

    def run(key, images, labels, test_images, test_labels, gain, rate):
        def loss(network, key):
            drawn = jax.random.randint(key, (batch,), 0, len(labels))
            scores = perceptron_classifier.logits(network, images[drawn], function)
            return perceptron_classifier.cross_entropy(scores, labels[drawn])

        def measure(network):
            scores = perceptron_classifier.logits(network, images, function)
            test_scores = perceptron_classifier.logits(network, test_images, function)
            return (
                perceptron_classifier.cross_entropy(scores, labels),
                perceptron_classifier.accuracy(test_scores, test_labels),
            )

        sizes = (images.shape[1], *hidden, _CLASSES)
        start = perceptron_classifier.initial(jax.random.fold_in(key, steps), sizes, gain, images.dtype)
        return training.train(
            loss, start, _OPTIMISERS[optimiser](rate), key, steps=steps, every=every, measure=measure
        ).measured

    return _runs(run, keys, *data, gains, rates)


@stage(split="class_seeds", block=16, gpu=True, nan=("training_loss", "test_accuracy"))
def digit_classification(
    class_seeds,
    training_images,
    class_optimisers,
    class_rates,
    control_gain,
    hidden_units,
    batch,
    class_steps,
    class_record_every,
):
    """ReLU and hat networks that classify digits: same split, start and batches; two controls of starts and rates."""
    cases = {
        "ReLU": ("relu", _HE, 1.0),
        "hat": ("hat", _HE, 1.0),
        "hat, larger start": ("hat", control_gain, 1.0),
        "ReLU, a tenth of the rate": ("relu", _HE, 0.1),
    }
    at = training.recorded_steps(class_steps, class_record_every)
    keys = seeding.keys(_PAPER, "classifier", seeds=class_seeds)
    n = len(class_seeds)
    loss, accuracy = np.empty((2, len(training_images), len(class_optimisers), len(cases), n, len(at)))
    for i, images in enumerate(progress(training_images, "numbers of training images")):
        splits = [_digits(seed, images) for seed in class_seeds]
        parts = [np.stack(part) for part in zip(*splits, strict=True)]
        for j, (optimiser, rate) in enumerate(zip(class_optimisers, class_rates, strict=True)):
            for activation in ("relu", "hat"):
                # Both starts or rates of an activation in one program.
                own = [k for k, case in enumerate(cases.values()) if case[0] == activation]
                chosen = [list(cases.values())[k] for k in own]
                data = [np.concatenate([part] * len(own)) for part in parts]
                both = _classifiers(
                    jnp.tile(keys, len(own)),
                    [_single(part) if part.ndim == 3 else jnp.asarray(part, jnp.int32) for part in data],
                    _single(np.repeat([gain for _, gain, _ in chosen], n)),
                    _single(np.repeat([rate * factor for _, _, factor in chosen], n)),
                    activation=activation,
                    optimiser=optimiser,
                    hidden=tuple(hidden_units),
                    batch=batch,
                    steps=class_steps,
                    every=class_record_every,
                )
                loss[i, j, own], accuracy[i, j, own] = (np.asarray(part).reshape(len(own), n, -1) for part in both)
    dims = ("training_images", "class_optimisers", "case", "class_seeds", "step")
    return xr.Dataset(
        _variables(
            training_loss=(dims, loss, "1", "mean cross-entropy of the training images"),
            test_accuracy=(dims, accuracy, "1", "share of test images classified correctly"),
        ),
        coords={
            "training_images": training_images,
            "class_optimisers": class_optimisers,
            "class_seeds": class_seeds,
            "case": _coordinate("case", list(cases), "activation and setting", ""),
            "step": _coordinate("step", at, "step of training"),
        },
    )
