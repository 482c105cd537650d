"""Sparse random connections with fixed out-degree between populations that are divided into classes.

A population of n neurons has M interleaved classes of n/M: neuron k belongs to class k mod M.  Of a matrix
p G_mn of connection probabilities from class n to class m, a neuron of class n draws

    K_n = round(p (size/M) Σ_m G_mn)

targets independently and with replacement, class m with probability G_mn / Σ_m G_mn and a neuron evenly within it.  So
out-degrees are the same within a class, and in-degrees are binomial.
"""

import numpy as np


def out_degrees(probability: float, architecture: np.ndarray, size: int) -> np.ndarray:
    """K_n for a target population of ``size`` neurons, integers of shape ``(source class,)``.

    architecture: G, shape ``(target class, source class)``.
    """
    architecture = np.asarray(architecture, dtype=float)
    return np.rint(probability * size / len(architecture) * architecture.sum(axis=0)).astype(int)


def targets(generator: np.random.Generator, sources: int, contacts: int, weights: np.ndarray, size: int) -> np.ndarray:
    """Targets that ``sources`` neurons of one class draw, ``int32``, shape ``(source, contact)``.

    weights: one per target class, in proportion to the probability of a connection.
    Raises ValueError where ``size`` is not a multiple of the number of classes, or weights are negative or all zero.
    """
    weights = np.asarray(weights, dtype=float)
    classes = len(weights)
    if size % classes:
        raise ValueError(f"{size} neurons do not divide into {classes} classes")
    if (weights < 0).any() or not weights.any():
        raise ValueError(f"weights are not negative and not all zero, got {weights.tolist()}")
    edges = np.concatenate([[0.0], np.cumsum(weights)])
    drawn = generator.random((sources, contacts)) * edges[-1]
    drawn_class = np.searchsorted(edges[1:-1], drawn, side="right")
    slope = np.divide(size // classes, weights, out=np.zeros(classes), where=weights > 0)
    place = ((drawn - edges[drawn_class]) * slope[drawn_class]).astype(np.int32)
    np.minimum(place, size // classes - 1, out=place)
    return place * np.int32(classes) + drawn_class.astype(np.int32)
