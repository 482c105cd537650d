from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import conditional_energies, gaussian_random_field, lattice_field, score_matching
from replica.numerics import orthogonal_wavelets as wavelets


@pytest.mark.parametrize("moments", [1, 2, 3])
def test_weights_and_traces_against_the_matrix_of_the_split(moments):
    side, h = 6, wavelets.daubechies(moments)
    with jax.enable_x64(True):
        unit = jnp.eye(side**2).reshape(side, side, side**2)
        rows = np.asarray(wavelets.split(unit, h)[1]).reshape(-1, side**2)
        means = [np.asarray(mean).reshape(side**2, side**2) for mean in conditional_energies.neighbour_means(unit)]
    weights, traces = score_matching.detail_weights(h, side)
    np.testing.assert_allclose(weights.ravel(), (rows**2).sum(0), atol=1e-12)
    np.testing.assert_allclose(traces, [np.trace(rows @ mean @ rows.T) for mean in means], atol=1e-11)


def test_weights_of_haar_and_of_whole_fields():
    np.testing.assert_allclose(score_matching.detail_weights(wavelets.daubechies(1), 8)[0], 0.75)
    weights, traces = score_matching.detail_weights(None, 8)
    np.testing.assert_array_equal(weights, 1.0)
    np.testing.assert_array_equal(traces, 0.0)
    # On a side of two the neighbour two sites away is the site itself.
    np.testing.assert_allclose(score_matching.detail_weights(None, 2)[1], [0, 0, 4])


@pytest.mark.parametrize("low_pass", [None, wavelets.daubechies(1), wavelets.daubechies(2)], ids=["whole", "p1", "p2"])
def test_couplings_of_a_gaussian_field(low_pass):
    """Precision μ - a (neighbour means): couplings -a/2 and μ σ²/2, whatever is held fixed; the rest vanishes."""
    side, a, mu, samples = 8, 3.0, 3.5, 4096
    with jax.enable_x64(True):
        angle = 2 * np.pi * np.arange(side) / side
        power = 1 / (mu - a * (np.cos(angle)[:, None] + np.cos(angle)[None, :]) / 2)
        keys = jax.random.split(jax.random.key(0), samples)
        fields = jax.vmap(gaussian_random_field.periodic, (0, None), -1)(keys, jnp.asarray(power) / side**2)
        potentials = conditional_energies.Powers(jnp.float64(1))
        fit = jax.jit(partial(score_matching.fit, potentials, low_pass=low_pass, ridge=1e-9, batch=512))(fields)
        condition = float(fit.condition)
    expected = np.array([-a / 2, 0, 0, mu / 2, 0, 0, 0])
    np.testing.assert_allclose(fit.couplings, expected, atol=0.08)
    assert condition > 10


def test_free_energy_of_a_gaussian_field():
    """E - F of the details and the exact energy of the coarse field add up to the energy of the field."""
    side, a, mu, samples = 8, 3.0, 3.5, 4096
    h = wavelets.daubechies(1)
    with jax.enable_x64(True):
        angle = 2 * np.pi * np.arange(side) / side
        precision = mu - a * (np.cos(angle)[:, None] + np.cos(angle)[None, :]) / 2
        keys = jax.random.split(jax.random.key(1), samples)
        fields = jax.vmap(gaussian_random_field.periodic, (0, None), -1)(keys, jnp.asarray(1 / precision) / side**2)
        potentials = conditional_energies.Powers(jnp.float64(1))
        couplings = jnp.array([-a / 2, 0, 0, mu / 2, 0, 0, 0])
        coarse = wavelets.split(fields, h)[0]
        options = {"ridge": 1e-9, "batch": 512}
        free = score_matching.free_energy(potentials, couplings, potentials, fields, h, **options)
        own = score_matching.fit(potentials, coarse, None, **options)
        energy = couplings @ conditional_energies.energies(potentials, fields)
        difference = own.couplings - free.couplings
        conditional = energy + difference @ conditional_energies.energies(potentials, coarse)
        first = float(free.couplings[0])
    # The learnt F - E_J is a small part of the energy: all of it together is the energy again.
    assert np.corrcoef(conditional, energy)[0, 1] > 0.999
    assert np.polyfit(energy, conditional, 1)[0] == pytest.approx(1, abs=0.02)
    assert abs(first) > 0.2


def test_couplings_of_the_quartic_model():
    beta, h = 0.4, wavelets.daubechies(1)
    (fields,) = lattice_field.metropolis(
        jax.random.key(2), beta, side=8, chains=2048, burn_in=60, snapshots=(1,), apart=(1,)
    )
    with jax.enable_x64(True):
        y = fields.astype(jnp.float64)
        potentials = conditional_energies.Powers(jnp.std(y))
        fit = jax.jit(partial(score_matching.fit, potentials, low_pass=h, ridge=1e-6, batch=512))(y)
        couplings = fit.couplings / conditional_energies.units(potentials)
    np.testing.assert_allclose(couplings[jnp.array([0, 3, 4])], [-2 * beta, -1, 1], atol=0.15)


def test_batches_must_divide_the_samples():
    potentials = conditional_energies.Powers(jnp.float32(1))
    with pytest.raises(ValueError, match="batches"):
        score_matching.fit(potentials, jnp.ones((4, 4, 10)), None, ridge=0.1, batch=3)
