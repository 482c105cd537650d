"""Criteria, negative controls, verdicts.

A claim is judged by one criterion applied twice: to what was measured, and to a negative control for which the same
criterion must fail.  Nothing here knows of papers; a claim's function returns ``judge(criterion, ...)``.

What a criterion accepts as data: a number, an array, a ``DataArray``, or an ``Estimate``.  A dimension named ``over``
(default ``seeds``) is summarised by ``rule``; along all other dimensions every element must pass.

=========  =====================================================  ===========================================
rule       the value judged                                       its spread
=========  =====================================================  ===========================================
mean       mean over seeds (default)                              standard error of the mean
median     median over seeds                                      standard error of a median (Gaussian)
each       every seed must pass; the worst is recorded            standard deviation over seeds
=========  =====================================================  ===========================================

The margin of a verdict is the distance of the value from the nearest bound in units of that spread.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

FRAGILE_BELOW = 2.0  # margin, in units of the spread
LISTED_AT_MOST = 24  # values written out one by one in claims.json; of more only their range
MEDIAN_ERROR = math.sqrt(math.pi / 2)  # standard error of the median over that of the mean, Gaussian samples


@dataclass(frozen=True)
class Estimate:
    """A value that pools its seeds already, with its own standard error (a jackknife, a fit).

    value, error: numbers or arrays of one shape; n: how many independent samples went in.
    """

    value: Any
    error: Any = None
    n: int | None = None


@dataclass(frozen=True)
class Against:
    """Something measured, held against a reference of its own (a theory curve, another condition)."""

    measured: Any
    reference: Any


@dataclass(frozen=True)
class Outcome:
    """What one criterion says of one set of data; ``passed`` is None where it cannot say."""

    passed: bool | None
    value: Any = None
    bound: Any = None
    spread: Any = None
    n: int | None = None
    worst: Any = None
    margin: float | None = None
    reason: str | None = None
    parts: Mapping[str, "Outcome"] = field(default_factory=dict)


@dataclass(frozen=True)
class Criterion:
    """A condition on data.  ``test`` gets the data and answers with an Outcome; ``words`` say it for a reader."""

    words: str
    test: Callable[[Any], Outcome]
    tolerance: Any
    at_least_n: int | None = None

    def __call__(self, data: Any) -> Outcome:
        outcome = self.test(data)
        if self.at_least_n is not None and (outcome.n or 0) < self.at_least_n:
            reason = f"{outcome.n or 0} cases, at least {self.at_least_n} are asked for"
            return replace(outcome, passed=None, reason=reason)
        return outcome


# --- data ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sample:
    """Data made uniform: judged values, their errors (nan where unknown), the values per seed."""

    values: np.ndarray
    errors: np.ndarray
    n: int
    per_seed: np.ndarray | None


def _sample(data: Any, over: str, rule: str) -> _Sample:
    if isinstance(data, Estimate):
        values = np.asarray(data.value, dtype=float)
        errors = np.full(values.shape, np.nan) if data.error is None else np.asarray(data.error, dtype=float)
        return _Sample(values, np.broadcast_to(errors, values.shape), data.n or values.size, None)
    if isinstance(data, xr.DataArray) and over in data.dims:
        per_seed = np.asarray(data.transpose(over, ...).values, dtype=float)
        n = per_seed.shape[0]
        deviation = per_seed.std(axis=0, ddof=1) if n > 1 else np.full(per_seed.shape[1:], np.nan)
        if rule == "mean":
            return _Sample(per_seed.mean(axis=0), deviation / math.sqrt(n), n, per_seed)
        if rule == "median":
            return _Sample(np.median(per_seed, axis=0), MEDIAN_ERROR * deviation / math.sqrt(n), n, per_seed)
        if rule == "each":
            return _Sample(per_seed, np.broadcast_to(deviation, per_seed.shape), n, per_seed)
        raise ValueError(f"rule is mean, median or each, got {rule!r}")
    values = np.asarray(data, dtype=float)
    return _Sample(values, np.full(values.shape, np.nan), values.size, None)


def _plain(value: Any) -> Any:
    """A value as JSON holds it: floats to 8 digits, arrays as nested lists, not-finite numbers as words."""
    if isinstance(value, Estimate):
        return _plain(value.value)
    if isinstance(value, xr.DataArray):
        value = value.values
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, bool | str) or value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return float(f"{value:.8g}") if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=str)
    return [_plain(item) for item in value]


def _summary(values: np.ndarray) -> Any:
    if values.ndim == 0:
        return values.item()
    if values.size <= LISTED_AT_MOST:
        return values.tolist()
    return {"min": float(np.min(values)), "max": float(np.max(values)), "count": int(values.size)}


def _not_finite(values: np.ndarray) -> str | None:
    bad = int(np.sum(~np.isfinite(values)))
    return f"{bad} of {values.size} values are not finite" if bad else None


def _judged(sample: _Sample, distance: Callable[[np.ndarray], np.ndarray], bound: Any, strict: bool) -> Outcome:
    """Outcome for values with a signed distance to the nearest bound: positive inside, negative outside."""
    values = sample.values
    common = {"value": _summary(values), "bound": bound, "n": sample.n}
    if values.size == 0:
        return Outcome(None, **common, reason="no values")
    if reason := _not_finite(values):
        return Outcome(None, **common, reason=reason)
    inside = distance(values)
    at = np.unravel_index(np.argmin(inside), inside.shape)
    error = float(sample.errors[at])
    worst = values[at]
    if sample.per_seed is not None and np.isfinite(sample.per_seed).all():
        per_seed = np.broadcast_to(distance(sample.per_seed), sample.per_seed.shape)
        worst = sample.per_seed[np.unravel_index(np.argmin(per_seed), per_seed.shape)]
    return Outcome(
        bool(np.all(inside > 0) if strict else np.all(inside >= 0)),
        **common,
        spread=None if np.isnan(sample.errors).all() else _summary(sample.errors),
        worst=float(worst),
        margin=float(abs(inside[at])) / error if math.isfinite(error) and error > 0 else None,
    )


def _numeric(words, distance, bound, *, strict=False, over="seeds", rule="mean", at_least_n=None) -> Criterion:
    over_words = "" if rule == "mean" else f" ({rule} of {over})"

    def test(data: Any) -> Outcome:
        return _judged(_sample(data, over, rule), distance, bound, strict)

    return Criterion(words + over_words, test, bound, at_least_n)


# --- criteria -----------------------------------------------------------------------------------------------------


def below(bound: float, *, strict: bool = False, **options: Any) -> Criterion:
    """Every value is at most ``bound`` (below it where ``strict``)."""
    words = f"{'<' if strict else '≤'} {bound:g}"
    return _numeric(words, lambda x: bound - x, {"high": bound}, strict=strict, **options)


def above(bound: float, *, strict: bool = False, **options: Any) -> Criterion:
    """Every value is at least ``bound`` (above it where ``strict``)."""
    words = f"{'>' if strict else '≥'} {bound:g}"
    return _numeric(words, lambda x: x - bound, {"low": bound}, strict=strict, **options)


def between(low: float, high: float, **options: Any) -> Criterion:
    """Every value lies in [low, high].  Raises ValueError where low > high."""
    if low > high:
        raise ValueError(f"between({low}, {high}): the first bound is the lower one")
    words = f"in [{low:g}, {high:g}]"
    return _numeric(words, lambda x: np.minimum(x - low, high - x), {"low": low, "high": high}, **options)


def within(
    reference: Any = None,
    *,
    abs: float | None = None,
    rel: float | None = None,
    factor: float | None = None,
    over: str = "seeds",
    rule: str = "mean",
    at_least_n: int | None = None,
) -> Criterion:
    """Every value is near a reference: |x - r| <= abs, |x - r| <= rel |r|, or r/factor <= x <= factor r.

    The reference is a number or an array over the remaining dimensions; without one the data are ``Against(measured,
    reference)``.  Raises ValueError unless exactly one tolerance is given.
    """
    given = {name: t for name, t in {"abs": abs, "rel": rel, "factor": factor}.items() if t is not None}
    if len(given) != 1:
        raise ValueError(f"within needs one of abs, rel, factor; got {sorted(given) or 'none'}")
    [(kind, tolerance)] = given.items()

    def distance_from(r: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        if kind == "abs":
            return lambda x: tolerance - np.abs(x - r)
        if kind == "rel":
            return lambda x: tolerance * np.abs(r) - np.abs(x - r)
        return lambda x: np.minimum(x - r / tolerance, r * tolerance - x)

    def test(data: Any) -> Outcome:
        held, measured = (data.reference, data.measured) if isinstance(data, Against) else (reference, data)
        if held is None:
            raise ValueError("within() without a reference is for data given as Against(measured, reference)")
        sample = _sample(measured, over, rule)
        r = np.asarray(_sample(held, over, "mean").values, dtype=float)
        if r.ndim and r.shape != sample.values.shape[-r.ndim :]:
            raise ValueError(f"within: values have shape {sample.values.shape}, their reference {r.shape}")
        bound = {"reference": _summary(r), kind: tolerance}
        if reason := _not_finite(r):
            return Outcome(None, _summary(sample.values), bound, n=sample.n, reason=f"reference: {reason}")
        return _judged(sample, distance_from(r), bound, strict=False)

    amount = {"abs": f"{tolerance:g}", "rel": f"{100 * tolerance:g} %", "factor": f"a factor {tolerance:g}"}[kind]
    held_words = f"{reference:g}" if isinstance(reference, int | float) else "the reference"
    return Criterion(f"within {amount} of {held_words}", test, {kind: tolerance}, at_least_n)


def within_errors(k: float, reference: Any = None, *, over: str = "seeds", at_least_n: int | None = None) -> Criterion:
    """Every value is within ``k`` of its own standard errors of the reference."""

    def test(data: Any) -> Outcome:
        held, measured = (data.reference, data.measured) if isinstance(data, Against) else (reference, data)
        sample = _sample(measured, over, "mean")
        r = np.asarray(held, dtype=float)
        bound = {"reference": _summary(r), "standard errors": k}
        if reason := _not_finite(np.stack(np.broadcast_arrays(sample.values, sample.errors, r))):
            return Outcome(
                None, _summary(sample.values), bound, n=sample.n, reason=f"value, error or reference: {reason}"
            )
        return _judged(sample, lambda x: k * sample.errors - np.abs(x - r), bound, strict=False)

    return Criterion(f"within {k:g} standard errors of the reference", test, {"standard errors": k}, at_least_n)


def equal(reference: Any = None, *, at_least_n: int | None = None) -> Criterion:
    """Exactly equal: integers, truth values, words, tuples, sets, or arrays of them; no tolerance.

    Without a reference the data are ``Against(measured, reference)``.  An array is held against a number element by
    element, otherwise the two must have the same shape.
    """

    def test(data: Any) -> Outcome:
        held, measured = (data.reference, data.measured) if isinstance(data, Against) else (reference, data)
        if isinstance(measured, set | frozenset) or isinstance(held, set | frozenset):
            return Outcome(set(measured) == set(held), _plain(measured), {"equal": _plain(held)}, n=len(measured))
        x, r = np.asarray(_plain_array(measured)), np.asarray(_plain_array(held))
        bound = {"equal": _summary(r) if r.dtype != object else _plain(held)}
        value = _summary(x) if x.dtype.kind in "bif" else _plain(measured)
        if x.dtype.kind == "f" and (reason := _not_finite(x)):
            return Outcome(None, value, bound, n=x.size, reason=reason)
        if r.ndim and x.shape != r.shape:
            return Outcome(False, value, bound, n=x.size, reason=f"shape {x.shape} against {r.shape}")
        unequal = int(np.sum(x != r))
        return Outcome(unequal == 0, value, bound, n=x.size, worst=unequal, reason=f"{unequal} of {x.size} differ")

    words = "equal to the reference" if reference is None else f"equal to {_plain(reference)}"
    return Criterion(words, test, {"equal": None if reference is None else _plain(reference)}, at_least_n)


def _plain_array(value: Any) -> Any:
    return value.values if isinstance(value, xr.DataArray) else value


def never(**options: Any) -> Criterion:
    """An event happens in no case; the data are truth values, one per case."""
    return replace(equal(False, **options), words="never")


def share_at_least(q: float, *, at_least_n: int | None = None) -> Criterion:
    """At least a share ``q`` of the cases is true; the data are truth values, one per case."""

    def test(data: Any) -> Outcome:
        flags = np.asarray(data)
        if flags.dtype != bool:
            raise TypeError(f"share_at_least counts truth values, got {flags.dtype}")
        if flags.size == 0:
            return Outcome(None, bound={"share": q}, n=0, reason="no cases")
        share = float(flags.mean())
        spread = math.sqrt(share * (1 - share) / flags.size)
        margin = abs(share - q) / spread if spread else None
        return Outcome(share >= q, share, {"share": q}, spread, flags.size, share, margin)

    return Criterion(f"true in at least {q:.0%} of the cases", test, {"share": q}, at_least_n)


def _along(data: Any, along: str) -> tuple[np.ndarray, np.ndarray]:
    """Coordinate of a dimension, and the data with that dimension last."""
    if not isinstance(data, xr.DataArray) or along not in data.dims:
        raise ValueError(f"data along {along!r} must be a DataArray with that dimension, got {type(data).__name__}")
    return np.asarray(data[along].values), np.asarray(data.transpose(..., along).values, dtype=float)


def monotone(
    direction: str, along: str, *, strict: bool = False, slack: float = 0.0, over: str = "seeds", rule: str = "mean"
) -> Criterion:
    """Values rise or fall along a dimension (``direction`` is "increasing" or "decreasing"), in the order given.

    slack: a step may go the wrong way by this share of the value it starts from.
    """
    if direction not in {"increasing", "decreasing"}:
        raise ValueError(f"direction is increasing or decreasing, got {direction!r}")
    sign = 1.0 if direction == "increasing" else -1.0

    def steps(y: np.ndarray) -> np.ndarray:
        return sign * np.diff(y, axis=-1) + slack * np.abs(y[..., :-1])

    def test(data: Any) -> Outcome:
        values, errors = (data.value, data.error) if isinstance(data, Estimate) else (data, None)
        _along(values, along)
        if errors is not None:
            values = values.transpose(..., along)
            sample = _sample(Estimate(values, errors.transpose(..., along), data.n), over, rule)
        else:
            sample = _sample(values.transpose(..., along), over, rule)
        if reason := _not_finite(sample.values):
            return Outcome(None, _summary(sample.values), n=sample.n, reason=reason)
        size = np.sqrt(sample.errors[..., 1:] ** 2 + sample.errors[..., :-1] ** 2)
        per_seed = None if sample.per_seed is None else steps(sample.per_seed)
        outcome = _judged(_Sample(steps(sample.values), size, sample.n, per_seed), lambda x: x, {"step": 0.0}, strict)
        return replace(outcome, value=_summary(sample.values))

    words = f"{'strictly ' if strict else ''}{direction} along {along}" + (f", slack {slack:g}" if slack else "")
    return Criterion(words, test, {"slack": slack})


def extremum_at(
    kind: str, along: str, *, at: Any = None, steps: int = 0, interior: bool = False, over: str = "seeds"
) -> Criterion:
    """The maximum or minimum (``kind``: "max", "min") along a dimension, of the mean over seeds, is where it should be.

    at: coordinate at which it must lie, to within ``steps`` grid points; interior: it must not lie at an end.
    """
    if kind not in {"max", "min"}:
        raise ValueError(f"kind is max or min, got {kind!r}")
    if at is None and not interior:
        raise ValueError("extremum_at needs a place (at=...) or interior=True")

    def test(data: Any) -> Outcome:
        mean = data.mean(over) if isinstance(data, xr.DataArray) and over in data.dims else data
        x, y = _along(mean, along)
        if reason := _not_finite(y):
            return Outcome(None, n=y.size, reason=reason)
        found = np.atleast_1d((np.argmax if kind == "max" else np.argmin)(y, axis=-1))
        passed = np.ones(found.shape, dtype=bool)
        if at is not None:
            passed &= np.abs(found - int(np.flatnonzero(x == at)[0])) <= steps
        if interior:
            passed &= (found > 0) & (found < len(x) - 1)
        return Outcome(bool(passed.all()), _plain(x[found]), {"at": _plain(at), "steps": steps}, n=int(found.size))

    words = f"{kind}imum along {along}" + (f" at {at}" if at is not None else " inside the range")
    return Criterion(words, test, {"at": _plain(at), "steps": steps})


def slope_between(
    low: float,
    high: float,
    along: str,
    *,
    start: float | None = None,
    stop: float | None = None,
    log: str = "xy",
    over: str = "seeds",
    rule: str = "mean",
) -> Criterion:
    """The least-squares slope along a dimension lies in [low, high].

    log: which axes are taken in logarithms ("xy", "x", "y" or ""); start, stop: range of the coordinate that is used.
    With seeds the slope is fitted per seed; an ``Estimate`` of arrays carries its errors into that of the slope.
    """
    inner = between(low, high, over=over, rule=rule)

    def fit(data: xr.DataArray, error: xr.DataArray | None) -> tuple[np.ndarray, np.ndarray | None]:
        x, y = _along(data, along)
        used = (x >= (-np.inf if start is None else start)) & (x <= (np.inf if stop is None else stop))
        if used.sum() < 2:
            raise ValueError(f"slope along {along}: {used.sum()} points between {start} and {stop}, two are needed")
        x, y = x[used], y[..., used]
        e = None if error is None else np.asarray(error.transpose(..., along).values, dtype=float)[..., used]
        with np.errstate(divide="ignore", invalid="ignore"):
            x = np.log(x) if "x" in log else x
            y, e = (np.log(y), None if e is None else e / y) if "y" in log else (y, e)
        weights = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
        return y @ weights, None if e is None else np.sqrt(e**2 @ weights**2)

    def test(data: Any) -> Outcome:
        if isinstance(data, Estimate):
            slope, error = fit(data.value, data.error)
            return inner(Estimate(slope, error, data.n))
        slope, _ = fit(data, None)
        if over in data.dims:
            dims = [d for d in data.dims if d != along]
            return inner(xr.DataArray(slope, dims=dims))
        return inner(slope)

    axes = {"xy": "log-log slope", "x": "slope against the logarithm", "y": "slope of the logarithm", "": "slope"}[log]
    span = (
        ""
        if start is None and stop is None
        else f" on [{start if start is not None else ''}, {stop if stop is not None else ''}]"
    )
    return Criterion(f"{axes} along {along}{span} in [{low:g}, {high:g}]", test, {"low": low, "high": high})


def all_of(**parts: Criterion) -> Criterion:
    """Every part holds; the data are a mapping with one entry per part, under the same names."""
    if len(parts) < 2:
        raise ValueError("all_of joins two parts or more")

    def test(data: Any) -> Outcome:
        if not isinstance(data, Mapping) or set(data) != set(parts):
            got = sorted(data) if isinstance(data, Mapping) else type(data).__name__
            raise ValueError(f"all_of needs data for {sorted(parts)}, got {got}")
        outcomes = {name: criterion(data[name]) for name, criterion in parts.items()}
        failed = [name for name, o in outcomes.items() if o.passed is False]
        undefined = {name: o.reason for name, o in outcomes.items() if o.passed is None}
        passed = False if failed else None if undefined else True
        reason = "; ".join(f"{name}: {why}" for name, why in undefined.items()) or None
        margins = [o.margin for o in outcomes.values() if o.margin is not None]
        counts = [o.n for o in outcomes.values() if o.n is not None]
        return Outcome(
            passed,
            {name: o.value for name, o in outcomes.items()},
            {name: o.bound for name, o in outcomes.items()},
            {name: o.spread for name, o in outcomes.items()},
            min(counts, default=None),
            {name: o.worst for name, o in outcomes.items()},
            min(margins, default=None),
            reason,
            outcomes,
        )

    words = "; ".join(f"{name.replace('_', ' ')} {criterion.words}" for name, criterion in parts.items())
    return Criterion(words, test, {name: criterion.tolerance for name, criterion in parts.items()})


# --- verdicts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judgement:
    """A criterion applied to a measurement and to its negative control."""

    criterion: Criterion
    measured: Outcome
    control: Outcome
    control_is: str
    expected: Any
    expected_source: str


def judge(
    criterion: Criterion, *, measured: Any, control: Any, control_is: str, expected: Any, expected_source: str
) -> Judgement:
    """Apply one criterion to what was measured and to its negative control.

    control: data for which the criterion must fail, computed by a stage; control_is: what it is, in a few words;
    expected: the paper's value (a number, a list, a mapping), and where it comes from.
    """
    return Judgement(criterion, criterion(measured), criterion(control), control_is, _plain(expected), expected_source)


def verdict_of(judgement: Judgement, *, refutes: bool = False) -> tuple[str, str | None]:
    """The verdict and, where there is one, its reason."""
    measured, control = judgement.measured, judgement.control
    if measured.passed is None:
        return "not judged", measured.reason
    if control.passed:
        if measured.passed:
            return "vacuous", "the negative control passes the criterion too"
        # A criterion that its control meets and the measurement does not has told the two apart, the wrong way round.
        return ("holds" if refutes else "fails"), "the negative control passes, the measurement does not"
    return ("holds" if measured.passed != refutes else "fails"), None


def _outcome_record(outcome: Outcome) -> dict[str, Any]:
    record = {
        "passed": outcome.passed,
        "value": outcome.value,
        "bound": outcome.bound,
        "spread": outcome.spread,
        "worst": outcome.worst,
        "margin": outcome.margin,
        "reason": outcome.reason,
    }
    return {name: _plain(item) for name, item in record.items() if item is not None or name == "passed"}


def record(judgement: Judgement, *, refutes: bool = False, unjudged: str | None = None) -> dict[str, Any]:
    """What claims.json holds of a judgement.  ``unjudged``: the reason why this run gives no verdict (smoke scale)."""
    verdict, reason = verdict_of(judgement, refutes=refutes)
    if unjudged is not None:
        verdict, reason = "not judged", unjudged
    measured, control = judgement.measured, judgement.control
    parts = measured.parts or {"value": measured}
    control_parts = control.parts or {"value": control}
    unfailed = [name for name, outcome in control_parts.items() if outcome.passed]
    return {
        "verdict": verdict,
        "reason": reason,
        "value": _plain(measured.value),
        "spread": _plain(measured.spread),
        "n": measured.n,
        "worst": _plain(measured.worst),
        "expected": judgement.expected,
        "expected_source": judgement.expected_source,
        "criterion": judgement.criterion.words,
        "tolerance": _plain(judgement.criterion.tolerance),
        "margin": _plain(measured.margin),
        "fragile": measured.margin is not None and measured.margin < FRAGILE_BELOW,
        "parts": {name: _outcome_record(outcome) for name, outcome in parts.items()},
        "control": {
            "what": judgement.control_is,
            "value": _plain(control.value),
            "passed": control.passed,
            "reason": control.reason if control.passed is None else None,
            "not_failed": unfailed,
            "parts": {name: _outcome_record(outcome) for name, outcome in control_parts.items()},
        },
    }
