import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import conditional_energies as energies


@pytest.fixture
def field():
    with jax.enable_x64(True):
        yield jnp.asarray(np.random.default_rng(0).standard_normal((6, 6, 4)))


def _potentials(kind, field):
    return energies.Powers(jnp.std(field)) if kind == "powers" else energies.ramps(field)


def test_neighbour_means_of_a_point(field):
    """A unit point spreads to the four sites at each shift."""
    point = jnp.zeros((6, 6)).at[1, 2].set(1.0)
    for shift, mean in zip(energies.SHIFTS, energies.neighbour_means(point), strict=True):
        row, column = shift
        expected = np.zeros((6, 6))
        for i, j in {(row, column), (-row, -column), (column, -row), (-column, row)}:
            expected[(1 + i) % 6, (2 + j) % 6] = 0.25
        np.testing.assert_array_equal(mean, expected)
        assert expected.sum() == 1


@pytest.mark.parametrize("kind", ["powers", "ramps"])
def test_gradients_and_curvatures_are_derivatives(kind, field):
    potentials = _potentials(kind, field)
    one = field[..., 0]
    expected = jax.jacobian(lambda y: energies.energies(potentials, y))(one)
    np.testing.assert_allclose(energies.gradients(potentials, one), expected, atol=1e-11)
    assert expected.shape[0] == energies.count(potentials)
    y = jnp.linspace(-1.0, 2.0, 7)
    for k in range(2):
        slopes = jax.jacfwd(lambda x, k=k: energies.potential_derivatives(potentials, x)[k])(y)
        expected = jnp.diagonal(slopes, axis1=1, axis2=2)
        np.testing.assert_allclose(energies.potential_derivatives(potentials, y)[k + 1], expected, atol=1e-10)


def test_energy_with_powers_is_the_sum_of_its_terms(field):
    potentials = _potentials("powers", field)
    couplings = jnp.linspace(-1.0, 1.0, energies.count(potentials))
    energy, gradient = energies.energy_and_gradient(potentials, couplings)(field)
    np.testing.assert_allclose(energy, couplings @ energies.energies(potentials, field))
    expected = jnp.tensordot(couplings, energies.gradients(potentials, field), 1)
    np.testing.assert_allclose(gradient, expected, atol=1e-11)
    plain = couplings / energies.units(potentials)
    again, _ = energies.energy_and_gradient(energies.Powers(jnp.float64(1)), plain)(field)
    np.testing.assert_allclose(again, energy)


@pytest.mark.parametrize("kind", ["powers", "ramps"])
def test_table_converges_in_fourth_order(kind, field):
    potentials = _potentials(kind, field)
    if kind == "ramps":
        potentials = potentials._replace(centres=jnp.linspace(-2, 2, 13), widths=jnp.full(13, 0.3))
    couplings = jnp.linspace(-1.0, 1.0, energies.count(potentials))
    exact = couplings @ energies.energies(potentials, field)
    errors = []
    for knots in (101, 201, 401):
        evaluate = energies.confined_energy_and_gradient(potentials, couplings, field.min(), field.max(), knots)
        energy, gradient = evaluate(field)
        errors.append(np.abs(energy - exact).max())
    expected = jax.grad(lambda y: evaluate(y)[0].sum())(field)
    np.testing.assert_allclose(gradient, expected, atol=1e-9)
    order = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.all(order > 3.3), errors


def test_outside_of_the_range_the_energy_is_infinite(field):
    potentials = _potentials("ramps", field)
    couplings = jnp.ones(energies.count(potentials))
    evaluate = energies.confined_energy_and_gradient(potentials, couplings, field.min(), field.max(), 101)
    for value in (field.min() - 0.1, field.max() + 0.1):
        energy, gradient = evaluate(field.at[0, 0, 1].set(value))
        np.testing.assert_array_equal(np.isinf(energy), [False, True, False, False])
        assert np.isfinite(gradient).all()
