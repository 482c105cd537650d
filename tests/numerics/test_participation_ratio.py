import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics.participation_ratio import (
    circularly_shifted,
    cross_trajectory_moments,
    jackknife,
    naive_participation_ratio,
    participation_ratio,
)


def _traces(replicas, length, covariance, seed=0):
    root = np.linalg.cholesky(covariance)
    return np.random.default_rng(seed).standard_normal((replicas, length, len(covariance))) @ root.T


def test_against_eigenvalues():
    entries = np.random.default_rng(2).standard_normal((30, 50))
    covariance = entries @ entries.T
    spectrum = np.linalg.eigvalsh(covariance)
    with jax.enable_x64(True):
        assert float(participation_ratio(covariance)) == pytest.approx(
            spectrum.sum() ** 2 / np.sum(spectrum**2), rel=1e-12
        )


def test_naive_estimate_against_singular_values():
    traces = _traces(3, 40, np.diag(np.arange(1.0, 11.0)))
    variance = np.linalg.svd(traces.reshape(-1, 10), compute_uv=False) ** 2
    with jax.enable_x64(True):
        found = float(naive_participation_ratio(jnp.asarray(traces)))
    assert found == pytest.approx(variance.sum() ** 2 / np.sum(variance**2), rel=1e-12)


def test_moments_against_covariance_matrices():
    traces, lags = np.random.default_rng(3).standard_normal((4, 25, 6)), (0, 3)
    with jax.enable_x64(True):
        moments = cross_trajectory_moments(jnp.asarray(traces), lags)
    for i, lag in enumerate(lags):
        covariances = np.einsum("rti,rtj->rij", traces[:, : 25 - lag], traces[:, lag:]) / (25 - lag)
        pooled = np.sum(covariances.sum(axis=0) ** 2) - np.sum(covariances**2)
        assert moments.covariance_square[i] == pytest.approx(pooled / (4 * 3) / 6, rel=1e-12)
        off = covariances * (1 - np.eye(6))
        cross = (np.sum(off.sum(axis=0) ** 2) - np.sum(off**2)) / (4 * 3) / 5
        assert moments.cross_square[i] == pytest.approx(cross, rel=1e-10, abs=1e-14)
        assert moments.autocovariance[i] == pytest.approx(
            np.mean(np.diagonal(covariances, axis1=1, axis2=2)), rel=1e-12
        )


def test_cross_estimate_is_unbiased_where_the_naive_one_is_not():
    """White noise in 60 dimensions, 20 samples a trajectory: PR is 60, the naive estimate far below."""
    with jax.enable_x64(True):
        estimates, naive = [], []
        for seed in range(40):
            traces = jnp.asarray(_traces(6, 20, np.eye(60), seed))
            estimates.append(float(cross_trajectory_moments(traces).covariance_square[0]))
            naive.append(float(naive_participation_ratio(traces[:1])))
    assert np.mean(estimates) == pytest.approx(1.0, abs=4 * np.std(estimates) / np.sqrt(40))
    assert np.mean(naive) < 20


def test_single_trajectory_and_long_lags_are_refused():
    with pytest.raises(ValueError, match="two of them"):
        cross_trajectory_moments(jnp.ones((1, 5, 3)))
    with pytest.raises(ValueError, match="outside"):
        cross_trajectory_moments(jnp.ones((2, 5, 3)), (5,))


def test_shifting_keeps_each_trace_and_breaks_their_relation():
    time = np.arange(64)
    traces = np.sin(2 * np.pi * time / 16)[None, :, None] * np.ones((2, 1, 50))
    shifted = np.asarray(circularly_shifted(jax.random.key(0), jnp.asarray(traces, dtype=jnp.float32)))
    np.testing.assert_allclose(np.sort(shifted, axis=1), np.sort(traces, axis=1), atol=1e-6)
    assert float(naive_participation_ratio(jnp.asarray(traces))) == pytest.approx(1.0, abs=1e-5)
    assert float(naive_participation_ratio(jnp.asarray(shifted))) > 1.5


def test_jackknife_of_a_mean_is_its_standard_error():
    sample = np.random.default_rng(4).standard_normal(20)
    value, error = jackknife(lambda mean: mean, sample)
    assert value == pytest.approx(sample.mean())
    assert error == pytest.approx(sample.std(ddof=1) / np.sqrt(20))


def test_jackknife_refuses_samples_of_different_size():
    with pytest.raises(ValueError, match="differ in number"):
        jackknife(lambda a, b: a / b, np.ones(3), np.ones(4))
