"""Rounding against NumPy's float16 and ml_dtypes' bfloat16, bit for bit."""

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from replica.numerics import low_precision

TYPES = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


def _values():
    """Normal and subnormal numbers of both signs, ties, numbers about overflow, infinities."""
    generator = np.random.default_rng(0)
    wide = np.exp(generator.uniform(-22, 12.5, 20000)) * generator.choice([-1, 1], 20000)
    ties = (2 * np.arange(4096) + 1) * 2.0**-12
    edges = [0.0, -0.0, 65504, 65519.99, 65520, 65536, 2**-14, 2**-24, 2**-25, 1.01 * 2**-25, np.inf, -np.inf]
    return np.concatenate([wide, ties, ties * 2.0**-13, edges]).astype(np.float32)


@pytest.mark.parametrize("name", TYPES)
def test_same_bits(name):
    values = _values()
    with np.errstate(over="ignore"):
        expected = values.astype(TYPES[name]).astype(np.float32)
    got = jax.jit(low_precision.round_to)(low_precision.FORMATS[name], jnp.asarray(values))
    np.testing.assert_array_equal(np.asarray(got), expected)


def test_not_a_number_stays():
    got = low_precision.round_to(low_precision.FORMATS["float16"], jnp.asarray([np.nan], dtype=jnp.float32))
    assert np.isnan(got).all()


def test_refuses_other_types():
    with jax.enable_x64(True), pytest.raises(TypeError, match="float32"):
        low_precision.round_to(low_precision.FORMATS["float16"], jnp.zeros(3))
