"""Sparse random connections on the unit torus, with fixed out-degree and a Gaussian profile.

A population of side² neurons stands on a square lattice: neuron k at (k div side, k mod side)/side.  A neuron at x
makes K contacts, independent of each other, on the neurons at

    round((x + σ ξ) side) mod side,      ξ standard normal in each of two directions,

so that the probability of a contact falls with distance as a wrapped Gaussian.  A pair may have several contacts.

Source: Rosenbaum and Doiron, Phys. Rev. X 4, 021039 (2014); Rosenbaum et al., Nat. Neurosci. 20, 107 (2017).
"""

import numpy as np

UNIFORM_ABOVE = 5.0  # width beyond which targets are drawn evenly


def positions(side: int) -> np.ndarray:
    """Place of each neuron on the torus, shape ``(neuron, 2)``, from 0 to 1."""
    return np.stack(np.divmod(np.arange(side**2), side), axis=1) / side


def targets(generator: np.random.Generator, sources: np.ndarray, contacts: int, width: float, side: int) -> np.ndarray:
    """Targets on a lattice of ``side``² neurons that presynaptic neurons draw, ``int32``, shape ``(source, contact)``.

    sources: places of the presynaptic neurons, shape ``(source, 2)``; width: σ, in units of the torus.
    Raises ValueError where the width is negative.
    """
    if width < 0:
        raise ValueError(f"a width is not negative, got {width}")
    shape = (len(sources), contacts)
    if width > UNIFORM_ABOVE:
        return generator.integers(0, side**2, shape, dtype=np.int32)
    index = np.zeros(shape, np.int32)
    for place in np.asarray(sources, np.float32).T:
        along = generator.standard_normal(shape, dtype=np.float32)
        along *= np.float32(width * side)
        along += np.float32(side) * place[:, None]
        at = np.rint(along, out=along).astype(np.int32)
        at %= np.int32(side)
        index *= np.int32(side)
        index += at
    return index
