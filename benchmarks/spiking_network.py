"""A balanced network of leaky integrate-and-fire neurons: ``integrate_and_fire`` beside Brian2 and a plain C loop.

    PYTHONPATH=src PEERS/bin/python benchmarks/spiking_network.py [--units 5000] [--duration 2000] [--rounds 5]

PEERS is an environment of its own with Brian2 (which needs an older NumPy), jax and scipy; gcc builds the C loop and
Brian2's code.  All engines run the identical network (adjacency, start, drive) in steps of 0.1 ms on one thread, one
after the other in each round.  Times are the best of all rounds, without building and compiling: wall time of the run,
for Brian2 that of its own network operation.  Ends with an error where a mean rate differs by more than 2 %.
"""

import argparse
import ctypes
import multiprocessing
import os
import subprocess
import tempfile
import time
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from replica.numerics import (  # noqa: E402
    integrate_and_fire,
    sparse_connectivity,
    spike_propagation,
    spike_train_statistics,
)

STEP, SYNAPTIC_TIME = 0.1, (8.0, 4.0)  # ms
COUPLING = np.array([[25.0, -150.0], [40.0, -150.0]])  # mV · √N
TIME_CONSTANT, REST, THRESHOLD, RESET, REFRACTORY = 15.0, -60.0, -50.0, -65.0, 1.5
DRIVE = (0.03, 0.02)  # mV/ms over √N
LARGEST_DIFFERENCE = 0.02

LOOP = """
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
void run(int n, int ne, int k, const int32_t *targets, const float *w, float *v, int steps,
         float h, float tau, float rest, float threshold, float reset, int refractory,
         float te, float ti, const float *drive, int64_t *counts) {
  float *ie = calloc(n, 4), *ii = calloc(n, 4), de = expf(-h / te), di = expf(-h / ti);
  int32_t *left = calloc(n, 4), *spike = calloc(n, 4);
  for (int t = 0; t < steps; t++) {
    for (int i = 0; i < n; i++) {
      ie[i] *= de; ii[i] *= di;
      float u = v[i] + h * ((rest - v[i]) / tau + ie[i] + ii[i] + drive[i]);
      u = left[i] > 0 ? reset : u;
      left[i] = left[i] > 0 ? left[i] - 1 : 0;
      spike[i] = u >= threshold;
      v[i] = spike[i] ? reset : u;
      left[i] = spike[i] ? refractory : left[i];
    }
    for (int i = 0; i < n; i++) if (spike[i]) {
      counts[i]++;
      const int32_t *row = targets + (long)i * k;
      float *x = i < ne ? ie : ii, to_e = w[i < ne ? 0 : 1], to_i = w[i < ne ? 2 : 3];
      for (int j = 0; j < k; j++) x[row[j]] += row[j] < ne ? to_e : to_i;
    }
  }
  free(ie); free(ii); free(left); free(spike);
}
"""


class Problem:
    """The network: targets ``(source, contact)`` sorted by index, weights (mV/ms) ``(post, pre)``, drive, start."""

    def __init__(self, units: int, duration: float):
        rng = np.random.default_rng(0)
        self.units, self.steps, self.seconds = units, round(duration / STEP), duration / 1000
        self.sizes = (units * 4 // 5, units - units * 4 // 5)
        self.parts = (slice(0, self.sizes[0]), slice(self.sizes[0], units))
        self.targets = np.sort(sparse_connectivity.targets(rng, units, units // 10, [1.0], units), axis=1)
        self.weights = (COUPLING / np.sqrt(units) / np.array(SYNAPTIC_TIME)[None, :]).astype(np.float32)
        self.drive = np.repeat(np.sqrt(units) * np.array(DRIVE), self.sizes).astype(np.float32)
        self.voltage = rng.uniform(RESET, THRESHOLD, units).astype(np.float32)

    def rates(self, counts: np.ndarray) -> list[float]:
        return [float(counts[part].mean()) / self.seconds for part in self.parts]


def in_jax(problem: Problem, form: str):
    begins = integrate_and_fire.starts(problem.sizes)
    place = np.concatenate([b + np.arange(n) for b, n in zip(begins, problem.sizes, strict=False)])
    targets = place[problem.targets].astype(np.int32)
    rows = tuple(
        jnp.asarray(spike_propagation.count_rows(targets[p], begins[-1]) if form == "counts" else targets[p])
        for p in problem.parts
    )
    neuron = integrate_and_fire.Neuron(1 / TIME_CONSTANT, REST, THRESHOLD, RESET, round(REFRACTORY / STEP))
    filters = tuple(
        integrate_and_fire.Filter(tau, {b: tuple(problem.weights[:, b].tolist())})
        for b, tau in enumerate(SYNAPTIC_TIME)
    )
    state = integrate_and_fire.start(
        [integrate_and_fire.pad(problem.voltage[p], RESET) for p in problem.parts], filters
    )
    drives = tuple(jnp.asarray(integrate_and_fire.pad(problem.drive[p])) for p in problem.parts)
    arguments = (state, (neuron, neuron), drives, filters, rows)
    options = {"step": STEP}
    compiled = integrate_and_fire.simulate.lower(*arguments, steps=problem.steps, **options).compile()

    def run() -> tuple[np.ndarray, float]:
        begun = time.perf_counter()
        _, words = jax.block_until_ready(compiled(*arguments, **options))
        took = time.perf_counter() - begun
        counts = [
            np.bincount(spike_train_statistics.spikes(w, n)[1], minlength=n)
            for w, n in zip(words, problem.sizes, strict=True)
        ]
        return np.concatenate(counts), took

    return run


def in_c(problem: Problem, folder: Path):
    source, library = folder / "loop.c", folder / "loop.so"
    source.write_text(LOOP)
    subprocess.run(
        ["gcc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-o", library, source, "-lm"], check=True
    )
    array, number, real = np.ctypeslib.ndpointer, ctypes.c_int, ctypes.c_float
    function = ctypes.CDLL(str(library)).run
    function.restype = None
    function.argtypes = [number] * 3 + [array(np.int32), array(np.float32), array(np.float32), number]
    function.argtypes += [real] * 5 + [number, real, real, array(np.float32), array(np.int64)]

    def run() -> tuple[np.ndarray, float]:
        voltage, counts = problem.voltage.copy(), np.zeros(problem.units, np.int64)
        dynamics = (STEP, TIME_CONSTANT, REST, THRESHOLD, RESET, round(REFRACTORY / STEP), *SYNAPTIC_TIME)
        graph = (problem.units, problem.sizes[0], problem.targets.shape[1], problem.targets, problem.weights.ravel())
        begun = time.perf_counter()
        function(*graph, voltage, problem.steps, *dynamics, problem.drive, counts)
        return counts, time.perf_counter() - begun

    return run


def brian_network(brian2, problem: Problem, bits: int):
    """Weights are variables of the target: one synapse object per presynaptic population."""
    ms = brian2.ms
    brian2.prefs.core.default_float_dtype = np.float32 if bits == 32 else np.float64
    brian2.defaultclock.dt = STEP * ms
    neurons = brian2.NeuronGroup(
        problem.units,
        f"""dv/dt = (({REST} - v)/({TIME_CONSTANT}*ms) + (ie + ii + drive)/ms) : 1 (unless refractory)
        die/dt = -ie/({SYNAPTIC_TIME[0]}*ms) : 1
        dii/dt = -ii/({SYNAPTIC_TIME[1]}*ms) : 1
        drive : 1 (constant)
        we : 1 (constant)
        wi : 1 (constant)""",
        threshold=f"v >= {THRESHOLD}",
        reset=f"v = {RESET}",
        refractory=REFRACTORY * ms,
        method="exact",
    )
    neurons.v, neurons.drive = problem.voltage, problem.drive
    neurons.we, neurons.wi = (np.repeat(problem.weights[:, b], problem.sizes) for b in range(2))
    objects = [neurons, brian2.SpikeMonitor(neurons, record=False)]
    for part, name in zip(problem.parts, ("e", "i"), strict=True):
        synapses = brian2.Synapses(neurons, neurons, on_pre=f"i{name}_post += w{name}_post")
        sources = np.repeat(np.arange(part.start, part.stop), problem.targets.shape[1])
        synapses.connect(i=sources, j=problem.targets[part].ravel())
        objects.append(synapses)
    return brian2.Network(objects), objects[1]


def in_brian_cython(brian2, problem: Problem, bits: int):
    brian2.prefs.codegen.target = "cython"
    network, monitor = brian_network(brian2, problem, bits)
    network.run(STEP * brian2.ms)  # builds what is not built
    network.store()

    def run() -> tuple[np.ndarray, float]:
        network.restore()
        begun = time.perf_counter()
        network.run(problem.steps * STEP * brian2.ms)
        return np.array(monitor.count), time.perf_counter() - begun

    return run


def in_brian_standalone(brian2, problem: Problem, bits: int, folder: str):
    brian2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    network, monitor = brian_network(brian2, problem, bits)
    network.run(problem.steps * STEP * brian2.ms)
    device = brian2.get_device()
    device.build(directory=folder, compile=True, run=False)

    def run() -> tuple[np.ndarray, float]:
        device.run(directory=folder, with_output=False, run_args=[])
        return np.array(monitor.count), device._last_run_time

    return run


def serve(pipe, target: str, bits: int, units: int, duration: float) -> None:
    """A process of its own for one of Brian2's targets, which are settings of the whole process."""
    import logging
    import warnings

    import brian2

    warnings.simplefilter("ignore")
    brian2.BrianLogger.suppress_name("resolution_conflict")
    logging.disable(logging.WARNING)
    problem = Problem(units, duration)
    with tempfile.TemporaryDirectory() as folder:
        run = (
            in_brian_cython(brian2, problem, bits)
            if target == "cython"
            else in_brian_standalone(brian2, problem, bits, folder)
        )
        pipe.send("ready")
        while pipe.recv() == "run":
            pipe.send(run())


def in_brian(target: str, bits: int, problem: Problem, processes: list):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=serve, args=(theirs, target, bits, problem.units, 1000 * problem.seconds), daemon=True
    )
    process.start()
    theirs.close()
    processes.append((process, ours))
    ours.recv()

    def run() -> tuple[np.ndarray, float]:
        ours.send("run")
        return ours.recv()

    return run


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=5000)
    parser.add_argument("--duration", type=float, default=2000.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    problem = Problem(options.units, options.duration)
    processes: list = []
    with tempfile.TemporaryDirectory() as folder:
        engines = {
            "`integrate_and_fire`, contact counts": in_jax(problem, "counts"),
            "`integrate_and_fire`, target indices": in_jax(problem, "targets"),
            "plain C loop, gcc -O3 -march=native -ffast-math": in_c(problem, Path(folder)),
            "Brian2 cython": in_brian("cython", 64, problem, processes),
            "Brian2 C++ standalone": in_brian("standalone", 64, problem, processes),
            "Brian2 C++ standalone, float32": in_brian("standalone", 32, problem, processes),
        }
        runs = {name: [] for name in engines}
        for _ in range(options.rounds):
            for name, run in engines.items():
                runs[name].append(run())
        for process, pipe in processes:
            pipe.send("end")
            process.join()
    best = {name: min(took for _, took in found) / problem.seconds for name, found in runs.items()}
    rates = {name: problem.rates(found[0][0]) for name, found in runs.items()}
    own, contacts = next(iter(engines)), problem.targets.shape[1]
    print(
        f"N = {problem.units}, {problem.targets.size:.3g} synapses, {problem.seconds:g} s, best of {options.rounds}\n"
    )
    print("| engine | s per biological second | synaptic events per s | ratio | E, I rate (Hz) |")
    print("|---|---|---|---|---|")
    for name, took in best.items():
        events = contacts * runs[name][0][0].sum() / problem.seconds / took
        e, i = rates[name]
        print(f"| {name} | {took:.3f} | {events:.2g} | {took / best[own]:.2f} | {e:.2f}, {i:.2f} |")
    worst = max(abs(r / q - 1) for found in rates.values() for r, q in zip(found, rates[own], strict=True))
    if not worst < LARGEST_DIFFERENCE:
        raise SystemExit(f"mean rates differ by {worst:.1%}")


if __name__ == "__main__":
    main()
