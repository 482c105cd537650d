import numpy as np
import pytest

from replica.numerics import sparse_connectivity

ARCHITECTURE = np.array([[1.0, 0.4], [0.4, 2.2]])


def test_out_degrees_are_those_of_the_mean_probabilities():
    assert sparse_connectivity.out_degrees(0.1, ARCHITECTURE, 1000).tolist() == [70, 130]


@pytest.mark.parametrize("weights", [[1.0, 0.4], [0.3, 0.3, 5.8, 0.3, 0.3], [0.0, 1.0], [2.0]])
def test_classes_are_drawn_in_proportion_and_evenly_within(weights):
    size, sources, contacts = 60, 400, 500
    targets = sparse_connectivity.targets(np.random.default_rng(0), sources, contacts, weights, size)
    assert targets.shape == (sources, contacts) and targets.dtype == np.int32
    found = np.bincount(targets.ravel(), minlength=size)
    assert found.size == size
    classes = len(weights)
    expected = sources * contacts * np.array(weights)[np.arange(size) % classes] / np.sum(weights) / (size / classes)
    positive = expected > 0
    assert not found[~positive].any()
    chi_square = np.sum((found - expected)[positive] ** 2 / expected[positive])
    assert abs(chi_square - (positive.sum() - 1)) < 4 * np.sqrt(2 * positive.sum())


def test_refuses_sizes_and_weights_that_cannot_be():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="61 neurons do not divide into 2 classes"):
        sparse_connectivity.targets(rng, 1, 1, [1.0, 1.0], 61)
    with pytest.raises(ValueError, match="not negative and not all zero"):
        sparse_connectivity.targets(rng, 1, 1, [1.0, -1.0], 60)
    with pytest.raises(ValueError, match="not negative and not all zero"):
        sparse_connectivity.targets(rng, 1, 1, [0.0, 0.0], 60)
