"""Sparse coefficients found from exact data, and the optimality of what is kept."""

import numpy as np

from replica.numerics import thresholded_least_squares


def test_finds_the_terms_of_exact_data():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(300, 12))
    true = np.zeros((2, 12))
    true[0, [1, 5]], true[1, [0, 7, 11]] = [2.0, -0.5], [1.0, 0.3, -4.0]
    found = thresholded_least_squares.fit(features, features @ true.T, 0.1)
    np.testing.assert_array_equal(found != 0, true != 0)
    np.testing.assert_allclose(found, true, atol=1e-12)


def test_kept_terms_solve_their_own_least_squares():
    generator = np.random.default_rng(1)
    features = generator.normal(size=(200, 8))
    targets = features[:, :3] @ [[1.0], [0.5], [2.0]] + generator.normal(size=(200, 1))
    found = thresholded_least_squares.fit(features, targets, 0.3)
    kept = found[0] != 0
    residual = targets[:, 0] - features @ found[0]
    np.testing.assert_allclose(features[:, kept].T @ residual, 0, atol=1e-10)
    assert (np.abs(found[0, kept]) >= 0.3).all()
    assert not kept.all()


def test_drops_everything_beyond_a_large_threshold():
    features = np.random.default_rng(2).normal(size=(50, 4))
    assert not thresholded_least_squares.fit(features, features[:, :1], 10.0).any()
