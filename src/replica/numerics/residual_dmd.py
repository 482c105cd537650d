"""Residual dynamic mode decomposition: eigenpairs of a Koopman operator from data, each with its residual.

Dictionary values ψ_X and ψ_Y, ``(node, function)``, at the nodes x_m and at their images y_m = F(x_m), weights w_m:

    G = ψ_X* W ψ_X,   A = ψ_X* W ψ_Y,   L = ψ_Y* W ψ_Y
    res(λ, g)² = g* (L - λ A* - λ̄ A + |λ|² G) g / g* G g,        τ(z) = min_g res(z, g)

Extended DMD has G and A only, and many of its eigenpairs are spurious: a large residual tells.  {τ < ε} is the
ε-pseudospectrum.  In coordinates in which G = 1 (``Pencil``)

    res(λ, g)² = |(A - λ) g|² + |D g|²,          D* D = L - A* A,

a sum of squares, so that τ(z) is the smallest singular value of [A - z; D] (``pseudospectra``), without the loss of
half the digits that squared matrices have.  Eigenvalues of matrices that are not symmetric are found on the host.

Source: Colbrook and Townsend, Commun. Pure Appl. Math. 77, 221 (2024).
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jax import Array


class Matrices(NamedTuple):
    """G, A, L, each ``(function, function)``."""

    gram: np.ndarray
    cross: np.ndarray
    image: np.ndarray


class Pencil(NamedTuple):
    """A ``(n, n)`` and D ``(k, n)`` in orthonormal coordinates; basis ``(function, n)``: those into coefficients."""

    operator: np.ndarray
    defect: np.ndarray
    basis: np.ndarray


class Eigenpairs(NamedTuple):
    """Eigenvalues ``(pair,)``, eigenvectors of unit norm ``(n, pair)``, residuals ``(pair,)``."""

    values: np.ndarray
    vectors: np.ndarray
    residuals: np.ndarray


def _parts(values: Array) -> Array:
    """Real and imaginary parts one above the other: real products of matrices are faster in XLA than complex ones."""
    return jnp.concatenate([values.real, values.imag]) if jnp.iscomplexobj(values) else values


def _joined(product: np.ndarray, size: int) -> np.ndarray:
    """X* Y from the product of the parts of X and Y."""
    if product.shape[0] == size:
        return product
    real = product[:size, :size] + product[size:, size:]
    return real + 1j * (product[:size, size:] - product[size:, :size])


@partial(jax.jit, static_argnames=("dictionary", "image", "chunk"))
def _accumulate(dictionary, image, nodes: Array, weights: Array, chunk: int) -> tuple[Array, Array, Array]:
    nodes = jnp.moveaxis(nodes.reshape(nodes.shape[0], -1, chunk), 1, 0)
    weights = weights.reshape(-1, chunk)

    def products(part: tuple[Array, Array]) -> tuple[Array, Array, Array]:
        x, w = part
        root = jnp.sqrt(w)[None, :]
        before, after = _parts(dictionary(x) * root), _parts(dictionary(image(x)) * root)
        return before @ before.T, before @ after.T, after @ after.T

    def add(sums, part):
        return jax.tree.map(jnp.add, sums, products(part)), None

    shapes = jax.eval_shape(products, (nodes[0], weights[0]))
    start = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
    return jax.lax.scan(add, start, (nodes, weights))[0]


def matrices(
    dictionary: Callable[[Array], Array], image: Callable[[Array], Array], nodes, weights, chunk: int = 4096
) -> Matrices:
    """G, A and L for nodes ``(component, node)`` without the dictionary at all nodes in memory at once.

    dictionary: states ``(component, node)`` to functions ``(function, node)``; image: the map F.  Both must be hashable
    and traceable; each call with new functions compiles.  Weights are not negative.  Nodes are filled up to whole
    chunks with weights of 0.
    """
    nodes, weights = np.asarray(nodes), np.asarray(weights)
    chunk = min(chunk, weights.size)
    missing = -weights.size % chunk
    nodes = np.concatenate([nodes, np.repeat(nodes[:, :1], missing, axis=1)], axis=1)
    weights = np.concatenate([weights, np.zeros(missing)])
    size = jax.eval_shape(dictionary, jnp.asarray(nodes[:, :1])).shape[0]
    sums = _accumulate(dictionary, image, jnp.asarray(nodes), jnp.asarray(weights), chunk)
    return Matrices(*(_joined(np.asarray(product), size) for product in sums))


def _root(hermitian: np.ndarray) -> np.ndarray:
    """D with D* D = the positive part of a Hermitian matrix."""
    values, vectors = np.linalg.eigh(hermitian)
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.conj().T


def pencil(data: Matrices, cut: float = 1e-14) -> Pencil:
    """From G, A, L: directions in which G is below ``cut`` of its largest eigenvalue are dropped.

    Residuals have a floor near 1e-8, the root of rounding; ``pencil_from_values`` has none.
    """
    sizes, directions = np.linalg.eigh((data.gram + data.gram.conj().T) / 2)
    kept = sizes > cut * sizes[-1]
    basis = directions[:, kept] / np.sqrt(sizes[kept])
    operator, image = (basis.conj().T @ matrix @ basis for matrix in (data.cross, data.image))
    defect = image - operator.conj().T @ operator
    return Pencil(operator, _root((defect + defect.conj().T) / 2), basis)


def pencil_from_values(before: np.ndarray, after: np.ndarray, weights: np.ndarray) -> Pencil:
    """From the dictionary at the nodes, ``(node, function)``: √W ψ_X = Q R, C = √W ψ_Y R⁻¹, A = Q* C, D from C - Q A.

    Raises ValueError where there are fewer nodes than functions.
    """
    if before.shape[0] < before.shape[1]:
        raise ValueError(f"{before.shape[0]} nodes do not determine {before.shape[1]} functions")
    root = np.sqrt(weights)[:, None]
    q, r = np.linalg.qr(root * before)
    image = scipy.linalg.solve_triangular(r, (root * after).T, trans="T").T
    operator = q.conj().T @ image
    basis = scipy.linalg.solve_triangular(r, np.eye(r.shape[1]))
    return Pencil(operator, np.linalg.qr(image - q @ operator, mode="r"), basis)


def isometric_pencil(data: Matrices, cut: float = 1e-14) -> Pencil:
    """The same for an operator known to keep norms: (G + L)/2 in place of both G and L."""
    middle = (data.gram + data.image) / 2
    return pencil(Matrices(middle, data.cross, middle), cut)


def residuals(pairs_of: Pencil, values: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """res(λ, g) of pairs: values ``(pair,)``, vectors ``(n, pair)`` in the coordinates of the pencil."""
    operator, defect, _ = pairs_of
    square = np.sum(np.abs(operator @ vectors - vectors * values) ** 2, 0) + np.sum(np.abs(defect @ vectors) ** 2, 0)
    return np.sqrt(square / np.sum(np.abs(vectors) ** 2, 0))


def eigenpairs(of: Pencil) -> Eigenpairs:
    """Eigenpairs of extended DMD with residuals, the largest modulus first."""
    values, vectors = scipy.linalg.eig(of.operator)
    order = np.lexsort((values.imag, -np.round(np.abs(values), 12)))
    values, vectors = values[order], vectors[:, order]
    return Eigenpairs(values, vectors, residuals(of, values, vectors))


def data_residuals(before: np.ndarray, after: np.ndarray, weights: np.ndarray, values, coefficients) -> np.ndarray:
    """|(ψ_Y - λ ψ_X) v|_W / |ψ_X v|_W on any data, coefficients ``(function, pair)`` in the dictionary."""
    old, new = before @ coefficients, after @ coefficients
    size = weights @ np.abs(old) ** 2
    return np.sqrt(weights @ np.abs(new - old * values) ** 2 / size)


def matrix_residuals(data: Matrices, values: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """The residuals on any data from their G, A, L; floor near 1e-8."""
    conjugate = coefficients.conj()

    def form(matrix: np.ndarray) -> np.ndarray:
        return np.sum(conjugate * (matrix @ coefficients), 0)

    square = form(data.image).real - 2 * (values.conj() * form(data.cross)).real
    square += np.abs(values) ** 2 * form(data.gram).real
    return np.sqrt(np.maximum(square, 0) / form(data.gram).real)
