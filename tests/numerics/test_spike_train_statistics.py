import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from replica.numerics import spike_propagation, spike_train_statistics

UNITS = 300


@pytest.fixture
def raster():
    return np.random.default_rng(0).random((400, UNITS)) < 0.03


@pytest.fixture
def spikes(raster):
    padded = np.zeros((len(raster), spike_propagation.padded(UNITS)), bool)
    padded[:, :UNITS] = raster
    words = np.stack([np.asarray(spike_propagation.pack(jnp.asarray(row))) for row in padded])
    return spike_train_statistics.spikes(words, UNITS)


def test_every_spike_is_found_in_order_of_time(raster, spikes):
    step, neuron = spikes
    assert set(zip(step.tolist(), neuron.tolist(), strict=True)) == set(map(tuple, np.argwhere(raster).tolist()))
    assert len(step) == raster.sum() and np.all(np.diff(step) >= 0)


def test_window_counts(raster, spikes):
    counts = spike_train_statistics.window_counts(*spikes, UNITS, 70, 5)
    assert np.array_equal(counts, raster[:350].reshape(5, 70, UNITS).sum(axis=1).T)


def test_interval_variation_is_that_of_the_intervals(raster, spikes):
    found = spike_train_statistics.interval_variation(*spikes, UNITS)
    for neuron in range(UNITS):
        intervals = np.diff(np.flatnonzero(raster[:, neuron]))
        if len(intervals) < 3:
            assert np.isnan(found[neuron])
        else:
            assert found[neuron] == pytest.approx(intervals.std(ddof=1) / intervals.mean())


def test_interval_variation_of_regular_and_geometric_trains():
    """Regular: 0.  A spike with probability p in each step: √(1 - p)."""
    rng = np.random.default_rng(1)
    random = np.flatnonzero(rng.random(200_000) < 0.1)
    step = np.concatenate([np.arange(0, 1000, 10), random])
    neuron = np.concatenate([np.zeros(100, int), np.ones(len(random), int)])
    order = np.argsort(step, kind="stable")
    regular, geometric, silent = spike_train_statistics.interval_variation(step[order], neuron[order], 3)
    assert regular == 0 and np.isnan(silent)
    assert geometric == pytest.approx(np.sqrt(0.9), rel=0.02)


def test_correlations_are_those_of_scipy():
    rng = np.random.default_rng(2)
    x = rng.integers(0, 20, 500)  # with ties
    y = x + 10 * rng.standard_normal(500)
    assert spike_train_statistics.pearson(x, y) == pytest.approx(stats.pearsonr(x, y)[0])
    assert spike_train_statistics.spearman(x, y) == pytest.approx(stats.spearmanr(x, y)[0])
    assert np.isnan(spike_train_statistics.pearson(np.ones(5), np.arange(5)))


def test_within_class_correlation_does_not_see_the_classes():
    rng = np.random.default_rng(3)
    place = np.arange(4000) % 2
    x, y = 10 * place + rng.standard_normal((2, 4000))
    assert spike_train_statistics.pearson(x, y) > 0.9
    assert abs(spike_train_statistics.within_class_pearson(x, y, 2)) < 0.06
