"""Path embedding of ReLU networks: products of weights along paths, invariant to rescaling of units.

    Φ(θ)_p = Π_{l=1..L} W_l[i_l, i_{l-1}]                          full path p = (i_0, ..., i_L)
    Φ(θ)_p = b_l[i_l] Π_{m=l+1..L} W_m[i_m, i_{m-1}]               bias path p = (i_l, ..., i_L) of layer l
    f_θ(x) = A(x, θ) Φ(θ),   A(x, θ)_{o,p} = 1{i_L = o} x_{i_0} Π m_l[i_l]   (without x_{i_0} on bias paths)

with the masks m_l(x) of the active units of hidden layers.  A depends on θ only through the masks.

Everything with one entry a path is built from downstream tensors: T_L = 1, T_{l-1} = W_l T_l as an outer product over
the shared index, so that T_l[i_l, ..., i_L] is the product from i_l on.  One multiplication an entry in all: Φ, A and
D Φ cost time linear in their own size, P = Π_{l=0..L} n_l + Σ_{l=1..L} Π_{m≥l} n_m paths.

Sums over paths need none of them.  F(θ) = Σ_p Φ(θ)_p is one forward pass of the linear network from inputs of ones, and

    ⟨Φ(θ), Φ(θ')⟩ = F(θ θ'),   ‖Φ(θ)‖_1 = F(|θ|),   DΦᵀ DΦ v = v ∇F(θ²) + θ ∇²F(θ²) (θ v)     (products by entries)

take time linear in the number D of parameters.  Sources: Stock and Gribonval 2021 (Φ, A); Neyshabur, Tomioka and Srebro
2015 (path norm); Bona-Pellissier, Malgouyres and Bachoc 2022 (A A'ᵀ).

Parameters are tuples of pairs (W_l, b_l), shapes (..., n_l, n_{l-1}) and (..., n_l), as in ``relu_networks``; NumPy or
JAX arrays, answered in kind.  Paths are in the order: full paths, bias paths of layer 1, ..., of layer L, each in the
order of its indices with the last one fastest.
"""

import math
from collections.abc import Sequence

import jax
import numpy as np

from replica.numerics import relu_networks

Array = jax.Array | np.ndarray
Parameters = Sequence[tuple[Array, Array]]


def path_count(architecture: Sequence[int]) -> int:
    """P = Π_{l=0..L} n_l + Σ_{l=1..L} Π_{m≥l} n_m."""
    return sum(math.prod(architecture[layer:]) for layer in range(len(architecture)))


def _extend(weight: Array, tensor: Array) -> Array:
    """From T_l, (..., n_l, rest), to T_{l-1}, (..., n_{l-1}, n_l rest)."""
    longer = weight.swapaxes(-1, -2)[..., None] * tensor[..., None, :, :]
    return longer.reshape(*longer.shape[:-2], -1)


def _along_paths(tensor: Array) -> Array:
    return tensor.reshape(*tensor.shape[:-2], -1)


def path_embedding(parameters: Parameters) -> Array:
    """Φ(θ), shape (..., P)."""
    xp = relu_networks.namespace(parameters[0][0])
    tensor = xp.ones_like(parameters[-1][1])[..., None]
    parts: list[Array] = []
    for weight, bias in reversed(parameters):
        parts.append(_along_paths(bias[..., None] * tensor))
        tensor = _extend(weight, tensor)
    return xp.concatenate([_along_paths(tensor), *reversed(parts)], axis=-1)


def derivative_product(parameters: Parameters, direction: Parameters) -> Array:
    """D Φ(θ) v, shape (..., P), of directions v shaped like θ (leading dimensions broadcast); linear in P."""
    xp = relu_networks.namespace(direction[0][0])
    tensor = xp.ones_like(parameters[-1][1])[..., None]
    change = xp.zeros_like(direction[-1][1])[..., None]
    parts: list[Array] = []
    for (weight, bias), (weight_change, bias_change) in zip(reversed(parameters), reversed(direction), strict=True):
        parts.append(_along_paths(bias_change[..., None] * tensor + bias[..., None] * change))
        change = _extend(weight_change, tensor) + _extend(weight, change)
        tensor = _extend(weight, tensor)
    return xp.concatenate([_along_paths(change), *reversed(parts)], axis=-1)


def derivative(architecture: Sequence[int], flat: Array) -> Array:
    """D Φ(θ), shape (..., P, D), of flat parameters (..., D)."""
    xp = relu_networks.namespace(flat)
    size = flat.shape[-1]
    basis = xp.eye(size, dtype=flat.dtype).reshape(*(1,) * (flat.ndim - 1), size, size)
    basis = relu_networks.unflatten(architecture, basis)
    lifted = relu_networks.unflatten(architecture, flat[..., None, :])
    return derivative_product(lifted, basis).swapaxes(-1, -2)


def path_matrix(parameters: Parameters, x: Array) -> Array:
    """A(x, θ), shape (..., point, n_L, P), at the points x (..., point, n_0)."""
    xp = relu_networks.namespace(x)
    *hidden, output = relu_networks.pre_activations(parameters, x)
    outputs = output.shape[-1]
    tensor = xp.broadcast_to(xp.eye(outputs, dtype=x.dtype)[:, :, None], (*output.shape, outputs, 1))
    parts = [_along_paths(tensor)]
    for mask in [*((z > 0).astype(x.dtype) for z in reversed(hidden)), x]:
        tensor = mask[..., None, :, None] * _along_paths(tensor)[..., None, :]
        parts.append(_along_paths(tensor))
    return xp.concatenate([parts[-1], *reversed(parts[:-1])], axis=-1)


def path_kernel(masks: Sequence[Array], x: Array, other_masks: Sequence[Array], other_x: Array) -> Array:
    """The factor κ (..., point, other point) of A(x) A(x')ᵀ = κ(x, x') · identity on the outputs, without paths.

    masks: of the hidden layers, (..., point, n_l) each.  κ_0 = x·x', κ_l = (κ_{l-1} + 1) ⟨m_l, m'_l⟩, κ = κ_{L-1} + 1.
    """
    kernel = x @ other_x.swapaxes(-1, -2)
    for mask, other in zip(masks, other_masks, strict=True):
        kernel = (kernel + 1) * (mask.astype(x.dtype) @ other.astype(x.dtype).swapaxes(-1, -2))
    return kernel + 1


# --- sums over paths, in time linear in the number of parameters ---------------------------------------------------


def _forward(parameters: Parameters) -> list[Array]:
    """Activities a_0 = 1, ..., a_L of the linear network, columns (..., n_l, 1)."""
    xp = relu_networks.namespace(parameters[0][0])
    activities = [xp.ones_like(parameters[0][0][..., 0, :])[..., None]]
    for weight, bias in parameters:
        activities.append(weight @ activities[-1] + bias[..., None])
    return activities


def path_sum(parameters: Parameters) -> Array:
    """F(θ) = Σ_p Φ(θ)_p, shape (...)."""
    return _forward(parameters)[-1].sum(axis=(-2, -1))


def path_norm(parameters: Parameters, order: float = 1) -> Array:
    """‖Φ(θ)‖_q, q = ``order``, shape (...): a forward pass with |W|^q and |b|^q."""
    return path_sum([(abs(w) ** order, abs(b) ** order) for w, b in parameters]) ** (1 / order)


def inner_product(parameters: Parameters, others: Parameters) -> Array:
    """⟨Φ(θ), Φ(θ')⟩, shape (...): a forward pass with the products of entries."""
    return path_sum([(w * v, b * c) for (w, b), (v, c) in zip(parameters, others, strict=True)])


def gram_product(parameters: Parameters, direction: Parameters) -> tuple[tuple[Array, Array], ...]:
    """DΦᵀ DΦ v as pairs shaped like θ: a forward and a backward pass with squared weights, and their tangents."""
    xp = relu_networks.namespace(direction[0][0])
    squares = [(w * w, b * b) for w, b in parameters]
    changes = [(w * v, b * c) for (w, b), (v, c) in zip(parameters, direction, strict=True)]
    activities = _forward(squares)
    rises = [xp.zeros_like(direction[0][0][..., 0, :])[..., None]]
    for (weight, _), (weight_change, bias_change), a in zip(squares, changes, activities, strict=False):
        rises.append(weight_change @ a + weight @ rises[-1] + bias_change[..., None])
    slope = xp.ones_like(activities[-1])
    turn = xp.zeros_like(rises[-1])
    found = []
    for layer in reversed(range(len(squares))):
        (weight, bias), (v, c) = parameters[layer], direction[layer]
        a, rise = activities[layer].swapaxes(-1, -2), rises[layer].swapaxes(-1, -2)
        on_weight = v * (slope * a) + weight * (turn * a + slope * rise)
        found.append((on_weight, c * slope[..., 0] + bias * turn[..., 0]))
        back, back_change = squares[layer][0].swapaxes(-1, -2), changes[layer][0].swapaxes(-1, -2)
        slope, turn = back @ slope, back_change @ slope + back @ turn
    return tuple(reversed(found))
