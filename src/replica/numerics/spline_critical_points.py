"""Critical points of the least-squares loss of a one-input ReLU network with offset and skip, and their Hessian.

Parameters p = (β, μ, b0, c), orientations s, L(p) = ½ Σ_n (f(x_n) - y_n)².  Inside a cell (no breakpoint on a datum)
∂L/∂β_i = -μ_i m0_i and ∂L/∂μ_i = m1_i - β_i m0_i: at a critical point with all μ_i != 0 the residual is orthogonal to 1
and x on every run of data between consecutive breakpoints, so f is the least-squares line of the run.  Runs of two data
or more give isolated splines; a run of one datum or none leaves its line free and gives continuous families.

Hessian at such a point: BᵀB, with B (datum, 2H + 2) of columns -μ_i A_i(x_n), (x_n - β_i) A_i(x_n), 1, x_n.  Its rank
is Σ_p min(2, n_p) over the runs of n_p data.  Source: Sahs et al. (2022), theorem 2; the rank law is derived from it.
"""

from itertools import combinations, combinations_with_replacement, pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from replica.numerics.relu_splines import Network, Spline, network_output, spline_output


class CriticalSplines(NamedTuple):
    """Continuous piecewise least-squares fits: breakpoints (point, kink), lines (point, run), loss (point,)."""

    breakpoint: np.ndarray
    intercept: np.ndarray
    slope: np.ndarray
    loss: np.ndarray


def unpack(parameters, orientation) -> Spline:
    """Spline of the parameter vector (β, μ, b0, c)."""
    units = orientation.shape[-1]
    return Spline(
        parameters[..., :units],
        parameters[..., units : 2 * units],
        orientation,
        parameters[..., -2],
        parameters[..., -1],
    )


def residual(parameters, orientation, x, y):
    """f(x_n) - y_n of the parameter vector (β, μ, b0, c)."""
    return spline_output(unpack(parameters, orientation), x) - y


def basis(parameters, orientation, x):
    """B (..., datum, 2H + 2): derivative of f at the data by β, μ, b0, c."""
    spline = unpack(parameters, orientation)
    library = jnp if isinstance(parameters, jax.Array) else np
    difference = x.reshape((1,) * (parameters.ndim - 1) + (-1, 1)) - spline.breakpoint[..., None, :]
    active = spline.orientation[..., None, :] * difference > 0
    one = library.ones_like(difference[..., :1])
    line = one * x.reshape((1,) * (parameters.ndim - 1) + (-1, 1))
    return library.concatenate([-spline.delta_slope[..., None, :] * active, difference * active, one, line], axis=-1)


class Hessians(NamedTuple):
    """Hessian in (β, μ, b0, c) by automatic differentiation, BᵀB, and that in (w, b, v, b0, c): (point, n, n)."""

    spline: jax.Array
    gram: jax.Array
    weights: jax.Array


@jax.jit
def hessians(parameters, orientation, magnitude, x, y) -> Hessians:
    """Hessians at points (point, 2H + 2), in weights at the representative with |w| = ``magnitude`` (point, unit)."""

    def loss(p, s):
        return 0.5 * (residual(p, s, x, y) ** 2).sum()

    def weight_loss(theta):
        w, b, v = jnp.split(theta[:-2], 3)
        return 0.5 * ((network_output(Network(w, b, v, theta[-2], theta[-1]), x) - y) ** 2).sum()

    def of_one(p, s, a):
        h = len(s)
        w = s * a
        theta = jnp.concatenate([w, -p[:h] * w, p[h : 2 * h] / w, p[-2:]])
        b = basis(p, s, x)
        return Hessians(jax.hessian(loss)(p, s), b.T @ b, jax.hessian(weight_loss)(theta))

    return jax.vmap(of_one)(parameters, orientation, magnitude)


def rank_law(breakpoint, x) -> int:
    """Σ_p min(2, n_p) over the runs into which the breakpoints cut the data, empty runs dropped."""
    runs = np.bincount(np.searchsorted(np.sort(breakpoint), x), minlength=len(breakpoint) + 1)
    return int(np.minimum(2, runs).sum())


def _line(x, y):
    """Intercept, slope and loss of the least-squares line; None, None, 0 where there are fewer than two data."""
    if len(x) < 2:
        return None, None, 0.0
    centred = x - x.mean()
    slope = centred @ y / (centred @ centred)
    return y.mean() - slope * x.mean(), slope, 0.5 * ((y - y.mean() - slope * centred) ** 2).sum()


def _sorted_data(x, y):
    x, y = np.asarray(x, float), np.asarray(y, float)
    if np.any(np.diff(x) <= 0):
        raise ValueError("critical splines are enumerated for increasing x")
    return x, y


def _meet(x, cut, left, right):
    """Where two lines (intercept, slope) meet, or None unless that is strictly inside the gap before datum ``cut``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        at = -(right[0] - left[0]) / (right[1] - left[1])
    return at if x[cut - 1] < at < x[cut] else None


def enumerate_critical_splines(x, y, kinks: int) -> CriticalSplines:
    """All continuous piecewise least-squares fits with this many kinks, each of whose runs has two data or more.

    x: sorted data (datum,); y: targets.  A partition counts where each pair of neighbouring lines meets strictly inside
    the gap between the two runs.  Raises ValueError for unsorted data.
    """
    x, y = _sorted_data(x, y)
    found = []
    for cuts in combinations(range(2, len(x) - 1), kinks):
        edges = [0, *cuts, len(x)]
        if min(np.diff(edges)) < 2:
            continue
        intercepts, slopes, losses = zip(*(_line(x[i:j], y[i:j]) for i, j in pairwise(edges)), strict=True)
        neighbours = pairwise(zip(intercepts, slopes, strict=True))
        meeting = [_meet(x, cut, *lines) for cut, lines in zip(cuts, neighbours, strict=True)]
        if None not in meeting:
            found.append((meeting, intercepts, slopes, sum(losses)))
    columns = zip(*found, strict=True) if found else ([], [], [], [])
    shapes = [(kinks,), (kinks + 1,), (kinks + 1,), ()]
    return CriticalSplines(
        *(np.array(c, float).reshape(len(found), *shape) for c, shape in zip(columns, shapes, strict=True))
    )


def _pencil_fits(x, y, datum, left, right) -> bool:
    """Whether a line through one datum meets both neighbouring lines inside the gaps at its sides.

    It meets the left one at distance u in (0, gap) if its slope is m + d/u, with d the height of the datum over that
    line: all slopes beyond m + d/gap, upwards for d > 0.  Likewise on the right, so two half-lines must overlap.
    """
    a, value = x[datum], y[datum]
    rise = value - left[0] - left[1] * a, right[0] + right[1] * a - value
    end = left[1] + rise[0] / (a - x[datum - 1]), right[1] + rise[1] / (x[datum + 1] - a)
    return rise[0] * rise[1] > 0 or (end[0] < end[1] if rise[0] > 0 else end[1] < end[0])


def critical_families(x, y, kinks: int) -> np.ndarray:
    """Losses (family,) of the continuous families of critical points with this many kinks, at most two.

    They have a run with a single datum, which its line must meet at any slope, or an empty run: both kinks in one gap,
    between which the line is free.  Raises ValueError for unsorted data or more kinks.
    """
    x, y = _sorted_data(x, y)
    if kinks > 2:
        raise ValueError(f"families are listed for at most two kinks, got {kinks}")
    losses = []
    for cuts in combinations_with_replacement(range(1, len(x)), kinks):
        edges = [0, *cuts, len(x)]
        if min(np.diff(edges)) >= 2:
            continue
        lines = [_line(x[i:j], y[i:j]) for i, j in pairwise(edges)]
        fixed = [line[0] is not None for line in lines]
        # Neighbours that both are lines of two data or more must meet; one of a single datum at an end always can.
        fits = all(
            _meet(x, cut, left[:2], right[:2]) is not None
            for cut, (left, right) in zip(cuts, pairwise(lines), strict=True)
            if left[0] is not None and right[0] is not None
        )
        if fixed == [True, False, True] and cuts[1] - cuts[0] == 1:
            fits = _pencil_fits(x, y, cuts[0], lines[0][:2], lines[2][:2])
        if fits:
            losses.append(sum(line[2] for line in lines))
    return np.array(losses)


def profile_loss(first, second, x, y):
    """Loss L(β1, β2) of two kinks with delta-slopes, offset and skip optimised out: shape (first, second)."""
    knots = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1)[..., None, :]
    kinks = np.maximum(x[:, None] - knots, 0)
    line = np.broadcast_to(np.stack([np.ones_like(x), x], axis=1), (*kinks.shape[:-1], 2))
    u, s, _ = np.linalg.svd(np.concatenate([line, kinks], axis=-1), full_matrices=False)
    # Where both breakpoints lie in one gap, or outside, columns depend on each other and count once.
    kept = (s > 1e-10 * s[..., :1]) * (np.swapaxes(u, -1, -2) @ y)
    return 0.5 * np.maximum(y @ y - (kept**2).sum(-1), 0)
