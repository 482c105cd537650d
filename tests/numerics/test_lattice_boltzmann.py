"""Lattice Boltzmann flow: moments of the equilibrium, uniform flow, viscous decay of a shear wave, the cylinder."""

import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import lattice_boltzmann


def test_equilibrium_has_its_density_velocity_and_stress():
    density = jnp.full((2, 2), 1.2)
    velocity = jnp.stack([jnp.full((2, 2), 0.05), jnp.full((2, 2), -0.02)])
    f = lattice_boltzmann.equilibrium(density, velocity)
    found = lattice_boltzmann.macroscopic(f)
    np.testing.assert_allclose(found[0], density, rtol=1e-6)
    np.testing.assert_allclose(found[1], velocity, rtol=1e-5)
    c = lattice_boltzmann.VELOCITIES
    stress = np.einsum("ia,ib,i->ab", c, c, np.asarray(f[:, 0, 0]))
    u = np.array([0.05, -0.02])
    np.testing.assert_allclose(stress, 1.2 * (np.eye(2) / 3 + np.outer(u, u)), rtol=1e-5)


def test_uniform_flow_stays():
    solid = np.zeros((20, 8), bool)
    geometry = lattice_boltzmann.channel(solid, 0.1, 100, 10)
    velocity = jnp.stack([jnp.full((20, 8), 0.1), jnp.zeros((20, 8))])
    f = lattice_boltzmann.equilibrium(jnp.ones((20, 8)), velocity)
    after = lattice_boltzmann.advance(f, geometry, 50)
    np.testing.assert_allclose(lattice_boltzmann.macroscopic(after)[1], velocity, atol=1e-6)


def test_shear_wave_across_decays_with_the_viscosity():
    """u_x = U + a sin(ky) decays as e^{-νk²t}; far from the inlet, in a time in which nothing arrives from there."""
    nx, ny, steps = 120, 32, 100
    wave = np.sin(2 * np.pi * np.arange(ny) / ny)
    geometry = lattice_boltzmann.channel(np.zeros((nx, ny), bool), 0.02, 20, 40)  # ν = 0.04
    velocity = np.stack([np.broadcast_to(0.02 + 0.001 * wave, (nx, ny)), np.zeros((nx, ny))])
    f = lattice_boltzmann.equilibrium(jnp.ones((nx, ny)), jnp.asarray(velocity, jnp.float32))
    after = np.asarray(lattice_boltzmann.macroscopic(lattice_boltzmann.advance(f, geometry, steps))[1])
    amplitude = 2 * (after[0, 108] * wave).mean()
    assert amplitude / 0.001 == pytest.approx(np.exp(-0.04 * (2 * np.pi / ny) ** 2 * steps), rel=0.02)


def test_record_is_zero_on_the_cylinder():
    solid = lattice_boltzmann.cylinder((30, 16), (8, 7.5), 3.0)
    geometry = lattice_boltzmann.channel(solid, 0.1, 50, 6)
    velocity = jnp.stack([jnp.full(solid.shape, 0.1), jnp.zeros(solid.shape)])
    f = lattice_boltzmann.equilibrium(jnp.ones(solid.shape), velocity)
    found = np.asarray(lattice_boltzmann.record(f, geometry, 10, 4))
    assert found.shape == (4, 2, 30, 16) and not found[:, :, solid].any()
    again = lattice_boltzmann.macroscopic(lattice_boltzmann.advance(f, geometry, 30))[1]
    np.testing.assert_allclose(found[3][:, ~solid], again[:, ~solid], atol=1e-6)
    assert 0.05 < found[3, 0][~solid].mean() < 0.2
