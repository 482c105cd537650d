import numpy as np
import pytest

from replica.numerics.double_exponential_synapse import Synapse, filters


def current(found, source, population, t):
    return sum(f.weights[source][population] * np.exp(-t / f.time_constant) for f in found if source in f.weights)


def test_current_is_the_difference_of_exponentials_with_its_area():
    synapses = [Synapse(0, 1.0, 5.0, (2.0, 3.0)), Synapse(1, 1.0, 8.0, (-4.0, -6.0)), Synapse(2, 1.0, 0.5, (7.0, 9.0))]
    found = filters(synapses)
    t = np.linspace(0, 200, 200_001)
    for synapse in synapses:
        for a, area in enumerate(synapse.weights):
            s = current(found, synapse.source, a, t)
            rise, decay = synapse.rise, synapse.decay
            np.testing.assert_allclose(s, area * (np.exp(-t / decay) - np.exp(-t / rise)) / (decay - rise), atol=1e-14)
            assert np.trapezoid(s, t) == pytest.approx(area, rel=1e-5)


def test_equal_time_constants_share_a_filter():
    found = filters([Synapse(0, 1.0, 5.0, (1.0,)), Synapse(1, 1.0, 8.0, (1.0,)), Synapse(0, 2.0, 5.0, (1.0,))])
    assert [f.time_constant for f in found] == [1.0, 5.0, 8.0, 2.0]
    assert found[0].weights == {0: (-0.25,), 1: (-1 / 7,)}
    assert found[1].weights == {0: (pytest.approx(1 / 4 + 1 / 3),)}


def test_refuses_equal_rise_and_decay():
    with pytest.raises(ValueError, match=r"got 1\.0 ms for both"):
        filters([Synapse(0, 1.0, 1.0, (1.0,))])
