import numpy as np
import pytest

from replica.numerics import balanced_mean_field

WEIGHTS = np.array([[4.0, -5.0], [8.0, -5.0]])
DRIVE = np.array([0.06, 0.04])
RHO = np.array([0.005, 0.016])  # -w⁻¹ F
EVEN = np.ones((2, 2))
BROAD = np.array([[0.7, 0.7], [1.3, 1.3]])
RANK_ONE = np.array([[0.49, 0.91], [0.91, 1.69]])
ASSORTATIVE = np.array([[1.0, 0.4], [0.4, 2.2]])
FIVE = 0.3 + np.diag([1.5, 2.5, 3.5, 4.5, 5.5])


def test_homogeneous_rates_are_those_of_one_class():
    found = balanced_mean_field.large_network(WEIGHTS, EVEN, DRIVE)
    assert found.balanced
    np.testing.assert_allclose(found.rates, np.repeat(RHO[:, None], 2, axis=1))


@pytest.mark.parametrize("architecture", [ASSORTATIVE, FIVE])
def test_balanced_rates_separate_into_population_and_class(architecture):
    """r_bn = ρ_b h_n; h from the Sherman-Morrison formula of G = c + diag(d)."""
    found = balanced_mean_field.large_network(WEIGHTS, architecture, DRIVE)
    off = architecture[0, 1]
    inverse = 1 / (np.diag(architecture) - off)
    profile = len(architecture) * inverse / (1 + off * inverse.sum())
    np.testing.assert_allclose(balanced_mean_field.class_profile(architecture), profile)
    np.testing.assert_allclose(found.rates, np.outer(RHO, profile))
    assert found.balanced
    assert np.abs(found.inputs).max() < 1e-12


@pytest.mark.parametrize(("architecture", "low"), [(BROAD, 0.7 / 2), (RANK_ONE, 0.49 / 2)])
def test_where_balance_is_impossible_the_low_class_balances_itself(architecture, low):
    """The low class fires at ρ / (G_11/M), the high class is silent with input F (1 - 1.3/0.7)."""
    found = balanced_mean_field.large_network(WEIGHTS, architecture, DRIVE)
    assert not found.balanced
    np.testing.assert_allclose(found.rates, np.stack([RHO / low, np.zeros(2)], axis=1))
    np.testing.assert_allclose(found.inputs[:, 1], DRIVE * (1 - 1.3 / 0.7))
    assert np.abs(found.inputs[:, 0]).max() < 1e-12
    with pytest.raises(ValueError, match="no balanced state"):
        balanced_mean_field.class_profile(architecture)


def test_drive_in_proportion_to_the_in_degree_fixes_the_mean_rate():
    found = balanced_mean_field.large_network(WEIGHTS, BROAD, np.outer(DRIVE, [0.7, 1.3]))
    assert found.balanced
    np.testing.assert_allclose(found.rates.mean(axis=1), RHO)


def test_growth_rate_is_that_of_the_products_of_eigenvalues():
    homogeneous = np.linalg.eigvals(WEIGHTS)
    modes = np.outer(np.linalg.eigvalsh(ASSORTATIVE) / 2, homogeneous)
    assert balanced_mean_field.growth_rate(WEIGHTS, ASSORTATIVE) == pytest.approx(modes.real.max())
    assert balanced_mean_field.growth_rate(WEIGHTS, ASSORTATIVE) < 0
    assert balanced_mean_field.growth_rate(WEIGHTS, [[0.2, 1.2], [1.2, 1.4]]) > 0


def test_refuses_a_network_without_solution():
    """Excitation alone has no bounded rates."""
    with pytest.raises(ValueError, match="no set of active classes"):
        balanced_mean_field.large_network([[4.0, 1.0], [8.0, 1.0]], EVEN, DRIVE)
