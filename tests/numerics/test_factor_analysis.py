import numpy as np
import pytest

from replica.numerics import factor_analysis


def model(seed=0, size=30, factors=3):
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(size, factors)) * np.array([3.0, 1.5, 1.0])[:factors]
    noise = rng.uniform(0.5, 2.0, size)
    return loadings, noise, loadings @ loadings.T + np.diag(noise)


def test_the_covariance_of_a_model_is_recovered():
    loadings, noise, covariance = model()
    found = factor_analysis.fit(covariance, 3, iterations=2000)
    np.testing.assert_allclose(found.loadings @ found.loadings.T, loadings @ loadings.T, atol=1e-3)
    np.testing.assert_allclose(found.noise, noise, atol=1e-3)
    expected = np.linalg.eigvalsh(loadings @ loadings.T)[::-1]
    np.testing.assert_allclose(factor_analysis.shared_eigenvalues(found), expected[:3], rtol=1e-4)
    assert np.abs(expected[3:]).max() < 1e-10


def test_likelihood_never_falls_and_ends_at_a_stationary_point():
    """Stationary: diag(C⁻¹ (C - S) C⁻¹) = 0 and (C - S) C⁻¹ L = 0, the equations of maximum likelihood."""
    _, _, covariance = model(1)
    rng = np.random.default_rng(2)
    sample = factor_analysis.covariance(np.linalg.cholesky(covariance) @ rng.normal(size=(30, 400)))
    likelihood = [
        factor_analysis.log_likelihood(factor_analysis.fit(sample, 3, n), sample) for n in (0, 1, 2, 5, 20, 100, 3000)
    ]
    assert np.all(np.diff(likelihood) >= -1e-12)
    found = factor_analysis.fit(sample, 3, 3000)
    implied = found.loadings @ found.loadings.T + np.diag(found.noise)
    left = np.linalg.solve(implied, implied - sample)
    assert np.abs(left @ np.linalg.solve(implied, found.loadings)).max() < 1e-6
    assert np.abs(np.diag(np.linalg.solve(implied, left.T))).max() < 1e-6


def test_likelihood_is_that_of_the_normal_distribution():
    from scipy.stats import multivariate_normal

    _, _, covariance = model(3, 6, 2)
    x = np.random.default_rng(4).normal(size=(6, 50))
    x -= x.mean(axis=1, keepdims=True)
    found = factor_analysis.fit(covariance, 2)
    implied = found.loadings @ found.loadings.T + np.diag(found.noise)
    expected = multivariate_normal(np.zeros(6), implied).logpdf(x.T).mean()
    assert factor_analysis.log_likelihood(found, x @ x.T / 50) == pytest.approx(expected, rel=1e-10)


def test_a_batch_is_its_members_one_by_one():
    covariances = np.stack([model(seed)[2] for seed in range(3)])
    together = factor_analysis.fit(covariances, 2, 50)
    for i, covariance in enumerate(covariances):
        alone = factor_analysis.fit(covariance, 2, 50)
        np.testing.assert_allclose(together.loadings[i] @ together.loadings[i].T, alone.loadings @ alone.loadings.T)
        np.testing.assert_allclose(together.noise[i], alone.noise)


def test_covariance_is_numpys():
    samples = np.random.default_rng(5).normal(size=(2, 4, 20))
    np.testing.assert_allclose(factor_analysis.covariance(samples), [np.cov(s) for s in samples])


def test_noise_stays_above_its_floor():
    loadings, _, _ = model(6)
    covariance = loadings @ loadings.T + 1e-6 * np.eye(30)
    found = factor_analysis.fit(covariance, 3)
    assert np.all(found.noise >= 0.01 * np.diag(covariance) * (1 - 1e-12))


def test_refuses_what_cannot_be_fitted():
    with pytest.raises(ValueError, match="fewer than the 30 variables, got 30"):
        factor_analysis.fit(model()[2], 30)
    with pytest.raises(ValueError, match="1 variables do not vary"):
        factor_analysis.fit(np.diag([1.0, 0.0, 2.0]), 1)
