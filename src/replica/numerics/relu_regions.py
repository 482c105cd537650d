"""Linear regions of a ReLU network in a box of one or two input dimensions, exactly, and decisive sets of points.

Regions are kept as convex pieces with the affine map x -> A x + c of the current layer.  Layer by layer, a piece is
cut by the lines (W_l A)_j x + (W_l c + b_l)_j = 0 of the units one after the other; then the map of each piece is
masked by its pattern.  On a region the Jacobian of the outputs in the parameters is affine in x, so that n_0 + 1
affinely independent points inside every region give the full rank: such a set is called decisive.

Plain NumPy: the pieces are ragged.  Source: Grigsby, Lindsey, Meyerhoff and Wu, arXiv 2209.04036 (decisive sets).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

TOUCHES = 1e-13  # a value at a vertex of this size, against the largest of the piece or 1, is on the line
SMALLEST = 1e-12  # pieces of a smaller area (length) are dropped


class Region(NamedTuple):
    """Vertices (vertex, n_0), in order around the region; pattern (H,); f(x) = slope x + offset there."""

    vertices: np.ndarray
    pattern: np.ndarray
    slope: np.ndarray
    offset: np.ndarray


def regions(parameters: Sequence[tuple[np.ndarray, np.ndarray]], half_width: float) -> list[Region]:
    """The linear regions of a network in the box [-half_width, half_width]^n_0, n_0 = 1 or 2.

    Two neighbours with different patterns are two regions, also where the function is affine across their border.
    Raises ValueError for other n_0.
    """
    pairs = [(np.asarray(w, dtype=float), np.asarray(b, dtype=float)) for w, b in parameters]
    inputs = pairs[0][0].shape[1]
    if inputs not in (1, 2):
        raise ValueError(f"regions are enumerated for one or two inputs, got {inputs}")
    corners = [[-1.0], [1.0]] if inputs == 1 else [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
    box = half_width * np.array(corners)
    pieces = [Region(box, np.zeros(0, bool), np.eye(inputs), np.zeros(inputs))]
    for w, b in pairs[:-1]:
        pieces = [part for piece in pieces for part in _cut_by_layer(piece, w, b)]
    w, b = pairs[-1]
    return [piece._replace(slope=w @ piece.slope, offset=w @ piece.offset + b) for piece in pieces]


def size(vertices: np.ndarray) -> float:
    """Area of a convex polygon (vertex, 2), or length of an interval (2, 1)."""
    if vertices.shape[1] == 1:
        return float(np.ptp(vertices))
    x, y = (vertices - vertices[0]).T
    return 0.5 * abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1]))


def interior_points(found: Sequence[Region]) -> np.ndarray:
    """One point inside every region, the mean of its vertices: (region, n_0)."""
    return np.stack([region.vertices.mean(axis=0) for region in found])


def decisive_set(found: Sequence[Region]) -> np.ndarray:
    """In every region the mean m of its vertices and m + (v - m)/2 for n_0 + 1 vertices v spread around it.

    Shape (region * (n_0 + 2), n_0), points of one region after those of the one before.
    """
    points = []
    for region in found:
        corners, inputs = region.vertices.shape
        middle = region.vertices.mean(axis=0)
        spread = region.vertices[np.arange(inputs + 1) * corners // (inputs + 1)]
        points.append(np.concatenate([middle[None], middle + 0.5 * (spread - middle)]))
    return np.concatenate(points)


def silent_units(found: Sequence[Region]) -> np.ndarray:
    """Hidden units that are active in no region: truth values (H,)."""
    return ~np.any([region.pattern for region in found], axis=0)


def _cut_by_layer(piece: Region, w: np.ndarray, b: np.ndarray) -> list[Region]:
    slope, offset = w @ piece.slope, w @ piece.offset + b
    parts = [piece.vertices]
    values = [piece.vertices @ slope.T + offset]
    for unit in range(len(b)):
        pairs = [_cut(v, z, unit) for v, z in zip(parts, values, strict=True)]
        parts, values = ([pair[i] for several in pairs for pair in several] for i in (0, 1))
    found = []
    for vertices, z in zip(parts, values, strict=True):
        active = z.mean(axis=0) > 0
        pattern = np.concatenate([piece.pattern, active])
        found.append(Region(vertices, pattern, slope * active[:, None], offset * active))
    return found


def _cut(vertices: np.ndarray, values: np.ndarray, unit: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """A piece, and the values of all units at its vertices, cut where the value of one unit is zero."""
    z = values[:, unit]
    low, high = z.min(), z.max()
    tolerance = TOUCHES * max(1.0, high, -low)
    if low >= -tolerance or high <= tolerance:
        return [(vertices, values)]
    both = np.concatenate([vertices, values], axis=1)
    side = z > 0
    start = np.flatnonzero(side & ~np.roll(side, 1))[0]  # the first positive vertex after a negative one
    both, z = np.roll(both, -start, axis=0), np.roll(z, -start)
    n = int(side.sum())
    entry, leave = _zero(both[-1], both[0], z[-1], z[0]), _zero(both[n - 1], both[n], z[n - 1], z[n])
    if vertices.shape[1] == 1:
        halves = (np.stack([both[0], entry]), np.stack([entry, both[1]]))
    else:
        halves = (np.vstack([both[:n], leave, entry]), np.vstack([both[n:], entry, leave]))
    d = vertices.shape[1]
    return [(half[:, :d], half[:, d:]) for half in halves if size(half[:, :d]) >= SMALLEST]


def _zero(a: np.ndarray, b: np.ndarray, at_a: float, at_b: float) -> np.ndarray:
    return a + (b - a) * (at_a / (at_a - at_b))
