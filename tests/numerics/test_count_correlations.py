import numpy as np
import pytest

from replica.numerics import count_correlations


def test_sliding_and_separate_windows():
    counts = np.array([[1, 0, 2, 3, 0, 1, 5]])
    assert count_correlations.sliding_sums(counts, 3).tolist() == [[3, 5, 5, 4, 6]]
    assert count_correlations.window_sums(counts, 3).tolist() == [[3, 4]]
    assert np.array_equal(count_correlations.sliding_sums(counts, 1), counts)


def test_correlations_are_numpys():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 50)), rng.normal(size=(3, 50))
    np.testing.assert_allclose(count_correlations.correlations(x, y), np.corrcoef(x, y)[:4, 4:])
    x[1] = 2.0
    assert np.isnan(count_correlations.correlations(x, y)[1]).all()


def test_distance_profile_of_known_pairs():
    places = np.array([[0.0, 0.0], [0.3, 0.4], [0.0, 0.1], [0.6, 0.7]])
    distance = count_correlations.distances(places, places)
    assert distance[0, 1] == pytest.approx(0.5)
    correlation = np.array([[1, 0.2, 0.4, 0.9], [0.2, 1, np.nan, 0.1], [0.4, np.nan, 1, 0.3], [0.9, 0.1, 0.3, 1]])
    profile, number = count_correlations.distance_profile(
        correlation, distance, np.array([0, 0.2, 0.5 + 1e-9, 0.9]), within=True
    )
    assert number.tolist() == [1, 2, 1]  # the pair without a correlation, and the one beyond 0.9, are left out
    np.testing.assert_allclose(profile, [0.4, 0.15, 0.3])
    _, both = count_correlations.distance_profile(correlation, distance, np.array([0, 0.2, 0.6]), within=False)
    assert both.tolist() == [6, 4]
    empty, _ = count_correlations.distance_profile(correlation, distance, np.array([2.0, 3.0]), within=False)
    assert np.isnan(empty).all()


def test_a_common_source_gives_its_share_of_the_variance():
    """x_i = c s + e_i: correlation c²/(1 + c²) of every pair, at every distance."""
    rng = np.random.default_rng(1)
    x = 0.5 * rng.normal(size=20_000) + rng.normal(size=(40, 20_000))
    places = rng.random((40, 2))
    profile, _ = count_correlations.distance_profile(
        count_correlations.correlations(x, x),
        count_correlations.distances(places, places),
        np.array([0, 0.2, 0.5]),
        within=True,
    )
    np.testing.assert_allclose(profile, 0.2, atol=0.01)


def test_fano_factor_of_poisson_counts_is_one():
    counts = np.random.default_rng(2).poisson(3.0, (200, 2000))
    assert count_correlations.fano_factors(counts).mean() == pytest.approx(1, abs=0.01)
    assert np.isnan(count_correlations.fano_factors(np.zeros(5)))


def test_locked_and_internal_variance_of_a_common_signal():
    """Repeats share a signal of variance 4 and have own noise of variance 1; two of them give cov and mean variance."""
    rng = np.random.default_rng(3)
    signal = 2 * rng.normal(size=50_000)
    rates = signal + rng.normal(size=(3, 50_000))
    locked, total = count_correlations.locked_and_total_variance(rates)
    assert locked == pytest.approx(4, rel=0.03)
    assert total - locked == pytest.approx(1, rel=0.03)
    two = count_correlations.locked_and_total_variance(rates[:2])
    covariance = np.cov(rates[:2])
    assert two == pytest.approx((covariance[0, 1], np.trace(covariance) / 2))
    with pytest.raises(ValueError, match="two repeats"):
        count_correlations.locked_and_total_variance(rates[:1])
