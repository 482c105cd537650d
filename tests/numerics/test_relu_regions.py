from itertools import pairwise

import jax
import numpy as np
import pytest
from scipy.spatial import HalfspaceIntersection

from replica.numerics import numerical_rank, relu_networks, relu_regions, relu_symmetries, seeding


def network(architecture, seed):
    with jax.enable_x64(True):
        return relu_symmetries.as_numpy(relu_networks.random_parameters(seeding.key("test", seed), architecture))


ARCHITECTURES = [(2, 3, 1), (2, 2, 2, 1), (2, 4, 4, 2), (2, 3, 3, 3, 1), (1, 5, 5, 1)]


@pytest.mark.parametrize("half_width", [3.0, 1e4])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_regions_tile_the_box_and_carry_the_function(architecture, half_width):
    for seed in range(5):
        parameters = network(architecture, seed)
        found = relu_regions.regions(parameters, half_width)
        total = sum(relu_regions.size(region.vertices) for region in found)
        assert total == pytest.approx((2 * half_width) ** architecture[0], rel=1e-12)
        points = relu_regions.decisive_set(found).reshape(len(found), architecture[0] + 2, architecture[0])
        for region, inside in zip(found, points, strict=True):
            expected = np.tile(region.pattern, (len(inside), 1))
            np.testing.assert_array_equal(relu_networks.patterns(parameters, inside), expected)
            affine = inside @ region.slope.T + region.offset
            np.testing.assert_allclose(relu_networks.forward(parameters, inside), affine, atol=1e-13 * half_width * 50)
            assert np.linalg.matrix_rank(inside[1:] - inside[0]) == architecture[0]


def test_patterns_at_random_points_are_those_of_regions():
    parameters = network((2, 4, 4, 1), 3)
    found = {tuple(region.pattern) for region in relu_regions.regions(parameters, 5.0)}
    points = np.random.default_rng(0).uniform(-5, 5, (20000, 2))
    met = {tuple(pattern) for pattern in relu_networks.patterns(parameters, points)}
    assert met <= found
    assert len(met) > 0.8 * len(found)


def test_lines_in_general_position_make_the_known_number_of_regions():
    for units in range(1, 7):
        found = relu_regions.regions(network((2, units, 1), units), 1e6)
        assert len(found) == 1 + units + units * (units - 1) // 2


def test_areas_against_intersections_of_half_planes():
    parameters, half_width = network((2, 3, 3, 1), 1), 4.0
    box = np.array([[1, 0, -1], [-1, 0, -1], [0, 1, -1], [0, -1, -1.0]]) * [1, 1, half_width]
    for region in relu_regions.regions(parameters, half_width):
        slope, offset, rows, start = np.eye(2), np.zeros(2), [box], 0
        for w, b in parameters[:-1]:
            slope, offset = w @ slope, w @ offset + b
            active = region.pattern[start : start + len(b)]
            sign = np.where(active, -1.0, 1.0)
            rows.append(np.column_stack([slope, offset]) * sign[:, None])
            slope, offset, start = slope * active[:, None], offset * active, start + len(b)
        rows = np.concatenate(rows)
        rows = rows[np.abs(rows[:, :2]).max(axis=1) > 0]  # units that are constant there bound nothing
        inner = HalfspaceIntersection(rows, region.vertices.mean(axis=0)).intersections
        angle = np.arctan2(*(inner - inner.mean(axis=0)).T)
        assert relu_regions.size(inner[np.argsort(angle)]) == pytest.approx(
            relu_regions.size(region.vertices), rel=1e-9
        )


def test_breakpoints_in_one_dimension():
    parameters = (np.ones((2, 1)), np.array([0.0, -1.0])), (np.array([[1.0, -1.0]]), np.zeros(1))
    found = sorted(relu_regions.regions(parameters, 10.0), key=lambda region: region.vertices.min())
    np.testing.assert_allclose([region.vertices.min() for region in found], [-10, 0, 1])
    np.testing.assert_allclose([region.slope[0, 0] for region in found], [0, 1, 0])
    assert all(a.vertices.max() == pytest.approx(b.vertices.min()) for a, b in pairwise(found))


def test_silent_units_and_a_decisive_rank():
    parameters = network((2, 3, 3, 1), 4)
    (w, b), last = parameters[1], parameters[2]
    w, b = w.copy(), b.copy()
    w[1], b[1] = -np.abs(w[1]), -abs(b[1])
    dead = (parameters[0], (w, b), last)
    found = relu_regions.regions(dead, 1e4)
    assert relu_regions.silent_units(found)[4]
    flat, decisive = relu_networks.flatten(dead), relu_regions.decisive_set(found)
    generator = np.random.default_rng(0)
    more = generator.normal(size=(5000, 2)) * np.exp(generator.uniform(-1, 3, (5000, 1)))
    ranks = [
        numerical_rank.rank_with_gap(relu_networks.jacobian_rows((2, 3, 3, 1), flat, points)).rank
        for points in (decisive, np.concatenate([decisive, more]))
    ]
    assert ranks[0] == ranks[1] < 19


def test_three_inputs_are_refused():
    with pytest.raises(ValueError, match="one or two inputs"):
        relu_regions.regions(network((3, 2, 1), 0), 1.0)
