"""Flow maps: order of convergence on a rotation, and samples along a trajectory."""

import jax
import jax.numpy as jnp
import numpy as np

from replica.numerics import flow_map


def rotation(state):
    return jnp.stack([state[1], -state[0]])


def test_error_falls_with_the_fourth_power_of_the_step():
    with jax.enable_x64(True):
        start = jnp.asarray(np.random.default_rng(0).standard_normal((2, 5)))
        turn = np.array([[np.cos(2), np.sin(2)], [-np.sin(2), np.cos(2)]])
        errors = [
            np.abs(flow_map.flow(rotation, start, 2.0, steps) - turn @ np.asarray(start)).max() for steps in (20, 40)
        ]
    assert 3.9 < np.log2(errors[0] / errors[1]) < 4.1


def test_trajectory_repeats_the_flow():
    with jax.enable_x64(True):
        start = jnp.array([1.0, 0.5])
        found = flow_map.trajectory(rotation, start, 0.3, 4, 3)
        expected = [start]
        for _ in range(2):
            expected.append(flow_map.flow(rotation, expected[-1], 0.3, 4))
    np.testing.assert_allclose(found, expected, rtol=1e-14)
