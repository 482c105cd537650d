import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import gated_networks, lyapunov_spectrum
from replica.numerics.gated_networks import Gating


def _exponents(
    step, state, count, *, steps, intervals, dropped=0, time=1.0, orthonormalise=lyapunov_spectrum.householder
):
    @jax.jit
    def logarithms(key, state):
        tangents = lyapunov_spectrum.random_tangents(key, state, count)
        advance = lyapunov_spectrum.linearised(step)
        return lyapunov_spectrum.growth(
            advance, state, tangents, steps=steps, intervals=intervals, orthonormalise=orthonormalise
        ).logarithms

    grown = np.asarray(logarithms(jax.random.key(0), state), dtype=float)[dropped:]
    return grown.mean(axis=0) / (steps * time)


def test_linear_map_has_logarithms_of_its_eigenvalues():
    with jax.enable_x64(True):
        rotation, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))
        factors = np.array([2.0, -1.5, 1.0, 0.7, -0.4, 0.1])
        matrix = jnp.asarray(rotation * factors @ rotation.T)
        state = jnp.ones((6, 1))
        found = _exponents(lambda x: 0.5 * matrix @ x, state, 6, steps=1, intervals=400, dropped=200)
        assert found[0] == pytest.approx(np.log(0.5 * np.abs(factors)), abs=1e-8)


def test_henon_map():
    def step(x):
        return jnp.stack([1 - 1.4 * x[0] ** 2 + x[1], 0.3 * x[0]])

    with jax.enable_x64(True):
        found = _exponents(step, jnp.array([[0.1], [0.1]]), 2, steps=3, intervals=30_000)[0]
        assert found.sum() == pytest.approx(np.log(0.3), abs=1e-12)  # the determinant is constant
        assert found[0] == pytest.approx(0.4192, abs=0.003)  # Sprott 2003
        dimension = lyapunov_spectrum.kaplan_yorke_dimension(found)
        assert dimension == pytest.approx(1.258, abs=0.003)


def _lorenz_step(length):
    def slope(v):
        x, y, z = v
        return jnp.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    def step(v):
        k1 = slope(v)
        k2 = slope(v + length / 2 * k1)
        k3 = slope(v + length / 2 * k2)
        k4 = slope(v + length * k3)
        return v + length / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    return step


def test_lorenz_system_and_convergence_with_the_step():
    with jax.enable_x64(True):
        start = jnp.array([[1.0, -3.0], [2.0, 1.0], [20.0, 25.0]])
        errors = []
        for length in (0.02, 0.01):
            found = _exponents(_lorenz_step(length), start, 3, steps=4, intervals=4000, dropped=200, time=length)
            errors.append(np.abs(found.sum(axis=1) + 41 / 3).mean())  # the divergence is constant
        assert errors[0] / errors[1] > 12  # fourth order: 16
        assert found[:, 0] == pytest.approx(0.906, abs=0.04)
        assert found[:, 1] == pytest.approx(0.0, abs=0.01)


def _network(units, columns, **options):
    keys = jax.random.split(jax.random.key(3))
    coupling = gated_networks.couplings(keys[0], units, **options)
    return coupling, gated_networks.initial_fields(keys[1], coupling, jnp.ones(columns))


@pytest.mark.parametrize("orthonormalise", [lyapunov_spectrum.householder, lyapunov_spectrum.cholesky])
def test_network_against_a_plain_loop(orthonormalise):
    """Dense Jacobians of each Runge-Kutta step and numpy.linalg.qr, from the same tangents."""
    with jax.enable_x64(True):
        coupling, fields = _network(12, 3)
        gating = Gating(jnp.array([3.0, 4.0, 5.0]), jnp.array([0.0, 2.0, 5.0]), jnp.array([5.0, 0.0, 3.0]))

        def step(state):
            return gated_networks.runge_kutta_step(state, coupling, gating, 0.1)

        tangents = lyapunov_spectrum.random_tangents(jax.random.key(1), fields, 10)
        grown = lyapunov_spectrum.growth(
            lyapunov_spectrum.linearised(step),
            fields,
            tangents,
            steps=4,
            intervals=15,
            observe=lambda state: state.h,
            orthonormalise=orthonormalise,
        )
        for column in range(3):
            alone = Gating(*(np.asarray(v)[column : column + 1] if np.ndim(v) else v for v in gating))
            one = jax.tree.map(lambda x, c=column: x[:, c : c + 1], fields)

            def flat_step(x, alone=alone):
                state = gated_networks.Fields(*(part[:, None] for part in jnp.split(x, 3)))
                return jnp.concatenate(gated_networks.runge_kutta_step(state, coupling, alone, 0.1))[:, 0]

            jacobian = jax.jit(jax.jacfwd(flat_step))
            x, q = jnp.concatenate(one)[:, 0], np.asarray(lyapunov_spectrum.matrices(tangents)[column])
            expected = np.zeros(10)
            for _ in range(15):
                for _ in range(4):
                    q, x = np.asarray(jacobian(x)) @ q, jax.jit(flat_step)(x)
                q, r = np.linalg.qr(q)
                expected += np.log(np.abs(np.diag(r))) / 15
            found = np.asarray(grown.logarithms)[:, column].mean(axis=0)
            assert found == pytest.approx(expected, abs=1e-9)
            assert np.asarray(grown.observed)[-1, :, column] == pytest.approx(np.asarray(x[:12]), abs=1e-9)


def test_silent_state_of_a_gated_network():
    """Around zero the leading exponent is that of the largest eigenvalue, (-1 + J/2)/2."""
    with jax.enable_x64(True):
        coupling, fields = _network(100, 1, update=False)
        silent = jax.tree.map(jnp.zeros_like, fields)
        largest = np.linalg.eigvals(np.asarray(coupling.h) * 1.7 / 2).real.max()

        def step(state):
            return gated_networks.runge_kutta_step(state, coupling, Gating(1.7, output_steepness=20.0), 0.2)

        found = _exponents(step, silent, 1, steps=5, intervals=600, dropped=300, time=0.2)[0, 0]
        assert found == pytest.approx((largest - 1) / 2, abs=2e-3)


def test_both_factorisations_agree():
    matrix = jax.random.normal(jax.random.key(2), (3, 40, 7))
    (q, logarithms), (q2, logarithms2) = lyapunov_spectrum.householder(matrix), lyapunov_spectrum.cholesky(matrix)
    sign = jnp.sign(jnp.sum(q * q2, axis=1, keepdims=True))
    assert np.asarray(logarithms) == pytest.approx(np.asarray(logarithms2), abs=1e-5)
    assert np.asarray(q * sign) == pytest.approx(np.asarray(q2), abs=1e-5)
    single = lyapunov_spectrum.householder(matrix[..., :1])[1]
    assert np.asarray(single) == pytest.approx(np.asarray(logarithms[..., :1]), abs=1e-5)


def test_random_tangents_are_orthonormal():
    _, fields = _network(5, 2)
    matrix = lyapunov_spectrum.matrices(lyapunov_spectrum.random_tangents(jax.random.key(0), fields, 15))
    assert matrix.shape == (2, 15, 15)
    product = np.asarray(jnp.swapaxes(matrix, 1, 2) @ matrix)
    assert product == pytest.approx(np.broadcast_to(np.eye(15), product.shape), abs=1e-5)


def test_too_many_exponents_are_refused():
    with pytest.raises(ValueError, match="1 to 4 exponents, got 5"):
        lyapunov_spectrum.random_tangents(jax.random.key(0), jnp.zeros((4, 1)), 5)


def test_kaplan_yorke_dimension():
    exponents = [[0.5, 0.0, -1.0, -3.0], [-0.1, -0.2, -0.3, -0.4], [0.3, 0.2, 0.1, -0.1], [0.0, -1.0, -1.0, -1.0]]
    found = lyapunov_spectrum.kaplan_yorke_dimension(np.array(exponents))
    assert found == pytest.approx([2.5, 0.0, np.nan, 1.0], nan_ok=True)
    assert lyapunov_spectrum.kaplan_yorke_dimension([-14.57, 0.906, 0.0]) == pytest.approx(2.0622, abs=1e-4)
