import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import numerical_rank


def product(rank, shape=(40, 12), seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(shape[0], rank)) @ generator.normal(size=(rank, shape[1]))


@pytest.mark.parametrize("shape", [(40, 12), (12, 12), (7, 12)])
@pytest.mark.parametrize("rank", [1, 4, 7])
def test_rank_of_a_product(rank, shape):
    found = numerical_rank.rank_with_gap(product(rank, shape))
    assert found.rank == rank == np.linalg.matrix_rank(product(rank, shape))
    assert found.gap > 1e10


def test_rows_of_very_different_lengths():
    matrix = product(5, (7, 12)) * np.logspace(-12, 12, 7)[:, None]
    assert numerical_rank.rank_with_gap(matrix).rank == 5
    assert np.sum(np.linalg.svd(matrix, compute_uv=False) > 1e-9 * np.linalg.norm(matrix, 2)) < 5


def test_singular_values_of_the_scaled_rows():
    matrix = product(12)
    scaled = matrix / np.linalg.norm(matrix, axis=1)[:, None]
    found = numerical_rank.rank_with_gap(matrix)
    np.testing.assert_allclose(found.singular_values, np.linalg.svd(scaled, compute_uv=False), rtol=1e-12)
    full = found.singular_values[-1] / (np.finfo(float).eps * found.singular_values[0])
    assert found.rank == 12
    assert found.gap == pytest.approx(full)


def test_gap_tells_where_a_rank_is_doubtful():
    nearly = np.array([[1.0, 0.0, 0.0], [1.0, 3e-9, 0.0], [1.0, 0.0, 2e-10]])
    found = numerical_rank.rank_with_gap(nearly)
    assert found.rank == 2
    assert found.gap < numerical_rank.SUFFICIENT_GAP


def test_zero_rows_are_harmless_and_zero_matrices_have_rank_zero():
    padded = np.concatenate([product(6), np.zeros((30, 12))])
    one, two = numerical_rank.rank_with_gap(product(6)), numerical_rank.rank_with_gap(padded)
    assert one.rank == two.rank == 6
    np.testing.assert_allclose(one.singular_values[:6], two.singular_values[:6], rtol=1e-12)
    nothing = numerical_rank.rank_with_gap(np.zeros((5, 3)))
    assert nothing.rank == 0
    assert np.isfinite(nothing.gap)


def test_batches_in_both_libraries():
    batch = np.stack([product(r) for r in (2, 5, 12, 0)])
    expected = [2, 5, 12, 0]
    found = numerical_rank.rank_with_gap(batch)
    np.testing.assert_array_equal(found.rank, expected)
    with jax.enable_x64(True):
        compiled = jax.jit(numerical_rank.rank_with_gap)(jnp.asarray(batch))
        np.testing.assert_array_equal(compiled.rank, expected)
        np.testing.assert_allclose(compiled.singular_values[:, :2], found.singular_values[:, :2], rtol=1e-11)


def test_single_precision_is_refused():
    with pytest.raises(TypeError, match="float64"):
        numerical_rank.rank_with_gap(product(3).astype(np.float32))
