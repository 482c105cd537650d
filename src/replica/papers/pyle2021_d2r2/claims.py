"""Claims: networks of low spectral radius are polynomial regressions in disguise, and those do better for less."""

import math

from replica.paper import claim
from replica.verdict import Estimate, above, all_of, below, equal, judge

OWN = "a NumPy and JAX prototype of the same systems"
CUBIC = "p = 3"
BITS = {"float16": 16, "float32": 32}
KEPT = 0.9  # share of its valid time with which a model still counts as working


def _mean_ratio(first, second):
    """Ratio of the means over networks, with its standard error."""
    means = first.mean().item(), second.mean().item()
    relative = [
        of.std(ddof=1).item() / mean / math.sqrt(of.size) for of, mean in zip((first, second), means, strict=True)
    ]
    return Estimate(means[0] / means[1], means[0] / means[1] * math.hypot(*relative), min(first.size, second.size))


def _paired_ratio(first, second):
    """Ratio of the means over the same starts, with its standard error; of networks the mean over all of them counts,
    and their scatter adds to the error."""
    others = [dim for dim in second.dims if dim != "start"]
    each = second.mean(others)
    ratio = (first.mean() / each.mean()).item()
    error = (first - ratio * each).std(ddof=1).item() / each.mean().item() / math.sqrt(each.size)
    if others and (networks := second.mean("start")).size > 1:
        error = math.hypot(error, ratio * networks.std(ddof=1).item() / each.mean().item() / math.sqrt(networks.size))
    return Estimate(ratio, error, each.size)


def _network_means(dataset, regime, warm_up):
    """Valid time of each network of a regime, mean over starts."""
    return dataset.valid_time.sel(regime=regime, warm_ups=warm_up).mean("start")


def _same_starts(polynomials, library, networks):
    return polynomials.valid_time.sel(library=library, start=networks.start)


def _kept(dataset, name, form, mode="all", warm_up=None):
    """Valid time in a number format over that in float64: of a library, or of each network of a regime."""
    if warm_up is None:
        chosen = dataset.sel(library=name)
        full = chosen.valid_time
    else:
        chosen = dataset.sel(rounded_regime=name)
        full = dataset.valid_time.sel(regime=name, warm_ups=warm_up)
    rounded = chosen.rounded_valid_time.sel(formats=form, modes=mode)
    return rounded.mean("start") / full.mean("start")


def _renamed(array, name="seeds"):
    return array.rename({name: "seeds"}) if name in array.dims else array


@claim("C1", core=True, source="abstract")
def two_regimes(forgetting):
    """Networks work in two regimes set by the spectral radius: a low one forgets its state, a high one does not."""
    distance = _renamed(forgetting.distance, "forgetting_seeds")

    def data(case):
        high = distance.sel(case=case)
        last = forgetting.elapsed[-1].item()
        return {
            "low_after_50": distance.sel(case="low", elapsed=50),
            "high_after_10": high.sel(elapsed=10),
            "high_in_the_end": high.sel(elapsed=last).max("seeds"),
        }

    return judge(
        all_of(
            low_after_50=below(1e-6, strict=True, rule="each"),
            high_after_10=above(0.1, strict=True, rule="median"),
            high_in_the_end=above(0.1, strict=True),
        ),
        measured=data("high"),
        control=data("high, rescaled"),
        control_is="the matrices of high radius rescaled to the low radius",
        expected={"low_after_50": 0.0, "high_after_10": 2.0, "high_in_the_end": 2.0},
        expected_source=f"contraction; the copy of opposite sign; {OWN}",
    )


@claim("C2", core=True, source="abstract")
def low_radius_is_a_polynomial(polynomial_fits, ablations, radii, regimes):
    """A network of low spectral radius reduces to a polynomial regression on its last two inputs."""
    low, high = (radii[regimes.index(name)] for name in ("low", "high"))
    whole = ablations.whole_valid_time.sel(regime="low")

    def data(order, memory):
        share = polynomial_fits.unexplained.sel(memory=1, fitted_orders=order)
        time = ablations.valid_time.sel(regime="low", memories=memory)
        return {
            "unexplained": share.sel(radius=low).item(),
            "high_over_low": share.sel(radius=high).item() / share.sel(radius=low).item(),
            "valid_time_of_memory": _paired_ratio(time, whole),
        }

    return judge(
        all_of(
            unexplained=below(1e-3, strict=True),
            high_over_low=above(5),
            valid_time_of_memory=above(0.85, strict=True),
        ),
        measured=data(3, 2),
        control=data(1, 1),
        control_is="linear features in place of cubic ones; a memory of one input in place of two",
        expected={"unexplained": 2.5e-4, "high_over_low": 15, "valid_time_of_memory": 0.94},
        expected_source=OWN,
    )


@claim("C2b", source="paper")
def pieces_that_make_monomials(ablations):
    """The pieces that make the monomials are needed, the others are not."""
    times = ablations.ablated_valid_time
    names = {
        "output_nonlinearity": "output nonlinearity",
        "recurrence": "recurrence",
        "activation": "activation",
        "squares": "products, but squares",
    }

    def ratio(lacking):
        return _paired_ratio(times.sel(lacking=lacking), times.sel(lacking="none"))

    return judge(
        all_of(
            output_nonlinearity=below(0.4, strict=True),
            recurrence=below(0.2, strict=True),
            activation=above(0.4, strict=True),
            squares=above(0.8, strict=True),
        ),
        measured={name: ratio(lacking) for name, lacking in names.items()},
        control={name: ratio("none") for name in names},
        control_is="the whole network",
        expected={"output_nonlinearity": 0.20, "recurrence": 0.07, "activation": 0.55, "squares": 1.03},
        expected_source=OWN,
    )


@claim("C3", core=True, source="abstract")
def contains_sparse_identification(coefficients):
    """D2R2 contains the sparse identification of dynamics: on Euler data both find the equations."""

    def data(integrator):
        chosen = coefficients.sel(integrator=integrator)
        return {
            "disagreement": chosen.disagreement.item(),
            "terms": chosen.terms.sel(regression="thresholded").item(),
            "error": chosen.error.sel(regression="thresholded").item(),
        }

    return judge(
        all_of(disagreement=below(1e-6, strict=True), terms=equal(7), error=below(1e-8, strict=True)),
        measured=data("euler"),
        control=data("rk4"),
        control_is="data of the Runge-Kutta method, whose step is not the equations' right-hand side",
        expected={"disagreement": 0.0, "terms": 7, "error": 0.0},
        expected_source="identity of both regressions; the equations",
    )


@claim("C4", core=True, source="abstract")
def low_radius_beats_high_radius(reservoirs, lorenz63_reservoirs, warm_up):
    """Networks of low spectral radius forecast longer than those of high spectral radius."""
    datasets = {"lorenz96": reservoirs, "lorenz63": lorenz63_reservoirs}

    def data(other):
        low = {name: _network_means(dataset, "low", warm_up) for name, dataset in datasets.items()}
        high = {name: _network_means(dataset, other, warm_up) for name, dataset in datasets.items()}
        return {name: _mean_ratio(low[name], high[name]) for name in datasets}

    return judge(
        all_of(lorenz96=above(1.15, strict=True), lorenz63=above(1.15, strict=True)),
        measured=data("high"),
        control=data("middle"),
        control_is="radius 0.5 with the input weights and degree of the low regime in place of the high one",
        expected={"lorenz96": 1.6, "lorenz63": 1.33},
        expected_source=OWN,
    )


@claim("C5", core=True, source="abstract")
def regression_beats_both(
    polynomials, lorenz63_polynomials, reservoirs, reservoir_sizes, lorenz63_reservoirs, compared_size, warm_up
):
    """Polynomial regression forecasts longer than networks of low and of high spectral radius."""
    larger = reservoir_sizes.sel(sizes=compared_size)
    cases = {
        "lorenz96": (polynomials, reservoirs),
        "lorenz96_larger": (polynomials, larger),
        "lorenz63": (lorenz63_polynomials, lorenz63_reservoirs),
    }

    def data(library):
        return {
            f"{name}_{regime}": _paired_ratio(
                _same_starts(of_library, library, networks),
                networks.valid_time.sel(regime=regime, warm_ups=warm_up),
            )
            for name, (of_library, networks) in cases.items()
            for regime in ("low", "high")
        }

    bounds = {name: 2.0 if name == "lorenz63" else 1.3 for name in cases}
    return judge(
        all_of(**{f"{name}_{r}": above(bounds[name], strict=True) for name in cases for r in ("low", "high")}),
        measured=data("p = 4"),
        control=data("p = 1"),
        control_is="linear regression, p = 1",
        expected={"lorenz96_low": 1.8, "lorenz96_larger_low": 1.5, "lorenz63_low": 2.6},
        expected_source=OWN,
    )


@claim("C6", core=True, source="abstract")
def regression_survives_rounding(polynomials, reservoirs, warm_up):
    """On Lorenz 96 polynomial regression keeps its skill in 32 and 16 bits, networks lose theirs in 16."""
    first = {"regression": polynomials.sel(start=reservoirs.start)}

    def kept(form):
        networks = {regime: _kept(reservoirs, regime, form, warm_up=warm_up) for regime in ("low", "high")}
        return {"regression": _kept(first["regression"], CUBIC, form)} | networks

    def data(form):
        rounded = first["regression"].rounded_valid_time.sel(library=CUBIC, formats=form, modes="all").mean()
        networks = reservoirs.rounded_valid_time.sel(formats=form, modes="all").mean("start")
        low, high = (networks.sel(rounded_regime=regime) for regime in ("low", "high"))
        return (
            {f"{name}_32": value for name, value in kept("float32").items()}
            | {f"{name}_16": value for name, value in kept(form).items()}
            | {"regression_less_low": rounded.item() - low, "low_less_high": low - high}
        )

    return judge(
        all_of(
            **{f"{name}_32": above(0.98) for name in ("regression", "low", "high")},
            regression_16=above(0.9),
            low_16=below(0.75),
            high_16=below(0.5),
            regression_less_low=above(0.0, strict=True),
            low_less_high=above(0.0, strict=True),
        ),
        measured=data("float16"),
        control=data("bfloat16"),
        control_is="bfloat16 in place of float16",
        expected={"regression_16": 0.99, "low_16": 0.63, "high_16": 0.25},
        expected_source=OWN,
    )


@claim("C6b", core=True, source="abstract")
def regression_survives_rounding_in_lorenz63(lorenz63_polynomials, lorenz63_reservoirs, warm_up):
    """On Lorenz 63 too polynomial regression keeps more of its skill in 16 bits than networks do."""
    networks = {
        regime: _renamed(_kept(lorenz63_reservoirs, regime, "float16", warm_up=warm_up), "lorenz63_seeds")
        for regime in ("low", "high")
    }

    def data(kept):
        return {"kept": kept, "less_low": kept - networks["low"], "less_high": kept - networks["high"]}

    return judge(
        all_of(kept=above(KEPT), less_low=above(0.0, strict=True), less_high=above(0.0, strict=True)),
        measured=data(_kept(lorenz63_polynomials, "p = 4", "float16").item()),
        control=data(networks["high"]),
        control_is="networks of high radius in place of the regression",
        expected={"kept": 0.99},
        expected_source="as on Lorenz 96; the prototype found 0.37 here",
    )


@claim("C7", core=True, source="abstract")
def fewer_operations(polynomials, reservoir_sizes, sizes, compared_size, warm_up):
    """For the same skill polynomial regression needs about 68 times fewer operations than a network."""
    networks = reservoir_sizes.sel(regime="low", warm_ups=warm_up).isel(size_seeds=0)

    def data(library, size):
        regression, network = polynomials.sel(library=library), networks.sel(sizes=size)
        return {
            "ratio": network.operations.item() / regression.operations.item(),
            "difference": regression.valid_time - network.valid_time,
        }

    controls = [data("p = 3, w = 4", compared_size), data("p = 2, w = 3", sizes[0])]
    return judge(
        all_of(ratio=above(50), difference=above(0.0, over="start")),
        measured=data("p = 2, w = 3", compared_size),
        control=max(controls, key=lambda of: of["ratio"]),
        control_is="the better ratio of: p = 3, w = 4 in place of p = 2, w = 3; the smallest network",
        expected={"ratio": 69.4, "difference": 0.07},
        expected_source=f"counts of 288 and 19 998 operations (the paper's own count is not known); {OWN}",
    )


def _bits_needed(kept, formats):
    """The shortest format in which a model keeps its skill; 64 where it is none of them."""
    return min([BITS.get(form, 16) for form in formats if kept(form) >= KEPT], default=64)


@claim("C8", core=True, source="abstract")
def half_the_bits(polynomials, reservoirs, warm_up):
    """Reduced precision gives regression a further factor of 2: it works in half the bits that networks need."""
    first = polynomials.sel(start=reservoirs.start)

    def data(half):
        formats = [half, "float32"]
        own = _bits_needed(lambda form: _kept(first, CUBIC, form).item(), formats)

        def network(regime):
            return _bits_needed(lambda form: _kept(reservoirs, regime, form, warm_up=warm_up).mean().item(), formats)

        return [network(regime) / own for regime in ("low", "high")]

    return judge(
        equal(2.0),
        measured=data("float16"),
        control=data("bfloat16"),
        control_is="bfloat16 as the format of 16 bits",
        expected=2.0,
        expected_source="32 bits over 16",
    )


@claim("C9", source="paper")
def where_rounding_hurts(reservoirs, warm_up):
    """Rounding everything to 16 bits costs networks skill, and at least as much as rounding their weights alone."""

    def data(form):
        kept = {mode: _kept(reservoirs, "low", form, mode, warm_up) for mode in ("all", "weights")}
        return {"weights_less_all": kept["weights"] - kept["all"], "all": kept["all"]}

    return judge(
        all_of(weights_less_all=above(0.0), all=below(0.8, strict=True)),
        measured=data("float16"),
        control=data("float32"),
        control_is="float32 in every mode",
        expected={"weights_less_all": 0.2, "all": 0.63},
        expected_source=OWN,
    )
