"""A store is whole or refused: never a wrong number, never a silent gap."""

import subprocess
import zipfile
from pathlib import Path
from random import Random

import numpy as np
import pytest
import xarray as xr

from replica import store
from replica.error import ReplicaError

ABOUT = {"paper": "toy", "stage": "numbers", "scale": "laptop", "fingerprint": "f" * 32, "parameters": {}}


def dataset(seed: int = 0) -> xr.Dataset:
    values = np.random.default_rng(seed).standard_normal((40, 5))
    attrs = {"units": "1", "long_name": "something"}
    return xr.Dataset(
        {"value": (("x", "y"), values, attrs), "zero": ("x", np.zeros(40), attrs), "flag": ((), True, attrs)},
        coords={"x": ("x", np.arange(40), attrs), "y": ("y", list("abcdé"), {"units": "", "long_name": "word"})},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "numbers.zarr.zip"
    store.write(dataset(), file, ABOUT)
    return file


def load(path: Path, **expected: str) -> xr.Dataset:
    wanted = {"paper": "toy", "stage": "numbers", "scale": "laptop"} | expected
    return store.load(path, **wanted)


def test_what_is_written_is_read(path):
    found = load(path, fingerprint="f" * 32)
    xr.testing.assert_identical(found.drop_attrs(deep=False), dataset())
    assert found.attrs["replica"] == ABOUT


def test_the_same_dataset_gives_the_same_bytes(path, tmp_path):
    again = tmp_path / "again.zarr.zip"
    store.write(dataset(), again, ABOUT)
    assert again.read_bytes() == path.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.zarr.zip", "numbers.zarr.zip"]


def test_xarray_opens_it_without_replica(path):
    import zarr

    with zarr.storage.ZipStore(path, mode="r") as zipped:
        found = xr.open_zarr(zipped, consolidated=False, chunks=None)
        assert float(found.value.sum()) == float(dataset().value.sum())


def test_a_large_variable_is_cut_into_chunks_and_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "CHUNK_BYTES", 400)
    store.write(dataset(), tmp_path / "cut.zarr.zip", ABOUT)
    with zipfile.ZipFile(tmp_path / "cut.zarr.zip") as zipped:
        assert sum(name.startswith("value/c/") for name in zipped.namelist()) == 4
    xr.testing.assert_identical(load(tmp_path / "cut.zarr.zip").drop_attrs(deep=False), dataset())


def test_every_flipped_bit_is_refused_or_harmless(path):
    whole, good = path.read_bytes(), load(path)
    refused = 0
    for position in Random(0).sample(range(len(whole)), 150):
        content = bytearray(whole)
        content[position] ^= 1 << (position % 8)
        path.write_bytes(content)
        try:
            found = load(path)
        except ReplicaError as error:
            refused += 1
            assert "Traceback" not in str(error)
        else:
            xr.testing.assert_identical(found, good)
    assert refused > 100


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
def test_a_cut_off_file_is_refused(path, kept):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(ReplicaError, match="damaged"):
        load(path)


@pytest.mark.parametrize("member", ["value/c/0/0", "zero/c/0", "flag/c", "value/zarr.json", "zarr.json"])
def test_a_missing_member_is_refused(path, tmp_path, member):
    part = tmp_path / "part.zarr.zip"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(part, "w") as target:
        for name in source.namelist():
            if name != member:
                target.writestr(name, source.read(name))
    with pytest.raises(ReplicaError, match=r"part\.zarr\.zip"):
        load(part)


def test_without_the_check_a_missing_chunk_reads_as_fill_values(path, tmp_path):
    import zarr

    part = tmp_path / "part.zarr.zip"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(part, "w") as target:
        for name in source.namelist():
            if name != "value/c/0/0":
                target.writestr(name, source.read(name))
    with zarr.storage.ZipStore(part, mode="r") as zipped:
        assert np.isnan(zarr.open_group(zipped, mode="r")["value"][:]).all()  # the fault bites


@pytest.mark.parametrize(
    ("field", "value"), [("paper", "other"), ("stage", "other"), ("scale", "paper"), ("fingerprint", "0" * 32)]
)
def test_another_store_under_this_name_is_refused(path, field, value):
    with pytest.raises(ReplicaError, match=f"has {field}"):
        load(path, **{field: value})


def test_an_absent_file_names_the_command(tmp_path):
    with pytest.raises(ReplicaError, match="does not exist; snakemake makes it"):
        load(tmp_path / "none.zarr.zip")


def test_variables_need_units_and_a_name():
    bad = dataset()
    del bad.value.attrs["units"]
    with pytest.raises(ReplicaError, match="variable 'value' has no units"):
        store.check(bad)
    with pytest.raises(ReplicaError, match="variable 'x' has no units and no long_name"):
        store.check(dataset().assign_coords(x=np.arange(40)))


def test_values_that_are_not_finite_need_leave():
    bad = dataset()
    bad.value[3, 1] = np.nan
    with pytest.raises(ReplicaError, match=r"'value' holds 1 of 200 values that are not finite.*nan="):
        store.check(bad)
    store.check(bad, may_be_nan=("value",))
    with pytest.raises(ReplicaError, match="nan names 'other'"):
        store.check(dataset(), may_be_nan=("other",))
    with pytest.raises(ReplicaError, match=r"is dict, expected an xarray\.Dataset"):
        store.check({})


def test_a_full_disk_keeps_the_old_store(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], check=False, capture_output=True
    ).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        store.write(dataset(), disk / "numbers.zarr.zip", ABOUT)
        before = (disk / "numbers.zarr.zip").read_bytes()
        attrs = {"units": "1", "long_name": "noise"}
        large = xr.Dataset({"noise": ("t", np.random.default_rng(0).standard_normal(10**6), attrs)})
        with pytest.raises(OSError, match="No space left"):
            store.write(large, disk / "numbers.zarr.zip", ABOUT)
        assert (disk / "numbers.zarr.zip").read_bytes() == before
        assert [p.name for p in disk.iterdir()] == ["numbers.zarr.zip"]
    finally:
        subprocess.run(["umount", disk], check=False)
