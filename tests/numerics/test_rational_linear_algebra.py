from fractions import Fraction

import numpy as np
import pytest

from replica.numerics import rational_linear_algebra as exact


def test_rank_of_products_of_integer_matrices():
    rng = np.random.default_rng(0)
    for rank in range(1, 6):
        matrix = rng.integers(-9, 10, (12, rank)) @ rng.integers(-9, 10, (rank, 8))
        assert exact.rank(matrix) == np.linalg.matrix_rank(matrix.astype(float)) == rank


def test_hilbert_matrix_has_full_rank_where_floats_see_less():
    hilbert = [[Fraction(1, i + j + 1) for j in range(20)] for i in range(20)]
    assert exact.rank(hilbert) == 20
    assert np.linalg.matrix_rank(np.array(hilbert, dtype=float)) < 20


def test_null_space_is_annihilated_and_complete():
    rng = np.random.default_rng(1)
    matrix = rng.integers(-5, 6, (4, 9))
    basis = exact.null_space(matrix)
    assert len(basis) == 5 and exact.rank(basis) == 5
    assert not np.any(matrix @ np.array(basis).T)
    assert exact.null_space([], columns=3) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_solution_of_a_hilbert_system():
    matrix = [[Fraction(1, i + j + 1) for j in range(12)] for i in range(12)]
    wanted = [Fraction(i - 4, i + 2) for i in range(12)]
    right = [exact.dot(row, wanted) for row in matrix]
    assert exact.solve(matrix, right) == wanted


def test_a_system_without_solution():
    assert exact.solve([[1, 2], [2, 4]], [1, 3]) is None
    assert exact.solve([[1, 2], [2, 4]], [1, 2]) == [1, 0]


def test_echelon_form_is_reduced():
    rows, pivots = exact.echelon([[2, 4, 6], [1, 3, 1], [3, 7, 7]])
    assert pivots == [0, 1]
    assert [[row[p] != 0 for p in pivots] for row in rows] == [[True, False], [False, True]]


def test_primitive_keeps_the_direction():
    assert exact.primitive([Fraction(-1, 2), Fraction(3, 4), 0]) == [-2, 3, 0]
    with pytest.raises(TypeError, match="integers and fractions"):
        exact.primitive([0.5, 1])
