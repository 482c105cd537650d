import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import packed_spikes, spike_propagation, spike_train_statistics


def raster(steps=60, units=500, share=0.05, seed=0):
    spikes = np.random.default_rng(seed).random((steps, spike_propagation.padded(units))) < share
    spikes[:, units:] = False
    return spikes, jnp.stack([spike_propagation.pack(jnp.asarray(line)) for line in spikes])


def test_poisson_trains_have_the_probability_of_an_event():
    steps, units, rate = 4000, 300, 0.02
    words = packed_spikes.poisson(np.random.default_rng(0), units, rate, steps)
    spikes = np.asarray(spike_propagation.unpack(words))
    assert not spikes[:, units:].any()
    share = 1 - np.exp(-rate)
    error = np.sqrt(share * (1 - share) / (steps * units))
    assert abs(spikes[:, :units].mean() - share) < 5 * error
    by_neuron = spikes[:, :units].sum(axis=0)
    assert by_neuron.var() == pytest.approx(steps * share * (1 - share), rel=0.4)
    neighbours = np.mean(spikes[1:, :units] & spikes[:-1, :units])
    assert abs(neighbours - share**2) < 5 * share / np.sqrt(steps * units)


def test_contacts_are_those_of_every_step():
    spikes, words = raster()
    size = 512
    targets = np.random.default_rng(1).integers(0, size, (500, 20)).astype(np.int32)
    dense = np.zeros((spikes.shape[1], size), int)
    np.add.at(dense, (np.arange(500)[:, None], targets), 1)
    for rows in (targets, spike_propagation.count_rows(targets, size, 8)):
        found = packed_spikes.contacts(words, jnp.asarray(rows), size)
        assert found.dtype == jnp.uint16
        assert np.array_equal(found, spikes.astype(int) @ dense)


@pytest.mark.parametrize("window", [1, 20, 60])
def test_counts_in_windows(window):
    spikes, words = raster()
    expected = spikes.reshape(-1, window, spikes.shape[1]).sum(axis=1)
    assert np.array_equal(packed_spikes.window_counts(words, window), expected)
    assert np.array_equal(packed_spikes.population_counts(words, window), expected.sum(axis=1))
    step, neuron = spike_train_statistics.spikes(np.asarray(words), 500)
    other = spike_train_statistics.window_counts(step, neuron, 500, window, 60 // window)
    assert np.array_equal(np.asarray(packed_spikes.window_counts(words, window)).T[:500], other)


def test_refuses_windows_that_do_not_divide_the_time():
    with pytest.raises(ValueError, match="60 steps do not divide into windows of 7"):
        packed_spikes.window_counts(raster()[1], 7)
    with pytest.raises(ValueError, match="more than 255 steps"):
        packed_spikes.window_counts(jnp.zeros((256, 8), jnp.uint32), 256)


def test_counts_of_neurons_that_spike_at_every_step():
    words = jnp.full((255, 8), np.uint32(0xFFFFFFFF))
    assert np.array_equal(packed_spikes.window_counts(words, 255), np.full((1, 256), 255))
