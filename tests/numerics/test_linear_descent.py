import numpy as np
import pytest

from replica.numerics import finite_elements, linear_descent, quadrature

MODES = [1, 2, 4]
X = quadrature.midpoint(256, 0.0, 1.0).nodes
Y = np.sin(np.pi * np.array(MODES)[:, None] * X[None, :]).sum(0)
AT = [1, 7, 100, 1000]


@pytest.mark.parametrize("basis", [finite_elements.ramps, finite_elements.hats])
def test_descent_is_its_closed_form(basis):
    features = basis(X, 16)
    stepped = linear_descent.descend(features, Y, AT)
    np.testing.assert_allclose(stepped, linear_descent.exact_residual(features, Y, AT), atol=1e-11)


def test_steps_are_those_of_the_gradient_of_the_mean_square():
    features = finite_elements.ramps(X, 8)
    rate, coefficients = 1 / np.linalg.eigvalsh(features @ features.T / X.size)[-1], np.zeros(8)
    for _ in range(7):
        coefficients = coefficients - rate * features @ (coefficients @ features - Y) / X.size
    np.testing.assert_allclose(linear_descent.descend(features, Y, [7])[0], coefficients @ features - Y, atol=1e-13)


def test_an_eigenvector_decays_at_its_own_rate():
    features = finite_elements.hats(X, 16)
    _, singular, modes = np.linalg.svd(features, full_matrices=False)
    for k in (3, -1):
        residual = linear_descent.descend(features, modes[k], [5])[0]
        np.testing.assert_allclose(residual, -((1 - (singular[k] / singular[0]) ** 2) ** 5) * modes[k], atol=1e-13)


def test_preconditioned_descent_is_the_least_squares_fit_from_the_first_step():
    features = finite_elements.ramps(X, 16)
    fit = np.linalg.lstsq(features.T, Y, rcond=None)[0]
    for residual in linear_descent.descend(features, Y, [1, 50], preconditioned=True):
        np.testing.assert_allclose(residual, fit @ features - Y, atol=1e-9)


def test_error_of_a_missing_sine_is_its_amplitude():
    np.testing.assert_allclose(linear_descent.sine_errors(-Y, X, [1, 2, 3, 4]), [1, 1, 0, 1], atol=1e-12)
    assert linear_descent.sine_errors(np.zeros((3, X.size)), X, MODES).shape == (3, 3)


def test_frames_hold_the_powers_of_ten_and_the_last_step():
    at = linear_descent.frames(20000)
    assert {1, 10, 100, 1000, 10000, 20000} <= set(at)
    assert at == sorted(set(at)) and at[-1] == 20000


@pytest.mark.parametrize("at", [[0, 1], [3, 3], [5, 2]])
def test_refuses_frames_that_do_not_increase(at):
    with pytest.raises(ValueError, match="increasing numbers of steps"):
        linear_descent.descend(finite_elements.hats(X, 4), Y, at)
