import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier

from replica.numerics import perceptron_classifier
from replica.numerics.training import train

KEY = jax.random.key(5)
SIZES = (6, 9, 7, 3)
X = np.random.default_rng(0).standard_normal((50, 6)).astype(np.float32)
LABELS = np.random.default_rng(1).integers(0, 3, 50)


def test_start_has_the_stated_laws():
    layers = perceptron_classifier.initial(KEY, (300, 200, 100), 2.0)
    assert [layer.weight.shape for layer in layers] == [(300, 200), (200, 100)]
    for layer, deviation in zip(layers, (2 / np.sqrt(300), 1 / np.sqrt(200)), strict=True):
        np.testing.assert_allclose(jnp.std(layer.weight), deviation, rtol=0.02)
        assert layer.weight.dtype == jnp.float32 and not layer.bias.any()


def test_scores_loss_and_accuracy_are_those_of_scikit_learn():
    network = tuple(
        perceptron_classifier.Layer(layer.weight, layer.bias + 0.1 * (i + 1))
        for i, layer in enumerate(perceptron_classifier.initial(KEY, SIZES, 1.4))
    )
    wide = X.astype(float)
    peer = MLPClassifier(SIZES[1:-1], random_state=0).partial_fit(wide, LABELS, classes=[0, 1, 2])
    peer.coefs_ = [np.asarray(layer.weight, float) for layer in network]
    peer.intercepts_ = [np.asarray(layer.bias, float) for layer in network]
    scores = perceptron_classifier.logits(network, jnp.asarray(X), jax.nn.relu)
    np.testing.assert_allclose(jax.nn.softmax(scores), peer.predict_proba(wide), rtol=1e-4)
    loss = log_loss(LABELS, peer.predict_proba(wide))
    np.testing.assert_allclose(perceptron_classifier.cross_entropy(scores, LABELS), loss, rtol=1e-5)
    share = accuracy_score(LABELS, peer.predict(wide))
    np.testing.assert_allclose(perceptron_classifier.accuracy(scores, LABELS), share, rtol=1e-6)


def test_loss_of_equal_scores_is_the_logarithm_of_the_number_of_classes():
    loss = perceptron_classifier.cross_entropy(jnp.zeros((4, 10)), jnp.arange(4))
    np.testing.assert_allclose(loss, np.log(10), rtol=1e-6)


def test_learns_classes_that_no_plane_separates():
    x = np.random.default_rng(2).uniform(-1, 1, (200, 2)).astype(np.float32)
    labels = (x[:, 0] * x[:, 1] > 0).astype(np.int32)

    def loss(network, key):
        return perceptron_classifier.cross_entropy(perceptron_classifier.logits(network, x, jax.nn.relu), labels)

    start = perceptron_classifier.initial(KEY, (2, 32, 2), np.sqrt(2))
    done = train(loss, start, optax.adam(1e-2), KEY, steps=150, every=150).parameters
    scores = perceptron_classifier.logits(done, jnp.asarray(x), jax.nn.relu)
    assert perceptron_classifier.accuracy(scores, labels) > 0.97
