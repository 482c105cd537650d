"""Training of shallow hat networks: one compiled program here against PyTorch, in a loop and as one batch.

    ./run python benchmarks/shallow_networks.py [--networks 4] [--units 256] [--points 256] [--steps 1000]

Full-batch Adam of the same networks from the same start on the same sums of sines, one thread, float32; PyTorch in
eager mode.  Then digit classifiers: the test accuracy of ReLU networks here and of scikit-learn's MLPClassifier with
the same sizes, batch, rate and number of epochs on the same splits.  Ends with an error where the two sides differ.
"""

import argparse
import time
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

from replica.numerics import perceptron_classifier, shallow_networks, training  # noqa: E402

FREQUENCIES = np.array([[1], [3], [5], [10], [20]])
RATE = 1e-3
SPLITS = 8


def targets(networks: int, x: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.array([shallow_networks.sum_of_sines(x, FREQUENCIES, rng.uniform(size=5)) for _ in range(networks)])


def here(x: np.ndarray, y: np.ndarray, units: int, steps: int):
    """Starts, last mean squared errors, seconds of a run, seconds of compilation."""
    points, hat = jnp.asarray(x, jnp.float32), shallow_networks.hat

    def start(key):
        return shallow_networks.initial(key, units, 1, 40.0)

    def run(row):
        key, y = row

        def loss(network, _):
            return shallow_networks.mean_squared_error(network, points, y, hat)

        done = training.train(loss, start(key), optax.adam(RATE), key, steps=steps, every=steps)
        return loss(done.parameters, None)

    keys = jax.random.split(jax.random.key(0), len(y))
    program = jax.jit(lambda *rows: jax.lax.map(run, rows))
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        losses = jax.block_until_ready(program(keys, jnp.asarray(y, jnp.float32)))
        seconds.append(time.perf_counter() - begun)
    return jax.vmap(start)(keys), np.asarray(losses), seconds[1], seconds[0] - seconds[1]


def in_torch(torch, network, x: np.ndarray, y: np.ndarray, steps: int) -> tuple[np.ndarray, float]:
    """The same networks together, gradients by autograd, updates by torch.optim.Adam."""
    w, b, a, c = (torch.tensor(np.asarray(part), requires_grad=True) for part in network)
    x, y = torch.tensor(x.T, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)

    def losses():
        z = x[:, :, None] * w[:, None, :, 0] + b[:, None, :]
        f = (torch.relu(torch.where(z < 1, z, 2 - z)) @ a[:, :, None])[..., 0] + c[:, None]
        return ((f - y) ** 2).mean(1)

    begun = time.perf_counter()
    optimiser = torch.optim.Adam([w, b, a, c], lr=RATE)
    for _ in range(steps):
        optimiser.zero_grad()
        losses().sum().backward()
        optimiser.step()
    with torch.no_grad():
        return losses().numpy(), time.perf_counter() - begun


def looped(torch, network, x: np.ndarray, y: np.ndarray, steps: int) -> tuple[np.ndarray, float]:
    """The same, one network after the other."""
    each = [in_torch(torch, [part[i : i + 1] for part in network], x, y[i : i + 1], steps) for i in range(len(y))]
    return np.concatenate([losses for losses, _ in each]), sum(seconds for _, seconds in each)


def classifiers(epochs: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Test accuracies of ReLU classifiers of digits, here and with scikit-learn, on the same splits."""
    import warnings

    from sklearn.datasets import load_digits
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    digits = load_digits()

    @jax.jit
    def trained(key, images, labels, test_images, test_labels):
        def loss(network, key):
            drawn = jax.random.randint(key, (64,), 0, len(labels))
            scores = perceptron_classifier.logits(network, images[drawn], jax.nn.relu)
            return perceptron_classifier.cross_entropy(scores, labels[drawn])

        start = perceptron_classifier.initial(key, (64, 128, 128, 10), 2**0.5)
        steps = epochs * len(labels) // 64
        done = training.train(loss, start, optax.adam(RATE), key, steps=steps, every=steps).parameters
        return perceptron_classifier.accuracy(perceptron_classifier.logits(done, test_images, jax.nn.relu), test_labels)

    ours, theirs = [], []
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(digits.target))
        test, train = order[:797], order[797:]
        images = (digits.data - digits.data[train].mean(0)) / 16
        parts = images[train], digits.target[train], images[test], digits.target[test]
        cast = [jnp.asarray(part, jnp.float32 if part.ndim == 2 else jnp.int32) for part in parts]
        ours.append(float(trained(jax.random.key(seed), *cast)))
        peer = MLPClassifier((128, 128), alpha=0, batch_size=64, max_iter=epochs, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            theirs.append(peer.fit(*parts[:2]).score(*parts[2:]))
    return np.array(ours), np.array(theirs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("networks", 4), ("units", 256), ("points", 256), ("steps", 1000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    chosen = parser.parse_args()
    try:
        import torch
    except ImportError:
        raise SystemExit("this comparison needs PyTorch: pip install torch") from None
    torch.set_num_threads(1)
    x = shallow_networks.grid(chosen.points)
    y = targets(chosen.networks, x)
    starts, ours, seconds, compiling = here(x, y, chosen.units, chosen.steps)
    work = chosen.networks * chosen.steps
    print(f"{chosen.networks} hat networks, {chosen.units} units, {chosen.points} points, {chosen.steps} steps\n")
    print("| | seconds | µs per network and step | compilation, s | time over replica's |")
    print("|---|---|---|---|---|")
    print(f"| replica | {seconds:.2f} | {seconds / work * 1e6:.1f} | {compiling:.2f} | 1 |")
    for what, train in (("loop over networks", looped), ("one batch", in_torch)):
        theirs, taken = train(torch, starts, x, y, chosen.steps)
        ratio = taken / seconds
        print(f"| torch {torch.__version__}, {what} | {taken:.2f} | {taken / work * 1e6:.1f} | - | {ratio:.1f} |")
        # Adam amplifies rounding, so that runs part slowly.
        apart = np.abs(ours / theirs - 1).max()
        if not apart < 0.02:
            raise SystemExit(f"torch, {what}, ended at other errors: relative difference {apart:.1e}")
    print(f"\nMean squared error after the last step: median {np.median(ours):.3g}, the same in all to 2 %.")
    ours, theirs = 100 * np.array(classifiers())
    difference = ours - theirs
    error = difference.std(ddof=1) / np.sqrt(SPLITS)
    print(
        f"Digits, ReLU, 40 epochs, {SPLITS} splits, test accuracy: {ours.mean():.2f} % here, {theirs.mean():.2f} % "
        f"with scikit-learn's MLPClassifier; difference {difference.mean():.2f} +- {error:.2f}"
    )
    if abs(difference.mean()) > 1:
        raise SystemExit("the two classifiers differ by more than a point")


if __name__ == "__main__":
    main()
