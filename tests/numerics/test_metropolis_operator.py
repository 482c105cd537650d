import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import linalg, stats
from scipy.integrate import quad

from replica.numerics import metropolis_operator as operator

COUNT = {"even": 120, "odd": 121}


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def _harmonic(count, half_width=6.0):
    centres, width = operator.cells(count, half_width)
    return jnp.asarray(centres), width, 0.5 * jnp.asarray(centres) ** 2


def test_cells():
    centres, width = operator.cells(5, 2.5)
    np.testing.assert_array_equal(centres, [-2, -1, 0, 1, 2])
    assert width == 1.0


@pytest.mark.parametrize(
    ("jump", "reference"),
    [
        ("uniform", stats.uniform(-2.4, 4.8)),
        ("gaussian", stats.norm(scale=2.4 / np.sqrt(3))),
        ("exponential", stats.laplace(scale=2.4 / np.sqrt(6))),
    ],
)
def test_jump_densities(jump, reference):
    z = np.linspace(-5, 5, 101)
    np.testing.assert_allclose(operator.JUMPS[jump](jnp.asarray(z), 2.4), reference.cdf(z), atol=1e-14)
    assert reference.var() == pytest.approx(2.4**2 / 3)


def test_jump_matrix_is_the_overlap_of_cells():
    centres, width = operator.cells(7, 3.5)
    jumps = operator.jump_matrix(jnp.asarray(centres), width, operator.uniform, 1.8)
    np.testing.assert_allclose(jumps[3], np.array([0, 0.3, 1, 1, 1, 0.3, 0]) / 3.6, atol=1e-15)
    np.testing.assert_array_equal(jumps, jumps.T)


@pytest.mark.parametrize("jump", operator.JUMPS)
@pytest.mark.parametrize("count", COUNT.values())
def test_stationary_state_and_detailed_balance(jump, count):
    centres, width, energy = _harmonic(count)
    transition = operator.transition_matrix(operator.jump_matrix(centres, width, operator.JUMPS[jump], 2.0), energy)
    p = operator.stationary(energy)
    np.testing.assert_allclose(transition.sum(0), 1, atol=1e-14)
    np.testing.assert_allclose(transition @ p, p, atol=1e-15)
    flow = transition * p[None, :]
    np.testing.assert_allclose(flow, flow.T, atol=1e-16)
    assert np.asarray(transition).min() >= 0


def test_symmetric_matrix_is_similar_to_the_transition_matrix():
    centres, width, energy = _harmonic(61)
    jumps = operator.jump_matrix(centres, width, operator.uniform, 2.0)
    root = np.sqrt(operator.stationary(energy))
    expected = operator.transition_matrix(jumps, energy) * root[None, :] / root[:, None]
    np.testing.assert_allclose(operator.symmetric_matrix(jumps, energy), expected, atol=1e-13)


def test_rejection_in_closed_form():
    centres, width, energy = _harmonic(2001, 8.0)
    rejection = operator.rejection(operator.jump_matrix(centres, width, operator.uniform, 4.0), energy)
    for at in (1000, 1100, 1250):
        x = float(centres[at])
        accepted = quad(lambda y, x=x: np.exp(min(0.0, (x**2 - y**2) / 2)), x - 4, x + 4, points=[-x, x], limit=200)[0]
        assert float(rejection[at]) == pytest.approx(1 - accepted / 8, abs=1e-5)


@pytest.mark.parametrize("count", COUNT.values())
@pytest.mark.parametrize("jump", operator.JUMPS)
def test_spectrum_against_scipy(count, jump):
    centres, width, energy = _harmonic(count)
    matrix = np.asarray(
        operator.symmetric_matrix(operator.jump_matrix(centres, width, operator.JUMPS[jump], 2.0), energy)
    )
    values = linalg.eigvalsh(matrix)
    found = operator.spectrum(centres, width, energy, operator.JUMPS[jump], 2.0, number=5)
    assert values[-1] == pytest.approx(1.0, abs=1e-13)
    np.testing.assert_allclose(found.moduli, np.sort(np.abs(values[:-1]))[::-1][:5], atol=1e-12)
    assert float(found.leading) == pytest.approx(values[-2], abs=1e-12)
    np.testing.assert_allclose(matrix @ found.mode, found.leading * found.mode, atol=1e-12)
    assert float((found.mode**2).sum()) == pytest.approx(1.0)
    assert bool(found.is_odd)
    np.testing.assert_allclose(found.mode, -found.mode[::-1], atol=1e-12)
    assert float(found.odd) == pytest.approx(values[-2], abs=1e-12)


@pytest.mark.parametrize("count", COUNT.values())
def test_parity_blocks_hold_the_whole_spectrum(count):
    centres, width, energy = _harmonic(count)
    matrix = operator.symmetric_matrix(operator.jump_matrix(centres, width, operator.uniform, 3.0), energy)
    blocks = operator.parity_blocks(matrix)
    both = np.sort(np.concatenate([linalg.eigvalsh(np.asarray(block)) for block in blocks]))
    np.testing.assert_allclose(both, linalg.eigvalsh(np.asarray(matrix)), atol=1e-13)


def test_box_with_long_jumps_rejects_the_same_everywhere():
    centres, width = operator.cells(100, 1.0)
    jumps = operator.jump_matrix(jnp.asarray(centres), width, operator.uniform, 3.0)
    np.testing.assert_allclose(operator.rejection(jumps, jnp.zeros(100)), 1 - 1 / 3.0, atol=1e-13)
    found = operator.spectrum(jnp.asarray(centres), width, jnp.zeros(100), operator.uniform, 3.0)
    assert float(found.leading) == pytest.approx(2 / 3, abs=1e-12)


def test_short_jumps_diffuse():
    centres, width = operator.cells(800, 1.0)
    found = operator.spectrum(jnp.asarray(centres), width, jnp.zeros(800), operator.uniform, 0.05)
    # Diffusion constant a²/6, reflecting walls at ±1, slowest mode sin(πx/2); the walls correct it by O(a).
    assert 1 - float(found.leading) == pytest.approx(np.pi**2 / 4 * 0.05**2 / 6, rel=0.05)


def test_box_divided_by_a_wall_does_not_converge():
    centres, width = operator.cells(200, 1.0)
    allowed = jnp.asarray(centres[np.abs(centres) > 0.35])
    found = operator.spectrum(allowed, width, jnp.zeros_like(allowed), operator.uniform, 0.5)
    assert float(found.leading) == pytest.approx(1.0, abs=1e-12)
    assert float(found.moduli[1]) < 0.9


def test_error_of_the_cells_is_of_second_order():
    lengths = {}
    for count in (50, 100, 200, 800):
        centres, width, energy = _harmonic(count, 6.0)
        lengths[count] = float(operator.spectrum(centres, width, energy, operator.gaussian, 2.0).leading)
    errors = np.abs([lengths[n] - lengths[800] for n in (50, 100, 200)])
    orders = np.log2(errors[:-1] / errors[1:])
    assert np.all(orders > 1.8)
