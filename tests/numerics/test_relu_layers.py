import numpy as np
import pytest

from replica.numerics import relu_layers


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 7, 12, 31])
def test_pairing_network_is_exact_in_integers(n):
    layers = relu_layers.pairing(n)
    x = np.random.default_rng(n).integers(-9, 10, (n, 1000))
    np.testing.assert_array_equal(relu_layers.output(layers, x)[0], np.maximum(x.max(axis=0), 0))
    assert relu_layers.depth(layers) == np.ceil(np.log2(n + 1))


def test_widths_of_pairing():
    assert relu_layers.widths(relu_layers.pairing(31)) == [48, 24, 12, 6, 3]
    assert relu_layers.widths(relu_layers.pairing(4)) == [8, 5, 3]


def test_linear_last_layer_is_no_maximum():
    x = np.random.default_rng(0).integers(-9, 10, (3, 100))
    wrong = relu_layers.output(relu_layers.pairing(3), x, linear=1)[0]
    assert np.any(wrong != np.maximum(x.max(axis=0), 0))


def test_maxima_of_sums_of_segments():
    """2 max(max(x, y), relu(z)) - 3 max(x + z, relu(y) + max(x, z)) with the parts written by hand."""
    g = (((1, 0, 0), (0, 1, 0)),), (((0, 0, 0), (0, 0, 1)),)
    h = (((1, 0, 1), (1, 0, 1)),), (((0, 0, 0), (0, 1, 0)), ((1, 0, 0), (0, 0, 1)))
    layers = relu_layers.of_maxima([(2, *g), (-3, *h)])
    x, y, z = points = np.random.default_rng(0).integers(-9, 10, (3, 1000))
    first = np.maximum(np.maximum(x, y), np.maximum(z, 0))
    second = np.maximum(x + z, np.maximum(y, 0) + np.maximum(x, z))
    assert relu_layers.depth(layers) == 2
    np.testing.assert_array_equal(relu_layers.output(layers, points)[0], 2 * first - 3 * second)


def test_no_numbers_are_refused():
    with pytest.raises(ValueError, match="one number or more"):
        relu_layers.pairing(0)
