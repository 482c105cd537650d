import numpy as np
import pytest

from replica.numerics import spatial_connectivity


def wrapped(side, width):
    """Probability of each offset of a wrapped Gaussian that is rounded to a lattice of ``side``, by sums of images."""
    from scipy.stats import norm

    at = np.arange(side)[:, None] + side * np.arange(-20, 21)
    return (norm.cdf((at + 0.5) / (width * side)) - norm.cdf((at - 0.5) / (width * side))).sum(axis=1)


def test_positions_are_a_lattice_of_the_unit_square():
    places = spatial_connectivity.positions(4)
    assert places.shape == (16, 2)
    assert places[0].tolist() == [0, 0]
    assert places[6].tolist() == [0.25, 0.5]
    assert places.max() == 0.75


@pytest.mark.parametrize(("source_side", "side"), [(20, 20), (10, 20), (5, 20)])
@pytest.mark.parametrize("width", [0.05, 0.2, 0.6])
def test_offsets_follow_the_wrapped_gaussian(source_side, side, width):
    """Sources on the same or on a coarser lattice, whose places are places of the target lattice, too."""
    generator = np.random.default_rng(0)
    places = spatial_connectivity.positions(source_side)
    targets = spatial_connectivity.targets(generator, places, 400, width, side)
    assert targets.dtype == np.int32
    assert targets.min() >= 0
    assert targets.max() < side**2
    expected = wrapped(side, width)
    assert expected.sum() == pytest.approx(1, abs=1e-12)
    for axis, along in enumerate(np.divmod(targets, side)):
        offset = (along - np.rint(places[:, axis] * side).astype(int)[:, None]) % side
        found = np.bincount(offset.ravel(), minlength=side)
        error = np.sqrt(expected * offset.size)
        assert np.all(np.abs(found - expected * offset.size) < 5 * error + 1)


def test_the_two_directions_are_independent():
    places = np.zeros((200, 2))
    x, y = np.divmod(spatial_connectivity.targets(np.random.default_rng(1), places, 500, 0.1, 50), 50)
    dx, dy = ((v + 25) % 50 - 25 for v in (x, y))
    assert abs(np.corrcoef(dx.ravel(), dy.ravel())[0, 1]) < 5 / np.sqrt(dx.size)


def test_in_degrees_are_binomial_and_out_degrees_fixed():
    """Mean K, variance K (1 - 1/n) of n sources: by symmetry each target is as likely as any other."""
    side, contacts = 30, 60
    places = spatial_connectivity.positions(side)
    targets = spatial_connectivity.targets(np.random.default_rng(2), places, contacts, 0.1, side)
    degree = np.bincount(targets.ravel(), minlength=side**2)
    assert degree.mean() == contacts
    assert 0.8 * contacts < degree.var() < 1.2 * contacts


def test_beyond_the_largest_width_targets_are_even():
    targets = spatial_connectivity.targets(np.random.default_rng(3), np.zeros((100, 2)), 1000, 10.0, 20)
    found = np.bincount(targets.ravel(), minlength=400)
    chi_square = np.sum((found - 250) ** 2 / 250)
    assert abs(chi_square - 399) < 5 * np.sqrt(2 * 399)


def test_no_width_gives_the_place_itself():
    places = spatial_connectivity.positions(6)
    targets = spatial_connectivity.targets(np.random.default_rng(4), places, 3, 0.0, 6)
    assert np.array_equal(targets, np.arange(36)[:, None] * np.ones((1, 3), int))


def test_refuses_a_negative_width():
    with pytest.raises(ValueError, match=r"not negative, got -0\.1"):
        spatial_connectivity.targets(np.random.default_rng(0), np.zeros((1, 2)), 1, -0.1, 4)
