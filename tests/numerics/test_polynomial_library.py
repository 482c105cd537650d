"""Counts and values of monomials, windows on the ring, and the regression of a polynomial map."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import polynomial_library, ridge_regression


@pytest.mark.parametrize(
    ("variables", "degree", "window", "count"),
    [
        (8, 2, None, 45),
        (8, 3, None, 165),
        (8, 4, None, 495),
        (8, 2, 3, 33),
        (8, 3, 4, 121),
        (8, 4, 4, 281),
        (3, 4, None, 35),
        (8, 1, None, 9),
    ],
)
def test_counts(variables, degree, window, count):
    library = polynomial_library.library(variables, degree, window)
    assert polynomial_library.size(library, variables) == count
    assert len(polynomial_library.exponents(library, variables)) == count


def test_operations_of_a_windowed_library():
    library = polynomial_library.library(8, 2, 3)
    assert 8 * 33 + polynomial_library.multiplications(library) == 288


def test_values_are_powers():
    library = polynomial_library.library(4, 4)
    powers = polynomial_library.exponents(library, 4)
    state = np.random.default_rng(0).normal(size=(4, 6))
    with jax.enable_x64(True):
        values = polynomial_library.evaluate(library, jnp.asarray(state))
    np.testing.assert_allclose(values, np.prod(state[None] ** powers[:, :, None], axis=1), rtol=1e-12)
    assert len({tuple(row) for row in powers.tolist()}) == len(powers)


def test_window_holds_neighbours_only():
    n, degree, window = 7, 3, 3
    powers = polynomial_library.exponents(polynomial_library.library(n, degree, window), n)
    got = {tuple(row) for row in powers.tolist() if sum(row) > 1}
    runs = [{(s + i) % n for i in range(window)} for s in range(n)]
    expected = {
        row
        for row in product(range(degree + 1), repeat=n)
        if 2 <= sum(row) <= degree and any({i for i, p in enumerate(row) if p} <= run for run in runs)
    }
    assert got == expected


def test_finds_a_polynomial_map():
    library = polynomial_library.library(2, 2)
    with jax.enable_x64(True):
        # The Hénon map, a polynomial of degree 2.
        series = [np.array([0.1, 0.2])]
        for _ in range(200):
            x, y = series[-1]
            series.append(np.array([1 - 1.4 * x**2 + y, 0.3 * x]))
        series = np.array(series)
        sums = polynomial_library.training_sums(library, jnp.asarray(series), block=100)
        weights = ridge_regression.solve(sums, 0.0)
        run = polynomial_library.free_run(library, jnp.asarray(weights), jnp.asarray(series[100, :, None]), 10)
    # 1, x, y, x², xy, y²
    np.testing.assert_allclose(weights, [[1, 0, 1, -1.4, 0, 0], [0, 0.3, 0, 0, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(run[:, :, 0], series[101:111], atol=1e-6)


def test_refusals():
    with pytest.raises(ValueError, match="degree"):
        polynomial_library.library(3, 0)
    with pytest.raises(ValueError, match="window"):
        polynomial_library.library(3, 2, 4)
    with pytest.raises(ValueError, match="multiple"):
        polynomial_library.training_sums(polynomial_library.library(2, 2), jnp.zeros((12, 2)), block=10)
