"""A multilayer perceptron that classifies, with a choice of activation.

    x_0 = input,  x_l = σ(W_l x_{l-1} + b_l),  logits = W_L x_{L-1} + b_L,  loss = mean cross-entropy of softmax(logits)

Start: entries of W_l ~ N(0, g²/fan-in) with a gain g for the hidden layers (√2 after He et al. 2015), N(0, 1/fan-in)
for the last; b = 0. A network is a tuple of layers.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array


class Layer(NamedTuple):
    """Weights ``(input, unit)`` and biases ``(unit,)``."""

    weight: Array
    bias: Array


def initial(key: Array, sizes: Sequence[int], gain: Array, dtype=jnp.float32) -> tuple[Layer, ...]:
    """Random network with ``sizes`` = inputs, hidden units, ..., classes; ``gain`` may be traced."""
    layers = []
    for place, (fan_in, units) in enumerate(pairwise(sizes)):
        factor = jnp.asarray(1.0 if place == len(sizes) - 2 else gain, dtype) / np.sqrt(fan_in).astype(dtype)
        weight = factor * jax.random.normal(jax.random.fold_in(key, place), (fan_in, units), dtype)
        layers.append(Layer(weight, jnp.zeros(units, dtype)))
    return tuple(layers)


def logits(network: tuple[Layer, ...], x: Array, activation: Callable[[Array], Array]) -> Array:
    """Logits ``(image, class)`` of inputs ``(image, input)``."""
    for layer in network[:-1]:
        x = activation(x @ layer.weight + layer.bias[None, :])
    return x @ network[-1].weight + network[-1].bias[None, :]


def cross_entropy(scores: Array, labels: Array) -> Array:
    """Mean over images of log Σ_c exp(score_c) - score_label."""
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(scores, labels))


def accuracy(scores: Array, labels: Array) -> Array:
    """Share of images whose largest score is that of the label."""
    return jnp.mean((jnp.argmax(scores, axis=1) == labels).astype(scores.dtype))
