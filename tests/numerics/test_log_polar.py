import numpy as np
import pytest

from replica.numerics import log_polar

X1 = np.linspace(-3, 6, 901)
X2 = -1 + np.arange(80) / 40


def test_coordinates_of_points():
    x1, x2 = log_polar.cortical(np.array([np.e, 0.0]), np.array([0.0, 1.0]), 0.5)
    np.testing.assert_allclose(x1, [2.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(x2, [0.0, np.pi])


def test_fovea_is_infinitely_far():
    assert log_polar.cortical(np.array(0.0), np.array(0.0), 1.0)[0] == -np.inf


@pytest.mark.parametrize("copies", [1, 3])
def test_image_of_a_function_of_both_coordinates(copies):
    field = np.cos(2 * np.pi * X2)[None, :] * np.sin(X1)[:, None]
    image, axis = log_polar.retinal_image(field, X1, X2, pixels=41, largest=2.0, copies=copies)
    scale = 2 * np.pi / (copies * 2)
    radius, angle = np.hypot(axis[None, :], axis[:, None]), np.arctan2(axis[:, None], axis[None, :])
    used = radius > np.exp(scale * X1[0])
    expected = np.cos(2 * np.pi * angle / scale) * np.sin(np.log(np.where(used, radius, 1)) / scale)
    assert axis[-1] == pytest.approx(np.exp(2 * scale) * 40 / 41)
    np.testing.assert_allclose(image[used], expected[used], atol=4e-3)  # bilinear: (2π step)²/8


def test_stripes_become_rays_and_rings():
    rays, axis = log_polar.retinal_image(
        np.ones(901)[:, None] * np.cos(2 * np.pi * X2)[None, :], X1, X2, pixels=64, largest=2.0, copies=1
    )
    rings, _ = log_polar.retinal_image(
        np.sin(X1)[:, None] * np.ones(80)[None, :], X1, X2, pixels=64, largest=2.0, copies=1
    )
    # A ray keeps its value when the radius is doubled: pixels at (i, j) and (3i, 3j) about the centre.
    centre = 32
    near, far = rays[centre + 2, centre : centre + 10], rays[centre + 7, centre + 1 : centre + 30 : 3]
    np.testing.assert_allclose(near[:8], far[:8], atol=1e-10)
    np.testing.assert_allclose(rings, rings.T, atol=1e-10)
    np.testing.assert_allclose(axis, -axis[::-1])


def test_points_outside_take_the_value_at_the_end():
    field = np.broadcast_to(X1[:, None], (901, 80))
    image, _ = log_polar.retinal_image(field, X1, X2, pixels=31, largest=4.0, copies=2)
    assert image.min() == X1[0]
