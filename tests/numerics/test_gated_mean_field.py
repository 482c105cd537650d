import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from replica.numerics import dynamical_mean_field, gated_mean_field, gated_networks
from replica.numerics.gated_networks import Gating


def test_hermite_coefficients():
    functions = gated_mean_field.odd_hermite_functions()
    xi = gated_mean_field.GAUSSIAN_GRID[-functions.shape[1] :]
    assert functions[:4] @ np.stack([xi, (xi**3 - 3 * xi) / np.sqrt(6)], 1) == pytest.approx(
        np.eye(4, 2), abs=1e-9
    )  # the grid ends at 8.5
    for transfer in (lambda u: np.tanh(3 * u), lambda u: expit(20 * u) - 0.5):
        expected = dynamical_mean_field.hermite_coefficients(transfer, 0.25)[1:120:2]
        assert functions @ transfer(0.5 * xi) == pytest.approx(expected, abs=1e-8)


def test_without_output_gate_it_is_the_classical_network():
    """y = g h obeys the classical equation of gain g/2 in the time t/2; lags are periodic and too few for the tail."""
    gain = 4.0
    kernel = dynamical_mean_field.hermite_kernel(np.tanh)
    classical = dynamical_mean_field.chaotic_state(kernel, gain / 2, 30.0, 300)
    found = gated_mean_field.chaotic_state([gain], [0.0])
    assert found.chaotic[0]
    expected = np.interp(found.lags / 2, classical.lags, classical.state) / gain**2
    assert found.state[0, :400] == pytest.approx(expected[:400], abs=2e-3 * expected[0])


def test_networks_follow_the_theory():
    """N = 400, steep output gate: variance and decay of h, within the scatter of single networks."""
    keys = jax.random.split(jax.random.key(4))
    coupling = gated_networks.couplings(keys[0], 400, update=False)
    fields = gated_networks.initial_fields(keys[1], coupling, jnp.ones(4))
    options = {"step": 0.2, "steps_per_sample": 5}
    gating = Gating(3.0, output_steepness=20.0)
    fields, _ = gated_networks.trajectories(fields, coupling, gating, samples=50, **options)
    h = np.asarray(gated_networks.trajectories(fields, coupling, gating, samples=200, **options)[1])
    theory = gated_mean_field.chaotic_state([3.0], [20.0])
    measured = [np.mean(h[: 200 - lag] * h[lag:]) for lag in (0, 2, 5)]
    assert measured == pytest.approx(theory.state[0, [0, 20, 50]], rel=0.12)


def test_onset_of_chaos_lies_above_that_of_fixed_points_with_a_jump():
    onset = gated_mean_field.onset_of_chaos([20.0], 1.6, 1.9, 0.02, iterations=400)
    assert 1.74 < onset[0] < 1.79
    at = gated_mean_field.chaotic_state([onset[0]], [20.0], iterations=400)
    assert at.state[0, 0] > 0.01
    below = gated_mean_field.chaotic_state([onset[0] - 0.03], [20.0], iterations=400)
    assert not below.chaotic[0]
    assert below.state[0, 0] < 1e-4


def test_interval_without_onset_is_refused():
    with pytest.raises(ValueError, match="does not lie between"):
        gated_mean_field.onset_of_chaos([20.0], 1.2, 1.4, 0.1, iterations=100)
