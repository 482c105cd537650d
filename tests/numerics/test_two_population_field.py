import numpy as np
import pytest
from scipy import integrate, optimize

from replica.numerics import two_population_field

WEIGHTS = 80 * np.array([[1.0, -2.0], [1.5, -2.5]])
WIDTHS = (0.1, 0.1)


def state(drive=0.32):
    return two_population_field.uniform_state(WEIGHTS, [0.48, drive], (0.012, 0.010))


def test_wavenumbers_of_the_torus():
    n = two_population_field.wavenumbers(2)
    np.testing.assert_allclose(n, np.sqrt([0, 1, 2, 4, 5, 8]))


def test_uniform_state_solves_its_equation():
    for drive in (0.32, 0.5):
        rates, gains = state(drive)
        total = WEIGHTS @ rates + [0.48, drive]
        np.testing.assert_allclose(rates, total**2, rtol=1e-9)
        np.testing.assert_allclose(gains, 2 * total, rtol=1e-9)
        found = optimize.fsolve(lambda r, mu=drive: (WEIGHTS @ r + [0.48, mu]) ** 2 - r, rates * 1.05, xtol=1e-12)
        np.testing.assert_allclose(rates, found, rtol=1e-7)


def test_diverging_iteration_is_refused():
    with pytest.raises(ArithmeticError, match="does not converge"):
        two_population_field.uniform_state(-50 * np.eye(2), [1.0, 1.0], (0.1, 0.1), step=1.0)


@pytest.mark.parametrize("n", [0.0, 1.0, 2.0])
def test_growth_rate_is_that_of_a_small_ripple(n):
    """The field itself, integrated in time on a ring of 32 places from a small ripple in its fastest direction."""
    rates, gains = state()
    times, widths = (5.0, 14.0), (0.1, 0.07)
    places = 32
    k = np.fft.fftfreq(places, 1 / places)
    kernels = np.exp(-2 * np.pi**2 * k[:, None] ** 2 * np.square(widths))

    def slope(_, flat):
        r = flat.reshape(2, places)
        filtered = np.fft.ifft(np.fft.fft(r) * kernels.T).real
        total = np.maximum(WEIGHTS @ filtered + np.array([[0.48], [0.32]]), 0)
        return ((total**2 - r) / np.array(times)[:, None]).ravel()

    profile = np.exp(-2 * np.pi**2 * n**2 * np.square(widths))
    jacobian = (gains[:, None] * WEIGHTS * profile - np.eye(2)) / np.array(times)[:, None]
    values, vectors = np.linalg.eig(jacobian)
    fastest = values.real.argmax()
    wave = np.cos(2 * np.pi * n * np.arange(places) / places)
    small, duration = 1e-7, 10.0
    ends = [
        integrate.solve_ivp(
            slope,
            (0, duration),
            (rates[:, None] + sign * small * np.real(vectors[:, fastest, None] * wave)).ravel(),
            rtol=1e-12,
            atol=1e-17,
        ).y[:, -1]
        for sign in (1, -1)  # their difference is free of the terms of second order
    ]
    ripple = (ends[0] - ends[1]).reshape(2, places) / (2 * small)
    expected = np.real(vectors[:, fastest, None] * np.exp(values[fastest] * duration) * wave)
    np.testing.assert_allclose(ripple, expected, atol=1e-4 * np.abs(expected).max())
    found = two_population_field.growth_rates(WEIGHTS, gains, times, widths, np.array([n]))
    np.testing.assert_allclose(found, values[fastest].real, rtol=1e-10)


@pytest.mark.parametrize(("drive", "expected"), [(0.32, 11.39), (0.5, 14.99)])
def test_onset_at_n_0_is_where_the_growth_rate_changes_sign(drive, expected):
    _, gains = state(drive)
    time = two_population_field.onset_time(WEIGHTS, gains, 5.0)
    assert time == pytest.approx(expected, abs=0.005)
    before, after = (
        two_population_field.growth_rates(WEIGHTS, gains, (5.0, time * f), WIDTHS, np.zeros(1)) for f in (0.999, 1.001)
    )
    assert before < 0 < after


def test_a_stable_excitatory_population_has_no_onset():
    with pytest.raises(ValueError, match="more than 1 is needed"):
        two_population_field.onset_time(np.array([[0.5, -1.0], [1.0, -1.0]]), np.ones(2), 5.0)
