"""ReLU networks that compute maxima: layers as weight matrices, evaluated in floats or, without rounding, in integers.

A network without offsets is a list of matrices W_1, ..., W_{k+1}: h_0 = x, h_l = relu(W_l h_{l-1}) for l <= k hidden
layers, output W_{k+1} h_k.  Points have shape ``(input, point)``; integer weights at integer points give integers.

- ``pairing``: max{0, x_1, ..., x_n} with ceil(log2(n + 1)) hidden layers, numbers compared in pairs by
  max(a, b) = relu(a - b) + relu(b) - relu(-b).
- ``of_maxima``: a linear combination of max(g, g') with two hidden layers, where g and g' are sums of
  max(<p, x>, <q, x>).

Source: Arora, Basu, Mianjy, Mukherjee, ICLR 2018 (pairing); arXiv 2105.14835, section 1.
"""

import numpy as np

Layers = list[np.ndarray]
Segments = tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

_MAXIMUM_IN = np.array([[1, -1], [0, 1], [0, -1]])  # units relu(a - b), relu(b), relu(-b)
_MAXIMUM_OUT = np.array([[1, 1, -1]])
_PASSED_IN = np.array([[1], [-1]])  # units relu(a), relu(-a)
_PASSED_OUT = np.array([[1, -1]])


def output(layers: Layers, x: np.ndarray, *, linear: int | None = None) -> np.ndarray:
    """Output (output, point) at the points x (input, point); linear: index of a hidden layer left without its ReLU."""
    h = x
    for index, weights in enumerate(layers[:-1]):
        h = weights @ h
        if index != linear:
            h = np.maximum(h, 0)
    return layers[-1] @ h


def depth(layers: Layers) -> int:
    """Number of hidden layers."""
    return len(layers) - 1


def widths(layers: Layers) -> list[int]:
    """Units of each hidden layer."""
    return [len(weights) for weights in layers[:-1]]


def pairing(n: int) -> Layers:
    """max{0, x_1, ..., x_n} by rounds of pairs; a number left over is passed on as relu(a) - relu(-a).

    Raises ValueError for n < 1.
    """
    if n < 1:
        raise ValueError(f"a maximum with zero needs one number or more, got {n}")
    # Numbers in play as linear functions of what comes before: first of x, with a row of zeros for the number 0.
    numbers = np.concatenate([np.zeros((1, n), dtype=int), np.eye(n, dtype=int)])
    layers = []
    while len(numbers) > 1:
        blocks = [(_MAXIMUM_IN, _MAXIMUM_OUT)] * (len(numbers) // 2) + [(_PASSED_IN, _PASSED_OUT)] * (len(numbers) % 2)
        layers.append(_block_diagonal([entering for entering, _ in blocks]) @ numbers)
        numbers = _block_diagonal([leaving for _, leaving in blocks])
    return [*layers, numbers]


def _block_diagonal(blocks: list[np.ndarray]) -> np.ndarray:
    result = np.zeros((sum(len(b) for b in blocks), sum(b.shape[1] for b in blocks)), dtype=int)
    row = column = 0
    for block in blocks:
        result[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return result


def of_maxima(terms: list[tuple[int, Segments, Segments]]) -> Layers:
    """sum of c max(g, g') over terms (c, g, g') as a network of two hidden layers with integer weights.

    g = sum over its segments (p, q) of max(<p, x>, <q, x>) = <p, x> + relu(<q - p, x>).  The first layer holds
    relu(x_i), relu(-x_i) and every relu(<q - p, x>) once, the second relu(g - g') for every term, and relu(G), relu(-G)
    with G = sum of c g'.
    """
    inputs = len(terms[0][1][0][0])
    kinks: dict[tuple[int, ...], int] = {}
    for _, *pair in terms:
        for p, q in (segment for g in pair for segment in g):
            if p != q:
                kinks.setdefault(tuple(b - a for a, b in zip(p, q, strict=True)), len(kinks))
    identity = np.eye(inputs, dtype=int)
    first = np.concatenate([identity, -identity, np.array(list(kinks), dtype=int).reshape(-1, inputs)])

    def row(g: Segments) -> np.ndarray:
        """g as a combination of the units of the first layer."""
        result = np.zeros(len(first), dtype=int)
        for p, q in g:
            result[:inputs] += p
            result[inputs : 2 * inputs] -= p
            if p != q:
                result[2 * inputs + kinks[tuple(b - a for a, b in zip(p, q, strict=True))]] += 1
        return result

    differences = np.array([row(g) - row(other) for _, g, other in terms])
    rest = sum(c * row(other) for c, _, other in terms)
    second = np.concatenate([differences, rest[None, :], -rest[None, :]])
    return [first, second, np.array([[*(c for c, _, _ in terms), 1, -1]])]
