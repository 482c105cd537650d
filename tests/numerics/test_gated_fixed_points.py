import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit

from replica.numerics import gated_fixed_points
from replica.numerics.gated_fixed_points import FixedPoint


def _mean(function, variance):
    def weighted(x):
        return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * function(np.sqrt(variance) * x)

    return quad(weighted, -10, 10, epsabs=1e-13, limit=400)[0]


@pytest.mark.parametrize(("steepness", "bias"), [(0.0, 0.0), (20.0, 0.0), (50.0, 0.0), (10.0, 0.4)])
def test_solution_closes_on_itself(steepness, bias):
    point = gated_fixed_points.solution(1.3, steepness, bias)
    square = _mean(lambda h: np.tanh(point.gain * h) ** 2, point.state_variance)
    gate = _mean(lambda r: expit(steepness * r - bias) ** 2, point.output_variance)
    assert point.output_variance == pytest.approx(square, rel=1e-9)
    assert point.state_variance == pytest.approx(square * gate, rel=1e-9)
    assert point.gain**2 * point.state_variance == pytest.approx(1.3**2)


def test_onset_is_continuous_up_to_the_root_of_eight():
    assert gated_fixed_points.onset_gain(0.0) == pytest.approx(2.0)
    assert gated_fixed_points.onset_gain(np.sqrt(8) - 0.02) == pytest.approx(2.0, abs=1e-9)
    assert gated_fixed_points.onset_gain(np.sqrt(8) + 0.1) < 2.0 - 1e-5
    assert gated_fixed_points.onset_gain(0.0, 0.7) == pytest.approx(1 + np.exp(0.7))


@pytest.mark.parametrize("steepness", [0.0, 2.0, 3.5])
def test_branch_near_the_onset_follows_its_expansion(steepness):
    """1 = g²/4 + Δ g² (α² g²/16 - g²/2) with g = 2 in the bracket: g²/4 - 1 is -(α² - 8) Δ to first order."""
    point = gated_fixed_points.solution(0.01, steepness)
    expected = -(steepness**2 - 8) * point.state_variance
    assert point.gain**2 / 4 - 1 == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("steepness", [0.0, 5.0, 20.0, 50.0])
def test_fixed_point_is_the_upper_solution(steepness):
    onset = gated_fixed_points.onset_gain(steepness)
    assert gated_fixed_points.fixed_point(onset - 0.01, steepness).state_variance == 0
    points = [gated_fixed_points.fixed_point(onset + d, steepness) for d in (0.01, 0.1, 0.5)]
    assert np.all(np.diff([p.state_variance for p in points]) > 0)
    assert [p.gain for p in points] == pytest.approx([onset + d for d in (0.01, 0.1, 0.5)], abs=1e-8)
    assert all(gated_fixed_points.instability(p, steepness) > 1 for p in points)


def test_gain_out_of_range_is_refused():
    with pytest.raises(ValueError, match="beyond"):
        gated_fixed_points.fixed_point(100.0, 0.0)


@pytest.mark.parametrize("gain", [1.5, 3.0, 6.0])
def test_complexity_of_the_silent_state(gain):
    """-1 + s J with s = g/2: ∫ ln|1 - λ| over a disc of radius s is 0 inside, ln s - 1/2 + 1/(2 s²) for s > 1."""
    point = FixedPoint(gain, 0.0, 0.0)
    samples = [gated_fixed_points.complexity_sample(np.random.default_rng(seed), point, 0.0, 400) for seed in range(6)]
    s = gain / 2
    expected = np.log(s) - 0.5 + 0.5 / s**2 if s > 1 else 0.0
    assert np.mean(samples) == pytest.approx(expected, abs=0.006)
