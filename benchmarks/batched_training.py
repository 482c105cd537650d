"""Training of many small ReLU networks: one batch here against PyTorch, in a loop and as one batch.

    ./run python benchmarks/batched_training.py [--networks 64] [--units 400] [--steps 3000]

Full-batch gradient descent of the same networks from the same start on the same six data, one thread, float64, step
1/tr K of the first network's start on both sides.  Prints the times; ends with an error where the final
losses differ.
"""

import argparse
import time
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402
import numpy as np  # noqa: E402

from replica.numerics import gradient_descent, relu_splines  # noqa: E402

X = np.array([-0.9, -0.55, -0.2, 0.1, 0.5, 0.85])
Y = np.array([0.3, -0.4, 0.5, 0.8, -0.3, 0.2])


def start(networks: int, units: int) -> relu_splines.Network:
    """Paired networks with breakpoints even in [-1.5, 1.5], layer ratio 30, weight scale 10."""
    rng = np.random.default_rng(0)
    w = rng.choice([-1.0, 1.0], (networks, units // 2)) * np.sqrt(300 / units)
    v = rng.choice([-1.0, 1.0], w.shape) * np.sqrt(10 / (30 * units))
    return relu_splines.paired(relu_splines.network(w, -w * rng.uniform(-1.5, 1.5, w.shape), v))


def batched(theta: relu_splines.Network, steps: int, rate: float) -> tuple[np.ndarray, float, float]:
    """Final losses, seconds of the run, seconds of compilation."""
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        run = jax.block_until_ready(gradient_descent.descend(theta, X, Y, [steps], step=rate))
        seconds.append(time.perf_counter() - begun)
    return np.asarray(run.loss[:, -1]), seconds[1], seconds[0] - seconds[1]


def in_torch(torch, theta: relu_splines.Network, steps: int, rate: float) -> tuple[np.ndarray, float]:
    """Final losses and seconds of all networks together, gradients by autograd, updates by torch.optim.SGD."""
    x, y = torch.tensor(X)[:, None], torch.tensor(Y)
    w, b, v = (torch.tensor(a, requires_grad=True) for a in theta[:3])

    def losses():
        hidden = torch.relu(x * w[:, None, :] + b[:, None, :])
        return 0.5 * (((hidden @ v[:, :, None])[..., 0] - y) ** 2).sum(1)

    begun = time.perf_counter()
    optimiser = torch.optim.SGD([w, b, v], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        losses().sum().backward()
        optimiser.step()
    with torch.no_grad():
        return losses().numpy(), time.perf_counter() - begun


def looped(torch, theta: relu_splines.Network, steps: int, rate: float) -> tuple[np.ndarray, float]:
    """The same, one network after the other."""
    each = [
        in_torch(torch, relu_splines.Network(*(a[i : i + 1] for a in theta)), steps, rate)
        for i in range(len(theta.weight))
    ]
    return np.concatenate([losses for losses, _ in each]), sum(seconds for _, seconds in each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("networks", 64), ("units", 400), ("steps", 3000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    chosen = parser.parse_args()
    try:
        import torch
    except ImportError:
        raise SystemExit("this comparison needs PyTorch: pip install torch") from None
    torch.set_num_threads(1)
    with jax.enable_x64(True):
        theta = start(chosen.networks, chosen.units)
        one = relu_splines.Network(*(a[0] for a in theta))
        rate = 1 / float(gradient_descent.gradient(one, X, Y, False, False)[2])
        ours, seconds, compiling = batched(theta, chosen.steps, rate)
    work = chosen.networks * chosen.steps
    print(f"{chosen.networks} networks of {chosen.units} units, 6 data, {chosen.steps} steps, float64, one thread\n")
    print("| | seconds | µs per network and step | compilation, s | time over replica's |")
    print("|---|---|---|---|---|")
    print(f"| replica, one batch | {seconds:.2f} | {seconds / work * 1e6:.2f} | {compiling:.2f} | 1 |")
    for what, train in (("loop over networks", looped), ("one batch", in_torch)):
        theirs, taken = train(torch, theta, chosen.steps, rate)
        ratio = taken / seconds
        print(f"| torch {torch.__version__}, {what} | {taken:.2f} | {taken / work * 1e6:.2f} | - | {ratio:.1f} |")
        apart = np.abs(ours - theirs).max() / np.abs(theirs).max()
        if not apart < 1e-6:
            raise SystemExit(f"torch, {what}, ended at other losses: relative difference {apart:.1e}")
    print(f"\nFinal losses: median {np.median(ours):.3g}, the same in all three to 1e-6.")


if __name__ == "__main__":
    main()
