from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from replica.numerics import braid_fan, conforming_programs


def brute_force(n, terms, sense):
    """Optimum over all sign vectors, one linear program each; values on the rays in [-1, 1]."""
    _, values = braid_fan.maxima(n, terms)
    phi = braid_fan.alternating_signs(n)
    best = 0.0
    for signs in product((-1, 0, 1), repeat=len(values)):
        signs = np.array(signs)
        if np.any(braid_fan.comparable(n) & (signs[:, None] * signs[None, :] < 0)):
            continue
        upper, lower = (signs > 0).astype(float), -(signs < 0).astype(float)
        cost = (phi * (signs > 0)) @ values
        result = linprog(
            -sense * cost,
            A_ub=np.concatenate([values, -values]),
            b_ub=np.concatenate([upper, -lower]),
            bounds=[(-50, 50)] * values.shape[1],
        )
        best = max(best, -result.fun)
    return sense * best


@pytest.mark.parametrize("terms", [1, 2])
@pytest.mark.parametrize("sense", [1, -1])
def test_program_agrees_with_all_sign_vectors(terms, sense):
    solution = conforming_programs.solve(2, terms, sense)
    assert solution.status == conforming_programs.OPTIMAL
    assert solution.optimum == pytest.approx(brute_force(2, terms, sense), abs=1e-9)
    assert solution.bound == pytest.approx(solution.optimum, abs=1e-9)


@pytest.mark.parametrize(("n", "terms", "sense", "optimum"), [(2, 2, 1, 1), (3, 2, 1, 2), (3, 2, -1, -1), (3, 1, 1, 0)])
def test_incumbents_are_exact(n, terms, sense, optimum):
    solution = conforming_programs.solve(n, terms, sense)
    assert conforming_programs.exact_value(n, terms, solution.coefficients) == optimum


def test_same_bits_twice():
    first, second = (conforming_programs.solve(3, 2, -1) for _ in range(2))
    assert first.nodes == second.nodes and first.optimum == second.optimum
    np.testing.assert_array_equal(first.coefficients, second.coefficients)


def test_value_of_a_maximum_written_by_hand():
    """max{0, x_1, x_2} = relu(x_1 + relu(x_2 - x_1)) has phi = -1: g = max{x_1, x_2}."""
    sets, _ = braid_fan.maxima(2, 2)
    a = np.array([1.0 if members == (1, 2) else 0.0 for members in sets])
    assert conforming_programs.exact_value(2, 2, a) == Fraction(-1)


def test_function_that_does_not_conform_has_no_value():
    sets, _ = braid_fan.maxima(2, 1)
    a = np.array([{(1,): 1.0, (2,): 1.0}.get(members, 0.0) for members in sets])  # kink on x_1 = -x_2
    assert conforming_programs.exact_value(2, 1, a) is None


@pytest.mark.parametrize(("n", "terms"), [(2, 1), (2, 2), (3, 1), (3, 2)])
def test_patterns_are_undecided_only_where_the_optimum_is_not_zero(n, terms):
    patterns = conforming_programs.undecided_patterns(n, terms)
    optima = [abs(conforming_programs.solve(n, terms, sense).optimum) for sense in (1, -1)]
    assert (patterns.undecided == 0) == (max(optima) < 1e-9)
    assert patterns.orbits == patterns.vanishing + patterns.contradictory + patterns.undecided


def test_four_numbers_are_out_of_reach_exactly():
    assert conforming_programs.undecided_patterns(4, 2) == (16606, 294, 293, 1, 0)


def test_functional_is_zero_on_random_conforming_functions():
    rng = np.random.default_rng(0)
    sets, _ = braid_fan.maxima(4, 2)
    found = 0
    for _ in range(500):
        a = np.zeros(len(sets))
        chosen = rng.choice(len(sets), 3, replace=False)
        a[chosen] = rng.integers(-2, 3, 3)
        value = conforming_programs.exact_value(4, 2, a)
        if value is not None:
            found += 1
            assert value == 0
    assert found > 10


def test_other_senses_are_refused():
    with pytest.raises(ValueError, match="maximise"):
        conforming_programs.program(2, 1, 0)
