import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from replica.numerics.training import recorded_steps, train

KEY = jax.random.key(0)


def test_gradient_descent_on_a_quadratic_is_its_closed_form():
    curvature, start = jnp.array([0.5, 1.0, 3.0]), jnp.array([1.0, -2.0, 0.5])
    run = train(
        lambda p, key: 0.5 * jnp.sum(curvature * p**2),
        start,
        optax.sgd(0.1),
        KEY,
        steps=20,
        every=5,
        measure=lambda p: p,
    )
    assert run.loss.shape == (4,)
    for record, n in enumerate(recorded_steps(20, 5)):
        exact = np.asarray(start) * (1 - 0.1 * np.asarray(curvature)) ** n
        np.testing.assert_allclose(run.measured[record], exact, rtol=1e-5)
        before = exact / (1 - 0.1 * np.asarray(curvature))
        np.testing.assert_allclose(run.loss[record], 0.5 * np.sum(np.asarray(curvature) * before**2), rtol=1e-5)
    np.testing.assert_array_equal(run.parameters, run.measured[-1])


def test_records_do_not_change_the_run_and_every_step_has_a_key_of_its_own():
    def noisy(p, key):
        return jnp.sum((p - jax.random.normal(key, p.shape)) ** 2)

    def run(every, key=KEY):
        return train(noisy, jnp.zeros(3), optax.adam(1e-2), key, steps=60, every=every)

    np.testing.assert_array_equal(run(1).parameters, run(60).parameters)
    np.testing.assert_array_equal(run(1).loss[19::20], run(20).loss)
    assert len(set(np.asarray(run(1).loss).tolist())) == 60
    assert not np.array_equal(run(60).parameters, run(60, jax.random.key(1)).parameters)


def test_runs_side_by_side_are_the_runs_alone():
    def one(start, key):
        return train(lambda p, k: jnp.sum((p - 1) ** 4), start, optax.adam(0.1), key, steps=30, every=10)

    starts, keys = jnp.arange(6.0).reshape(2, 3), jax.random.split(KEY)
    together = jax.vmap(one)(starts, keys)
    for i in range(2):
        np.testing.assert_allclose(together.parameters[i], one(starts[i], keys[i]).parameters, rtol=1e-6)


def test_a_run_that_diverges_is_not_a_number():
    run = train(lambda p, key: jnp.sum(p**4), jnp.full(2, 10.0), optax.sgd(1.0), KEY, steps=20, every=10)
    assert np.isnan(run.loss[-1]) and np.isnan(run.parameters).all()


def test_refuses_records_that_do_not_divide_the_steps():
    with pytest.raises(ValueError, match="cannot be recorded every 7"):
        recorded_steps(20, 7)
