"""Energies of a lattice field that are linear in their couplings, and their gradients in closed form.

    E(y) = Σ_s a_s Σ_x y_x ȳ_x^{(s)} + Σ_k b_k Σ_x v_k(y_x) = θ·U(y),

ȳ^{(s)} being the mean of y over the four neighbours at shift s = (0,1), (1,1), (0,2), and v_k scalar potentials: even
powers (y/σ)^2, ^4, ^6, ^8, or y² with softplus ramps.  Such an energy models a field y_{j-1}; with the coarse part of y
held fixed it is a conditional energy of its wavelet details.

Fields are ``(row, column, ...)`` on a periodic lattice.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from replica.numerics.site_sum import site_sum

SHIFTS = ((0, 1), (1, 1), (0, 2))
POWERS = (2, 4, 6, 8)
QUANTILES = (0.001, 0.01, 0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.87, 0.95, 0.985, 0.997, 0.9995)


class Powers(NamedTuple):
    """v_k = (y/scale)^2, ^4, ^6, ^8."""

    scale: Array


class Ramps(NamedTuple):
    """v_0 = (y/scale)², v_k = w_k softplus((y - c_k)/w_k); centres and widths ``(k,)``, the unit of y."""

    scale: Array
    centres: Array
    widths: Array


Potentials = Powers | Ramps


def ramps(field: Array) -> Ramps:
    """Ramps at the quantiles ``QUANTILES`` of the values of a field, as wide as their spacing."""
    centres = jnp.quantile(field, jnp.asarray(QUANTILES))
    return Ramps(jnp.std(field), centres, jnp.gradient(centres))


def count(potentials: Potentials) -> int:
    """Number of couplings, those of neighbours first."""
    return len(SHIFTS) + (len(POWERS) if isinstance(potentials, Powers) else 1 + len(QUANTILES))


def units(potentials: Powers) -> Array:
    """What the couplings are divided by to be those of y itself, scale 1: ``(coupling,)``."""
    return jnp.concatenate([jnp.ones(len(SHIFTS)), potentials.scale ** jnp.asarray(POWERS)])


def neighbour_means(y: Array) -> tuple[Array, Array, Array]:
    """Mean over the four neighbours at each of the shifts, each shaped like y."""
    n = y.shape[0]
    # One padded copy, of which every neighbour is a slice: such slices fuse, rolled copies do not.
    wide = jnp.concatenate([y[-2:], y, y[:2]])
    wide = jnp.concatenate([wide[:, -2:], wide, wide[:, :2]], axis=1)

    def at(row: int, column: int) -> Array:
        return wide[2 + row : 2 + row + n, 2 + column : 2 + column + n]

    return (
        0.25 * (at(0, 1) + at(0, -1) + at(1, 0) + at(-1, 0)),
        0.25 * (at(1, 1) + at(1, -1) + at(-1, 1) + at(-1, -1)),
        0.25 * (at(0, 2) + at(0, -2) + at(2, 0) + at(-2, 0)),
    )


def _column(values: Array, like: Array) -> Array:
    return values.reshape(-1, *[1] * like.ndim)


def potential_derivatives(potentials: Potentials, y: Array) -> tuple[Array, Array, Array]:
    """v_k(y), v_k'(y), v_k''(y), each ``(k, *y.shape)``."""
    if isinstance(potentials, Powers):
        z = y / potentials.scale
        return (
            jnp.stack([z**p for p in POWERS]),
            jnp.stack([p * z ** (p - 1) for p in POWERS]) / potentials.scale,
            jnp.stack([p * (p - 1) * z ** (p - 2) for p in POWERS]) / potentials.scale**2,
        )
    square = 1 / potentials.scale**2
    centres, widths = _column(potentials.centres, y), _column(potentials.widths, y)
    u = (y[None] - centres) / widths
    slope = jax.nn.sigmoid(u)
    parts = (
        (y**2 * square, widths * jax.nn.softplus(u)),
        (2 * y * square, slope),
        (jnp.full_like(y, 2 * square), slope * (1 - slope) / widths),
    )
    return tuple(jnp.concatenate([first[None], rest]) for first, rest in parts)


def energies(potentials: Potentials, y: Array) -> Array:
    """U(y): ``(coupling, ...)`` of fields ``(row, column, ...)``."""
    pairs = jnp.stack([y * mean for mean in neighbour_means(y)])
    return jnp.concatenate([pairs, potential_derivatives(potentials, y)[0]]).sum((1, 2))


def gradients(potentials: Potentials, y: Array) -> Array:
    """∇U(y): ``(coupling, row, column, ...)``."""
    pairs = jnp.stack([2 * mean for mean in neighbour_means(y)])
    return jnp.concatenate([pairs, potential_derivatives(potentials, y)[1]])


def energy_and_gradient(potentials: Powers, couplings: Array) -> Callable[[Array], tuple[Array, Array]]:
    """The function y -> E(y) ``(...)``, ∇E(y) ``(row, column, ...)`` with powers, without a stack of all terms."""
    terms = [couplings[len(SHIFTS) + k] / potentials.scale**p for k, p in enumerate(POWERS)]

    def local(y: Array) -> tuple[Array, Array]:
        square = y * y
        value = slope = jnp.zeros_like(y)
        for p, term in reversed(list(zip(POWERS, terms, strict=True))):
            value, slope = value * square + term, slope * square + p * term
        return square * value, y * slope

    return _evaluated(couplings, local)


def confined_energy_and_gradient(
    potentials: Potentials, couplings: Array, low: Array, high: Array, knots: int
) -> Callable[[Array], tuple[Array, Array]]:
    """The same for any potentials on fields within [low, high], infinite where a site lies outside.

    The sum of the scalar potentials is a table: cubic Hermite pieces between equally spaced knots, fourth order in
    their spacing; the gradient is that of the pieces.  Computed in the precision of the couplings, evaluated in that
    of y.
    """
    single = couplings[len(SHIFTS) :]
    at = jnp.linspace(low, high, knots)
    spacing = at[1] - at[0]
    value, slope, _ = (jnp.tensordot(single, part, 1) for part in potential_derivatives(potentials, at))
    rise, first, last = jnp.diff(value), slope[:-1] * spacing, slope[1:] * spacing
    pieces = jnp.stack([value[:-1], first, 3 * rise - 2 * first - last, first + last - 2 * rise])

    def local(y: Array) -> tuple[Array, Array]:
        place = (y - low.astype(y.dtype)) / spacing.astype(y.dtype)
        piece = jnp.clip(place.astype(jnp.int32), 0, knots - 2)
        t = place - piece.astype(y.dtype)
        a, b, c, d = (row.astype(y.dtype)[piece] for row in pieces)
        value = a + t * (b + t * (c + t * d))
        inside = (y >= low.astype(y.dtype)) & (y <= high.astype(y.dtype))
        return jnp.where(inside, value, jnp.inf), (b + t * (2 * c + t * 3 * d)) / spacing.astype(y.dtype)

    return _evaluated(couplings, local)


def _evaluated(
    couplings: Array, local: Callable[[Array], tuple[Array, Array]]
) -> Callable[[Array], tuple[Array, Array]]:
    def evaluate(y: Array) -> tuple[Array, Array]:
        linear = sum(couplings[k].astype(y.dtype) * mean for k, mean in enumerate(neighbour_means(y)))
        value, slope = local(y)
        return site_sum(y * linear + value), 2 * linear + slope

    return evaluate
