"""Path embedding against enumeration of paths in plain Python, finite differences, and the network's own output."""

import itertools
import math

import jax
import numpy as np
import pytest

from replica.numerics import numerical_rank, path_embedding, relu_networks, relu_symmetries, seeding

ARCHITECTURES = [(3, 2), (3, 5, 2), (3, 4, 3, 2), (2, 3, 3, 3, 3, 1)]


def network(architecture, seed=0):
    with jax.enable_x64(True):
        drawn = relu_networks.random_parameters(seeding.key("test", "paths", seed), architecture)
    return relu_symmetries.as_numpy(drawn)


def enumerated(parameters):
    """Φ by a loop over all tuples of indices."""
    sizes = [parameters[0][0].shape[1], *(len(b) for _, b in parameters)]
    found = []
    for start in range(len(sizes)):
        for path in itertools.product(*(range(n) for n in sizes[start:])):
            value = 1.0 if start == 0 else parameters[start - 1][1][path[0]]
            for layer in range(start, len(parameters)):
                value *= parameters[layer][0][path[layer - start + 1], path[layer - start]]
            found.append(value)
    return np.array(found)


def test_counts_of_the_paper():
    assert path_embedding.path_count((3, 4, 3, 2)) == 104
    assert path_embedding.path_count((2, 3, 3, 3, 3, 1)) == 283


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_embedding_against_enumeration(architecture):
    parameters = network(architecture)
    found = path_embedding.path_embedding(parameters)
    assert found.shape == (path_embedding.path_count(architecture),)
    np.testing.assert_allclose(found, enumerated(parameters), rtol=1e-14)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_output_is_path_matrix_times_embedding(architecture):
    parameters = network(architecture)
    x = np.random.default_rng(0).normal(size=(50, architecture[0]))
    matrix = path_embedding.path_matrix(parameters, x)
    assert matrix.shape == (50, architecture[-1], path_embedding.path_count(architecture))
    expected = relu_networks.forward(parameters, x)
    np.testing.assert_allclose(matrix @ path_embedding.path_embedding(parameters), expected, atol=1e-13)


def test_shallow_path_matrix_by_hand():
    parameters = ((np.array([[1.0], [-1.0]]), np.array([0.5, 0.25])), (np.array([[2.0, 3.0]]), np.array([7.0])))
    np.testing.assert_array_equal(path_embedding.path_embedding(parameters), [2, -3, 1, 0.75, 7])
    matrix = path_embedding.path_matrix(parameters, np.array([[2.0], [-2.0]]))
    np.testing.assert_array_equal(matrix[:, 0], [[2, 0, 1, 0, 1], [0, -2, 0, 1, 1]])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_derivative_against_finite_differences(architecture):
    flat = relu_networks.flatten(network(architecture))
    found = path_embedding.derivative(architecture, flat)
    step = 1e-6 * np.eye(flat.size)

    def embedded(values):
        return path_embedding.path_embedding(relu_networks.unflatten(architecture, values))

    expected = (embedded(flat + step) - embedded(flat - step)).T / 2e-6
    np.testing.assert_allclose(found, expected, atol=1e-8)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_jacobian_of_the_network_factors(architecture):
    parameters = network(architecture)
    flat = relu_networks.flatten(parameters)
    x = np.random.default_rng(1).normal(size=(20, architecture[0]))
    matrix = path_embedding.path_matrix(parameters, x).reshape(-1, path_embedding.path_count(architecture))
    expected = relu_networks.jacobian_rows(architecture, flat, x)
    np.testing.assert_allclose(matrix @ path_embedding.derivative(architecture, flat), expected, atol=1e-12)


def test_scaling_directions_are_the_kernel_of_the_derivative():
    architecture = (3, 4, 3, 2)
    flat = relu_networks.flatten(network(architecture))
    matrix = path_embedding.derivative(architecture, flat)
    np.testing.assert_allclose(matrix @ relu_symmetries.scaling_directions(architecture, flat).T, 0, atol=1e-14)
    found = numerical_rank.rank_with_gap(matrix)
    assert found.rank == 39 - 7
    assert found.gap > 1e12


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_path_kernel_against_the_path_matrix(architecture):
    parameters = network(architecture)
    first, second = np.random.default_rng(2).normal(size=(2, 9, architecture[0]))
    matrices = [path_embedding.path_matrix(parameters, x) for x in (first, second)]
    masks = [[z > 0 for z in relu_networks.pre_activations(parameters, x)[:-1]] for x in (first, second)]
    kernel = path_embedding.path_kernel(masks[0], first, masks[1], second)
    expected = kernel[:, :, None, None] * np.eye(architecture[-1])
    np.testing.assert_allclose(np.einsum("iop,jqp->ijoq", *matrices), expected, atol=1e-12)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_sums_over_paths(architecture):
    one, two = network(architecture, 1), network(architecture, 2)
    first, second = path_embedding.path_embedding(one), path_embedding.path_embedding(two)
    assert path_embedding.path_sum(one) == pytest.approx(first.sum(), abs=1e-12)
    assert path_embedding.path_norm(one) == pytest.approx(abs(first).sum(), rel=1e-13)
    assert path_embedding.path_norm(one, 2) == pytest.approx(np.linalg.norm(first), rel=1e-13)
    assert path_embedding.inner_product(one, two) == pytest.approx(first @ second, abs=1e-12)


def test_path_norm_is_the_output_of_the_network_of_absolute_weights():
    parameters = network((3, 4, 3, 2))
    absolute = [(abs(w), abs(b)) for w, b in parameters]
    expected = relu_networks.forward(absolute, np.ones((1, 3))).sum()
    assert path_embedding.path_norm(parameters) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_gram_product(architecture):
    flat = relu_networks.flatten(network(architecture))
    matrix = path_embedding.derivative(architecture, flat)
    basis = relu_networks.unflatten(architecture, np.eye(flat.size))
    parameters = relu_networks.unflatten(architecture, flat[None])
    found = relu_networks.flatten(path_embedding.gram_product(parameters, basis))
    np.testing.assert_allclose(found, matrix.T @ matrix, atol=1e-11)


def test_sums_need_no_paths_in_deep_networks():
    architecture = (4,) * 41  # 4^41 full paths
    parameters = network(architecture)
    direction = relu_networks.unflatten(
        architecture, relu_symmetries.scaling_directions(architecture, relu_networks.flatten(parameters))[:1]
    )
    lifted = [(w[None], b[None]) for w, b in parameters]
    product = relu_networks.flatten(path_embedding.gram_product(lifted, direction))
    scale = float(path_embedding.path_norm(parameters, 2)) ** 2
    assert math.isfinite(scale)
    assert np.abs(product).max() < 1e-12 * scale


def test_leading_dimensions_and_jax():
    architecture = (3, 4, 3, 2)
    with jax.enable_x64(True):
        parameters = relu_networks.random_parameters(seeding.keys("test", seeds=[0, 1]), architecture)
        x = jax.random.normal(seeding.key("test", "x"), (2, 6, 3))
        matrix = jax.jit(path_embedding.path_matrix)(parameters, x)
        phi = jax.jit(path_embedding.path_embedding)(parameters)
        slope = path_embedding.derivative(architecture, relu_networks.flatten(parameters))
        norm = jax.jit(path_embedding.path_norm)(parameters)
        assert all(isinstance(a, jax.Array) for a in (matrix, phi, slope, norm))
    for i in range(2):
        one = tuple((np.asarray(w[i]), np.asarray(b[i])) for w, b in parameters)
        np.testing.assert_allclose(matrix[i], path_embedding.path_matrix(one, np.asarray(x[i])), atol=1e-13)
        np.testing.assert_allclose(phi[i], path_embedding.path_embedding(one), atol=1e-13)
        expected = path_embedding.derivative(architecture, relu_networks.flatten(one))
        np.testing.assert_allclose(slope[i], expected, atol=1e-13)
        assert norm[i] == pytest.approx(path_embedding.path_norm(one), rel=1e-13)
