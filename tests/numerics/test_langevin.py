from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import langevin
from replica.numerics import orthogonal_wavelets as wavelets

CHAINS = 4000
WIDTHS = jnp.array([0.5, 1.0, 1.5, 2.0])


def _gaussian(x):
    scaled = x / WIDTHS[:, None] ** 2
    return 0.5 * (x * scaled).sum(0), scaled


def _quartic(x):
    return (x**4 - x**2).sum(0), 4 * x**3 - 2 * x


def _start(energy, width=1.0, rows=4):
    return langevin.start(energy, width * jax.random.normal(jax.random.key(0), (rows, CHAINS)))


@pytest.mark.parametrize("step_size", [0.05, 0.3])
def test_stationary_moments_do_not_depend_on_the_step(step_size):
    run = jax.jit(partial(langevin.sample, energy=_gaussian, steps=400))
    chains, acceptance, _ = run(jax.random.key(1), _start(_gaussian), step_size)
    variance = np.asarray(chains.position, float).var(1)
    np.testing.assert_allclose(variance, np.asarray(WIDTHS) ** 2, rtol=5 * np.sqrt(2 / CHAINS))
    assert 0.3 < acceptance < 1


def test_moments_of_a_quartic_energy():
    run = jax.jit(partial(langevin.sample, energy=_quartic, steps=300))
    # Far out the drift of a quartic energy overshoots and a chain stays where it is: none starts there.
    chains, _, _ = run(jax.random.key(2), _start(_quartic, 0.5), 0.1)
    x = np.linspace(-4, 4, 4001)
    weight = np.exp(x**2 - x**4)
    square = np.asarray(chains.position, float).ravel() ** 2
    expected = np.sum(x**2 * weight) / weight.sum()
    assert square.mean() == pytest.approx(expected, abs=5 * square.std() / np.sqrt(square.size))


def test_one_step_has_the_probabilities_of_the_rule():
    """From a fixed point, accepted moves against the quadrature of proposal times min(1, ratio)."""
    step_size, at = 0.3, 1.2
    chains = langevin.start(_quartic, jnp.full((2, CHAINS), at).at[1].set(0.0))
    y = np.linspace(-4, 4, 801)
    first, second = np.meshgrid(y, y, indexing="ij")

    def log_density(to, start):
        return sum(-((b - a + step_size * (4 * a**3 - 2 * a)) ** 2) for a, b in zip(start, to, strict=True)) / (
            4 * step_size
        )

    here, there = (at, 0.0), (first, second)
    change = sum(a**4 - a**2 for a in here) - sum(b**4 - b**2 for b in there)
    ratio = change + log_density(here, there) - log_density(there, here)
    density = np.exp(log_density(there, here)) / (4 * np.pi * step_size) * (y[1] - y[0]) ** 2
    expected = np.sum(density * np.minimum(1, np.exp(ratio)))
    raw = jax.random.key_data(jax.random.key(4))
    moved, accepted = langevin.step(raw, chains, step_size, _quartic)
    assert float(accepted.mean()) == pytest.approx(expected, abs=5 * 0.5 / np.sqrt(CHAINS))
    np.testing.assert_array_equal(np.any(np.asarray(moved.position != chains.position), 0), accepted)
    energy, gradient = _quartic(moved.position)
    np.testing.assert_allclose(moved.energy, energy, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(moved.gradient, gradient, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("first", [1e-3, 2.0])
def test_tuning_reaches_its_acceptance(first):
    chains = _start(_gaussian)
    chains, step_size = jax.jit(partial(langevin.tune, energy=_gaussian, steps=200))(jax.random.key(5), chains, first)
    _, acceptance, kept = jax.jit(partial(langevin.sample, energy=_gaussian, steps=50, record=lambda x: x[0]))(
        jax.random.key(6), chains, step_size
    )
    assert acceptance == pytest.approx(langevin.ACCEPTANCE, abs=0.03)
    assert kept.shape == (50, CHAINS)


def test_coarse_field_stands_still_and_details_have_their_variance():
    h = wavelets.daubechies(2)
    project = partial(wavelets.without_coarse, low_pass=h)

    def energy(y):
        return 0.5 * (y * y).sum((0, 1)), project(y)

    y = jax.random.normal(jax.random.key(7), (4, 4, 4000))
    run = jax.jit(partial(langevin.sample, energy=energy, steps=100, confine=project))
    chains, _, _ = run(jax.random.key(8), langevin.start(energy, 1.5 * y), 0.3)
    before, after = (wavelets.split(x, h) for x in (1.5 * y, chains.position))
    np.testing.assert_allclose(after[0], before[0], atol=1e-4)
    assert np.var(after[1]) == pytest.approx(1, abs=5 * np.sqrt(2 / 48_000))


def test_infinite_energies_are_never_entered():
    def energy(x):
        return jnp.where((x > 0).all(0), 0.0, jnp.inf), jnp.zeros_like(x)

    start = langevin.start(energy, jnp.ones((2, CHAINS)))
    chains, _, _ = langevin.sample(jax.random.key(9), start, 0.5, energy, 50)
    assert (chains.position > 0).all() and np.isfinite(chains.energy).all()


def test_dropped_steps_are_left_out_of_the_accepted_share():
    chains = _start(_gaussian, 0.01)
    whole, rest = (langevin.sample(jax.random.key(3), chains, 1.0, _gaussian, 20, dropped=n)[1] for n in (0, 19))
    _, last, _ = langevin.sample(jax.random.key(3), chains, 1.0, _gaussian, 20, record=lambda x: x[0])
    assert whole == last and rest != whole
