"""Symmetries of ReLU networks: positive rescaling of hidden units, and permutation of the units of a layer.

    W_l[j, :], b_l[j] times s > 0,   W_{l+1}[:, j] divided by s          leaves the function as it is.

Two parameters in one orbit of both are PS-equivalent.  The PS distance brings both to a canonical form (each row of
[W_l, b_l] of length 1), matches the units layer by layer, and takes the largest difference of entries: 0 to rounding
for equivalent generic parameters.  It is no metric where two units of a layer have equal rows.

Parameters are tuples of pairs (W_l, b_l) of NumPy arrays (JAX arrays are converted), without leading dimensions except
where stated.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from replica.numerics import relu_networks

Parameters = Sequence[tuple[np.ndarray, np.ndarray]]
Pairs = tuple[tuple[np.ndarray, np.ndarray], ...]

TIE_WEIGHT = 1e-3  # of the outgoing columns in the matching of the last hidden layer


def as_numpy(parameters: Parameters) -> Pairs:
    """The same parameters as NumPy arrays."""
    return tuple((np.asarray(w), np.asarray(b)) for w, b in parameters)


def rescaled(parameters: Parameters, factors: Sequence[np.ndarray]) -> Pairs:
    """Hidden units multiplied by positive factors, one array (..., n_l) per hidden layer.

    Raises ValueError for factors that are not positive: those do not leave the function as it is.
    """
    pairs = [list(pair) for pair in as_numpy(parameters)]
    for layer, factor in enumerate(factors):
        s = np.asarray(factor)
        if not np.all(s > 0):
            raise ValueError("units are rescaled by positive factors")
        pairs[layer] = [pairs[layer][0] * s[..., :, None], pairs[layer][1] * s]
        pairs[layer + 1][0] = pairs[layer + 1][0] / s[..., None, :]
    return tuple((w, b) for w, b in pairs)


def random_rescaling(generator: np.random.Generator, parameters: Parameters, deviation: float = 1.0) -> Pairs:
    """Every hidden unit multiplied by e^{g}, g ~ N(0, deviation²), on independent draws."""
    shapes = [b.shape for _, b in as_numpy(parameters)[:-1]]
    return rescaled(parameters, [np.exp(deviation * generator.standard_normal(shape)) for shape in shapes])


def permuted(parameters: Parameters, permutations: Sequence[np.ndarray]) -> Pairs:
    """Hidden units reordered: unit j of the new layer l is unit ``permutations[l][j]`` of the old one."""
    pairs = [list(pair) for pair in as_numpy(parameters)]
    for layer, order in enumerate(permutations):
        pairs[layer] = [pairs[layer][0][order], pairs[layer][1][order]]
        pairs[layer + 1][0] = pairs[layer + 1][0][:, order]
    return tuple((w, b) for w, b in pairs)


def canonical(parameters: Parameters) -> Pairs:
    """Layer by layer, each row of [W_l, b_l] scaled to length 1 (rows of zeros stay); leading dimensions allowed."""
    pairs = [list(pair) for pair in as_numpy(parameters)]
    for layer in range(len(pairs) - 1):
        w, b = pairs[layer]
        s = np.sqrt((w**2).sum(axis=-1) + b**2)
        s = np.where(s == 0, 1.0, s)
        pairs[layer] = [w / s[..., None], b / s]
        pairs[layer + 1][0] = pairs[layer + 1][0] * s[..., None, :]
    return tuple((w, b) for w, b in pairs)


def _row_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a[:, None, :] - b[None, :, :]).max(axis=-1)


def match_units(reference: Parameters, other: Parameters) -> Pairs:
    """``other`` with its hidden units reordered to match ``reference``, by linear assignment layer after layer.

    The cost of a pair of units is the largest difference of their rows, bias included; in the last hidden layer also
    a thousandth of that of their outgoing columns, which breaks ties.  Give both in canonical form.
    """
    wanted, found = as_numpy(reference), [list(pair) for pair in as_numpy(other)]
    for layer in range(len(found) - 1):
        rows = [np.column_stack(pairs[layer]) for pairs in (wanted, found)]
        cost = _row_distances(*rows)
        if layer == len(found) - 2:
            cost = cost + TIE_WEIGHT * _row_distances(wanted[layer + 1][0].T, found[layer + 1][0].T)
        order = linear_sum_assignment(cost)[1]
        found[layer] = [found[layer][0][order], found[layer][1][order]]
        found[layer + 1][0] = found[layer + 1][0][:, order]
    return tuple((w, b) for w, b in found)


def distance(a: Parameters, b: Parameters) -> float:
    """Largest absolute difference of entries of two parameters, unit by unit as they stand."""
    pairs = zip(as_numpy(a), as_numpy(b), strict=True)
    return float(max(np.abs(p - q).max() for one, two in pairs for p, q in zip(one, two, strict=True)))


def canonical_distance(a: Parameters, b: Parameters) -> float:
    """Distance of the canonical forms without matching: 0 for parameters that differ by a rescaling only."""
    return distance(canonical(a), canonical(b))


def ps_distance(a: Parameters, b: Parameters) -> float:
    """PS distance: of the canonical forms after matching of units; 0 to rounding for PS-equivalent parameters."""
    first, second = canonical(a), canonical(b)
    return distance(first, match_units(first, second))


def scaling_directions(architecture: Sequence[int], flat: np.ndarray) -> np.ndarray:
    """Derivatives of the rescalings at s = 1: (H, D), row [W_l, b_l] of the unit, minus its outgoing column.

    These lie in the kernel of the Jacobian of the outputs.
    """
    parameters = relu_networks.unflatten(architecture, np.asarray(flat))
    found = []
    for layer in range(len(parameters) - 1):
        for unit in range(architecture[layer + 1]):
            direction = [[np.zeros_like(w), np.zeros_like(b)] for w, b in parameters]
            direction[layer][0][unit] = parameters[layer][0][unit]
            direction[layer][1][unit] = parameters[layer][1][unit]
            direction[layer + 1][0][:, unit] = -parameters[layer + 1][0][:, unit]
            found.append(relu_networks.flatten(direction))
    return np.stack(found)
