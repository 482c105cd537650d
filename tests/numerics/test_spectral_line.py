"""Frequency of a line among harmonics, an offset and a trend of nothing."""

import numpy as np
import pytest

from replica.numerics import spectral_line


@pytest.mark.parametrize(("omega", "error"), [(0.4146464539, 2e-7), (0.11, 5e-6), (2.3, 2e-7)])
def test_frequency_of_a_periodic_signal(omega, error):
    t = np.arange(620)
    values = 0.3 + np.sin(omega * t + 0.4) + 0.2 * np.cos(2 * omega * t) + 0.1 * np.sin(3 * omega * t)
    assert spectral_line.strongest_frequency(values) == pytest.approx(omega, abs=error)


def test_short_signals_are_refused():
    with pytest.raises(ValueError, match="8 samples"):
        spectral_line.strongest_frequency(np.ones(5))
