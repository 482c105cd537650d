"""Feedforward ReLU networks: forward pass, activation patterns, and the Jacobian of the outputs in the parameters.

    a_0 = x,   z_l = W_l a_{l-1} + b_l,   a_l = max(z_l, 0) for l < L,   f = z_L

    δ_L = 1,   δ_l = (δ_{l+1} W_{l+1}) σ'(z_l),   ∂f/∂W_l[j, k] = δ_l[j] a_{l-1}[k],   ∂f/∂b_l[j] = δ_l[j]

An architecture is a tuple (n_0, ..., n_L).  Parameters are a tuple of pairs (W_l, b_l), shapes (..., n_l, n_{l-1}) and
(..., n_l); flat parameters (..., D) list, for l = 1 ... L, W_l row by row and then b_l, D = Σ_l n_l (n_{l-1} + 1).
Points have shape (..., point, n_0); leading dimensions are those of the parameters, or none.  σ'(0) = 0.

Functions take NumPy or JAX arrays and answer in kind.  The Jacobian is written as products of weights and masks:
this compiles in a fraction of the time of ``jax.jacrev`` and needs no compilation at all in NumPy.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array | np.ndarray
Parameters = Sequence[tuple[Array, Array]]


class Activation(NamedTuple):
    """A nonlinearity of the hidden units and its derivative, both functions of the pre-activation."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def namespace(x: Any) -> Any:
    """``jax.numpy`` for JAX arrays, ``numpy`` for all others."""
    return jnp if isinstance(x, jax.Array) else np


RELU = Activation(lambda z: namespace(z).maximum(z, 0.0), lambda z: z > 0)
TANH = Activation(lambda z: namespace(z).tanh(z), lambda z: 1 - namespace(z).tanh(z) ** 2)
SOFTPLUS = Activation(
    lambda z: namespace(z).logaddexp(z, namespace(z).zeros_like(z)), lambda z: 0.5 * (1 + namespace(z).tanh(z / 2))
)


def parameter_count(architecture: Sequence[int]) -> int:
    """D = Σ_l n_l (n_{l-1} + 1)."""
    return sum(n * (m + 1) for m, n in pairwise(architecture))


def hidden_count(architecture: Sequence[int]) -> int:
    """H = Σ_{l<L} n_l: hidden units, one rescaling symmetry each."""
    return sum(architecture[1:-1])


def flatten(parameters: Parameters) -> Array:
    """Flat parameters (..., D) in the order W_1 row by row, b_1, W_2, ..."""
    xp = namespace(parameters[0][0])
    return xp.concatenate([part for w, b in parameters for part in (w.reshape(*w.shape[:-2], -1), b)], axis=-1)


def unflatten(architecture: Sequence[int], flat: Array) -> tuple[tuple[Array, Array], ...]:
    """The pairs (W_l, b_l) of flat parameters (..., D).  Raises ValueError where D does not fit the architecture."""
    if flat.shape[-1] != parameter_count(architecture):
        wanted = parameter_count(architecture)
        raise ValueError(f"architecture {tuple(architecture)} has {wanted} parameters, got {flat.shape[-1]}")
    pairs, start = [], 0
    for m, n in pairwise(architecture):
        w = flat[..., start : start + n * m].reshape(*flat.shape[:-1], n, m)
        b = flat[..., start + n * m : start + n * (m + 1)]
        pairs.append((w, b))
        start += n * (m + 1)
    return tuple(pairs)


def he_deviations(architecture: Sequence[int]) -> np.ndarray:
    """Standard deviations (D,) of flat parameters under the He law: √(2/n_{l-1}) for the entries of W_l and b_l."""
    return np.concatenate([np.full(n * (m + 1), math.sqrt(2 / m)) for m, n in pairwise(architecture)])


def random_parameters(key: Array, architecture: Sequence[int]) -> tuple[tuple[Array, Array], ...]:
    """He law: entries of W_l and b_l are N(0, 2/n_{l-1}).  ``key``: one key, or an array of keys (one network each)."""
    scale = he_deviations(architecture)

    def draw(one: Array) -> Array:
        return jax.random.normal(one, scale.shape) * scale

    return unflatten(architecture, draw(key) if key.ndim == 0 else jax.vmap(draw)(key))


def pre_activations(parameters: Parameters, x: Array, activation: Activation = RELU) -> tuple[Array, ...]:
    """z_1 ... z_L at the points x (..., point, n_0), each (..., point, n_l); the last is the output."""
    found, a = [], x
    for w, b in parameters:
        found.append(a @ w.swapaxes(-1, -2) + b[..., None, :])
        a = activation.value(found[-1])
    return tuple(found)


def forward(parameters: Parameters, x: Array, activation: Activation = RELU) -> Array:
    """Outputs (..., point, n_L) at the points x (..., point, n_0)."""
    return pre_activations(parameters, x, activation)[-1]


def patterns(parameters: Parameters, x: Array) -> Array:
    """Which hidden units are active at the points x (..., point, n_0): truth values (..., point, H)."""
    hidden = pre_activations(parameters, x)[:-1]
    return namespace(hidden[0]).concatenate([z > 0 for z in hidden], axis=-1)


def jacobian_rows(architecture: Sequence[int], flat: Array, points: Array, activation: Activation = RELU) -> Array:
    """∂f_o(x)/∂θ, shape (..., point * n_L, D): all outputs of the first point, then of the second, and so on.

    flat: (..., D); points: (..., point, n_0) or (point, n_0).  Built as (..., D, point * n_L), so that every operation
    runs along many points and not along a few units; what is returned is the transpose of that.
    """
    parameters, outputs = unflatten(architecture, flat), architecture[-1]
    inputs, z = _transposed(points), []
    a = inputs
    for w, b in parameters:
        z.append(w @ a + b[..., None])
        a = activation.value(z[-1])
    xp = namespace(z[-1])
    lead, rows = z[-1].shape[:-2], z[-1].shape[-1] * outputs

    def per_row(a: Array) -> Array:
        a = xp.broadcast_to(a, (*lead, *a.shape[-2:]))
        return a if outputs == 1 else xp.repeat(a, outputs, axis=-1)

    delta = xp.broadcast_to(xp.tile(xp.eye(outputs, dtype=flat.dtype), rows // outputs), (*lead, outputs, rows))
    factors: list[tuple[Array, Array]] = []
    for layer in reversed(range(len(parameters))):
        a = activation.value(z[layer - 1]) if layer else inputs
        factors = [(delta, per_row(a)), *factors]
        if layer:
            slope = per_row(activation.slope(z[layer - 1]))
            delta = (parameters[layer][0].swapaxes(-1, -2) @ delta) * slope
    return _products(xp, factors).swapaxes(-1, -2)


def _transposed(a: Array) -> Array:
    return a.swapaxes(-1, -2) if isinstance(a, jax.Array) else np.ascontiguousarray(a.swapaxes(-1, -2))


def _products(xp: Any, factors: list[tuple[Array, Array]]) -> Array:
    """For each layer the products δ_j a_k (j before k) and then δ_j, one below the other: (..., D, row)."""
    if xp is jnp:
        blocks = [
            part
            for d, a in factors
            for part in ((d[..., :, None, :] * a[..., None, :, :]).reshape(*d.shape[:-2], -1, d.shape[-1]), d)
        ]
        return jnp.concatenate(blocks, axis=-2)
    lead, rows = factors[0][0].shape[:-2], factors[0][0].shape[-1]
    found = np.empty((*lead, sum(d.shape[-2] * (a.shape[-2] + 1) for d, a in factors), rows))
    start = 0
    for d, a in factors:  # written where they belong: in NumPy joining them afterwards costs as much as all the rest
        n, m = d.shape[-2], a.shape[-2]
        block = found[..., start : start + n * m, :].reshape(*lead, n, m, rows)
        np.multiply(d[..., :, None, :], a[..., None, :, :], out=block)
        found[..., start + n * m : start + n * (m + 1), :] = d
        start += n * (m + 1)
    return found
