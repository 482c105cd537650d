"""Claims: balance of excitation and inhibition, and the rates of neurons with different in-degrees."""

import numpy as np

from replica.paper import claim
from replica.verdict import Against, all_of, below, between, judge, within

LIMIT = "mean-field theory of large networks"
BROKEN = ("broad in-degrees", "rank one")


@claim("C1", core=True, source="abstract")
def excitation_and_inhibition_cancel(scaling):
    """In the homogeneous network strong excitation is cancelled by strong inhibition, the better the larger it is."""
    return judge(
        between(-0.62, -0.35, rule="each"),
        measured=scaling.ratio_exponent.sel(conditions="homogeneous"),
        control=scaling.ratio_exponent.sel(conditions="broad in-degrees"),
        control_is="the network with broad in-degrees",
        expected=-0.5,
        expected_source="mean-field theory: net input of order 1, excitatory input of order √N",
    )


@claim("C2", core=True, source="abstract")
def broad_in_degrees_break_balance(scaling):
    """Heterogeneous in-degrees break balance: the net input grows with the square root of the number of neurons."""
    names = [name.replace(" ", "_").replace("-", "_") for name in BROKEN]
    criterion = between(0.35, 0.65, rule="each")
    return judge(
        all_of(**dict.fromkeys(names, criterion)),
        measured={
            name: scaling.imbalance_exponent.sel(conditions=condition)
            for name, condition in zip(names, BROKEN, strict=True)
        },
        control=dict.fromkeys(names, scaling.imbalance_exponent.sel(conditions="assortative")),
        control_is="the assortative network, with the same in-degrees",
        expected=0.5,
        expected_source="mean-field theory: an imbalance of order √N",
    )


@claim("C3", core=True, source="derived: the low class balances itself alone")
def theory_gives_size_of_imbalance(networks, mean_field, units):
    """The mean-field theory gives the size of the imbalance of the network with broad in-degrees."""
    inputs = mean_field.input.sel(conditions="broad in-degrees", population="E")
    predicted = np.sqrt(units[-1]) * (inputs.isel(degree_class=0) - inputs.isel(degree_class=-1)).item()
    imbalance = networks.imbalance.isel(units=-1) / predicted
    return judge(
        between(0.85, 1.15),
        measured=imbalance.sel(conditions="broad in-degrees"),
        control=imbalance.sel(conditions="assortative"),
        control_is="the assortative network, with the same in-degrees",
        expected=1.0,
        expected_source=f"{LIMIT}: {predicted:.2f} mV/ms",
    )


@claim("C4", core=True, source="abstract")
def other_architectures_keep_balance(scaling):
    """Other architectures with the same heterogeneous in-degrees keep the balance."""

    def of(condition):
        at = scaling.sel(conditions=condition)
        return {"ratio": at.ratio_exponent, "imbalance": at.imbalance_exponent}

    return judge(
        all_of(ratio=below(-0.35), imbalance=between(-0.25, 0.25)),
        measured=of("assortative"),
        control=of("rank one"),
        control_is="the rank-one architecture, with the same in-degrees",
        expected={"ratio": -0.5, "imbalance": 0.0},
        expected_source=LIMIT,
    )


@claim("C5", core=True, source="abstract")
def highly_connected_neurons_fire_less(networks, mean_field):
    """Where balance holds, neurons with more inputs fire at lower rates."""

    def of(condition):
        at = networks.sel(conditions=condition).isel(units=-1)
        rate = at.class_rate.sel(population="E")
        return {
            "ratio": rate.isel(degree_class=0) / rate.isel(degree_class=-1),
            "rank_correlation": at.rank_correlation,
        }

    rate = mean_field.rate.sel(conditions="assortative", population="E")
    return judge(
        all_of(ratio=between(2.2, 4.5), rank_correlation=below(-0.2)),
        measured=of("assortative"),
        control=of("proportional drive"),
        control_is="external drive in proportion to the recurrent in-degree",
        expected={"ratio": rate.isel(degree_class=0) / rate.isel(degree_class=-1)},
        expected_source=LIMIT,
    )


@claim("C6", core=True, source="abstract, of the theory")
def profile_of_rates_is_predicted(profile_networks, mean_field):
    """The rates of classes of in-degree follow the heterogeneous mean-field solution."""
    predicted = mean_field.profile / mean_field.profile.mean()
    relative = profile_networks.relative_rate.sel(population="E").rename(profile_seeds="seeds")
    deviation = abs(relative / predicted - 1).max("profile_class")
    return judge(
        below(0.2),
        measured=deviation.sel(profile_conditions="assortative"),
        control=deviation.sel(profile_conditions="independent out-degrees"),
        control_is="the same in-degrees with out-degrees independent of them (rank one)",
        expected=0.0,
        expected_source=f"{LIMIT}: h = " + ", ".join(f"{h:.3f}" for h in mean_field.profile.values),
    )


@claim("C7", source="derived; of all examples in the abstract's first version")
def highly_connected_class_is_quiet_without_balance(networks, mean_field):
    """In the network that is not balanced the highly connected class is the quiet one, too."""
    rate = networks.class_rate.isel(units=-1).sel(population="E")
    ratio = rate.isel(degree_class=-1) / rate.isel(degree_class=0)
    return judge(
        below(0.1),
        measured=ratio.sel(conditions="broad in-degrees"),
        control=ratio.sel(conditions="homogeneous"),
        control_is="the homogeneous network",
        expected=mean_field.rate.sel(conditions="broad in-degrees", population="E", degree_class=1),
        expected_source=f"{LIMIT}: the high class is silent",
    )


@claim("C8", source="derived: the covariance of in-degree and input is in proportion to -F")
def chance_excess_of_inputs_lowers_rate(networks):
    """A chance excess of recurrent inputs lowers the rate of a neuron in the homogeneous balanced network."""
    at = networks.sel(conditions="homogeneous").isel(units=-1)
    return judge(
        below(-0.08, rule="each"),
        measured=at.correlation.sel(inputs="total"),
        control=at.shuffled_correlation,
        control_is="in-degrees shuffled within a class",
        expected=-0.15,
        expected_source="an independent simulation of the same network",
    )


@claim("C9", source="abstract")
def spiking_is_irregular(networks, unconnected_network):
    """Spiking is irregular, driven by fluctuations of the input."""
    return judge(
        between(0.6, 1.2),
        measured=networks.interval_variation.sel(conditions="homogeneous").mean("neuron"),
        control=unconnected_network.interval_variation.mean("neuron"),
        control_is="the same neurons without recurrent connections",
        expected=0.9,
        expected_source="an independent simulation of the same network",
    )


@claim("C10", source="derived")
def rates_approach_balanced_solution(scaling, mean_field):
    """Rates of finite networks approach the balanced solution as the network grows."""
    expected = {a: mean_field.rate.sel(conditions="homogeneous", population=a).mean().item() for a in ("E", "I")}
    limit = scaling.rate_limit
    homogeneous = limit.sel(conditions="homogeneous").mean("degree_class")
    low = limit.sel(conditions="broad in-degrees").isel(degree_class=0)
    return judge(
        all_of(E=within(rel=0.2), I=within(rel=0.2)),
        measured={a: Against(homogeneous.sel(population=a), expected[a]) for a in expected},
        control={a: Against(low.sel(population=a), expected[a]) for a in expected},
        control_is="the low class of the network with broad in-degrees",
        expected=expected,
        expected_source=LIMIT,
    )
