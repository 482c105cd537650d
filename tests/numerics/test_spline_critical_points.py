"""Critical splines by enumeration against a search; Hessian against its Gram form; the rank law."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import levenberg_marquardt, relu_splines, spline_critical_points

RNG = np.random.default_rng(1)
X = np.sort(RNG.uniform(-1, 1, 24))
Y = np.sin(3 * X) + 0.1 * RNG.standard_normal(24)


@pytest.fixture(scope="module")
def landed():
    rng = np.random.default_rng(0)
    start = np.concatenate([rng.uniform(-1, 1, (60, 2)), rng.standard_normal((60, 2)), np.zeros((60, 2))], axis=1)
    orientation = rng.choice([-1.0, 1.0], (60, 2))
    batch = [np.broadcast_to(a, (60, 24)) for a in (X, Y)]
    with jax.enable_x64(True):
        fit = levenberg_marquardt.levenberg_marquardt(
            spline_critical_points.residual, jnp.asarray(start), orientation, *batch, iterations=200
        )
        return fit, orientation, start


def test_enumerated_splines_are_critical_and_continuous():
    for kinks in (0, 1, 2):
        found = spline_critical_points.enumerate_critical_splines(X, Y, kinks)
        assert found.breakpoint.shape == (len(found.loss), kinks)
        for beta, intercept, slope, loss in zip(*found, strict=True):
            mu = np.diff(slope)
            p = np.concatenate([beta, mu, [intercept[0], slope[0]]])
            s = np.ones(kinks)
            error = spline_critical_points.residual(p, s, X, Y)
            assert 0.5 * error @ error == pytest.approx(loss)
            np.testing.assert_allclose(spline_critical_points.basis(p, s, X).T @ error, 0, atol=1e-10)


def test_lowest_two_kink_level_is_the_free_knot_fit():
    # pwlf 2.5 on these data: PiecewiseLinFit(x, y).fit(3) ends at half a sum of squares of 0.09468154996.
    assert spline_critical_points.enumerate_critical_splines(X, Y, 2).loss.min() == pytest.approx(
        0.09468154996, abs=1e-10
    )


def test_no_kink_is_the_regression_line():
    found = spline_critical_points.enumerate_critical_splines(X, Y, 0)
    slope, intercept = np.polyfit(X, Y, 1)
    assert found.slope[0, 0] == pytest.approx(slope)
    assert found.intercept[0, 0] == pytest.approx(intercept)
    with pytest.raises(ValueError, match="increasing"):
        spline_critical_points.enumerate_critical_splines(X[::-1], Y, 0)


def test_runs_that_land_are_on_listed_levels(landed):
    fit, _, _ = landed
    isolated, families = (
        np.concatenate([function(k) for k in (0, 1, 2)])
        for function in (
            lambda k: spline_critical_points.enumerate_critical_splines(X, Y, k).loss,
            lambda k: spline_critical_points.critical_families(X, Y, k),
        )
    )
    at = np.asarray(fit.gradient_norm) < 1e-9
    assert at.sum() >= 30
    loss = np.asarray(fit.loss)[at][:, None]
    assert np.abs(loss - np.concatenate([isolated, families])).min(1).max() < 1e-10
    # Some end with one datum alone between two kinks: without the families they would be on no level.
    assert np.abs(loss - isolated).min(1).max() > 1e-6


def test_families_by_brute_force():
    x = np.array([-0.9, -0.5, 0.1, 0.4, 0.8])
    for seed in range(30):
        y = np.random.default_rng(seed).standard_normal(5)
        left, right = np.polyfit(x[:2], y[:2], 1), np.polyfit(x[3:], y[3:], 1)
        first = np.linspace(x[1], x[2], 4001)[1:-1]
        slope = (y[2] - np.polyval(left, first)) / (x[2] - first)
        with np.errstate(divide="ignore"):
            second = (y[2] - slope * x[2] - right[1]) / (right[0] - slope)
        fits = np.any((second > x[2]) & (second < x[3]))
        assert spline_critical_points._pencil_fits(x, y, 2, left[::-1], right[::-1]) == fits


def test_hessian_is_the_gram_matrix_at_critical_points_only(landed):
    fit, orientation, start = landed
    at = np.asarray(fit.gradient_norm) < 1e-9
    with jax.enable_x64(True):
        both = jnp.concatenate([fit.parameters[at], jnp.asarray(start)])
        s = np.concatenate([orientation[at], orientation])
        found = spline_critical_points.hessians(both, s, jnp.ones_like(s), X, Y)
    deviation = np.abs(found.spline - found.gram).max((1, 2)) / np.abs(found.gram).max((1, 2))
    assert deviation[: at.sum()].max() < 1e-8
    assert np.median(deviation[at.sum() :]) > 0.05


def test_hessian_against_finite_differences():
    rng = np.random.default_rng(3)
    p, s = np.array([-0.31, 0.42, 1.0, -2.0, 0.1, 0.3]), np.array([1.0, -1.0])
    with jax.enable_x64(True):
        found = spline_critical_points.hessians(p[None], s[None], np.ones((1, 2)), X, Y).spline[0]

    def gradient(q):
        return spline_critical_points.basis(q, s, X).T @ spline_critical_points.residual(q, s, X, Y)

    direction = rng.standard_normal(6)
    step = 1e-5
    assert np.abs(p[:2, None] - X).min() > step * np.abs(direction).max()  # no breakpoint crosses a datum
    numeric = (gradient(p + step * direction) - gradient(p - step * direction)) / (2 * step)
    np.testing.assert_allclose(np.asarray(found) @ direction, numeric, atol=1e-6)


@pytest.mark.parametrize("units", [2, 10, 60])
def test_rank_law(units):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x, beta = np.sort(rng.uniform(-1, 1, 30)), rng.uniform(-1.2, 1.2, units)
        p = np.concatenate([beta, rng.standard_normal(units), [0, 0]])
        rank = np.linalg.matrix_rank(spline_critical_points.basis(p, np.ones(units), x))
        assert rank == spline_critical_points.rank_law(beta, x)


def test_profile_loss_is_a_least_squares_problem_with_fixed_breakpoints():
    found = spline_critical_points.enumerate_critical_splines(X, Y, 2)
    best = np.argmin(found.loss)
    first, second = found.breakpoint[best]
    assert spline_critical_points.profile_loss([first], [second], X, Y)[0, 0] == pytest.approx(found.loss[best])
    columns = np.stack([np.ones(24), X, np.maximum(X + 0.5, 0), np.maximum(X - 0.2, 0)], axis=1)
    rest = Y - columns @ np.linalg.lstsq(columns, Y, rcond=None)[0]
    assert spline_critical_points.profile_loss([-0.5], [0.2], X, Y)[0, 0] == pytest.approx(0.5 * rest @ rest)
    # Both breakpoints at one place make one kink, not a singular problem.
    one = np.linalg.lstsq(columns[:, :3], Y, rcond=None)[0]
    rest = Y - columns[:, :3] @ one
    assert spline_critical_points.profile_loss([-0.5], [-0.5], X, Y)[0, 0] == pytest.approx(0.5 * rest @ rest)


def test_unpack_orders_breakpoints_slopes_line():
    spline = spline_critical_points.unpack(np.arange(6.0), np.ones(2))
    assert isinstance(spline, relu_splines.Spline)
    assert (spline.breakpoint.tolist(), spline.delta_slope.tolist()) == ([0, 1], [2, 3])
    assert (spline.offset, spline.skip) == (4, 5)
