"""Claims: spectral bias of ReLU networks, and what hats change of it."""

import numpy as np

from replica.paper import claim
from replica.verdict import Estimate, above, all_of, below, between, judge

_JUDGED = 3000  # iterations of the shallow networks within which an event must happen
_LOSS_STEP = 150
_IMAGES = 1000


def _doubling(gram_spectra, basis):
    condition = gram_spectra.condition_number.sel(basis=basis)
    return np.log2(condition.sel(cells=128) / condition.sel(cells=64)).item()


@claim("C1", core=True, source="abstract")
def ramps_are_ill_conditioned(gram_spectra):
    """The condition number of the Gram matrix of ReLU ramps grows as the fourth power of their number."""
    return judge(
        between(3.7, 4.3),
        measured=_doubling(gram_spectra, "ramps"),
        control=_doubling(gram_spectra, "hats"),
        control_is="hats in place of ramps",
        expected=4.0,
        expected_source="condition number 48 β⁻⁴ n⁴ with β = 1.875; log2 of its ratio at n = 128 and 64",
    )


@claim("C2", core=True, source="abstract")
def hats_are_well_conditioned(gram_spectra):
    """The Gram matrix of hats has a condition number below 3 at every size, and the eigenvalues of the closed form."""

    def data(basis):
        at = gram_spectra.sel(basis=basis)
        return {"condition": at.condition_number, "eigenvalues": at.formula_error}

    law = gram_spectra.eigenvalue_law.sel(basis="hats")
    return judge(
        all_of(condition=below(3.01, strict=True), eigenvalues=below(1e-3, strict=True)),
        measured=data("hats"),
        control=data("ramps"),
        control_is="ramps in place of hats",
        expected={"condition": law.max("number") / law.where(law > 0).min("number"), "eigenvalues": 0.0},
        expected_source="h (2/3 + cos(πkh)/3); quadrature with 64 midpoints per cell is off by 8e-5",
    )


@claim("C3", core=True, source="abstract")
def descent_learns_ramps_by_frequency_and_hats_at_once(linear_training, descent_steps):
    """Gradient descent learns low frequencies first in the basis of ramps, and all at once in the basis of hats."""

    def data(errors, hats, ramps):
        last = errors[ramps].sel(step=descent_steps)
        return {
            "hats": errors[hats].sel(step=10),
            "ramps_low": last.sel(descent_modes=1).item(),
            "ramps_high": last.sel(descent_modes=16).item(),
        }

    errors = {case: linear_training.mode_error.sel(case=case) for case in linear_training.case.values}
    law = {basis: linear_training.mode_error_law.sel(basis=basis) for basis in linear_training.basis.values}
    return judge(
        all_of(hats=below(0.01, strict=True), ramps_low=below(0.05, strict=True), ramps_high=above(0.7, strict=True)),
        measured=data(errors, "hats", "ramps"),
        control=data(errors, "hats", "ramps, preconditioned"),
        control_is="ramps with steps preconditioned by the inverse Gram matrix",
        expected=data(law, "hats", "ramps"),
        expected_source="closed form of gradient descent in the eigenbasis",
    )


def _arms(shallow_training, activation, optimiser, scale=None, rate=None):
    """The settings of an activation and an optimiser, of one input scale and rate where they are given."""
    d = shallow_training
    chosen = (d.activation == activation) & (d.optimiser == optimiser)
    if scale is not None:
        chosen &= d.input_scale == scale
    if rate is not None:
        chosen &= d.rate == rate
    return d.isel(arm=np.flatnonzero(chosen.values))


@claim("C4", core=True, source="abstract")
def hat_networks_have_no_spectral_bias(shallow_training, frequencies):
    """Shallow networks with narrow hats learn all frequencies at nearly one rate with Adam; with ReLU they do not."""
    relu, wide, narrow = (
        _arms(shallow_training, activation, "adam", scale, 1e-3).isel(arm=0)
        for activation, scale in (("relu", 40), ("hat", 1), ("hat", 40))
    )

    def lowest(arm, frequency):
        return arm.mode_error.sel(iteration=slice(None, _JUDGED), frequency=frequency).min("iteration", skipna=False)

    def data(hat):
        time = hat.half_iteration
        return {
            "hat_reached": lowest(hat, frequencies).max("frequency", skipna=False),
            "hat_ratio": time.max("frequencies", skipna=False) / time.min("frequencies", skipna=False),
            "relu_highest": lowest(relu, max(frequencies)),
        }

    return judge(
        all_of(
            hat_reached=below(0.5, strict=True, rule="median"),
            hat_ratio=below(4, rule="median"),
            relu_highest=above(0.5, rule="median"),
        ),
        measured=data(narrow),
        control=data(wide),
        control_is="hats with input scale 1 in place of 40",
        expected={"hat_ratio": 1.0},
        expected_source="all frequencies at the same rate",
    )


@claim("C5", core=True, source="abstract")
def hat_networks_train_faster(shallow_training):
    """Shallow networks with hats train faster than those with ReLU, with stochastic gradient descent and with Adam."""
    optimisers = ("adam", "sgd")

    def quickest(target, optimiser):
        """Iterations of the best rate of hats of scale 40; a run that never gets there counts as all iterations."""
        time = _arms(shallow_training, "hat", optimiser, 40).quarter_iteration.sel(target=target)
        time = time.fillna(shallow_training.iteration.max().item())
        return time.isel(arm=time.mean("seeds").argmin("arm"))

    def lowest(target, optimiser):
        """The least error of ReLU within the iterations, over all scales and rates."""
        error = _arms(shallow_training, "relu", optimiser).relative_error.sel(target=target)
        return error.sel(iteration=slice(None, _JUDGED)).min(("arm", "iteration"))

    def data(target):
        return {f"hat_{o}": quickest(target, o) for o in optimisers} | {
            f"relu_{o}": lowest(target, o) for o in optimisers
        }

    return judge(
        all_of(
            **{f"hat_{o}": below(1000, strict=True, rule="each") for o in optimisers},
            **{f"relu_{o}": above(0.25) for o in optimisers},
        ),
        measured=data("all"),
        control=data("lowest"),
        control_is="the lowest frequency of the target alone",
        expected={"hat_adam": "< 1000", "hat_sgd": "< 1000", "relu_adam": "never < 1/4", "relu_sgd": "never < 1/4"},
        expected_source="abstract",
    )


def _digits(digit_classification, variable, case, step):
    at = digit_classification.sel(training_images=_IMAGES, class_optimisers="adam", case=case)
    return at[variable].sel(step=step).drop_vars(("case", "step"))


@claim("C6", core=True, source="abstract")
def hat_classifiers_generalise_better(digit_classification, class_steps):
    """Image classifiers with hats have a higher test accuracy than those with ReLU."""

    def data(case):
        accuracy = [_digits(digit_classification, "test_accuracy", name, class_steps) for name in (case, "ReLU")]
        points = 100 * (accuracy[0] - accuracy[1])
        error = points.std("class_seeds", ddof=1) / np.sqrt(points.sizes["class_seeds"])
        n = points.sizes["class_seeds"]
        return {"points": points, "in_standard_errors": Estimate((points.mean("class_seeds") / error).item(), 1.0, n)}

    return judge(
        all_of(points=above(0, strict=True, over="class_seeds"), in_standard_errors=above(2, strict=True)),
        measured=data("hat"),
        control=data("hat, larger start"),
        control_is="hats with initial gain 2 in place of √2",
        expected="a difference above zero by more than two standard errors",
        expected_source="abstract, from earlier work with larger images",
    )


@claim("C7", source="derived")
def hat_classifiers_train_faster(digit_classification):
    """The training loss of image classifiers falls faster with hats than with ReLU."""

    def ratio(case):
        return _digits(digit_classification, "training_loss", case, _LOSS_STEP) / _digits(
            digit_classification, "training_loss", "ReLU", _LOSS_STEP
        )

    return judge(
        below(1, strict=True, over="class_seeds"),
        measured=ratio("hat"),
        control=ratio("ReLU, a tenth of the rate"),
        control_is="ReLU at a tenth of the rate in place of hats",
        expected="below 1",
        expected_source="the abstract's faster training, for classifiers",
    )
