import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import expit

from replica.numerics import gated_networks
from replica.numerics.gated_networks import Fields, Gating

GATING = Gating(3.0, 4.0, 6.0, 0.5, -0.3, 2.0, 0.7)


def _network(units, columns, **options):
    keys = jax.random.split(jax.random.key(1))
    coupling = gated_networks.couplings(keys[0], units, **options)
    return coupling, gated_networks.initial_fields(keys[1], coupling, jnp.ones(columns))


def _right_hand_side(_, flat, coupling, gating, inputs):
    h, z, r = flat.reshape(3, -1)
    rate = np.tanh(gating.gain * h)
    update = expit(gating.update_steepness * z - gating.update_bias)
    output = expit(gating.output_steepness * r - gating.output_bias)
    dh = update * (-h + coupling[0] @ (rate * output) + inputs[0])
    dz = (-z + coupling[1] @ rate + inputs[1]) / gating.update_time
    dr = (-r + coupling[2] @ rate + inputs[2]) / gating.output_time
    return np.concatenate([dh, dz, dr])


def test_trajectory_and_order_against_an_independent_solver():
    with jax.enable_x64(True):
        coupling, fields = _network(20, 1)
        inputs = Fields(0.3, -0.2, 0.1)
        plain = [np.asarray(j) for j in coupling]
        start = np.concatenate([np.asarray(f)[:, 0] for f in fields])
        exact = solve_ivp(
            _right_hand_side, (0, 4), start, "DOP853", args=(plain, GATING, inputs), rtol=1e-12, atol=1e-12
        ).y[:, -1]
        errors = []
        for step in (0.1, 0.05, 0.025):
            end, h = gated_networks.trajectories(
                fields, coupling, GATING, inputs, step=step, steps_per_sample=round(2 / step), samples=2
            )
            errors.append(np.abs(np.concatenate([np.asarray(f)[:, 0] for f in end]) - exact).max())
        assert h.shape == (2, 20, 1)
        assert np.array_equal(h[-1], end.h)
        assert errors[-1] < 1e-5
        orders = np.log2(np.array(errors[:-1]) / errors[1:])
        assert orders == pytest.approx(4.0, abs=0.5)


def test_frozen_gates_are_gates_of_no_steepness():
    with jax.enable_x64(True):
        coupling, fields = _network(15, 2)
        options = {"step": 0.1, "steps_per_sample": 10, "samples": 3}
        moving = gated_networks.trajectories(fields, coupling, Gating(4.0), **options)[1]
        frozen = gated_networks.trajectories(Fields(fields.h), Fields(coupling.h), Gating(4.0), **options)[1]
        assert np.asarray(frozen) == pytest.approx(np.asarray(moving), abs=1e-12)


def test_columns_with_their_own_parameters():
    with jax.enable_x64(True):
        coupling, fields = _network(15, 2)
        options = {"step": 0.1, "steps_per_sample": 10, "samples": 3}
        values = [(2.0, 5.0), (0.0, 8.0), (3.0, 10.0), (0.2, 0.0), (0.0, 0.4), (1.0, 3.0), (0.5, 1.0)]
        together = gated_networks.trajectories(fields, coupling, Gating(*map(jnp.array, values)), **options)[1]
        for i in range(2):
            own = jax.tree.map(lambda field, i=i: field[:, i : i + 1], fields)
            alone = gated_networks.trajectories(own, coupling, Gating(*(v[i] for v in values)), **options)[1]
            assert np.asarray(together[..., i : i + 1]) == pytest.approx(np.asarray(alone), abs=1e-12)


def test_couplings():
    whole = gated_networks.couplings(jax.random.key(2), 300)
    part = gated_networks.couplings(jax.random.key(2), 300, update=False)
    assert part.z is None
    assert np.array_equal(part.r, whole.r)
    for matrix in whole:
        assert float(jnp.var(matrix)) * 300 == pytest.approx(1.0, abs=5 * np.sqrt(2) / 300)
    assert np.abs(np.corrcoef([np.ravel(m) for m in whole])[np.triu_indices(3, 1)]).max() < 5 / 300


def test_initial_fields_have_the_deviation_of_their_column():
    _, fields = _network(2000, 1)
    coupling = Fields(jnp.zeros((2000, 2000)), None, jnp.zeros((1, 1)))
    fields = gated_networks.initial_fields(jax.random.key(0), coupling, jnp.array([1.0, 0.01]))
    assert fields.z is None
    assert np.asarray(fields.h).std(axis=0) == pytest.approx([1.0, 0.01], rel=0.08)
