"""Linear algebra over the rationals: rank, null space and solution, by fraction-free elimination in Python integers.

Nothing is rounded, so that a rank is an integer and "is zero" is decided.  Matrices are nested sequences of shape
``(row, column)`` with entries that are integers or ``fractions.Fraction``; elements of NumPy integer arrays are taken
as they are, floats are refused.

Rows are eliminated in integers and divided by the greatest common divisor of their entries, which keeps the entries
small, as the exact divisions of Bareiss (Math. Comp. 22, 565, 1968) do.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from numbers import Rational
from typing import NamedTuple

import numpy as np


class Echelon(NamedTuple):
    """Reduced row echelon form: integer rows, row i being the only one that is not zero in column pivots[i]."""

    rows: list[list[int]]
    pivots: list[int]


def primitive(row: Sequence) -> list[int]:
    """The integer multiple of a rational row whose entries have no common divisor; its direction is kept.

    Raises TypeError for entries that are not rational.
    """
    entries = [int(x) if isinstance(x, np.integer) else x for x in row]
    if not all(isinstance(x, Rational) for x in entries):
        raise TypeError("exact linear algebra takes integers and fractions")
    scale = lcm(*(x.denominator for x in entries))
    whole = [int(x * scale) for x in entries]
    divisor = gcd(*whole)
    return [x // divisor for x in whole] if divisor > 1 else whole


def echelon(matrix: Sequence[Sequence]) -> Echelon:
    """Reduced row echelon form of a rational matrix; rows that vanish are left out."""
    rows: list[list[int]] = []
    pivots: list[int] = []
    for given in matrix:
        row = primitive(given)
        for other, at in zip(rows, pivots, strict=True):
            row = _eliminated(row, other, at)
        pivot = next((j for j, x in enumerate(row) if x), None)
        if pivot is None:
            continue
        rows = [_eliminated(other, row, pivot) for other in rows]
        rows.append(row)
        pivots.append(pivot)
    order = sorted(range(len(pivots)), key=pivots.__getitem__)
    return Echelon([rows[i] for i in order], [pivots[i] for i in order])


def _eliminated(row: list[int], other: list[int], at: int) -> list[int]:
    if not row[at]:
        return row
    divisor = gcd(row[at], other[at])
    a, b = other[at] // divisor, row[at] // divisor
    if a < 0:  # a positive multiple of the row, so that signs along a row are kept
        a, b = -a, -b
    return primitive([a * x - b * y for x, y in zip(row, other, strict=True)])


def rank(matrix: Sequence[Sequence]) -> int:
    """Rank over the rationals."""
    return len(echelon(matrix).pivots)


def null_space(matrix: Sequence[Sequence], columns: int | None = None) -> list[list[int]]:
    """Integer basis of {x : matrix x = 0}, one vector per column without a pivot.

    columns: the number of unknowns, needed where the matrix has no rows.
    """
    if columns is None:
        columns = len(matrix[0])
    rows, pivots = echelon(matrix)
    basis = []
    for free in range(columns):
        if free in pivots:
            continue
        vector = [Fraction(0)] * columns
        vector[free] = Fraction(1)
        for row, pivot in zip(rows, pivots, strict=True):
            vector[pivot] = Fraction(-row[free], row[pivot])
        basis.append(primitive(vector))
    return basis


def solve(matrix: Sequence[Sequence], right: Sequence) -> list[Fraction] | None:
    """A solution of matrix x = right, zero in the columns without a pivot; None where there is none."""
    columns = len(matrix[0])
    rows, pivots = echelon([[*row, value] for row, value in zip(matrix, right, strict=True)])
    if columns in pivots:
        return None
    solution = [Fraction(0)] * columns
    for row, pivot in zip(rows, pivots, strict=True):
        solution[pivot] = Fraction(row[columns], row[pivot])
    return solution


def dot(a: Sequence, b: Sequence) -> int | Fraction:
    """Scalar product without rounding."""
    return sum(int(x) * y if isinstance(x, np.integer) else x * y for x, y in zip(a, b, strict=True))
