"""Critical splines against brute force and SciPy; the Hessian against its Gram form; limits of its spectrum."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import least_squares

from replica.numerics import levenberg_marquardt as lm
from replica.numerics import spline_critical_points as cp
from replica.numerics import truncated_power_spectrum as spectrum


def data():
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(-1, 1, 24))
    return x, np.sin(3 * x) + 0.1 * rng.standard_normal(24)


def test_the_lowest_of_two_kinks_is_the_best_free_knot_fit():
    x, y = data()
    found = cp.enumerate_critical_splines(x, y, 2)
    assert found.loss.min() == pytest.approx(0.09468154996, abs=1e-10)
    line = np.polyfit(x, y, 1, full=True)[1][0] / 2
    assert cp.enumerate_critical_splines(x, y, 0).loss == pytest.approx([line])
    with pytest.raises(ValueError, match="increasing x"):
        cp.enumerate_critical_splines(x[::-1], y, 1)


def test_levenberg_marquardt_lands_where_scipy_does_and_there_the_hessian_is_the_gram_matrix():
    x, y = data()
    rng = np.random.default_rng(0)
    start = np.concatenate([rng.uniform(-0.8, 0.8, (6, 2)), rng.standard_normal((6, 2)), np.zeros((6, 2))], axis=1)
    orientation = np.ones((6, 2))
    with jax.enable_x64(True):
        batch = [jnp.asarray(np.broadcast_to(a, (6, 24))) for a in (x, y)]
        fit = lm.levenberg_marquardt(cp.residual, jnp.asarray(start), jnp.asarray(orientation), *batch, iterations=300)
        h = cp.hessians(fit.parameters, jnp.asarray(orientation), jnp.ones((6, 2)), jnp.asarray(x), jnp.asarray(y))
        landed = np.asarray(fit.gradient_norm) < 1e-9
        away = cp.hessians(
            jnp.asarray(start), jnp.asarray(orientation), jnp.ones((6, 2)), jnp.asarray(x), jnp.asarray(y)
        )
    assert landed.sum() >= 2
    np.testing.assert_allclose(np.asarray(h.spline)[landed], np.asarray(h.gram)[landed], atol=1e-8)
    assert np.abs(np.asarray(away.spline) - np.asarray(away.gram)).max() > 1e-2
    levels = np.concatenate([cp.enumerate_critical_splines(x, y, k).loss for k in (0, 1, 2)])
    for loss in np.asarray(fit.loss)[landed]:
        assert np.abs(levels - loss).min() < 1e-9
    one = int(np.flatnonzero(landed)[0])
    again = least_squares(cp.residual, np.asarray(fit.parameters)[one], args=(orientation[one], x, y), method="lm")
    assert again.cost == pytest.approx(float(fit.loss[one]), abs=1e-10)


def test_the_rank_law_counts_the_rank_of_the_basis():
    rng = np.random.default_rng(2)
    for units in (3, 10, 40):
        x, beta = np.sort(rng.uniform(-1, 1, 30)), rng.uniform(-1, 1, units)
        p = np.concatenate([beta, rng.standard_normal(units), np.zeros(2)])
        assert np.linalg.matrix_rank(cp.basis(p, np.ones(units), x)) == cp.rank_law(beta, x)


def test_the_profile_of_the_loss_has_its_minima_at_critical_splines():
    x, y = data()
    best = cp.enumerate_critical_splines(x, y, 2)
    at = best.breakpoint[best.loss.argmin()]
    assert cp.profile_loss(at[:1], at[1:], x, y)[0, 0] == pytest.approx(best.loss.min(), abs=1e-12)


def test_spectra_approach_the_beam_and_brownian_motion():
    roots = spectrum.beam_roots(5)
    np.testing.assert_allclose(np.cos(roots) * np.cosh(roots), -1, rtol=1e-6)
    np.testing.assert_allclose(spectrum.ramp_limit(4), [0.0808907, 0.00205965, 2.62705e-4, 6.84122e-5], rtol=1e-5)
    grid = spectrum.midpoints(400)
    difference = grid[:, None] - grid[None, :]
    found = spectrum.gram_spectrum((difference > 0).astype(float), 5)
    np.testing.assert_allclose(found, spectrum.step_limit(5), rtol=0.01)
