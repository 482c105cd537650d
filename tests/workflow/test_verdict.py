"""Every kind of criterion, on data for which it passes, fails and cannot say."""

import json
import math

import numpy as np
import pytest
import xarray as xr

from replica import verdict as v


def over_seeds(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="seeds", coords={"seeds": range(len(values))})


def along(values, x=(1.0, 2.0, 4.0, 8.0), **dims) -> xr.DataArray:
    return xr.DataArray(values, dims="n", coords={"n": list(x)})


PASS_FAIL = [
    (v.below(1.0), 0.5, 1.5),
    (v.below(1.0), 1.0, 1.0 + 1e-12),
    (v.below(1.0, strict=True), 0.999, 1.0),
    (v.above(3), [3, 4], [4, 2.9]),
    (v.between(0.8, 1.2), over_seeds(0.7, 1.3), over_seeds(0.5, 0.6)),
    (v.between(0.8, 1.2, rule="each"), over_seeds(0.9, 1.1), over_seeds(0.7, 1.3)),
    (v.below(1.0, rule="median"), over_seeds(0, 0, 100), over_seeds(2, 2, 0)),
    (v.within(2.0, abs=0.1), 2.05, 2.2),
    (v.within(-2.0, rel=0.1), -2.1, -2.3),
    (v.within(2.0, factor=2), 1.01, 4.5),
    (v.within(rel=0.12), v.Against(0.0777, 0.0788), v.Against(0.0777, 0.0497)),
    (v.within([1.0, 2.0], abs=0.1), [1.05, 1.95], [1.05, 1.5]),
    (v.within_errors(4, 1.0), v.Estimate(1.3, 0.1, 20), v.Estimate(1.5, 0.1, 20)),
    (v.within_errors(2, 0.0), over_seeds(-1, 0, 1.5), over_seeds(1, 1.1, 0.9)),
    (v.equal(3), np.array([3, 3]), np.array([3, 4])),
    (v.equal((1, 2, 3)), [1, 2, 3], [1, 2]),
    (v.equal({(1, 2), (3, 4)}), {(3, 4), (1, 2)}, {(1, 2)}),
    (v.equal(), v.Against(["a", "b"], ["a", "b"]), v.Against(["a", "b"], ["b", "a"])),
    (v.never(), [False, False], [False, True]),
    (v.share_at_least(0.95), np.array([True] * 19 + [False]), np.array([True] * 18 + [False] * 2)),
    (v.monotone("increasing", "n"), along([1, 2, 2, 3]), along([1, 2, 1.9, 3])),
    (v.monotone("increasing", "n", strict=True), along([1, 2, 3, 4]), along([1, 2, 2, 3])),
    (v.monotone("decreasing", "n", slack=0.05), along([4, 3, 3.1, 1]), along([4, 3, 3.2, 1])),
    (v.extremum_at("max", "n", at=4.0), along([0, 1, 3, 2]), along([0, 3, 1, 2])),
    (v.extremum_at("max", "n", at=4.0, steps=1), along([0, 3, 1, 2]), along([3, 1, 0, 2])),
    (v.extremum_at("min", "n", interior=True), along([3, 1, 2, 4]), along([1, 2, 3, 4])),
    (v.slope_between(1.9, 2.1, "n"), along([1, 4, 16, 64]), along([1, 2, 4, 8])),
    (v.slope_between(-0.1, 0.1, "n", start=2, stop=4), along([100, 1, 1, 0.1]), along([1, 1, 2, 2])),
    (v.slope_between(0.9, 1.1, "n", log=""), along([1, 2, 4, 8]), along([2, 4, 8, 16])),
    (v.all_of(a=v.below(1), b=v.above(2)), {"a": 0, "b": 3}, {"a": 0, "b": 1}),
]


@pytest.mark.parametrize(("criterion", "good", "bad"), PASS_FAIL, ids=[c.words for c, _, _ in PASS_FAIL])
def test_each_criterion_passes_and_fails(criterion, good, bad):
    assert criterion(good).passed is True
    assert criterion(bad).passed is False


NOT_FINITE = [
    (v.below(1.0), math.nan),
    (v.below(1.0), [0.5, -math.inf]),
    (v.between(0, 1), over_seeds(0.5, math.nan)),
    (v.within(1.0, abs=1.0), math.inf),
    (v.within(abs=1.0), v.Against(1.0, math.nan)),
    (v.within_errors(3, 1.0), v.Estimate(1.0, math.nan, 3)),
    (v.equal(1.0), [1.0, math.nan]),
    (v.monotone("increasing", "n"), along([1, math.nan, 3, 4])),
    (v.extremum_at("max", "n", at=4.0), along([1, math.nan, 3, 4])),
    (v.slope_between(0, 1, "n"), along([1, 2, -1, 4])),
    (v.share_at_least(0.5), np.array([], dtype=bool)),
    (v.below(1.0), []),
]


@pytest.mark.parametrize(("criterion", "data"), NOT_FINITE)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_not_finite_or_not_there_gives_no_answer(criterion, data):
    outcome = criterion(data)
    assert outcome.passed is None and outcome.reason


def judged(criterion, measured, control, **options):
    judgement = v.judge(criterion, measured=measured, control=control, control_is="c", expected=1, expected_source="s")
    return v.record(judgement, **options)


def test_the_four_verdicts():
    assert judged(v.below(1), 0, 2)["verdict"] == "holds"
    assert judged(v.below(1), 2, 3)["verdict"] == "fails"
    assert judged(v.below(1), 0, 0.5)["verdict"] == "vacuous"
    assert judged(v.below(1), 2, 0)["verdict"] == "fails"
    assert judged(v.below(1), math.nan, 2)["verdict"] == "not judged"
    smoke = judged(v.below(1), 0, 2, unjudged="smoke scale")
    assert smoke["verdict"] == "not judged" and smoke["reason"] == "smoke scale" and smoke["value"] == 0


def test_a_control_that_is_undefined_fails_with_its_reason():
    found = judged(v.below(1), 0, math.nan)
    assert found["verdict"] == "holds" and "not finite" in found["control"]["reason"]


def test_a_refuting_criterion_turns_the_verdict_round():
    assert judged(v.below(1), 0, 2, refutes=True)["verdict"] == "fails"
    assert judged(v.below(1), 2, 3, refutes=True)["verdict"] == "holds"
    assert judged(v.below(1), 0, 0, refutes=True)["verdict"] == "vacuous"


def test_too_few_cases_are_not_judged():
    assert judged(v.below(1, at_least_n=20), [0.0] * 19, 2)["verdict"] == "not judged"
    assert judged(v.below(1, at_least_n=20), [0.0] * 20, [2] * 20)["verdict"] == "holds"
    assert "19 cases, at least 20" in judged(v.below(1, at_least_n=20), [0.0] * 19, 2)["reason"]


def test_a_conjunction_keeps_its_parts_and_names_what_the_control_did_not_fail():
    both = v.all_of(error=v.below(0.1), rate=v.between(1, 2))
    found = judged(both, {"error": 0.05, "rate": 1.5}, {"error": 0.05, "rate": 3})
    assert found["verdict"] == "holds"
    assert found["parts"]["rate"] == {"passed": True, "value": 1.5, "bound": {"low": 1, "high": 2}, "worst": 1.5}
    assert found["control"]["not_failed"] == ["error"]
    undefined = {"error": 0.05, "rate": math.nan}
    assert judged(both, undefined, {"error": 1, "rate": 3})["verdict"] == "not judged"
    assert judged(both, {"error": 1, "rate": math.nan}, {"error": 1, "rate": 3})["verdict"] == "fails"
    with pytest.raises(ValueError, match=r"needs data for \['error', 'rate'\]"):
        both({"error": 1})


def test_margin_and_fragility_are_in_units_of_the_spread():
    data = over_seeds(0.8, 1.0, 1.2, 1.0)
    found = judged(v.below(1.1), data, 2)
    error = float(data.std("seeds", ddof=1)) / 2
    assert found["spread"] == pytest.approx(error)
    assert found["margin"] == pytest.approx(0.1 / error)
    assert found["worst"] == 1.2 and found["n"] == 4
    assert found["fragile"] is (0.1 / error < 2)
    pooled = judged(v.within(1.0, abs=0.2), v.Estimate(1.05, 0.1, 24), 2)
    assert pooled["margin"] == pytest.approx(1.5) and pooled["fragile"] and pooled["n"] == 24


def test_the_median_has_the_spread_of_a_median():
    data = over_seeds(1, 2, 3, 4, 5)
    mean, median = v.below(9)(data), v.below(9, rule="median")(data)
    assert median.spread == pytest.approx(math.sqrt(math.pi / 2) * mean.spread)


def test_a_slope_carries_the_errors_of_its_points():
    x, errors = np.array([1.0, 2, 4, 8]), np.array([0.1, 0.1, 0.2, 0.4])
    estimate = v.Estimate(along(x), along(errors), 8)
    found = v.slope_between(0.8, 1.2, "n")(estimate)
    samples = np.random.default_rng(0).normal(x, errors, (20000, 4))
    slopes = np.polyfit(np.log(x), np.log(np.maximum(samples, 1e-3)).T, 1)[0]
    assert found.value == pytest.approx(1.0)
    assert found.spread == pytest.approx(slopes.std(), rel=0.1)


def test_all_of_claims_json_is_plain_json():
    both = v.all_of(error=v.within([1.0, 2.0], rel=0.1), names=v.equal({"a", "b"}))
    found = judged(both, {"error": np.array([1.0, 2.0]), "names": {"a", "b"}}, {"error": [math.nan, 1], "names": {"a"}})
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: v.within(1.0), "one of abs, rel, factor"),
        (lambda: v.within(1.0, abs=1, rel=1), "one of abs, rel, factor"),
        (lambda: v.between(2, 1), "the first bound is the lower one"),
        (lambda: v.monotone("up", "n"), "increasing or decreasing"),
        (lambda: v.extremum_at("max", "n"), "needs a place"),
        (lambda: v.all_of(a=v.below(1)), "two parts or more"),
        (lambda: v.within(rel=0.1)(1.0), "Against"),
        (lambda: v.slope_between(0, 1, "n", start=3, stop=5)(along([1, 2, 3, 4])), "two are needed"),
        (lambda: v.share_at_least(0.5)([0.2, 0.9]), "truth values"),
        (lambda: v.within([1.0, 2.0], abs=1)([1.0, 2.0, 3.0]), "shape"),
    ],
)
def test_a_wrong_use_says_what_was_expected(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
