"""Echo state network: a fixed random recurrent network whose outputs are linear in features of its state,

    r(t) = tanh(A r(t-1) + W_in u(t-1)),     û(t) = W_out ã(r(t)),     r(0) = 0

A is sparse, with entries in [0, 1) at random places, rescaled to a spectral radius.  Each node sees one input, with a
weight uniform in ±input_scale; neighbouring nodes see the same input.  States have the node first: ``(node, ...)``.
Forecasts feed û back as input.  J. Pathak et al., Phys. Rev. Lett. 120, 024102 (2018).
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy import sparse
from scipy.sparse import linalg

from replica.numerics import ridge_regression

_DENSE = 256  # nodes up to which all eigenvalues are computed
_WIDTH = 4  # rows of A are padded to a multiple of this, so that most networks of one kind share compiled programs

Map = Callable[[Array], Array]


class Reservoir(NamedTuple):
    """Row i of A has values[k, i] in columns[k, i], padded with zeros, both ``(entry, node)``.

    Each node's input and its weight: source, source_weight ``(node,)``.
    """

    columns: Array
    values: Array
    source: Array
    source_weight: Array


def spectral_radius(matrix: sparse.spmatrix) -> float:
    """Largest |eigenvalue|; of a matrix without negative entries it is an eigenvalue itself."""
    if matrix.shape[0] <= _DENSE:
        return float(np.abs(np.linalg.eigvals(matrix.toarray())).max())
    # A fixed start vector keeps the last bits the same in every run.
    found = linalg.eigs(matrix, k=1, which="LM", v0=np.ones(matrix.shape[0]), return_eigenvectors=False)
    return float(np.abs(found[0]))


def reservoir(
    generator: np.random.Generator, nodes: int, inputs: int, *, radius: float, degree: float, input_scale: float
) -> Reservoir:
    """A random reservoir: round(degree nodes) entries; node i sees input min(i div (nodes div inputs), inputs - 1).

    Raises ValueError for fewer nodes than inputs.
    """
    if nodes < inputs:
        raise ValueError(f"a reservoir needs a node for each of its {inputs} inputs, got {nodes} nodes")
    places = np.sort(generator.choice(nodes * nodes, round(degree * nodes), replace=False))
    entries = sparse.csr_matrix((generator.uniform(size=places.size), divmod(places, nodes)), shape=(nodes, nodes))
    weights = generator.uniform(-input_scale, input_scale, nodes)
    if radius > 0:
        entries *= radius / spectral_radius(entries)
    else:
        entries *= 0.0
    rows, columns = divmod(places, nodes)
    counts = np.bincount(rows, minlength=nodes)
    slot = np.arange(places.size) - np.repeat(np.cumsum(counts) - counts, counts)
    width = -(-counts.max() // _WIDTH) * _WIDTH
    padded = np.zeros((width, nodes)), np.zeros((width, nodes), dtype=np.int32)
    padded[0][slot, rows], padded[1][slot, rows] = entries.data, columns
    source = np.minimum(np.arange(nodes) // (nodes // inputs), inputs - 1).astype(np.int32)
    return Reservoir(*(jnp.asarray(a) for a in (padded[1], padded[0], source, weights)))


def operations(reservoir: Reservoir, features: Map, outputs: int) -> int:
    """Multiplications and additions of one forecast step, in pairs; evaluations of tanh are not counted.

    One for each entry of A that is not zero, each input weight, each product among the features, each output weight.
    """
    nodes = reservoir.source.size
    product_features = {plain: 0, squares: (nodes + 1) // 2, products: max(nodes - 3, 0) // 2}[features]
    return int((np.asarray(reservoir.values) != 0).sum()) + nodes + product_features + outputs * nodes


# --- features -----------------------------------------------------------------------------------------------------


def plain(state: Array) -> Array:
    """ã = r."""
    return state


def squares(state: Array) -> Array:
    """ã_j = r_j² for even j, r_j for odd j (from 0)."""
    even = jnp.arange(state.shape[0]) % 2 == 0
    return jnp.where(_along_nodes(even, state), state**2, state)


def products(state: Array) -> Array:
    """ã_j = r_{j-1} r_{j-2} for even j with 2 <= j < D - 2, otherwise r_j."""
    j = jnp.arange(state.shape[0])
    chosen = (j % 2 == 0) & (j >= 2) & (j < state.shape[0] - 2)
    return jnp.where(_along_nodes(chosen, state), jnp.roll(state, 1, 0) * jnp.roll(state, 2, 0), state)


# --- dynamics -----------------------------------------------------------------------------------------------------


def _along_nodes(values: Array, like: Array) -> Array:
    return values.reshape(values.shape + (1,) * (like.ndim - 1))


def _rows(values: Array, places: Array) -> Array:
    return jnp.take(values, places, axis=0, mode="clip")


def identity(values: Array) -> Array:
    """No nonlinearity."""
    return values


def step(
    reservoir: Reservoir, state: Array, inputs: Array, activation: Map = jnp.tanh, rounding: Map = identity
) -> Array:
    """r(t) from r(t-1), shape ``(node, ...)``, and u(t-1), shape ``(input, ...)``.

    ``rounding`` is applied to the recurrent sum, to the whole sum and to the new state.
    """
    # One entry of every row at a time: each is a gather of whole rows and a product, fused into one loop.
    total = sum(
        _along_nodes(values, state) * _rows(state, columns)
        for values, columns in zip(reservoir.values, reservoir.columns, strict=True)
    )
    driven = rounding(total) + _along_nodes(reservoir.source_weight, inputs) * _rows(inputs, reservoir.source)
    return rounding(activation(rounding(driven)))


def drive(reservoir: Reservoir, inputs: Array, state: Array, activation: Map = jnp.tanh) -> Array:
    """State after inputs ``(step, input, ...)``, from ``state`` ``(node, ...)``."""

    def advance(r: Array, u: Array) -> tuple[Array, None]:
        return step(reservoir, r, u, activation), None

    return jax.lax.scan(advance, state, inputs)[0]


@partial(jax.jit, static_argnames=("features", "block", "activation"))
def training_sums(
    reservoir: Reservoir, series: Array, features: Map, block: int = 2000, activation: Map = jnp.tanh
) -> ridge_regression.Sums:
    """Sums of the ridge regression of u(t) on ã(r(t)), t = 1 .. N, for a series u(0) .. u(N), ``(time, input)``.

    Raises ValueError unless N is a multiple of ``block``.
    """
    if (len(series) - 1) % block:
        raise ValueError(f"{len(series) - 1} training steps are not a multiple of {block}")
    nodes, inputs = reservoir.source.size, series.shape[1]

    def advance(r: Array, u: Array) -> tuple[Array, Array]:
        r = step(reservoir, r, u, activation)
        return r, features(r)

    def more(carry: tuple, of_block: tuple[Array, Array]) -> tuple[tuple, None]:
        r, sums = carry
        r, seen = jax.lax.scan(advance, r, of_block[0])
        return (r, ridge_regression.add(sums, seen, of_block[1])), None

    start = jnp.zeros(nodes), ridge_regression.zeros(nodes, inputs)
    blocks = series[:-1].reshape(-1, block, inputs), series[1:].reshape(-1, block, inputs)
    return jax.lax.scan(more, start, blocks)[0][1]


@partial(jax.jit, static_argnames=("features", "steps", "activation"))
def forecast(
    reservoir: Reservoir,
    weights: Array,
    warm_up: Array,
    features: Map,
    steps: int,
    activation: Map = jnp.tanh,
) -> Array:
    """Forecasts û, shape ``(step, input, start)``, after true inputs ``(time, input, start)`` from r = 0."""
    state = drive(reservoir, warm_up, jnp.zeros((reservoir.source.size, warm_up.shape[2])), activation)
    return free_run(reservoir, weights, state, features, steps, activation)


def free_run(
    reservoir: Reservoir,
    weights: Array,
    state: Array,
    features: Map,
    steps: int,
    activation: Map = jnp.tanh,
    rounding: Map = identity,
) -> Array:
    """Forecasts û, shape ``(step, input, ...)``, from a driven state; the first one is read from that state itself."""

    def advance(r: Array, _: None) -> tuple[Array, Array]:
        output = rounding(weights @ rounding(features(r)))
        return step(reservoir, r, output, activation, rounding), output

    return jax.lax.scan(advance, rounding(state), None, length=steps)[1]


def as_type(tree: Any, dtype: Any) -> Any:
    """The same with floating-point arrays in another type."""
    return jax.tree.map(lambda a: a.astype(dtype) if jnp.issubdtype(a.dtype, jnp.floating) else a, tree)
