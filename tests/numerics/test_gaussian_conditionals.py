import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import gaussian_conditionals as gaussian
from replica.numerics import orthogonal_wavelets as wavelets


def _power(side):
    return 1 / (gaussian.laplacian_symbol(side) + 0.1 * (2 * np.pi / side) ** 2)


def _dense(symbol):
    """Matrix of a stationary operator."""
    side = symbol.shape[0]
    unit = np.eye(side**2).reshape(side, side, side**2)
    image = np.fft.ifft2(symbol[..., None] * np.fft.fft2(unit, axes=(0, 1)), axes=(0, 1)).real
    return image.reshape(side**2, side**2)


def _rows(side, low_pass):
    with jax.enable_x64(True):
        coarse, details = wavelets.split(jnp.eye(side**2).reshape(side, side, side**2), low_pass)
        return np.asarray(coarse).reshape(-1, side**2), np.asarray(details).reshape(-1, side**2)


def _condition(matrix):
    scale = np.sqrt(np.diag(matrix))
    values = np.linalg.eigvalsh(matrix / np.outer(scale, scale))
    return values[-1] / values[0]


@pytest.mark.parametrize("moments", [1, 2, 3])
@pytest.mark.parametrize("side", [4, 8])
def test_conditionals_against_dense_matrices(moments, side):
    low_pass = wavelets.daubechies(moments)
    power = _power(side)
    step = gaussian.split(power, low_pass)
    covariance, (g, d) = _dense(power), _rows(side, low_pass)
    precision = d @ np.linalg.inv(covariance) @ d.T
    assert gaussian.condition_number(step.precision) == pytest.approx(_condition(precision))
    np.testing.assert_allclose(_dense(step.coarse), g @ covariance @ g.T, atol=1e-10)
    mean = -np.linalg.solve(precision, d @ np.linalg.inv(covariance) @ g.T)
    shifts = [_dense(gaussian.neighbour_symbol(side, shift)) for shift in gaussian.SHIFTS]
    inner = [d @ s @ d.T for s in shifts]
    response = [d @ s @ g.T + a @ mean for s, a in zip(shifts, inner, strict=True)]
    inverse, coarse = np.linalg.inv(precision), g @ covariance @ g.T
    fisher = [
        [
            np.trace(inverse @ a @ inverse @ b) / 2 + np.trace(inverse @ m @ coarse @ n.T)
            for b, n in zip(inner, response, strict=True)
        ]
        for a, m in zip(inner, response, strict=True)
    ]
    score = [[np.trace(d @ s @ covariance @ t @ d.T) for t in shifts] for s in shifts]
    own = gaussian.conditional_matrices(power, step)
    np.testing.assert_allclose(own[0], fisher, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(own[1], score, rtol=1e-9, atol=1e-9)


def test_direct_matrices_against_dense_ones():
    power = _power(4)
    covariance = _dense(power)
    shifts = [_dense(gaussian.neighbour_symbol(4, shift)) for shift in gaussian.SHIFTS]
    fisher, score = gaussian.direct_matrices(power)
    expected = [[np.trace(s @ covariance @ t @ covariance) / 2 for t in shifts] for s in shifts]
    np.testing.assert_allclose(fisher, expected, rtol=1e-9)
    np.testing.assert_allclose(score, [[np.trace(s @ t @ covariance) for t in shifts] for s in shifts], rtol=1e-9)


def test_unitary_blocks():
    w = gaussian.unitary(wavelets.daubechies(3), 8)
    np.testing.assert_allclose(w @ w.conj().swapaxes(-1, -2), np.broadcast_to(np.eye(4), w.shape), atol=1e-12)


def test_white_noise_stays_white():
    step = gaussian.split(np.full((8, 8), 2.0), wavelets.daubechies(2))
    np.testing.assert_allclose(step.coarse, 2.0)
    assert gaussian.condition_number(step.precision) == pytest.approx(1)
    np.testing.assert_allclose(step.mean, 0, atol=1e-12)


def test_powers_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        gaussian.split(np.zeros((4, 4)), wavelets.daubechies(1))
