"""Networks of sines (SIREN): their start, and the statistics of their activations.

    h_1 = sin(ω_0 (x W_0 + b_0)),   h_{l+1} = sin(ω_h (h_l W_l + b_l)),   output linear,   x in [-1, 1]^d

    W_0 ~ U(±1/d),   W_l ~ U(±√(6/n)/ω_h),   biases ~ U(±1/√n),   n the fan-in; the output layer as the hidden ones.

At large width pre-activations z = ω_h (h W + b) are Gaussian.  With E sin² z = (1 - e^{-2σ²})/2 for z ~ N(0, σ²) their
variance goes from layer to layer as

    σ² -> 1 - e^{-2σ²} + σ_b²,   σ_b² = ω_h²/(3 n),   fixed point σ = 0.8926 without biases,

and by the same argument E g² -> (1 + e^{-2σ²}) E g² backwards, for the gradient g by the pre-activations.  Where σ is
large, sin z has the arcsine distribution, P(sin z < s) = 1/2 + arcsin(s)/π.  Everything is dimensionless.

Source: Sitzmann et al. 2020 (NeurIPS), section 3.2 and supplement; biases as in the public code.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jax import Array

from replica.numerics.coordinate_networks import Activation, Layer, Network, uniform
from replica.numerics.float32_sine import cosine, sine


def sinusoid(frequency: float | Array) -> Activation:
    """Activation sin(ω z) with its first two derivatives in z."""

    def activation(z: Array) -> tuple[Array, Array, Array]:
        phase = frequency * z
        value = sine(phase)
        return value, frequency * cosine(phase), -(frequency**2) * value

    return activation


def network(first_frequency: float | Array, hidden_frequency: float | Array, hidden_layers: int) -> Network:
    """A SIREN with the given number of hidden layers, the first included."""
    return Network((sinusoid(first_frequency), *[sinusoid(hidden_frequency)] * (hidden_layers - 1)))


def start(rng: np.random.Generator, sizes: Sequence[int], hidden_frequency: float) -> list[Layer]:
    """Layers of the given sizes, from the number of coordinates to that of outputs, at their start; float32."""
    layers = []
    for i, (n, m) in enumerate(pairwise(sizes)):
        bound = 1 / n if i == 0 else np.sqrt(6 / n) / hidden_frequency
        layers.append(Layer(uniform(rng, bound, (n, m)), uniform(rng, 1 / np.sqrt(n), (m,))))
    return layers


def bias_variance(width: int, hidden_frequency: float) -> float:
    """Variance σ_b² that biases add to the pre-activations of a hidden layer."""
    return hidden_frequency**2 / (3 * width)


def pre_activation_variances(first: float, layers: int, added: float = 0.0, gain: float = 1.0) -> np.ndarray:
    """Variance of the pre-activations of layers 1, …, ``layers``, from that of the first.

    added: σ_b²; gain: factor of the standard deviation of the weights, 1 for the start above.
    """
    variances = [first]
    while len(variances) < layers:
        variances.append(gain**2 * -np.expm1(-2 * variances[-1]) + added)
    return np.array(variances)


def fixed_point(added: float = 0.0) -> float:
    """Standard deviation σ* of the pre-activations that every layer keeps; raises ValueError for a negative σ_b²."""
    if added < 0:
        raise ValueError(f"σ_b² is not negative, got {added}")
    return float(np.sqrt(pre_activation_variances(1.0, 200, added)[-1]))


def gradient_growth(variance: np.ndarray | float) -> np.ndarray:
    """Factor by which E g² grows from a layer to the one before it, whose pre-activations have the given variance."""
    return 1 + np.exp(-2 * np.asarray(variance))


def arcsine_distance(samples: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of samples in [-1, 1] from the arcsine distribution."""
    ordered = np.sort(np.asarray(samples, dtype=np.float32), axis=None)
    expected = 0.5 + np.arcsin(np.clip(ordered, -1, 1)) / np.pi
    rank = np.arange(ordered.size + 1) / ordered.size
    return float(max(np.max(rank[1:] - expected), np.max(expected - rank[:-1])))


def arcsine_distance_of_gaussian(deviation: float) -> float:
    """The same distance for sin z, z ~ N(0, σ²), in the limit of many samples: the probabilities are summed exactly."""
    from scipy.stats import norm

    s = np.linspace(-1, 1, 4001)
    angle, turns = np.arcsin(s), np.arange(-40, 41)
    # sin z < s on the intervals (π - arcsin s, 2π + arcsin s) + 2πk.
    upper = 2 * np.pi * (turns + 1)[:, None] + angle[None, :]
    lower = 2 * np.pi * turns[:, None] + np.pi - angle[None, :]
    probability = (norm.cdf(upper / deviation) - norm.cdf(lower / deviation)).sum(0)
    return float(np.max(np.abs(probability - 0.5 - angle / np.pi)))
