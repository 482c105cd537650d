import numpy as np
import pytest

from replica.numerics import dynamical_mean_field, two_site_cavity

POINTS = 512


def _dimensions(kernel, gain):
    variance = dynamical_mean_field.chaotic_variance(kernel, gain)
    slow = 1 - (gain * kernel(variance).response) ** 2
    lag_max = 4 * np.pi / slow
    field = dynamical_mean_field.chaotic_state(kernel, gain, lag_max, 2 ** int(np.ceil(np.log2(lag_max / 0.05))))
    step = np.pi / lag_max
    response = field.response / (1 + 1j * step * np.arange(POINTS + 1))
    rate, state = (dynamical_mean_field.spectrum(c, field.lags[1])[: POINTS + 1] for c in (field.rate, field.state))
    cross = two_site_cavity.equal_lags(two_site_cavity.rate_function(rate, response, gain, step), [0.0])[0]
    cross_state = two_site_cavity.equal_lags(two_site_cavity.state_function(state, response, gain, step), [0.0])[0]
    return (
        two_site_cavity.dimension(field.rate[0], cross),
        two_site_cavity.dimension(field.variance, cross_state + field.variance**2),
    )


@pytest.mark.parametrize(
    ("gain", "rate", "state"),
    [
        (1.5, 0.00740, 0.00658),
        (2, 0.02301, 0.01820),
        (3, 0.04974, 0.03420),
        (5, 0.07880, 0.04768),
        (10, 0.10347, 0.05612),
    ],
)
def test_dimension_of_erf_units(gain, rate, state):
    assert _dimensions(dynamical_mean_field.erf_kernel, gain) == pytest.approx((rate, state), abs=6e-6)


@pytest.mark.parametrize(("gain", "rate"), [(1.05, 2.467e-5), (1.1, 1.681e-4), (1.2, 1.000e-3)])
def test_dimension_near_the_onset(gain, rate):
    assert _dimensions(dynamical_mean_field.erf_kernel, gain)[0] == pytest.approx(rate, rel=3e-4)


def _planar_trace(coupling, gain, symmetry, responses):
    """(1/N) tr[C(ω1) C(ω2)ᵀ] of the linear network φ = s0 J φ + ξ, over the product of its mean diagonals."""
    size = coupling.shape[0]
    covariances = []
    for response in responses:
        bare = response / (1 + symmetry * gain**2 * response**2)
        resolvent = np.linalg.inv(np.eye(size) - bare * coupling)
        covariances.append(resolvent @ resolvent.conj().T)
    first, second = covariances
    means = [np.trace(c).real / size for c in covariances]
    return np.sum(first * second) / size / (means[0] * means[1])


@pytest.mark.parametrize(("symmetry", "tolerance"), [(0.0, 0.02), (-0.5, 0.02), (0.3, 0.05)])
def test_formulae_against_linear_algebra(symmetry, tolerance):
    gain, size = 1.0, 800
    random = np.random.default_rng(1)
    gaussian, angle = random.standard_normal((size, size)), 0.5 * np.arcsin(symmetry)
    coupling = gain / np.sqrt(size) * (np.cos(angle) * gaussian + np.sin(angle) * gaussian.T)
    responses = np.array([0.6 / (1 + 0.5j), 0.6 / (1 - 0.3j)])
    # Rows of the plane are ω1, columns -ω2 and ω2; a spectrum of ones leaves the bracket alone.
    bracket = two_site_cavity.rate_function(np.ones(2), responses, gain, 1.0, symmetry).values + 1
    assert _planar_trace(coupling, gain, symmetry, responses) == pytest.approx(bracket[0, 2], rel=tolerance)


def test_symmetric_formula_reduces_to_the_independent_one():
    rate, response = np.array([1.0, 0.5, 0.1]), np.array([0.9, 0.5 - 0.3j, 0.2 - 0.2j])
    plain = two_site_cavity.rate_function(rate, response, 1.0, 0.1)
    nearly = two_site_cavity.rate_function(rate, response, 1.0, 0.1, 1e-12)
    np.testing.assert_allclose(nearly.values, plain.values, rtol=1e-9)


def test_equal_lags_of_a_product_of_spectra():
    """Where Ψ(ω1, ω2) = f(ω1) f(ω2), Ψ(τ, τ) is f(τ)²: here of a Gaussian."""
    step = 0.02
    frequency = step * np.arange(401)
    row = np.exp(-(frequency**2) / 2) * np.sqrt(2 * np.pi)
    both = np.concatenate([row[:0:-1], row])
    function = two_site_cavity.FourPoint(row[:, None] * both[None, :], step)
    lags = np.array([0.0, 0.5, 2.0])
    np.testing.assert_allclose(two_site_cavity.equal_lags(function, lags), np.exp(-(lags**2)), rtol=1e-9)


def test_dimension_of_independent_units_is_one():
    assert two_site_cavity.dimension(0.7, 0.0) == 1.0
