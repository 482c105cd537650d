import jax
import jax.numpy as jnp
import numpy as np
import pytest
import pywt

from replica.numerics import orthogonal_wavelets as wavelets


def _field(side, samples=3):
    return np.random.default_rng(side).standard_normal((side, side, samples))


@pytest.mark.parametrize("moments", [1, 2, 3, 5])
def test_filters_are_daubechies(moments):
    h = wavelets.daubechies(moments)
    np.testing.assert_allclose(h, pywt.Wavelet(f"db{moments}").rec_lo, atol=2e-9)
    k = np.arange(h.size)
    for power in range(moments):
        assert np.sum((-1.0) ** k * k**power * h) == pytest.approx(0, abs=1e-6)


def test_filter_of_two_moments_in_closed_form():
    root = np.sqrt(3)
    np.testing.assert_allclose(wavelets.daubechies(2), np.array([1 + root, 3 + root, 3 - root, 1 - root]) / np.sqrt(32))


@pytest.mark.parametrize("moments", [1, 2, 3])
@pytest.mark.parametrize("side", [2, 4, 16])
def test_split_is_orthogonal_and_join_inverts_it(moments, side):
    h = wavelets.daubechies(moments)
    with jax.enable_x64(True):
        field = jnp.asarray(_field(side))
        coarse, details = wavelets.split(field, h)
        np.testing.assert_allclose((coarse**2).sum() + (details**2).sum(), (field**2).sum())
        np.testing.assert_allclose(wavelets.join(coarse, details, h), field, atol=1e-12)
        without = wavelets.join(jnp.zeros_like(coarse), details, h)
        np.testing.assert_allclose(wavelets.without_coarse(field, h), without, atol=1e-12)


def test_haar_on_a_block():
    a, b, c, d = 1.0, 2.0, 5.0, 11.0
    coarse, details = wavelets.split(jnp.array([[a, b], [c, d]]), wavelets.daubechies(1))
    assert coarse[0, 0] == pytest.approx((a + b + c + d) / 2)
    expected = [(a - b + c - d) / 2, (a + b - c - d) / 2, (a - b - c + d) / 2]
    np.testing.assert_allclose(details[:, 0, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("moments", [1, 2, 3])
def test_bands_are_those_of_pywavelets(moments):
    """Up to signs and the origin of the coarse lattice, which conventions differ in."""
    field = _field(16, 1)[..., 0]
    with jax.enable_x64(True):
        coarse, details = wavelets.split(jnp.asarray(field), wavelets.daubechies(moments))
    moved = np.roll(field, (moments + 1) % 2, (0, 1))
    theirs, (horizontal, vertical, diagonal) = pywt.dwt2(moved, f"db{moments}", "periodization")
    for own, other in zip([coarse, *details], [theirs, vertical, horizontal, diagonal], strict=True):
        np.testing.assert_allclose(np.sort(np.abs(own).ravel()), np.sort(np.abs(other).ravel()), atol=1e-8)


@pytest.mark.parametrize("moments", [1, 3])
def test_coarse_projector(moments):
    h = wavelets.daubechies(moments)
    line = wavelets.coarse_projector(h, 8)
    np.testing.assert_allclose(line @ line, line, atol=1e-12)
    assert np.trace(line) == pytest.approx(4)
    field = _field(8, 1)
    with jax.enable_x64(True):
        without = wavelets.without_coarse(jnp.asarray(field), h)
    np.testing.assert_allclose(field[..., 0] - line @ field[..., 0] @ line.T, without[..., 0], atol=1e-12)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="vanishing moment"):
        wavelets.daubechies(0)
    with pytest.raises(ValueError, match="even sides"):
        wavelets.split(jnp.zeros((3, 4)), wavelets.daubechies(1))
