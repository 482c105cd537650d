"""Networks of coordinates, their gradients, and second derivatives by jets carried through the layers.

    h_0 = x or its encoding,   h_l = φ_l(z_l),   z_l = h_{l-1} W_l + b_l,   f = h_L W_out + b_out        x in R^d

Gradients alone cost least in reverse.  Beyond them every layer carries ∂_j h, j = 1..d, and D h = Σ_j m_j ∂_j² h with
the signature m: the Laplacian for m = (1, …, 1), the wave operator for m = (1, -1).  D needs one channel for any d:

    ∂_j h' = φ'(z) ∂_j z,       D h' = φ'(z) D z + φ''(z) Σ_j m_j (∂_j z)².

Gradients by parameters go through both as through anything else.

x: (point, coordinate).  Layers are a list of ``Layer``; a network is one activation for each hidden layer, and the
number of octaves of its encoding.  An activation gives (φ, φ', φ'') at z.  Lengths are in the caller's units.

Source: Sitzmann et al. 2020 (NeurIPS); Mildenhall et al. 2020 (ECCV) for the encoding; Li et al. 2023 for D.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

Activation = Callable[[Array], tuple[Array, Array, Array]]


class Layer(NamedTuple):
    """weight (in, out) and bias (out)."""

    weight: Array | np.ndarray
    bias: Array | np.ndarray


class Network(NamedTuple):
    """Activations of the hidden layers; octaves of the positional encoding, 0 where x itself goes in."""

    activations: tuple[Activation, ...]
    octaves: int = 0


class Jet(NamedTuple):
    """Of a scalar network: value f (point), gradient (point, coordinate), second D f (point)."""

    value: Array
    gradient: Array
    second: Array


def relu(z: Array) -> tuple[Array, Array, Array]:
    """max(z, 0), with derivative 0 at 0."""
    return jnp.maximum(z, 0), (z > 0).astype(z.dtype), jnp.zeros_like(z)


def tanh(z: Array) -> tuple[Array, Array, Array]:
    """tanh z."""
    h = jnp.tanh(z)
    slope = 1 - h * h
    return h, slope, -2 * h * slope


def features(coordinates: int, octaves: int) -> int:
    """How many numbers the encoding makes of a point."""
    return coordinates * (1 + 2 * octaves)


def _phases(x: Array, octaves: int) -> tuple[np.ndarray, Array]:
    """Rates 2^k π of the encoding, and the phases 2^k π x_j (point, octave·coordinate)."""
    scales = np.pi * 2.0 ** np.arange(octaves)
    return scales, jnp.concatenate([x * scale for scale in scales], axis=1)


def encoded(x: Array, octaves: int) -> Array:
    """(x, sin 2^k π x, cos 2^k π x), k < octaves: (point, feature); x itself for no octaves."""
    if octaves == 0:
        return x
    _, phase = _phases(x, octaves)
    return jnp.concatenate([x, jnp.sin(phase), jnp.cos(phase)], axis=1)


def evaluate(network: Network, layers: Sequence[Layer], x: Array) -> Array:
    """f at the points x (point, coordinate): (point, out)."""
    h = encoded(x, network.octaves)
    for layer, activation in zip(layers[:-1], network.activations, strict=True):
        h = activation(h @ layer.weight + layer.bias[None, :])[0]
    return h @ layers[-1].weight + layers[-1].bias[None, :]


def value_and_gradient(network: Network, layers: Sequence[Layer], x: Array) -> tuple[Array, Array]:
    """f (point) and its gradient by x (point, coordinate) of a scalar network, in reverse."""
    value, back = jax.vjp(lambda x: evaluate(network, layers, x)[:, 0], x)
    return value, back(jnp.ones_like(value))[0]


def _input_channels(x: Array, octaves: int, signature: Sequence[float]) -> list[Array]:
    """Value, d first derivatives and D of the input features, each (point, feature)."""
    d = x.shape[1]
    unit = np.eye(d)
    value = encoded(x, octaves)
    first = [jnp.broadcast_to(jnp.asarray(row, x.dtype)[None, :], x.shape) for row in unit]
    second = jnp.zeros_like(x)
    if octaves == 0:
        return [value, *first, second]
    scales, phase = _phases(x, octaves)
    sin, cos = jnp.sin(phase), jnp.cos(phase)
    for j in range(d):
        rate = jnp.asarray(np.kron(scales, unit[j]), x.dtype)[None, :]
        first[j] = jnp.concatenate([first[j], rate * cos, -rate * sin], axis=1)
    rate = jnp.asarray(np.kron(scales**2, signature), x.dtype)[None, :]
    return [value, *first, jnp.concatenate([second, -rate * sin, -rate * cos], axis=1)]


def jet(network: Network, layers: Sequence[Layer], x: Array, signature: Sequence[float]) -> Jet:
    """f, its gradient and D f of a scalar network at the points x; the signature has one number for each coordinate.

    Raises ValueError for a signature of another length.
    """
    if len(signature) != x.shape[1]:
        raise ValueError(f"a signature has one number for each of {x.shape[1]} coordinates, got {len(signature)}")
    channels = _input_channels(x, network.octaves, signature)
    for layer, activation in zip(layers[:-1], network.activations, strict=True):
        # One product for each channel: joined into one array they cost three times as much, most of it copies.
        z, *slopes, curvature = (channel @ layer.weight for channel in channels)
        value, first, second = activation(z + layer.bias[None, :])
        squares = sum(m * slope * slope for m, slope in zip(signature, slopes, strict=True))
        channels = [value, *(first * slope for slope in slopes), first * curvature + second * squares]
    value, *slopes, curvature = ((channel @ layers[-1].weight)[:, 0] for channel in channels)
    return Jet(value + layers[-1].bias, jnp.stack(slopes, axis=1), curvature)


def _start(rng: np.random.Generator, sizes: Sequence[int], deviation: Callable[[int, int], float]) -> list[Layer]:
    layers = []
    for n, m in pairwise(sizes):
        weight = deviation(n, m) * rng.standard_normal((n, m), dtype=np.float32)
        layers.append(Layer(weight.astype(np.float32), uniform(rng, 1 / np.sqrt(n), (m,))))
    return layers


def uniform(rng: np.random.Generator, bound: float, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers uniform in (-bound, bound), float32."""
    return ((2 * rng.random(shape, dtype=np.float32) - 1) * np.float32(bound)).astype(np.float32)


def he_normal(rng: np.random.Generator, sizes: Sequence[int]) -> list[Layer]:
    """Layers of the given sizes at their start: W ~ N(0, 2/fan_in), biases U(±1/√fan_in); float32."""
    return _start(rng, sizes, lambda n, m: np.sqrt(2 / n))


def glorot_normal(rng: np.random.Generator, sizes: Sequence[int]) -> list[Layer]:
    """Layers of the given sizes at their start: W ~ N(0, 2/(fan_in + fan_out)), biases U(±1/√fan_in); float32."""
    return _start(rng, sizes, lambda n, m: np.sqrt(2 / (n + m)))
