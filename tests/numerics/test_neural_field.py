import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize, signal
from scipy.integrate import solve_ivp

from replica.numerics import neural_field
from replica.numerics.neural_field import Kernel, hyperbolic_tangent, saturating

KERNEL = Kernel(1 / (np.pi * np.sqrt(2)), 1 / np.pi, 1.0)  # ω̂ = e^{-k²} - e^{-2k²}
SHAPE, LENGTHS = (96, 40), (6.0, 2.0)
SPACING = tuple(length / n for length, n in zip(LENGTHS, SHAPE, strict=True))
LINEAR = (-np.inf, np.inf)
OPTIONS = {"step": 0.25, "duration": 400.0, "tolerance": 1e-11}


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield


def _stimulus(seed=0):
    return jnp.asarray(np.random.default_rng(seed).standard_normal(SHAPE))


def _kernel_at(first, second):
    """ω(x) itself."""
    square = first**2 + second**2
    return sum(
        sign * np.exp(-square / (2 * width**2)) / (2 * np.pi * width**2)
        for sign, width in ((1, KERNEL.excitation), (-KERNEL.weight, KERNEL.inhibition))
    )


def test_critical_strength_in_closed_form():
    strength, frequency = neural_field.critical_strength(KERNEL)
    assert strength == pytest.approx(4.0, rel=1e-12)
    assert frequency == pytest.approx(np.sqrt(np.log(2)), rel=1e-12)


def test_critical_strength_against_search():
    kernel = Kernel(0.2, 0.5, 0.7)
    found = optimize.minimize_scalar(lambda k: -neural_field.fourier(kernel, k**2), bounds=(0, 3), method="bounded")
    strength, frequency = neural_field.critical_strength(kernel)
    assert strength == pytest.approx(-1 / found.fun, rel=1e-8)
    assert frequency == pytest.approx(found.x, abs=1e-4)


@pytest.mark.parametrize("kernel", [Kernel(0.3, 0.2, 1.0), Kernel(0.2, 0.3, 0.4), Kernel(0.0, 0.3, 1.0)])
def test_kernel_without_patterns_is_refused(kernel):
    with pytest.raises(ValueError, match="wider inhibition"):
        neural_field.critical_strength(kernel)


def test_transform_is_that_of_the_sampled_kernel():
    centred = [spacing * (np.arange(n) - n // 2) for n, spacing in zip((96, 96), (0.05, 0.05), strict=True)]
    sampled = np.fft.ifftshift(_kernel_at(centred[0][:, None], centred[1][None, :]))
    transform = neural_field.transform(KERNEL, (96, 96), (0.05, 0.05))
    np.testing.assert_allclose(np.fft.rfft2(sampled) * 0.05**2, transform, atol=1e-12)


def test_convolution_against_direct_sum(double):
    field = _stimulus()
    # Images of the kernel in the neighbouring periods; beyond three its value is below 1e-30.
    lags = [spacing * np.arange(n) for n, spacing in zip(SHAPE, SPACING, strict=True)]
    wrapped = sum(
        _kernel_at((lags[0] + i * LENGTHS[0])[:, None], (lags[1] + j * LENGTHS[1])[None, :])
        for i in range(-3, 4)
        for j in range(-4, 5)
    )
    expected = signal.convolve2d(np.tile(np.asarray(field), (2, 2)), wrapped, mode="full")
    expected = expected[SHAPE[0] : 2 * SHAPE[0], SHAPE[1] : 2 * SHAPE[1]] * np.prod(SPACING)
    smooth = neural_field.convolve(field, neural_field.transform(KERNEL, SHAPE, SPACING))
    # Aliases of the sampled kernel differ from ω̂ beyond the Nyquist frequency 8 of x1: e^{-64}.
    np.testing.assert_allclose(smooth, expected, atol=1e-12)


@pytest.mark.parametrize("strength", [0.5, 2.0, 3.0, 3.8])
def test_pole_in_closed_form(strength):
    u = 0.5 * (1 + 1j * np.sqrt(4 / strength - 1))
    expected = np.sqrt(-np.log(u))
    found = neural_field.pole(KERNEL, strength)
    assert found.real == pytest.approx(abs(expected.real), rel=1e-10)
    assert found.imag == pytest.approx(abs(expected.imag), rel=1e-10)


def test_pole_is_a_root_of_other_kernels():
    kernel = Kernel(0.2, 0.5, 0.7)
    critical, frequency = neural_field.critical_strength(kernel)
    for share in (0.2, 0.6, 0.99):
        k = neural_field.pole(kernel, share * critical)
        assert abs(1 - share * critical * neural_field.fourier(kernel, k**2)) < 1e-10
        assert k.real > 0 and k.imag > 0
    assert neural_field.pole(kernel, critical) == pytest.approx(frequency)


@pytest.mark.parametrize("strength", [0.0, 4.1])
def test_pole_outside_its_range_is_refused(strength):
    with pytest.raises(ValueError, match="strength lies in"):
        neural_field.pole(KERNEL, strength)


@pytest.mark.parametrize("strength", [0.0, 2.0, 3.5])
def test_linear_field_relaxes_to_its_closed_form(double, strength):
    stimulus, transform = _stimulus(), neural_field.transform(KERNEL, SHAPE, SPACING)
    state = neural_field.relax(stimulus, stimulus, transform, strength, saturating, LINEAR, **OPTIONS)
    expected = neural_field.linear_state(stimulus, transform, strength)
    assert state.rate <= OPTIONS["tolerance"]
    np.testing.assert_allclose(state.field, expected, atol=1e-10)


@pytest.mark.parametrize(("transfer", "limits"), [(hyperbolic_tangent, ()), (saturating, (-0.2, 1.0))])
def test_stationary_state_solves_its_equation_for_every_step(double, transfer, limits):
    stimulus, transform = _stimulus(), neural_field.transform(KERNEL, SHAPE, SPACING)
    fields = []
    for step in (0.25, 2.0):
        options = OPTIONS | {"step": step}
        state = neural_field.relax(jnp.zeros(SHAPE), stimulus, transform, 3.5, transfer, limits, **options)
        residual = neural_field.drive(state.field, stimulus, transform, 3.5, transfer, *limits) - state.field
        assert np.abs(residual).max() <= OPTIONS["tolerance"]
        fields.append(state.field)
    np.testing.assert_allclose(*fields, atol=1e-9)


def test_order_of_convergence_in_time_is_one(double):
    stimulus, transform = 3 * _stimulus(), neural_field.transform(KERNEL, SHAPE, SPACING)

    def right_hand_side(_, flat):
        field = flat.reshape(SHAPE)
        sent = np.fft.irfft2(np.fft.rfft2(np.tanh(field)) * transform, s=SHAPE)
        return (np.asarray(stimulus) - field + 3.0 * sent).ravel()

    start = np.zeros(np.prod(SHAPE))
    exact = solve_ivp(right_hand_side, (0, 2), start, rtol=1e-9, atol=1e-10, method="DOP853").y[:, -1].reshape(SHAPE)
    errors = []
    for step in (0.2, 0.1, 0.05):
        options = {"step": step, "duration": 2.0, "tolerance": -1.0}
        state = neural_field.relax(jnp.zeros(SHAPE), stimulus, transform, 3.0, hyperbolic_tangent, **options)
        assert state.time == pytest.approx(2.0)
        errors.append(np.abs(np.asarray(state.field) - exact).max())
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.all(np.abs(orders - 1) < 0.1)


def test_odd_transfer_keeps_antisymmetry(double):
    x2 = SPACING[1] * np.arange(SHAPE[1])
    stimulus = jnp.asarray(np.cos(2 * np.pi * 2.5 * x2)[None, :] * (np.arange(SHAPE[0]) < 50)[:, None])
    transform = neural_field.transform(KERNEL, SHAPE, SPACING)
    odd = neural_field.relax(stimulus, stimulus, transform, 3.0, saturating, (-1.0, 1.0), **OPTIONS).field
    other = neural_field.relax(stimulus, stimulus, transform, 3.0, saturating, (-0.2, 1.0), **OPTIONS).field
    assert np.abs(odd.mean(1)).max() < 1e-14
    assert np.abs(other.mean(1)).max() > 0.05


def test_patterns_arise_above_the_critical_strength_only(double):
    transform = neural_field.transform(KERNEL, SHAPE, SPACING)
    start, still = 0.1 * _stimulus(1), jnp.zeros(SHAPE)
    below, above = (
        neural_field.relax(start, still, transform, strength, hyperbolic_tangent, **OPTIONS) for strength in (3.0, 4.5)
    )
    assert np.abs(below.field).max() < 1e-9
    assert np.abs(above.field).max() > 0.3
