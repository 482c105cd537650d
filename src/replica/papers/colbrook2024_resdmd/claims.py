"""Claims: spectra without pollution, spectral measures of any order, kernel dictionaries for large states."""

import numpy as np

from replica.paper import claim
from replica.verdict import Estimate, above, all_of, below, between, judge, slope_between, within

OWN = "a NumPy prototype with the same parameters"


@claim("C1", core=True, source="abstract")
def no_spectral_pollution(pendulum, trusted):
    """Spectra are computed without spectral pollution: kept eigenvalues of the pendulum lie on the unit circle."""
    chosen = pendulum.isel(pendulum_limits=1).dropna("pair")
    away = np.abs(np.abs(chosen.eigenvalue) - 1)
    return judge(
        below(0.05, at_least_n=15),
        measured=away.where(chosen.residual < trusted, drop=True),
        control=away,
        control_is="all eigenvalues of extended DMD, whatever their residual",
        expected=0.0012,
        expected_source=f"{OWN}, 22 kept; 0 for the exact operator, whose spectrum is the unit circle",
    )


@claim("C2", core=True, source="abstract")
def pseudospectra_converge(pendulum):
    """Pseudospectra converge: τ falls on the spectrum, the unit circle, and tends to the distance from it
    elsewhere."""

    def data(circle, probes):
        inside, outside = probes.isel(pendulum_limits=1).sel(probe=[0.5, 1.2]).values
        fall = (circle.isel(pendulum_limits=0) / circle.isel(pendulum_limits=1)).item()
        return {"fall": fall, "inside": inside, "outside": outside}

    return judge(
        all_of(fall=above(1.5, strict=True), inside=within(0.5, abs=1e-3), outside=within(0.2, abs=0.01)),
        measured=data(pendulum.circle, pendulum.tau),
        control=data(pendulum.plain_circle, pendulum.plain_tau),
        control_is="A*A in place of L, the residual that extended DMD can see",
        expected={"fall": 1.91, "inside": 0.5, "outside": 0.2},
        expected_source=f"distance from the unit circle; the fall (0.445 to 0.233): {OWN}",
    )


@claim("C3", core=True, source="abstract")
def residual_flags_unreliable_pairs(gauss_map):
    """The residual flags eigenpairs that cannot be trusted, and falls everywhere on the spectrum of the Gauss map."""
    last = gauss_map.tau.sel(gauss_sizes=40)
    fall = gauss_map.tau.isel(gauss_sizes=0) / gauss_map.tau.isel(gauss_sizes=-1)
    share = (gauss_map.residual > 0.1).mean().item()

    def data(one, multiplier, falling):
        return {
            "share": share,
            "at_1": last.sel(probe=one).item(),
            "at_multiplier": last.sel(probe=multiplier).item(),
            "fall": fall.sel(probe=falling).item(),
        }

    return judge(
        all_of(
            share=between(0.3, 0.7),
            at_1=below(1e-6, strict=True),
            at_multiplier=below(1e-3, strict=True),
            fall=above(5, strict=True),
        ),
        measured=data("1", "multiplier", "-0.5"),
        control=data("1.45", "1.45", "1.45"),
        control_is="the point 1.45, outside the disc of eigenvalues of radius e/2 = 1.359",
        expected={"share": 0.5, "at_1": 0.0, "at_multiplier": 3.0e-4, "fall": 17.5},
        expected_source=f"1 is an eigenvalue; {OWN}",
    )


@claim("C4", source="paper")
def convergence_follows_quadrature(gauss_map):
    """The matrices of the method converge in the number of data at the rate of the quadrature rule."""
    error = gauss_map.quadrature_error
    parts = all_of(
        trapezoid=slope_between(-2.3, -1.7, along="quadrature_nodes", start=1000, over="quadrature_seeds"),
        Riemann=slope_between(-1.3, -0.7, along="quadrature_nodes", over="quadrature_seeds"),
        Monte_Carlo=slope_between(-0.7, -0.3, along="quadrature_nodes", over="quadrature_seeds"),
        Gauss_Legendre=below(1e-11, strict=True),
    )
    plain = error.isel(quadrature_seeds=0)
    drawn = error.sel(rule="Monte Carlo")
    return judge(
        parts,
        measured={
            "trapezoid": plain.sel(rule="trapezoid"),
            "Riemann": plain.sel(rule="Riemann"),
            "Monte_Carlo": drawn,
            "Gauss_Legendre": plain.sel(rule="Gauss-Legendre", quadrature_nodes=80),
        },
        control={
            "trapezoid": drawn,
            "Riemann": drawn,
            "Monte_Carlo": drawn,
            "Gauss_Legendre": drawn.sel(quadrature_nodes=80).mean("quadrature_seeds"),
        },
        control_is="Monte Carlo nodes in place of every rule",
        expected={"trapezoid": -2, "Riemann": -1, "Monte_Carlo": -0.5, "Gauss_Legendre": 7e-13},
        expected_source=f"orders of the rules; Gauss-Legendre: {OWN}",
    )


@claim("C5", core=True, source="abstract")
def spectral_measures_of_high_order(tent_map):
    """Spectral measures converge with high order in the smoothing parameter, also for a chaotic system."""
    last = tent_map.error.isel(kernel_widths=[-2, -1])
    slope = np.log(last[:, 0] / last[:, 1]) / np.log(last.kernel_widths[0].item() / last.kernel_widths[1].item())
    bounds = {"m1": 0.8, "m2": 1.6, "m4": 3.2, "m6": 4.8}
    orders = {name: slope.sel(kernel_orders=int(name[1:])).item() for name in bounds}
    return judge(
        all_of(**{name: above(bound, strict=True) for name, bound in bounds.items()}),
        measured=orders,
        control=dict.fromkeys(bounds, orders["m1"]),
        control_is="the kernel of first order, the Poisson kernel, held to the bounds of the others",
        expected={"m1": 0.92, "m2": 1.83, "m4": 3.67, "m6": 5.50},
        expected_source=f"{OWN}; ε^m log 1/ε in the limit",
    )


@claim("C6", core=True, source="abstract")
def discrete_spectrum(tent_map, atom_mass):
    """The discrete part of the spectrum, an eigenvalue and the mass of the observable on it, is found."""
    return judge(
        within(atom_mass, abs=0.01),
        measured=tent_map.atom_limit.sel(observable="with constant").item(),
        control=tent_map.atom_limit.sel(observable="without").item(),
        control_is="an observable without its constant part",
        expected=atom_mass,
        expected_source="the square of the constant part of the observable",
    )


@claim("C7", source="paper")
def filters_set_the_order(tent_map):
    """The filter of the Fourier sum sets the order of convergence in the number of moments."""
    names = {"Fejer": "Fejér", "cosine": "cosine", "Vandeven": "Vandeven", "bump": "bump"}

    def data(filters):
        chosen = {name: tent_map.filter_error.sel(filter=filter) for name, filter in filters.items()}
        return chosen | {"bump": chosen["bump"].sel(filter_sizes=200).item()}

    return judge(
        all_of(
            Fejer=slope_between(-1.2, -0.8, along="filter_sizes"),
            cosine=slope_between(-3.5, -2.5, along="filter_sizes"),
            Vandeven=slope_between(-5.7, -4.3, along="filter_sizes"),
            bump=below(1e-10, strict=True),
        ),
        measured=data(names),
        control=data(dict.fromkeys(names, "none")),
        control_is="the Fourier sum without a filter",
        expected={"Fejer": -1, "cosine": -3, "Vandeven": -5, "bump": 4e-11},
        expected_source=f"orders of the filters; bump: {OWN}",
    )


@claim("C8", source="abstract")
def works_on_the_tent_map(ergodic_sampling):
    """Moments of the tent map are found from trajectory data, with the error of ergodic sampling."""
    return judge(
        slope_between(-0.65, -0.35, along="samples"),
        measured=ergodic_sampling.error,
        control=ergodic_sampling.iterated_error,
        control_is="orbits iterated in floating point, which end at 0",
        expected=-0.5,
        expected_source="central limit theorem",
    )


@claim("C9", core=True, source="abstract")
def works_on_the_double_pendulum(double_pendulum):
    """Spectral measures of the double pendulum are found from snapshots."""

    def data(observable):
        chosen = double_pendulum.sel(double_widths=0.4, observable=observable)
        return {"distance": chosen.distance.item(), "mass": chosen.mass.sel(double_orders=1).item()}

    return judge(
        all_of(distance=below(0.08, strict=True), mass=within(1.0, abs=1e-6)),
        measured=data("θ1"),
        control=data("p1"),
        control_is="the measure of p1, a Hermite function of the momentum, in place of that of θ1",
        expected={"distance": 0.037, "mass": 1},
        expected_source=f"{OWN}; the mass of a unit observable",
    )


@claim("C10", core=True, source="abstract")
def lorenz_eigenvalues_certified(lorenz):
    """Eigenvalues of the Lorenz system are certified by residuals near rounding, spurious ones by large residuals."""
    nearest = np.abs(lorenz.eigenvalue - lorenz.multiplier).argmin("pair")
    chosen = lorenz.isel(pair=nearest)
    flagged = lorenz.where(lorenz.residual > 1, drop=True)
    largest = lorenz.residual.max().item()
    return judge(
        all_of(residual=below(1e-6, strict=True), error=below(1e-6, strict=True), largest=above(1, strict=True)),
        measured={
            "residual": chosen.residual,
            "error": np.abs(chosen.eigenvalue - lorenz.multiplier),
            "largest": largest,
        },
        control={"residual": flagged.residual, "error": flagged.distance, "largest": largest},
        control_is="the eigenvalues with a residual above 1, against all exact eigenvalues",
        expected={"residual": 0, "error": 0, "largest": 38.8},
        expected_source=f"multipliers of the fixed point, 2.1170, 0.8752 and 0.2725; the largest: {OWN}",
    )


@claim("C11", core=True, source="abstract")
def extended_lorenz_with_error_control(extended_lorenz, extended_limit, trusted):
    """Eigenvalues of the eleven-dimensional extended Lorenz system are found with control of their errors."""
    pairs = extended_lorenz.sel(extended_limits=extended_limit)
    pairs = pairs.where(np.abs(pairs.eigenvalue) > 0.05)
    ratio = (pairs.fresh_residual / pairs.residual).median("pair")

    def largest(distance):
        """Mean over seeds of the largest distance, with the least number of pairs of a seed."""
        per_seed = distance.max("pair")
        count = per_seed.sizes["extended_seeds"]
        error = per_seed.std("extended_seeds", ddof=1).item() / np.sqrt(count) if count > 1 else None
        return Estimate(per_seed.mean().item(), error, int(distance.count("pair").min()))

    return judge(
        all_of(
            distance=below(0.03, strict=True, at_least_n=60),
            fresh_over_training=between(0.9, 1.15, over="extended_seeds"),
        ),
        measured={"distance": largest(pairs.distance.where(pairs.residual < trusted)), "fresh_over_training": ratio},
        control={"distance": largest(pairs.distance), "fresh_over_training": ratio},
        control_is="all eigenvalues, whatever their residual",
        expected={"distance": 0.015, "fresh_over_training": 1.016},
        expected_source=f"{OWN} and one sample, 91 of 117 kept",
    )


@claim("C12", source="paper")
def slow_functions_on_the_lorenz_attractor(lorenz_attractor):
    """The Lorenz attractor has slowly varying pseudo-eigenfunctions with a small residual."""
    chosen = lorenz_attractor.sel(attractor_angles=0.404)
    return judge(
        all_of(
            ratio=below(0.6, over="attractor_seeds"),
            inside=within(0.5, abs=0.01, over="attractor_seeds"),
        ),
        measured={
            "ratio": (chosen.residual / chosen.shift_residual).item(),
            "inside": lorenz_attractor.inside.item(),
        },
        control={
            "ratio": chosen.noise_residual / chosen.shift_residual,
            "inside": lorenz_attractor.noise_inside,
        },
        control_is="white noise in place of x, y and z",
        expected={"ratio": 0.46, "inside": 0.5},
        expected_source=f"{OWN}; 1 - |z| for a unitary operator",
    )


@claim("C13", core=True, source="abstract")
def kernel_measure_in_twenty_thousand_dimensions(ring, ring_size):
    """A kernel dictionary gives spectral measures in 20,046 dimensions (a ring of oscillators in place of a
    protein)."""
    chosen = ring.sel(kernel="Gaussian", ring_sizes=ring_size, ring_orders=1)
    apart = np.abs(chosen.peak - chosen.reference_peak)

    def data(collective, single):
        return {
            "collective": chosen.distance.sel(observable=collective),
            "single": chosen.distance.sel(observable=single),
            "peak": apart.sel(observable=[collective, single]).max("observable"),
        }

    return judge(
        all_of(
            collective=below(0.03, strict=True, over="ring_seeds"),
            single=below(0.08, strict=True, over="ring_seeds"),
            peak=below(0.02, over="ring_seeds"),
        ),
        measured=data("mean of x", "x of bead 0"),
        control=data("mean of xyz", "mean of xyz"),
        control_is="an observable of third order, of which less than half is in reach of the dictionary",
        expected={"collective": 0.0055, "single": 0.039, "peak": 0.0},
        expected_source=OWN,
    )


@claim("C14", core=True, source="abstract")
def kernel_modes_with_error_bounds(wake):
    """A kernel dictionary gives nonlinear Koopman modes of a flow with error bounds (a wake in place of an
    aerofoil)."""

    def data(residual, distance, ratio):
        near = {"harmonic": slice(-7, 7)}
        return {
            "beyond_bound": (distance - residual).sel(near) - 1e-4,
            "residual": residual.sel(near),
            "fresh_over_training": ratio.median().item(),
        }

    laplacian = wake.sel(kernel="Laplacian")
    return judge(
        all_of(
            beyond_bound=below(0.0),
            residual=below(0.02, strict=True),
            fresh_over_training=between(0.8, 1.25),
        ),
        measured=data(wake.harmonic_residual, wake.harmonic_distance, laplacian.fresh_residual / laplacian.residual),
        control=data(wake.own_harmonic_residual, wake.own_harmonic_distance, wake.own_ratio),
        control_is="as many functions as dictionary snapshots, and residuals on those snapshots",
        expected={"beyond_bound": -1e-4, "residual": 6e-3, "fresh_over_training": 1.01},
        expected_source=OWN,
    )
