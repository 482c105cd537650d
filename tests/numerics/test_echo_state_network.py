"""Reservoirs against dense matrices, training against all states at once, forecasts of a system that is learnt."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import echo_state_network, ridge_regression, truncated_reservoir

OPTIONS = {"radius": 0.4, "degree": 3, "input_scale": 0.5}


def _reservoir(nodes=40, inputs=3, **options):
    return echo_state_network.reservoir(np.random.default_rng(1), nodes, inputs, **OPTIONS | options)


def _dense(reservoir):
    nodes = reservoir.source.size
    matrix = np.zeros((nodes, nodes))
    for values, columns in zip(np.asarray(reservoir.values), np.asarray(reservoir.columns), strict=True):
        matrix[np.arange(nodes), columns] += values
    return matrix


@pytest.mark.parametrize("nodes", [40, 300])
def test_matrix(nodes):
    with jax.enable_x64(True):
        matrix = _dense(_reservoir(nodes))
    assert (matrix > 0).sum() == 3 * nodes
    assert np.abs(np.linalg.eigvals(matrix)).max() == pytest.approx(0.4, rel=1e-10)


def test_inputs_are_blocks_of_nodes():
    reservoir = _reservoir(nodes=41)
    np.testing.assert_array_equal(reservoir.source, np.minimum(np.arange(41) // 13, 2))
    assert float(abs(reservoir.source_weight).max()) <= 0.5
    with pytest.raises(ValueError, match="node for each"):
        _reservoir(nodes=2)


def test_step_is_that_of_the_dense_matrix():
    generator = np.random.default_rng(2)
    state, inputs = generator.normal(size=(40, 5)), generator.normal(size=(3, 5))
    with jax.enable_x64(True):
        reservoir = _reservoir()
        got = echo_state_network.step(reservoir, jnp.asarray(state), jnp.asarray(inputs))
        source_weight = np.asarray(reservoir.source_weight)
        expected = np.tanh(_dense(reservoir) @ state + source_weight[:, None] * inputs[np.asarray(reservoir.source)])
    np.testing.assert_allclose(got, expected, atol=1e-13)


def test_features():
    state = jnp.arange(1.0, 9.0)
    np.testing.assert_allclose(echo_state_network.products(state), [1, 2, 2, 4, 12, 6, 7, 8])
    np.testing.assert_allclose(echo_state_network.squares(state), [1, 2, 9, 4, 25, 6, 49, 8])


@pytest.mark.parametrize("nodes", [40, 41])
def test_operations(nodes):
    reservoir = _reservoir(nodes)
    changed = int((echo_state_network.products(2 * jnp.ones(nodes)) == 4).sum())
    count = echo_state_network.operations(reservoir, echo_state_network.products, 3)
    assert count == 3 * nodes + nodes + changed + 3 * nodes


def test_training_and_forecast_against_a_loop():
    series = np.random.default_rng(3).normal(size=(201, 3))
    with jax.enable_x64(True):
        reservoir = _reservoir()
        features = echo_state_network.products
        sums = echo_state_network.training_sums(reservoir, jnp.asarray(series), features, block=50)
        weights = ridge_regression.solve(sums, 1e-3)
        matrix, source = _dense(reservoir), np.asarray(reservoir.source)
        source_weight = np.asarray(reservoir.source_weight)
        r, seen = np.zeros(40), []
        for u in series[:-1]:
            r = np.tanh(matrix @ r + source_weight * u[source])
            seen.append(np.asarray(features(jnp.asarray(r))))
        seen = np.array(seen)
        expected = np.linalg.solve(seen.T @ seen + 1e-3 * np.eye(40), seen.T @ series[1:]).T
        np.testing.assert_allclose(weights, expected, atol=1e-8)
        warm_up = jnp.asarray(series[:-1, :, None])
        forecast = echo_state_network.forecast(reservoir, jnp.asarray(weights), warm_up, features, 4)
        for output in np.asarray(forecast[:, :, 0]):
            u = weights @ np.asarray(features(jnp.asarray(r)))
            np.testing.assert_allclose(output, u, atol=1e-9)
            r = np.tanh(matrix @ r + source_weight * u[source])
    with pytest.raises(ValueError, match="multiple"):
        echo_state_network.training_sums(reservoir, jnp.zeros((12, 3)), features, block=10)


def test_forgets_at_the_rate_of_its_radius():
    """Without inputs a small state decays as radius^t."""
    with jax.enable_x64(True):
        reservoir = _reservoir(nodes=100, radius=0.8)
        state = echo_state_network.drive(reservoir, jnp.zeros((60, 3)), 1e-6 * jnp.ones(100))
        later = np.asarray(echo_state_network.drive(reservoir, jnp.zeros((10, 3)), state))
    assert np.linalg.norm(later) / np.linalg.norm(state) == pytest.approx(0.8**10, rel=1e-3)


def test_learns_a_rotation():
    t = 0.1 * np.arange(4001)
    series = np.stack([np.sin(t), np.cos(t)], axis=1)
    with jax.enable_x64(True):
        reservoir = _reservoir(nodes=60, inputs=2)
        sums = echo_state_network.training_sums(reservoir, jnp.asarray(series[:2001]), echo_state_network.plain, 500)
        weights = jnp.asarray(ridge_regression.solve(sums, 1e-8))
        warm_up = jnp.asarray(series[2950:3000, :, None])
        forecast = echo_state_network.forecast(reservoir, weights, warm_up, echo_state_network.plain, 200)
    np.testing.assert_allclose(forecast[:, :, 0], series[3000:3200], atol=1e-3)


def test_truncated_reservoir_of_long_memory_is_the_whole():
    series = jnp.asarray(np.random.default_rng(4).normal(size=(441, 3)))
    features = echo_state_network.products
    with jax.enable_x64(True):
        reservoir = _reservoir(radius=0.1)
        series = jnp.asarray(series, dtype=float)
        whole = echo_state_network.training_sums(reservoir, series[20:], features, block=420)
        part = truncated_reservoir.training_sums(reservoir, series, features, memory=21, steps=420, block=210)
        # The first 20 states of the whole still know r = 0.
        np.testing.assert_allclose(part.cross, whole.cross, atol=2.0)
        weights = jnp.asarray(0.01 * np.random.default_rng(5).normal(size=(3, 40)))
        warm_up = series[-30:, :, None]
        long = truncated_reservoir.forecast(reservoir, weights, warm_up, features, 5)
        np.testing.assert_allclose(
            long, echo_state_network.forecast(reservoir, weights, warm_up, features, 5), atol=1e-12
        )


def test_truncated_reservoir_of_one_input_is_a_map():
    with jax.enable_x64(True):
        reservoir = _reservoir()
        u = jnp.asarray(np.random.default_rng(6).normal(size=(3, 7)))
        got = truncated_reservoir.state(reservoir, u[None])
        expected = jnp.tanh(reservoir.source_weight[:, None] * u[reservoir.source])
        np.testing.assert_allclose(got, expected, atol=1e-14)
