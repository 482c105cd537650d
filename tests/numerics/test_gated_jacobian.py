import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import gated_jacobian, gated_networks
from replica.numerics.gated_networks import Fields, Gating

GATING = Gating(3.0, 4.0, 6.0, 0.5, -0.3, 2.0, 0.7)


def _state(units, seed=0):
    keys = jax.random.split(jax.random.key(seed))
    coupling = gated_networks.couplings(keys[0], units)
    fields = gated_networks.initial_fields(keys[1], coupling, jnp.ones(1))
    return coupling, fields


@pytest.mark.parametrize("kept", [(0, 1, 2), (0, 1), (0, 2), (0,)])
def test_jacobian_against_automatic_differentiation(kept):
    with jax.enable_x64(True):
        coupling, fields = (Fields(*(t[i] if i in kept else None for i in range(3))) for t in _state(8))
        inputs = Fields(0.3, -0.2, 0.1)

        def slope(flat):
            parts = iter(jnp.split(flat, len(kept)))
            state = Fields(*(next(parts)[:, None] if i in kept else None for i in range(3)))
            moved = gated_networks.derivative(state, coupling, GATING, inputs)
            return jnp.concatenate([d for d in moved if d is not None])[:, 0]

        expected = jax.jacfwd(slope)(jnp.concatenate([f for f in fields if f is not None])[:, 0])
        own = Fields(*(None if f is None else f[:, 0] for f in fields))
        found = gated_jacobian.jacobian(own, coupling, GATING, inputs)
        assert found == pytest.approx(np.asarray(expected), abs=1e-12)


def test_edge_of_the_silent_state_is_that_of_the_circular_law():
    coupling, _ = _state(50)
    zero = np.zeros(50)
    for gain in (1.0, 2.0, 3.5):
        gains = gated_jacobian.local_gains(Fields(zero, zero, zero), coupling, Gating(gain, 10.0, 20.0))
        assert gated_jacobian.spectral_edge(gains, Gating(gain, 10.0, 20.0)) == pytest.approx(gain / 4 - 0.5, abs=1e-8)
        circle = -0.5 + gain / 4 * np.exp(1j * np.linspace(0, 6, 20))
        assert gated_jacobian.bulk_function(circle, gains, Gating(gain, 10.0, 20.0)) == pytest.approx(1.0)


def test_bulk_left_of_the_scanned_range_is_refused():
    gains = gated_jacobian.LocalGains(*(np.zeros(4) for _ in range(6)))._replace(update=np.ones(4))
    with pytest.raises(ValueError, match="lies right of"):
        gated_jacobian.spectral_edge(gains, Gating(1.0))


def test_bulk_holds_the_eigenvalues_of_a_state_that_is_not_a_fixed_point():
    """h, z, r independent of the couplings: what is outside of F = 0.85 is due to finite size."""
    gating = Gating(3.0, 5.0, 6.0, 0.2, -0.3, 1.5, 0.7)
    coupling, fields = _state(200, seed=5)
    own = Fields(*(0.7 * np.asarray(f, dtype=float)[:, 0] for f in fields))
    gains = gated_jacobian.local_gains(own, coupling, gating)
    assert np.mean(gains.residual**2) > 0.01
    values = np.linalg.eigvals(gated_jacobian.jacobian(own, coupling, gating))
    bulk = values[(np.abs(values + 1 / 1.5) > 0.2) & (np.abs(values + 1 / 0.7) > 0.2)]
    assert np.mean(gated_jacobian.bulk_function(bulk, gains, gating) < 0.85) < 0.01
    assert gated_jacobian.spectral_edge(gains, gating) == pytest.approx(values.real.max(), abs=0.1)
    ungated = gated_jacobian.local_gains(own._replace(r=None), coupling, gating)
    at_rest = gains._replace(residual=np.zeros(200))
    for wrong in (ungated, at_rest):
        assert np.mean(gated_jacobian.bulk_function(bulk, wrong, gating) < 0.85) > 0.03
