import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import spike_propagation

SOURCES, SIZE, CONTACTS = 512, 768, 60


@pytest.fixture
def contacts():
    """Targets with padding at the ends of half of the rows, and the dense matrix (source, target) of contact counts."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, SIZE, (SOURCES, CONTACTS)).astype(np.int32)
    targets[::2, 40:] = SIZE
    dense = np.zeros((SOURCES, SIZE + 1), int)
    np.add.at(dense, (np.arange(SOURCES)[:, None], targets), 1)
    return targets, dense[:, :SIZE]


def forms(targets):
    indices = [jnp.asarray(targets.astype(dtype)) for dtype in (np.int32, np.uint16)]
    return [*indices, *(jnp.asarray(spike_propagation.count_rows(targets, SIZE, b)) for b in (2, 4, 8))]


@pytest.mark.parametrize("shape", [(256,), (3, 512)])
def test_unpack_inverts_pack(shape):
    spikes = np.random.default_rng(1).random(shape) < 0.1
    rows = jnp.stack([spike_propagation.pack(jnp.asarray(row)) for row in spikes.reshape(-1, shape[-1])])
    assert rows.dtype == jnp.uint32
    assert np.array_equal(spike_propagation.unpack(rows.reshape(*shape[:-1], -1)), spikes)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_propagation_is_the_product_with_the_matrix(contacts, share):
    targets, dense = contacts
    spikes = np.random.default_rng(2).random(SOURCES) < share
    words = spike_propagation.pack(jnp.asarray(spikes))
    for rows in forms(targets):
        assert np.array_equal(spike_propagation.propagate(words, rows, SIZE), spikes.astype(int) @ dense)


def test_spikes_of_the_padding_are_none():
    """A population of 300 neurons is padded to 512; rows exist for the 300 only."""
    targets = np.random.default_rng(3).integers(0, SIZE, (300, 5)).astype(np.int32)
    spikes = np.zeros(spike_propagation.padded(300), bool)
    spikes[[0, 31, 299]] = True
    got = spike_propagation.propagate(spike_propagation.pack(jnp.asarray(spikes)), jnp.asarray(targets), SIZE)
    assert np.array_equal(got, np.bincount(targets[[0, 31, 299]].ravel(), minlength=SIZE))


def test_weighted_sum_is_the_product_with_values(contacts):
    targets, dense = contacts
    values = np.random.default_rng(4).random(SOURCES).astype(np.float32)
    for rows in forms(targets):
        np.testing.assert_allclose(spike_propagation.weighted_sum(values, rows, SIZE), values @ dense, rtol=1e-5)


def test_sixteen_bits_hold_every_neuron_firing_at_once():
    """All of 5000 neurons with 12 contacts on each target: 60 000 at once."""
    targets = np.tile(np.repeat(np.arange(256, dtype=np.int32), 12), (5000, 1))
    words = spike_propagation.pack(jnp.arange(spike_propagation.padded(5000)) < 5000)
    total = spike_propagation.propagate(words, jnp.asarray(spike_propagation.count_rows(targets, 256)), 256)
    assert np.all(np.asarray(total) == 60_000)


def test_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="16 contacts between two neurons do not fit into 4 bits"):
        spike_propagation.count_rows(np.zeros((1, 16), np.int32), 256)
    with pytest.raises(ValueError, match="multiple of 256, got 300"):
        spike_propagation.count_rows(np.zeros((1, 1), np.int32), 300)
    with pytest.raises(ValueError, match="2, 4 or 8 bits, got 3"):
        spike_propagation.count_rows(np.zeros((1, 1), np.int32), 256, 3)
