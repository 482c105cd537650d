import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import lattice_field


def test_energy_of_chosen_fields_and_its_gradient():
    with jax.enable_x64(True):
        uniform = jnp.full((4, 6, 1), 0.5)
        # Two bonds for each site.
        assert lattice_field.energy(uniform, 0.3)[0] == pytest.approx(24 * (0.5**4 - 0.5**2 - 2 * 0.3 * 0.25))
        stripes = jnp.broadcast_to(jnp.array([1.0, -1.0])[None, :, None], (4, 2, 1)).repeat(2, 1)
        assert lattice_field.energy(stripes, 0.3)[0] == pytest.approx(-0.3 * 16)  # along the stripes only
        field = jnp.asarray(np.random.default_rng(0).standard_normal((4, 6, 3)))
        energy, gradient = lattice_field.energy_and_gradient(field, 0.7)
        np.testing.assert_allclose(energy, lattice_field.energy(field, 0.7))
        expected = jax.grad(lambda x: lattice_field.energy(x, 0.7).sum())(field)
        np.testing.assert_allclose(gradient, expected, atol=1e-12)


def _sample(beta, side, chains=4000, burn_in=60, **options):
    options = {"snapshots": (1,), "apart": (1,)} | options
    return lattice_field.metropolis(jax.random.key(1), beta, side=side, chains=chains, burn_in=burn_in, **options)


def test_uncoupled_sites_have_their_density():
    (fields,) = _sample(0.0, 2)
    square = np.asarray(fields, float).ravel() ** 2
    x = np.linspace(-4, 4, 4001)
    weight = np.exp(x**2 - x**4)
    for power in (1, 2):
        expected = np.sum(x ** (2 * power) * weight) / weight.sum()
        moment = square**power
        assert moment.mean() == pytest.approx(expected, abs=5 * moment.std() / np.sqrt(square.size))


def test_two_by_two_lattice_by_quadrature():
    """Every pair of neighbours is joined by two bonds; by the transfer matrix of the ring of four."""
    beta = 0.3
    x = np.linspace(-2.4, 2.4, 49)
    single = np.exp(x**2 - x**4)
    bond = np.exp(2 * beta * x[:, None] * x[None, :]) * np.sqrt(single[:, None] * single[None, :])
    ring = np.linalg.matrix_power(bond, 4)  # sites of the square in a ring
    square = np.trace(np.diag(x**2) @ ring) / np.trace(ring)
    product = np.trace(np.diag(x) @ bond @ np.diag(x) @ np.linalg.matrix_power(bond, 3)) / np.trace(ring)
    (fields,) = _sample(beta, 2, chains=20_000)
    fields = np.asarray(fields, float)
    assert (fields**2).mean() == pytest.approx(square, abs=0.006)
    assert (fields[0, 0] * fields[0, 1]).mean() == pytest.approx(product, abs=0.015)
    assert (fields[0, 0] * fields[1, 0]).mean() == pytest.approx(product, abs=0.015)


def test_checkerboard_agrees_with_site_by_site_updates():
    """Correlations along and across rows, with a sweep over single sites as an independent implementation."""
    beta, side, chains = 0.5, 4, 6000
    rng = np.random.default_rng(3)
    fields = np.ones((side, side, chains)) * rng.choice([-1, 1], chains)
    for _ in range(60):
        for row in range(side):
            for column in range(side):
                neighbours = sum(
                    fields[(row + i) % side, (column + j) % side] for i, j in ((0, 1), (0, -1), (1, 0), (-1, 0))
                )
                y = fields[row, column]
                z = y + rng.uniform(-1.6, 1.6, chains)
                change = z**4 - z**2 - y**4 + y**2 - beta * neighbours * (z - y)
                fields[row, column] = np.where(rng.random(chains) < np.exp(-change), z, y)
    (own,) = _sample(beta, side, chains=chains)
    own = np.asarray(own, float)
    for shift in ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2)):
        products = [(f * np.roll(f, shift, (0, 1))).mean((0, 1)) for f in (own, fields)]
        error = np.sqrt(sum(p.var() / chains for p in products))
        assert products[0].mean() == pytest.approx(products[1].mean(), abs=5 * error)


def test_sets_and_their_shapes():
    first, second = _sample(0.68, 4, chains=8, burn_in=5, snapshots=(3, 2), apart=(2, 4))
    assert first.shape == (4, 4, 24) and second.shape == (4, 4, 16)
    assert first.dtype == jnp.float32
    with jax.enable_x64(True):
        again, _ = _sample(0.68, 4, chains=8, burn_in=5, snapshots=(3, 2), apart=(2, 4))
    np.testing.assert_array_equal(first, again)
    with pytest.raises(ValueError, match="even side"):
        _sample(0.68, 3)
