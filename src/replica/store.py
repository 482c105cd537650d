"""A dataset in, a dataset out: one file per stage, a Zarr v3 store in a zip.

The file is written to a private temporary folder, packed with sorted members and a fixed date, flushed to the disk and
renamed: it is whole or it is absent, and the same dataset gives the same bytes.
"""

import json
import math
import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from replica import catalog
from replica.error import ReplicaError

DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
CHUNK_BYTES = 64 * 2**20  # a variable larger than this is cut along its first dimension
REMEDY = "remove the file and run snakemake again, or fetch it with: dvc checkout --force"


@contextmanager
def _words_allowed() -> Iterator[None]:
    """Zarr warns that words of fixed length have no specification of their own yet; the lock fixes its version."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The data type .* does not have a Zarr V3 specification")
        yield


# --- writing ------------------------------------------------------------------------------------------------------


def check(dataset: xr.Dataset, may_be_nan: tuple[str, ...] = (), what: str = "the dataset") -> None:
    """Refuse what a store may not hold.

    Raises ReplicaError where a variable lacks ``units`` or ``long_name``, has a type that Zarr cannot hold plainly, or
    holds values that are not finite without leave.
    """
    if not isinstance(dataset, xr.Dataset):
        raise ReplicaError(f"{what} is {type(dataset).__name__}, expected an xarray.Dataset")
    for name, variable in dataset.variables.items():
        missing = [key for key in ("units", "long_name") if not isinstance(variable.attrs.get(key), str)]
        if missing:
            raise ReplicaError(
                f"{what}: variable '{name}' has no {' and no '.join(missing)}; set its attrs (units '1' for none)"
            )
        if variable.dtype.kind not in "biufcUT":
            raise ReplicaError(
                f"{what}: variable '{name}' has type {variable.dtype}; expected numbers, truth values or words"
            )
        if variable.dtype.kind in "fc" and name not in may_be_nan:
            bad = int((~np.isfinite(variable.values)).sum())
            if bad:
                raise ReplicaError(
                    f"{what}: variable '{name}' holds {bad} of {variable.size} values that are not finite; "
                    f"if that is meant, say so: @stage(nan=({name!r},))"
                )
    if unknown := [name for name in may_be_nan if name not in dataset.variables]:
        raise ReplicaError(
            f"{what}: nan names '{unknown[0]}', not one of its variables ({', '.join(map(str, dataset.variables))})"
        )


def _chunks(variable: xr.Variable) -> tuple[int, ...]:
    if variable.nbytes <= CHUNK_BYTES:
        return tuple(max(1, size) for size in variable.shape)
    rows = max(1, variable.shape[0] * CHUNK_BYTES // variable.nbytes)
    return (rows, *(max(1, size) for size in variable.shape[1:]))


def _write_folder(dataset: xr.Dataset, folder: Path) -> None:
    import zarr
    from zarr.codecs import ZstdCodec

    encoding: dict[str, dict[str, Any]] = {}
    dataset = dataset.drop_encoding()
    for name, variable in dataset.variables.items():
        encoding[str(name)] = {"chunks": _chunks(variable), "compressors": [ZstdCodec(level=3, checksum=True)]}
    # Chunks full of the fill value are written too: on reading, every chunk must be there.
    with zarr.config.set({"array.write_empty_chunks": True}), _words_allowed():
        dataset.to_zarr(folder, mode="w", zarr_format=3, consolidated=False, encoding=encoding)


def _pack(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as zipped:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), DATE)
            entry.external_attr = 0o644 << 16
            with path.open("rb") as source, zipped.open(entry, "w", force_zip64=path.stat().st_size > 2**31) as target:
                shutil.copyfileobj(source, target, 2**20)


def write(dataset: xr.Dataset, path: Path, attributes: dict[str, Any]) -> None:
    """Write a dataset that ``check`` has passed, with these attributes, as one file.

    attributes: only what is deterministic.  Raises OSError (disk full, no permission); an older file then stays.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = dataset.assign_attrs({"replica": attributes})
    temporary = Path(tempfile.mkdtemp(prefix=".replica-", dir=path.parent))
    try:
        _write_folder(dataset, temporary / "store")
        _pack(temporary / "store", temporary / "store.zip")
        publish(temporary / "store.zip", path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name: flushed to the disk first, so that a power cut leaves the old or the new one."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.chmod(0o644)
    os.replace(temporary, path)


# --- reading ------------------------------------------------------------------------------------------------------


def attributes_of(path: Path) -> dict[str, Any]:
    """What a store says of itself: paper, stage, scale, parameters, fingerprint, versions.  Raises ReplicaError."""
    try:
        with zipfile.ZipFile(path) as zipped:
            return json.loads(zipped.read("zarr.json"))["attributes"]["replica"]
    except FileNotFoundError:
        raise ReplicaError(f"{path} does not exist; snakemake makes it: snakemake {path} --cores 1") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise ReplicaError(f"{path} is damaged or not a store of Replica ({error}); {REMEDY}") from None


def _expected_members(zipped: zipfile.ZipFile) -> set[str]:
    """Members that the arrays' own metadata call for."""
    expected = {"zarr.json"} | {name.partition("/")[0] + "/zarr.json" for name in zipped.namelist() if "/" in name}
    for name in zipped.namelist():
        if name.endswith("/zarr.json"):
            expected.add(name)
            meta = json.loads(zipped.read(name))
            shape, chunks = meta["shape"], meta["chunk_grid"]["configuration"]["chunk_shape"]
            counts = [math.ceil(size / chunk) for size, chunk in zip(shape, chunks, strict=True)]
            prefix = name.removesuffix("zarr.json") + "c"
            expected |= {"/".join([prefix, *map(str, index)]) for index in np.ndindex(*counts)}
    return expected


def verify(path: Path) -> None:
    """Read the whole file once: every member there, every checksum right.  Raises ReplicaError naming what is wrong."""
    try:
        with zipfile.ZipFile(path) as zipped:
            names = set(zipped.namelist())
            if missing := sorted(_expected_members(zipped) - names):
                raise ReplicaError(f"{path} is damaged: the member {missing[0]} is missing; {REMEDY}")
            if broken := zipped.testzip():
                raise ReplicaError(f"{path} is damaged: the checksum of {broken} is wrong; {REMEDY}")
    except FileNotFoundError:
        raise ReplicaError(f"{path} does not exist; snakemake makes it: snakemake {path} --cores 1") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError) as error:
        raise ReplicaError(f"{path} is damaged ({error}); {REMEDY}") from None


def open_file(path: Path | str) -> xr.Dataset:
    """Open a store lazily, after a check of its list of members.  ``load()`` on the result reads it into memory."""
    import zarr

    path = Path(path)
    attributes_of(path)
    verify(path)
    store = zarr.storage.ZipStore(path, mode="r")
    with _words_allowed():
        return xr.open_zarr(store, consolidated=False, chunks=None)


def open(paper: str, stage: str, scale: str = "laptop") -> xr.Dataset:
    """Open the result of a stage: ``open("clark2023_dimension", "theory")``.  Raises ReplicaError."""
    return open_file(catalog.ROOT / catalog.store_path(scale, paper, stage))


def load(path: Path, paper: str, stage: str, scale: str, fingerprint: str | None = None) -> xr.Dataset:
    """Read a store into memory, if it is the one that it should be.

    Raises ReplicaError where it is absent or damaged, of another paper, stage or scale, or of another fingerprint.
    """
    found = attributes_of(path)
    expected = {"paper": paper, "stage": stage, "scale": scale}
    if fingerprint is not None:
        expected["fingerprint"] = fingerprint
    for name, value in expected.items():
        if found.get(name) != value:
            raise ReplicaError(
                f"{path} has {name} {found.get(name)!r}, expected {value!r}; it is not the file that belongs here. "
                f"Run snakemake again (after replica adopt, in a fresh clone)"
            )
    with open_file(path) as dataset:
        return dataset.load()
