import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from replica.numerics import integrate_and_fire, spike_propagation, spike_train_statistics

LEAKY = integrate_and_fire.Neuron(1 / 15, -60.0, -50.0, -65.0, 0)
EXPONENTIAL = integrate_and_fire.Neuron(1 / 15, -60.0, -10.0, -65.0, 0, 2.0, -50.0, -100.0)
NO_ROWS = jnp.zeros((1, 128), jnp.uint8)


def single(neuron, drive, step, duration, voltage=-65.0):
    """Spike times (ms) of one neuron, float64."""
    state = integrate_and_fire.start([integrate_and_fire.pad(np.array([voltage]), neuron.reset)], ())
    current = jnp.asarray(integrate_and_fire.pad(np.array([drive])))
    steps = round(duration / step)
    _, words = integrate_and_fire.simulate(state, (neuron,), (current,), (), (NO_ROWS,), steps=steps, step=step)
    return (spike_train_statistics.spikes(words[0], 1)[0] + 1) * step


def period(neuron, drive):
    """Time from the reset to the threshold: ∫ dV / (dV/dt)."""

    def inverse(v):
        spike = 0.0
        if neuron.sharpness is not None:
            exponent = min((v - neuron.soft_threshold) / neuron.sharpness, 20.0)
            spike = neuron.leak_rate * neuron.sharpness * np.exp(exponent)
        return 1 / (-neuron.leak_rate * (v - neuron.rest) + spike + drive)

    return integrate.quad(inverse, neuron.reset, neuron.threshold, limit=200)[0]


def test_leaky_period_is_the_closed_form():
    """T = τ ln((Fτ + E_L - V_re) / (Fτ + E_L - V_th))."""
    assert period(LEAKY, 1.0) == pytest.approx(15 * np.log(20 / 5))


@pytest.mark.parametrize("neuron", [LEAKY, EXPONENTIAL])
def test_period_is_that_of_the_equation(neuron):
    """Spikes fall on the grid, and Euler's method errs by h/2 times the logarithm of the growth of dV/dt (18 here)."""
    with jax.enable_x64(True):
        found = np.diff(single(neuron, 1.0, 0.005, 200.0)).mean()
    assert found == pytest.approx(period(neuron, 1.0), abs=0.05)


@pytest.mark.parametrize("neuron", [LEAKY, EXPONENTIAL])
def test_voltage_converges_with_first_order(neuron):
    def slope(_, v):
        spike = 0.0 if neuron.sharpness is None else np.exp((v + 50) / 2) * 2
        return (-60 - v + spike) / 15 + 1.0

    exact = integrate.solve_ivp(slope, (0, 15), [-65.0], rtol=1e-10, atol=1e-10).y[0, -1]
    errors = []
    with jax.enable_x64(True):
        for step in (0.1, 0.05, 0.025):
            state = integrate_and_fire.start([np.full(256, -65.0)], ())
            (state,), _ = integrate_and_fire.simulate(
                state, (neuron,), (jnp.ones(256),), (), (NO_ROWS,), steps=round(15 / step), step=step
            )
            errors.append(abs(state.voltage[0].item() - exact))
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert np.all(np.abs(orders - 1) < 0.05), (errors, orders)


@pytest.mark.parametrize("steps", [1, 15, 255])
def test_refractory_time_adds_to_the_period(steps):
    with jax.enable_x64(True):
        free, held = (np.diff(single(LEAKY._replace(refractory_steps=n), 1.0, 0.1, 400.0)).mean() for n in (0, steps))
    assert held - free == pytest.approx(0.1 * steps, abs=1e-9)


def network(seed=0, sizes=(200, 50), contacts=30):
    """A small network of exponential neurons in both forms of rows, with the dense matrix (target, source)."""
    rng = np.random.default_rng(seed)
    begins = integrate_and_fire.starts(sizes)
    place = np.concatenate([begin + np.arange(n) for begin, n in zip(begins, sizes, strict=False)])
    targets = place[rng.integers(0, sum(sizes), (sum(sizes), contacts))].astype(np.int32)
    dense = np.zeros((begins[-1], sum(sizes)))
    np.add.at(dense, (targets, np.arange(sum(sizes))[:, None]), 1)
    weights = np.array([[2.0, -6.0], [4.0, -6.0]])
    filters = tuple(
        integrate_and_fire.Filter(tau, {b: tuple((weights[:, b] / tau).tolist())}) for b, tau in enumerate((8.0, 4.0))
    )
    neurons = (
        EXPONENTIAL._replace(refractory_steps=15),
        EXPONENTIAL._replace(leak_rate=0.1, sharpness=0.5, refractory_steps=5),
    )
    voltages = [rng.uniform(-65, -50, n) for n in sizes]
    drives = [np.full(n, f) for n, f in zip(sizes, (1.2, 1.0), strict=True)]
    return sizes, place, targets, dense[place], filters, neurons, voltages, drives, weights


def run(sizes, targets, filters, neurons, voltages, drives, steps, form="counts", **options):
    begins = integrate_and_fire.starts(sizes)
    parts = np.split(targets, np.cumsum(sizes)[:-1])
    rows = tuple(jnp.asarray(spike_propagation.count_rows(p, begins[-1]) if form == "counts" else p) for p in parts)
    state = integrate_and_fire.start([integrate_and_fire.pad(v, -65.0) for v in voltages], filters)
    currents = tuple(jnp.asarray(integrate_and_fire.pad(d)) for d in drives)
    return integrate_and_fire.simulate(state, neurons, currents, filters, rows, steps=steps, step=0.1, **options)


def reference(sizes, dense, neurons, voltages, drives, weights, steps):
    """The same equations, one step after the other in NumPy, with the reset in the step of the spike."""
    part = np.repeat(np.arange(2), sizes)
    g, delta, hold = (
        np.array([getattr(n, name) for n in neurons])[part] for name in ("leak_rate", "sharpness", "refractory_steps")
    )
    v, drive, left = np.concatenate(voltages), np.concatenate(drives), np.zeros(sum(sizes), int)
    current = np.zeros((2, sum(sizes)))
    raster = np.zeros((steps, sum(sizes)), bool)
    for t in range(steps):
        current *= np.exp(-0.1 / np.array([8.0, 4.0]))[:, None]
        slope = -g * (v + 60) + g * delta * np.exp(np.minimum((v + 50) / delta, 20)) + drive + current.sum(0)
        v = np.where(left > 0, -65.0, np.maximum(v + 0.1 * slope, -100.0))
        left = np.maximum(left - 1, 0)
        spikes = v >= -10
        v, left = np.where(spikes, -65.0, v), np.where(spikes, hold, left)
        for b, tau in enumerate((8.0, 4.0)):
            current[b] += weights[part, b] / tau * (dense[:, part == b] @ spikes[part == b])
        raster[t] = spikes
    return raster


@pytest.mark.parametrize("form", ["counts", "targets"])
def test_network_has_the_spikes_of_an_independent_implementation(form):
    steps = 1000
    with jax.enable_x64(True):
        sizes, _, targets, dense, filters, neurons, voltages, drives, weights = network()
        _, words = run(sizes, targets, filters, neurons, voltages, drives, steps, form)
        rasters = [np.asarray(spike_propagation.unpack(w))[:, :n] for w, n in zip(words, sizes, strict=True)]
    expected = reference(sizes, dense, neurons, voltages, drives, weights, steps)
    assert expected.sum() > 500
    assert np.array_equal(np.concatenate(rasters, axis=1), expected)


def test_a_run_can_be_continued():
    sizes, _, targets, _, filters, neurons, voltages, drives, _ = network()
    voltages, drives = ([x.astype(np.float32) for x in values] for values in (voltages, drives))
    _, whole = run(sizes, targets, filters, neurons, voltages, drives, 400)
    middle, first = run(sizes, targets, filters, neurons, voltages, drives, 200)
    rows = tuple(jnp.asarray(p) for p in np.split(targets, np.cumsum(sizes)[:-1]))
    currents = tuple(jnp.asarray(integrate_and_fire.pad(d)) for d in drives)
    _, second = integrate_and_fire.simulate(middle, neurons, currents, filters, rows, steps=200, step=0.1)
    for a, b, c in zip(whole, first, second, strict=True):
        assert np.array_equal(a, np.concatenate([b, c]))


def test_padding_never_spikes_and_voltage_keeps_above_the_floor():
    sizes, _, targets, _, filters, neurons, voltages, drives, _ = network()
    strong = tuple(f._replace(weights={b: tuple(20 * w for w in ws) for b, ws in f.weights.items()}) for f in filters)
    with jax.enable_x64(True):
        states, words = run(sizes, targets, strong, neurons, voltages, drives, 500)
        for state, w, n in zip(states, words, sizes, strict=True):
            assert not np.asarray(spike_propagation.unpack(w))[:, n:].any()
            assert np.asarray(state.voltage).min() >= -100


def test_external_spike_gives_the_double_exponential_response():
    """V(t) - E_L of a leaky neuron after one spike, w (e^{-t/τd} - e^{-t/τr}): closed form, error of first order."""
    times = (1.0, 5.0)
    errors = []
    with jax.enable_x64(True):
        for step in (0.1, 0.05):
            filters = tuple(
                integrate_and_fire.Filter(tau, {1: (w,)}) for tau, w in zip(times, (-0.3, 0.3), strict=True)
            )
            steps = round(20 / step)
            words = jnp.zeros((steps, 8), jnp.uint32).at[0, 0].set(1)
            rows = jnp.zeros((1, 128), jnp.uint8).at[0, 0].set(2)  # two contacts on neuron 0
            state = integrate_and_fire.start([np.full(256, -60.0)], filters)
            states, _ = integrate_and_fire.simulate(
                state,
                (LEAKY,),
                (jnp.zeros(256),),
                filters,
                (NO_ROWS,),
                ((rows, words),),
                steps=steps,
                step=step,
            )
            t = steps * step - step  # the spike acts from the end of the first step on
            g = LEAKY.leak_rate
            exact = sum(
                s * 2 * 0.3 * (np.exp(-t / tau) - np.exp(-g * t)) / (g - 1 / tau)
                for tau, s in zip(times, (-1, 1), strict=True)
            )
            response = np.asarray(states[0].voltage) + 60
            errors.append(abs(response[0] - exact) / exact)
            assert not response[1:].any()
    assert errors[1] < 0.01
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("form", ["counts", "targets"])
def test_contacts_of_external_spikes_stand_for_the_spikes(form):
    """Bit for bit: the contacts counted beforehand, and the spikes counted within the run."""
    sizes, _, targets, _, filters, neurons, voltages, drives, _ = network()
    voltages, drives = ([x.astype(np.float32) for x in values] for values in (voltages, drives))
    filters = (*filters, integrate_and_fire.Filter(5.0, {2: (0.5, 0.3)}))
    size = integrate_and_fire.starts(sizes)[-1]
    rng = np.random.default_rng(5)
    spikes = rng.random((200, 256)) < 0.02
    spikes[:, 100:] = False
    words = jnp.stack([spike_propagation.pack(jnp.asarray(line)) for line in spikes])
    drawn = rng.integers(0, size, (100, 40)).astype(np.int32)
    rows = jnp.asarray(drawn if form == "targets" else spike_propagation.count_rows(drawn, size))
    reached = jnp.stack([spike_propagation.propagate(line, rows, size) for line in words]).astype(jnp.uint16)
    first, second = (
        run(sizes, targets, filters, neurons, voltages, drives, 200, external=(outside,))
        for outside in ((rows, words), (None, reached))
    )
    for a, b in zip(first[1], second[1], strict=True):
        assert np.array_equal(a, b)
        assert np.asarray(a).any()
    for a, b in zip(first[0], second[0], strict=True):
        assert np.array_equal(a.voltage, b.voltage)
