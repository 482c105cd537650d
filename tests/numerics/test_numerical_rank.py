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


def prescribed(values, rows, seed=0):
    """A matrix (rows, len(values)) with these singular values, but for a factor; its rows have nearly equal lengths."""
    generator = np.random.default_rng(seed)
    left = np.linalg.qr(generator.choice([-1.0, 1.0], (rows, len(values))))[0]
    right = np.linalg.qr(generator.normal(size=(len(values), len(values))))[0]
    return (left * values) @ right


def factorised(matrix):
    """Singular values of the row-scaled matrix by the definition."""
    scaled = numerical_rank.scaled_rows(matrix)
    return np.linalg.svd(np.linalg.qr(scaled, mode="r"), compute_uv=False)


def rank_and_gap_of(values):
    floor = np.finfo(float).eps * values[0]
    rank = int(np.sum(values > numerical_rank.THRESHOLD * values[0]))
    below = values[rank] if rank < len(values) else 0.0
    return rank, values[rank - 1] / max(below, floor)


@pytest.mark.parametrize("columns", [2, 9, 24, 70])
def test_the_sketch_gives_the_rank_and_the_verdict_of_the_factorisation(columns):
    generator = np.random.default_rng(columns)
    sketched = 0
    for trial in range(60):
        rank = int(generator.integers(1, columns + 1))
        last = 10 ** generator.uniform(-9, -0.3)  # s_rank, at times close to the threshold
        gap = 10 ** generator.choice([0.3, 3.9, 4.1, 6.5, 7.5, 10.0, 30.0])
        values = np.concatenate([np.geomspace(1, last, rank), np.full(columns - rank, last / gap)])
        matrix = prescribed(values, 6 * columns + 300, seed=trial)
        expected_rank, expected_gap = rank_and_gap_of(factorised(matrix))
        found = numerical_rank.rank_with_gap(matrix)
        assert found.rank == expected_rank
        assert (found.gap >= numerical_rank.SUFFICIENT_GAP) == (expected_gap >= numerical_rank.SUFFICIENT_GAP)
        assert 0.01 < found.gap / expected_gap < 100
        if not np.array_equal(found.singular_values, factorised(matrix)):
            sketched += 1
            assert found.gap >= 1e7
    assert sketched >= 10


def test_the_sketch_keeps_singular_values_within_the_bound():
    values = np.geomspace(1, 1e-5, 40)
    found = numerical_rank.rank_with_gap(prescribed(values, 1000)).singular_values
    ratio = found / factorised(prescribed(values, 1000))
    size = 40 + 8
    largest, smallest = (1 + np.sqrt(40 / size)) * 1.1, (1 - np.sqrt(40 / size)) / 2
    assert np.all((ratio > smallest) & (ratio < largest))
    assert not np.allclose(ratio, 1, rtol=1e-6)


@pytest.mark.parametrize("last", [2e-9, 5e-10, 2e-7, 5e-12])
def test_doubtful_matrices_are_factorised(last):
    values = np.append(np.geomspace(1, 0.1, 11), last)
    matrix = prescribed(values, 400)
    clear = product(5, (400, 12))
    found = numerical_rank.rank_with_gap(np.stack([clear, matrix, clear]))
    np.testing.assert_array_equal(found.singular_values[1], factorised(matrix))
    assert not np.array_equal(found.singular_values[0], factorised(clear))
    assert (found.rank[1], found.gap[1]) == rank_and_gap_of(factorised(matrix))


@pytest.mark.parametrize("rows", [13, 48, 256])
def test_matrices_that_are_not_very_tall_are_factorised(rows):
    matrix = product(7, (rows, 12))
    np.testing.assert_array_equal(numerical_rank.rank_with_gap(matrix).singular_values, factorised(matrix))


def test_rank_that_single_rows_carry():
    matrix = np.zeros((3000, 20))
    matrix[:, 0] = 1.0
    matrix[[5, 6, 700, 1023, 1024, 2047, 2048, 2999], 1:9] += np.eye(8)  # one row for each further direction
    found = numerical_rank.rank_with_gap(matrix)
    assert found.rank == 9
    assert found.gap > 1e10


def test_sketches_do_not_depend_on_what_is_stacked_nor_on_the_layout():
    batch = np.stack([product(r, (1500, 30), seed=r) for r in range(1, 25)])
    found = numerical_rank.rank_with_gap(batch.reshape(4, 6, 1500, 30))
    np.testing.assert_array_equal(found.rank, np.arange(1, 25).reshape(4, 6))
    assert found.singular_values.shape == (4, 6, 30)
    transposed = np.ascontiguousarray(batch.swapaxes(1, 2)).swapaxes(1, 2)
    for r in (1, 7, 24):
        for alone in (batch[r - 1], transposed[r - 1]):
            one = numerical_rank.rank_with_gap(alone)
            assert one.rank == r
            np.testing.assert_allclose(one.singular_values[:r], found.singular_values.reshape(24, 30)[r - 1, :r], 1e-11)
    zero = numerical_rank.rank_with_gap(np.zeros((2, 300, 3)))
    np.testing.assert_array_equal(zero.rank, [0, 0])
    assert np.all(np.isfinite(zero.gap))


def test_single_precision_is_refused():
    with pytest.raises(TypeError, match="float64"):
        numerical_rank.rank_with_gap(product(3).astype(np.float32))
