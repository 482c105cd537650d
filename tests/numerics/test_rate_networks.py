import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import erf

from replica.numerics import rate_networks

OPTIONS = {"transfer": rate_networks.erf_transfer, "replicas": 2, "steps_per_sample": 1, "burn_in": 0}


@pytest.mark.parametrize("symmetry", [-0.6, 0.0, 0.4])
def test_couplings(symmetry):
    matrix = np.asarray(rate_networks.couplings(jax.random.key(1), 400, 3.0, symmetry)) * np.sqrt(400) / 3.0
    above, below = matrix[np.triu_indices(400, 1)], matrix.T[np.triu_indices(400, 1)]
    error = 1 / np.sqrt(above.size)
    assert np.all(np.diag(matrix) == 0)
    assert np.mean(matrix**2) * 400 / 399 == pytest.approx(1.0, abs=5 * error)
    assert np.mean(above * below) == pytest.approx(symmetry, abs=5 * error)


def test_symmetry_out_of_range_is_refused():
    with pytest.raises(ValueError, match="lies in"):
        rate_networks.couplings(jax.random.key(1), 4, 1.0, 1.5)


def test_transfer_has_unit_slope_and_saturates():
    assert float(jax.grad(rate_networks.erf_transfer)(0.0)) == pytest.approx(1.0, rel=1e-6)
    assert float(rate_networks.erf_transfer(10.0)) == pytest.approx(1.0)


def _rows(order):
    def right_hand_side(_, flat, coupling):
        state = flat.reshape(order, -1)
        drive = coupling @ erf(np.sqrt(np.pi) / 2 * state[0])
        return (np.concatenate([state[1:], drive[None]]) - state).ravel()

    return right_hand_side


@pytest.mark.parametrize("order", [1, 2])
def test_convergence_of_fourth_order(order):
    with jax.enable_x64(True):
        coupling = rate_networks.couplings(jax.random.key(2), 30, 2.0)
        start = rate_networks.trajectories(
            jax.random.key(3), coupling, 2.0, step=1e-9, samples=1, order=order, **OPTIONS
        )[:, 0]
        errors = []
        for i in range(2):
            initial = np.concatenate([np.asarray(start[i]), np.zeros((order - 1) * 30)])
            exact = solve_ivp(
                _rows(order), (0, 2), initial, args=(np.asarray(coupling),), rtol=1e-12, atol=1e-12, method="DOP853"
            ).y[:30, -1]
            for steps in (10, 20, 40):
                x = rate_networks.trajectories(
                    jax.random.key(3), coupling, 2.0, step=2 / steps, samples=steps, order=order, **OPTIONS
                )
                errors.append(np.abs(np.asarray(x[i, -1]) - exact).max())
    orders = np.log2(np.array(errors).reshape(2, 3)[:, :-1] / np.array(errors).reshape(2, 3)[:, 1:])
    assert np.all((orders > 3.7) & (orders < 4.5)), orders


def test_ornstein_uhlenbeck_increment_is_exact():
    """Without couplings the noise alone remains: variance D, and correlation e^{-Δt} for any step."""
    x = np.asarray(
        rate_networks.trajectories(
            jax.random.key(4), jnp.zeros((2000, 2000)), 0.0, step=0.8, samples=40, noise=0.5, **OPTIONS | {"burn_in": 5}
        )
    )
    independent = np.sqrt(x.size / 2)
    assert np.mean(x**2) == pytest.approx(0.5, abs=5 * 0.5 * np.sqrt(2) / independent * 2)
    assert np.mean(x[:, 1:] * x[:, :-1]) == pytest.approx(0.5 * np.exp(-0.8), abs=5 * 0.5 * 2 / independent)


def test_replicas_differ_and_runs_repeat():
    coupling = rate_networks.couplings(jax.random.key(5), 20, 1.5)
    first, again = (
        np.asarray(rate_networks.trajectories(jax.random.key(6), coupling, 1.5, step=0.2, samples=5, **OPTIONS))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)
    assert first.shape == (2, 5, 20)
    assert np.abs(first[0] - first[1]).max() > 0.1
