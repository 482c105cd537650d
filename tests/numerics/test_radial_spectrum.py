import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import radial_spectrum


def test_white_noise_is_flat():
    with jax.enable_x64(True):
        fields = jax.random.normal(jax.random.key(0), (16, 16, 2000), jnp.float64)
        spectrum = radial_spectrum.radial(radial_spectrum.power(fields), 6)
    np.testing.assert_allclose(spectrum[1:], 1, atol=0.05)
    np.testing.assert_allclose(spectrum[0], 1, atol=5 * np.sqrt(2 / 2000))


def test_a_wave_is_in_its_shell_and_power_is_conserved():
    with jax.enable_x64(True):
        at = 2 * np.pi * np.arange(16) / 16
        field = jnp.asarray(np.cos(3 * at)[:, None] * np.ones(16)[None, :])[..., None]
        power = np.asarray(radial_spectrum.power(field))
    assert power.sum() == pytest.approx(np.sum(np.asarray(field) ** 2))
    shell, wave_number = radial_spectrum.shells(16, 6)
    spectrum = radial_spectrum.radial(power, 6)
    assert np.flatnonzero(spectrum > 1e-9).tolist() == [shell[3, 0]]
    assert wave_number[0] == 0 and np.all(np.diff(wave_number) > 0)


def test_shells_share_the_range_of_wave_numbers():
    shell, _ = radial_spectrum.shells(16, 6)
    assert shell[0, 0] == 0 and np.flatnonzero(shell == 0).size == 1
    assert shell[1, 0] == shell[1, 1] == 1 and shell[8, 8] == 6
    with pytest.raises(ValueError, match="too many"):
        radial_spectrum.shells(8, 20)
