import numpy as np
import pytest

from replica.numerics import relu_regions, relu_silence


def drawn(inputs, units, draws, seed=0):
    g = np.random.default_rng(seed)
    shapes = (draws, units, inputs), (draws, units), (draws, units), (draws,)
    return [g.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("units", [2, 3, 5])
def test_against_the_vertices_of_regions(units):
    w, b, v, c = drawn(2, units, 300)
    found = relu_silence.silent_everywhere(w, b, v, c)
    for i in range(300):
        layers = (w[i], b[i]), (v[i][None], c[i][None])
        corners = np.concatenate([r.vertices @ r.slope.T + r.offset for r in relu_regions.regions(layers, 1e7)])
        assert found[i] == (corners.max() <= 1e-6)
    assert found.any() or units == 5


def test_against_random_points_in_three_dimensions():
    w, b, v, c = drawn(3, 4, 500)
    found = relu_silence.silent_everywhere(w, b, v, c)
    g = np.random.default_rng(1)
    x = g.normal(size=(4000, 3)) * np.exp(g.uniform(-3, 8, (4000, 1)))
    u = np.einsum("dj,dnj->dn", v, np.maximum(np.einsum("djk,nk->dnj", w, x) + b[:, None], 0)) + c[:, None]
    positive = u.max(axis=1) > 0
    assert not np.any(found & positive)
    assert np.mean(found == ~positive) > 0.98


@pytest.mark.parametrize(("inputs", "units"), [(1, 1), (2, 2), (3, 3)])
def test_orthant_and_arrangement_agree_for_as_many_units_as_inputs(inputs, units):
    w, b, v, c = drawn(inputs, units, 4000)
    expected = relu_silence.silent_on_orthant(v, c)
    np.testing.assert_array_equal(relu_silence.silent_everywhere(w, b, v, c), expected)
    assert expected.mean() == pytest.approx(relu_silence.rate(inputs, units), abs=0.03)


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_known_rate_for_one_unit_more_than_inputs(inputs):
    found = relu_silence.silent_everywhere(*drawn(inputs, inputs + 1, 20000)).mean()
    p = relu_silence.rate(inputs, inputs + 1)
    assert abs(found - p) < 4 * np.sqrt(p * (1 - p) / 20000)


def test_what_has_no_closed_form_is_refused():
    with pytest.raises(ValueError, match="no closed form"):
        relu_silence.rate(2, 4)
    with pytest.raises(ValueError, match="no vertex"):
        relu_silence.silent_everywhere(*drawn(3, 2, 5))
